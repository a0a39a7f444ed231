package views

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/monitoring"
)

// Dimension is by what people are grouped in the figures of fairness.
type Dimension string

const (
	ByGender    Dimension = "gender"
	ByBirth     Dimension = "birth" // the decade
	ByResidence Dimension = "residence"
	BySector    Dimension = "sector" // of the most years of experience
	// byTimes is by how often somebody was considered; for concentration alone.
	byTimes Dimension = "times"
)

// Dimensions lists what figures can be asked by, in their fixed order.
var Dimensions = []Dimension{ByGender, ByBirth, ByResidence, BySector}

// Milestone is how far a person came in a programme, once at least. People are
// counted, not candidacies.
type Milestone int

const (
	Pool        Milestone = iota // found eligible, or considered all the same
	Considered                   // in a candidacy, however it began
	Suggested                    // put forward from the ranking by staff
	Shortlisted                  // put on a short list, or shared with a host
	Approved                     // the placement was confirmed
	Assigned                     // an assignment was planned
	milestoneCount
)

// MilestonesInOrder lists them all.
var MilestonesInOrder = []Milestone{Pool, Considered, Suggested, Shortlisted, Approved, Assigned}

func (m Milestone) String() string {
	return [...]string{"pool", "considered", "suggested", "shortlisted", "approved", "assigned"}[m]
}

// milestoneParents name the milestone that each presupposes; -1 for the first.
var milestoneParents = []int{-1, int(Pool), int(Considered), int(Considered), int(Shortlisted), int(Approved)}

// Milestones is a set of milestones.
type Milestones uint8

// with adds a milestone and what it presupposes.
func (s Milestones) with(m Milestone) Milestones {
	for at := int(m); at > int(Pool); at = milestoneParents[at] {
		s |= 1 << at
	}
	return s
}

// GroupRow counts the people of one group of a programme by milestone. It holds
// no person; a group without people has no row.
type GroupRow struct {
	Programme domain.ProgrammeID  `json:"programme"`
	Dimension Dimension           `json:"dimension"`
	Group     string              `json:"group,omitzero"` // empty: not known
	People    [milestoneCount]int `json:"people"`         // in the order of MilestonesInOrder
}

// GroupsIn is the one index of FairnessGroups: by programme and dimension, in the
// order of the names.
const GroupsIn = "groups"

// FairnessGroups is keyed by programme, dimension and group.
var FairnessGroups = &projections.Table[GroupRow]{
	Name: "fairness_groups", Version: 1,
	Key: func(r *GroupRow) string { return groupKey(r.Programme, r.Dimension, r.Group) },
	Indexes: func(r *GroupRow, entries []projections.IndexEntry) []projections.IndexEntry {
		return append(entries, entry(GroupsIn, bucket(string(r.Programme), string(r.Dimension)), r.Group))
	},
	Related: func(r *GroupRow) projections.Related {
		return projections.Related{Scope: domain.Scope{Programme: r.Programme}}
	},
}

func groupKey(p domain.ProgrammeID, d Dimension, group string) string {
	return bucket(string(p), string(d), group)
}

// OverrideRow counts the approvals of a programme, and how many departed from
// what the manager was shown.
type OverrideRow struct {
	Programme domain.ProgrammeID `json:"programme"`
	Approvals int                `json:"approvals"` // confirmed ones
	// Overridden had a written reason.
	Overridden int `json:"overridden,omitzero"`
	// BeyondThird were of somebody not ranked, or ranked after
	// candidacy.MaxRankWithoutReason.
	BeyondThird int `json:"beyondThird,omitzero"`
	// AgainstAdvice were of somebody whom the focal point did not recommend.
	AgainstAdvice int `json:"againstAdvice,omitzero"`
}

