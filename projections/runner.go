package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// Bounds of the runner, listed in docs/limits.md.
const (
	// MaxBatch bounds the events that are folded and committed together.
	MaxBatch = 2048
	// decodedAhead bounds the deliveries that are decoded while another is folded.
	decodedAhead = 4
	// scoutings bounds how often a batch is folded for the rows that it asks for
	// before it is folded in earnest: what it asks for depends on what it finds.
	scoutings = 3
	// RetryFirst and RetryMax bound the wait before the runner subscribes again.
	RetryFirst = 50 * time.Millisecond
	RetryMax   = 10 * time.Second
)

// Decoder is the part of *codec.Codec that the runner needs.
type Decoder interface {
	Decode(ctx context.Context, r eventstore.Recorded) (codec.Decoded, error)
}

// Config is what a runner works with. Store, Decoder, Engine and Views are
// needed, the rest may stay empty.
type Config struct {
	Store     eventstore.Store
	Decoder   Decoder
	Engine    Engine
	Views     []View
	Notifier  Notifier
	Followers []Follower
	Metrics   Metrics
	Log       *slog.Logger
	// BatchMax bounds a batch below MaxBatch; 0 means MaxBatch.
	BatchMax int
}

// Runner follows the log and keeps the views. One goroutine decodes while
// another folds; order is kept.
type Runner struct {
	cfg   Config
	folds folds
	ready chan struct{}

	mu     sync.Mutex
	health Health

	// Of the folding goroutine alone.
	tx       *Tx
	epoch    uint64
	at       eventstore.Position
	readable bool                // the engine was opened in this epoch
	opened   bool                // the followers are loaded
	told     eventstore.Position // up to which notices were given
	ops      []Op                // scratch of apply

	// spare holds the events of chunks that were folded, to decode into again.
	spare chan []codec.Decoded
}

// NewRunner checks the configuration.
func NewRunner(cfg Config) (*Runner, error) {
	if cfg.Store == nil || cfg.Decoder == nil || cfg.Engine == nil || len(cfg.Views) == 0 {
		return nil, errors.New("projections: a runner needs a store, a decoder, an engine and views")
	}
	if _, err := Tables(cfg.Views...); err != nil {
		return nil, err
	}
	if cfg.BatchMax <= 0 || cfg.BatchMax > MaxBatch {
		cfg.BatchMax = MaxBatch
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Runner{
		cfg: cfg, folds: foldsOf(cfg.Views), tx: newTx(cfg.Engine),
		ready: make(chan struct{}), health: Health{Status: Starting},
		spare: make(chan []codec.Decoded, decodedAhead),
	}, nil
}

// Ready is closed when the views have caught up for the first time and are open.
func (r *Runner) Ready() <-chan struct{} { return r.ready }

// Health tells where the runner stands.
func (r *Runner) Health() Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.health
}

func (r *Runner) set(change func(*Health)) {
	r.mu.Lock()
	before := r.health.Status
	change(&r.health)
	now := r.health
	r.mu.Unlock()
	if now.Status != before && r.cfg.Metrics.Status != nil {
		r.cfg.Metrics.Status(now)
	}
}

