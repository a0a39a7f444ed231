package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
)

// TestACheckpointAheadIsNotBelieved has the server send a checkpoint ahead of
// events that are still to come, as servers did (KurrentDB issue 4970).
func TestACheckpointAheadIsNotBelieved(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	store := open(t, esdb.Options{ConnectionString: server.ConnectionString()})
	_, es := fill(t, store, 3)
	head, err := store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ahead := &streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{
		Checkpoint: &streams.ReadResp_Checkpoint{CommitPosition: uint64(head) * 2, PreparePosition: uint64(head) * 2},
	}}
	server.Interject("subscribe", ahead)
	c := bare(t, server.ConnectionString())
	naive, err := c.SubscribeToAll(t.Context(), client.SubscribeToAllOptions{From: client.Start{}, Filter: client.ExcludeSystemEventsFilter()})
	if err != nil {
		t.Fatal(err)
	}
	defer naive.Close()
	if e := naive.Recv(); e.CheckPointReached == nil || e.CheckPointReached.Commit <= uint64(head) {
		t.Errorf("the bare client is not told of a checkpoint ahead: %+v", e)
	}

	one := make(chan struct{})
	server.Inject(func(ctx context.Context, at esdbtest.Moment) error {
		if at.Method == "subscribe" && at.Sent == 1 {
			select {
			case <-one:
			case <-ctx.Done():
			}
		}
		return nil
	})
	server.Interject("subscribe", ahead)
	sub, err := store.Subscribe(t.Context(), 0, eventstore.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	d, err := sub.Next(t.Context())
	if err != nil || len(d.Events) != 1 || d.Through != d.Events[0].Position || d.CaughtUp {
		t.Errorf("after one event of three: %+v, %v", d, err)
	}
	close(one)
	if rest := follow(t, sub, 2); !slices.Equal(rest, idsOf(es[1:])) {
		t.Error("the rest is not delivered")
	}
}

// lostAnswer drops the connection after an append is stored, before its answer.
func lostAnswer(server *esdbtest.Server, times int) esdbtest.Fault {
	stored := func(at esdbtest.Moment) bool { return at.Method == "append" && at.Stage == esdbtest.Stored }
	return esdbtest.Times(times, stored, func(ctx context.Context, at esdbtest.Moment) error {
		server.DropConnections()
		return esdbtest.Hang(ctx, at)
	})
}