// Overrides is keyed by programme.
var Overrides = &projections.Table[OverrideRow]{
	Name: "overrides", Version: 1,
	Key: func(r *OverrideRow) string { return string(r.Programme) },
	Related: func(r *OverrideRow) projections.Related {
		return projections.Related{Scope: domain.Scope{Programme: r.Programme}}
	},
}

// ShortlistRow is who was put on the short list of a need. It names candidacies
// and no person.
type ShortlistRow struct {
	Need      domain.NeedID      `json:"need"`
	Programme domain.ProgrammeID `json:"programme"`
	Listed    []Listed           `json:"listed"` // in the order of time
}

// Listed is a place on a short list.
type Listed struct {
	Candidacy domain.CandidacyID `json:"candidacy"`
	Rank      int                `json:"rank,omitzero"` // that was shown at the suggestion; 0: not ranked
	At        time.Time          `json:"at"`
}

// InOrder lists the candidacies as they were ranked, those without a rank last,
// in the order of time.
func (r *ShortlistRow) InOrder() []domain.CandidacyID {
	listed := slices.Clone(r.Listed)
	slices.SortStableFunc(listed, func(a, b Listed) int {
		if (a.Rank == 0) != (b.Rank == 0) {
			return b.Rank - a.Rank // what is not ranked goes last
		}
		return a.Rank - b.Rank
	})
	ids := make([]domain.CandidacyID, len(listed))
	for i, l := range listed {
		ids[i] = l.Candidacy
	}
	return ids
}

// ShortlistsOf is the one index of Shortlists: by programme, the latest change
// first.
const ShortlistsOf = "programme"

// Shortlists is keyed by need.
var Shortlists = &projections.Table[ShortlistRow]{
	Name: "shortlists", Version: 1,
	Key: func(r *ShortlistRow) string { return string(r.Need) },
	Indexes: func(r *ShortlistRow, entries []projections.IndexEntry) []projections.IndexEntry {
		return append(entries, entry(ShortlistsOf, string(r.Programme), projections.SortNewest(r.Listed[len(r.Listed)-1].At)))
	},
	Related: func(r *ShortlistRow) projections.Related {
		return projections.Related{Scope: domain.Scope{Programme: r.Programme}, Need: r.Need}
	},
}

// fairnessView compares an event with the rows before it, and folds early.
var fairnessView = projections.View{
	Name: "fairness", Tables: []projections.Schema{Monitoring, FairnessGroups, Overrides, Shortlists},
	Categories: []string{"candidacy", "assignment", "expert"}, Fold: foldFairness,
}

func foldFairness(tx *projections.Tx, e *codec.Decoded) error {
	switch ev := e.Event.(type) {
	case expert.Event:
		foldGrouping(tx, e)
	case candidacy.Event:
		foldSelection(tx, e)
	case assignment.Planned:
		reach(tx, ev.Expert, ev.Programme, Assigned)
	}
	return nil
}

func foldGrouping(tx *projections.Tx, e *codec.Decoded) {
	id := domain.ExpertID(idOf(e))
	switch ev := e.Event.(type) {
	case expert.EligibilityConfirmed:
		stand(tx, id, ev.Programme, func(s *Standing) {
			if s.EligibleAt.IsZero() {
				s.EligibleAt = ev.At
			}
		})
	case expert.EligibilityRefused:
		stand(tx, id, ev.Programme, func(s *Standing) { s.EligibleAt = time.Time{} })
	case expert.IdentityDeclared:
		regroup(tx, id, func(g *Grouping) { g.Attributes = monitoring.Of(ev.Identity) })
	case expert.ResidenceDeclared:
		regroup(tx, id, func(g *Grouping) { g.Residence = ev.Country })
	case expert.ExperienceDeclared:
		regroup(tx, id, func(g *Grouping) { g.Sector = mainSector(ev.Experience.Sectors) })
	case expert.PartWithdrawn:
		regroup(tx, id, func(g *Grouping) { g.withdraw(ev.Part) })
	case expert.ErasureRequested:
		leave(tx, id)
	}
}

