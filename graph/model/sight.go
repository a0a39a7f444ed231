// Package model holds the objects of the GraphQL schema: rows of the views, seen
// by one principal during one operation.
//
// Invariants:
//   - An object comes into being through Sight alone, which asks the choke point
//     of authorisation; what one may not see is nil, as if it were absent.
//   - What somebody else reads of a person's identity is recorded before it is
//     told, and so is every list of experts with scores that a decider is shown.
//   - What the items of a list need is loaded for all of them at once.
//
// It decides nothing and changes nothing, and it knows no transport. The plain
// types of the schema stand in models_gen.go.
package model

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/graph/schema"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/matcher/planning"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Views reads the views; a projections.Engine is one.
type Views interface {
	Read(ctx context.Context, atLeast eventstore.Position, fn func(projections.Reader) error) error
	WaitFor(ctx context.Context, position eventstore.Position) error
}

// Ranker judges and ranks pairs; *matcher.Index is one.
type Ranker interface {
	Explain(expert domain.ExpertID, need domain.NeedID, today domain.Date) (matcher.Verdict, bool)
	TopExperts(need domain.NeedID, k int, today domain.Date) (matcher.Ranking, bool)
	TopNeeds(expert domain.ExpertID, k int, today domain.Date) (matcher.Ranking, bool)
	// Basis is what answers about a need rest on.
	Basis(need domain.NeedID, today domain.Date) (matcher.Basis, bool)
	// Steady runs fn so that all answers in it are of one state of the log.
	Steady(fn func())
	Position() uint64
	NearMisses(need domain.NeedID, k int, today domain.Date) ([]matcher.NearMiss, bool)
}

// Disclosures records that the reader is shown fields of a person, before they
// are shown. An error keeps them hidden.
type Disclosures interface {
	Record(ctx context.Context, reader domain.PrincipalID, role domain.Role, r Reading) error
}

// Reading is what a disclosure records.
type Reading struct {
	Expert      domain.ExpertID
	Purpose     personal.Purpose
	Fields      []disclosure.Field
	Institution domain.InstitutionID
	Need        domain.NeedID
}

// Rankings records that a decider is shown a list of experts with their scores,
// before it is shown. An error keeps it hidden.
type Rankings interface {
	Show(ctx context.Context, to domain.PrincipalID, as domain.Role, about ranking.Subject, list ranking.List) error
}

// Sources is where objects come from.
type Sources struct {
	Views       Views
	Ranker      Ranker
	Warm        *planning.Warm // solved rounds at hand
	Disclosures Disclosures
	Rankings    Rankings
	Now         func() time.Time
}

// Sight is what one principal sees during one operation. It is safe for
// concurrent use.
type Sight struct {
	src   *Sources
	who   authz.Principal
	today domain.Date
	now   time.Time
	blind bool // nothing names a person, whatever one may read
	holds func() (map[hold]bool, error)
	// working lists the programmes that work in a country.
	working func() (map[domain.Country][]domain.ProgrammeID, error)
	ctx     context.Context //nolint:containedctx // lives as long as the operation, and objects resolve without one
}

// NewSight opens the eyes of a principal for one operation, which ctx bounds.
func NewSight(ctx context.Context, src *Sources, who authz.Principal) *Sight {
	now := src.Now().UTC()
	s := &Sight{ctx: ctx, src: src, who: who, now: now, today: domain.DateOf(now)}
	s.holds = sync.OnceValues(s.loadHolds)
	s.working = sync.OnceValues(s.loadWorking)
	return s
}

// Who is the principal.
func (s *Sight) Who() authz.Principal { return s.who }

// Today is the UTC day of the operation.
func (s *Sight) Today() domain.Date { return s.today }

// read runs fn over one consistent position of the views.
func (s *Sight) read(fn func(projections.Reader) error) error {
	return s.src.Views.Read(s.ctx, 0, fn)
}

