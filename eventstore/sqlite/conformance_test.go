package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/eventstore/storetest"
)

func TestContract(t *testing.T) {
	paths := map[eventstore.Store]string{}
	at := func(t *testing.T, path string) eventstore.Store {
		s := open(t, sqlite.Options{Path: path})
		paths[s] = path
		return s
	}
	storetest.RunEngine(t, storetest.Engine{
		Open: func(t *testing.T) eventstore.Store {
			return at(t, filepath.Join(t.TempDir(), "log.db"))
		},
		Reopen: func(t *testing.T, old eventstore.Store) eventstore.Store {
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			return at(t, paths[old])
		},
	})
}

// open opens a store and has it closed with the test.
func open(t testing.TB, options sqlite.Options) *sqlite.Store {
	t.Helper()
	if options.Path == "" {
		options.Path = filepath.Join(t.TempDir(), "log.db")
	}
	s, err := sqlite.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
