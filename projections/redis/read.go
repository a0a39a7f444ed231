package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// Bounds of a read, listed in docs/limits.md.
const (
	// freeTries is how often a read that the writer overtook begins again before it
	// asks the writer for a rest.
	freeTries = 3
	// holdFor is how long the writer rests after each step of such a read.
	holdFor = 50 * time.Millisecond
	// againAfter is the wait before a read is repeated that Redis did not answer.
	againAfter = 20 * time.Millisecond
)

// ErrAway is refused when Redis did not answer within MaxWait.
var ErrAway = domain.Refuse(domain.Busy, "view.away", "The views cannot be reached just now.", "Ask again in a moment.")

var (
	errMoved  = errors.New("redis: the views moved during a read")
	errNotYet = errors.New("redis: the views are not yet there")
)

// head is where the views stand.
type head struct {
	epoch, owner string
	position     eventstore.Position
	open         bool
}

var headFields = []string{"epoch", "owner", "position", "open", "torn"}

func parseHead(values []any) (head, error) {
	text := func(i int) string { s, _ := values[i].(string); return s }
	h := head{epoch: text(0), owner: text(1)}
	if text(2) == "" {
		return h, nil // nobody has built them, or Redis lost them
	}
	var err error
	h.position, err = parsePosition(text(2))
	h.open = text(3) != "" && text(4) == ""
	return h, err
}

func (e *Engine) look(ctx context.Context) (head, error) {
	values, err := e.client.HMGet(ctx, e.ring.head(), headFields...).Result()
	if err != nil {
		return head{}, fmt.Errorf("redis: %w", err)
	}
	return parseHead(values)
}

// Read implements projections.Engine. Each call of the reader fetches the head
// with its rows in one transaction; a read that saw two positions begins again.
func (e *Engine) Read(ctx context.Context, atLeast eventstore.Position, fn func(projections.Reader) error) error {
	until := time.Now().Add(e.wait)
	for try := 0; ; try++ {
		if err := e.watch.await(ctx, atLeast, until); err != nil {
			return err
		}
		r := &reader{ctx: ctx, engine: e, atLeast: atLeast}
		if try >= freeTries {
			r.token = rand.Text()
		}
		err := r.run(fn)
		if r.fault == nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(until) {
			return late(r.fault)
		}
		switch {
		case errors.Is(r.fault, errMoved):
		case errors.Is(r.fault, errNotYet):
			e.watch.saw(r.pin.position, r.pin.open)
		default:
			if err := pause(ctx, againAfter); err != nil {
				return err
			}
		}
	}
}

func late(fault error) error {
	if errors.Is(fault, errMoved) || errors.Is(fault, errNotYet) {
		return projections.ErrBehind
	}
	return fmt.Errorf("%w (%w)", ErrAway, fault)
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

// reader implements projections.Reader over the position that its first call saw.
type reader struct {
	ctx     context.Context
	engine  *Engine
	atLeast eventstore.Position
	pin     *head
	token   string // of a read that asks the writer to rest
	fault   error  // why what was read must not be used
}

// run runs fn. A fault of the reader counts, whatever fn makes of it.
func (r *reader) run(fn func(projections.Reader) error) error {
	if r.token != "" {
		defer r.release()
	}
	err := fn(r)
	if r.fault == nil && r.pin == nil && err == nil {
		_ = r.ask(nil) // fn asked for nothing; the views must be there all the same
	}
	return err
}

func (r *reader) release() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), holdFor)
	defer cancel()
	_ = releaseScript.Run(ctx, r.engine.client, []string{r.engine.ring.hold()}, r.token).Err() // it ends by itself too
}

