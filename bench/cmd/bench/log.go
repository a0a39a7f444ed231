package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/diaspora-match/diaspora/bench/load"
	"github.com/diaspora-match/diaspora/bench/report"
)

// log measures the event store alone, by its own benchmarks.
func (b *bench) log(ctx context.Context) error {
	count := strconv.Itoa(min(b.rounds, 3))
	appends, err := report.GoBench(ctx, "./eventstore/sqlite", "DurableAppends", "-benchtime", "1x", "-count", count)
	if err != nil {
		return err
	}
	for _, want := range []struct {
		what, key string
		bar       float64
	}{
		{"durable appends of 550 B, 64 writers", "writers=64", 0.35}, {"the same, one writer", "writers=1", 0.7},
	} {
		m := appends[want.key]
		if m == nil {
			return fmt.Errorf("no figures for %s: is PostgreSQL there?", want.key)
		}
		b.ratio(want.what+", beside a raw file", want.bar, m["appends/s"], m["limit-appends/s"], "")
		b.ratio(want.what+", beside PostgreSQL", 1, m["appends/s"], m["postgres-appends/s"], "")
	}
	reads, err := report.GoBench(ctx, "./eventstore/sqlite", "ReadStream", "-count", count)
	if err != nil {
		return err
	}
	p50, p99 := load.Median(reads["ReadStream"]["p50-µs"]...)/1000, load.Median(reads["ReadStream"]["p99-µs"]...)/1000
	b.add(report.Line{What: "read of a stream of 100 events, p50", Bar: "≤ 0.5 ms", Measured: fmt.Sprintf("%.2f ms", p50), OK: p50 <= 0.5, Note: fmt.Sprintf("p99 %.2f ms", p99)})
	return nil
}

// scan reads the whole log beside the raw file, in turns, on one processor.
func (b *bench) scan(ctx context.Context) error {
	var ours, limit []float64
	for range b.rounds {
		for part, into := range map[string]*[]float64{"scan": &ours, "scan-limit": &limit} {
			f, err := b.inProcess(ctx, part, b.world.Folder, 1)
			if err != nil {
				return err
			}
			*into = append(*into, f.ofProcessor())
		}
	}
	rate := load.Median(ours...)
	b.add(report.Line{What: "scan of the log, undecoded, one processor", Bar: "≥ 500,000/s", Measured: report.PerSecond(rate), OK: rate >= 500_000,
		Peer: "raw file " + report.PerSecond(load.Median(limit...)), Ratio: report.RatioOf(ours, limit), Note: ofProcessorTime})
	return nil
}

// ofProcessorTime says what a second is where one processor is measured: what
// others do on the machine meanwhile does not count.
const ofProcessorTime = "by processor time"

// fold decodes, opens and folds the whole log into all views.
func (b *bench) fold(ctx context.Context) error {
	var ours, clock []float64
	for range b.rounds {
		f, err := b.inProcess(ctx, "fold", b.world.Folder, 1)
		if err != nil {
			return err
		}
		ours, clock = append(ours, f.ofProcessor()), append(clock, f.rate())
	}
	rate := load.Median(ours...)
	b.add(report.Line{What: "scan, decoded, opened and folded into all views, one processor", Bar: "≥ 120,000/s", Measured: report.PerSecond(rate), OK: rate >= 120_000,
		Note: fmt.Sprintf("%s; %s by the clock", ofProcessorTime, report.PerSecond(load.Median(clock...)))})
	return nil
}

// start opens the platform over the world.
func (b *bench) start(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp(b.folder, "started-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	w, err := b.world.Copy(filepath.Join(folder, "world"))
	if err != nil {
		return err
	}
	var seconds, cpu, peak, anon, heap []float64
	for range b.rounds {
		f, err := b.inProcess(ctx, "start", w.Folder, runtime.GOMAXPROCS(0))
		if err != nil {
			return err
		}
		seconds, cpu, peak = append(seconds, f.Seconds), append(cpu, f.CPUSeconds), append(peak, f.PeakMiB)
		anon, heap = append(anon, f.AnonMiB), append(heap, f.HeapMiB)
	}
	what := fmt.Sprintf("start with %s events and %s experts", report.Grouped(b.world.Size.Events), report.Grouped(b.world.Size.Experts))
	took, most := load.Median(seconds...), load.Median(peak...)
	b.add(report.Line{What: what + ", to ready", Bar: "≤ 12 s", Measured: fmt.Sprintf("%.1f s", took), OK: took <= 12,
		Note: fmt.Sprintf("%.1f s of processor time on %d processors", load.Median(cpu...), runtime.GOMAXPROCS(0))})
	b.add(report.Line{What: "the same, resident memory at its peak", Bar: "≤ 1.5 GiB", Measured: fmt.Sprintf("%.2f GiB", most/1024), OK: most <= 1536,
		Note: fmt.Sprintf("VmHWM, mapped pages of the log among it; %.2f GiB without them when ready, %.2f GiB of it alive", load.Median(anon...)/1024, load.Median(heap...)/1024)})
	return nil
}
