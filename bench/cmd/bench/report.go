package main

import (
	"context"
	"fmt"

	"github.com/diaspora-match/diaspora/bench/report"
)

func (b *bench) add(l report.Line) { b.lines.Add(l) }

func (b *bench) ratio(what string, bar float64, ours, theirs []float64, note string) {
	b.lines.Ratio(what, bar, ours, theirs, note)
}

// chapter is what the page says of the platform.
func (b *bench) chapter(ctx context.Context) (string, error) {
	setting, err := report.Setting(ctx, b.busy)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`## The platform

`+"Run it: `make bench`, or `go run ./bench/cmd/bench -only fold` for a part of it."+`

%s

%s
Each figure is the median of %d rounds. What stands beside a peer was measured in turns with it, in one run; the ratio is the median of the rounds' ratios and is what the bar means. Absolute figures are for orientation: they are of this machine and moment, which others share.

- The world: %s events of %s experts, %s institutions and their needs, candidacies and assignments, decided by the real deciders and sealed by the real codec ([bench/world](../bench/world)).
- A raw file: records appended to one file, all that wait sharing one write and one fsync. It has no streams, no index and no way to find anything: the limit of the disk.
- PostgreSQL: the same table and as many connections as writers, durable as it is by default.
- Plain net/http: the same rows read from the same views and written by encoding/json, without a query language, identity or rules.
- Node: graphql-http 1.23.1 over graphql 16 with the platform's own schema and the same rows in memory, without identity or rules.
- Start: from opening the files to views and the matcher's index ready, in a process of its own.
- Mutations draft a need over HTTP, with identity, authorisation, an fsync, and an answer read from the views that hold the change.
`, setting, b.lines.Table(), b.rounds, report.Grouped(b.world.Size.Events), report.Grouped(b.world.Size.Experts),
		report.Grouped(b.world.Size.Institutions)), nil
}
