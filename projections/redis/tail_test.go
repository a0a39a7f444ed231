package redis_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/redis"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
	"github.com/diaspora-match/diaspora/projections/viewtest"
)

// pupil is a follower and a notifier that remembers.
type pupil struct {
	mu     sync.Mutex
	notes  map[string]int64 // rank by note
	at     eventstore.Position
	told   []string // key@position
	missed int
	moved  chan struct{}
}

func (p *pupil) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
	close(p.moved)
	p.moved = make(chan struct{})
}

func (*pupil) Load(context.Context, projections.Reader) error { panic("a tail does not load") }

func (p *pupil) Follow(_ context.Context, changes []projections.Change, at eventstore.Position) error {
	p.change(func() {
		for _, c := range changes {
			if c.Row == nil {
				delete(p.notes, c.Key)
			} else {
				p.notes[c.Key] = c.Row.(*viewtest.Note).Rank
			}
		}
		p.at = at
	})
	return nil
}

func (p *pupil) Notify(changes []projections.Change) {
	p.change(func() {
		for _, c := range changes {
			p.told = append(p.told, fmt.Sprintf("%s@%d", c.Key, c.Position))
		}
	})
}

func (p *pupil) Missed() { p.change(func() { p.missed++ }) }

func (p *pupil) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	timeout := time.After(patience)
	for {
		p.mu.Lock()
		ok, moved := done(), p.moved
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-moved:
		case <-timeout:
			t.Fatalf("not within %v: %s (%v, told %v, missed %d, at %d)", patience, what, p.notes, p.told, p.missed, p.at)
		}
	}
}

// class is a writer, and a tail in another engine over the same views.
type class struct {
	t      *testing.T
	server *redistest.Server
	writer *redis.Engine
	epoch  uint64
	at     eventstore.Position
	pupil  *pupil
	stream string
}

func newClass(t *testing.T) *class {
	t.Helper()
	server := redistest.Start(t)
	options := redis.Options{URL: server.URL(), Namespace: "class", Tables: viewtest.Tables(), Told: []projections.Schema{viewtest.Notes}}
	c := &class{t: t, server: server, writer: open(t, options), pupil: &pupil{notes: map[string]int64{}, moved: make(chan struct{})}}
	c.claim()
	c.write("a", 1)
	if err := c.writer.Open(t.Context(), c.epoch); err != nil {
		t.Fatal(err)
	}
	tail := open(t, options).Tail(redis.TailConfig{Followers: []projections.Follower{c.pupil}, Rows: []projections.Schema{viewtest.Notes}, Notifier: c.pupil})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tail.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	select {
	case <-tail.Ready():
	case <-time.After(patience):
		t.Fatal("the tail does not get ready")
	}
	for _, key := range server.Do("KEYS", "*head").([]any) {
		c.stream = strings.TrimSuffix(key.(string), "head") + "notices"
	}
	return c
}

