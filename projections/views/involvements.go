package views

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// InvolvementRow says where an expert appears. Authorisation asks it at which
// institutions somebody is a candidate; erasure asks it where to clear. After
// the erasure it is the tombstone: Expert and Erased alone.
type InvolvementRow struct {
	Expert      domain.ExpertID      `json:"expert"`
	Erased      bool                 `json:"erased,omitzero"`
	Principals  []domain.PrincipalID `json:"principals,omitempty"`
	Candidacies []Involvement        `json:"candidacies,omitempty"`
	Assignments []Involvement        `json:"assignments,omitempty"`
	Rounds      []domain.RoundID     `json:"rounds,omitempty"` // that mark or propose the expert
	Ranked      []domain.NeedID      `json:"ranked,omitempty"` // of whose lists a decider was shown one with the expert
}

// Involvement is one candidacy or one assignment.
type Involvement struct {
	ID          string               `json:"id"`
	Need        domain.NeedID        `json:"need"`
	Programme   domain.ProgrammeID   `json:"programme"`
	Institution domain.InstitutionID `json:"institution"`
	Country     domain.Country       `json:"country"`
}

// Institutions lists the institutions for whose needs the expert is or was a
// candidate.
func (r *InvolvementRow) Institutions() []domain.InstitutionID {
	var out []domain.InstitutionID
	for _, c := range r.Candidacies {
		if !slices.Contains(out, c.Institution) {
			out = append(out, c.Institution)
		}
	}
	return out
}

// Programmes lists the programmes in which the expert is or was a candidate.
func (r *InvolvementRow) Programmes() []domain.ProgrammeID {
	var out []domain.ProgrammeID
	for _, c := range r.Candidacies {
		if !slices.Contains(out, c.Programme) {
			out = append(out, c.Programme)
		}
	}
	return out
}

// Involvements is keyed by expert.
var Involvements = &projections.Table[InvolvementRow]{
	Name: "involvements", Version: 1,
	Key: func(r *InvolvementRow) string { return string(r.Expert) },
	Related: func(r *InvolvementRow) projections.Related {
		return projections.Related{Scope: domain.Scope{Expert: r.Expert}}
	},
}

var involvementsView = projections.View{
	Name: "involvements", Tables: []projections.Schema{Involvements},
	Categories: []string{"expert", "candidacy", "assignment"},
	Fold:       foldInvolvements,
}

func foldInvolvements(tx *projections.Tx, e *codec.Decoded) error {
	switch ev := e.Event.(type) {
	case expert.Registered:
		if row := involved(tx, ev.Expert); ev.Principal != "" {
			row.Principals = upsert(row.Principals, self, ev.Principal)
		}
	case expert.PrincipalLinked:
		if row := involved(tx, domain.ExpertID(idOf(e))); !row.Erased {
			row.Principals = upsert(row.Principals, self, ev.Principal)
		}
	case candidacy.Suggested:
		candidateIn(tx, ev.Subject)
	case candidacy.Applied:
		candidateIn(tx, ev.Subject)
	case candidacy.Nominated:
		candidateIn(tx, ev.Subject)
	case assignment.Planned:
		if row := involved(tx, ev.Expert); !row.Erased {
			row.Assignments = upsert(row.Assignments, involvementID, Involvement{
				string(ev.Assignment), ev.Need, ev.Programme, ev.Institution, ev.Country,
			})
		}
	}
	return nil
}

// involved is the row of an expert, also of one who is not registered yet: an
// erasure must find what names them.
func involved(tx *projections.Tx, id domain.ExpertID) *InvolvementRow {
	return Involvements.Ensure(tx, string(id), func() InvolvementRow { return InvolvementRow{Expert: id} })
}

func involvementID(i Involvement) string { return i.ID }

func candidateIn(tx *projections.Tx, s candidacy.Subject) {
	if row := involved(tx, s.Expert); !row.Erased {
		row.Candidacies = upsert(row.Candidacies, involvementID, Involvement{
			string(s.Candidacy), s.Need, s.Programme, s.Institution, s.Country,
		})
	}
}

// erased reports whether the expert's tombstone stands.
func erased(tx *projections.Tx, id domain.ExpertID) bool {
	row := Involvements.Peek(tx, string(id))
	return row != nil && row.Erased
}
