package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/diaspora-match/diaspora/bench/world"
)

func main() {
	t := time.Now()
	w, err := world.Make(context.Background(), "/tmp/bw", world.Full)
	fmt.Println(w, err, time.Since(t))
	if err != nil {
		os.Exit(1)
	}
}
