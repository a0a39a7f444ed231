package model

import "github.com/diaspora-match/diaspora/projections"

// each maps rows to objects; nil stays nil.
func each[R, T any](rows []*R, see func(*R) *T) []*T {
	out := make([]*T, len(rows))
	for i, r := range rows {
		out[i] = see(r)
	}
	return out
}

// seen loads the rows of ids at once and lets the principal see them together.
func seen[R, T any, K ~string](s *Sight, table *projections.Table[R], ids []K, see func([]*R) []*T) (map[K]*T, error) {
	found, err := many(s, table, ids)
	if err != nil {
		return nil, err
	}
	keys, rows := make([]K, 0, len(found)), make([]*R, 0, len(found))
	for _, id := range ids {
		if r := found[id]; r != nil {
			keys, rows = append(keys, id), append(rows, r)
			delete(found, id)
		}
	}
	out := make(map[K]*T, len(keys))
	for i, o := range see(rows) {
		if o != nil {
			out[keys[i]] = o
		}
	}
	return out, nil
}

// one is the object of a single id.
func one[K ~string, T any](id K, load func([]K) (map[K]*T, error)) (*T, error) {
	found, err := load([]K{id})
	if err != nil {
		return nil, err
	}
	return found[id], nil
}

// listed gives the empty list in place of nil, which would be null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// seenErr is seen for what may fail while it is looked at.
func seenErr[R, T any, K ~string](s *Sight, table *projections.Table[R], ids []K, see func([]*R) ([]*T, error)) (map[K]*T, error) {
	var failed error
	found, err := seen(s, table, ids, func(rows []*R) []*T {
		out, err := see(rows)
		if err != nil {
			failed = err
			return make([]*T, len(rows))
		}
		return out
	})
	if failed != nil {
		return nil, failed
	}
	return found, err
}
