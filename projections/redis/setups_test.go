package redis_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/redis"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
	"github.com/diaspora-match/diaspora/projections/viewtest"
)

// In a cluster all keys of the views lie in one slot, and no script names a key
// that it was not given.
func TestContractInACluster(t *testing.T) {
	server := redistest.Start(t, "--cluster-enabled", "yes")
	server.Do("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	server.Until("the cluster takes commands", func() bool {
		return strings.Contains(fmt.Sprint(server.Do("CLUSTER", "INFO")), "cluster_state:ok")
	})
	viewtest.Run(t, func(t *testing.T) projections.Engine {
		return open(t, redis.Options{URL: "redis://" + server.Addr() + "?addr=" + server.Addr(), Tables: viewtest.Tables()})
	})
}

// Sentinels say where the primary is, also after they have made another one.
func TestSentinelsPromoteAReplica(t *testing.T) {
	primary, replica := redistest.Start(t), redistest.Start(t)
	replica.Follow(primary)
	sentinel := redistest.StartSentinel(t, "views", primary)
	s := newSceneOver(t, primary, "redis://"+sentinel.Addr()+"?master_name=views")
	s.healed()
	sentinel.Until("the replica is known", func() bool {
		return strings.Contains(fmt.Sprint(sentinel.Do("SENTINEL", "REPLICAS", "views")), portOf(t, replica))
	})
	end := s.alive()
	sentinel.Do("SENTINEL", "FAILOVER", "views")
	sentinel.Until("the replica is the primary", func() bool {
		return strings.Contains(fmt.Sprint(sentinel.Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "views")), portOf(t, replica))
	})
	s.goesOn()
	s.until("ready again", s.ready)
	end()
	s.healed()
	if got := fmt.Sprint(replica.Do("ROLE")); !strings.HasPrefix(got, "[master") {
		t.Fatalf("nothing was promoted: %s", got)
	}
}

func portOf(t *testing.T, s *redistest.Server) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// newer is Tallies after a change of its shape.
func newer() []projections.Schema {
	tallies := *viewtest.Tallies
	tallies.Version++
	return []projections.Schema{viewtest.Notes, &tallies}
}

func claimed(t *testing.T, e *redis.Engine) uint64 {
	t.Helper()
	epoch, at, err := e.Claim(t.Context())
	if err != nil || at != 0 {
		t.Fatalf("claimed at %d: %v", at, err)
	}
	return epoch
}

