package views

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// MaxRankingsKept is how many of the last lists of a need the view tells of, at
// the most twice as many; the log has them all.
const MaxRankingsKept = 200

// RankingsRow lists what deciders were shown of a need, oldest first.
type RankingsRow struct {
	Need        domain.NeedID        `json:"need"`
	Programme   domain.ProgrammeID   `json:"programme"`
	Institution domain.InstitutionID `json:"institution"`
	Country     domain.Country       `json:"country"`
	Entries     []ShownRanking       `json:"entries"`
}

// ShownRanking is one list that a decider was shown.
type ShownRanking struct {
	ID          domain.ShownID      `json:"id"`
	Position    eventstore.Position `json:"position"`
	At          time.Time           `json:"at"`
	To          domain.PrincipalID  `json:"to"`
	Role        domain.Role         `json:"role"`
	Kind        ranking.Kind        `json:"kind"`
	Asked       int                 `json:"asked"`
	Blind       bool                `json:"blind"`
	NeedVersion int                 `json:"needVersion"`
	Basis       policy.Basis        `json:"basis"`
	Rows        []ranking.Row       `json:"rows"` // without an expert where the person was erased
	Digest      string              `json:"digest"`
}

// Scope locates the row for authorisation.
func (r *RankingsRow) Scope() domain.Scope {
	return domain.Scope{Programme: r.Programme, Country: r.Country, Institution: r.Institution}
}

// Rankings is keyed by need.
var Rankings = &projections.Table[RankingsRow]{
	Name: "rankings", Version: 1,
	Key: func(r *RankingsRow) string { return string(r.Need) },
	Related: func(r *RankingsRow) projections.Related {
		return projections.Related{Scope: r.Scope(), Need: r.Need}
	},
}

// RankingsOf lists what was shown of a need, oldest first; none is no error.
func RankingsOf(r projections.Reader, id domain.NeedID) ([]ShownRanking, error) {
	row, err := Rankings.Get(r, string(id))
	if row == nil || err != nil {
		return nil, err
	}
	return row.Entries, nil
}

var rankingsView = projections.View{
	Name: "rankings", Tables: []projections.Schema{Rankings}, Categories: []string{"ranking"}, Fold: foldRankings,
}

func foldRankings(tx *projections.Tx, e *codec.Decoded) error {
	ev, ok := e.Event.(ranking.Shown)
	if !ok {
		return nil
	}
	row := Rankings.Ensure(tx, string(ev.Need), func() RankingsRow {
		return RankingsRow{Need: ev.Need, Programme: ev.Programme, Institution: ev.Institution, Country: ev.Country}
	})
	entry := ShownRanking{
		ID: ev.ID, Position: e.Position, At: ev.At, To: ev.To, Role: roleOf(ev.Role), Kind: ev.Kind, Asked: ev.Asked, Blind: ev.Blind,
		NeedVersion: ev.NeedVersion, Basis: ev.Basis, Rows: make([]ranking.Row, len(ev.Rows)), Digest: ev.Digest,
	}
	for i, shown := range ev.Rows {
		entry.Rows[i] = ranking.Row{Expert: rankedIn(tx, shown.Expert, ev.Need), Total: shown.Total}
	}
	if len(row.Entries) == 2*MaxRankingsKept {
		row.Entries = slices.Clone(row.Entries[MaxRankingsKept:])
	}
	row.Entries = append(row.Entries, entry)
	return nil
}

// rankedIn notes that lists of the need name an expert, so that an erasure finds
// them. It gives the id as the involvement has it, for one text in memory; none
// for somebody who was erased.
func rankedIn(tx *projections.Tx, id domain.ExpertID, need domain.NeedID) domain.ExpertID {
	in := Involvements.Peek(tx, string(id))
	if in != nil && in.Erased {
		return ""
	}
	if in == nil || !slices.Contains(in.Ranked, need) {
		in = involved(tx, id)
		in.Ranked = append(in.Ranked, need)
	}
	return in.Expert
}

// rankings takes an expert out of the lists of a need.
func (a anonymiser) rankings(r *RankingsRow, gone domain.ExpertID) {
	r.Entries = slices.Clone(r.Entries)
	for i := range r.Entries {
		rows := r.Entries[i].Rows
		if at := slices.IndexFunc(rows, func(row ranking.Row) bool { return row.Expert == gone }); at >= 0 {
			r.Entries[i].Rows = slices.Clone(rows)
			r.Entries[i].Rows[at].Expert = ""
		}
	}
}
