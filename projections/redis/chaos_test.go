package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/redis"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
)

// patience bounds how long views may take to heal.
const patience = 20 * time.Second

// scene is a runner at work over Redis, behind a relay, while events come in.
type scene struct {
	t       *testing.T
	journal *journal
	server  *redistest.Server
	relay   *redistest.Relay
	engine  *redis.Engine
	runner  *projections.Runner
	ended   chan error
	stop    context.CancelFunc
}

func newScene(t *testing.T, settings ...string) *scene {
	t.Helper()
	server := redistest.Start(t, settings...)
	relay := redistest.NewRelay(t, server)
	s := newSceneOver(t, server, relay.URL())
	s.relay = relay
	return s
}

func newSceneOver(t *testing.T, server *redistest.Server, url string) *scene {
	t.Helper()
	s := &scene{t: t, journal: newJournal(5000), server: server, ended: make(chan error, 1)}
	s.engine = open(t, redis.Options{URL: url, Namespace: "chaos", Tables: countingTables(), Log: s.journal})
	var err error
	s.runner, err = projections.NewRunner(projections.Config{
		Store: s.journal, Decoder: s.journal, Engine: s.engine, Views: []projections.View{counting},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go func() { s.ended <- s.runner.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-s.ended
	})
	<-s.runner.Ready()
	return s
}

// ready is what readiness says: the runner's word and the engine's.
func (s *scene) ready() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return s.runner.Health().OK() && s.engine.Sound(ctx) == nil
}

func (s *scene) until(what string, done func() bool) {
	s.t.Helper()
	late, look := time.NewTimer(patience), time.NewTicker(2*time.Millisecond)
	defer late.Stop()
	defer look.Stop()
	for !done() {
		select {
		case <-look.C:
		case <-late.C:
			s.t.Fatalf("not within %v: %s; health %+v", patience, what, s.runner.Health())
		}
	}
}

// sums reads two things that one position must agree on.
func sums(r projections.Reader) error {
	all, err := totals.Get(r, "all")
	if err != nil {
		return err
	}
	sum := 0
	for row, err := range accounts.Walk(r, "all", "", "") {
		if err != nil {
			return err
		}
		sum += row.Sum
	}
	if all == nil || sum != all.Sum {
		return fmt.Errorf("the rows sum to %d, the total is %+v", sum, all)
	}
	return nil
}

// alive writes events and reads the views until end is called. What is read
// always agrees with itself, and while readiness says yes before and after, a
// read succeeds.
func (s *scene) alive() (end func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	ticker := time.NewTicker(2 * time.Millisecond)
	go func() {
		defer close(done)
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
			}
			s.journal.add(3)
			before := s.ready()
			err := s.engine.Read(context.Background(), 0, sums)
			switch {
			case err == nil:
			case !errors.Is(err, projections.ErrBehind) && !errors.Is(err, redis.ErrAway):
				s.t.Errorf("a read saw what no position holds: %v", err)
			case before && s.ready():
				s.t.Errorf("readiness said yes, and a read failed: %v", err)
			}
		}
	}()
	return func() { close(quit); <-done }
}

// healed waits until the views have caught up and are ready, and compares them
// with views that were built anew, byte for byte.
func (s *scene) healed() {
	s.t.Helper()
	head, _ := s.journal.now()
	s.until("ready at the head of the log", func() bool { return s.runner.Health().Position >= head && s.ready() })
	rebuilt := memory.New(countingTables()...)
	err := projections.Replay(s.t.Context(), projections.Config{Engine: rebuilt, Views: []projections.View{counting}}, s.journal.decoded(head))
	if err != nil {
		s.t.Fatal(err)
	}
	if got, want := s.dump(s.engine, head), s.dump(rebuilt, head); got != want {
		s.t.Fatalf("the views differ from rebuilt ones:\n%s", difference(got, want))
	}
}