// Run keeps the views until ctx ends. When the store, the keys or the engine
// are away it tries again from the checkpoint, for ever. It returns ctx.Err(), a
// *Poison, ErrStaleEpoch when another runner took over, or a follower's error.
// A runner runs once.
func (r *Runner) Run(ctx context.Context) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = RetryFirst, RetryMax
	for {
		before := r.Health().Position
		err := r.attempt(ctx)
		var fatal *fatalError
		switch {
		case ctx.Err() != nil:
			r.set(func(h *Health) { h.Status = Stopped })
			return ctx.Err()
		case errors.As(err, &fatal):
			return r.stop(fatal.err)
		}
		if r.Health().Position > before {
			wait.Reset()
		}
		pause := wait.NextBackOff()
		r.set(func(h *Health) { h.Status, h.Err = Waiting, err })
		r.cfg.Log.Warn("projections wait and try again", "error", err, "wait", pause, "position", r.at)
		if r.cfg.Metrics.Retry != nil {
			r.cfg.Metrics.Retry(err, pause)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// fatalError is an error that no retry cures.
type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

func fatal(err error) error { return &fatalError{err} }

func (r *Runner) stop(err error) error {
	var poison *Poison
	if errors.As(err, &poison) {
		r.cfg.Log.Error("projections stopped at a poison event",
			"position", poison.Position, "type", poison.Type, "view", poison.View, "error", poison.Err)
	} else {
		r.cfg.Log.Error("projections stopped", "error", err)
	}
	r.set(func(h *Health) {
		h.Status, h.Err, h.Poison = Stopped, err, poison
		if poison != nil {
			h.Status = Poisoned
		}
	})
	return err
}

// attempt follows the log from the checkpoint until something fails.
func (r *Runner) attempt(ctx context.Context) error {
	if r.epoch == 0 {
		epoch, at, err := r.cfg.Engine.Claim(ctx)
		if err != nil {
			return fmt.Errorf("projections: claim: %w", err)
		}
		r.epoch, r.at, r.readable = epoch, at, false
	}
	sub, err := r.cfg.Store.Subscribe(ctx, r.at, eventstore.Filter{})
	if err != nil {
		return fmt.Errorf("projections: subscribe: %w", err)
	}
	defer sub.Close()
	r.set(func(h *Health) {
		h.Status, h.Epoch, h.Position, h.Err = CatchingUp, r.epoch, r.at, nil
	})
	decoded := make(chan chunk, decodedAhead)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(decoded)
		return r.decode(ctx, sub, r.at, decoded)
	})
	group.Go(func() error { return r.fold(ctx, decoded) })
	if c, ok := r.cfg.Engine.(Checker); ok {
		epoch := r.epoch
		group.Go(func() error { return check(ctx, c, epoch) })
	}
	err = group.Wait()
	switch {
	case errors.Is(err, ErrStaleEpoch):
		return fatal(err)
	case errors.Is(err, ErrStaleCheckpoint):
		r.epoch = 0 // claim again and go on from the engine's checkpoint
	}
	return err
}