func TestALostAnswerIsAskedForAgain(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	store := open(t, esdb.Options{ConnectionString: server.ConnectionString()})
	stream, es := fill(t, store, 1)
	server.Inject(lostAnswer(server, 3))
	es = append(es, event())
	a, err := store.Append(t.Context(), stream, 0, es[1])
	if err != nil || a.Revision != 1 {
		t.Errorf("got %+v, %v", a, err)
	}
	holds(t, store, stream, es)
	if head, err := store.Head(t.Context()); err != nil || head != a.Position {
		t.Errorf("the head is %d, %v; the append was answered with %d", head, err, a.Position)
	}

	// Without an exact revision nobody asks again by himself.
	server.Inject(lostAnswer(server, 1))
	if _, err := store.Append(t.Context(), stream, eventstore.Any, event()); !errors.Is(err, esdb.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

func TestAccessIsDeniedAtOnce(t *testing.T) {
	server := serve(t, esdbtest.Options{TLS: true, Users: map[string]string{"admin": "changeit"}})
	for _, user := range []string{"", "admin:wrong@"} {
		url := fmt.Sprintf("esdb://%s%s?tlsCaFile=%s", user, server.Address(), server.CAFile())
		if _, err := esdb.Open(t.Context(), esdb.Options{ConnectionString: url}); !errors.Is(err, esdb.ErrDenied) {
			t.Errorf("user %q: got %v, want ErrDenied", user, err)
		}
	}
	// A certificate of an authority that nobody knows is no connection.
	if _, err := esdb.Open(t.Context(), esdb.Options{ConnectionString: "esdb://admin:changeit@" + server.Address(), Patience: fast / 4}); !errors.Is(err, esdb.ErrUnavailable) {
		t.Errorf("an unknown authority: %v", err)
	}
}

func TestFollowersAreReadWhereThatIsAsked(t *testing.T) {
	log := backing(t)
	leader, follower := serve(t, esdbtest.Options{Store: log}), serve(t, esdbtest.Options{Store: log})
	follower.Follow(leader.Address())
	for _, s := range []*esdbtest.Server{leader, follower} {
		s.SetMembers(esdbtest.Member{Address: leader.Address()}, esdbtest.Member{Address: follower.Address(), Follower: true})
	}
	var mu sync.Mutex
	asked := map[string]int{}
	watch := func(name string) esdbtest.Fault {
		return func(_ context.Context, at esdbtest.Moment) error {
			mu.Lock()
			defer mu.Unlock()
			if at.Stage == esdbtest.Began {
				asked[name+" "+at.Method+" "+at.Stream]++
			}
			return nil
		}
	}
	leader.Inject(watch("leader"))
	follower.Inject(watch("follower"))
	url := "esdb://" + leader.Address() + "," + follower.Address() + "?tls=false"
	store := open(t, esdb.Options{ConnectionString: url, FollowerReads: true})
	stream, es := fill(t, store, 2)
	holds(t, store, stream, es)
	sub, err := store.Subscribe(t.Context(), 0, eventstore.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	follow(t, sub, len(es))
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"leader append " + stream, "leader read " + stream, "follower subscribe $all"} {
		if asked[want] == 0 {
			t.Errorf("nobody asked: %s", want)
		}
	}
	for _, never := range []string{"follower append " + stream, "follower read " + stream, "leader subscribe $all"} {
		if asked[never] != 0 {
			t.Errorf("asked %d times: %s", asked[never], never)
		}
	}
}

func TestCloseDoesNotWaitForAStalledServer(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	store, err := esdb.Open(t.Context(), esdb.Options{ConnectionString: server.ConnectionString()})
	if err != nil {
		t.Fatal(err)
	}
	arrived := make(chan struct{}, 2)
	server.Inject(func(ctx context.Context, at esdbtest.Moment) error {
		if at.Method != "append" && at.Method != "subscribe" {
			return nil
		}
		arrived <- struct{}{}
		return esdbtest.Hang(ctx, at)
	})
	ended := make(chan error, 2)
	for _, call := range []string{"append", "next"} {
		go func() { ended <- calls(store)[call](t.Context()) }()
	}
	<-arrived
	<-arrived
	server.Stall()
	began := time.Now()
	if err := store.Close(); err != nil || time.Since(began) > 2*esdb.CloseGrace {
		t.Errorf("closed after %v: %v", time.Since(began), err)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, eventstore.ErrClosed) {
			t.Errorf("a call ended with %v", err)
		}
	}
}

// TestKillLoop breaks the server in every way at once while writers append and a
// subscription follows: no acknowledged event is lost, none is stored twice, and
// the subscription sees the log as it is.
func TestKillLoop(t *testing.T) {
	const writers, each, misfortunes = 6, 60, 40
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	log := backing(t)
	server := serve(t, esdbtest.Options{Store: log})
	store := open(t, esdb.Options{ConnectionString: server.ConnectionString()})
	sub, err := store.Subscribe(t.Context(), 0, eventstore.Filter{StreamPrefixes: []string{"test-"}})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	var progress atomic.Int64
	var writing sync.WaitGroup
	acknowledged := make([][]eventstore.Event, writers)
	names := make([]string, writers)
	for w := range writers {
		names[w] = "test-" + uuid.NewString()
		writing.Go(func() {
			for i := range each {
				es := []eventstore.Event{event(), event()}
				a, err := store.Append(t.Context(), names[w], eventstore.Expected(2*i-1), es...)
				if err != nil || a.Revision != eventstore.Revision(2*i+1) {
					t.Errorf("writer %d, append %d: %+v, %v", w, i, a, err)
					return
				}
				acknowledged[w] = append(acknowledged[w], es...)
				progress.Add(1)
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	if struck := misfortune(t, server, rand.New(rand.NewPCG(seed, 1)), misfortunes, &progress, done); struck < misfortunes/4 {
		t.Errorf("only %d misfortunes met the writers", struck)
	}
	<-done
	var want []uuid.UUID
	for r, err := range log.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, r.ID)
	}
	if len(want) != 2*writers*each {
		t.Errorf("the log has %d events, want %d", len(want), 2*writers*each)
	}
	for w, es := range acknowledged {
		holds(t, store, names[w], es)
	}
	if seen := follow(t, sub, len(want)); !slices.Equal(seen, want) {
		t.Error("the subscription has not seen the log as it is")
	}
}

// misfortune strikes each time that some appends were acknowledged.
func misfortune(t *testing.T, server *esdbtest.Server, random *rand.Rand, n int, progress *atomic.Int64, done <-chan struct{}) int {
	t.Helper()
	always := func(esdbtest.Moment) bool { return true }
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	defer server.Inject(nil)
	i, last := 0, int64(0)
	for i < n {
		select {
		case <-done:
			return i
		case <-tick.C:
		}
		if now := progress.Load(); now < last+3 {
			continue
		} else {
			last = now
		}
		i++
		switch random.IntN(7) {
		case 0:
			if err := server.Restart(); err != nil {
				t.Fatal(err)
			}
		case 1:
			server.DropConnections()
		case 2:
			server.ResetConnections()
		case 3:
			server.Stall()
			<-tick.C
			server.Resume()
		case 4:
			server.Inject(lostAnswer(server, 2))
		case 5:
			server.Inject(esdbtest.Times(3, always, esdbtest.Refuse))
		case 6:
			server.Inject(esdbtest.Times(50, always, esdbtest.Slow(time.Millisecond)))
		}
	}
	return i
}
