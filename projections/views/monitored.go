package views

import (
	"slices"
	"strconv"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/monitoring"
)

// MonitoredRow remembers how one person was counted, so that an erasure can take
// it back: after it the counts are those of a person of whom nothing was ever
// known. It goes with the person.
type MonitoredRow struct {
	Expert domain.ExpertID `json:"expert"`
	Counts []Monitored     `json:"counts,omitempty"` // of the dashboards
	// How the person is grouped now, and where they stand in each programme: what
	// the figures of fairness count.
	Told      monitoring.Kept `json:"told,omitzero"`
	Residence domain.Country  `json:"residence,omitzero"`
	Sector    domain.Sector   `json:"sector,omitzero"`
	Standings []Standing      `json:"standings,omitempty"`
}

// Monitored is one count of a person.
type Monitored struct {
	Programme domain.ProgrammeID `json:"programme"`
	Group     Group              `json:"group"`
	Candidacy domain.CandidacyID `json:"candidacy"`
	// Counted is what the person was counted as: countedWoman, countedOther, or
	// nothing where no gender was known. It is text about the person, so that an
	// engine that keeps rows elsewhere seals it.
	Counted personal.Text `json:"counted,omitzero"`
}

const (
	countedWoman = "woman"
	countedOther = "other"
)

// as tells whether the person was counted as one of known gender, and as a woman.
func (m Monitored) as() (known, woman bool) {
	counted, err := personal.Open(m.Counted, personal.ToCompare)
	return err == nil && counted != "", counted == countedWoman
}

// Grouping is the group of a person in each dimension; empty where it is not
// known.
type Grouping struct {
	monitoring.Attributes
	Residence domain.Country
	Sector    domain.Sector // of the most years of experience; of equals, the first told
}

// as is how the person is grouped now.
func (r *MonitoredRow) as() Grouping {
	return Grouping{r.Told.Attributes(), r.Residence, r.Sector}
}

func (r *MonitoredRow) group(as Grouping) {
	r.Told, r.Residence, r.Sector = monitoring.Keep(r.Expert, as.Attributes), as.Residence, as.Sector
}

// in is the name of the group in a dimension.
func (g Grouping) in(d Dimension) string {
	switch d {
	case ByGender:
		return string(g.Gender)
	case ByBirth:
		return string(g.Born)
	case ByResidence:
		return string(g.Residence)
	case BySector:
		return string(g.Sector)
	}
	return ""
}

// Standing is how far a person came in one programme.
type Standing struct {
	Programme  domain.ProgrammeID `json:"programme"`
	EligibleAt time.Time          `json:"eligibleAt,omitzero"` // zero: not found eligible
	Times      int                `json:"times,omitzero"`      // candidacies
	Reached    Milestones         `json:"reached,omitzero"`
}

// waits reports whether the programme found somebody eligible whom it never
// considered.
func (s Standing) waits() bool { return !s.EligibleAt.IsZero() && s.Reached == 0 }

// milestones are those reached; a person who is eligible or considered is in the
// pool.
func (s Standing) milestones() Milestones {
	if !s.EligibleAt.IsZero() || s.Reached != 0 {
		return s.Reached | 1<<Pool
	}
	return 0
}

// NeverSuggested is the one index of Monitoring: by programme, the people whom it
// found eligible and never considered, those who have waited longest first.
const NeverSuggested = "never_suggested"

// Monitoring is keyed by expert.
var Monitoring = &projections.Table[MonitoredRow]{
	Name: "monitoring", Version: 3,
	Key: func(r *MonitoredRow) string { return string(r.Expert) },
	Indexes: func(r *MonitoredRow, entries []projections.IndexEntry) []projections.IndexEntry {
		for _, s := range r.Standings {
			if s.waits() {
				entries = append(entries, entry(NeverSuggested, string(s.Programme), projections.SortTime(s.EligibleAt)))
			}
		}
		return entries
	},
}

