package programme

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/policy"
)

// Decider decides for one programme.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  decide,
	Evolve:  evolve,
}

// Aggregate is how programmes are stored and whom they concern.
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "programme",
	Decider:  Decider,
	Events: []Event{
		Opened{}, Renamed{}, SectorsSet{}, CountrySet{}, CountryRemoved{}, ScopePublished{}, EligibilityPublished{},
		ScoringPublished{}, DeadlinesSet{}, CountryHoldPlaced{}, CountryHoldLifted{}, Closed{},
	},
	Scope: scope,
}

// Bounds, listed in docs/limits.md.
const (
	MaxNameBytes        = 200   // name of a programme, display name of a country or area
	MaxReasonBytes      = 2_000 // a reason or note
	MaxCountries        = 60    // countries of a programme
	MaxAreas            = 100   // areas of a country
	MaxInstitutions     = 500   // institutions in a published scope
	MaxVersions         = 1_000 // versions of rules, and of scoring policies
	MaxExperienceYears  = 60    // years of experience that rules can ask for
	MaxHostDecisionDays = 180
	MaxApplicationDays  = 365
	MinReconfirmDays    = 30
	MaxReconfirmDays    = 1_095
)

// Refusals of a programme.
var (
	ErrNotFound      = domain.Refuse(domain.NotFound, "programme.not_found", "There is no such programme.", "Check the id, or open the programme first.")
	ErrExists        = domain.Refuse(domain.Refused, "programme.exists", "A programme with this id was opened already.", "Use the existing programme, or open one under a new id.")
	ErrClosed        = domain.Refuse(domain.Refused, "programme.closed", "The programme is closed.", "Open a new programme; a closed one stays as it was.")
	ErrNoCountry     = domain.Refuse(domain.Refused, "programme.no_country", "The programme does not work in this country.", "Add the country to the programme first.")
	ErrHeld          = domain.Refuse(domain.Refused, "programme.held", "The country is on hold.", "Lift the hold first.")
	ErrVersion       = domain.Refuse(domain.Refused, "programme.version", "The version does not follow the last one.", "Load the programme and publish under the next version number.")
	ErrBackdated     = domain.Refuse(domain.Invalid, "programme.backdated", "The version would begin in the past.", "Let it begin today or later: verdicts of the past must stay what they were.")
	ErrAreaElsewhere = domain.Refuse(domain.Invalid, "programme.area_elsewhere", "The area does not lie in the country.", "Give an area whose code begins with the country's.")
	ErrReminder      = domain.Refuse(domain.Invalid, "programme.reminder", "The reminder would come before the wait begins.", "Choose fewer days for the reminder than for the host's decision.")
)

func scope(s State, c Command) domain.Scope {
	at := domain.Scope{Programme: s.ID}
	switch c := c.(type) {
	case Open:
		if s.ID == "" {
			at.Programme = c.Programme
		}
	case SetCountry:
		at.Country = c.Country.Country
	case RemoveCountry:
		at.Country = c.Country
	case PublishScope:
		at.Country = c.Scope.Country
	case PlaceCountryHold:
		at.Country = c.Country
	case LiftCountryHold:
		at.Country = c.Country
	}
	return at
}

func decide(s State, command Command) ([]Event, error) {
	if c, ok := command.(Open); ok {
		return s.open(c)
	}
	if s.Stage == StageNone {
		return nil, ErrNotFound
	}
	// Holds protect people, so a closed programme still takes them.
	switch c := command.(type) {
	case PlaceCountryHold:
		return s.placeHold(c)
	case LiftCountryHold:
		return s.liftHold(c)
	case Close:
		return s.close(c)
	}
	if s.Stage == StageClosed {
		return nil, ErrClosed
	}
	switch c := command.(type) {
	case Rename:
		return s.rename(c)
	case SetSectors:
		return s.setSectors(c)
	case SetCountry:
		return s.setCountry(c)
	case RemoveCountry:
		return s.removeCountry(c)
	case PublishScope:
		return s.publishScope(c)
	case PublishEligibility:
		return s.publishEligibility(c)
	case PublishScoring:
		return s.publishScoring(c)
	case SetDeadlines:
		return s.setDeadlines(c)
	}
	return nil, domain.ErrUnknown.With("The programme does not know this command.")
}

func (s State) open(c Open) ([]Event, error) {
	var checks domain.Checks
	domain.RequireID(&checks, "programme", c.Programme)
	checks.Text("name", c.Name, MaxNameBytes)
	switch err := checks.Err(); {
	case err != nil:
		return nil, err
	case s.Stage != StageNone && s.ID == c.Programme && s.Name == c.Name:
		return nil, nil
	case s.Stage != StageNone:
		return nil, ErrExists
	}
	return []Event{Opened{c.Programme, c.Name, c.By, c.At}}, nil
}

func (s State) rename(c Rename) ([]Event, error) {
	var checks domain.Checks
	checks.Text("name", c.Name, MaxNameBytes)
	if err := checks.Err(); err != nil || c.Name == s.Name {
		return nil, err
	}
	return []Event{Renamed{c.Name}}, nil
}

