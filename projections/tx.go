package projections

import "context"

// Tx is the fold of one batch: it sees the committed rows with its own changes
// on top. It belongs to one goroutine. Folds need not check errors of the
// engine: the first one sticks, reads give nil from then on, and the runner
// drops the batch.
type Tx struct {
	ctx     context.Context
	engine  Engine
	pending map[Schema]map[string]pending
	order   []place
	err     error
}

type place struct {
	table Schema
	key   string
}

type pending struct {
	row any // nil: deleted
	old any // committed row, nil: none
}

func newTx(engine Engine) *Tx {
	return &Tx{engine: engine, pending: map[Schema]map[string]pending{}}
}

// reset begins a new batch and keeps the allocations.
func (tx *Tx) reset(ctx context.Context) {
	tx.ctx, tx.err = ctx, nil
	for _, m := range tx.pending {
		clear(m)
	}
	clear(tx.order)
	tx.order = tx.order[:0]
}

// Err is the first error of the engine.
func (tx *Tx) Err() error { return tx.err }

func (tx *Tx) find(t Schema, key string) (p pending, own bool) {
	if p, own = tx.pending[t][key]; own {
		return p, true
	}
	if tx.err != nil {
		return pending{}, false
	}
	row, err := tx.engine.Load(tx.ctx, t, key)
	if err != nil {
		tx.err = err
		return pending{}, false
	}
	return pending{row: row, old: row}, false
}

func (tx *Tx) set(t Schema, key string, p pending, own bool) {
	m := tx.pending[t]
	if m == nil {
		m = map[string]pending{}
		tx.pending[t] = m
	}
	if !own {
		tx.order = append(tx.order, place{t, key})
	}
	m[key] = p
}

// Changes lists what the batch has changed, in the order in which it first
// touched the rows.
func (tx *Tx) changes(visit func(t Schema, key string, row, old any)) {
	for _, at := range tx.order {
		p := tx.pending[at.table][at.key]
		if p.row == nil && p.old == nil {
			continue // came and went within the batch
		}
		visit(at.table, at.key, p.row, p.old)
	}
}

// Peek is the row as the fold sees it, or nil. It must not be changed.
func (t *Table[T]) Peek(tx *Tx, key string) *T {
	p, _ := tx.find(t, key)
	if p.row == nil {
		return nil
	}
	return p.row.(*T)
}

// Edit is a copy of the row that the fold may change, or nil when there is no
// row. The copy is shallow: appending to a slice is safe; changing an element
// or a map needs a clone first, because readers share what lies behind.
func (t *Table[T]) Edit(tx *Tx, key string) *T {
	p, own := tx.find(t, key)
	if p.row == nil {
		return nil
	}
	if own {
		return p.row.(*T)
	}
	row := new(T)
	*row = *p.row.(*T)
	tx.set(t, t.Key(row), pending{row: row, old: p.old}, false)
	return row
}

// Ensure is Edit, with a new row from make when there is none.
func (t *Table[T]) Ensure(tx *Tx, key string, make func() T) *T {
	if row := t.Edit(tx, key); row != nil {
		return row
	}
	row := make()
	return t.Put(tx, row)
}

// Put stores a row under its key, whatever stood there, and returns the copy
// that the fold may change until the batch ends.
func (t *Table[T]) Put(tx *Tx, row T) *T {
	key := t.Key(&row)
	p, own := tx.find(t, key)
	p.row = &row
	tx.set(t, key, p, own)
	return &row
}

// Delete removes the row of a key; nothing happens when there is none.
func (t *Table[T]) Delete(tx *Tx, key string) {
	p, own := tx.find(t, key)
	if p.row == nil {
		return
	}
	p.row = nil
	tx.set(t, key, p, own)
}
