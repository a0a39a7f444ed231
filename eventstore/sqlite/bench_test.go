package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/benchpeer"
)

// What is measured: events of 550 bytes, in streams that end after 20.
const (
	benchData   = 423
	benchMeta   = 127
	benchStream = 20
	benchRound  = time.Second
	benchRounds = 3
)

func benchEvent() eventstore.Event {
	return eventstore.Event{
		ID:   uuid.New(),
		Type: "candidacy.Shortlisted",
		Data: bytes.Repeat([]byte("d"), benchData),
		Meta: bytes.Repeat([]byte("m"), benchMeta),
	}
}

// BenchmarkDurableAppends lets the store, the raw file and PostgreSQL append in
// turns in one run. An append is answered after its fsync in all three.
func BenchmarkDurableAppends(b *testing.B) {
	for _, writers := range []int{64, 1} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			limit, err := benchpeer.CreateGroupFile(filepath.Join(b.TempDir(), "raw"))
			if err != nil {
				b.Fatal(err)
			}
			defer limit.Close()
			store := open(b, sqlite.Options{})
			postgres := connect(b, writers)
			var file, ours, theirs float64
			for range b.N {
				for range benchRounds {
					file += throughput(b, writers, func(_, _ int) error { return limit.Append(make([]byte, benchData+benchMeta)) })
					ours += throughput(b, writers, appender(store))
					theirs += throughput(b, writers, postgres)
				}
			}
			rounds := float64(b.N * benchRounds)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ours/rounds, "appends/s")
			b.ReportMetric(file/rounds, "limit-appends/s")
			b.ReportMetric(theirs/rounds, "postgres-appends/s")
			b.ReportMetric(ours/file, "x-limit")
			b.ReportMetric(ours/theirs, "x-postgres")
			stats := store.Stats()
			b.ReportMetric(float64(stats.Appends)/float64(stats.Commits), "appends/commit")
		})
	}
}

// throughput is how often in a second the writers together get an answer. Each
// call is told the number of its writer and of its turn.
func throughput(b *testing.B, writers int, write func(writer, turn int) error) float64 {
	b.Helper()
	var turns atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for w := range writers {
		wg.Go(func() {
			for turn := 0; time.Since(began) < benchRound; turn++ {
				if err := write(w, turn); err != nil {
					b.Error(err)
					return
				}
				turns.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(turns.Load()) / time.Since(began).Seconds()
}

// appender writes stream after stream with exact expected revisions.
func appender(store *sqlite.Store) func(writer, turn int) error {
	ctx, round := context.Background(), uuid.NewString()
	return func(writer, turn int) error {
		stream := fmt.Sprintf("candidacy-%s-%d-%d", round, writer, turn/benchStream)
		_, err := store.Append(ctx, stream, eventstore.Expected(turn%benchStream-1), benchEvent())
		return err
	}
}

// connect gives PostgreSQL the same table, and each writer a connection and a
// prepared statement of its own.
func connect(b *testing.B, writers int) func(writer, turn int) error {
	b.Helper()
	ctx, dsn := context.Background(), benchpeer.StartPostgres(b)
	connections := make([]*pgx.Conn, writers)
	for i := range connections {
		c, err := pgx.Connect(ctx, dsn)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close(ctx) })
		connections[i] = c
	}
	if _, err := connections[0].Exec(ctx, `CREATE TABLE events (
		position bigserial PRIMARY KEY, stream bigint NOT NULL, revision bigint NOT NULL, id uuid NOT NULL,
		type text NOT NULL, data bytea NOT NULL, meta bytea NOT NULL, time bigint NOT NULL, hash bytea NOT NULL,
		UNIQUE (stream, revision))`); err != nil {
		b.Fatal(err)
	}
	var streams atomic.Int64
	current := make([]int64, writers)
	revision := make([]int64, writers)
	hash := make([]byte, 32)
	return func(writer, _ int) error {
		if revision[writer]%benchStream == 0 {
			current[writer], revision[writer] = streams.Add(1), 0
		}
		e := benchEvent()
		_, err := connections[writer].Exec(ctx,
			"INSERT INTO events (stream, revision, id, type, data, meta, time, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			current[writer], revision[writer], e.ID, e.Type, e.Data, e.Meta, time.Now().UnixMicro(), hash)
		revision[writer]++
		return err
	}
}

// filled is a store with so many events of 550 bytes in streams of 100.
func filled(b *testing.B, events int) *sqlite.Store {
	b.Helper()
	store := open(b, sqlite.Options{})
	es := make([]eventstore.Event, 100)
	for i := range events / len(es) {
		for j := range es {
			es[j] = benchEvent()
		}
		if _, err := store.Append(b.Context(), fmt.Sprintf("candidacy-%d", i), eventstore.NoStream, es...); err != nil {
			b.Fatal(err)
		}
	}
	return store
}

const benchEvents = 300_000

// BenchmarkScanAll reads the whole log, undecoded, beside the raw file with
// records of the same size.
func BenchmarkScanAll(b *testing.B) {
	store := filled(b, benchEvents)
	path := filepath.Join(b.TempDir(), "raw")
	limit, err := benchpeer.CreateGroupFile(path)
	if err != nil {
		b.Fatal(err)
	}
	throughputOfFile(b, limit)
	if err := limit.Close(); err != nil {
		b.Fatal(err)
	}
	var ours, file time.Duration
	for b.Loop() {
		began, n := time.Now(), 0
		for _, err := range store.ReadAll(b.Context(), 0, eventstore.Forwards, 0) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		ours += time.Since(began)
		if n != benchEvents {
			b.Fatalf("scanned %d events", n)
		}
		began = time.Now()
		if err := benchpeer.ScanGroupFile(path, func([]byte) {}); err != nil {
			b.Fatal(err)
		}
		file += time.Since(began)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(b.N)*benchEvents/ours.Seconds(), "events/s")
	b.ReportMetric(float64(b.N)*benchEvents/file.Seconds(), "limit-events/s")
	b.ReportMetric(file.Seconds()/ours.Seconds(), "x-limit")
}

// throughputOfFile fills the raw file as the store is filled.
func throughputOfFile(b *testing.B, limit *benchpeer.GroupFile) {
	b.Helper()
	const writers = 256
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := w; n < benchEvents; n += writers {
				if err := limit.Append(make([]byte, benchData+benchMeta+100)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkReadStream reads streams of 100 events out of a large log.
func BenchmarkReadStream(b *testing.B) {
	store := filled(b, benchEvents)
	var took []time.Duration
	i := 0
	for b.Loop() {
		i += 7919 // visits all streams in an order that no cache likes
		began, n := time.Now(), 0
		for _, err := range store.ReadStream(b.Context(), fmt.Sprintf("candidacy-%d", i%(benchEvents/100)), 0, eventstore.Forwards, 0) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		took = append(took, time.Since(began))
		if n != 100 {
			b.Fatalf("read %d events", n)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkVerifyChain hashes everything again.
func BenchmarkVerifyChain(b *testing.B) {
	store := filled(b, benchEvents)
	for b.Loop() {
		if _, err := store.VerifyChain(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*benchEvents/b.Elapsed().Seconds(), "events/s")
}