// monitored is the row of a person, to be changed. A new one groups the person by
// what is known so far.
func monitored(tx *projections.Tx, id domain.ExpertID) *MonitoredRow {
	return Monitoring.Ensure(tx, string(id), func() MonitoredRow {
		row := MonitoredRow{Expert: id}
		if p := People.Peek(tx, string(id)); p != nil {
			row.Told = monitoring.Keep(id, monitoring.Of(p.Identity))
		}
		if e := Experts.Peek(tx, string(id)); e != nil {
			row.Residence, row.Sector = e.Residence, mainSector(e.Sectors)
		}
		return row
	})
}

// mainSector is the sector of the most years.
func mainSector(sectors []expert.SectorExperience) domain.Sector {
	var main expert.SectorExperience
	for _, s := range sectors {
		if main.Sector == "" || s.Years > main.Years {
			main = s
		}
	}
	return main.Sector
}

// stand changes how far a person came in a programme, and the counts with it.
// What comes after an erasure is not counted any more.
func stand(tx *projections.Tx, id domain.ExpertID, programme domain.ProgrammeID, change func(*Standing)) {
	if id == "" || erased(tx, id) {
		return
	}
	row := monitored(tx, id)
	i := slices.IndexFunc(row.Standings, func(s Standing) bool { return s.Programme == programme })
	before := Standing{Programme: programme}
	if i >= 0 {
		before = row.Standings[i]
	}
	after := before
	change(&after)
	if after == before {
		return
	}
	row.Standings = upsert(row.Standings, func(s Standing) domain.ProgrammeID { return s.Programme }, after)
	as := row.as()
	recount(tx, programme, as, before.milestones(), as, after.milestones())
	retime(tx, before, after)
}

// regroup changes how somebody is grouped who is counted already.
func regroup(tx *projections.Tx, id domain.ExpertID, change func(*Grouping)) {
	row := Monitoring.Peek(tx, string(id))
	if row == nil {
		return
	}
	before := row.as()
	after := before
	change(&after)
	if after == before {
		return
	}
	row = Monitoring.Edit(tx, string(id))
	row.group(after)
	for _, s := range row.Standings {
		recount(tx, s.Programme, before, s.milestones(), after, s.milestones())
	}
}

// leave takes back, at an erasure, what is known of a person. Whoever was never
// considered leaves the pool; of the others remains that somebody was there.
func leave(tx *projections.Tx, id domain.ExpertID) {
	row := Monitoring.Peek(tx, string(id))
	if row == nil {
		return
	}
	as := row.as()
	for _, s := range row.Standings {
		if s.Reached != 0 {
			recount(tx, s.Programme, as, s.milestones(), Grouping{}, s.milestones())
			continue
		}
		recount(tx, s.Programme, as, s.milestones(), as, 0)
		retime(tx, s, Standing{Programme: s.Programme})
	}
}

// recount moves one person from group to group and from milestone to milestone.
func recount(tx *projections.Tx, programme domain.ProgrammeID, from Grouping, left Milestones, to Grouping, reached Milestones) {
	for _, d := range Dimensions {
		if a, b := from.in(d), to.in(d); a == b {
			move(tx, programme, d, a, left, reached)
		} else {
			move(tx, programme, d, a, left, 0)
			move(tx, programme, d, b, 0, reached)
		}
	}
}

// retime moves one person among the counts of how often somebody was considered.
func retime(tx *projections.Tx, before, after Standing) {
	was, is := before.milestones()&(1<<Pool), after.milestones()&(1<<Pool)
	if before.Times == after.Times {
		move(tx, before.Programme, byTimes, strconv.Itoa(before.Times), was, is)
		return
	}
	move(tx, before.Programme, byTimes, strconv.Itoa(before.Times), was, 0)
	move(tx, after.Programme, byTimes, strconv.Itoa(after.Times), 0, is)
}
