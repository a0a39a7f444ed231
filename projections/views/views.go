package views

import (
	"fmt"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// All lists the views over the built-in list of skills.
func All() []projections.View { return Over(taxonomy.Builtin()) }

// Over lists the views in the order in which they fold an event, with skills by
// the names of a list. Dashboards and fairness come first, to compare the event
// with the rows before it; the others may look at the rows of earlier ones;
// erasure comes last and clears them all.
func Over(list *taxonomy.Taxonomy) []projections.View {
	return []projections.View{
		dashboardsView, fairnessView, involvementsView, programmesView, institutionsView, expertsView, peopleView, needsView(list),
		candidaciesView, assignmentsView, roundsView, rankingsView, historyView, inboxesView, principalsView, disclosuresView, erasureView,
	}
}

// Tables lists all tables, for opening an engine and for dumps.
func Tables() []projections.Schema {
	tables, err := projections.Tables(All()...)
	if err != nil {
		panic(err) // two tables of one name: a mistake of the program
	}
	return tables
}

// idOf is the id of the aggregate whose stream an event stands in.
func idOf(e *codec.Decoded) string {
	_, id, _ := strings.Cut(e.Stream, "-")
	return id
}

// missing says that an event speaks of something that never began: the log
// holds what no aggregate would have written.
func missing(e *codec.Decoded) error {
	return fmt.Errorf("%s of an object that never began", e.Event.EventType())
}

// upsert returns a copy of list with item in the place of the element of the
// same key, or at the end.
func upsert[T any, K comparable](list []T, key func(T) K, item T) []T {
	i := slices.IndexFunc(list, func(x T) bool { return key(x) == key(item) })
	if i < 0 {
		return append(list[:len(list):len(list)], item)
	}
	list = slices.Clone(list)
	list[i] = item
	return list
}

// merged returns list with each item in the place of the element of its key, or
// at the end.
func merged[T any, K comparable](list []T, key func(T) K, items []T) []T {
	if len(list) == 0 {
		return items
	}
	out := make([]T, len(list), len(list)+len(items))
	copy(out, list)
	for _, item := range items {
		i := slices.IndexFunc(out, func(x T) bool { return key(x) == key(item) })
		if i < 0 {
			out = append(out, item)
		} else {
			out[i] = item
		}
	}
	return out
}

// without returns a copy of list without the elements of a key.
func without[T any, K comparable](list []T, key func(T) K, gone K) []T {
	out := make([]T, 0, len(list))
	for _, x := range list {
		if key(x) != gone {
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// edited returns a copy of list in which change was applied to the element of
// the key, if there is one.
func edited[T any, K comparable](list []T, key func(T) K, k K, change func(*T)) []T {
	i := slices.IndexFunc(list, func(x T) bool { return key(x) == k })
	if i < 0 {
		return list
	}
	list = slices.Clone(list)
	change(&list[i])
	return list
}

func self[T any](x T) T { return x }

// bucket joins the parts of a bucket's name; an empty part means any.
func bucket(parts ...string) string { return strings.Join(parts, "|") }

// entry is short for an index entry.
func entry(index, bucket, sort string) projections.IndexEntry {
	return projections.IndexEntry{Index: index, Bucket: bucket, Sort: sort}
}

// combinations appends an entry for every choice of naming or not naming each
// part: 2^n buckets, so that any filter over them has a bucket of its own.
func combinations(entries []projections.IndexEntry, index, sort string, parts ...string) []projections.IndexEntry {
	chosen := make([]string, len(parts))
	for mask := range 1 << len(parts) {
		for i, p := range parts {
			chosen[i] = ""
			if mask&(1<<i) != 0 {
				chosen[i] = p
			}
		}
		entries = append(entries, entry(index, bucket(chosen...), sort))
	}
	return entries
}

// Roles are few; holding the constants instead of each decoded copy saves a
// string for every event.
func roleOf(r domain.Role) domain.Role {
	switch r {
	case domain.RoleExpert:
		return domain.RoleExpert
	case domain.RoleHost:
		return domain.RoleHost
	case domain.RoleFocalPoint:
		return domain.RoleFocalPoint
	case domain.RoleManager:
		return domain.RoleManager
	case domain.RoleAdministrator:
		return domain.RoleAdministrator
	case domain.RoleEvaluator:
		return domain.RoleEvaluator
	case domain.RoleSystem:
		return domain.RoleSystem
	}
	return r
}
