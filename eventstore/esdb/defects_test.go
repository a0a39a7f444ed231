package esdb_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
)

// Each of these tests shows a defect of the client library, with the bare client,
// and then that the adapter survives it.

func TestOneFailedDiscoveryIsNotTheEnd(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	c := bare(t, server.ConnectionString("maxDiscoverAttempts=1"))
	store := open(t, esdb.Options{ConnectionString: server.ConnectionString("maxDiscoverAttempts=1")})

	server.Stop()
	if err := bareAppend(t.Context(), c); err == nil {
		t.Fatal("an append succeeds without a server")
	}
	appended := make(chan error, 1)
	stream, es := "test-"+uuid.NewString(), []eventstore.Event{event()}
	go func() {
		_, err := store.Append(t.Context(), stream, eventstore.NoStream, es...)
		appended <- err
	}()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := bareAppend(t.Context(), c)
		if own, _ := client.FromError(err); own == nil || own.Code() != client.ErrorCodeConnectionClosed {
			t.Fatalf("the bare client recovers, or fails in another way: %v", err)
		}
	}
	if err := <-appended; err != nil {
		t.Errorf("an append that began without a server: %v", err)
	}
	holds(t, store, stream, es)
}

func TestCallsHonourTheirContext(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	store := open(t, esdb.Options{ConnectionString: server.ConnectionString()})
	c := bare(t, server.ConnectionString("gossipTimeout=3"))
	if err := server.Restart(); err != nil { // both must look for it again
		t.Fatal(err)
	}
	server.Stall()

	const patience = 200 * time.Millisecond
	ctx := within(t, patience)
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		_ = bareAppend(ctx, c)
	}()
	select {
	case <-returned:
		t.Error("the bare client honours its context")
	case <-time.After(4 * patience):
	}
	for name, call := range calls(store) {
		began := time.Now()
		if err := call(within(t, patience)); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3*patience {
			t.Errorf("%s ended with %v after %v", name, err, time.Since(began))
		}
	}
	server.Resume()
	<-returned
	if err := calls(store)["append"](t.Context()); err != nil {
		t.Errorf("after the stall: %v", err)
	}
}

// calls is one of each kind.
func calls(s eventstore.Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"append": func(ctx context.Context) error {
			_, err := s.Append(ctx, "test-"+uuid.NewString(), eventstore.NoStream, event())
			return err
		},
		"head": func(ctx context.Context) error {
			_, err := s.Head(ctx)
			return err
		},
		"read": func(ctx context.Context) error {
			for _, err := range s.ReadAll(ctx, 0, eventstore.Forwards, 1) {
				return err
			}
			return nil
		},
		"next": func(ctx context.Context) error {
			sub, err := s.Subscribe(ctx, 0, eventstore.Filter{})
			if err != nil {
				return err
			}
			defer sub.Close()
			_, err = sub.Next(ctx)
			return err
		},
	}
}

func TestACallThatFailsAfterCloseDoesNotPanic(t *testing.T) {
	if got := inChild(t, "panic"); got != "send on closed channel" {
		t.Errorf("the bare client ends with %q", got)
	}

	server := serve(t, esdbtest.Options{})
	store := open(t, esdb.Options{ConnectionString: server.ConnectionString()})
	arrived, release := make(chan struct{}), make(chan struct{})
	server.Inject(esdbtest.Times(1, began("append"), func(ctx context.Context, at esdbtest.Moment) error {
		close(arrived)
		<-release
		return esdbtest.Refuse(ctx, at)
	}))
	slow := make(chan error, 1)
	go func() { slow <- calls(store)["append"](t.Context()) }()
	<-arrived
	// Others fail meanwhile, and their client is given up: not before the slow
	// call is over.
	server.Inject(esdbtest.Times(5, began("append"), esdbtest.Refuse))
	if err := calls(store)["append"](t.Context()); err != nil {
		t.Error(err)
	}
	close(release)
	if err := <-slow; err != nil {
		t.Errorf("the slow call: %v", err)
	}
}