func (s State) setSectors(c SetSectors) ([]Event, error) {
	var checks domain.Checks
	checks.Require(len(c.Sectors) > 0, domain.ErrRequired.At("sectors"))
	checkSectors(&checks, "sectors", c.Sectors)
	if err := checks.Err(); err != nil || slices.Equal(c.Sectors, s.Sectors) {
		return nil, err
	}
	return []Event{SectorsSet{c.Sectors}}, nil
}

func (s State) setCountry(c SetCountry) ([]Event, error) {
	var checks domain.Checks
	checks.Add("country", checkCountry(c.Country))
	before, known := s.Country(c.Country.Country)
	if !known {
		checks.Count("country", len(s.Countries)+1, MaxCountries)
	}
	if err := checks.Err(); err != nil || known && equalCountries(before, c.Country) {
		return nil, err
	}
	return []Event{CountrySet{c.Country}}, nil
}

func (s State) removeCountry(c RemoveCountry) ([]Event, error) {
	if _, held := s.Held(c.Country); held {
		return nil, ErrHeld.At("country")
	}
	if _, known := s.Country(c.Country); !known {
		return nil, nil
	}
	return []Event{CountryRemoved{c.Country}}, nil
}

func (s State) publishScope(c PublishScope) ([]Event, error) {
	var checks domain.Checks
	_, known := s.Country(c.Scope.Country)
	checks.Require(known, ErrNoCountry.At("scope.country"))
	checks.Count("scope.areas", len(c.Scope.Areas), MaxAreas)
	for i, a := range c.Scope.Areas {
		checkArea(&checks, domain.Index("scope.areas", i), c.Scope.Country, a)
	}
	domain.RequireDistinct(&checks, "scope.areas", c.Scope.Areas, func(a domain.Area) domain.Area { return a })
	checks.Count("scope.institutions", len(c.Scope.Institutions), MaxInstitutions)
	for i, id := range c.Scope.Institutions {
		domain.RequireID(&checks, domain.Index("scope.institutions", i), id)
	}
	domain.RequireDistinct(&checks, "scope.institutions", c.Scope.Institutions, func(id domain.InstitutionID) domain.InstitutionID { return id })
	checks.Text("scope.reason", c.Scope.Reason, MaxReasonBytes)
	if err := checks.Err(); err != nil {
		return nil, err
	}
	if before, ok := s.Scope(c.Scope.Country); ok && equalScopes(before, c.Scope) {
		return nil, nil
	}
	return []Event{ScopePublished{c.Scope, c.At}}, nil
}

func (s State) publishEligibility(c PublishEligibility) ([]Event, error) {
	e := c.Eligibility
	if before, ok := s.EligibilityVersion(e.Version); ok && equalEligibility(before, e) {
		return nil, nil
	}
	var checks domain.Checks
	checkVersion(&checks, "eligibility", e.Version, len(s.Eligibility), e.Validity, c.Today())
	for i, country := range e.Residence {
		checks.Require(country.Valid(), domain.ErrFormat.At(domain.Index("eligibility.residence", i)))
	}
	domain.RequireDistinct(&checks, "eligibility.residence", e.Residence, func(c domain.Country) domain.Country { return c })
	checks.Require(e.MinEducation.Valid(), domain.ErrRange.At("eligibility.minEducation"))
	checks.Range("eligibility.minYears", int(e.MinYears), 0, MaxExperienceYears)
	if e.ReconfirmDays != 0 {
		checks.Range("eligibility.reconfirmDays", e.ReconfirmDays, MinReconfirmDays, MaxReconfirmDays)
	}
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return []Event{EligibilityPublished{e, c.By, c.At}}, nil
}

func (s State) publishScoring(c PublishScoring) ([]Event, error) {
	p := c.Scoring
	if before, ok := s.ScoringVersion(p.Version); ok && before.Validity == p.Validity && maps.Equal(before.Weights, p.Weights) {
		return nil, nil
	}
	var checks domain.Checks
	checkVersion(&checks, "scoring", p.Version, len(s.Scoring), p.Validity, c.Today())
	checks.Add("scoring", p.Check())
	if err := checks.Err(); err != nil {
		return nil, err
	}
	// The command's map stays its caller's; the event keeps its own.
	p.Weights = maps.Clone(p.Weights)
	return []Event{ScoringPublished{p, c.By, c.At}}, nil
}

func (s State) setDeadlines(c SetDeadlines) ([]Event, error) {
	d := c.Deadlines
	var checks domain.Checks
	checks.Range("deadlines.hostDecision", d.HostDecision, 1, MaxHostDecisionDays)
	checks.Range("deadlines.reminder", d.Reminder, 0, MaxHostDecisionDays)
	checks.Require(d.Reminder < d.HostDecision, ErrReminder.At("deadlines.reminder"))
	checks.Range("deadlines.application", d.Application, 1, MaxApplicationDays)
	checks.Range("deadlines.reconfirm", d.Reconfirm, MinReconfirmDays, MaxReconfirmDays)
	if err := checks.Err(); err != nil || d == s.Deadlines {
		return nil, err
	}
	return []Event{DeadlinesSet{d}}, nil
}

