package esdb_test

import (
	"sync"
	"testing"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/storetest"
)

// The contract's largest append is eventstore.MaxAppendBytes without the types of
// events, which the server counts as well.
const roomForTypes = 2 * eventstore.MaxAppendBytes

func TestContract(t *testing.T) {
	contract(t, esdbtest.Options{MaxAppendSize: roomForTypes}, false)
}

// TestContractOfACluster has what a cluster has: TLS, users, reads from any node,
// and reads backwards that do not include where they begin.
func TestContractOfACluster(t *testing.T) {
	contract(t, esdbtest.Options{
		MaxAppendSize: roomForTypes, BackwardsExcludes: true, TLS: true, Users: map[string]string{"admin": "changeit"},
	}, true)
}

func contract(t *testing.T, o esdbtest.Options, followers bool) {
	var mu sync.Mutex
	servers := map[eventstore.Store]*esdbtest.Server{}
	at := func(t *testing.T, server *esdbtest.Server) eventstore.Store {
		s := open(t, esdb.Options{ConnectionString: server.ConnectionString(), Patience: fast, FollowerReads: followers})
		mu.Lock()
		defer mu.Unlock()
		servers[s] = server
		return s
	}
	storetest.RunEngine(t, storetest.Engine{
		Open: func(t *testing.T) eventstore.Store { return at(t, serve(t, o)) },
		Reopen: func(t *testing.T, old eventstore.Store) eventstore.Store {
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			if err := servers[old].Restart(); err != nil {
				t.Fatal(err)
			}
			return at(t, servers[old])
		},
		Lose: func(t *testing.T, s eventstore.Store) { servers[s].Stop() },
	})
}

func TestContractOnARealServer(t *testing.T) {
	url := realServer(t)
	storetest.RunEngine(t, storetest.Engine{
		Open: func(t *testing.T) eventstore.Store { return open(t, esdb.Options{ConnectionString: url}) },
		Reopen: func(t *testing.T, old eventstore.Store) eventstore.Store {
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, esdb.Options{ConnectionString: url})
		},
	})
}
