package redis

import (
	"iter"
	"slices"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/diaspora-match/diaspora/projections"
)

// scanChunk is how many rows or entries a walk over a whole table fetches at a
// time, listed in docs/limits.md.
const scanChunk = 512

// Rows implements projections.Reader.
func (r *reader) Rows(s projections.Schema) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		keys, err := r.rowKeys(s)
		if err != nil {
			yield(nil, err)
			return
		}
		for some := range slices.Chunk(keys, scanChunk) {
			rows, err := r.Many(s, some)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// rowKeys collects the keys of a table in their order. While the position stands
// still, a scan sees every key at least once.
func (r *reader) rowKeys(s projections.Schema) ([]string, error) {
	t, err := r.engine.table(s)
	if err != nil {
		return nil, err
	}
	var keys []string
	for cursor := uint64(0); ; {
		var found *goredis.ScanCmd
		if err := r.ask(func(p goredis.Pipeliner) { found = p.HScan(r.ctx, t.rows, cursor, "", scanChunk) }); err != nil {
			return nil, err
		}
		var some []string
		some, cursor = found.Val()
		for i := 0; i < len(some); i += 2 {
			keys = append(keys, some[i]) // its row follows; older servers cannot leave it out
		}
		if cursor == 0 {
			slices.Sort(keys)
			return slices.Compact(keys), nil
		}
	}
}

// Entries implements projections.Reader.
func (r *reader) Entries(s projections.Schema) iter.Seq2[projections.Entry, error] {
	return func(yield func(projections.Entry, error) bool) {
		names, err := r.indexNames(s)
		if err != nil {
			yield(projections.Entry{}, err)
			return
		}
		for _, name := range names {
			if !r.entries(s, name, yield) {
				return
			}
		}
	}
}

// indexNames lists the indexes of a table that have had entries, in their order.
func (r *reader) indexNames(s projections.Schema) ([]string, error) {
	if _, err := r.engine.table(s); err != nil {
		return nil, err
	}
	var fields *goredis.StringSliceCmd
	if err := r.ask(func(p goredis.Pipeliner) { fields = p.HKeys(r.ctx, r.engine.ring.head()) }); err != nil {
		return nil, err
	}
	prefix := r.engine.ring.index(s, "")
	var names []string
	for _, key := range r.engine.ring.sized(fields.Val()) {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

func (r *reader) entries(s projections.Schema, index string, yield func(projections.Entry, error) bool) bool {
	low := "-"
	for {
		var found *goredis.StringSliceCmd
		by := &goredis.ZRangeBy{Min: low, Max: "+", Count: scanChunk}
		err := r.ask(func(p goredis.Pipeliner) { found = p.ZRangeByLex(r.ctx, r.engine.ring.index(s, index), by) })
		if err != nil {
			return yield(projections.Entry{}, err) && false
		}
		members := found.Val()
		for _, m := range members {
			bucket, member, _ := strings.Cut(m, "\x00")
			if !yield(projections.Entry{Index: index, Bucket: bucket, Member: projections.Member(member)}, nil) {
				return false
			}
		}
		if len(members) < scanChunk {
			return true
		}
		low = "(" + members[len(members)-1]
	}
}
