// Command similarity measures how well the co-occurrence of skills finds a skill
// that was taken away from an occupation, beside two similarities by distance in
// the tree of skills (Wu–Palmer, Lin):
//
//	go run ./bench/similarity --esco DIR
//
// For every occupation and every skill that is essential for it, the skill is
// held out; all skills that are not essential for the occupation, and the held
// out one, are ranked by the sum of their similarities to the others; the figure
// is the mean of 1/rank (MRR), ties counted by their middle. The occupation
// itself, its ISCO unit group or its sub-major group (2 digits) takes no part in
// the counting. It exits with 1 when a bar is missed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"text/tabwriter"
	"time"

	"github.com/diaspora-match/diaspora/internal/esco"
)

// What the co-occurrence has to reach, by what is left out; 0 where nothing is
// asked.
var bars = [...]float64{occupationOut: 0.33, unitGroupOut: 0.22, subMajorOut: 0}

func main() {
	dir := flag.String("esco", "", "the folder with the ESCO CSV package")
	every := flag.Int("every", 1, "measure every n-th occupation only: faster, and a figure that depends on n")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, *dir, max(*every, 1))
	if err != nil {
		fmt.Fprintln(os.Stderr, "similarity:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, every int) (ok bool, err error) {
	begun := time.Now()
	c, err := esco.Read(ctx, dir, nil)
	if err != nil {
		return false, err
	}
	results, held, err := measure(ctx, c, every)
	if err != nil {
		return false, err
	}
	fmt.Printf("ESCO: %d skills, %d occupations; %d essential skills held out, one at a time.\n\n", len(c.Concepts), len(c.Occupations), held)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MRR\toccupation out\tunit group out\tsub-major group out")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%.4f\t%.4f\t%.4f\n", r.name, r.mrr[occupationOut], r.mrr[unitGroupOut], r.mrr[subMajorOut])
	}
	fmt.Fprintf(w, "bar\t%.2f\t%.2f\t-\n", bars[occupationOut], bars[unitGroupOut])
	if err := w.Flush(); err != nil {
		return false, err
	}
	ok = true
	for _, r := range results[:2] { // all cosines, and those that the platform keeps
		for out, bar := range bars {
			ok = ok && r.mrr[out] >= bar
		}
	}
	verdict := "The bars are met"
	if !ok {
		verdict = "A bar is missed"
	}
	fmt.Printf("\n%s. The distances in the tree need no counting, so nothing is left out for them.\n(%s)\n", verdict, time.Since(begun).Round(time.Millisecond))
	return ok, nil
}
