package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

// folder is an engine of views that loses its last batches when it is told to, as
// a Redis does whose failover did not have them. Who reads waits in the scheduler.
type folder struct {
	*memory.Engine
	rows   *codec.Rows
	kept   []projections.Batch // since the beginning, with lists of their own
	stored map[any][]byte      // each row as it would stand elsewhere, sealed
	at     eventstore.Position
	losing int  // batches until some are lost, below zero: never
	lost   int  // how many then
	mute   bool // the answer to the next batch is lost
	torn   bool // planted: what was lost is gone, and the checkpoint stays
}

func newFolder(rows *codec.Rows) *folder {
	return &folder{Engine: memory.New(views.Tables()...), rows: rows, stored: map[any][]byte{}, losing: -1}
}

var errLost = errors.New("sim: the answer was lost")

func (f *folder) Apply(ctx context.Context, b projections.Batch) error {
	if f.losing == 0 {
		if err := f.lose(ctx, f.lost); err != nil {
			return err
		}
	}
	f.losing--
	if err := f.Engine.Apply(ctx, b); err != nil {
		return err
	}
	if b.To > f.at {
		b.Ops = slices.Clone(b.Ops)
		f.kept, f.at = append(f.kept, b), b.To
		return errors.Join(f.write(ctx, b), f.answer())
	}
	return f.answer()
}

// answer is nil, unless the answer is lost.
func (f *folder) answer() error {
	if !f.mute {
		return nil
	}
	f.mute = false
	return errLost
}

// write keeps the stored form of the rows of a batch.
func (f *folder) write(ctx context.Context, b projections.Batch) error {
	for _, op := range b.Ops {
		if op.Row == nil {
			continue
		}
		data, err := f.rows.Encode(ctx, place(op), op.Row)
		if err != nil {
			return err
		}
		f.stored[op.Row] = data
	}
	return nil
}

// place is where a row belongs.
func place(op projections.Op) string { return op.Table.TableName() + "\x00" + op.Key }

// lose takes the last batches away. Rows that stay come back as an engine outside
// the process gives them: what a destroyed key sealed is gone, and then the engine
// begins at zero, as the one over Redis does.
func (f *folder) lose(ctx context.Context, batches int) error {
	was := f.at
	f.kept = f.kept[:max(len(f.kept)-batches, 0)]
	f.at, f.losing = 0, -1
	ops, whole, err := f.restored(ctx)
	if err != nil {
		return err
	}
	if !whole {
		f.kept, ops = nil, nil
	}
	f.Engine = memory.New(views.Tables()...)
	epoch, _, err := f.Claim(ctx)
	if err != nil {
		return err
	}
	if len(f.kept) > 0 {
		f.at = f.kept[len(f.kept)-1].To
		if f.torn {
			f.at = was
		}
		if err := f.Engine.Apply(ctx, projections.Batch{Epoch: epoch, To: f.at, Ops: ops}); err != nil {
			return err
		}
	}
	return f.Open(ctx, epoch)
}

// restored is the last form of each row that was kept, read back. It is not whole
// when a text of a row opens no more.
func (f *folder) restored(ctx context.Context) (ops []projections.Op, whole bool, err error) {
	known := map[projections.RowRef]int{}
	for _, b := range f.kept {
		for _, op := range b.Ops {
			ref := projections.RowRef{Table: op.Table, Key: op.Key}
			if i, ok := known[ref]; ok {
				ops[i] = op
				continue
			}
			known[ref] = len(ops)
			ops = append(ops, op)
		}
	}
	whole = true
	for i, op := range ops {
		if op.Row == nil {
			continue
		}
		row := op.Table.NewRow()
		lost, err := f.rows.Decode(ctx, place(op), f.stored[op.Row], row)
		if err != nil {
			return nil, false, err
		}
		whole = whole && !lost
		f.stored[row] = f.stored[op.Row]
		ops[i].Row = row
	}
	return ops, whole, nil
}

// Read and WaitFor leave waiting to the scheduler.
func (f *folder) Read(ctx context.Context, atLeast eventstore.Position, fn func(projections.Reader) error) error {
	if err := f.WaitFor(ctx, atLeast); err != nil {
		return err
	}
	return f.Engine.Read(ctx, 0, fn)
}

func (f *folder) WaitFor(ctx context.Context, position eventstore.Position) error {
	for f.at < position {
		if err := pause(ctx, ask{views: f, position: position}); err != nil {
			return err
		}
	}
	return nil
}

// fold lets the runner fold some events of the log, in batches of at most so many,
// as one that has just started.
func (w *world) fold(f *folder, events, batch int) error {
	err := projections.Replay(w.ctx, projections.Config{Engine: f, Views: views.All(), BatchMax: batch}, func(yield func(codec.Decoded, error) bool) {
		for r, err := range w.log.ReadAll(w.ctx, f.at, eventstore.Forwards, events) {
			d, decoding := codec.Decoded{}, err
			if err == nil {
				d, decoding = w.codec.Decode(w.ctx, r)
			}
			if !yield(d, decoding) {
				return
			}
		}
	})
	if err == nil || errors.Is(err, errLost) || errors.Is(err, projections.ErrStaleCheckpoint) {
		return nil // the runner claims again, and goes on from where the engine stands
	}
	return fmt.Errorf("views: %w", err)
}

// foldThrough folds until a position is reached.
func (w *world) foldThrough(f *folder, position eventstore.Position) error {
	for f.at < position {
		if err := w.fold(f, int(position-f.at), 1+w.rng.IntN(8)); err != nil {
			return err
		}
	}
	return nil
}