func TestRestartsLeakNothing(t *testing.T) {
	if n := leaked(t); n <= reconnections {
		t.Errorf("after %d reconnections the bare client holds %d connections", reconnections, n)
	}

	const restarts = 100
	server := serve(t, esdbtest.Options{})
	store := open(t, esdb.Options{ConnectionString: server.ConnectionString()})
	stream, es := fill(t, store, 1)
	sub, err := store.Subscribe(t.Context(), 0, eventstore.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	start := runtime.NumGoroutine()
	stop, idle := asking(t, store)
	for i := range restarts {
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		e := event()
		if _, err := store.Append(t.Context(), stream, eventstore.Expected(i), e); err != nil {
			t.Fatal(err)
		}
		es = append(es, e)
	}
	close(stop)
	idle.Wait()
	holds(t, store, stream, es)
	if seen := follow(t, sub, len(es)); !slices.Equal(seen, idsOf(es)) {
		t.Errorf("the subscription has seen %d events, not the %d in order", len(seen), len(es))
	}
	settle(t, "goroutines", start+8, runtime.NumGoroutine)
	settle(t, "connections", 1, server.Connected)
}

// asking has many ask at all times, so that each loss meets calls in every state.
func asking(t *testing.T, s eventstore.Store) (stop chan struct{}, idle *sync.WaitGroup) {
	stop, idle = make(chan struct{}), new(sync.WaitGroup)
	for range 16 {
		idle.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.Head(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	return stop, idle
}

// settle waits until a number has come down to a bound.
func settle(t *testing.T, what string, bound int, now func() int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	ctx := within(t, 10*time.Second)
	for now() > bound {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %d, at most %d", what, now(), bound)
		}
	}
}

// follow takes n events from a subscription.
func follow(t *testing.T, sub eventstore.Subscription, n int) (seen []uuid.UUID) {
	t.Helper()
	ctx := within(t, time.Minute)
	for len(seen) < n {
		d, err := sub.Next(ctx)
		if err != nil {
			t.Fatalf("after %d events of %d: %v", len(seen), n, err)
		}
		for _, r := range d.Events {
			seen = append(seen, r.ID)
		}
	}
	return seen
}

func idsOf(es []eventstore.Event) (ids []uuid.UUID) {
	for _, e := range es {
		ids = append(ids, e.ID)
	}
	return ids
}

func TestAnAppendThatIsTooLargeIsCalledSo(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	c := bare(t, server.ConnectionString())
	var big []client.EventData
	for range 40 {
		e := bareEvent()
		e.Data = make([]byte, 100<<10)
		big = append(big, e)
	}
	if _, err := c.AppendToStream(t.Context(), "test-1", client.AppendToStreamOptions{}, big...); !errors.Is(err, io.EOF) {
		t.Errorf("the bare client says %v", err)
	}

	store := open(t, esdb.Options{ConnectionString: server.ConnectionString()})
	var appends atomic.Int64
	server.Inject(func(_ context.Context, at esdbtest.Moment) error {
		if at.Method == "append" {
			appends.Add(1)
		}
		return nil
	})
	e := event()
	e.Data = make([]byte, eventstore.MaxAppendBytes+1)
	if _, err := store.Append(t.Context(), "test-1", eventstore.NoStream, e); !errors.Is(err, eventstore.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	if n := appends.Load(); n != 0 {
		t.Errorf("%d appends were sent", n)
	}
	// What the port allows and this server does not, because it counts types.
	for _, pieces := range []int{1, 16} {
		var es []eventstore.Event
		for range pieces {
			e := event()
			e.Data = make([]byte, eventstore.MaxAppendBytes/pieces)
			es = append(es, e)
		}
		if _, err := store.Append(t.Context(), "test-1", eventstore.NoStream, es...); !errors.Is(err, eventstore.ErrTooLarge) {
			t.Errorf("in %d pieces: got %v, want ErrTooLarge", pieces, err)
		}
	}
}

func TestTheLeaderIsAsked(t *testing.T) {
	log := backing(t)
	leader, follower := serve(t, esdbtest.Options{Store: log}), serve(t, esdbtest.Options{Store: log})
	follower.Follow(leader.Address())
	c := bare(t, follower.ConnectionString())
	read, err := c.ReadAll(t.Context(), client.ReadAllOptions{RequiresLeader: true}, 1)
	if err == nil {
		_, err = read.Recv()
		read.Close()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("the bare client is told of the leader: %v", err)
	}

	var answered atomic.Int64
	leader.Inject(func(_ context.Context, at esdbtest.Moment) error {
		if at.Stage == esdbtest.Began && at.Method != "features" {
			answered.Add(1)
		}
		return nil
	})
	store := open(t, esdb.Options{ConnectionString: follower.ConnectionString()})
	before := answered.Load()
	stream, es := fill(t, store, 3)
	holds(t, store, stream, es)
	if n := answered.Load() - before; n != 4 {
		t.Errorf("the leader has answered %d calls of 4", n)
	}
}

func TestASubscriptionFindsAnotherNode(t *testing.T) {
	log := backing(t)
	a, b := serve(t, esdbtest.Options{Store: log}), serve(t, esdbtest.Options{Store: log})
	members := func(leader, other *esdbtest.Server, dead bool) {
		for _, s := range []*esdbtest.Server{a, b} {
			s.SetMembers(esdbtest.Member{Address: leader.Address()}, esdbtest.Member{Address: other.Address(), Follower: true, Dead: dead})
		}
	}
	members(a, b, false)
	b.Follow(a.Address())
	url := "esdb://" + a.Address() + "," + b.Address() + "?tls=false"
	c := bare(t, url)
	dropped, err := c.SubscribeToAll(t.Context(), client.SubscribeToAllOptions{From: client.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	store := open(t, esdb.Options{ConnectionString: url})
	sub, err := store.Subscribe(t.Context(), 0, eventstore.Filter{StreamPrefixes: []string{"test-"}})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	_, es := fill(t, store, 5)
	if seen := follow(t, sub, len(es)); !slices.Equal(seen, idsOf(es)) {
		t.Fatal("the subscription begins with other events")
	}

	b.Follow("")
	members(b, a, true)
	a.Stop()
	for e := dropped.Recv(); e.SubscriptionDropped == nil; e = dropped.Recv() {
	}
	if again, err := c.SubscribeToAll(t.Context(), client.SubscribeToAllOptions{From: client.Start{}}); err == nil {
		_ = again.Close()
		t.Error("the drop has made the bare client look for another node")
	}
	_, more := fill(t, store, 5)
	if seen := follow(t, sub, len(more)); !slices.Equal(seen, idsOf(more)) {
		t.Error("the subscription does not go on where it was")
	}
}

func TestBadDataIsAnError(t *testing.T) {
	odd := &streams.ReadResp{Content: &streams.ReadResp_FirstStreamPosition{FirstStreamPosition: 7}}
	server := serve(t, esdbtest.Options{})
	c := bare(t, server.ConnectionString())
	read, err := c.ReadAll(t.Context(), client.ReadAllOptions{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	server.Interject("read", odd)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the bare client takes it")
			}
		}()
		read, err := c.ReadAll(t.Context(), client.ReadAllOptions{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer read.Close()
		_, _ = read.Recv()
	}()

	store := open(t, esdb.Options{ConnectionString: server.ConnectionString()})
	stream, es := fill(t, store, 2)
	server.Interject("read", odd)
	for _, err := range store.ReadStream(t.Context(), stream, 0, eventstore.Forwards, 0) {
		if !errors.Is(err, esdb.ErrProtocol) {
			t.Errorf("got %v, want ErrProtocol", err)
		}
	}
	holds(t, store, stream, es)
}

func TestVersionsAreNamed(t *testing.T) {
	for _, v := range []string{"24.10.0-alpha", "22.10.5"} {
		server := serve(t, esdbtest.Options{Version: v})
		if v != "22.10.5" {
			err := bareAppend(t.Context(), bare(t, server.ConnectionString("maxDiscoverAttempts=1")))
			if own, _ := client.FromError(err); own == nil || own.Code() != client.ErrorCodeUnknown {
				t.Errorf("the bare client knows a pre-release: %v", err)
			}
		}
		if _, err := esdb.Open(t.Context(), esdb.Options{ConnectionString: server.ConnectionString()}); !errors.Is(err, esdb.ErrVersion) {
			t.Errorf("%s: got %v, want ErrVersion", v, err)
		}
	}
}

func TestErrorsAreKnownThroughWrapping(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	c := bare(t, server.ConnectionString())
	store := open(t, esdb.Options{ConnectionString: server.ConnectionString()})
	stream, _ := fill(t, store, 1)
	if _, err := c.TombstoneStream(t.Context(), stream, client.TombstoneStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := c.DeleteStream(t.Context(), stream, client.DeleteStreamOptions{})
	if own, _ := client.FromError(err); own == nil || own.Code() != client.ErrorCodeUnknown {
		t.Errorf("the library's FromError looks into a wrapped error: %v", err)
	}

	if _, err := store.Append(t.Context(), stream, eventstore.Any, event()); !errors.Is(err, esdb.ErrDeleted) {
		t.Errorf("append to a tombstoned stream: %v", err)
	}
	for _, err := range store.ReadStream(t.Context(), stream, 0, eventstore.Forwards, 0) {
		if !errors.Is(err, esdb.ErrDeleted) {
			t.Errorf("read of a tombstoned stream: %v", err)
		}
	}
}

func TestCredentialsWithoutTLSAreRefused(t *testing.T) {
	const secret = "s3cret-word"
	server := serve(t, esdbtest.Options{})
	url := "esdb://admin:" + secret + "@" + server.Address() + "?tls=false"
	var sent atomic.Bool
	server.Inject(func(ctx context.Context, _ esdbtest.Moment) error {
		md, _ := metadata.FromIncomingContext(ctx)
		sent.Store(sent.Load() || len(md.Get("authorization")) > 0)
		return nil
	})
	if err := bareAppend(t.Context(), bare(t, url)); err != nil || sent.Load() {
		t.Errorf("the bare client: %v, credentials sent: %v", err, sent.Load())
	}

	for _, bad := range []string{
		url, "esdb://admin:" + secret + "@" + server.Address() + ":x?tls=false", "esdb://admin@" + server.Address(),
		"http://admin:" + secret + "@" + server.Address(), "esdb://admin:" + secret + "@%zz", "",
	} {
		_, err := esdb.Open(t.Context(), esdb.Options{ConnectionString: bad})
		if !errors.Is(err, esdb.ErrConfig) || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v, want ErrConfig without the password", err)
		}
	}
}

func TestAReadIsNeverSilentlyShort(t *testing.T) {
	const n, seen = 600, 50
	server := serve(t, esdbtest.Options{})
	store := open(t, esdb.Options{ConnectionString: server.ConnectionString(), Patience: fast})
	stream, es := "test-1", []eventstore.Event(nil)
	for i := range n / 100 {
		var some []eventstore.Event
		for range 100 {
			some = append(some, event())
		}
		if _, err := store.Append(t.Context(), stream, eventstore.Expected(i*100-1), some...); err != nil {
			t.Fatal(err)
		}
		es = append(es, some...)
	}
	dies := func(at esdbtest.Moment) bool { return at.Method == "read" && at.Sent == seen }

	c := bare(t, server.ConnectionString())
	server.Inject(esdbtest.Times(1, dies, server.Die))
	read, err := c.ReadStream(t.Context(), stream, client.ReadStreamOptions{}, n)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = read.Recv()
	}
	if _, again := read.Recv(); errors.Is(err, io.EOF) || !errors.Is(again, io.EOF) {
		t.Errorf("the bare client ends with %v, then %v", err, again)
	}
	read.Close()

	// It comes back: the read is whole.
	restart := func() {
		server.Stop()
		if err := server.Start(); err != nil {
			t.Error(err)
		}
	}
	restart()
	server.Inject(esdbtest.Times(1, dies, func(ctx context.Context, at esdbtest.Moment) error {
		go restart()
		return esdbtest.Hang(ctx, at)
	}))
	holds(t, store, stream, es)

	// It stays away: the read ends with an error.
	server.Inject(esdbtest.Times(1, dies, server.Die))
	got, failed := 0, error(nil)
	for _, err := range store.ReadStream(t.Context(), stream, 0, eventstore.Forwards, 0) {
		if failed = err; err == nil {
			got++
		}
	}
	if !errors.Is(failed, esdb.ErrUnavailable) || got == n {
		t.Errorf("the read ended after %d events with %v", got, failed)
	}
}
