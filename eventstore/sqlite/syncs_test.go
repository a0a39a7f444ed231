package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

// gate stands before every sync of a store: it tells that one has come, and lets
// it pass with what is sent.
type gate struct {
	came chan struct{}
	pass chan error
}

// gated opens a store whose syncs, after those of its opening, stop at a gate.
func gated(t *testing.T, path string) (*Store, gate) {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), "warm-up", eventstore.Any, happened()); err != nil {
		t.Fatal(err) // the first append writes the header of the log
	}
	g := gate{came: make(chan struct{}), pass: make(chan error)}
	before := func() error {
		g.came <- struct{}{}
		return <-g.pass
	}
	s.vfs.beforeSync.Store(&before)
	return s, g
}

func happened() eventstore.Event { return eventstore.Event{ID: uuid.New(), Type: "test.Happened"} }

type answer struct {
	eventstore.Appended
	err error
}

func (s *Store) appendAside(ctx context.Context, stream string, events ...eventstore.Event) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		a, err := s.Append(ctx, stream, eventstore.NoStream, events...)
		answers <- answer{a, err}
	}()
	return answers
}

// Nothing is answered, and nobody sees an event, before the sync that covers it
// has come back. What waits meanwhile goes into one transaction with one sync.
func TestNoAnswerBeforeItsSync(t *testing.T) {
	const waiting = 40
	s, g := gated(t, filepath.Join(t.TempDir(), "log.db"))
	defer s.Close()
	ctx := t.Context()

	first := s.appendAside(ctx, "first-1", happened())
	<-g.came
	var others []<-chan answer
	for i := range waiting {
		others = append(others, s.appendAside(ctx, fmt.Sprintf("other-%d", i), happened()))
	}
	waitUntil(t, func() bool { return len(s.queue) == waiting })
	select {
	case <-first:
		t.Fatal("an append was answered while its sync was under way")
	default:
	}
	for _, err := range s.ReadStream(ctx, "first-1", 0, eventstore.Forwards, 0) {
		if !errors.Is(err, eventstore.ErrNoStream) {
			t.Errorf("a reader saw an event that is not durable (%v)", err)
		}
	}
	if head, _ := s.Head(ctx); head != 1 {
		t.Errorf("the head is %d before the sync", head)
	}
	before := s.Stats()
	g.pass <- nil
	if a := <-first; a.err != nil || a.Position != 2 {
		t.Errorf("the first append got %+v", a)
	}
	<-g.came
	for i, other := range others {
		select {
		case <-other:
			t.Fatalf("append %d was answered while its sync was under way", i)
		default:
		}
	}
	g.pass <- nil
	for i, other := range others {
		if a := <-other; a.err != nil {
			t.Errorf("append %d: %v", i, a.err)
		}
	}
	s.vfs.beforeSync.Store(nil)
	after := s.Stats()
	if after.Syncs-before.Syncs != 2 || after.Commits-before.Commits != 2 || after.Appends-before.Appends != waiting+1 {
		t.Errorf("%d appends took %d commits and %d syncs, want 2 and 2",
			after.Appends-before.Appends, after.Commits-before.Commits, after.Syncs-before.Syncs)
	}
}

// waitUntil lets other goroutines run until something holds.
func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !holds() {
		if ctx.Err() != nil {
			t.Fatal("waited in vain")
		}
		runtime.Gosched()
	}
}

