package redis

import (
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/diaspora-match/diaspora/projections"
)

// cache remembers committed rows for the writer, and that there is none. It is
// right as long as nobody else writes: each batch checks that, and whatever is not
// a plain yes empties the cache.
type cache struct {
	rows *simplelru.LRU[projections.RowRef, any]
	// all: every row that there is stands in the cache; what does not, is not.
	all bool
}

func newCache(rows int) *cache {
	c := &cache{}
	lru, err := simplelru.NewLRU(rows, func(projections.RowRef, any) { c.all = false })
	if err != nil {
		panic(err) // the size is above zero
	}
	c.rows = lru
	return c
}

// get is the row, or nil for none, and whether that is known.
func (c *cache) get(t projections.Schema, key string) (row any, known bool) {
	row, known = c.rows.Get(projections.RowRef{Table: t, Key: key})
	return row, known || c.all
}

func (c *cache) put(t projections.Schema, key string, row any) {
	ref := projections.RowRef{Table: t, Key: key}
	if row == nil && c.all {
		all := c.all
		c.rows.Remove(ref)
		c.all = all
		return
	}
	c.rows.Add(ref, row)
}

// forget empties the cache; empty says that there are no rows at all.
func (c *cache) forget(empty bool) {
	c.rows.Purge()
	c.all = empty
}
