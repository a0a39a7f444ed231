package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"

	"github.com/diaspora-match/diaspora/eventstore"
)

// cancellation calls everything with a context that has ended.
func cancellation(l *log) {
	stream := l.stream()
	l.fill(stream, severalPages)
	ctx, cancel := context.WithCancel(l.ctx)
	cancel()
	fresh := l.stream()
	if _, err := l.Append(ctx, fresh, eventstore.NoStream, event()); !errors.Is(err, context.Canceled) {
		l.Errorf("Append: %v", err)
	}
	l.missing(fresh)
	if _, err := l.Head(ctx); !errors.Is(err, context.Canceled) {
		l.Errorf("Head: %v", err)
	}
	if sub, err := l.Subscribe(ctx, 0, eventstore.Filter{}); err == nil {
		if _, err := sub.Next(ctx); !errors.Is(err, context.Canceled) {
			l.Errorf("Next: %v", err)
		}
		sub.Close()
	} else if !errors.Is(err, context.Canceled) {
		l.Errorf("Subscribe: %v", err)
	}
	cancelledReads(l, ctx, stream)
	cancelledWithinRead(l, stream)
}

func cancelledReads(l *log, ctx context.Context, stream string) {
	for _, err := range l.ReadStream(ctx, stream, 0, eventstore.Forwards, 0) {
		if !errors.Is(err, context.Canceled) {
			l.Errorf("ReadStream: %v", err)
		}
	}
	for _, err := range l.ReadAll(ctx, 0, eventstore.Forwards, 0) {
		if !errors.Is(err, context.Canceled) {
			l.Errorf("ReadAll: %v", err)
		}
	}
}

// cancelledWithinRead cancels a read under way: it breaks off with an error and
// is not taken for a whole one.
func cancelledWithinRead(l *log, stream string) {
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	seen, failed := 0, false
	for _, err := range l.ReadStream(ctx, stream, 0, eventstore.Forwards, 0) {
		if err != nil {
			failed = true
			if !errors.Is(err, context.Canceled) {
				l.Errorf("the read broke off with %v", err)
			}
			continue
		}
		if seen++; seen == 10 {
			cancel()
		}
	}
	if !failed {
		l.Errorf("a cancelled read ended after %d of %d events without an error", seen, severalPages)
	}
}

// cancelledAppends cancels appends at any moment: a retry with the same ids then
// tells what has become of each, and nothing is stored twice.
func cancelledAppends(l *log) {
	const writers, rounds = 16, 20
	var wg sync.WaitGroup
	var stored [writers][]eventstore.Event
	streams := make([]string, writers)
	for w := range writers {
		streams[w] = l.stream()
		wg.Go(func() {
			stream, expected := streams[w], eventstore.NoStream
			for range rounds {
				es := events(2)
				ctx, cancel := context.WithCancel(l.ctx)
				var cancelling sync.WaitGroup
				cancelling.Go(func() {
					for range rand.IntN(3000) {
						if ctx.Err() != nil {
							return
						}
					}
					cancel()
				})
				a, err := l.Append(ctx, stream, expected, es...)
				cancel()
				cancelling.Wait()
				if err != nil && !errors.Is(err, context.Canceled) {
					l.Errorf("a cancelled append: %v", err)
					return
				}
				again, retried := l.Append(l.ctx, stream, expected, es...)
				if retried != nil || (err == nil && again != a) {
					l.Errorf("the retry got %+v, %v; the first %+v, %v", again, retried, a, err)
					return
				}
				stored[w] = append(stored[w], es...)
				expected = eventstore.At(again.Revision)
			}
		})
	}
	wg.Wait()
	for w, stream := range streams {
		l.holds(stream, stored[w])
	}
}

// closed calls everything on a store that was closed.
func closed(l *log) {
	stream := l.stream()
	l.fill(stream, severalPages)
	waiting := l.subscribe(l.start, eventstore.Filter{})
	over := make(chan error, 1)
	go func() {
		for {
			if _, err := waiting.sub.Next(l.ctx); err != nil {
				over <- err
				return
			}
		}
	}()
	steps, broken := 0, error(nil)
	for _, err := range l.ReadStream(l.ctx, stream, 0, eventstore.Forwards, 0) {
		if steps++; steps == 1 {
			if err := l.Close(); err != nil {
				l.Fatalf("Close: %v", err)
			}
		}
		broken = err
	}
	if broken == nil && steps != severalPages {
		l.Errorf("a read over a closing store ended after %d events without an error", steps)
	}
	if broken != nil && !errors.Is(broken, eventstore.ErrClosed) {
		l.Errorf("a read over a closing store ended with %v", broken)
	}
	if err := <-over; !errors.Is(err, eventstore.ErrClosed) {
		l.Errorf("a subscription over a closing store ended with %v", err)
	}
	if _, err := l.Append(l.ctx, stream, eventstore.Any, event()); !errors.Is(err, eventstore.ErrClosed) {
		l.Errorf("Append: %v", err)
	}
	if _, err := l.Head(l.ctx); !errors.Is(err, eventstore.ErrClosed) {
		l.Errorf("Head: %v", err)
	}
	if _, err := l.Subscribe(l.ctx, 0, eventstore.Filter{}); !errors.Is(err, eventstore.ErrClosed) {
		l.Errorf("Subscribe: %v", err)
	}
	for _, err := range l.ReadStream(l.ctx, stream, 0, eventstore.Forwards, 0) {
		if !errors.Is(err, eventstore.ErrClosed) {
			l.Errorf("ReadStream: %v", err)
		}
	}
	for _, err := range l.ReadAll(l.ctx, 0, eventstore.Forwards, 0) {
		if !errors.Is(err, eventstore.ErrClosed) {
			l.Errorf("ReadAll: %v", err)
		}
	}
	if err := l.Close(); err != nil {
		l.Errorf("the second Close: %v", err)
	}
}