func (g *Grouping) withdraw(part expert.Part) {
	switch part {
	case expert.PartIdentity:
		g.Attributes = monitoring.Attributes{}
	case expert.PartResidence:
		g.Residence = ""
	case expert.PartExperience:
		g.Sector = ""
	}
}

func foldSelection(tx *projections.Tx, e *codec.Decoded) {
	switch ev := e.Event.(type) {
	case candidacy.Suggested:
		consider(tx, ev.Subject, Suggested)
		return
	case candidacy.Applied:
		consider(tx, ev.Subject, Considered)
		return
	case candidacy.Nominated:
		consider(tx, ev.Subject, Considered)
		return
	}
	row := Candidacies.Peek(tx, idOf(e))
	if row == nil {
		return
	}
	switch ev := e.Event.(type) {
	case candidacy.Shortlisted:
		enlist(tx, row, ev.At)
	case candidacy.SharedWithHost:
		enlist(tx, row, ev.At)
	case candidacy.Approved:
		reach(tx, row.Expert, row.Programme, Approved)
		countOverride(tx, row)
	}
}

// consider counts a candidacy once, however often it begins.
func consider(tx *projections.Tx, s candidacy.Subject, as Milestone) {
	known := Candidacies.Peek(tx, string(s.Candidacy)) != nil
	stand(tx, s.Expert, s.Programme, func(at *Standing) {
		if !known {
			at.Times++
		}
		at.Reached = at.Reached.with(as)
	})
}

func reach(tx *projections.Tx, id domain.ExpertID, programme domain.ProgrammeID, m Milestone) {
	stand(tx, id, programme, func(s *Standing) { s.Reached = s.Reached.with(m) })
}

// enlist puts a candidacy on the short list of its need, once.
func enlist(tx *projections.Tx, row *CandidacyRow, at time.Time) {
	reach(tx, row.Expert, row.Programme, Shortlisted)
	list := Shortlists.Peek(tx, string(row.Need))
	if list != nil && slices.ContainsFunc(list.Listed, func(l Listed) bool { return l.Candidacy == row.ID }) {
		return
	}
	listed := Listed{Candidacy: row.ID, At: at}
	if row.Score != nil {
		listed.Rank = row.Score.Rank
	}
	if list == nil {
		Shortlists.Put(tx, ShortlistRow{Need: row.Need, Programme: row.Programme, Listed: []Listed{listed}})
		return
	}
	list = Shortlists.Edit(tx, string(row.Need))
	list.Listed = append(list.Listed, listed)
}

// countOverride looks at the approval as it was asked for.
func countOverride(tx *projections.Tx, row *CandidacyRow) {
	if row.Approval == nil {
		return
	}
	o := Overrides.Ensure(tx, string(row.Programme), func() OverrideRow { return OverrideRow{Programme: row.Programme} })
	o.Approvals++
	if row.Approval.Override {
		o.Overridden++
	}
	if shown := row.Approval.Score; shown == nil || shown.Rank == 0 || shown.Rank > candidacy.MaxRankWithoutReason {
		o.BeyondThird++
	}
	if row.Recommendation != nil && row.Recommendation.Grade == candidacy.NotRecommended {
		o.AgainstAdvice++
	}
}

// move takes one person of a group from some milestones to others. A group that
// nobody is in any more leaves no row: after an erasure there is no telling that
// there ever was one.
func move(tx *projections.Tx, p domain.ProgrammeID, d Dimension, group string, from, to Milestones) {
	if from == to {
		return
	}
	key := groupKey(p, d, group)
	row := FairnessGroups.Ensure(tx, key, func() GroupRow { return GroupRow{Programme: p, Dimension: d, Group: group} })
	for m := range row.People {
		row.People[m] += int(to>>m&1) - int(from>>m&1)
	}
	if row.People[Pool] == 0 {
		FairnessGroups.Delete(tx, key)
	}
}
