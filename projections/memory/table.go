package memory

import (
	"slices"

	"github.com/tidwall/btree"

	"github.com/diaspora-match/diaspora/projections"
)

// bucket holds members in order.
type bucket = btree.Set[string]

type table struct {
	schema  projections.Schema
	rows    map[string]any
	indexes map[string]map[string]*bucket
	// scratch for the entries of the old and the new row
	was, is []projections.IndexEntry
	// recent members of the row at hand
	recent recent
}

func newTable(s projections.Schema) *table {
	return &table{schema: s, rows: map[string]any{}, indexes: map[string]map[string]*bucket{}}
}

// apply changes one row, and its index entries when the indexes are built.
func (t *table) apply(op projections.Op, indexed bool) {
	if indexed && t.schema.Indexed() {
		t.was, t.is = t.was[:0], t.is[:0]
		if old := t.rows[op.Key]; old != nil {
			t.was = t.schema.RowIndexes(old, t.was)
		}
		if op.Row != nil {
			t.is = t.schema.RowIndexes(op.Row, t.is)
		}
		t.move(op.Key)
	}
	if op.Row == nil {
		delete(t.rows, op.Key)
		return
	}
	t.rows[op.Key] = op.Row
}

// move takes the key out of the entries that are no more and files it in the
// new ones.
func (t *table) move(key string) {
	projections.Refiled(t.was, t.is,
		func(gone projections.IndexEntry) { t.remove(gone, key) },
		func(come projections.IndexEntry) { t.insert(come, key) })
}

func (t *table) insert(e projections.IndexEntry, key string) {
	t.bucket(e.Index, e.Bucket).Insert(t.recent.member(e.Sort, key))
}

func (t *table) remove(e projections.IndexEntry, key string) {
	buckets := t.indexes[e.Index]
	b := buckets[e.Bucket]
	if b == nil {
		return
	}
	b.Delete(t.recent.member(e.Sort, key))
	if b.Len() == 0 {
		delete(buckets, e.Bucket)
	}
}

func (t *table) bucket(index, name string) *bucket {
	buckets := t.indexes[index]
	if buckets == nil {
		buckets = map[string]*bucket{}
		t.indexes[index] = buckets
	}
	b := buckets[name]
	if b == nil {
		b = new(bucket)
		buckets[name] = b
	}
	return b
}

// build makes all indexes of the table from its rows, each bucket sorted once
// and loaded in order.
func (t *table) build() {
	if !t.schema.Indexed() {
		return
	}
	type place struct{ index, bucket string }
	members := map[place][]string{}
	for key, row := range t.rows {
		t.is = t.schema.RowIndexes(row, t.is[:0])
		for _, e := range t.is {
			at := place{e.Index, e.Bucket}
			members[at] = append(members[at], t.recent.member(e.Sort, key))
		}
	}
	for at, list := range members {
		slices.Sort(list)
		list = slices.Compact(list)
		b := t.bucket(at.index, at.bucket)
		for _, m := range list {
			b.Load(m)
		}
	}
}

// recent remembers the last members that were made: a row stands in many buckets
// at the same sort key, and all of them share one string.
type recent struct {
	members [4]projections.Member
	next    int
}

func (r *recent) member(sort, key string) string {
	for _, m := range r.members {
		if len(m) == len(sort)+1+len(key) && string(m[len(sort)+1:]) == key && string(m[:len(sort)]) == sort {
			return string(m)
		}
	}
	m := projections.MemberOf(sort, key)
	r.members[r.next] = m
	r.next = (r.next + 1) % len(r.members)
	return string(m)
}
