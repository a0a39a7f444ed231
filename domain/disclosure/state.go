package disclosure

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Field names what was shown: personal data (tier T2 of the domain guide) and
// protected rows (T3 and T4).
type Field string

const (
	Name       Field = "name"
	Contact    Field = "contact" // mail, phone, address
	BirthYear  Field = "birth_year"
	Gender     Field = "gender"
	CV         Field = "cv"
	Motivation Field = "motivation"
	Referees   Field = "referees"
	Notes      Field = "notes" // free text about the person: interview, check-in, evaluation

	Identity   Field = "identity" // documents
	Travel     Field = "travel"
	Finance    Field = "finance"
	Health     Field = "health"
	Protection Field = "protection" // flags of risk
)

// Fields lists the fields in their fixed order.
var Fields = []Field{
	Name, Contact, BirthYear, Gender, CV, Motivation, Referees, Notes,
	Identity, Travel, Finance, Health, Protection,
}

// State is what was disclosed on the day of the last record: earlier days are in
// the stream, and nothing is decided by them.
type State struct {
	Expert domain.ExpertID
	Day    domain.Date
	Today  []Disclosed
}

func evolve(s State, event Event) State {
	e, ok := event.(Disclosed)
	if !ok {
		return s
	}
	if day := domain.DateOf(e.At); day != s.Day {
		s.Day, s.Today = day, nil
	}
	s.Expert = e.Expert
	s.Today = append(slices.Clip(s.Today), e) // clipped: older states keep their own
	return s
}

// reading is what makes two disclosures the same, beside their fields and day.
type reading struct {
	reader      domain.PrincipalID
	role        domain.Role
	purpose     personal.Purpose
	institution domain.InstitutionID
	need        domain.NeedID
}

func (e Disclosed) reading() reading {
	return reading{e.Reader, e.Role, e.Purpose, e.Institution, e.Need}
}

// fresh keeps of the fields those that this reading has not shown today, in
// their fixed order.
func (s State) fresh(day domain.Date, r reading, fields []Field) (fresh []Field) {
	for _, f := range Fields {
		if !slices.Contains(fields, f) {
			continue
		}
		shown := day == s.Day && slices.ContainsFunc(s.Today, func(e Disclosed) bool {
			return e.reading() == r && slices.Contains(e.Fields, f)
		})
		if !shown {
			fresh = append(fresh, f)
		}
	}
	return fresh
}