func (c *class) claim() {
	c.t.Helper()
	var err error
	if c.epoch, c.at, err = c.writer.Claim(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// write commits a batch with one note; rank 0 deletes it.
func (c *class) write(id string, rank int64) {
	c.t.Helper()
	op := projections.Op{Table: viewtest.Notes, Key: id, Row: &viewtest.Note{ID: id, Shelf: "s", Rank: rank}}
	if rank == 0 {
		op.Row = nil
	}
	c.apply(op)
}

func (c *class) apply(ops ...projections.Op) {
	c.t.Helper()
	if err := c.writer.Apply(c.t.Context(), projections.Batch{Epoch: c.epoch, From: c.at, To: c.at + 1, Ops: ops}); err != nil {
		c.t.Fatal(err)
	}
	c.at++
}

func (c *class) inStep(what string) {
	c.t.Helper()
	c.pupil.until(c.t, what, func() bool { return c.pupil.at == c.at })
}

func TestATailHearsEveryBatchInOrder(t *testing.T) {
	c := newClass(t)
	var want []string
	for i := range 200 {
		id := fmt.Sprintf("n%d", i%7)
		c.write(id, int64(i+1))
		want = append(want, fmt.Sprintf("%s@%d", id, c.at))
	}
	c.write("a", 0)
	c.claim() // a second writer tells from where the first ended
	c.write("b", 5)
	want = append(want, fmt.Sprintf("a@%d", c.at-1), fmt.Sprintf("b@%d", c.at))
	c.pupil.until(t, "all is told", func() bool { return len(c.pupil.told) == len(want) })
	if !slices.Equal(c.pupil.told, want) {
		t.Errorf("told %v, want %v", c.pupil.told, want)
	}
	if _, there := c.pupil.notes["a"]; there || c.pupil.notes["b"] != 5 || c.pupil.notes["n3"] != 200 {
		t.Errorf("%v", c.pupil.notes)
	}
	if c.pupil.missed != 0 {
		t.Errorf("missed %d", c.pupil.missed)
	}
}

// Entries that are no notices stop nobody.
func TestATailPassesOverMalformedEntries(t *testing.T) {
	c := newClass(t)
	for _, entry := range [][]string{
		{"x", "y"},
		{"_watermill_message_uuid", "1", "metadata", "no msgpack", "payload", "{}"},
		{"_watermill_message_uuid", "1", "payload", "no JSON"},
		{"_watermill_message_uuid", "1", "payload", `{"from":9,"to":3}`},
	} {
		c.server.Do(append([]string{"XADD", c.stream, "*"}, entry...)...)
	}
	c.write("b", 2)
	c.inStep("the batch after them")
	if c.pupil.notes["b"] != 2 || c.pupil.missed != 0 {
		t.Errorf("%v, missed %d", c.pupil.notes, c.pupil.missed)
	}
}

// Notices that are gone delay: the rows are read again, and the notifier hears of it.
func TestATailFindsOutWhatItMissed(t *testing.T) {
	for name, lose := range map[string]func(c *class){
		"a notice that was lost before the next": func(c *class) {
			c.server.Do("DEL", c.stream)
			c.server.Do("XADD", c.stream, "*", "_watermill_message_uuid", "1", "payload", fmt.Sprintf(`{"from":%d,"to":%d}`, c.at+1, c.at+2))
			c.write("b", 2)
			c.write("a", 0)
		},
		"the last notice": func(c *class) {
			c.server.Do("SET", c.stream, "no stream any more") // what comes now is told nowhere
			c.write("b", 2)
			c.write("a", 0)
			c.server.Do("DEL", c.stream)
		},
		"a notice too large": func(c *class) {
			ops := []projections.Op{{Table: viewtest.Notes, Key: "a"}}
			for i := range 2100 {
				n := viewtest.Note{ID: fmt.Sprintf("b%d", i), Rank: int64(i)}
				ops = append(ops, projections.Op{Table: viewtest.Notes, Key: n.ID, Row: &n})
			}
			c.apply(ops...)
			c.write("b", 2)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClass(t)
			lose(c)
			c.inStep("the rows")
			c.pupil.until(t, "it hears that it missed some", func() bool { return c.pupil.missed > 0 })
			if _, there := c.pupil.notes["a"]; there || c.pupil.notes["b"] != 2 {
				t.Errorf("%v", c.pupil.notes)
			}
			c.write("c", 3)
			c.inStep("what comes later")
		})
	}
}

// A Redis that went away and came back empty is followed again.
func TestATailFollowsARedisThatLostEverything(t *testing.T) {
	c := newClass(t)
	c.server.Kill()
	c.server.Start()
	c.claim()
	for c.at < 3 {
		c.write("z", int64(c.at)+7)
	}
	if err := c.writer.Open(t.Context(), c.epoch); err != nil {
		t.Fatal(err)
	}
	c.write("z", 99)
	c.pupil.until(t, "the new rows", func() bool { return c.pupil.notes["z"] == 99 })
	c.pupil.until(t, "the old row is gone", func() bool { return len(c.pupil.notes) == 1 })
}
