package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/diaspora-match/diaspora/bench/load"
)

// line is one row of the table.
type line struct {
	what, bar, measured string
	peer, ratio         string // empty where nothing stands beside it
	note                string
	ok                  bool
}

func (b *bench) add(l line) {
	b.lines = append(b.lines, l)
	fmt.Fprintf(os.Stderr, "bench:   %s: %s (%s)\n", l.what, l.measured, l.bar)
}

// ratio adds a line whose bar is a ratio beside a peer. The ratio is the median
// of those of the rounds.
func (b *bench) ratio(what string, bar float64, ours, theirs []float64, note string) {
	r := medianRatio(ours, theirs)
	b.add(line{
		what: what, bar: fmt.Sprintf("≥ %.4g×", bar), measured: perSecond(load.Median(ours...)), peer: perSecond(load.Median(theirs...)),
		ratio: fmt.Sprintf("%.2f×", r), ok: r >= bar, note: note,
	})
}

func medianRatio(ours, theirs []float64) float64 {
	var ratios []float64
	for i := range min(len(ours), len(theirs)) {
		ratios = append(ratios, ours[i]/theirs[i])
	}
	return load.Median(ratios...)
}

func ratioOf(ours, theirs []float64) string { return fmt.Sprintf("%.2f×", medianRatio(ours, theirs)) }

func perSecond(n float64) string { return grouped(int(n)) + "/s" }

// grouped writes 1234567 as 1,234,567.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// table is the lines as a table of Markdown that is also readable as it stands.
func table(lines []line) string {
	rows := [][]string{{"what", "bar", "measured", "peer", "ratio", "", "note"}}
	for _, l := range lines {
		verdict := "ok"
		if !l.ok {
			verdict = "missed"
		}
		rows = append(rows, []string{l.what, l.bar, l.measured, l.peer, l.ratio, verdict, l.note})
	}
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell), 1)
		}
	}
	var out strings.Builder
	for n, r := range rows {
		for i, cell := range r {
			fmt.Fprintf(&out, "| %s%s ", cell, strings.Repeat(" ", wide[i]-utf8.RuneCountInString(cell)))
		}
		out.WriteString("|\n")
		if n == 0 {
			for _, w := range wide {
				out.WriteString("|" + strings.Repeat("-", w+2))
			}
			out.WriteString("|\n")
		}
	}
	return out.String()
}

// pageOf is docs/benchmarks.md.
func pageOf(ctx context.Context, b *bench) (string, error) {
	commit, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%h of %cs").Output()
	if err != nil {
		return "", fmt.Errorf("git: %w", err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, `# Benchmarks

<!-- Written by make bench; do not edit. -->

Measured on %s, at commit %s, by %s on %s with %d processors and %s of memory. Before the run the machine's load was %s: of a load that is not small next to the processors, the figures by the clock tell more than of the platform.

%s
Each figure is the median of %d rounds. What stands beside a peer was measured in turns with it, in one run; the ratio is the median of the rounds' ratios and is what the bar means. Absolute figures are for orientation: they are of this machine and moment, which others share.

- The world: %s events of %s experts, %s institutions and their needs, candidacies and assignments, decided by the real deciders and sealed by the real codec ([bench/world](../bench/world)).
- A raw file: records appended to one file, all that wait sharing one write and one fsync. It has no streams, no index and no way to find anything: the limit of the disk.
- PostgreSQL: the same table and as many connections as writers, durable as it is by default.
- Plain net/http: the same rows read from the same views and written by encoding/json, without a query language, identity or rules.
- Node: graphql-http 1.23.1 over graphql 16 with the platform's own schema and the same rows in memory, without identity or rules.
- Start: from opening the files to views and the matcher's index ready, in a process of its own.
- Mutations draft a need over HTTP, with identity, authorisation, an fsync, and an answer read from the views that hold the change.

Run it: `+"`make bench`"+`, or `+"`go run ./bench/cmd/bench -only fold`"+` for a chapter of it.
`, time.Now().UTC().Format("2 January 2006"), bytes.TrimSpace(commit), runtime.Version(), processor(), runtime.NumCPU(), memorySize(), b.busy,
		table(b.lines), b.rounds, grouped(b.world.Size.Events), grouped(b.world.Size.Experts), grouped(b.world.Size.Institutions))
	return out.String(), nil
}

// procLine is what stands after the colon in the first line of a file under /proc
// that begins with a name.
func procLine(file, name string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for l := range strings.Lines(string(b)) {
		if before, after, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(before) == name {
			return strings.TrimSpace(after)
		}
	}
	return ""
}

func processor() string {
	if name := procLine("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

// busyness is the load of the machine over the last five minutes.
func busyness() string {
	b, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(b)); err == nil && len(fields) > 1 {
		return fields[1]
	}
	return "unknown"
}

func memorySize() string {
	kib, err := strconv.Atoi(strings.TrimSuffix(procLine("/proc/meminfo", "MemTotal"), " kB"))
	if err != nil {
		return "some"
	}
	return fmt.Sprintf("%d GiB", (kib+1<<19)>>20)
}
