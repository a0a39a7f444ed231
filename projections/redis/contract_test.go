package redis_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/redis"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
	"github.com/diaspora-match/diaspora/projections/viewtest"
)

// namespaces sets the engines of one server apart.
var namespaces atomic.Int64

func open(t testing.TB, o redis.Options) *redis.Engine {
	t.Helper()
	if o.Namespace == "" {
		o.Namespace = fmt.Sprintf("test-%d", namespaces.Add(1))
	}
	engine, err := redis.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}

func TestContract(t *testing.T) {
	server := redistest.Start(t)
	viewtest.Run(t, func(t *testing.T) projections.Engine {
		return open(t, redis.Options{URL: server.URL(), Tables: viewtest.Tables()})
	})
}

// A writer that remembers almost nothing reads everything again, and is right.
func TestContractWithoutMemory(t *testing.T) {
	server := redistest.Start(t)
	viewtest.Run(t, func(t *testing.T) projections.Engine {
		return open(t, redis.Options{URL: server.URL(), Tables: viewtest.Tables(), CacheRows: 700})
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