func (s State) placeHold(c PlaceCountryHold) ([]Event, error) {
	var checks domain.Checks
	_, known := s.Country(c.Country)
	checks.Require(known, ErrNoCountry.At("country"))
	domain.RequireListed(&checks, "reason", c.Reason, HoldReasons)
	checks.OptionalText("note", c.Note, MaxReasonBytes)
	if err := checks.Err(); err != nil {
		return nil, err
	}
	if _, held := s.Held(c.Country); held {
		return nil, nil
	}
	return []Event{CountryHoldPlaced{c.Country, c.Reason, c.Note, c.By, c.At}}, nil
}

func (s State) liftHold(c LiftCountryHold) ([]Event, error) {
	var checks domain.Checks
	checks.OptionalText("note", c.Note, MaxReasonBytes)
	if err := checks.Err(); err != nil {
		return nil, err
	}
	if _, held := s.Held(c.Country); !held {
		return nil, nil
	}
	return []Event{CountryHoldLifted{c.Country, c.Note, c.By, c.At}}, nil
}

func (s State) close(c Close) ([]Event, error) {
	if s.Stage == StageClosed {
		return nil, nil
	}
	var checks domain.Checks
	checks.Text("reason", c.Reason, MaxReasonBytes)
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return []Event{Closed{c.Reason, c.By, c.At}}, nil
}

func checkCountry(c Country) error {
	var checks domain.Checks
	checks.Require(c.Country.Valid(), domain.ErrFormat.At("country"))
	checks.Text("displayName", c.DisplayName, MaxNameBytes)
	checks.Require(c.Sensitivity.Valid(), domain.ErrUnknown.At("sensitivity"))
	checks.Count("areas", len(c.Areas), MaxAreas)
	for i, a := range c.Areas {
		at := domain.Index("areas", i)
		checkArea(&checks, at+".area", c.Country, a.Area)
		checks.Text(at+".displayName", a.DisplayName, MaxNameBytes)
		checks.Require(a.Sensitivity.Valid(), domain.ErrUnknown.At(at+".sensitivity"))
	}
	domain.RequireDistinct(&checks, "areas", c.Areas, func(a Area) domain.Area { return a.Area })
	checkSectors(&checks, "sectors", c.Sectors)
	return checks.Err()
}

func checkArea(checks *domain.Checks, field string, country domain.Country, area domain.Area) {
	checks.Require(area.Valid(), domain.ErrFormat.At(field))
	checks.Require(strings.HasPrefix(string(area), string(country)+"-"), ErrAreaElsewhere.At(field))
}

func checkSectors(checks *domain.Checks, field string, sectors []domain.Sector) {
	for i, sector := range sectors {
		domain.RequireListed(checks, domain.Index(field, i), sector, domain.Sectors)
	}
	domain.RequireDistinct(checks, field, sectors, func(s domain.Sector) domain.Sector { return s })
}

// checkVersion holds a new version to the next number and to a validity that
// leaves the past alone.
func checkVersion(checks *domain.Checks, field string, version, last int, v policy.Validity, today domain.Date) {
	if version != last+1 {
		checks.Require(false, ErrVersion.At(field+".version").With("The next version is "+strconv.Itoa(last+1)+"."))
	}
	checks.Count(field+".version", last+1, MaxVersions)
	if v.From == 0 {
		checks.Require(false, domain.ErrRequired.At(field+".validity.from"))
	} else {
		checks.Require(v.From >= today, ErrBackdated.At(field+".validity.from"))
	}
	checks.Require(v.From <= domain.Horizon, domain.ErrRange.At(field+".validity.from"))
	checks.Require(v.Until <= domain.Horizon, domain.ErrRange.At(field+".validity.until"))
	checks.Require(v.Until == 0 || v.Until >= v.From, domain.ErrPeriod.At(field+".validity.until"))
}

func equalCountries(a, b Country) bool {
	return a.Country == b.Country && a.DisplayName == b.DisplayName && a.Sensitivity == b.Sensitivity &&
		slices.Equal(a.Areas, b.Areas) && slices.Equal(a.Sectors, b.Sectors)
}

func equalScopes(a, b PublishedScope) bool {
	return a.Country == b.Country && a.Reason == b.Reason &&
		slices.Equal(a.Areas, b.Areas) && slices.Equal(a.Institutions, b.Institutions)
}

func equalEligibility(a, b policy.Eligibility) bool {
	return a.Version == b.Version && a.Validity == b.Validity && slices.Equal(a.Residence, b.Residence) &&
		a.MinEducation == b.MinEducation && a.MinYears == b.MinYears &&
		a.HeritageCheck == b.HeritageCheck && a.ReconfirmDays == b.ReconfirmDays
}
