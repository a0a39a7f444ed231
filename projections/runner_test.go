package projections_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted adds to the counter of its stream.
type counted struct{ By int }

func (counted) EventType() string { return "counter.Counted" }

type counter struct {
	Name string `json:"name"`
	Sum  int    `json:"sum"`
	Seen []int  `json:"seen"`
}

var counters = &projections.Table[counter]{
	Name: "counters", Version: 1,
	Key: func(c *counter) string { return c.Name },
	Indexes: func(c *counter, entries []projections.IndexEntry) []projections.IndexEntry {
		return append(entries, projections.IndexEntry{Index: "sum", Sort: projections.SortInt(int64(c.Sum))})
	},
	Related: func(*counter) projections.Related { return projections.Related{Candidacy: "c-x"} },
}

const fatal, panics = 666, 667 // amounts that the fold does not take

var counting = projections.View{
	Name: "counting", Tables: []projections.Schema{counters}, Categories: []string{"counter"},
	Fold: func(tx *projections.Tx, e *codec.Decoded) error {
		by := e.Event.(counted).By
		row := counters.Ensure(tx, e.Stream, func() counter { return counter{Name: e.Stream} })
		row.Sum += by
		row.Seen = append(row.Seen, int(e.Position))
		switch by {
		case fatal:
			return errors.New("cannot count this")
		case panics:
			panic("what a number")
		}
		return nil
	},
}

// numbers decodes events whose data is a number; "?" is poison and "away" an
// outage of the keys until it is lifted.
type numbers struct {
	mu   sync.Mutex
	away bool
}

func (n *numbers) outage(away bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.away = away
}

var errAway = errors.New("keys are away")

func (n *numbers) Decode(_ context.Context, r eventstore.Recorded) (codec.Decoded, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := codec.Decoded{Stream: r.Stream, Position: r.Position, Stored: r.Time}
	var by int
	switch text := string(r.Data); {
	case text == "?":
		return d, &codec.UnknownType{Place: codec.Place{Type: r.Type, Position: r.Position}}
	case n.away:
		return d, errAway
	default:
		if _, err := fmt.Sscan(text, &by); err != nil {
			return d, err
		}
	}
	d.Event = counted{by}
	return d, nil
}

// script is a store that delivers what it is told to, and breaks off at will.
type script struct {
	mu      sync.Mutex
	log     []eventstore.Recorded
	changed chan struct{}
	broken  error // every Next fails with it
	page    int   // events a delivery
	repeat  int   // events before the checkpoint that are delivered again
}

func newScript(amounts ...string) *script {
	s := &script{changed: make(chan struct{}), page: 3}
	s.add(amounts...)
	return s
}

func (s *script) add(amounts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range amounts {
		n := len(s.log)
		s.log = append(s.log, eventstore.Recorded{
			Event: eventstore.Event{Type: "counter.Counted", Data: []byte(a)}, Stream: fmt.Sprintf("counter-%d", n%2),
			Position: eventstore.Position(10 * (n + 1)), Time: time.Now(),
		})
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *script) breakOff(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = err
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *script) Subscribe(_ context.Context, after eventstore.Position, _ eventstore.Filter) (eventstore.Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return nil, s.broken
	}
	at := slices.IndexFunc(s.log, func(r eventstore.Recorded) bool { return r.Position > after })
	if at < 0 {
		at = len(s.log)
	}
	return &scripted{store: s, next: max(at-s.repeat, 0)}, nil
}

type scripted struct {
	store *script
	next  int
	told  bool
}

func (s *scripted) Next(ctx context.Context) (eventstore.Delivery, error) {
	for {
		s.store.mu.Lock()
		log, changed, broken, page := s.store.log, s.store.changed, s.store.broken, s.store.page
		s.store.mu.Unlock()
		if broken != nil {
			return eventstore.Delivery{}, broken
		}
		if s.next < len(log) || !s.told {
			end := min(s.next+page, len(log))
			d := eventstore.Delivery{Events: log[s.next:end], CaughtUp: end == len(log)}
			if end > 0 {
				d.Through = log[end-1].Position
			}
			s.next, s.told = end, d.CaughtUp
			return d, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return eventstore.Delivery{}, ctx.Err()
		}
	}
}

func (s *scripted) Close() {}

func (s *script) Append(context.Context, string, eventstore.Expected, ...eventstore.Event) (eventstore.Appended, error) {
	return eventstore.Appended{}, errors.ErrUnsupported
}
func (s *script) ReadStream(context.Context, string, eventstore.Revision, eventstore.Direction, int) iter.Seq2[eventstore.Recorded, error] {
	return func(func(eventstore.Recorded, error) bool) {}
}
func (s *script) ReadAll(context.Context, eventstore.Position, eventstore.Direction, int) iter.Seq2[eventstore.Recorded, error] {
	return func(func(eventstore.Recorded, error) bool) {}
}
func (s *script) Head(context.Context) (eventstore.Position, error) { return 0, nil }
func (s *script) Close() error                                      { return nil }

// running is a runner at work.
type running struct {
	*projections.Runner
	engine projections.Engine
	cancel context.CancelFunc
	ended  chan error
}

