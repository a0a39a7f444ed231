package viewtest

import (
	"fmt"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/projections"
)

// Note is the row of the suite's table Notes.
type Note struct {
	ID    string   `json:"id"`
	Shelf string   `json:"shelf"`
	Rank  int64    `json:"rank"`
	Words []string `json:"words,omitempty"`
}

// Names of the indexes of Notes.
const (
	ByShelf = "shelf"
	ByWord  = "word"
)

// Notes has two indexes, one of them with many entries a row.
var Notes = &projections.Table[Note]{
	Name:    "notes",
	Version: 1,
	Key:     func(n *Note) string { return n.ID },
	Indexes: func(n *Note, entries []projections.IndexEntry) []projections.IndexEntry {
		sort := projections.SortInt(n.Rank)
		entries = append(entries, projections.IndexEntry{Index: ByShelf, Bucket: n.Shelf, Sort: sort})
		for _, w := range n.Words {
			entries = append(entries, projections.IndexEntry{Index: ByWord, Bucket: w, Sort: sort})
		}
		return entries
	},
	Related: func(n *Note) projections.Related {
		return projections.Related{Need: domain.NeedID(n.ID)}
	},
}

// Tally is the row of the suite's table Tallies, which has no index.
type Tally struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Tallies has no index.
var Tallies = &projections.Table[Tally]{
	Name:    "tallies",
	Version: 1,
	Key:     func(t *Tally) string { return t.Name },
}

// Tables is what an engine under test is opened with.
func Tables() []projections.Schema { return []projections.Schema{Notes, Tallies} }

func put(n Note) projections.Op {
	return projections.Op{Table: Notes, Key: n.ID, Row: &n}
}

func drop(id string) projections.Op {
	return projections.Op{Table: Notes, Key: id}
}

func tally(name string, count int) projections.Op {
	return projections.Op{Table: Tallies, Key: name, Row: &Tally{name, count}}
}

func noteID(i int) string { return fmt.Sprintf("note-%04d", i) }
