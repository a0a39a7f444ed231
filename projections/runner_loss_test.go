package projections_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
)

// remote is an engine whose rows live elsewhere and can be lost: it is asked for
// many rows at once, and whether they still stand.
type remote struct {
	mu     sync.Mutex
	engine projections.Engine
	lost   bool

	asked, loads int
	known        map[projections.RowRef]bool
}

func newRemote() *remote {
	return &remote{engine: memory.New(counters), known: map[projections.RowRef]bool{}}
}

func (r *remote) inner() projections.Engine {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.engine
}

// lose loses everything, as a flushed server does.
func (r *remote) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.engine, r.lost = memory.New(counters), true
}

func (r *remote) Check(context.Context, uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost {
		return projections.ErrStaleCheckpoint
	}
	return nil
}

func (r *remote) Claim(ctx context.Context) (uint64, eventstore.Position, error) {
	r.mu.Lock()
	r.lost = false
	clear(r.known)
	r.mu.Unlock()
	return r.inner().Claim(ctx)
}

func (r *remote) Load(ctx context.Context, s projections.Schema, key string) (any, error) {
	r.mu.Lock()
	if !r.known[projections.RowRef{Table: s, Key: key}] {
		r.loads++
	}
	r.mu.Unlock()
	return r.inner().Load(ctx, s, key)
}

func (r *remote) Known(s projections.Schema, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[projections.RowRef{Table: s, Key: key}]
}

func (r *remote) Prefetch(_ context.Context, rows []projections.RowRef) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	for _, row := range rows {
		r.known[row] = true
	}
	return nil
}

func (r *remote) Apply(ctx context.Context, b projections.Batch) error {
	if err := r.Check(ctx, b.Epoch); err != nil {
		return err
	}
	return r.inner().Apply(ctx, b)
}

func (r *remote) Open(ctx context.Context, epoch uint64) error { return r.inner().Open(ctx, epoch) }

func (r *remote) Read(ctx context.Context, at eventstore.Position, fn func(projections.Reader) error) error {
	return r.inner().Read(ctx, at, fn)
}

func (r *remote) WaitFor(ctx context.Context, at eventstore.Position) error {
	return r.inner().WaitFor(ctx, at)
}

// What an engine loses while nothing happens is noticed and folded again. Those
// who follow end where the views do; nobody is told twice.
func TestRunnerFoldsAgainWhatWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, engine := newScript("1", "10"), newRemote()
		told, copied := &notices{}, &mirror{sums: map[string]int{}}
		var seen []projections.Status
		r := start(t, projections.Config{
			Store: store, Engine: engine, Notifier: told, Followers: []projections.Follower{copied},
			Metrics: projections.Metrics{Status: func(h projections.Health) { seen = append(seen, h.Status) }},
		})
		<-r.Ready()
		store.add("2", "20")
		wantSums(t, engine.inner(), 40, 3, 30)
		synctest.Wait()
		before := len(told.changes)

		seen = nil
		engine.lose()
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		wantSums(t, engine.inner(), 40, 3, 30)
		if h := r.Health(); h.Status != projections.Live || h.Position != 40 {
			t.Fatalf("health %+v", h)
		}
		if len(seen) == 0 || seen[0] != projections.Waiting {
			t.Fatalf("readiness did not tell: %v", seen)
		}
		if copied.loaded != 1 || copied.sums["counter-0"] != 3 || copied.sums["counter-1"] != 30 {
			t.Fatalf("follower: %+v", copied)
		}
		if len(told.changes) != before {
			t.Fatalf("told again: %+v", told.changes[before:])
		}
		store.add("3")
		time.Sleep(time.Second)
		synctest.Wait()
		if len(told.changes) != before+1 {
			t.Fatalf("not told of what is new: %+v", told.changes[before:])
		}
		r.stop(t)
	})
}

// A fold that misses a row is no poison when the row was lost.
func TestRunnerDoubtsPoisonWhenRowsWereLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, engine := newScript("1", "10"), newRemote()
		r := start(t, projections.Config{Store: store, Engine: engine, Decoder: &numbers{}})
		<-r.Ready()
		engine.lose()
		store.add("666") // fatal for the fold
		err := <-r.ended
		// It folded all again before it believed.
		row, loadErr := engine.inner().Load(context.Background(), counters, "counter-1")
		if err == nil || loadErr != nil || r.Health().Position != 20 || row.(*counter).Sum != 10 {
			t.Fatalf("ended with %v at %+v with %+v, %v", err, r.Health(), row, loadErr)
		}
	})
}

// A batch asks for its rows together, and none is asked for alone.
func TestRunnerFetchesTheRowsOfABatchTogether(t *testing.T) {
	var amounts []string
	for range 50 {
		amounts = append(amounts, "1")
	}
	store, engine := newScript(amounts...), newRemote()
	store.page = 50
	r := start(t, projections.Config{Store: store, Engine: engine})
	<-r.Ready()
	wantSums(t, engine.inner(), 500, 25, 25)
	r.stop(t)
	if engine.asked == 0 || engine.asked > 3 || engine.loads != 0 {
		t.Fatalf("asked %d times for many rows and %d times for one", engine.asked, engine.loads)
	}
}
