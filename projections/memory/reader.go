package memory

import (
	"iter"
	"sort"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// reader reads under the engine's read lock.
type reader struct{ e *Engine }

func (r reader) Position() eventstore.Position { return r.e.position }

func (r reader) Get(s projections.Schema, key string) (any, error) {
	t, err := r.e.table(s)
	if err != nil {
		return nil, err
	}
	return t.rows[key], nil
}

func (r reader) Many(s projections.Schema, keys []string) ([]any, error) {
	t, err := r.e.table(s)
	if err != nil {
		return nil, err
	}
	rows := make([]any, len(keys))
	for i, key := range keys {
		rows[i] = t.rows[key]
	}
	return rows, nil
}

func (r reader) Span(s projections.Schema, index, name string, span projections.Span) ([]projections.Member, error) {
	t, err := r.e.table(s)
	if err != nil {
		return nil, err
	}
	b := t.indexes[index][name]
	if b == nil || span.Limit <= 0 {
		return nil, nil
	}
	members := make([]projections.Member, 0, min(span.Limit, b.Len()))
	visit := func(m string) bool {
		member := projections.Member(m)
		if member == span.After || member == span.Before {
			return true // both bounds are excluded
		}
		if span.Backwards && span.After != "" && member < span.After || !span.Backwards && span.Before != "" && member > span.Before {
			return false
		}
		members = append(members, member)
		return len(members) < span.Limit
	}
	switch {
	case !span.Backwards:
		b.Ascend(string(span.After), visit)
	case span.Before != "":
		b.Descend(string(span.Before), visit)
	default:
		b.Reverse(visit)
	}
	return members, nil
}

func (r reader) Count(s projections.Schema, index, name string) (int, error) {
	t, err := r.e.table(s)
	if err != nil {
		return 0, err
	}
	if b := t.indexes[index][name]; b != nil {
		return b.Len(), nil
	}
	return 0, nil
}

func (r reader) CountUntil(s projections.Schema, index, name, bound string) (int, error) {
	t, err := r.e.table(s)
	if err != nil {
		return 0, err
	}
	b := t.indexes[index][name]
	if b == nil {
		return 0, nil
	}
	// Every member with a sort key of at least bound begins with bound or is
	// greater than it.
	return sort.Search(b.Len(), func(i int) bool {
		m, _ := b.GetAt(i)
		return projections.Member(m).Sort() >= bound
	}), nil
}

func (r reader) Len(s projections.Schema) (int, error) {
	t, err := r.e.table(s)
	if err != nil {
		return 0, err
	}
	return len(t.rows), nil
}

func (r reader) Rows(s projections.Schema) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		t, err := r.e.table(s)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, key := range sortedKeys(t.rows) {
			if !yield(t.rows[key], nil) {
				return
			}
		}
	}
}

func (r reader) Entries(s projections.Schema) iter.Seq2[projections.Entry, error] {
	return func(yield func(projections.Entry, error) bool) {
		t, err := r.e.table(s)
		if err != nil {
			yield(projections.Entry{}, err)
			return
		}
		for _, index := range sortedKeys(t.indexes) {
			for _, name := range sortedKeys(t.indexes[index]) {
				more := true
				t.indexes[index][name].Scan(func(m string) bool {
					more = yield(projections.Entry{Index: index, Bucket: name, Member: projections.Member(m)}, nil)
					return more
				})
				if !more {
					return
				}
			}
		}
	}
}
