package views_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/privacy/canary"
	"github.com/diaspora-match/diaspora/projections/redis"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
	"github.com/diaspora-match/diaspora/projections/views"
)

var redisWorlds atomic.Int64

// inRedis is an engine of views on a server, in a namespace of its own.
func inRedis(t rapid.TB, server *redistest.Server, o redis.Options) *redis.Engine {
	t.Helper()
	o.URL, o.Tables = server.URL(), views.Tables()
	o.Namespace = fmt.Sprintf("views-%d", redisWorlds.Add(1))
	o.Rows = codec.NewRows(&cachedKeys{}, func(table string) { t.Errorf("a text in %s does not open", table) })
	engine, err := redis.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// Every row of every view comes back from Redis as it was folded, whether the
// writer remembers it or reads it again, and no personal text stands there in the
// clear.
func TestRedisHoldsTheSameViews(t *testing.T) {
	server := redistest.Start(t)
	pasts := rapid.Custom(func(t *rapid.T) []codec.Decoded {
		w := newWorld(t)
		w.history(t, rapid.IntRange(100, 250).Draw(t, "steps"))
		return w.live
	})
	for n := range 12 {
		events := pasts.Example(n)
		remembers := inRedis(t, server, redis.Options{})
		forgets := inRedis(t, server, redis.Options{CacheRows: 64})
		want := dump(t, fold(t, events, 64))
		for rest := events; len(rest) > 0; {
			n := min(len(rest), 37)
			replay(t, remembers, rest[:n], 20)
			replay(t, forgets, rest[:n], 3)
			rest = rest[n:]
		}
		for _, e := range []*redis.Engine{remembers, forgets} {
			if got := dump(t, e); got != want {
				t.Fatalf("Redis differs from memory:\n%s", firstDifference(got, want))
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	server.Do("SAVE") // not compressed
	sweep, err := canary.New("CANARY-name-0", "canary0@example.org", "CANARY-host-note")
	if err != nil {
		t.Fatal(err)
	}
	found, err := sweep.Directory(server.Folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("in the clear: %v", f)
	}
}

// BenchmarkRebuildInRedis measures decoding, opening and folding a log into all
// views in Redis until they are ready, and what one expert takes there with all
// indexes. Bars: 35,000 events/s, 1.2 KiB an expert.
//
//	go test -run xxx -bench RebuildInRedis -benchtime 1x ./projections/views
func BenchmarkRebuildInRedis(b *testing.B) {
	server := redistest.Start(b)
	store, c := seeded(b, 100_000)
	for b.Loop() {
		server.Do("FLUSHALL")
		engine := inRedis(b, server, redis.Options{})
		catchUpIn(b, engine, store, c)
		if err := engine.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(store.log))*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	bytes := 0.0
	for _, key := range server.Do("KEYS", "*:experts*").([]any) {
		bytes += float64(server.Do("MEMORY", "USAGE", key.(string), "SAMPLES", "0").(int64))
	}
	experts := server.Do("HLEN", server.Do("KEYS", "*:rows:experts").([]any)[0].(string)).(int64)
	b.ReportMetric(bytes/float64(experts), "bytes/expert")
	b.ReportMetric(float64(experts), "experts")
}
