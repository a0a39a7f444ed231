package sqlite_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

// sparse yields a log with its positions far apart, as another engine has them.
func sparse(ctx context.Context, s eventstore.Store) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		for e, err := range s.ReadAll(ctx, 0, eventstore.Forwards, 0) {
			e.Position *= 1000
			if !yield(e, err) {
				return
			}
		}
	}
}

// A loaded log is the one that it was copied from: the same chain of hashes. It
// verifies, goes on, and does not take a second load.
func TestALoadedLogIsTheSame(t *testing.T) {
	const events = 10_000 // more than one transaction of the load
	path, head := written(t, events)
	from := open(t, sqlite.Options{Path: path, ReadOnly: true})
	for name, copied := range map[string]iter.Seq2[eventstore.Recorded, error]{
		"as it was": from.ReadAll(t.Context(), 0, eventstore.Forwards, 0),
		"sparse":    sparse(t.Context(), from),
	} {
		to := filepath.Join(t.TempDir(), "folder", "log.db")
		got, last, err := sqlite.Load(t.Context(), to, copied)
		if err != nil || got != head || last != events {
			t.Fatalf("%s: head %x at %d, %v", name, got, last, err)
		}
		s := open(t, sqlite.Options{Path: to})
		if hash, err := s.HashAt(t.Context(), last); err != nil || hash != head {
			t.Errorf("%s: %x stands at the end, %v", name, hash, err)
		}
		if _, err := s.HashAt(t.Context(), last+1); !errors.Is(err, eventstore.ErrNoEvent) {
			t.Errorf("%s: beyond the end: %v", name, err)
		}
		if verified, err := s.VerifyChain(t.Context(), nil); err != nil || verified != head {
			t.Errorf("%s: %x, %v", name, verified, err)
		}
		at, err := s.Append(t.Context(), "need-0", eventstore.At(events/3), event())
		if err != nil || at.Position != events+1 {
			t.Errorf("%s: the log does not go on: %v, %v", name, at, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := sqlite.Load(t.Context(), to, copied); !errors.Is(err, sqlite.ErrNotEmpty) {
			t.Errorf("%s: loaded twice: %v", name, err)
		}
	}
}

// What breaks off is told, and so is a revision that is missing.
func TestALoadNeverEndsShort(t *testing.T) {
	path, _ := written(t, 30)
	from := open(t, sqlite.Options{Path: path, ReadOnly: true})
	cut := errors.New("cut")
	_, _, err := sqlite.Load(t.Context(), filepath.Join(t.TempDir(), "a.db"), func(yield func(eventstore.Recorded, error) bool) {
		for e := range from.ReadAll(t.Context(), 0, eventstore.Forwards, 12) {
			yield(e, nil)
		}
		yield(eventstore.Recorded{}, cut)
	})
	if !errors.Is(err, cut) {
		t.Errorf("cut off: %v", err)
	}
	var broken *eventstore.BrokenChain
	_, _, err = sqlite.Load(t.Context(), filepath.Join(t.TempDir(), "b.db"), from.ReadAll(t.Context(), 1, eventstore.Forwards, 0))
	if !errors.As(err, &broken) || broken.Position != 3 { // need-0 begins at revision 1
		t.Errorf("without its first event: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, _, err = sqlite.Load(ctx, filepath.Join(t.TempDir(), "c.db"), from.ReadAll(t.Context(), 0, eventstore.Forwards, 0))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}
