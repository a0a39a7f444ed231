// Command diaspora is the whole platform in one binary. See 'diaspora --help'.
package main

import (
	"context"
	"os"

	"github.com/diaspora-match/diaspora/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}
