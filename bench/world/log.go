package world

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// writers append at once, so that the store commits them in groups; queued is
// how many sessions wait before each.
const (
	writers = 256
	queued  = 4
)

// fact is one event with what is known about it.
type fact struct {
	event decider.Event
	meta  codec.Meta
}

// session is what somebody did to one object in one go.
type session struct {
	stream string
	facts  []fact
}

// ledger stores sessions. Those of one stream keep their order; others pass each
// other.
type ledger struct {
	ctx     context.Context
	store   eventstore.Store
	codec   *codec.Codec
	seed    maphash.Seed
	queues  []chan session
	waiting sync.WaitGroup // sessions under way
	done    sync.WaitGroup // writers
	events  int            // taken so far; of the one goroutine that submits

	mu  sync.Mutex
	err error
}

func newLedger(ctx context.Context, store eventstore.Store, c *codec.Codec) *ledger {
	l := &ledger{ctx: ctx, store: store, codec: c, seed: maphash.MakeSeed()}
	for range writers {
		q := make(chan session, queued)
		l.queues = append(l.queues, q)
		l.done.Go(func() { l.write(q) })
	}
	return l
}

// submit queues a session; nothing happens without facts.
func (l *ledger) submit(s session) {
	if len(s.facts) == 0 {
		return
	}
	l.events += len(s.facts)
	l.waiting.Add(1)
	l.queues[maphash.String(l.seed, s.stream)%writers] <- s
}

// flush waits until everything submitted is stored.
func (l *ledger) flush() error {
	l.waiting.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *ledger) close() {
	for _, q := range l.queues {
		close(q)
	}
	l.done.Wait()
}

// write stores one queue. A writer owns the streams of its queue, so it alone
// knows their revisions.
func (l *ledger) write(q <-chan session) {
	revisions := map[string]eventstore.Expected{}
	for s := range q {
		if err := l.append(s, revisions); err != nil {
			l.mu.Lock()
			l.err = err
			l.mu.Unlock()
		}
		l.waiting.Done()
	}
}

func (l *ledger) append(s session, revisions map[string]eventstore.Expected) error {
	at, known := revisions[s.stream]
	if !known {
		at = eventstore.NoStream
	}
	stored := make([]eventstore.Event, len(s.facts))
	for i, f := range s.facts {
		id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s %d", s.stream, int(at)+1+i))
		var err error
		if stored[i], err = l.codec.Encode(l.ctx, s.stream, id, f.event, f.meta); err != nil {
			return err
		}
	}
	if _, err := l.store.Append(l.ctx, s.stream, at, stored...); err != nil {
		return err
	}
	revisions[s.stream] = max(at, -1) + eventstore.Expected(len(stored))
	return nil
}

// life folds one object while a script plays it, and collects what its commands
// add until the session ends.
type life[S any, C decider.Command, E decider.Event] struct {
	aggregate *decider.Aggregate[S, C, E]
	id        string
	state     S
	facts     []fact
}

func begin[S any, C decider.Command, E decider.Event](a *decider.Aggregate[S, C, E], id string) *life[S, C, E] {
	return &life[S, C, E]{aggregate: a, id: id, state: a.Decider.Initial()}
}

// do decides a command, which must be accepted.
func (l *life[S, C, E]) do(c C) {
	events, err := l.aggregate.Decider.Decide(l.state, c)
	if err != nil {
		panic(fmt.Sprintf("world: %s of %s: %v", c.CommandType(), l.id, err))
	}
	by := c.Stamped()
	command := uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s %s %d", l.id, c.CommandType(), len(l.facts)))
	for _, e := range events {
		l.state = l.aggregate.Decider.Evolve(l.state, e)
		l.facts = append(l.facts, fact{e, codec.Meta{
			Command: domain.CommandID(command.String()), Correlation: command.String(), Actor: by.By, Role: by.Role,
			At: by.At.UTC().Truncate(time.Microsecond), Action: c.CommandType(),
		}})
	}
}

// end hands over the session.
func (l *life[S, C, E]) end(to *ledger) {
	to.submit(session{l.aggregate.Stream(l.id), l.facts})
	l.facts = nil
}
