package conformance

import (
	"path/filepath"
	"testing"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

// engines are both engines of our port; each call opens a new, empty one.
var engines = map[string]func(t *testing.T) eventstore.Store{
	"sqlite": openSQLite,
	"esdb": func(t *testing.T) eventstore.Store {
		server, err := esdbtest.Start(esdbtest.Options{Store: openSQLite(t)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		store, err := esdb.Open(t.Context(), esdb.Options{ConnectionString: server.ConnectionString()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		return store
	},
}

func openSQLite(t *testing.T) eventstore.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}
