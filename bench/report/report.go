// Package report tells what was measured beside its bars, and keeps the page of
// benchmarks: a chapter for each program that measures, which it alone writes.
package report

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/diaspora-match/diaspora/bench/load"
)

// Page is where all chapters stand.
const Page = "docs/benchmarks.md"

// Line is one row of a table.
type Line struct {
	What, Bar, Measured string
	Peer, Ratio         string // empty where nothing stands beside it
	Note                string
	OK                  bool
}

// Lines gathers what one program measures, and says it as it comes.
type Lines []Line

// Add adds a line.
func (l *Lines) Add(line Line) {
	*l = append(*l, line)
	fmt.Fprintf(os.Stderr, "bench:   %s: %s (%s)\n", line.What, line.Measured, line.Bar)
}

// Ratio adds a line of rates whose bar is a ratio beside a peer. The ratio is the
// median of those of the rounds.
func (l *Lines) Ratio(what string, bar float64, ours, theirs []float64, note string) {
	r := medianRatio(ours, theirs)
	l.Add(Line{
		What: what, Bar: fmt.Sprintf("≥ %.4g×", bar), Measured: PerSecond(load.Median(ours...)), Peer: PerSecond(load.Median(theirs...)),
		Ratio: fmt.Sprintf("%.2f×", r), OK: r >= bar, Note: note,
	})
}

func medianRatio(ours, theirs []float64) float64 {
	var ratios []float64
	for i := range min(len(ours), len(theirs)) {
		ratios = append(ratios, ours[i]/theirs[i])
	}
	return load.Median(ratios...)
}

// RatioOf writes the median of the rounds' ratios.
func RatioOf(ours, theirs []float64) string { return fmt.Sprintf("%.2f×", medianRatio(ours, theirs)) }

// PerSecond writes a rate.
func PerSecond(n float64) string { return Grouped(int(n)) + "/s" }

// Grouped writes 1234567 as 1,234,567.
func Grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Table is the lines as a table of Markdown that is also readable as it stands.
func (l Lines) Table() string {
	rows := [][]string{{"what", "bar", "measured", "peer", "ratio", "", "note"}}
	for _, line := range l {
		verdict := "ok"
		if !line.OK {
			verdict = "missed"
		}
		rows = append(rows, []string{line.What, line.Bar, line.Measured, line.Peer, line.Ratio, verdict, line.Note})
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

// Setting says where and when a chapter was measured; busy is the machine's load
// before it.
func Setting(ctx context.Context, busy string) (string, error) {
	commit, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%h of %cs").Output()
	if err != nil {
		return "", fmt.Errorf("git: %w", err)
	}
	return fmt.Sprintf("Measured on %s, at commit %s, by %s on %s with %d processors and %s of memory. Before the run the machine's load was %s: of a load that is not small next to the processors, the figures by the clock tell more than of the platform.",
		time.Now().UTC().Format("2 January 2006"), bytes.TrimSpace(commit), runtime.Version(), processor(), runtime.NumCPU(), memorySize(), busy), nil
}

const head = `# Benchmarks

Each chapter is written by the command that it names, after a whole run; do not edit it. A bar that was missed says so.
`

// chapters stand in this order.
var chapters = []string{"platform", "matching", "cluster"}

// Put writes a chapter into the page, in the place of what it was before.
func Put(page, chapter, text string) error {
	b, err := os.ReadFile(page)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(page, []byte(put(string(b), chapter, text)), 0o644)
}

func put(page, chapter, text string) string {
	var out strings.Builder
	out.WriteString(head)
	for _, c := range chapters {
		old := regexp.MustCompile(`(?s)<!-- ` + c + ` -->\n(.*?)\n<!-- end of ` + c + ` -->`).FindStringSubmatch(page)
		switch {
		case c == chapter:
			fmt.Fprintf(&out, "\n<!-- %s -->\n%s\n<!-- end of %s -->\n", c, strings.TrimSpace(text), c)
		case old != nil:
			fmt.Fprintf(&out, "\n<!-- %s -->\n%s\n<!-- end of %s -->\n", c, old[1], c)
		}
	}
	return out.String()
}

// Missed reports whether a bar was missed.
func (l Lines) Missed() bool { return slices.ContainsFunc(l, func(line Line) bool { return !line.OK }) }

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

// Busyness is the load of the machine over the last five minutes.
func Busyness() string {
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

// GoBench runs benchmarks and gathers what they report: by the last part of the
// benchmark's name, then by unit, a figure for each repetition.
func GoBench(ctx context.Context, pkg, pattern string, flags ...string) (map[string]map[string][]float64, error) {
	args := append([]string{"test", pkg, "-run", "^$", "-bench", pattern}, flags...)
	c := exec.CommandContext(ctx, "go", args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	found := map[string]map[string][]float64{}
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0][strings.LastIndexByte(fields[0], '/')+1:], "Benchmark")
		if at := strings.LastIndexByte(name, '-'); at > 0 {
			name = name[:at] // the number of processors
		}
		if found[name] == nil {
			found[name] = map[string][]float64{}
		}
		for i := 2; i+1 < len(fields); i += 2 {
			n, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, err
			}
			found[name][fields[i+1]] = append(found[name][fields[i+1]], n)
		}
	}
	return found, nil
}