func fill(t *testing.T, e *redis.Engine, s projections.Schema, epoch uint64) {
	t.Helper()
	err := e.Apply(t.Context(), projections.Batch{Epoch: epoch, To: 1, Ops: []projections.Op{
		{Table: s, Key: "n", Row: &viewtest.Tally{Name: "n", Count: 1}},
	}})
	if err == nil {
		err = e.Open(t.Context(), epoch)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Views of other tables are built beside those that serve; these stay as long as
// somebody keeps them, and are gone, to the last key, some time after.
func TestOtherTablesAreBuiltBeside(t *testing.T) {
	server, now := redistest.Start(t), time.Now()
	clock := func() time.Time { return now }
	old := open(t, redis.Options{URL: server.URL(), Namespace: "beside", Tables: viewtest.Tables(), Now: clock})
	oldEpoch := claimed(t, old)
	fill(t, old, viewtest.Tallies, oldEpoch)
	keys := len(server.Do("KEYS", "*").([]any))

	tables := newer()
	next := open(t, redis.Options{URL: server.URL(), Namespace: "beside", Tables: tables, Now: clock})
	epoch := claimed(t, next)
	if err := old.Sound(t.Context()); err != nil {
		t.Fatalf("the old ones, while the new ones are built: %v", err)
	}
	fill(t, next, tables[1], epoch)
	check := func(e *redis.Engine, epoch uint64) {
		t.Helper()
		if err := e.Check(t.Context(), epoch); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(redis.Grace * 3 / 4)
	check(old, oldEpoch) // a sign of life
	now = now.Add(redis.Grace * 3 / 4)
	check(next, epoch)
	if err := old.Sound(t.Context()); err != nil {
		t.Fatalf("the old ones, which are still kept: %v", err)
	}
	now = now.Add(redis.Grace)
	check(next, epoch)
	if err := old.Sound(t.Context()); err == nil {
		t.Fatal("the old ones are there after the grace")
	}
	if got := len(server.Do("KEYS", "*").([]any)); got != keys {
		t.Fatalf("%d keys are left, one set of views has %d", got, keys)
	}
	if err := next.Sound(t.Context()); err != nil {
		t.Fatalf("the new ones: %v", err)
	}
}

// Views that stand beyond the end of the log are of a log that was restored since.
func TestViewsOfARestoredLogAreBuiltAnew(t *testing.T) {
	server := redistest.Start(t)
	first := open(t, redis.Options{URL: server.URL(), Namespace: "restored", Tables: viewtest.Tables()})
	fill(t, first, viewtest.Tallies, claimed(t, first))
	restored(t, server, newJournal(0)) // shorter

	fill(t, first, viewtest.Tallies, claimed(t, first))
	longer := newJournal(5)
	again := open(t, redis.Options{URL: server.URL(), Namespace: "restored", Tables: viewtest.Tables(), Log: longer})
	epoch, at, err := again.Claim(t.Context())
	if err != nil || at != 1 {
		t.Fatalf("claimed at %d: %v", at, err)
	}
	if err := again.Check(t.Context(), epoch); err != nil { // remembers the log
		t.Fatal(err)
	}
	other := newJournal(5)
	other.name = "another past"
	restored(t, server, other)
}

// restored expects views over a log to begin anew.
func restored(t *testing.T, server *redistest.Server, journal *journal) {
	t.Helper()
	second := open(t, redis.Options{URL: server.URL(), Namespace: "restored", Tables: viewtest.Tables(), Log: journal})
	if _, at, err := second.Claim(t.Context()); err != nil || at != 0 {
		t.Fatalf("claimed at %d: %v", at, err)
	}
	if row, err := second.Load(t.Context(), viewtest.Tallies, "n"); row != nil || err != nil {
		t.Fatalf("a row of the log that is no more: %v, %v", row, err)
	}
}

func TestARedisThatEvictsIsRefused(t *testing.T) {
	server := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	e := open(t, redis.Options{URL: server.URL(), Namespace: "evicts", Tables: viewtest.Tables()})
	if _, _, err := e.Claim(t.Context()); err == nil || !strings.Contains(err.Error(), "noeviction") {
		t.Fatalf("claimed: %v", err)
	}
	// Nothing of ours has an expiry, so that this policy leaves it alone.
	server.Do("CONFIG", "SET", "maxmemory-policy", "volatile-lru")
	if _, _, err := e.Claim(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A user who may not look at the server's memory can still keep views.
func TestARedisThatDoesNotTellIsTrusted(t *testing.T) {
	server := redistest.Start(t)
	server.Do("ACL", "SETUSER", "views", "on", ">secret", "~{diaspora:*", "+@all", "-info", "-config")
	e := open(t, redis.Options{URL: "redis://views:secret@" + server.Addr(), Namespace: "quiet", Tables: viewtest.Tables()})
	fill(t, e, viewtest.Tallies, claimed(t, e))
	if err := e.Sound(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// An engine that never claims only reads: what another process writes, it sees.
func TestReadersElsewhereFollow(t *testing.T) {
	server := redistest.Start(t)
	writer := open(t, redis.Options{URL: server.URL(), Namespace: "shared", Tables: viewtest.Tables()})
	reader := open(t, redis.Options{URL: server.URL(), Namespace: "shared", Tables: viewtest.Tables()})
	seen := make(chan error, 1)
	go func() {
		seen <- reader.Read(t.Context(), 1, func(r projections.Reader) error {
			n, err := viewtest.Tallies.Get(r, "n")
			if err == nil && (n == nil || n.Count != 1 || r.Position() != eventstore.Position(1)) {
				err = fmt.Errorf("at %d: %+v", r.Position(), n)
			}
			return err
		})
	}()
	fill(t, writer, viewtest.Tallies, claimed(t, writer))
	if err := <-seen; err != nil {
		t.Fatal(err)
	}
}

func TestAddressesAreCheckedAndKeptSecret(t *testing.T) {
	for _, address := range []string{"", "http://x", "redis://user:hunter2@host:port", "redis://user:hunter2@h:6379?nonsense=1"} {
		_, err := redis.Open(redis.Options{URL: address, Tables: viewtest.Tables()})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := redis.Open(redis.Options{URL: "redis://h", Namespace: "no*stars", Tables: viewtest.Tables()}); err == nil {
		t.Error("a namespace with a star")
	}
}
