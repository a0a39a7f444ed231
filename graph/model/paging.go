package model

import (
	"github.com/diaspora-match/diaspora/projections"
)

// DefaultPage is the size of a page that names neither first nor last
// (docs/limits.md; projections.MaxPage is the most).
const DefaultPage = 20

// Paging reads the arguments of a connection. It returns projections.ErrPage.
func Paging(first *int, after *string, last *int, before *string) (projections.Paging, error) {
	var p projections.Paging
	switch {
	case first != nil && last != nil,
		first != nil && (*first < 1 || *first > projections.MaxPage),
		last != nil && (*last < 1 || *last > projections.MaxPage):
		return p, projections.ErrPage
	case first != nil:
		p.First = *first
	case last != nil:
		p.Last = *last
	default:
		p.First = DefaultPage
	}
	if after != nil {
		p.After = *after
	}
	if before != nil {
		p.Before = *before
	}
	return p, nil
}

// Edge is an object with its cursor.
type Edge[T any] struct {
	Cursor string
	Node   *T
}

// Connection is a page of objects, each with its cursor.
type Connection[T any] struct {
	Nodes      []*T
	PageInfo   *PageInfo
	TotalCount *int
	cursors    []string
}

// Edges pairs the objects with their cursors.
func (c *Connection[T]) Edges() []*Edge[T] {
	edges := make([]*Edge[T], len(c.Nodes))
	for i, n := range c.Nodes {
		edges[i] = &Edge[T]{c.cursors[i], n}
	}
	return edges
}

// connect makes a connection of the objects that became of the rows of a page.
// Objects that are nil could not be seen after all and leave no trace. The total
// is told when counted says that it is exact for this reader.
func connect[R, T any](page projections.Page[R], objects []*T, counted bool) *Connection[T] {
	c := &Connection[T]{
		Nodes: make([]*T, 0, len(objects)), cursors: make([]string, 0, len(objects)),
		PageInfo: &PageInfo{HasNextPage: page.HasNext, HasPreviousPage: page.HasPrevious},
	}
	for i, o := range objects {
		if o != nil {
			c.Nodes = append(c.Nodes, o)
			c.cursors = append(c.cursors, page.Cursors[i])
		}
	}
	if n := len(page.Cursors); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &page.Cursors[0], &page.Cursors[n-1]
	}
	if counted {
		c.TotalCount = &page.Total
	}
	return c
}
