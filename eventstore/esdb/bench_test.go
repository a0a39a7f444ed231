package esdb_test

import (
	"context"
	"sort"
	"sync"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
)

// BenchmarkAppend appends through the adapter and through the bare client, over
// the same server, in turns: what else the machine does meets both. It reports
// the median of the turns' ratios; the bar is 0.85.
//
//	go test -run xxx -bench Append ./eventstore/esdb
func BenchmarkAppend(b *testing.B) {
	b.Run("one by one", func(b *testing.B) { compare(b, 1) })
	b.Run("in parallel", func(b *testing.B) { compare(b, 64) })
}

const (
	turns       = 21
	turnAppends = 2048
)

func compare(b *testing.B, writers int) {
	server := serve(b, esdbtest.Options{})
	c := bare(b, server.ConnectionString())
	store := open(b, esdb.Options{ConnectionString: server.ConnectionString()})
	ours := func(ctx context.Context, stream string, n int) error {
		_, err := store.Append(ctx, stream, eventstore.Expected(n-1), event())
		return err
	}
	theirs := func(ctx context.Context, stream string, n int) error {
		var expected client.ExpectedRevision = client.NoStream{}
		if n > 0 {
			expected = client.Revision(uint64(n - 1))
		}
		_, err := c.AppendToStream(ctx, stream, client.AppendToStreamOptions{ExpectedRevision: expected}, bareEvent())
		return err
	}
	turn(b, writers, ours)
	turn(b, writers, theirs)
	var ratios []float64
	var mine, bares time.Duration
	for b.Loop() {
		for i := range turns {
			var o, t time.Duration
			if i%2 == 0 {
				o, t = turn(b, writers, ours), turn(b, writers, theirs)
			} else {
				t, o = turn(b, writers, theirs), turn(b, writers, ours)
			}
			mine, bares = mine+o, bares+t
			ratios = append(ratios, t.Seconds()/o.Seconds())
		}
	}
	sort.Float64s(ratios)
	appends := float64(len(ratios) * turnAppends)
	b.ReportMetric(appends/mine.Seconds(), "appends/s")
	b.ReportMetric(appends/bares.Seconds(), "bare/s")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(0, "ns/op")
}

// turn times appends, shared by writers with a stream each.
func turn(b *testing.B, writers int, appendNth func(context.Context, string, int) error) time.Duration {
	var wg sync.WaitGroup
	began := time.Now()
	for range writers {
		stream := "bench-" + uuid.NewString()
		wg.Go(func() {
			for n := range turnAppends / writers {
				if err := appendNth(b.Context(), stream, n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}
