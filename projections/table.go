package projections

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
)

// Table names a set of rows of one type. Tables are declared once, as package
// variables, and are compared by identity.
type Table[T any] struct {
	// Name is unique among the tables of an engine: "needs".
	Name string
	// Version of the row's shape and of the fold. A new version is built beside
	// the old one.
	Version int
	// Key is the row's own key. It never changes and holds no NUL.
	Key func(*T) string
	// Indexes appends the entries under which the row is found and returns the
	// extended slice. It depends on the row alone. May be nil.
	Indexes func(row *T, entries []IndexEntry) []IndexEntry
	// Related says whom a change of the row concerns. May be nil.
	Related func(*T) Related
}

// IndexEntry files a row in a bucket of an index, at a sort key. Within a
// bucket rows stand in the order of their sort keys, compared as bytes, then of
// their keys. Sort holds no NUL; see sort.go for keys of numbers and times.
type IndexEntry struct {
	Index  string
	Bucket string
	Sort   string
}

func compareEntries(a, b IndexEntry) int {
	return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Sort, b.Sort))
}

// distinct sorts entries and drops repeated ones.
func distinct(entries []IndexEntry) []IndexEntry {
	slices.SortFunc(entries, compareEntries)
	return slices.Compact(entries)
}

// Refiled tells an engine how the entries of a row have changed: each that is no
// more, and each that is new, once. It sorts the lists that it is given.
func Refiled(was, is []IndexEntry, gone, come func(IndexEntry)) {
	if slices.Equal(was, is) {
		return
	}
	was, is = distinct(was), distinct(is)
	i, j := 0, 0
	for i < len(was) || j < len(is) {
		order := 0
		switch {
		case i == len(was):
			order = 1
		case j == len(is):
			order = -1
		default:
			order = compareEntries(was[i], is[j])
		}
		switch {
		case order < 0:
			gone(was[i])
			i++
		case order > 0:
			come(is[j])
			j++
		default:
			i, j = i+1, j+1
		}
	}
}

// Related names the objects that a change concerns, so that subscribers can be
// told without a join. Ids only.
type Related struct {
	domain.Scope
	Need       domain.NeedID       `json:"need,omitempty"`
	Candidacy  domain.CandidacyID  `json:"candidacy,omitempty"`
	Assignment domain.AssignmentID `json:"assignment,omitempty"`
	Principal  domain.PrincipalID  `json:"principal,omitempty"`
}

// Schema is a Table without its type: what an engine sees. Rows are pointers.
type Schema interface {
	TableName() string
	TableVersion() int
	RowKey(row any) string
	RowIndexes(row any, entries []IndexEntry) []IndexEntry
	RowRelated(row any) Related
	// NewRow is an empty row, to decode into.
	NewRow() any
	// Indexed reports whether the table has indexes at all.
	Indexed() bool
}

// TableName implements Schema.
func (t *Table[T]) TableName() string { return t.Name }

// TableVersion implements Schema.
func (t *Table[T]) TableVersion() int { return t.Version }

// RowKey implements Schema.
func (t *Table[T]) RowKey(row any) string { return t.Key(row.(*T)) }

// RowIndexes implements Schema.
func (t *Table[T]) RowIndexes(row any, entries []IndexEntry) []IndexEntry {
	if t.Indexes == nil {
		return entries
	}
	return t.Indexes(row.(*T), entries)
}

// RowRelated implements Schema.
func (t *Table[T]) RowRelated(row any) Related {
	if t.Related == nil {
		return Related{}
	}
	return t.Related(row.(*T))
}

// NewRow implements Schema.
func (t *Table[T]) NewRow() any { return new(T) }

// Indexed implements Schema.
func (t *Table[T]) Indexed() bool { return t.Indexes != nil }

// Member is the place of a row in a bucket: sort key, NUL, row key. Engines
// store members and compare them as bytes.
type Member string

// MemberOf joins a sort key and a row key.
func MemberOf(sort, key string) Member { return Member(sort + "\x00" + key) }

// Key is the row key of the member.
func (m Member) Key() string { return string(m[strings.LastIndexByte(string(m), 0)+1:]) }

// Sort is the sort key of the member.
func (m Member) Sort() string { return string(m[:max(strings.LastIndexByte(string(m), 0), 0)]) }
