// Bench measures the whole platform beside its limits and peers, prints one table
// and writes it to docs/benchmarks.md:
//
//	go run ./bench/cmd/bench            everything; some ten minutes
//	go run ./bench/cmd/bench -quick     a small world and short runs, to try it out; writes nothing
//	go run ./bench/cmd/bench -only start,query
//	go run ./bench/cmd/bench -only query -profile /tmp
//
// What is compared is measured in turns, in one run. Parts of the platform run in
// processes of their own, so that their memory and their processor time are
// theirs alone. It is run from the root of the tree.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/bench/report"
	"github.com/diaspora-match/diaspora/bench/world"
)

// bench is one run of the program.
type bench struct {
	folder  string // of worlds; kept between runs
	profile string // folder for profiles of the parts, or empty
	quick   bool
	rounds  int           // of what is measured in turns
	lasts   time.Duration // one load
	world   world.World
	lines   report.Lines
	busy    string // load of the machine before
}

// chapters are measured in this order.
var chapters = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"log", (*bench).log}, {"scan", (*bench).scan}, {"fold", (*bench).fold}, {"start", (*bench).start},
	{"mutation", (*bench).mutations}, {"query", (*bench).queries},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var (
		only    = flag.String("only", "", "chapters to measure, of log, scan, fold, start, mutation and query; all when empty")
		quick   = flag.Bool("quick", false, "a small world and short runs; writes nothing")
		folder  = flag.String("folder", filepath.Join(os.TempDir(), "diaspora-bench"), "where worlds are kept between runs")
		page    = flag.String("page", report.Page, "the page to write when everything was measured")
		profile = flag.String("profile", "", "a folder for a processor profile of each part; what is measured then is not written down")
		part    = flag.String("part", "", "measure one part in this process, over the world in -in, and print it as JSON")
		in      = flag.String("in", "", "the world of -part")
	)
	flag.Parse()
	if *part != "" {
		return runPart(ctx, *part, *in, *profile)
	}
	b := &bench{folder: *folder, profile: *profile, quick: *quick, busy: report.Busyness(), rounds: 3, lasts: 4 * time.Second}
	size := world.Full
	if b.quick {
		size, b.rounds, b.lasts = world.Small, 1, time.Second
	}
	fmt.Fprintf(os.Stderr, "bench: a world of %d events and %d experts in %s\n", size.Events, size.Experts, b.folder)
	var err error
	if b.world, err = world.Make(ctx, b.folder, size); err != nil {
		return err
	}
	chosen := strings.Split(*only, ",")
	for _, c := range chapters {
		if *only != "" && !slices.Contains(chosen, c.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s\n", c.name)
		if err := c.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	fmt.Print(b.lines.Table())
	if b.quick || *only != "" || *profile != "" {
		return nil
	}
	text, err := b.chapter(ctx)
	if err != nil {
		return err
	}
	return report.Put(*page, "platform", text)
}
