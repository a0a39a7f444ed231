package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Bounds of a lease, listed in docs/limits.md.
const (
	// leaseFor is how long a name stays with a holder that says nothing more.
	leaseFor = 3 * time.Second
	// renewEvery is how often a holder says that it is there.
	renewEvery = 500 * time.Millisecond
	// giveUpAfter is when a holder that Redis does not answer stops by itself; what
	// it lacks to leaseFor is for clocks that run unequally.
	giveUpAfter = 2 * time.Second
	// askEvery is how often who waits for a name asks for it.
	askEvery = 250 * time.Millisecond
)

// ErrLost: another holder has taken over, or may have.
var ErrLost = errors.New("cluster: the name is another's now")

// Redis is the Redis that the processes have in common.
type Redis struct {
	client goredis.UniversalClient
	tag    string
	log    *slog.Logger
}

// New shares what stands in a namespace. The client stays the caller's.
func New(client goredis.UniversalClient, namespace string, log *slog.Logger) *Redis {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Redis{client, "{diaspora:" + namespace + "}:", log}
}

// Answers is nil when Redis answers.
func (r *Redis) Answers(ctx context.Context) error {
	if err := r.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}

// lease is a name that this process holds.
type lease struct {
	redis *Redis
	name  string
	token string
	epoch uint64
	lost  chan struct{} // closed when it is another's, or may be
	stop  func()
	ended sync.WaitGroup
}

// takeScript gives a name that is free to a token, with an epoch above all before.
// KEYS: lease, epoch. ARGV: token, milliseconds. 0 when it is not free.
var takeScript = goredis.NewScript(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end
return 0`)

// renewScript says that the holder is there. KEYS: lease. ARGV: token, milliseconds.
var renewScript = goredis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

// releaseScript frees a name, if it is still the token's. KEYS: lease. ARGV: token.
var releaseScript = goredis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

func (r *Redis) leaseKey(name string) string { return r.tag + "lease:" + name }

// hold waits until the name is free and holds it. A Redis that is away is waited
// for too.
func (r *Redis) hold(ctx context.Context, name string) (*lease, error) {
	for told := false; ; {
		l := &lease{redis: r, name: name, token: rand.Text(), lost: make(chan struct{})}
		asked := time.Now()
		epoch, err := takeScript.Run(ctx, r.client, []string{r.leaseKey(name), r.tag + "epoch:" + name}, l.token, leaseFor.Milliseconds()).Uint64()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil && epoch > 0:
			l.epoch = epoch
			l.keep(ctx, asked)
			r.log.Info("holds a name", "name", name, "epoch", epoch)
			return l, nil
		case err != nil && !told:
			told = true
			r.log.Warn("waits for Redis, to hold a name", "name", name, "error", err)
		}
		if err := pause(ctx, askEvery); err != nil {
			return nil, err
		}
	}
}

// keep renews the lease until it is released or lost.
func (l *lease) keep(ctx context.Context, renewed time.Time) {
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	l.ended.Go(func() {
		ticker := time.NewTicker(renewEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
			asked := time.Now()
			waits, cancel := context.WithDeadline(ctx, renewed.Add(giveUpAfter))
			still, err := renewScript.Run(waits, l.redis.client, []string{l.redis.leaseKey(l.name)}, l.token, leaseFor.Milliseconds()).Bool()
			cancel()
			switch {
			case ctx.Err() != nil:
				return
			case err == nil && still:
				renewed = asked
			case err == nil, time.Since(renewed) >= giveUpAfter:
				l.redis.log.Warn("lost a name", "name", l.name, "epoch", l.epoch, "error", err)
				close(l.lost)
				return
			}
		}
	})
}

// release frees the name for the next.
func (l *lease) release() {
	l.stop()
	l.ended.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), giveUpAfter)
	defer cancel()
	_ = releaseScript.Run(ctx, l.redis.client, []string{l.redis.leaseKey(l.name)}, l.token).Err() // it ends by itself too
}

// While runs fn whenever this process holds the name, until ctx ends or fn fails.
// The context of fn ends when the name is lost; fn then ends, and While waits for
// the name again, as it does when fn returns nil. It returns ctx.Err() or the error
// of fn.
func (r *Redis) While(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	for {
		l, err := r.hold(ctx, name)
		if err != nil {
			return err
		}
		err = l.during(ctx, fn)
		l.release()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !errors.Is(err, ErrLost):
			return err
		}
		if err := pause(ctx, askEvery); err != nil { // others first
			return err
		}
	}
}

func (l *lease) during(ctx context.Context, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watching := make(chan struct{})
	defer close(watching)
	go func() {
		select {
		case <-l.lost:
			cancel(ErrLost)
		case <-watching:
		}
	}()
	err := fn(ctx)
	if context.Cause(ctx) == ErrLost {
		return ErrLost
	}
	return err
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
