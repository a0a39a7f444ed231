package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// tidyEvery is how often the views of other tables are looked at.
const tidyEvery = time.Minute

// ErrEvicts: this Redis may drop rows when its memory is full. What it drops is
// found and built anew, again and again: so it is refused.
var ErrEvicts = errors.New("redis: this Redis may evict views: set maxmemory-policy noeviction, or no maxmemory")

// checkPolicy refuses a Redis that may evict. One that does not tell is trusted,
// and said to be: what is lost is found all the same.
func (e *Engine) checkPolicy(ctx context.Context) error {
	node, err := nodeOf(ctx, e.client, e.ring.head())
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	text, err := node.Info(ctx, "memory").Result()
	if goredis.IsPermissionError(err) {
		e.log.Warn("Redis does not tell whether it evicts; it must not", "error", err)
		e.policy = e.opt.Now()
		return nil
	}
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	told := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		told[name] = value
	}
	// Keys without an expiry, as these are, go with the policies over all keys only.
	if told["maxmemory"] != "0" && strings.HasPrefix(told["maxmemory_policy"], "allkeys") {
		return fmt.Errorf("%w (it is %s)", ErrEvicts, told["maxmemory_policy"])
	}
	e.policy = e.opt.Now()
	return nil
}

// Sound is nil when the views can be read as they should be: they are there, open,
// and Redis may not evict them.
func (e *Engine) Sound(ctx context.Context) error {
	h, err := e.look(ctx)
	if err != nil {
		return err
	}
	if !h.open {
		return errNotYet
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.checkPolicy(ctx)
}

// tidy removes the views of other tables whose writer has given no sign of life
// for the grace, a slice of keys at a time.
func (e *Engine) tidy(ctx context.Context) error {
	if e.opt.Now().Sub(e.tidied) < tidyEvery {
		return nil
	}
	digests, err := e.client.SMembers(ctx, e.ring.versions()).Result()
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	for _, digest := range digests {
		if digest == e.ring.digest {
			continue
		}
		if err := e.retire(ctx, ringFor(e.opt.Namespace, digest)); err != nil {
			return err
		}
	}
	e.tidied = e.opt.Now()
	return nil
}

func (e *Engine) retire(ctx context.Context, other keyring) error {
	beat, err := e.client.HGet(ctx, other.head(), "beat").Result()
	if err != nil && !errors.Is(err, goredis.Nil) {
		return fmt.Errorf("redis: %w", err)
	}
	seconds, _ := strconv.ParseInt(beat, 10, 64) // none: long ago
	if e.opt.Now().Sub(time.Unix(seconds, 0)) < e.opt.Grace {
		return nil
	}
	keys, err := e.known(ctx, other)
	if err != nil {
		return err
	}
	e.log.Info("views of other tables are removed from Redis", "digest", other.digest, "keys", len(keys))
	// Its readers are told first: without a position nothing is open.
	if err := e.client.HDel(ctx, other.head(), "open", "position").Err(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	for len(keys) > 0 {
		n := min(clearSlice, len(keys))
		if err := e.client.Unlink(ctx, keys[:n]...).Err(); err != nil {
			return fmt.Errorf("redis: %w", err)
		}
		keys = keys[n:]
	}
	if err := e.client.Del(ctx, other.head(), other.hold(), other.notices()).Err(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return e.client.SRem(ctx, other.versions(), other.digest).Err()
}
