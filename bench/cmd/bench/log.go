package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/diaspora-match/diaspora/bench/load"
)

// log measures the event store alone, by its own benchmarks.
func (b *bench) log(ctx context.Context) error {
	count := strconv.Itoa(min(b.rounds, 3))
	appends, err := goBench(ctx, "./eventstore/sqlite", "DurableAppends", "-benchtime", "1x", "-count", count)
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
	reads, err := goBench(ctx, "./eventstore/sqlite", "ReadStream", "-count", count)
	if err != nil {
		return err
	}
	p50, p99 := load.Median(reads["ReadStream"]["p50-µs"]...)/1000, load.Median(reads["ReadStream"]["p99-µs"]...)/1000
	b.add(line{what: "read of a stream of 100 events, p50", bar: "≤ 0.5 ms", measured: fmt.Sprintf("%.2f ms", p50), ok: p50 <= 0.5, note: fmt.Sprintf("p99 %.2f ms", p99)})
	return nil
}

// goBench runs benchmarks and gathers what they report: by the last part of the
// benchmark's name, then by unit, a figure for each repetition.
func goBench(ctx context.Context, pkg, pattern string, flags ...string) (map[string]map[string][]float64, error) {
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
	b.add(line{what: "scan of the log, undecoded, one processor", bar: "≥ 500,000/s", measured: perSecond(rate), ok: rate >= 500_000,
		peer: "raw file " + perSecond(load.Median(limit...)), ratio: ratioOf(ours, limit), note: ofProcessorTime})
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
	b.add(line{what: "scan, decoded, opened and folded into all views, one processor", bar: "≥ 120,000/s", measured: perSecond(rate), ok: rate >= 120_000,
		note: fmt.Sprintf("%s; %s by the clock", ofProcessorTime, perSecond(load.Median(clock...)))})
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
	what := fmt.Sprintf("start with %s events and %s experts", grouped(b.world.Size.Events), grouped(b.world.Size.Experts))
	took, most := load.Median(seconds...), load.Median(peak...)
	b.add(line{what: what + ", to ready", bar: "≤ 12 s", measured: fmt.Sprintf("%.1f s", took), ok: took <= 12,
		note: fmt.Sprintf("%.1f s of processor time on %d processors", load.Median(cpu...), runtime.GOMAXPROCS(0))})
	b.add(line{what: "the same, resident memory at its peak", bar: "≤ 1.5 GiB", measured: fmt.Sprintf("%.2f GiB", most/1024), ok: most <= 1536,
		note: fmt.Sprintf("VmHWM, mapped pages of the log among it; %.2f GiB without them when ready, %.2f GiB of it alive", load.Median(anon...)/1024, load.Median(heap...)/1024)})
	return nil
}