// Position is where the views stand.
func (s *Sight) Position() (at eventstore.Position, err error) {
	err = s.read(func(r projections.Reader) error {
		at = r.Position()
		return nil
	})
	return at, err
}

// hold is a country of a programme.
type hold struct {
	programme domain.ProgrammeID
	country   domain.Country
}

func (s *Sight) loadHolds() (map[hold]bool, error) {
	held := map[hold]bool{}
	err := s.read(func(r projections.Reader) error {
		clear(held)
		for row, err := range views.Programmes.All(r) {
			if err != nil {
				return err
			}
			for _, h := range row.Holds {
				if h.LiftedAt.IsZero() {
					held[hold{row.ID, h.Country}] = true
				}
			}
		}
		return nil
	})
	return held, err
}

func (s *Sight) loadWorking() (map[domain.Country][]domain.ProgrammeID, error) {
	working := map[domain.Country][]domain.ProgrammeID{}
	err := s.read(func(r projections.Reader) error {
		clear(working)
		for row, err := range views.Programmes.All(r) {
			if err != nil {
				return err
			}
			for _, c := range row.Countries {
				working[c.Country] = append(working[c.Country], row.ID)
			}
		}
		return nil
	})
	return working, err
}

// decide asks the choke point.
func (s *Sight) decide(action authz.Action, o authz.Object) authz.Decision {
	return s.who.Decide(action, o)
}

// decidePerson is decide for what a country hold hides: experts, candidacies
// and assignments. Under a hold only the person and the programme's managers
// see them.
func (s *Sight) decidePerson(action authz.Action, o authz.Object) (authz.Decision, error) {
	d := s.who.Decide(action, o)
	if !d.Allowed || !hidesUnderHold(d.As) {
		return d, nil
	}
	held, err := s.held(o)
	if err != nil || !held {
		return d, err
	}
	return s.who.DecideAs(domain.RoleManager, action, o), nil
}

func hidesUnderHold(as domain.Role) bool {
	return as == domain.RoleHost || as == domain.RoleFocalPoint || as == domain.RoleEvaluator
}

func (s *Sight) held(o authz.Object) (bool, error) {
	holds, err := s.holds()
	if err != nil || len(holds) == 0 {
		return false, err
	}
	programmes, countries := o.Programmes, o.Countries
	if o.Programme != "" {
		programmes = append(slices.Clone(programmes), o.Programme)
	}
	if o.Country != "" {
		countries = append(slices.Clone(countries), o.Country)
	}
	for h := range holds {
		if slices.Contains(countries, h.country) && (len(programmes) == 0 || slices.Contains(programmes, h.programme)) {
			return true, nil
		}
	}
	return false, nil
}

// many loads the rows of distinct keys in one read.
func many[T any, K ~string](s *Sight, table *projections.Table[T], keys []K) (map[K]*T, error) {
	wanted := make([]string, 0, len(keys))
	seen := make(map[K]bool, len(keys))
	for _, k := range keys {
		if k != "" && !seen[k] {
			seen[k] = true
			wanted = append(wanted, string(k))
		}
	}
	found := make(map[K]*T, len(wanted))
	if len(wanted) == 0 {
		return found, nil
	}
	err := s.read(func(r projections.Reader) error {
		clear(found)
		rows, err := table.Many(r, wanted)
		for i, row := range rows {
			if row != nil {
				found[K(wanted[i])] = row
			}
		}
		return err
	})
	return found, err
}

// rule claims the rule of a place of the schema.
func rule(place string) authz.Action { return schema.Claim(place) }

// peers loads, once and for all items of a list, what they refer to.
func peers[T any, K ~string, V any](items []*T, key func(*T) K, load func([]K) (map[K]*V, error)) func(K) (*V, error) {
	all := sync.OnceValues(func() (map[K]*V, error) {
		keys := make([]K, len(items))
		for i, item := range items {
			keys[i] = key(item)
		}
		return load(keys)
	})
	return func(k K) (*V, error) {
		found, err := all()
		if err != nil {
			return nil, err
		}
		return found[k], nil
	}
}
