// Command cmd measures the solver of rounds beside its peers and prints a table:
//
//	go run ./bench/rounds/cmd
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/diaspora-match/diaspora/bench/rounds"
)

func main() {
	repeat := flag.Int("repeat", 5, "how often each is measured")
	flag.Parse()
	if err := run(*repeat); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(repeat int) error {
	folder, err := os.MkdirTemp("", "bench-rounds")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	results, err := rounds.Measure(context.Background(), folder, repeat, func(r rounds.Result) {
		fmt.Fprintf(os.Stderr, "%s: %v, peer %v\n", r.Name, r.Ours, r.PeerTime)
	})
	if err != nil {
		return err
	}
	fmt.Print(rounds.Markdown(results))
	return nil
}
