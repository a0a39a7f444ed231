package redis_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// journal is a log in memory whose events are numbers: what they do to the views
// follows from the number alone.
type journal struct {
	name    string
	mu      sync.Mutex
	head    eventstore.Position
	changed chan struct{}
}

func newJournal(events int) *journal {
	return &journal{head: eventstore.Position(events), changed: make(chan struct{})}
}

func (j *journal) add(events int) eventstore.Position {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.head += eventstore.Position(events)
	close(j.changed)
	j.changed = make(chan struct{})
	return j.head
}

func (j *journal) now() (eventstore.Position, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.head, j.changed
}

func (j *journal) Head(context.Context) (eventstore.Position, error) {
	head, _ := j.now()
	return head, nil
}

// Mark implements redis.LogMarks; journals of another name are other logs.
func (j *journal) Mark(_ context.Context, at eventstore.Position) (string, error) {
	return fmt.Sprintf("%s %d", j.name, at), nil
}

func (j *journal) Subscribe(_ context.Context, after eventstore.Position, _ eventstore.Filter) (eventstore.Subscription, error) {
	return &reading{journal: j, at: after}, nil
}

type reading struct {
	journal *journal
	at      eventstore.Position
	told    bool
}

const delivery = 200

func (r *reading) Next(ctx context.Context) (eventstore.Delivery, error) {
	for {
		head, changed := r.journal.now()
		if r.at < head || !r.told {
			var d eventstore.Delivery
			for r.at < head && len(d.Events) < delivery {
				r.at++
				d.Events = append(d.Events, eventstore.Recorded{Stream: "counter-x", Position: r.at})
			}
			d.Through, d.CaughtUp = r.at, r.at == head
			r.told = d.CaughtUp
			return d, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return eventstore.Delivery{}, ctx.Err()
		}
	}
}

func (*reading) Close() {}

func (*journal) Append(context.Context, string, eventstore.Expected, ...eventstore.Event) (eventstore.Appended, error) {
	return eventstore.Appended{}, errors.ErrUnsupported
}
func (*journal) ReadStream(context.Context, string, eventstore.Revision, eventstore.Direction, int) iter.Seq2[eventstore.Recorded, error] {
	return func(func(eventstore.Recorded, error) bool) {}
}
func (*journal) ReadAll(context.Context, eventstore.Position, eventstore.Direction, int) iter.Seq2[eventstore.Recorded, error] {
	return func(func(eventstore.Recorded, error) bool) {}
}
func (*journal) Close() error { return nil }

type numbered struct{}

func (numbered) EventType() string { return "counter.Counted" }

func (*journal) Decode(_ context.Context, r eventstore.Recorded) (codec.Decoded, error) {
	return codec.Decoded{Stream: r.Stream, Position: r.Position, Event: numbered{}}, nil
}

// decoded is the whole journal, for a rebuild.
func (j *journal) decoded(upTo eventstore.Position) iter.Seq2[codec.Decoded, error] {
	return func(yield func(codec.Decoded, error) bool) {
		for at := eventstore.Position(1); at <= upTo; at++ {
			if !yield(codec.Decoded{Stream: "counter-x", Position: at, Event: numbered{}}, nil) {
				return
			}
		}
	}
}

// account is moved by every event that falls to it, from bucket to bucket, and
// closed now and then. The rows always sum to the total.
type account struct {
	Name  string `json:"name"`
	Sum   int    `json:"sum"`
	Turns int    `json:"turns"`
}

const accountsKept = 300

var accounts = &projections.Table[account]{
	Name: "accounts", Version: 1,
	Key: func(a *account) string { return a.Name },
	Indexes: func(a *account, entries []projections.IndexEntry) []projections.IndexEntry {
		return append(entries,
			projections.IndexEntry{Index: "all", Sort: projections.SortInt(int64(a.Sum))},
			projections.IndexEntry{Index: "by", Bucket: fmt.Sprint(a.Turns % 7), Sort: projections.SortInt(int64(a.Turns))})
	},
}

type total struct {
	Name string `json:"name"`
	Sum  int    `json:"sum"`
}

var totals = &projections.Table[total]{Name: "totals", Version: 1, Key: func(t *total) string { return t.Name }}

var counting = projections.View{
	Name: "counting", Tables: []projections.Schema{accounts, totals},
	Fold: func(tx *projections.Tx, e *codec.Decoded) error {
		n := int(e.Position)
		name := fmt.Sprintf("account-%04d", n*7919%accountsKept)
		sum := totals.Ensure(tx, "all", func() total { return total{Name: "all"} })
		if n%17 == 0 {
			if row := accounts.Peek(tx, name); row != nil {
				sum.Sum -= row.Sum
				accounts.Delete(tx, name)
			}
			return nil
		}
		row := accounts.Ensure(tx, name, func() account { return account{Name: name} })
		row.Sum += n % 10
		row.Turns++
		sum.Sum += n % 10
		return nil
	},
}

func countingTables() []projections.Schema { return []projections.Schema{accounts, totals} }