// ask sends commands together with a look at the head, and holds what they answer
// against the position of the read.
func (r *reader) ask(queue func(goredis.Pipeliner)) error {
	if r.fault != nil {
		return r.fault
	}
	var looked *goredis.SliceCmd
	_, err := r.engine.client.TxPipelined(r.ctx, func(p goredis.Pipeliner) error {
		if r.token != "" {
			p.Set(r.ctx, r.engine.ring.hold(), r.token, holdFor)
		}
		looked = p.HMGet(r.ctx, r.engine.ring.head(), headFields...)
		if queue != nil {
			queue(p)
		}
		return nil
	})
	if err != nil && !errors.Is(err, goredis.Nil) {
		r.fault = fmt.Errorf("redis: %w", err)
		return r.fault
	}
	now, err := parseHead(looked.Val())
	switch {
	case err != nil:
		r.fault = err
	case r.pin == nil:
		r.pin = &now
		if !now.open || now.position < r.atLeast {
			r.fault = errNotYet
		}
	case now != *r.pin:
		r.fault = errMoved
	}
	return r.fault
}

// Position implements projections.Reader.
func (r *reader) Position() eventstore.Position {
	if r.pin == nil && r.ask(nil) != nil {
		return 0
	}
	return r.pin.position
}

// Get implements projections.Reader.
func (r *reader) Get(s projections.Schema, key string) (any, error) {
	rows, err := r.Many(s, []string{key})
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// Many implements projections.Reader.
func (r *reader) Many(s projections.Schema, keys []string) ([]any, error) {
	t, err := r.engine.table(s)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	var found *goredis.SliceCmd
	if err := r.ask(func(p goredis.Pipeliner) { found = p.HMGet(r.ctx, t.rows, keys...) }); err != nil {
		return nil, err
	}
	rows := make([]any, len(keys))
	for i, value := range found.Val() {
		data, ok := value.(string)
		if !ok {
			continue
		}
		if rows[i], _, err = r.engine.decode(r.ctx, s, keys[i], []byte(data)); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Span implements projections.Reader.
func (r *reader) Span(s projections.Schema, index, bucket string, span projections.Span) ([]projections.Member, error) {
	if _, err := r.engine.table(s); err != nil || span.Limit <= 0 {
		return nil, err
	}
	low, high := bucketStart(bucket), bucketEnd(bucket)
	if span.After != "" {
		low = "(" + memberOf(bucket, span.After)
	}
	if span.Before != "" {
		high = "(" + memberOf(bucket, span.Before)
	}
	by := &goredis.ZRangeBy{Min: low, Max: high, Count: int64(span.Limit)}
	var found *goredis.StringSliceCmd
	err := r.ask(func(p goredis.Pipeliner) {
		if span.Backwards {
			found = p.ZRevRangeByLex(r.ctx, r.engine.ring.index(s, index), by)
		} else {
			found = p.ZRangeByLex(r.ctx, r.engine.ring.index(s, index), by)
		}
	})
	if err != nil {
		return nil, err
	}
	members := make([]projections.Member, len(found.Val()))
	for i, m := range found.Val() {
		members[i] = projections.Member(m[len(bucket)+1:])
	}
	return members, nil
}

// Count implements projections.Reader.
func (r *reader) Count(s projections.Schema, index, bucket string) (int, error) {
	return r.count(s, index, bucketStart(bucket), bucketEnd(bucket))
}

// CountUntil implements projections.Reader.
func (r *reader) CountUntil(s projections.Schema, index, bucket, bound string) (int, error) {
	return r.count(s, index, bucketStart(bucket), "("+bucket+"\x00"+bound)
}

func (r *reader) count(s projections.Schema, index, low, high string) (int, error) {
	if _, err := r.engine.table(s); err != nil {
		return 0, err
	}
	var n *goredis.IntCmd
	err := r.ask(func(p goredis.Pipeliner) { n = p.ZLexCount(r.ctx, r.engine.ring.index(s, index), low, high) })
	if err != nil {
		return 0, err
	}
	return int(n.Val()), nil
}

// Len implements projections.Reader.
func (r *reader) Len(s projections.Schema) (int, error) {
	t, err := r.engine.table(s)
	if err != nil {
		return 0, err
	}
	var n *goredis.IntCmd
	if err := r.ask(func(p goredis.Pipeliner) { n = p.HLen(r.ctx, t.rows) }); err != nil {
		return 0, err
	}
	return int(n.Val()), nil
}
