package model

import (
	"slices"
	"strconv"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/graph/schema"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Every field that tells a history claims its rule.
var ruleHistory = func() map[string]authz.Action {
	claimed := map[string]authz.Action{}
	for _, place := range []string{
		"Query.history", "Institution.history", "Need.history", "Expert.history", "Candidacy.history", "Assignment.history",
		"Round.history",
	} {
		claimed[place] = schema.Claim(place)
	}
	return claimed
}()

var ruleDisclosures = map[string]authz.Action{
	"Query.disclosures": rule("Query.disclosures"), "Expert.disclosures": rule("Expert.disclosures"),
}

// historyOf lists what happened to an object that the principal may audit.
func (s *Sight) historyOf(place, category, id string, o authz.Object, first *int, after *string, last *int, before *string) (*HistoryConnection, error) {
	d, err := s.decidePerson(ruleHistory[place], o)
	if err != nil || !d.Allowed {
		return nil, err
	}
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	var entries []views.HistoryEntry
	err = s.read(func(r projections.Reader) (err error) {
		entries, err = views.HistoryOf(r, category, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return slice(entries, func(e views.HistoryEntry) eventstore.Position { return e.Position }, paging, func(e views.HistoryEntry) *HistoryEntry {
		entry := &HistoryEntry{
			Position: e.Position, At: e.At(), Type: e.What, Role: grantable(e.Role), Reason: nonEmpty(e.Reason),
		}
		if !d.Pseudonymous && e.Role != domain.RoleSystem {
			entry.By, entry.OnBehalfOf = nonEmpty(e.Actor), nonEmpty(e.OnBehalfOf)
		}
		return entry
	})
}

// grantable is the role; nil for the platform itself, which is no role of the
// schema.
func grantable(r domain.Role) *domain.Role {
	if r == domain.RoleSystem {
		return nil
	}
	return nonEmpty(r)
}

// disclosuresOf lists to whom an expert's data was shown.
func (s *Sight) disclosuresOf(place string, id domain.ExpertID, o authz.Object, first *int, after *string, last *int, before *string) (*DisclosureConnection, error) {
	d := s.decide(ruleDisclosures[place], o)
	if !d.Allowed {
		return nil, nil
	}
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	var entries []views.Disclosure
	err = s.read(func(r projections.Reader) (err error) {
		entries, err = views.DisclosuresOf(r, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return slice(entries, func(e views.Disclosure) eventstore.Position { return e.Position }, paging, func(e views.Disclosure) *Disclosure {
		if d.Pseudonymous {
			e.By = ""
		}
		return &Disclosure{e}
	})
}

// MyDisclosures lists to whom the principal's own data was shown; nil when the
// principal has no profile.
func (s *Sight) MyDisclosures(first *int, after *string, last *int, before *string) (*DisclosureConnection, error) {
	own := s.who.Expert()
	if own == "" {
		return nil, nil
	}
	return s.disclosuresOf("Query.disclosures", own, authz.Object{Scope: domain.Scope{Expert: own}}, first, after, last, before)
}

// Disclosure is a showing of an expert's data.
type Disclosure struct{ views.Disclosure }

// Fields are the parts that were shown.
func (d *Disclosure) Fields() []string {
	out := make([]string, len(d.Disclosure.Fields))
	for i, f := range d.Disclosure.Fields {
		out[i] = string(f)
	}
	return out
}

// Kind is the way of showing.
func (d *Disclosure) Kind() string { return string(d.Disclosure.Kind) }

// Purpose is what it was shown for; empty for a sharing.
func (d *Disclosure) Purpose() string { return string(d.Disclosure.Purpose) }

// slice is a page of a list that a row holds whole, oldest first; the page is
// the latest first. Cursors are positions, so that new entries move nothing.
func slice[R, T any](entries []R, at func(R) eventstore.Position, p projections.Paging, see func(R) *T) (*Connection[T], error) {
	newest := slices.Clone(entries)
	slices.Reverse(newest)
	after, before, err := bounds(p)
	if err != nil {
		return nil, err
	}
	from, to := 0, len(newest)
	for from < to && after != 0 && at(newest[from]) >= after {
		from++
	}
	for to > from && before != 0 && at(newest[to-1]) <= before {
		to--
	}
	c := &Connection[T]{PageInfo: &PageInfo{HasPreviousPage: from > 0, HasNextPage: to < len(newest)}}
	if p.First > 0 && to-from > p.First {
		to, c.PageInfo.HasNextPage = from+p.First, true
	}
	if p.Last > 0 && to-from > p.Last {
		from, c.PageInfo.HasPreviousPage = to-p.Last, true
	}
	for _, e := range newest[from:to] {
		c.Nodes = append(c.Nodes, see(e))
		c.cursors = append(c.cursors, strconv.FormatUint(uint64(at(e)), 10))
	}
	if n := len(c.cursors); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.cursors[0], &c.cursors[n-1]
	}
	total := len(newest)
	c.Nodes, c.TotalCount = listed(c.Nodes), &total
	return c, nil
}

func bounds(p projections.Paging) (after, before eventstore.Position, err error) {
	for _, b := range []struct {
		field, cursor string
		into          *eventstore.Position
	}{{"after", p.After, &after}, {"before", p.Before, &before}} {
		if b.cursor == "" {
			continue
		}
		n, err := strconv.ParseUint(b.cursor, 10, 63)
		if err != nil {
			return 0, 0, projections.ErrCursor.At(b.field)
		}
		*b.into = eventstore.Position(n)
	}
	return after, before, nil
}
