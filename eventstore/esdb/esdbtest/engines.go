package esdbtest

import (
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Over starts a server over a store for the time of a test.
func Over(t testing.TB, store eventstore.Store) *Server {
	t.Helper()
	server, err := Start(Options{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// EachEngine runs a test of a whole system on every engine: with the log in a file
// (connection is empty then), in this server over a store that open makes, and in
// the real server that $ESDB_URL names. That one must be empty, since a platform
// folds everything that it finds there.
func EachEngine(t *testing.T, open func(t testing.TB) eventstore.Store, run func(t *testing.T, connection string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, "") })
	t.Run("esdb", func(t *testing.T) { run(t, Over(t, open(t)).ConnectionString()) })
	t.Run("a real server", func(t *testing.T) {
		connection := os.Getenv("ESDB_URL")
		if connection == "" {
			t.Skip("ESDB_URL is not set: to run this on a real server, start an empty EventStoreDB 23.10 or later (EVENTSTORE_MEM_DB=true) and set it to its connection string")
		}
		if !empty(t, connection) {
			t.Skip("the server of ESDB_URL is not empty: restart it with EVENTSTORE_MEM_DB=true")
		}
		run(t, connection)
	})
}

// empty reports whether a server holds nothing but its own streams.
func empty(t testing.TB, connection string) bool {
	t.Helper()
	config, err := esdb.ParseConnectionString(connection)
	if err != nil {
		t.Fatal(err)
	}
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	log, err := client.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for {
		e, err := log.Recv()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.OriginalEvent().StreamID, "$") {
			return false
		}
	}
}
