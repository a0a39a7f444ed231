package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// Bounds of following, listed in docs/limits.md.
const (
	// lookEvery is how often a tail looks where the views stand.
	lookEvery = 500 * time.Millisecond
	// missedAfter is how long the views may be ahead of the notices before they
	// count as missed.
	missedAfter = 2 * time.Second
	// againFirst and againMost bound the wait before a tail begins again.
	againFirst = 50 * time.Millisecond
	againMost  = 5 * time.Second
)

// TailConfig says who follows views that another process writes.
type TailConfig struct {
	Followers []projections.Follower
	// Rows are the tables whose rows the followers want, in the order in which they
	// want them first; Options.Told must have them.
	Rows     []projections.Schema
	Notifier projections.Notifier
	Log      *slog.Logger // discarded
}

// Tail keeps followers in step with the views, on a machine that does not write
// them: it takes the notices of batches, in order, and looks up the rows. When
// notices are missing, because they were trimmed, or lost with a Redis, or somebody
// removed them, it reads all rows again and tells the notifier that it missed some.
type Tail struct {
	engine *Engine
	cfg    TailConfig
	ready  chan struct{}

	mu     sync.Mutex
	health projections.Health

	// Of the following goroutine alone.
	at     eventstore.Position
	loaded bool
	known  map[projections.Schema]map[string]bool // the rows that followers were given
}

// Tail follows the views of this engine.
func (e *Engine) Tail(cfg TailConfig) *Tail {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	t := &Tail{engine: e, cfg: cfg, ready: make(chan struct{}), known: map[projections.Schema]map[string]bool{}}
	t.health.Status = projections.Starting
	for _, s := range cfg.Rows {
		t.known[s] = map[string]bool{}
	}
	return t
}

// Ready is closed when the followers are in step for the first time.
func (t *Tail) Ready() <-chan struct{} { return t.ready }

// Health tells where the tail stands.
func (t *Tail) Health() projections.Health {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.health
}

func (t *Tail) set(status projections.Status, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.health.Status, t.health.Err, t.health.Position = status, err, t.at
}

var (
	// errMissed: the views are ahead of what was told.
	errMissed = errors.New("redis: notices are missing")
	errEnded  = errors.New("redis: the subscription to the notices ended")
)

// Run follows until ctx ends, or a follower fails; what else fails is tried again.
func (t *Tail) Run(ctx context.Context) error {
	wait := againFirst
	for {
		err := t.attempt(ctx, func() { wait = againFirst })
		var failed *followerError
		switch {
		case ctx.Err() != nil:
			t.set(projections.Stopped, nil)
			return ctx.Err()
		case errors.As(err, &failed):
			t.set(projections.Stopped, err)
			return err
		}
		t.set(projections.Waiting, err)
		t.cfg.Log.Warn("following the views begins again", "error", err, "wait", wait)
		if err := pause(ctx, wait); err != nil {
			t.set(projections.Stopped, nil)
			return err
		}
		wait = min(2*wait, againMost)
	}
}

// followerError: a follower that missed a batch would answer wrongly for ever.
type followerError struct{ error }

func (e *followerError) Unwrap() error { return e.error }

