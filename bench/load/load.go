// Package load lets clients repeat an operation and says how long it took them.
// It measures and judges nothing.
package load

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Result of a run.
type Result struct {
	Count   int
	Elapsed time.Duration
	CPU     time.Duration // of the process that was watched
	took    []time.Duration
}

// PerSecond is how many operations ended in a second.
func (r Result) PerSecond() float64 { return float64(r.Count) / r.Elapsed.Seconds() }

// CPUEach is the watched process's processor time for one operation.
func (r Result) CPUEach() time.Duration { return r.CPU / time.Duration(max(r.Count, 1)) }

// Percentile is the time within which so many of a hundred operations ended.
func (r Result) Percentile(p int) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	return r.took[min(len(r.took)*p/100, len(r.took)-1)]
}

// Run is one measurement.
type Run struct {
	Clients int
	Lasts   time.Duration
	// Rate is how many operations a second are offered; 0 lets each client begin
	// the next one when the last has ended. An operation that begins late, since
	// no client was free, is measured from when it was due.
	Rate float64
	// Process is whose processor time is counted; 0 counts nothing.
	Process int
	Do      func(ctx context.Context, client, n int) error
}

// Measure runs it. The first error ends it.
func (r Run) Measure(ctx context.Context) (Result, error) {
	before, err := cpu(r.Process)
	if err != nil {
		return Result{}, err
	}
	took := make([][]time.Duration, r.Clients)
	var next atomic.Int64
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for client := range r.Clients {
		g.Go(func() error {
			for {
				n := int(next.Add(1) - 1)
				due := time.Now()
				if r.Rate > 0 {
					due = began.Add(time.Duration(float64(n) / r.Rate * float64(time.Second)))
					if err := until(ctx, due); err != nil {
						return err
					}
				}
				if due.Sub(began) >= r.Lasts {
					return nil
				}
				if err := r.Do(ctx, client, n); err != nil {
					return fmt.Errorf("client %d, operation %d: %w", client, n, err)
				}
				took[client] = append(took[client], time.Since(due))
			}
		})
	}
	if err := g.Wait(); err != nil {
		return Result{}, err
	}
	out := Result{Elapsed: time.Since(began), took: slices.Concat(took...)}
	after, err := cpu(r.Process)
	out.Count, out.CPU = len(out.took), after-before
	slices.Sort(out.took)
	return out, err
}

func until(ctx context.Context, due time.Time) error {
	t := time.NewTimer(time.Until(due))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ticks a second of /proc/<pid>/stat, the same on every Linux that Go runs on.
const ticks = 100

// The places of user and system time behind the name, which ends with the last
// bracket, in /proc/<pid>/stat.
const userTime, systemTime = 11, 12

// cpu is the processor time that a process has used.
func cpu(pid int) (time.Duration, error) {
	if pid == 0 {
		return 0, nil
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	sum := 0
	for _, at := range []int{userTime, systemTime} {
		n, err := strconv.Atoi(fields[at])
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / ticks, nil
}

// Median is the middle of an odd number of figures, the lower middle of an even
// one.
func Median(figures ...float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)-1)/2]
}
