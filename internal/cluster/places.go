package cluster

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Places remembers how far each process has come, for all machines, and gives each
// to one reader at a time. It implements processes.Checkpoints.
//
// Places stand in Redis and not in the log: they change with every event, and a
// place that Redis lost is harmless, since commands of processes have ids that
// follow from the event. The fence does not depend on what Redis keeps: a token is
// drawn for each claim and never used again.
type Places struct {
	redis *Redis

	mu   sync.Mutex
	held map[string]*lease
}

// NewPlaces keeps places in Redis.
func NewPlaces(r *Redis) *Places { return &Places{redis: r, held: map[string]*lease{}} }

// claimScript gives a place to an owner. KEYS: place. ARGV: token, epoch.
var claimScript = goredis.NewScript(`
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'epoch', ARGV[2])
return redis.call('HGET', KEYS[1], 'position') or '0'`)

// saveScript moves a place. KEYS: place. ARGV: token, position.
var saveScript = goredis.NewScript(`
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'position', ARGV[2])
return 1`)

func (p *Places) key(group string) string { return p.redis.tag + "place:" + group }

// Claim waits until this process is the one reader of the group, on all machines,
// and returns how far the group has come.
func (p *Places) Claim(ctx context.Context, group string) (eventstore.Position, func(), error) {
	l, err := p.redis.hold(ctx, "process:"+group)
	if err != nil {
		return 0, nil, err
	}
	text, err := claimScript.Run(ctx, p.redis.client, []string{p.key(group)}, l.token, l.epoch).Text()
	var at uint64
	if err == nil {
		at, err = strconv.ParseUint(text, 10, 64)
	}
	if err != nil {
		l.release()
		return 0, nil, fmt.Errorf("cluster: claim a place: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[group] = l
	return eventstore.Position(at), func() {
		p.mu.Lock()
		delete(p.held, group)
		p.mu.Unlock()
		l.release()
	}, nil
}

// errUnclaimed: the place is nobody's here.
var errUnclaimed = errors.New("cluster: save a place without a claim")

// Save moves the place of a group that this process has claimed; ErrLost when it is
// another's by now.
func (p *Places) Save(ctx context.Context, group string, through eventstore.Position) error {
	p.mu.Lock()
	l := p.held[group]
	p.mu.Unlock()
	if l == nil {
		return errUnclaimed
	}
	kept, err := saveScript.Run(ctx, p.redis.client, []string{p.key(group)}, l.token, uint64(through)).Bool()
	if err != nil {
		return fmt.Errorf("cluster: save a place: %w", err)
	}
	if !kept {
		return ErrLost
	}
	return nil
}
