package projections

import (
	"fmt"
	"slices"

	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// View folds events into rows of its tables. Folds of one event run in the
// order in which the views were given to the runner.
type View struct {
	Name   string
	Tables []Schema
	// Categories lists the streams whose events the view folds ("need"); empty
	// means all.
	Categories []string
	// Fold applies one event. It is pure: event and rows in, rows out. It must not
	// keep e, which is used again; what e.Event holds it may keep. An error
	// means that the log holds what no aggregate would have written; it stops
	// the runner.
	Fold func(tx *Tx, e *codec.Decoded) error
}

// Tables lists the tables of views in a fixed order, for opening an engine and
// for dumps. Two tables of one name are a mistake of the program.
func Tables(views ...View) ([]Schema, error) {
	var tables []Schema
	for _, v := range views {
		for _, t := range v.Tables {
			if slices.ContainsFunc(tables, func(s Schema) bool { return s.TableName() == t.TableName() }) {
				return nil, fmt.Errorf("projections: table %s is there twice", t.TableName())
			}
			tables = append(tables, t)
		}
	}
	return tables, nil
}

// folds finds the views of an event by its category.
type folds struct {
	views      []View
	byCategory map[string][]View
}

func foldsOf(views []View) folds {
	f := folds{views: views, byCategory: map[string][]View{}}
	for _, v := range views {
		for _, c := range v.Categories {
			f.byCategory[c] = nil
		}
	}
	for c := range f.byCategory {
		f.byCategory[c] = f.of(c)
	}
	return f
}

func (f folds) of(category string) []View {
	if views := f.byCategory[category]; views != nil {
		return views
	}
	var out []View
	for _, v := range f.views {
		if len(v.Categories) == 0 || slices.Contains(v.Categories, category) {
			out = append(out, v)
		}
	}
	return out
}
