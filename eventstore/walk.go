package eventstore

import (
	"context"
	"crypto/sha256"
	"fmt"
)

// Sparse is offered by engines whose positions are no count of events.
type Sparse interface {
	// EventsUpTo estimates how many events stand up to a position.
	EventsUpTo(Position) uint64
}

// EventsUpTo estimates how many events a store holds up to a position: for
// progress and for memory, and for nothing that must be right.
func EventsUpTo(s Store, p Position) uint64 {
	if sparse, ok := s.(Sparse); ok {
		return sparse.EventsUpTo(p)
	}
	return uint64(p)
}

// Verify reads the whole log of any engine, checks that it is whole, and returns
// the hash of its last event and where that stands. An engine that keeps the
// chain of hashes with its events checks them too. At the first event that does
// not hold it returns a *BrokenChain. It calls progress, which may be nil, now and
// then with the position that it has reached.
func Verify(ctx context.Context, s Store, progress func(Position)) (head [sha256.Size]byte, last Position, err error) {
	verifier, ok := s.(Verifier)
	if !ok {
		return Walk(ctx, s, EndPosition, progress)
	}
	head, err = verifier.VerifyChain(ctx, func(p Position) {
		last = p
		if progress != nil {
			progress(p)
		}
	})
	return head, last, err
}

// Walk computes the chain of hashes over the events up to a position, which is
// included, and checks what every engine promises: positions that ascend, and
// revisions without gaps. It returns the hash of the last event and where that
// stands, or a *BrokenChain.
func Walk(ctx context.Context, s Store, upTo Position, progress func(Position)) (head [sha256.Size]byte, last Position, err error) {
	var w Walker
	for r, err := range s.ReadAll(ctx, 0, Forwards, 0) {
		if err != nil {
			return w.Head(), w.Last(), err
		}
		if r.Position > upTo {
			break
		}
		if err := w.Add(r); err != nil {
			return w.Head(), w.Last(), err
		}
		if progress != nil {
			progress(r.Position)
		}
	}
	return w.Head(), w.Last(), nil
}

// Walker checks events as they come, in the order of the log. The zero value
// stands before the first.
type Walker struct {
	chain  Chain
	next   map[string]Revision
	last   Position
	events uint64
}

// Add checks one more event and extends the chain by it, or returns a
// *BrokenChain and stands where it stood.
func (w *Walker) Add(r Recorded) error {
	broken := func(why string) error {
		return &BrokenChain{Position: r.Position, Stream: r.Stream, Revision: r.Revision, Why: why}
	}
	if r.Position <= w.last {
		return broken(fmt.Sprintf("the event before it stands at %d", w.last))
	}
	if next := w.next[r.Stream]; r.Revision != next {
		return broken(fmt.Sprintf("the next revision of its stream is %d", next))
	}
	if w.next == nil {
		w.next = map[string]Revision{}
	}
	w.next[r.Stream] = r.Revision + 1
	w.last = r.Position
	w.events++
	w.chain.Add(r)
	return nil
}

// Head is the hash of the last event added.
func (w *Walker) Head() [sha256.Size]byte { return w.chain.Head() }

// Last is where that event stands, zero before the first.
func (w *Walker) Last() Position { return w.last }

// Events counts them.
func (w *Walker) Events() uint64 { return w.events }