func (s *scene) dump(e projections.Engine, at eventstore.Position) string {
	s.t.Helper()
	var out bytes.Buffer
	err := e.Read(s.t.Context(), at, func(r projections.Reader) error {
		out.Reset()
		return projections.Dump(r, countingTables(), []byte("chaos"), &out)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.String()
}

func difference(got, want string) string {
	gs, ws := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(gs), len(ws)) {
		if gs[i] != ws[i] {
			return "got  " + gs[i] + "\nwant " + ws[i]
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(gs), len(ws))
}

// Each strike is done to a platform at work; afterwards its views are exactly
// those that a rebuild gives, and until then readiness says no.
func TestViewsHeal(t *testing.T) {
	for name, strike := range map[string]func(*scene){
		"killed and started empty": func(s *scene) {
			s.server.Kill()
			s.unready("a dead server")
			s.server.Start()
		},
		"flushed": func(s *scene) { s.server.Do("FLUSHALL") },
		"a key evicted": func(s *scene) {
			s.server.Do("DEL", s.key("index:accounts:by"))
		},
		"the head evicted": func(s *scene) { s.server.Do("DEL", s.key("head")) },
		"a key of another kind": func(s *scene) {
			s.server.Do("SET", s.key("index:accounts:all"), "not ours")
		},
		"eviction allowed": func(s *scene) {
			s.server.Do("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
			s.server.Do("CONFIG", "SET", "maxmemory", "1mb")
			s.unready("a Redis that evicts")
			s.server.Do("CONFIG", "SET", "maxmemory", "0")
		},
		"out of memory": func(s *scene) {
			s.server.Do("CONFIG", "SET", "maxmemory", "1mb")
			s.unready("a full Redis")
			s.server.Do("CONFIG", "SET", "maxmemory", "0")
		},
		"slow": func(s *scene) { s.server.Do("DEBUG", "SLEEP", "0.7") },
		"cut off": func(s *scene) {
			for range 5 {
				s.relay.To(nil)
				s.unready("a network that is cut")
				s.relay.To(s.server)
				s.until("ready again", s.ready)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			end := s.alive()
			strike(s)
			s.goesOn()
			s.until("ready again", s.ready)
			end()
			s.healed()
		})
	}
}

// goesOn lets some more events come in.
func (s *scene) goesOn() {
	s.t.Helper()
	before, _ := s.journal.now()
	s.until("more events", func() bool { now, _ := s.journal.now(); return now > before+60 })
}

// What is lost while nothing happens is noticed all the same.
func TestALossIsNoticedWhileNothingHappens(t *testing.T) {
	for name, strike := range map[string]func(*scene){
		"flushed":       func(s *scene) { s.server.Do("FLUSHALL") },
		"a key evicted": func(s *scene) { s.server.Do("DEL", s.key("rows:accounts")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			epoch := s.runner.Health().Epoch
			strike(s)
			s.until("claimed again", func() bool { h := s.runner.Health(); return h.Epoch != epoch || h.Status != projections.Live })
			s.healed()
		})
	}
}

func (s *scene) key(suffix string) string {
	s.t.Helper()
	keys := s.server.Do("KEYS", "{diaspora:chaos}:v*:"+suffix).([]any)
	if len(keys) != 1 {
		s.t.Fatalf("keys of %s: %v", suffix, keys)
	}
	return keys[0].(string)
}

// unready waits until readiness says no, as it must.
func (s *scene) unready(what string) {
	s.t.Helper()
	s.until("not ready with "+what, func() bool { return !s.ready() })
}

// A server that keeps its views on disk comes back with those of some moments ago.
func TestViewsHealFromAnOlderDisk(t *testing.T) {
	s := newScene(t)
	s.server.Do("SAVE")
	end := s.alive()
	s.journal.add(1000)
	s.goesOn()
	s.server.Kill()
	s.server.Start()
	s.until("ready again", s.ready)
	end()
	s.healed()
}

// A replica that missed acknowledged batches is promoted: the checkpoint moves
// back with the rows, and what is missing is folded again.
func TestViewsHealAfterAFailoverThatLost(t *testing.T) {
	s := newScene(t)
	replica := redistest.Start(t)
	replica.Follow(s.server)
	s.healed()
	replica.Do("REPLICAOF", "NO", "ONE") // the network between them is cut
	lost := s.journal.add(2000)
	if err := s.engine.WaitFor(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	end := s.alive()
	s.relay.To(replica)
	s.server.Kill()
	s.goesOn()
	s.until("ready again", s.ready)
	end()
	s.healed()
}

// A primary that was made a replica refuses to write: the views stand still and
// say so, and go on where the primary is.
func TestViewsWaitWhileRedisOnlyReads(t *testing.T) {
	s := newScene(t)
	other := redistest.Start(t)
	other.Follow(s.server)
	s.relay.To(other)
	s.journal.add(100)
	s.unready("a replica that only reads")
	s.relay.To(s.server)
	s.healed()
}

// A second writer takes over; the first one's batches are refused from then on,
// also when both came by different processes.
func TestASecondWriterTakesOver(t *testing.T) {
	s := newScene(t)
	second := open(t, redis.Options{URL: s.server.URL(), Namespace: "chaos", Tables: countingTables()})
	if _, _, err := second.Claim(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.journal.add(1)
	err := <-s.ended
	s.ended <- err
	if !errors.Is(err, projections.ErrStaleEpoch) {
		t.Fatalf("the first writer ended with %v", err)
	}
}