func start(t *testing.T, cfg projections.Config) *running {
	t.Helper()
	if cfg.Engine == nil {
		cfg.Engine = memory.New(counters)
	}
	if cfg.Decoder == nil {
		cfg.Decoder = &numbers{}
	}
	cfg.Views = []projections.View{counting}
	runner, err := projections.NewRunner(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{runner, cfg.Engine, cancel, make(chan error, 1)}
	go func() { r.ended <- runner.Run(ctx) }()
	return r
}

func (r *running) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := <-r.ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("run ended with %v", err)
	}
}

// sums waits for a position and reads the two counters.
func sums(t *testing.T, e projections.Engine, at eventstore.Position) (a, b int) {
	t.Helper()
	err := e.Read(context.Background(), at, func(r projections.Reader) error {
		for name, into := range map[string]*int{"counter-0": &a, "counter-1": &b} {
			row, err := counters.Get(r, name)
			if err != nil {
				return err
			}
			if row != nil {
				*into = row.Sum
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("read at %d: %v", at, err)
	}
	return a, b
}

func wantSums(t *testing.T, e projections.Engine, at eventstore.Position, a, b int) {
	t.Helper()
	if gotA, gotB := sums(t, e, at); gotA != a || gotB != b {
		t.Fatalf("sums at %d: %d, %d; want %d, %d", at, gotA, gotB, a, b)
	}
}

func TestRunnerFollows(t *testing.T) {
	store := newScript("1", "10", "2", "20", "3")
	var batches, events int
	r := start(t, projections.Config{Store: store, Metrics: projections.Metrics{
		Batch: func(n int, _ time.Duration, _ eventstore.Position, lag time.Duration) {
			batches++
			events += n
			if lag < 0 {
				t.Errorf("lag %v", lag)
			}
		},
	}})
	<-r.Ready()
	wantSums(t, r.engine, 50, 6, 30)
	store.add("40")
	wantSums(t, r.engine, 60, 6, 70)
	if h := r.Health(); !h.OK() && h.Status != projections.CatchingUp || h.Position != 60 || h.Epoch == 0 {
		t.Fatalf("health %+v", h)
	}
	r.stop(t)
	if h := r.Health(); h.Status != projections.Stopped {
		t.Fatalf("health after the end %+v", h)
	}
	if events != 6 || batches == 0 {
		t.Fatalf("metrics: %d events in %d batches", events, batches)
	}
}

func TestRunnerOverAnEmptyLogIsReady(t *testing.T) {
	r := start(t, projections.Config{Store: newScript()})
	<-r.Ready()
	wantSums(t, r.engine, 0, 0, 0)
	r.stop(t)
}

func TestRunnerDropsDuplicates(t *testing.T) {
	store := newScript("1", "10", "2", "20")
	engine := memory.New(counters)
	first := start(t, projections.Config{Store: store, Engine: engine})
	<-first.Ready()
	first.stop(t)
	store.repeat = 3
	store.add("3")
	second := start(t, projections.Config{Store: store, Engine: engine})
	wantSums(t, engine, 50, 6, 30)
	second.stop(t)
}

func TestRunnerStopsAtPoison(t *testing.T) {
	for name, c := range map[string]struct{ amount, view string }{
		"undecodable": {"?", ""}, "unfoldable": {fmt.Sprint(fatal), "counting"}, "panicking": {fmt.Sprint(panics), "counting"},
	} {
		t.Run(name, func(t *testing.T) {
			store := newScript("1", "10")
			var told []projections.Status
			r := start(t, projections.Config{Store: store, Metrics: projections.Metrics{
				Status: func(h projections.Health) { told = append(told, h.Status) },
			}})
			<-r.Ready()
			store.add("2", "20", c.amount, "40")
			err := <-r.ended
			var poison *projections.Poison
			if !errors.As(err, &poison) || !errors.Is(err, projections.ErrPoisoned) || poison.Position != 50 || poison.Type != "counter.Counted" || poison.View != c.view {
				t.Fatalf("ended with %v", err)
			}
			h := r.Health()
			if h.Status != projections.Poisoned || h.OK() || h.Poison == nil || h.Poison.Position != 50 || h.Position != 40 {
				t.Fatalf("health %+v", h)
			}
			// All before it stands; nothing of it and nothing after it does.
			wantSums(t, r.engine, 40, 3, 30)
			if !slices.Contains(told, projections.Poisoned) {
				t.Fatalf("metrics were told %v", told)
			}
		})
	}
}

func TestRunnerSurvivesOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, keys := newScript("1", "10"), &numbers{}
		var retries atomic.Int64
		r := start(t, projections.Config{Store: store, Decoder: keys, Metrics: projections.Metrics{
			Retry: func(error, time.Duration) { retries.Add(1) },
		}})
		<-r.Ready()
		down := errors.New("store is down")
		store.breakOff(down)
		time.Sleep(time.Minute) // the bubble's clock
		if h := r.Health(); h.Status != projections.Waiting || !errors.Is(h.Err, down) {
			t.Fatalf("health %+v", h)
		}
		if n := retries.Load(); n < 5 || n > 60 {
			t.Fatalf("%d retries in a minute", n)
		}
		keys.outage(true)
		store.breakOff(nil)
		store.add("2")
		time.Sleep(time.Minute)
		if h := r.Health(); h.Status != projections.Waiting || !errors.Is(h.Err, errAway) {
			t.Fatalf("health %+v", h)
		}
		keys.outage(false)
		time.Sleep(time.Minute)
		wantSums(t, r.engine, 30, 3, 10)
		if h := r.Health(); h.Status != projections.Live {
			t.Fatalf("health %+v", h)
		}
		r.stop(t)
	})
}

