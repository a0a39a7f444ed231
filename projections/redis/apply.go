package redis

import (
	"context"
	"fmt"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// Bounds of a batch, listed in docs/limits.md.
const (
	// commandMax bounds the arguments of one command of a script, which Lua puts
	// on its stack.
	commandMax = 2000
	// heldWait is how long a batch waits before it asks again whether readers let
	// it through, and MaxHeld how long in all.
	heldWait = 2 * time.Millisecond
	MaxHeld  = 500 * time.Millisecond
)

// Apply implements projections.Engine. Nothing is sent twice: when Redis does not
// answer, the outcome is unknown, and so ErrStaleCheckpoint; the next claim tells.
//
// While views are being built and nobody reads them, a batch is on its way to
// Redis while the next one is folded; that one is told if it failed. The script
// of the next refuses by itself to go on from what was not applied.
func (e *Engine) Apply(ctx context.Context, b projections.Batch) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b.Epoch < e.epoch {
		return projections.ErrStaleEpoch
	}
	args, keys, err := e.batch.make(ctx, b)
	if err != nil {
		return err
	}
	if err := e.settle(); err != nil {
		return err
	}
	f := &flight{done: make(chan struct{}), from: b.From, to: b.To}
	go func() {
		defer close(f.done)
		f.word, f.err = e.send(ctx, keys, args)
	}()
	e.flight = f
	for _, op := range b.Ops {
		e.cache.put(op.Table, op.Key, op.Row)
	}
	if e.opened {
		return e.settle()
	}
	return nil
}

// flight is a batch on its way.
type flight struct {
	done     chan struct{}
	word     string
	err      error
	from, to eventstore.Position
}

// settle waits for the batch on its way, if there is one, and tells what became of
// it. Until it is known, the cache holds rows that may not stand.
func (e *Engine) settle() error {
	f := e.flight
	if f == nil {
		return nil
	}
	<-f.done
	e.flight = nil
	if f.err != nil {
		e.judge(saysLost)
		return fmt.Errorf("%w, the outcome is unknown: %w", projections.ErrStaleCheckpoint, f.err)
	}
	e.judge(f.word)
	if err := verdict(f.word); err != nil {
		return fmt.Errorf("%w (from %d to %d)", err, f.from, f.to)
	}
	if f.word == saysOK {
		e.at = f.to
		e.watch.saw(e.at, e.opened)
	}
	return nil
}

// send sends a batch until no reader holds it up. Only what was certainly not
// applied is sent again.
func (e *Engine) send(ctx context.Context, keys []string, args []any) (string, error) {
	until := time.Now().Add(MaxHeld)
	for {
		word, err := e.says(ctx, applyScript, keys, args...)
		if err != nil || word != saysHeld {
			return word, err
		}
		if time.Now().After(until) {
			args[4] = "1"
		}
		timer := time.NewTimer(heldWait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return "", ctx.Err()
		}
	}
}

// The keys that every batch names, before those of rows and entries; as Lua counts,
// the notices are the third.
const sharedKeys, noticesKey = 3, 3

// batchScratch makes the arguments of a batch. Changes of one key go together in
// one command, as far as commandMax lets them.
type batchScratch struct {
	engine  *Engine
	puts    map[string][]any // rows → key, bytes, …
	drops   map[string][]any
	files   map[string][]any // index → 0, member, …
	unfiles map[string][]any
	keys    []string
	place   map[string]int // of a key in keys
	was, is []projections.IndexEntry
}

func (s *batchScratch) make(ctx context.Context, b projections.Batch) (args []any, keys []string, err error) {
	if err := s.olds(ctx, b.Ops); err != nil {
		return nil, nil, err
	}
	s.puts, s.drops, s.files, s.unfiles = map[string][]any{}, map[string][]any{}, map[string][]any{}, map[string][]any{}
	s.keys, s.place = []string{s.engine.ring.head(), s.engine.ring.hold(), s.engine.ring.notices()}, map[string]int{}
	for _, op := range b.Ops {
		if err := s.add(ctx, op); err != nil {
			return nil, nil, err
		}
	}
	args = append(args, number(b.Epoch), s.engine.owner, number(b.From), number(b.To), "", s.engine.ring.kinds(s.keys[sharedKeys:]))
	for _, key := range s.keys[sharedKeys:] {
		args = s.command(args, "HDEL", key, s.drops[key], 1)
		args = s.command(args, "HSET", key, s.puts[key], 2)
		args = s.command(args, "ZREM", key, s.unfiles[key], 1)
		args = s.command(args, "ZADD", key, s.files[key], 2)
	}
	if s.engine.tells {
		entry, err := s.engine.notice(b)
		if err != nil {
			return nil, nil, err
		}
		args = append(append(args, "XADD", noticesKey, len(entry)), entry...)
	}
	return args, s.keys, nil
}

// olds makes the rows known that the batch replaces: their entries go.
func (s *batchScratch) olds(ctx context.Context, ops []projections.Op) error {
	refs := make([]projections.RowRef, 0, len(ops))
	for _, op := range ops {
		if _, err := s.engine.table(op.Table); err != nil {
			return err
		}
		if op.Table.Indexed() {
			refs = append(refs, projections.RowRef{Table: op.Table, Key: op.Key})
		}
	}
	return s.engine.fetch(ctx, refs)
}

func (s *batchScratch) add(ctx context.Context, op projections.Op) error {
	t := s.engine.tables[op.Table]
	s.touch(t.rows)
	if op.Row == nil {
		s.drops[t.rows] = append(s.drops[t.rows], op.Key)
	} else {
		data, err := s.engine.opt.Rows.Encode(ctx, t.place+op.Key, op.Row)
		if err != nil {
			return err
		}
		s.puts[t.rows] = append(s.puts[t.rows], op.Key, data)
	}
	if !op.Table.Indexed() {
		return nil
	}
	s.was, s.is = s.was[:0], s.is[:0]
	old, known := s.engine.cache.get(op.Table, op.Key)
	if !known {
		return fmt.Errorf("redis: a batch of more than %d rows", s.engine.opt.CacheRows)
	}
	if old != nil {
		s.was = op.Table.RowIndexes(old, s.was)
	}
	if op.Row != nil {
		s.is = op.Table.RowIndexes(op.Row, s.is)
	}
	projections.Refiled(s.was, s.is, func(gone projections.IndexEntry) {
		key := s.touch(s.engine.ring.index(op.Table, gone.Index))
		s.unfiles[key] = append(s.unfiles[key], entryMember(gone, op.Key))
	}, func(come projections.IndexEntry) {
		key := s.touch(s.engine.ring.index(op.Table, come.Index))
		s.files[key] = append(s.files[key], "0", entryMember(come, op.Key))
	})
	return nil
}

// touch gives a key its place among those of the script.
func (s *batchScratch) touch(key string) string {
	if _, ok := s.place[key]; !ok {
		s.keys = append(s.keys, key)
		s.place[key] = len(s.keys) // as Lua counts
	}
	return key
}

// command appends commands of a name on a key; operands stay together in groups
// of a size.
func (s *batchScratch) command(args []any, name, key string, operands []any, group int) []any {
	for len(operands) > 0 {
		n := min(len(operands), commandMax/group*group)
		args = append(args, name, s.place[key], n)
		args = append(args, operands[:n]...)
		operands = operands[n:]
	}
	return args
}
