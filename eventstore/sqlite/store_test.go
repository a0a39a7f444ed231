package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

func event() eventstore.Event {
	return eventstore.Event{ID: uuid.New(), Type: "need.Drafted", Data: []byte(`{}`), Meta: []byte(`{}`)}
}

func TestOnlyOneWriterAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder of its own", "log?#%.db")
	first := open(t, sqlite.Options{Path: path})
	if _, err := sqlite.Open(t.Context(), sqlite.Options{Path: path}); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("a second store of this process: %v, want ErrInUse", err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "SQLITE_TEST_CHILD=open", "SQLITE_TEST_PATH="+path)
	if out, err := child.CombinedOutput(); err == nil || !strings.Contains(string(out), sqlite.ErrInUse.Error()) {
		t.Errorf("a second process: %v, %s", err, out)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	child = exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "SQLITE_TEST_CHILD=open", "SQLITE_TEST_PATH="+path)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("after the first has closed: %v, %s", err, out)
	}
	open(t, sqlite.Options{Path: path})
}

// childOpen is the other process of TestOnlyOneWriterAtATime.
func childOpen(path string) error {
	s, err := sqlite.Open(context.Background(), sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	return s.Close()
}

func TestReadOnlyBesideAWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	if _, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, ReadOnly: true}); err == nil {
		t.Fatal("a file that is not there was opened read-only")
	}
	writer := open(t, sqlite.Options{Path: path})
	reader := open(t, sqlite.Options{Path: path, ReadOnly: true})
	for i := range 5 {
		a, err := writer.Append(t.Context(), "need-1", eventstore.Any, event())
		if err != nil {
			t.Fatal(err)
		}
		if head, err := reader.Head(t.Context()); err != nil || head != a.Position {
			t.Errorf("after %d events the reader sees %d, %v", i+1, head, err)
		}
	}
	n := 0
	for _, err := range reader.ReadStream(t.Context(), "need-1", 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 5 {
		t.Errorf("the reader sees %d events", n)
	}
	if _, err := reader.Append(t.Context(), "need-1", eventstore.Any, event()); !errors.Is(err, sqlite.ErrReadOnly) {
		t.Errorf("append: %v, want ErrReadOnly", err)
	}
	if _, err := reader.Subscribe(t.Context(), 0, eventstore.Filter{}); !errors.Is(err, sqlite.ErrReadOnly) {
		t.Errorf("subscribe: %v, want ErrReadOnly", err)
	}
	if _, err := reader.VerifyChain(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	for name, script := range map[string]string{
		"another program's": "CREATE TABLE customers (name TEXT); PRAGMA application_id = 77; PRAGMA user_version = 1;",
		"a later layout":    fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 2;", 0x4469614d),
	} {
		path := filepath.Join(t.TempDir(), "log.db")
		tamper(t, path, script)
		for _, readOnly := range []bool{false, true} {
			if s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, ReadOnly: readOnly}); err == nil {
				t.Errorf("%s file was opened (read-only: %v)", name, readOnly)
				s.Close()
			}
		}
	}
	text := filepath.Join(t.TempDir(), "log.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database at all\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlite.Open(t.Context(), sqlite.Options{Path: text}); err == nil {
		t.Error("a text file was opened")
		s.Close()
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, sqlite.Options{Path: filepath.Join(dir, "log.db")})
	if _, err := s.Append(t.Context(), "need-1", eventstore.Any, event()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 4 { // the database, its log, the log's index, the lock
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

func TestObserverHearsOfEverything(t *testing.T) {
	var o counter
	s := open(t, sqlite.Options{Observer: &o})
	one, two := event(), event()
	for range 2 { // the second is a retry
		if _, err := s.Append(t.Context(), "need-1", eventstore.NoStream, one, two); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Append(t.Context(), "need-1", eventstore.NoStream, event()); err == nil {
		t.Fatal("no conflict")
	}
	if o.answered != 2 || o.refused != 1 || o.commits != 1 || o.events != 2 {
		t.Errorf("heard %+v", &o)
	}
	got := s.Stats()
	if got.Syncs < 1 {
		t.Errorf("%d syncs", got.Syncs)
	}
	got.Syncs = 0
	if want := (sqlite.Stats{Appends: 1, Replays: 1, Conflicts: 1, Events: 2, Commits: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

type counter struct {
	mu                                 sync.Mutex
	answered, refused, commits, events int
}

func (c *counter) Appended(_ int, took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.refused++
	} else if took > 0 {
		c.answered++
	}
}

func (c *counter) Committed(_, events int, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if took > 0 {
		c.commits++
		c.events += events
	}
}

// The clock is the caller's, and its precision is kept to the microsecond.
func TestClock(t *testing.T) {
	at := time.Date(2026, 11, 22, 14, 30, 0, 123456789, time.FixedZone("CET", 3600))
	s := open(t, sqlite.Options{Now: func() time.Time { return at }})
	if _, err := s.Append(t.Context(), "need-1", eventstore.Any, event()); err != nil {
		t.Fatal(err)
	}
	for r, err := range s.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
		if want := at.UTC().Truncate(time.Microsecond); err != nil || r.Time != want {
			t.Errorf("the time is %v, %v; want %v", r.Time, err, want)
		}
	}
}