// check asks the engine now and then whether its rows still stand.
func check(ctx context.Context, c Checker, epoch uint64) error {
	ticker := time.NewTicker(CheckEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := c.Check(ctx, epoch); err != nil {
				return fmt.Errorf("projections: check: %w", err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// chunk is a delivery, decoded. A poison event ends it.
type chunk struct {
	events   []codec.Decoded
	through  eventstore.Position
	caughtUp bool
	poison   *Poison
}

// decode turns deliveries into chunks of at most chunkMax events. Events that
// were delivered before are dropped.
func (r *Runner) decode(ctx context.Context, sub eventstore.Subscription, at eventstore.Position, out chan<- chunk) error {
	send := func(c chunk) error {
		select {
		case out <- c:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		d, err := sub.Next(ctx)
		if err != nil {
			return fmt.Errorf("projections: subscription: %w", err)
		}
		c := chunk{through: at}
		for i := range d.Events {
			e := &d.Events[i]
			if e.Position <= at {
				continue
			}
			event, err := r.cfg.Decoder.Decode(ctx, *e)
			if errors.Is(err, codec.ErrPoison) {
				c.poison = &Poison{Position: e.Position, Stream: e.Stream, Type: e.Type, Err: err}
				return send(c)
			}
			if err != nil {
				return errors.Join(fmt.Errorf("projections: decode: %w", err), send(c))
			}
			if c.events == nil {
				c.events = r.room(min(len(d.Events)-i, r.chunkMax()))
			}
			c.events = append(c.events, event)
			at = e.Position
			c.through = at
			if len(c.events) == r.chunkMax() {
				if err := send(c); err != nil {
					return err
				}
				c = chunk{through: at}
			}
		}
		at = max(at, d.Through)
		c.through, c.caughtUp = at, d.CaughtUp
		if err := send(c); err != nil {
			return err
		}
	}
}

// room is an empty list for so many events, an old one if there is any.
func (r *Runner) room(events int) []codec.Decoded {
	select {
	case old := <-r.spare:
		if cap(old) >= events {
			return old
		}
	default:
	}
	return make([]codec.Decoded, 0, events)
}

// reuse gives the lists of folded chunks back, emptied.
func (r *Runner) reuse(chunks []chunk) {
	for _, c := range chunks {
		if c.events == nil {
			continue
		}
		clear(c.events)
		select {
		case r.spare <- c.events[:0]:
		default:
		}
	}
}

// fold applies chunks in order, several at once when they are waiting.
func (r *Runner) fold(ctx context.Context, decoded <-chan chunk) error {
	for c := range decoded {
		batch := r.gather(c, decoded)
		if err := r.commit(ctx, batch); err != nil {
			return err
		}
		if poison := batch[len(batch)-1].poison; poison != nil {
			return fatal(poison)
		}
		if slices.ContainsFunc(batch, func(c chunk) bool { return c.caughtUp }) {
			if err := r.open(ctx); err != nil {
				return err
			}
			r.set(func(h *Health) { h.Status = Live })
		}
		r.reuse(batch)
	}
	return ctx.Err()
}

// gather takes what is waiting behind a chunk, up to BatchMax events: the more
// there is to do, the larger the batches.
func (r *Runner) gather(first chunk, decoded <-chan chunk) []chunk {
	batch, size := []chunk{first}, len(first.events)
	for size <= r.cfg.BatchMax-r.chunkMax() && batch[len(batch)-1].poison == nil {
		select {
		case c, ok := <-decoded:
			if !ok {
				return batch
			}
			batch, size = append(batch, c), size+len(c.events)
		default:
			return batch
		}
	}
	return batch
}

// chunkMax is how many events are decoded into one chunk: some chunks fit into
// a batch.
func (r *Runner) chunkMax() int { return max(r.cfg.BatchMax/4, 1) }

// commit folds chunks into one batch. Should a view fail, what stands before
// its event is committed on its own, and the event is reported.
func (r *Runner) commit(ctx context.Context, chunks []chunk) (err error) {
	through := chunks[len(chunks)-1].through
	if through <= r.at {
		return nil
	}
	if r.cfg.Metrics.Trace != nil && r.opened {
		end := r.cfg.Metrics.Trace(causes(chunks))
		defer func() { end(err) }()
	}
	start := time.Now()
	if err := r.scout(ctx, chunks); err != nil {
		return err
	}
	r.tx.reset(ctx)
	n := 0
	var last time.Time
	for _, c := range chunks {
		for i := range c.events {
			e := &c.events[i]
			if poison := r.foldOne(e); poison != nil {
				return r.salvage(ctx, chunks, poison)
			}
			n, last = n+1, e.Stored
		}
	}
	if err := r.apply(ctx, through); err != nil {
		return err
	}
	if r.cfg.Metrics.Batch != nil {
		lag := time.Duration(0)
		if n > 0 {
			lag = time.Since(last)
		}
		r.cfg.Metrics.Batch(n, time.Since(start), through, lag)
	}
	return nil
}

// scout folds a batch for the rows that it asks for, and fetches them together,
// where the engine wants it so. What such a fold finds wrong is no matter: it saw
// rows that are there as missing.
func (r *Runner) scout(ctx context.Context, chunks []chunk) error {
	p, ok := r.cfg.Engine.(Prefetcher)
	if !ok {
		return nil
	}
	defer func() { r.tx.scouting = nil }()
	for range scoutings {
		r.tx.reset(ctx)
		r.tx.scouting, r.tx.wanted = p, r.tx.wanted[:0]
		for _, c := range chunks {
			for i := range c.events {
				_ = r.foldOne(&c.events[i])
			}
		}
		if r.tx.err != nil {
			return fmt.Errorf("projections: load: %w", r.tx.err)
		}
		if len(r.tx.wanted) == 0 {
			return nil
		}
		if err := p.Prefetch(ctx, r.tx.wanted); err != nil {
			return fmt.Errorf("projections: prefetch: %w", err)
		}
	}
	return nil
}

// maxCauses bounds the mutations that the span of one batch is linked to.
const maxCauses = 64

// causes lists the traces of the mutations behind a batch, each once.
func causes(chunks []chunk) []string {
	var out []string
	for _, c := range chunks {
		for i := range c.events {
			cause := c.events[i].Meta.Traceparent
			if cause != "" && len(out) < maxCauses && !slices.Contains(out, cause) {
				out = append(out, cause)
			}
		}
	}
	return out
}

// foldOne runs the views of an event. A panic of a fold is a poison event too:
// the process has other things to do than to die of it.
func (r *Runner) foldOne(e *codec.Decoded) (poison *Poison) {
	view := ""
	defer func() {
		if p := recover(); p != nil {
			poison = r.poison(e, view, fmt.Errorf("panic: %v", p))
		}
	}()
	for _, v := range r.folds.of(eventstore.Category(e.Stream)) {
		view = v.Name
		if err := v.Fold(r.tx, e); err != nil {
			return r.poison(e, view, err)
		}
	}
	return nil
}

func (r *Runner) poison(e *codec.Decoded, view string, err error) *Poison {
	return &Poison{Position: e.Position, Stream: e.Stream, Type: e.Event.EventType(), View: view, Err: err}
}

// salvage commits the events before a poison one, whose half-done fold is
// dropped with the transaction, and then reports it.
func (r *Runner) salvage(ctx context.Context, chunks []chunk, poison *Poison) error {
	if err := r.tx.Err(); err != nil {
		return fmt.Errorf("projections: load: %w", err) // the fold saw nothing of a row that is there
	}
	r.tx.reset(ctx)
	through := r.at
	for _, c := range chunks {
		for i := range c.events {
			e := &c.events[i]
			if e.Position >= poison.Position {
				break
			}
			if again := r.foldOne(e); again != nil {
				return r.believe(ctx, again)
			}
			through = e.Position
		}
	}
	if through > r.at {
		if err := r.apply(ctx, through); err != nil {
			return err
		}
	}
	return r.believe(ctx, poison)
}

// believe says that a poison event is one, unless the engine has lost rows that
// its fold would have found.
func (r *Runner) believe(ctx context.Context, poison *Poison) error {
	if c, ok := r.cfg.Engine.(Checker); ok {
		if err := c.Check(ctx, r.epoch); err != nil {
			return fmt.Errorf("projections: check: %w", err)
		}
	}
	return fatal(poison)
}

// apply commits the transaction and tells those who follow.
func (r *Runner) apply(ctx context.Context, through eventstore.Position) error {
	if err := r.tx.Err(); err != nil {
		return fmt.Errorf("projections: load: %w", err)
	}
	b := Batch{Epoch: r.epoch, From: r.at, To: through, Ops: r.ops[:0]}
	var changes []Change
	r.tx.changes(func(t Schema, key string, row, old any) {
		b.Ops = append(b.Ops, Op{Table: t, Key: key, Row: row})
		if r.opened {
			changes = append(changes, change(t, key, row, old, through))
		}
	})
	err := r.cfg.Engine.Apply(ctx, b)
	clear(b.Ops)
	r.ops = b.Ops
	if err != nil {
		return fmt.Errorf("projections: apply: %w", err)
	}
	r.at = through
	r.set(func(h *Health) { h.Position = through })
	if !r.opened {
		return nil
	}
	for _, f := range r.cfg.Followers {
		if err := f.Follow(ctx, changes, through); err != nil {
			return fatal(fmt.Errorf("projections: follower: %w", err))
		}
	}
	// What an engine lost and is folded again was told before.
	if r.cfg.Notifier != nil && len(changes) > 0 && through > r.told {
		r.cfg.Notifier.Notify(changes)
	}
	r.told = max(r.told, through)
	return nil
}

func change(t Schema, key string, row, old any, position eventstore.Position) Change {
	c := Change{Table: t.TableName(), Key: key, Position: position, Schema: t, Row: row, Old: old}
	if row == nil {
		c.Deleted, c.Related = true, t.RowRelated(old)
	} else {
		c.Related = t.RowRelated(row)
	}
	return c
}

// open makes the views readable, once in an epoch. The first time it loads the
// followers and reports Ready.
func (r *Runner) open(ctx context.Context) error {
	if r.readable && r.opened {
		return nil
	}
	if err := r.cfg.Engine.Open(ctx, r.epoch); err != nil {
		return fmt.Errorf("projections: open: %w", err)
	}
	r.readable = true
	if r.opened {
		return nil
	}
	err := r.cfg.Engine.Read(ctx, r.at, func(reader Reader) error {
		for _, f := range r.cfg.Followers {
			if err := f.Load(ctx, reader); err != nil {
				return fatal(fmt.Errorf("projections: follower: %w", err))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.opened, r.told = true, r.at
	close(r.ready)
	r.cfg.Log.Info("projections are ready", "position", r.at, "epoch", r.epoch)
	return nil
}
