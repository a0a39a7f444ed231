package esdb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

// The test binary is also the process in which the bare client leaks.
func TestMain(m *testing.M) {
	switch child := os.Getenv(childVariable); child {
	case "":
		goleak.VerifyTestMain(m)
	default:
		if err := children[child](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// fast is how long tests let a call wait for a server that is away.
const fast = 2 * time.Second

// backing is a log in a file of the test.
func backing(t testing.TB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serve starts a server that ends with the test.
func serve(t testing.TB, o esdbtest.Options) *esdbtest.Server {
	t.Helper()
	if o.Store == nil {
		o.Store = backing(t)
	}
	s, err := esdbtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Resume()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// open opens a store, closed with the test.
func open(t testing.TB, o esdb.Options) *esdb.Store {
	t.Helper()
	s, err := esdb.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func event() eventstore.Event {
	return eventstore.Event{ID: uuid.New(), Type: "test.Happened", Data: []byte(`{}`)}
}

// fill appends n events to a new stream, one by one.
func fill(t testing.TB, s eventstore.Store, n int) (stream string, events []eventstore.Event) {
	t.Helper()
	stream = "test-" + uuid.NewString()
	for i := range n {
		e := event()
		if _, err := s.Append(t.Context(), stream, eventstore.Expected(i-1), e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return stream, events
}

// holds demands that a stream has exactly these events.
func holds(t testing.TB, s eventstore.Store, stream string, want []eventstore.Event) {
	t.Helper()
	i := 0
	for r, err := range s.ReadStream(t.Context(), stream, 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(want) || r.ID != want[i].ID {
			t.Fatalf("event %d of %s is not the one that was appended", i, stream)
		}
		i++
	}
	if i != len(want) {
		t.Fatalf("%s has %d events, want %d", stream, i, len(want))
	}
}

// within is a context of a test that ends soon.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// realServer is the connection string of a server that is there for tests, or
// skips the test, loudly.
func realServer(t *testing.T) string {
	t.Helper()
	url := os.Getenv("ESDB_URL")
	if url == "" {
		t.Skip("ESDB_URL is not set: to hold a real server to the contract, start EventStoreDB 23.10 or later (EVENTSTORE_MAX_APPEND_SIZE=2097152) and set it to its connection string")
	}
	return url
}
