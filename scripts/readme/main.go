// Command readme checks that the commands of README.md work on this machine. It
// reads the blocks that a comment marks and runs each as its mark says:
//
//	<!-- check: demo -->      starts it on other ports in a temporary folder, waits
//	                          until it is ready, runs the page's operations against
//	                          it, and ends it as Ctrl-C does
//	<!-- check: help -->      the command exists with these flags
//	<!-- check: target -->    make knows it; the gate runs it itself
//	<!-- check: compiles -->  what it tests compiles, tests included
//
// All demonstrations share one folder, so the later ones are second starts, which
// must find what the first one made.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/internal/docrun"
)

// checkTimeout bounds everything: a command that hangs is a command that fails.
const checkTimeout = 10 * time.Minute

var marked = regexp.MustCompile("(?m)^<!-- check: ([a-z]+) -->\n```sh\n((?s:.+?))\n```$")

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	page, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	operations, err := docrun.Parse("README.md", string(page))
	if err != nil {
		return err
	}
	blocks := marked.FindAllStringSubmatch(string(page), -1)
	if want := strings.Count(string(page), "```sh"); len(blocks) != want {
		return fmt.Errorf("%d blocks of commands, %d of them marked: how is each to be checked?", want, len(blocks))
	}
	folder, err := os.MkdirTemp("", "readme")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	demonstration := demo{folder: filepath.Join(folder, "demo"), operations: operations}
	for _, b := range blocks {
		how, command := b[1], b[2]
		fmt.Printf("readme: %s (%s)\n", command, how)
		switch how {
		case "demo":
			err = demonstration.check(ctx, command)
		case "help":
			err = quiet(exec.CommandContext(ctx, "bash", "-c", command+" --help"))
		case "target":
			err = quiet(exec.CommandContext(ctx, "bash", "-c", strings.Replace(command, "make ", "make --dry-run ", 1)))
		case "compiles":
			err = quiet(exec.CommandContext(ctx, "bash", "-c", strings.Replace(command, "go test ", "go vet ", 1)))
		default:
			err = fmt.Errorf("nobody knows how to check %q", how)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
	}
	fmt.Println("readme: every command works.")
	return nil
}

// quiet runs a command and tells its output only when it fails.
func quiet(c *exec.Cmd) error {
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
