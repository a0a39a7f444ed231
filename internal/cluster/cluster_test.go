package cluster_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/internal/cluster"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
)

// patience bounds every wait of these tests; it is no measure of speed.
const patience = 20 * time.Second

// machines are two that share a Redis.
func machines(t *testing.T) (s *redistest.Server, one, other *cluster.Redis) {
	t.Helper()
	s = redistest.Start(t)
	join := func() *cluster.Redis {
		client := s.Client()
		t.Cleanup(func() { _ = client.Close() })
		return cluster.New(client, "main", nil)
	}
	return s, join(), join()
}

// working runs While on a machine, tells when fn begins and when it ends, and stops
// it with the test.
func working(t *testing.T, r *cluster.Redis) (begun, ended <-chan struct{}, stop func()) {
	t.Helper()
	b, e := make(chan struct{}, 10), make(chan struct{}, 10)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.While(ctx, "work", func(ctx context.Context) error {
			b <- struct{}{}
			<-ctx.Done()
			e <- struct{}{}
			return ctx.Err()
		})
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return b, e, stop
}

func soon(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("not within %v: %s", patience, what)
	}
}

func TestANameHasOneHolder(t *testing.T) {
	_, one, other := machines(t)
	begun, _, stop := working(t, one)
	soon(t, "the first works", begun)
	waiting, _, _ := working(t, other)
	select {
	case <-waiting:
		t.Fatal("two work at once")
	case <-time.After(time.Second): // it has asked some times
	}
	stop()
	soon(t, "the second takes over", waiting)
}

// A holder whose name was given away stops, and the name goes round.
func TestAHolderHearsThatItsNameIsAnothers(t *testing.T) {
	s, one, other := machines(t)
	begun, ended, _ := working(t, one)
	soon(t, "the first works", begun)
	waiting, _, _ := working(t, other)
	s.Do("DEL", "{diaspora:main}:lease:work")
	soon(t, "the first or the second takes the name", oneOf(begun, waiting))
	soon(t, "the first ends", ended)
	if got := s.Do("GET", "{diaspora:main}:epoch:work"); got != "2" {
		t.Errorf("epoch %v after two holders", got)
	}
}

func oneOf(a, b <-chan struct{}) <-chan struct{} {
	c := make(chan struct{})
	go func() {
		select {
		case <-a:
		case <-b:
		}
		close(c)
	}()
	return c
}

// A holder that Redis does not answer stops by itself, and goes on when it does.
func TestAHolderWithoutRedisStops(t *testing.T) {
	s, one, _ := machines(t)
	begun, ended, _ := working(t, one)
	soon(t, "it works", begun)
	s.Kill()
	soon(t, "it stops", ended)
	s.Start()
	soon(t, "it works again", begun)
}

func TestPlacesGoOnWhereTheyWere(t *testing.T) {
	_, one, other := machines(t)
	first, second := cluster.NewPlaces(one), cluster.NewPlaces(other)
	at, release, err := first.Claim(t.Context(), "placement")
	if err != nil || at != 0 {
		t.Fatalf("%d, %v", at, err)
	}
	if err := first.Save(t.Context(), "placement", 41); err != nil {
		t.Fatal(err)
	}
	release()
	if err := first.Save(t.Context(), "placement", 42); err == nil {
		t.Error("saved without a claim")
	}
	at, release, err = second.Claim(t.Context(), "placement")
	if err != nil || at != 41 {
		t.Fatalf("%d, %v", at, err)
	}
	release()
}

// A reader that lost its lease without hearing of it moves nothing any more.
func TestALateReaderIsRefused(t *testing.T) {
	s, one, other := machines(t)
	zombie, heir := cluster.NewPlaces(one), cluster.NewPlaces(other)
	_, release, err := zombie.Claim(t.Context(), "placement")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := zombie.Save(t.Context(), "placement", 7); err != nil {
		t.Fatal(err)
	}
	s.Do("DEL", "{diaspora:main}:lease:process:placement") // as its time running out does
	at, free, err := heir.Claim(t.Context(), "placement")
	if err != nil || at != 7 {
		t.Fatalf("%d, %v", at, err)
	}
	defer free()
	if err := zombie.Save(t.Context(), "placement", 8); !errors.Is(err, cluster.ErrLost) {
		t.Errorf("the late reader: %v", err)
	}
	if err := heir.Save(t.Context(), "placement", 9); err != nil {
		t.Errorf("its heir: %v", err)
	}
	if got := s.Do("HGET", "{diaspora:main}:place:placement", "position"); got != "9" {
		t.Errorf("the place is %v", got)
	}
}

// After Redis has lost everything, old readers are refused all the same.
func TestALostRedisDoesNotLetOldReadersIn(t *testing.T) {
	s, one, other := machines(t)
	zombie, heir := cluster.NewPlaces(one), cluster.NewPlaces(other)
	_, release, err := zombie.Claim(t.Context(), "placement")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	s.Do("FLUSHALL")
	at, free, err := heir.Claim(t.Context(), "placement")
	if err != nil || at != 0 {
		t.Fatalf("%d, %v", at, err)
	}
	defer free()
	if err := zombie.Save(t.Context(), "placement", 8); !errors.Is(err, cluster.ErrLost) {
		t.Errorf("a reader of before: %v", err)
	}
}
