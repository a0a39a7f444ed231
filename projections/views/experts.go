package views

import (
	"slices"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// ExpertRow is the pseudonymous matching profile: all that the matcher needs and
// no text about the person. What is personal stands in People.
type ExpertRow struct {
	ID domain.ExpertID `json:"id"`
	// Programme is the one that registration went to.
	Programme  domain.ProgrammeID `json:"programme"`
	Registered time.Time          `json:"registered"`
	// Confirmed is the day on which the profile was last confirmed; registering
	// confirms it.
	Confirmed  domain.Date             `json:"confirmed"`
	Dormant    bool                    `json:"dormant,omitzero"`
	Suspension expert.SuspensionReason `json:"suspension,omitzero"` // empty: not suspended

	Residence  domain.Country            `json:"residence,omitzero"`
	Occupation domain.ISCO               `json:"occupation,omitzero"`
	Years      uint8                     `json:"years,omitzero"` // of work, whole
	Sectors    []expert.SectorExperience `json:"sectors,omitempty"`
	Heritage   []HeritageLink            `json:"heritage,omitempty"`
	Skills     []domain.SkillClaim       `json:"skills,omitempty"`
	Languages  []domain.LanguageClaim    `json:"languages,omitempty"`
	Education  []domain.Education        `json:"education,omitempty"`
	Windows    []domain.Availability     `json:"windows,omitempty"`
	Wishes     expert.Preferences        `json:"wishes,omitzero"`
	Transfer   expert.Transfer           `json:"transfer,omitzero"`

	Verdicts  []Verdict              `json:"verdicts,omitempty"` // the last one of each programme
	Consents  []Consent              `json:"consents,omitempty"` // standing ones; expiry is the query's to check
	Conflicts []domain.InstitutionID `json:"conflicts,omitempty"`
	Bookings  []expert.Booking       `json:"bookings,omitempty"` // in the order of their first day
	Services  []expert.Service       `json:"services,omitempty"`

	// Declared says which parts are declared, personal ones included.
	Declared expert.PartSet `json:"declared,omitzero"`
}

// HeritageLink is a link to a country, as far as somebody looked at it.
type HeritageLink struct {
	Country domain.Country     `json:"country"`
	Status  expert.LinkStatus  `json:"status"`
	How     expert.CheckMethod `json:"how,omitzero"`
	By      domain.PrincipalID `json:"by,omitzero"`
	At      time.Time          `json:"at,omitzero"`
}

// Verdict is the last word on eligibility in one programme.
type Verdict struct {
	Programme   domain.ProgrammeID `json:"programme"`
	Eligible    bool               `json:"eligible"`
	RuleVersion int                `json:"ruleVersion"`
	Failed      []expert.Rule      `json:"failed,omitempty"`
	By          domain.PrincipalID `json:"by"`
	At          time.Time          `json:"at"`
}

// Consent is a consent that was not withdrawn.
type Consent struct {
	expert.Consent
	GivenAt time.Time `json:"givenAt"`
}

// labelDigits of the random id make the pseudonym: enough to tell apart the
// people on one screen, and nothing to find them by.
const labelDigits = 4

// Label is the pseudonym under which others see the expert: "Expert 7F3A".
func (r *ExpertRow) Label() string { return ExpertLabel(r.ID) }

// ExpertLabel is the pseudonym of an expert; "Erased expert" for the empty id
// that an erasure leaves behind.
func ExpertLabel(id domain.ExpertID) string {
	if id == "" {
		return "Erased expert"
	}
	return "Expert " + strings.ToUpper(string(id[:min(labelDigits, len(id))]))
}

// state is as much of the aggregate's state as its sums need.
func (r *ExpertRow) state() expert.State {
	return expert.State{ID: r.ID, Declared: r.Declared, Dormant: r.Dormant, Suspended: r.Suspension != ""}
}

// Stage sums up where the expert stands.
func (r *ExpertRow) Stage() expert.Stage { return r.state().Stage() }

// Completeness lists the parts of the profile that are missing, with whether a
// match needs them.
func (r *ExpertRow) Completeness() []expert.Hint { return expert.Completeness(r.state()) }

// Countries lists the countries of heritage that were declared or checked.
func (r *ExpertRow) Countries() []domain.Country {
	var out []domain.Country
	for _, h := range r.Heritage {
		if h.Status != expert.LinkRefused {
			out = append(out, h.Country)
		}
	}
	return out
}

// Eligible lists the programmes that found the expert eligible.
func (r *ExpertRow) Eligible() []domain.ProgrammeID {
	var out []domain.ProgrammeID
	for _, v := range r.Verdicts {
		if v.Eligible {
			out = append(out, v.Programme)
		}
	}
	return out
}

// SharedWith lists the institutions with which the expert consents to share on
// a day.
func (r *ExpertRow) SharedWith(day domain.Date) []domain.InstitutionID {
	var out []domain.InstitutionID
	for _, c := range r.Consents {
		if c.Purpose == expert.ShareWithHost && day <= c.Until && !slices.Contains(out, c.Institution) {
			out = append(out, c.Institution)
		}
	}
	return out
}

// Indexes of Experts, newest registration first.
const (
	// ExpertsBoard has a bucket for every choice of stage and heritage country.
	ExpertsBoard = "board"
	// ExpertsOfProgramme is by programme that found the expert eligible.
	ExpertsOfProgramme = "programme"
	// ExpertsToConfirm is by stage, in the order of the last confirmation,
	// oldest first: what the freshness process reads.
	ExpertsToConfirm = "confirmed"
)

// Experts is keyed by expert.
var Experts = &projections.Table[ExpertRow]{
	Name: "experts", Version: 1,
	Key:     func(r *ExpertRow) string { return string(r.ID) },
	Indexes: expertIndexes,
	Related: func(r *ExpertRow) projections.Related {
		return projections.Related{Scope: domain.Scope{Expert: r.ID}}
	},
}

func expertIndexes(r *ExpertRow, entries []projections.IndexEntry) []projections.IndexEntry {
	newest, stage := projections.SortNewest(r.Registered), string(r.Stage())
	entries = append(entries,
		entry(ExpertsBoard, "|", newest), entry(ExpertsBoard, stage+"|", newest),
		entry(ExpertsToConfirm, stage, projections.SortDate(r.Confirmed)))
	for _, h := range r.Heritage {
		if h.Status != expert.LinkRefused {
			entries = append(entries,
				entry(ExpertsBoard, "|"+string(h.Country), newest),
				entry(ExpertsBoard, stage+"|"+string(h.Country), newest))
		}
	}
	for _, v := range r.Verdicts {
		if v.Eligible {
			entries = append(entries, entry(ExpertsOfProgramme, string(v.Programme), newest))
		}
	}
	return entries
}

// ExpertQuery chooses experts; empty fields do not restrict. A programme means
// those whom it found eligible.
type ExpertQuery struct {
	Stage     expert.Stage
	Country   domain.Country // of heritage, declared or checked
	Programme domain.ProgrammeID
	Keep      func(*ExpertRow) bool // further restriction, may be nil
}

// FindExperts lists experts, the newest registration first.
func FindExperts(r projections.Reader, q ExpertQuery, p projections.Paging) (projections.Page[ExpertRow], error) {
	if q.Programme == "" {
		return Experts.Filter(r, ExpertsBoard, bucket(string(q.Stage), string(q.Country)), p, q.Keep)
	}
	keep := func(row *ExpertRow) bool {
		return (q.Stage == "" || row.Stage() == q.Stage) &&
			(q.Country == "" || slices.Contains(row.Countries(), q.Country)) &&
			(q.Keep == nil || q.Keep(row))
	}
	return Experts.Filter(r, ExpertsOfProgramme, string(q.Programme), p, keep)
}

var expertsView = projections.View{
	Name: "experts", Tables: []projections.Schema{Experts},
	Categories: []string{"expert"}, Fold: foldExperts,
}

func foldExperts(tx *projections.Tx, e *codec.Decoded) error {
	if ev, ok := e.Event.(expert.Registered); ok {
		Experts.Put(tx, ExpertRow{ID: ev.Expert, Programme: ev.Programme, Registered: ev.At, Confirmed: domain.DateOf(ev.At)})
		return nil
	}
	row := Experts.Edit(tx, idOf(e))
	if row == nil {
		if erased(tx, domain.ExpertID(idOf(e))) {
			return nil
		}
		return missing(e)
	}
	if !foldDeclared(row, e) && !foldStanding(row, e) {
		foldBookings(row, e)
	}
	return nil
}

func skillOf(c domain.SkillClaim) domain.Skill          { return c.Skill }
func languageOf(c domain.LanguageClaim) domain.Language { return c.Language }
func linkCountry(l HeritageLink) domain.Country         { return l.Country }

// partBit is the part as a set.
func partBit(p expert.Part) expert.PartSet { return 1 << slices.Index(expert.Parts, p) }

func (r *ExpertRow) declare(p expert.Part, declared bool) {
	if declared {
		r.Declared |= partBit(p)
	} else {
		r.Declared &^= partBit(p)
	}
}

// foldDeclared takes what the expert says of themself.
func foldDeclared(row *ExpertRow, e *codec.Decoded) bool {
	var part expert.Part
	left := true // whether anything of the part is declared now
	switch ev := e.Event.(type) {
	case expert.IdentityDeclared:
		part = expert.PartIdentity
	case expert.MotivationDeclared:
		part = expert.PartMotivation
	case expert.CVDeclared:
		part = expert.PartCV
	case expert.ReferencesDeclared:
		part = expert.PartReferences
	case expert.SkillsDeclared:
		part, row.Skills = expert.PartSkills, merged(row.Skills, skillOf, ev.Skills)
	case expert.SkillsWithdrawn:
		for _, s := range ev.Skills {
			row.Skills = without(row.Skills, skillOf, s)
		}
		part, left = expert.PartSkills, len(row.Skills) > 0
	case expert.LanguagesDeclared:
		part, row.Languages = expert.PartLanguages, merged(row.Languages, languageOf, ev.Languages)
	case expert.LanguagesWithdrawn:
		for _, l := range ev.Languages {
			row.Languages = without(row.Languages, languageOf, l)
		}
		part, left = expert.PartLanguages, len(row.Languages) > 0
	case expert.EducationDeclared:
		part, row.Education = expert.PartEducation, ev.Education
	case expert.ExperienceDeclared:
		part, row.Years, row.Sectors = expert.PartExperience, ev.Experience.Years, ev.Experience.Sectors
	case expert.OccupationDeclared:
		part, row.Occupation = expert.PartOccupation, ev.Occupation
	case expert.ResidenceDeclared:
		part, row.Residence = expert.PartResidence, ev.Country
	case expert.AvailabilityDeclared:
		part, row.Windows = expert.PartAvailability, ev.Windows
	case expert.PreferencesDeclared:
		part, row.Wishes = expert.PartPreferences, ev.Preferences
	case expert.TransferDeclared:
		part, row.Transfer = expert.PartTransfer, ev.Transfer
	case expert.PartWithdrawn:
		withdrawPart(row, ev.Part)
		part, left = ev.Part, false
	default:
		return false
	}
	row.declare(part, left)
	return true
}

func withdrawPart(row *ExpertRow, part expert.Part) {
	switch part {
	case expert.PartSkills:
		row.Skills = nil
	case expert.PartLanguages:
		row.Languages = nil
	case expert.PartEducation:
		row.Education = nil
	case expert.PartExperience:
		row.Years, row.Sectors = 0, nil
	case expert.PartOccupation:
		row.Occupation = ""
	case expert.PartResidence:
		row.Residence = ""
	case expert.PartHeritage:
		row.Heritage = nil
	case expert.PartAvailability:
		row.Windows = nil
	case expert.PartPreferences:
		row.Wishes = expert.Preferences{}
	case expert.PartTransfer:
		row.Transfer = expert.Transfer{}
	}
}

// foldStanding takes what others found, and how the profile stands.
func foldStanding(row *ExpertRow, e *codec.Decoded) bool {
	programmeOf := func(v Verdict) domain.ProgrammeID { return v.Programme }
	consentID := func(c Consent) domain.ConsentID { return c.ID }
	switch ev := e.Event.(type) {
	case expert.HeritageDeclared:
		row.Heritage = upsert(row.Heritage, linkCountry, HeritageLink{Country: ev.Country, Status: expert.LinkDeclared})
		row.declare(expert.PartHeritage, true)
	case expert.HeritageWithdrawn:
		row.Heritage = without(row.Heritage, linkCountry, ev.Country)
		row.declare(expert.PartHeritage, len(row.Heritage) > 0)
	case expert.HeritageChecked:
		row.Heritage = upsert(row.Heritage, linkCountry, HeritageLink{ev.Country, expert.LinkChecked, ev.How, ev.By, ev.At})
	case expert.HeritageRefused:
		row.Heritage = upsert(row.Heritage, linkCountry, HeritageLink{ev.Country, expert.LinkRefused, ev.How, ev.By, ev.At})
	case expert.EligibilityConfirmed:
		row.Verdicts = upsert(row.Verdicts, programmeOf, Verdict{ev.Programme, true, ev.RuleVersion, nil, ev.By, ev.At})
	case expert.EligibilityRefused:
		row.Verdicts = upsert(row.Verdicts, programmeOf, Verdict{ev.Programme, false, ev.RuleVersion, ev.Failed, ev.By, ev.At})
	case expert.ConsentGiven:
		row.Consents = upsert(row.Consents, consentID, Consent{ev.Consent, ev.At})
	case expert.ConsentWithdrawn:
		row.Consents = without(row.Consents, consentID, ev.Consent)
	case expert.ConflictDeclared:
		row.Conflicts = ev.Institutions
	case expert.Reconfirmed:
		row.Confirmed, row.Dormant = ev.On, false
	case expert.BecameDormant:
		row.Dormant = true
	case expert.Suspended:
		row.Suspension = ev.Reason
	case expert.Reinstated:
		row.Suspension = ""
	default:
		return false
	}
	return true
}

// foldBookings takes what the placement process and assignments write.
func foldBookings(row *ExpertRow, e *codec.Decoded) {
	ofCandidacy := func(b expert.Booking) domain.CandidacyID { return b.Candidacy }
	switch ev := e.Event.(type) {
	case expert.Booked:
		row.Bookings = upsert(row.Bookings, ofCandidacy, expert.Booking(ev))
	case expert.Rebooked:
		row.Bookings = upsert(row.Bookings, ofCandidacy, expert.Booking(ev))
	case expert.Released:
		row.Bookings = without(row.Bookings, ofCandidacy, ev.Candidacy)
	case expert.ServiceRecorded:
		row.Services = upsert(row.Services, self, expert.Service(ev))
		return
	default:
		return
	}
	// upsert and without made a copy: sorting it is safe.
	slices.SortStableFunc(row.Bookings, func(a, b expert.Booking) int { return int(a.Period.From) - int(b.Period.From) })
}
