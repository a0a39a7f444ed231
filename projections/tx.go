package projections

import "context"

// Tx is the fold of one batch: it sees the committed rows with its own changes
// on top. It belongs to one goroutine. Folds need not check errors of the
// engine: the first one sticks, reads give nil from then on, and the runner
// drops the batch.
type Tx struct {
	ctx     context.Context
	engine  Engine
	shelves []*shelf // few: looked through one by one
	pending []pending
	err     error

	// scouting collects the rows that a fold asks for and the engine does not know,
	// instead of loading them.
	scouting Prefetcher
	wanted   []RowRef
}

// shelf finds the pending rows of a table.
type shelf struct {
	table Schema
	rows  map[string]int // key → place in Tx.pending
	most  int            // rows that the map ever held
}

type pending struct {
	table Schema
	key   string
	row   any // nil: deleted
	old   any // committed row, nil: none
}

func newTx(engine Engine) *Tx { return &Tx{engine: engine} }

// A map costs as much to clear as it ever held. One that held more than largeShelf
// rows and now a small part of it (a rebuild is over) is made anew.
const (
	largeShelf = 64
	smallPart  = 8
)

// reset begins a new batch and keeps the allocations.
func (tx *Tx) reset(ctx context.Context) {
	tx.ctx, tx.err = ctx, nil
	for _, s := range tx.shelves {
		s.most = max(s.most, len(s.rows))
		if s.most > largeShelf && len(s.rows) < s.most/smallPart {
			s.rows, s.most = map[string]int{}, 0
			continue
		}
		clear(s.rows)
	}
	clear(tx.pending)
	tx.pending = tx.pending[:0]
}

// Err is the first error of the engine.
func (tx *Tx) Err() error { return tx.err }

func (tx *Tx) shelf(t Schema) *shelf {
	for _, s := range tx.shelves {
		if s.table == t {
			return s
		}
	}
	s := &shelf{table: t, rows: map[string]int{}}
	tx.shelves = append(tx.shelves, s)
	return s
}

// notOwn is the place of a row that the batch has not touched.
const notOwn = -1

// find is the row as the fold sees it, and its place in pending.
func (tx *Tx) find(t Schema, key string) (p pending, at int) {
	if at, own := tx.shelf(t).rows[key]; own {
		return tx.pending[at], at
	}
	if tx.err != nil {
		return pending{}, notOwn
	}
	if tx.scouting != nil && !tx.scouting.Known(t, key) {
		tx.wanted = append(tx.wanted, RowRef{t, key})
		return pending{}, notOwn
	}
	row, err := tx.engine.Load(tx.ctx, t, key)
	if err != nil {
		tx.err = err
		return pending{}, notOwn
	}
	return pending{row: row, old: row}, notOwn
}

func (tx *Tx) set(t Schema, key string, row, old any, at int) {
	if at == notOwn {
		tx.shelf(t).rows[key] = len(tx.pending)
		tx.pending = append(tx.pending, pending{t, key, row, old})
		return
	}
	tx.pending[at].row = row
}

// changes lists what the batch has changed, in the order in which it first
// touched the rows.
func (tx *Tx) changes(visit func(t Schema, key string, row, old any)) {
	for i := range tx.pending {
		p := &tx.pending[i]
		if p.row == nil && p.old == nil {
			continue // came and went within the batch
		}
		visit(p.table, p.key, p.row, p.old)
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
	p, at := tx.find(t, key)
	if p.row == nil {
		return nil
	}
	if at != notOwn {
		return p.row.(*T)
	}
	row := new(T)
	*row = *p.row.(*T)
	tx.set(t, t.Key(row), row, p.old, at)
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
	p, at := tx.find(t, key)
	tx.set(t, key, &row, p.old, at)
	return &row
}

// Delete removes the row of a key; nothing happens when there is none.
func (t *Table[T]) Delete(tx *Tx, key string) {
	p, at := tx.find(t, key)
	if p.row == nil {
		return
	}
	tx.set(t, key, nil, p.old, at)
}