func TestSecondRunnerTakesOver(t *testing.T) {
	store, engine := newScript("1", "10"), memory.New(counters)
	first := start(t, projections.Config{Store: store, Engine: engine})
	<-first.Ready()
	second := start(t, projections.Config{Store: store, Engine: engine})
	<-second.Ready()
	store.add("2", "20")
	if err := <-first.ended; !errors.Is(err, projections.ErrStaleEpoch) {
		t.Fatalf("the first runner ended with %v", err)
	}
	wantSums(t, engine, 40, 3, 30)
	second.stop(t)
}

// notices collects what the runner tells.
type notices struct {
	mu      sync.Mutex
	changes []projections.Change
}

func (n *notices) Notify(changes []projections.Change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.changes = append(n.changes, changes...)
}

// mirror follows the views with a copy of its own.
type mirror struct {
	sums     map[string]int
	position eventstore.Position
	loaded   int
	fail     error
}

func (m *mirror) Load(_ context.Context, r projections.Reader) error {
	m.loaded++
	for row, err := range counters.All(r) {
		if err != nil {
			return err
		}
		m.sums[row.Name] = row.Sum
	}
	m.position = r.Position()
	return nil
}

func (m *mirror) Follow(_ context.Context, changes []projections.Change, position eventstore.Position) error {
	for _, c := range changes {
		m.sums[c.Key] = c.Row.(*counter).Sum
	}
	m.position = position
	return m.fail
}

func TestRunnerTellsAfterCommit(t *testing.T) {
	store, told, copied := newScript("1", "10", "2"), &notices{}, &mirror{sums: map[string]int{}}
	r := start(t, projections.Config{Store: store, Notifier: told, Followers: []projections.Follower{copied}})
	<-r.Ready()
	store.add("20")
	wantSums(t, r.engine, 40, 3, 30)
	r.stop(t)
	if copied.loaded != 1 || copied.position != 40 || copied.sums["counter-0"] != 3 || copied.sums["counter-1"] != 30 {
		t.Fatalf("follower: %+v", copied)
	}
	if len(told.changes) != 1 {
		t.Fatalf("the past was told: %+v", told.changes)
	}
	c := told.changes[0]
	if c.Table != "counters" || c.Key != "counter-1" || c.Position != 40 || c.Deleted || c.Related.Candidacy != "c-x" || c.Old.(*counter).Sum != 10 {
		t.Fatalf("notice: %+v", c)
	}
}

func TestFailedFollowerStopsTheRunner(t *testing.T) {
	broken := errors.New("index is broken")
	store, copied := newScript("1"), &mirror{sums: map[string]int{}, fail: broken}
	r := start(t, projections.Config{Store: store, Followers: []projections.Follower{copied}})
	<-r.Ready()
	store.add("2")
	if err := <-r.ended; !errors.Is(err, broken) {
		t.Fatalf("ended with %v", err)
	}
}

// However deliveries and batches are cut, the views are the same.
func TestCutsDoNotMatter(t *testing.T) {
	var amounts []string
	for i := range 200 {
		amounts = append(amounts, fmt.Sprint(i*i%37))
	}
	want := ""
	for _, c := range []struct{ page, batch int }{{1, 1}, {3, 2}, {7, 5}, {500, 3}, {500, 500}, {1, 500}} {
		store := newScript(amounts...)
		store.page = c.page
		r := start(t, projections.Config{Store: store, BatchMax: c.batch})
		<-r.Ready()
		var out bytes.Buffer
		err := r.engine.Read(context.Background(), 2000, func(reader projections.Reader) error {
			return projections.Dump(reader, []projections.Schema{counters}, nil, &out)
		})
		r.stop(t)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = out.String()
		}
		if out.String() != want {
			t.Fatalf("page %d, batch %d:\n%s\nwant\n%s", c.page, c.batch, out.String(), want)
		}
	}
}

func TestNewRunnerChecksItsParts(t *testing.T) {
	full := projections.Config{Store: newScript(), Decoder: &numbers{}, Engine: memory.New(counters), Views: []projections.View{counting}}
	for name, change := range map[string]func(*projections.Config){
		"store":   func(c *projections.Config) { c.Store = nil },
		"decoder": func(c *projections.Config) { c.Decoder = nil },
		"engine":  func(c *projections.Config) { c.Engine = nil },
		"views":   func(c *projections.Config) { c.Views = nil },
		"twice":   func(c *projections.Config) { c.Views = []projections.View{counting, counting} },
	} {
		cfg := full
		change(&cfg)
		if _, err := projections.NewRunner(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
