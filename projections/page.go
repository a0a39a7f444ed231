package projections

import (
	"encoding/base64"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
)

// Refusals of paging.
var (
	ErrCursor = domain.Refuse(domain.Invalid, "view.cursor", "The cursor was not made by this list.", "Use a cursor that this list returned, unchanged.")
	ErrPage   = domain.Refuse(domain.Invalid, "view.page", "Ask either for the first or for the last rows, 1 to 100 of them.", "Give first or last, not both, from 1 to 100.")
)

// Paging asks for a page of a bucket as Relay does: the First rows after a
// cursor, or the Last rows before one. Cursors are opaque and stay good while
// rows come and go.
type Paging struct {
	First, Last   int
	After, Before string
}

// Page is a page in the order of the bucket, whichever way it was walked.
type Page[T any] struct {
	Rows        []*T
	Cursors     []string // of the rows, in their order
	HasNext     bool
	HasPrevious bool
	Total       int // rows in the bucket
}

// Cursor is the opaque form of a member.
func (m Member) Cursor() string { return base64.RawURLEncoding.EncodeToString([]byte(m)) }

func parseCursor(field, cursor string) (Member, error) {
	if cursor == "" {
		return "", nil
	}
	if len(cursor) > MaxCursorBytes {
		return "", ErrCursor.At(field)
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || !strings.Contains(string(b), "\x00") {
		return "", ErrCursor.At(field)
	}
	return Member(b), nil
}

func (p Paging) span() (Span, error) {
	if (p.First > 0) == (p.Last > 0) || p.First < 0 || p.Last < 0 || p.First > MaxPage || p.Last > MaxPage {
		return Span{}, ErrPage
	}
	after, err := parseCursor("after", p.After)
	if err != nil {
		return Span{}, err
	}
	before, err := parseCursor("before", p.Before)
	if err != nil {
		return Span{}, err
	}
	return Span{After: after, Before: before, Backwards: p.Last > 0, Limit: max(p.First, p.Last)}, nil
}

// Get is the row of a key, or nil.
func (t *Table[T]) Get(r Reader, key string) (*T, error) {
	row, err := r.Get(t, key)
	if row == nil || err != nil {
		return nil, err
	}
	return row.(*T), nil
}

// Many is the rows of keys, in their order, nil where there is none.
func (t *Table[T]) Many(r Reader, keys []string) ([]*T, error) {
	rows, err := r.Many(t, keys)
	if err != nil {
		return nil, err
	}
	out := make([]*T, len(rows))
	for i, row := range rows {
		if row != nil {
			out[i] = row.(*T)
		}
	}
	return out, nil
}

// Count is the number of rows in a bucket.
func (t *Table[T]) Count(r Reader, index, bucket string) (int, error) {
	return r.Count(t, index, bucket)
}

// Page reads a page of a bucket. It returns ErrPage, ErrCursor.
func (t *Table[T]) Page(r Reader, index, bucket string, p Paging) (Page[T], error) {
	return t.Filter(r, index, bucket, p, nil)
}

// MaxScan bounds the rows that one filtered page looks at (docs/limits.md).
const MaxScan = 20_000

// scanChunk is how many members a walk fetches at a time.
const scanChunk = 256

// Filter is Page over those rows of the bucket that keep lets through; nil keeps
// all. Total then counts the whole bucket, kept or not. At most MaxScan rows are
// looked at; a page that ends there has HasNext (or HasPrevious) set, even when it
// kept no row: such a filter is too narrow for the bucket, which wants an index.
func (t *Table[T]) Filter(r Reader, index, bucket string, p Paging, keep func(*T) bool) (Page[T], error) {
	var page Page[T]
	span, err := p.span()
	if err != nil {
		return page, err
	}
	if page.Total, err = r.Count(t, index, bucket); err != nil {
		return page, err
	}
	more, err := t.collect(r, index, bucket, span, keep, &page)
	if err != nil {
		return page, err
	}
	page.HasNext, page.HasPrevious = more, span.After != ""
	if span.Backwards {
		slices.Reverse(page.Rows)
		slices.Reverse(page.Cursors)
		page.HasNext, page.HasPrevious = span.Before != "", more
	}
	return page, nil
}

// collect walks the span and reports whether a further row was seen.
func (t *Table[T]) collect(r Reader, index, bucket string, span Span, keep func(*T) bool, page *Page[T]) (bool, error) {
	limit := span.Limit
	page.Rows, page.Cursors = make([]*T, 0, limit), make([]string, 0, limit)
	span.Limit = limit + 1
	if keep != nil {
		span.Limit = scanChunk
	}
	for scanned := 0; scanned < MaxScan; {
		members, rows, err := t.span(r, index, bucket, span)
		if err != nil {
			return false, err
		}
		for i, row := range rows {
			if keep != nil && !keep(row) {
				continue
			}
			if len(page.Rows) == limit {
				return true, nil
			}
			page.Rows = append(page.Rows, row)
			page.Cursors = append(page.Cursors, members[i].Cursor())
		}
		if len(members) < span.Limit {
			return false, nil
		}
		scanned += len(members)
		span.move(members[len(members)-1])
	}
	return true, nil
}

// move lets a walk go on from the last member that it saw.
func (s *Span) move(last Member) {
	if s.Backwards {
		s.Before = last
	} else {
		s.After = last
	}
}

func (t *Table[T]) span(r Reader, index, bucket string, s Span) ([]Member, []*T, error) {
	members, err := r.Span(t, index, bucket, s)
	if err != nil || len(members) == 0 {
		return nil, nil, err
	}
	keys := make([]string, len(members))
	for i, m := range members {
		keys[i] = m.Key()
	}
	rows, err := t.Many(r, keys)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		if row == nil {
			return nil, nil, fmt.Errorf("projections: index %s of %s points to a missing row", index, t.Name)
		}
	}
	return members, rows, nil
}

// Walk yields the rows of a bucket in order, from the first whose sort key is
// not below from. It is for callers that need the whole of a bucket: it has no
// bound but the bucket.
func (t *Table[T]) Walk(r Reader, index, bucket, from string) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		span := Span{Limit: scanChunk}
		if from != "" {
			// Just below every member with that sort key.
			span.After = Member(from)
		}
		for {
			members, rows, err := t.span(r, index, bucket, span)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if len(members) < span.Limit {
				return
			}
			span.move(members[len(members)-1])
		}
	}
}

// All yields every row of the table in the order of their keys.
func (t *Table[T]) All(r Reader) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for row, err := range r.Rows(t) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(row.(*T), nil) {
				return
			}
		}
	}
}
