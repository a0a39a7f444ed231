package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/diaspora-match/diaspora/bench/report"
)

// similarity lets bench/similarity print its own table.
func (b *bench) similarity(ctx context.Context) error {
	if _, err := os.Stat(b.esco); err != nil {
		fmt.Fprintf(os.Stderr, "bench:   left out: there is no ESCO in %s\n", b.esco)
		return nil
	}
	c := exec.CommandContext(ctx, "go", "run", "./bench/similarity", "--esco", b.esco)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if missed := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &missed) || len(out) == 0) {
		return err // where a bar was missed, its table says so
	}
	b.tables = append(b.tables, "### Similarity of skills\n\n```\n"+string(bytes.TrimSpace(out))+"\n```\n")
	return nil
}

// chapter is what the page says of matching.
func (b *bench) chapter(ctx context.Context) (string, error) {
	setting, err := report.Setting(ctx, b.busy)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "## Matching\n\nRun it: `make bench-matcher`, or `go run ./bench/cmd/matcher -only rounds` for a part of it.\n\n%s\n", setting)
	if len(b.lines) > 0 {
		fmt.Fprintf(&out, `
%s
Made-up people of the demonstration, %s of them, and the 47 Terms of Reference varied to 10,000 needs. One processor; figures of ours are processor time, those beside PostgreSQL by the clock. Rankings have the same rows as a scan of all pairs, and the same totals as PostgreSQL's query, or the run ends.
`, b.lines.Table(), report.Grouped(b.experts))
	}
	for _, t := range b.tables {
		out.WriteString("\n" + t)
	}
	return out.String(), nil
}