// A sync that fails leaves open what is on the disk. Nobody is told that
// something was stored; nothing more is written; and the log, opened again, is
// whole, knows every append that was acknowledged, and takes the retry.
func TestFailedSyncStopsWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	s, g := gated(t, path)
	ctx := t.Context()
	lost := happened()
	unlucky := s.appendAside(ctx, "unlucky-1", lost)
	<-g.came
	g.pass <- errors.New("the disk is gone")
	if a := <-unlucky; !errors.Is(a.err, ErrStopped) {
		t.Errorf("the append whose sync failed got %v, want ErrStopped", a.err)
	}
	s.vfs.beforeSync.Store(nil)
	if _, err := s.Append(ctx, "later-1", eventstore.Any, happened()); !errors.Is(err, ErrStopped) {
		t.Errorf("the next append got %v, want ErrStopped", err)
	}
	if head, err := s.Head(ctx); err != nil || head != 1 {
		t.Errorf("reading still works, from head %d, %v", head, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s, err := Open(ctx, Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.VerifyChain(ctx, nil); err != nil {
		t.Error(err)
	}
	if a, err := s.Append(ctx, "unlucky-1", eventstore.NoStream, lost); err != nil || a.Position != 2 {
		t.Errorf("the retry got %+v, %v", a, err)
	}
	if _, err := s.VerifyChain(ctx, nil); err != nil {
		t.Error(err)
	}
}

// An append that is cancelled while it waits is withdrawn; one that is cancelled
// after the writer has taken it is answered with what became of it.
func TestCancelledAppends(t *testing.T) {
	s, g := gated(t, filepath.Join(t.TempDir(), "log.db"))
	defer s.Close()
	taken, cancelTaken := context.WithCancel(t.Context())
	first := s.appendAside(taken, "first-1", happened())
	<-g.came
	queued, cancelQueued := context.WithCancel(t.Context())
	second := s.appendAside(queued, "second-1", happened())
	waitUntil(t, func() bool { return len(s.queue) == 1 })

	cancelTaken()
	cancelQueued()
	if a := <-second; !errors.Is(a.err, context.Canceled) {
		t.Errorf("the queued append got %v", a.err)
	}
	s.vfs.beforeSync.Store(nil)
	g.pass <- nil
	if a := <-first; a.err != nil || a.Position != 2 {
		t.Errorf("the append in the transaction got %+v", a)
	}
	third, err := s.Append(t.Context(), "third-1", eventstore.NoStream, happened())
	if err != nil || third.Position != 3 {
		t.Errorf("the next append got %+v, %v", third, err)
	}
	if n := s.Stats().Withdrawn; n != 1 {
		t.Errorf("%d appends count as withdrawn", n)
	}
}

// A full queue makes appends wait, and Close stores what is in it.
func TestFullQueueAndClose(t *testing.T) {
	const bound = 4
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "log.db"), Queue: bound, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	came, pass := make(chan struct{}), make(chan struct{})
	var once sync.Once
	before := func() error {
		once.Do(func() { close(came) })
		<-pass
		return nil
	}
	s.vfs.beforeSync.Store(&before)
	var answers []<-chan answer
	answers = append(answers, s.appendAside(t.Context(), "first-1", happened()))
	<-came
	for i := range bound {
		answers = append(answers, s.appendAside(t.Context(), fmt.Sprintf("queued-%d", i), happened()))
	}
	waitUntil(t, func() bool { return len(s.queue) == bound })
	ctx, cancel := context.WithCancel(t.Context())
	refused := s.appendAside(ctx, "refused-1", happened())
	cancel()
	if a := <-refused; !errors.Is(a.err, context.Canceled) {
		t.Errorf("an append that found the queue full got %v", a.err)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	close(pass)
	for i, a := range answers {
		if a := <-a; a.err != nil {
			t.Errorf("append %d, in the queue when the store was closed, got %v", i, a.err)
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if got := s.Stats(); got.Appends != bound+1 || got.Commits != 3 {
		t.Errorf("%d appends in %d commits, want %d in 3", got.Appends, got.Commits, bound+1)
	}
}

// More streams than slots take turns in them.
func TestNamesBeyondTheCache(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 3 {
		if _, err := s.Append(t.Context(), fmt.Sprintf("need-%d", i), eventstore.Any, happened()); err != nil {
			t.Fatal(err)
		}
	}
	// Whatever stands in the slots belongs to streams with other numbers.
	for id := range int64(8) {
		s.names.slots[id].Store(&streamName{id + MaxCachedNames, "other-1"})
	}
	i := 0
	for r, err := range s.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
		if want := fmt.Sprintf("need-%d", i); err != nil || r.Stream != want {
			t.Errorf("event %d is in %q, %v", i, r.Stream, err)
		}
		i++
	}
}
