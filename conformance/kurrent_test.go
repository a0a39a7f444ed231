package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

const suite = "github.com/kurrent-io/KurrentDB-Client-Go/test"

// suites are those that touch what esdbtest has: no persistent subscriptions (on
// which the suites of authentication rest), no projections, no clusters, no
// appends to many streams at once.
var suites = []string{
	"TestAppendEventsSuite", "TestReadStreamSuite", "TestReadAllSuite", "TestSubscriptionSuite", "TestDeleteSuite",
	"TestConnectionSuite",
}

// leastPassed keeps the test from passing when the suite finds nothing to do.
const leastPassed = 20

// events that stand in the log before the suite begins.
const events = 20

// TestKurrentJudgesTheServer runs the suite of KurrentDB's own Go client, in a
// process of its own, against the server that our tests use. The suite knows
// where its servers are: ports 2114, and 2115 with TLS.
func TestKurrentJudgesTheServer(t *testing.T) {
	folder := t.TempDir()
	plain := serve(t, esdbtest.Options{Address: "127.0.0.1:2114"})
	secure := serve(t, esdbtest.Options{Address: "127.0.0.1:2115", TLS: true, Users: map[string]string{"admin": "changeit"}})
	t.Logf("serving at %s and %s", plain.Address(), secure.Address())
	for _, made := range []string{"test", "certs/ca"} {
		if err := os.MkdirAll(filepath.Join(folder, made), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ca, err := os.ReadFile(secure.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "certs/ca/ca.crt"), ca, 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(folder, "suite")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", binary, suite).CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	run := exec.CommandContext(t.Context(), binary, "-test.v", "-test.timeout=5m", "-test.run", "^("+strings.Join(suites, "|")+")$")
	run.Dir = filepath.Join(folder, "test")
	out, err := run.CombinedOutput()
	passed := regexp.MustCompile(`(?m)^ +--- PASS: (\S+)`).FindAllSubmatch(out, -1)
	failed := regexp.MustCompile(`(?m)^ +--- FAIL: (\S+)`).FindAllSubmatch(out, -1)
	t.Logf("%d passed", len(passed))
	if err != nil || len(failed) > 0 || len(passed) < leastPassed {
		t.Errorf("%d passed, %v\n%s", len(passed), err, out)
	}
}

// serve starts a server at a port that the suite knows.
func serve(t *testing.T, o esdbtest.Options) *esdbtest.Server {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for range events { // what a server has of its own, and the suite reads
		e := eventstore.Event{ID: uuid.New(), Type: "before.Happened", Data: []byte(`{}`)}
		if _, err := store.Append(t.Context(), "before-1", eventstore.Any, e); err != nil {
			t.Fatal(err)
		}
	}
	o.Store = store
	s, err := esdbtest.Start(o)
	if err != nil {
		t.Fatalf("%s must be free: %v", o.Address, err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