func (t *Tail) attempt(ctx context.Context, progress func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// From before the rows are read: what they have already is told again, and
	// passed over.
	told, err := t.subscribe(ctx)
	if err != nil {
		return err
	}
	defer func() {
		cancel()
		for range told { // until it has ended
		}
	}()
	if err := t.load(ctx); err != nil {
		return err
	}
	progress()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	ahead := overdue{position: t.at, since: time.Now()}
	for {
		select {
		case msg, ok := <-told:
			if !ok {
				return errors.Join(errEnded, ctx.Err())
			}
			msg.Ack()
			if err := t.hear(ctx, msg); err != nil {
				return err
			}
		case <-ticker.C:
			if err := t.look(ctx, &ahead); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// overdue is a position of the views that notices have not led to yet.
type overdue struct {
	position eventstore.Position
	since    time.Time
}

// look finds out that notices are missing when none comes any more.
func (t *Tail) look(ctx context.Context, ahead *overdue) error {
	h, err := t.engine.look(ctx)
	if err != nil {
		t.set(projections.Waiting, err) // the subscription comes back by itself
		return nil
	}
	t.set(projections.Live, nil)
	if t.at >= ahead.position {
		*ahead = overdue{h.position, time.Now()}
		return nil
	}
	if time.Since(ahead.since) > missedAfter {
		return errMissed
	}
	return nil
}

func (t *Tail) subscribe(ctx context.Context) (<-chan *message.Message, error) {
	newest, err := t.engine.client.XRevRangeN(ctx, t.engine.ring.notices(), "+", "-", 1).Result()
	if err != nil {
		return nil, fmt.Errorf("redis: notices: %w", err)
	}
	from := "0-0" // "$" would pass over what comes between two looks
	if len(newest) > 0 {
		from = newest[0].ID
	}
	sub, err := redisstream.NewSubscriber(redisstream.SubscriberConfig{
		Client: t.engine.client, Unmarshaller: forgiving{}, FanOutOldestId: from, DisableIndefiniteInitialBlock: true,
		ShouldStopOnReadErrors: func(error) bool { return ctx.Err() != nil }, // it would sleep first
	}, watermill.NewSlogLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, fmt.Errorf("redis: notices: %w", err)
	}
	// It is not closed but cancelled: closing would close the client.
	told, err := sub.Subscribe(ctx, t.engine.ring.notices())
	if err != nil {
		return nil, fmt.Errorf("redis: notices: %w", err)
	}
	return told, nil
}

// hear takes one notice.
func (t *Tail) hear(ctx context.Context, msg *message.Message) error {
	n, err := readNotice(msg)
	switch {
	case err != nil:
		t.cfg.Log.Warn("passes over an entry of the notices", "error", err)
		return nil
	case n.To <= t.at:
		return nil
	case n.From > t.at, n.Cut:
		return errMissed
	}
	for i := range n.Changes {
		n.Changes[i].Position = n.To
	}
	wanted, err := t.rows(ctx, n)
	if err != nil {
		return err
	}
	if err := t.follow(ctx, wanted, n.To); err != nil {
		return err
	}
	t.at = n.To
	t.set(projections.Live, nil)
	if t.cfg.Notifier != nil && len(n.Changes) > 0 {
		t.cfg.Notifier.Notify(n.Changes)
	}
	return nil
}

func (t *Tail) follow(ctx context.Context, changes []projections.Change, to eventstore.Position) error {
	for _, f := range t.cfg.Followers {
		if err := f.Follow(ctx, changes, to); err != nil {
			return &followerError{fmt.Errorf("redis: follower: %w", err)}
		}
	}
	return nil
}

// rows looks up what a notice names, in the order of cfg.Rows.
func (t *Tail) rows(ctx context.Context, n notice) (changes []projections.Change, err error) {
	keys := make([][]string, len(t.cfg.Rows))
	some := false
	for _, c := range n.Changes {
		if i := slices.IndexFunc(t.cfg.Rows, func(s projections.Schema) bool { return s.TableName() == c.Table }); i >= 0 {
			keys[i], some = append(keys[i], c.Key), true
		}
	}
	if !some {
		return nil, nil
	}
	err = t.engine.Read(ctx, n.To, func(r projections.Reader) error {
		changes = nil
		for i, s := range t.cfg.Rows {
			rows, err := r.Many(s, keys[i])
			if err != nil {
				return err
			}
			for j, row := range rows {
				changes = append(changes, t.now(s, keys[i][j], row, n.To))
			}
		}
		return nil
	})
	return changes, err
}

// now is a change to what a row is by now; nil is none.
func (t *Tail) now(s projections.Schema, key string, row any, at eventstore.Position) projections.Change {
	c := projections.Change{Table: s.TableName(), Key: key, Position: at, Schema: s, Row: row, Deleted: row == nil}
	if row == nil {
		delete(t.known[s], key)
	} else {
		c.Related, t.known[s][key] = s.RowRelated(row), true
	}
	return c
}

// load gives the followers all rows, table by table, and takes from them what is
// gone. A table that is read later may be ahead: its notices come again.
func (t *Tail) load(ctx context.Context) error {
	at := eventstore.Position(0)
	for i, s := range t.cfg.Rows {
		changes, position, err := t.all(ctx, s)
		if err != nil {
			return err
		}
		if i == 0 {
			at = position
		}
		if err := t.follow(ctx, changes, at); err != nil {
			return err
		}
	}
	t.at = at
	t.set(projections.Live, nil)
	if !t.loaded {
		t.loaded = true
		close(t.ready)
		t.cfg.Log.Info("follows the views", "position", at)
		return nil
	}
	if m, ok := t.cfg.Notifier.(projections.Missing); ok {
		m.Missed()
	}
	return nil
}

func (t *Tail) all(ctx context.Context, s projections.Schema) (changes []projections.Change, at eventstore.Position, err error) {
	rows := map[string]any{}
	var keys []string
	err = t.engine.Read(ctx, 0, func(r projections.Reader) error {
		clear(rows)
		keys, at = keys[:0], r.Position()
		for row, err := range r.Rows(s) {
			if err != nil {
				return err
			}
			key := s.RowKey(row)
			rows[key], keys = row, append(keys, key)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	for key := range t.known[s] {
		if rows[key] == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		changes = append(changes, t.now(s, key, rows[key], at))
	}
	return changes, at, nil
}
