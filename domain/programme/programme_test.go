package programme_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/decider/decidertest"
	"github.com/diaspora-match/diaspora/domain/policy"
	. "github.com/diaspora-match/diaspora/domain/programme"
)

const (
	id      = domain.ProgrammeID("0198c0de-0000-7000-8000-000000000001")
	otherID = domain.ProgrammeID("0198c0de-0000-7000-8000-000000000002")
	host    = domain.InstitutionID("0198c0de-0000-7000-8000-0000000000a1")
	manager = domain.PrincipalID("0198c0de-0000-5000-8000-0000000000b1")
)

var (
	at      = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	today   = domain.DateOf(at)
	stamp   = domain.Stamp{By: manager, Role: domain.RoleManager, At: at}
	later   = domain.Stamp{By: manager, Role: domain.RoleManager, At: at.AddDate(0, 2, 0)}
	somalia = Country{
		Country: "SO", DisplayName: "Somalia", Sensitivity: domain.Restricted, Sectors: []domain.Sector{domain.Health},
		Areas: []Area{{"SO-WO", "Somaliland", domain.Open}},
	}
	iraq   = Country{Country: "IQ", DisplayName: "Iraq", Sensitivity: domain.Protected}
	rules  = policy.Eligibility{Version: 1, Validity: policy.Validity{From: today}, Residence: []domain.Country{"NL", "GB"}, MinEducation: 6, HeritageCheck: true}
	rules2 = policy.Eligibility{Version: 2, Validity: policy.Validity{From: today.AddDays(30), Until: today.AddDays(60)}, Residence: []domain.Country{"NL"}, ReconfirmDays: 180}
	first  = policy.Default(today)
	inSO   = PublishedScope{Country: "SO", Areas: []domain.Area{"SO-WO"}, Institutions: []domain.InstitutionID{host}, Reason: "Agreed with the ministry of planning."}

	opened    = Opened{id, "CD4D3", manager, at}
	withSO    = CountrySet{somalia}
	held      = CountryHoldPlaced{"SO", HoldSecurity, "", manager, at}
	closed    = Closed{"The donor's support ended.", manager, at}
	versioned = EligibilityPublished{rules, manager, at}
	scored    = ScoringPublished{first, manager, at}
)

func TestOpening(t *testing.T) {
	spec := decider.For(t, Decider)
	open := Open{stamp, id, "CD4D3"}
	spec.Given().When(open).Then(opened)
	spec.Given(opened).When(open).ThenNothing()
	spec.Given(opened).When(Open{stamp, id, "Another"}).Refused(ErrExists)
	spec.Given(opened).When(Open{stamp, otherID, "CD4D3"}).Refused(ErrExists)
	spec.Given().When(Open{stamp, "1", ""}).Refused(domain.ErrFormat)
	spec.Given().When(Open{stamp, "1", ""}).Refused(domain.ErrRequired)
	spec.Given().When(Rename{stamp, "CD4D4"}).Refused(ErrNotFound)
}

func TestNamingAndSectors(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(opened).When(Rename{stamp, "CD4D4"}).Then(Renamed{"CD4D4"})
	spec.Given(opened).When(Rename{stamp, "CD4D3"}).ThenNothing()
	spec.Given(opened).When(Rename{stamp, " "}).Refused(domain.ErrRequired)
	spec.Given(opened, closed).When(Rename{stamp, "CD4D4"}).Refused(ErrClosed)

	sectors := []domain.Sector{domain.Health, domain.RuleOfLaw}
	spec.Given(opened).When(SetSectors{stamp, sectors}).Then(SectorsSet{sectors})
	spec.Given(opened, SectorsSet{sectors}).When(SetSectors{stamp, sectors}).ThenNothing()
	spec.Given(opened).When(SetSectors{stamp, nil}).Refused(domain.ErrRequired)
	spec.Given(opened).When(SetSectors{stamp, []domain.Sector{"mining"}}).Refused(domain.ErrUnknown)
	spec.Given(opened).When(SetSectors{stamp, []domain.Sector{domain.Health, domain.Health}}).Refused(domain.ErrTwice)
}

func TestCountries(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(opened).When(SetCountry{stamp, somalia}).Then(withSO)
	spec.Given(opened, withSO).When(SetCountry{stamp, somalia}).ThenNothing()
	renamed := somalia
	renamed.DisplayName = "Somalia (federal)"
	spec.Given(opened, withSO).When(SetCountry{stamp, renamed}).Then(CountrySet{renamed})

	elsewhere := somalia
	elsewhere.Areas = []Area{{"IQ-KR", "Kurdistan Region", domain.Open}}
	spec.Given(opened).When(SetCountry{stamp, elsewhere}).Refused(ErrAreaElsewhere)
	spec.Given(opened).When(SetCountry{stamp, Country{Country: "SO"}}).Refused(domain.ErrRequired)
	spec.Given(opened).When(SetCountry{stamp, Country{Country: "somalia", DisplayName: "Somalia", Sensitivity: domain.Open}}).Refused(domain.ErrFormat)

	spec.Given(opened, withSO).When(RemoveCountry{stamp, "SO"}).Then(CountryRemoved{"SO"})
	spec.Given(opened).When(RemoveCountry{stamp, "SO"}).ThenNothing()
	spec.Given(opened, withSO, held).When(RemoveCountry{stamp, "SO"}).Refused(ErrHeld)
}

func TestAllFaultsOfACountryAreToldAtOnce(t *testing.T) {
	_, err := Decider.Decide(Decider.Fold(State{}, opened), SetCountry{stamp, Country{
		Country: "so", Sensitivity: "secret", Areas: []Area{{Area: "x"}}, Sectors: []domain.Sector{"mining"},
	}})
	want := map[string]bool{"country.country": true, "country.displayName": true, "country.sensitivity": true,
		"country.areas[0].area": true, "country.areas[0].displayName": true, "country.areas[0].sensitivity": true, "country.sectors[0]": true}
	for _, r := range domain.AsRefusals(err) {
		delete(want, r.Field)
	}
	if len(want) != 0 {
		t.Errorf("no refusal for %v in %v", want, err)
	}
}

func TestPublishedScope(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(opened, withSO).When(PublishScope{stamp, inSO}).Then(ScopePublished{inSO, at})
	spec.Given(opened, withSO, ScopePublished{inSO, at}).When(PublishScope{later, inSO}).ThenNothing()
	spec.Given(opened).When(PublishScope{stamp, inSO}).Refused(ErrNoCountry)
	spec.Given(opened, withSO).When(PublishScope{stamp, PublishedScope{Country: "SO"}}).Refused(domain.ErrRequired)
	spec.Given(opened, withSO).When(PublishScope{stamp, PublishedScope{Country: "SO", Areas: []domain.Area{"IQ-KR"}, Reason: "x"}}).Refused(ErrAreaElsewhere)
	spec.Given(opened, withSO).When(PublishScope{stamp, PublishedScope{Country: "SO", Institutions: []domain.InstitutionID{"7"}, Reason: "x"}}).Refused(domain.ErrFormat)
}

func TestEligibilityVersions(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(opened).When(PublishEligibility{stamp, rules}).Then(versioned)
	spec.Given(opened, versioned).When(PublishEligibility{stamp, rules}).ThenNothing()
	spec.Given(opened, versioned).When(PublishEligibility{later, rules}).ThenNothing()
	spec.Given(opened).When(PublishEligibility{stamp, rules2}).Refused(ErrVersion)
	changed := rules
	changed.MinYears = 5
	spec.Given(opened, versioned).When(PublishEligibility{stamp, changed}).Refused(ErrVersion)
	spec.Given(opened).When(PublishEligibility{later, rules}).Refused(ErrBackdated)
	changed.MinYears, changed.ReconfirmDays, changed.Residence = 200, 1, []domain.Country{"nl"}
	for _, want := range []error{domain.ErrRange, domain.ErrFormat} {
		spec.Given(opened).When(PublishEligibility{stamp, changed}).Refused(want)
	}
	ends := rules
	ends.Validity.Until = ends.Validity.From.AddDays(-1)
	spec.Given(opened).When(PublishEligibility{stamp, ends}).Refused(domain.ErrPeriod)
	ends.Validity = policy.Validity{From: math.MaxInt32, Until: math.MaxInt32}
	spec.Given(opened).When(PublishEligibility{stamp, ends}).Refused(domain.ErrRange)
	ends.Validity = policy.Validity{}
	spec.Given(opened).When(PublishEligibility{stamp, ends}).Refused(domain.ErrRequired)
}

func TestScoringVersions(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(opened).When(PublishScoring{stamp, first}).Then(scored)
	spec.Given(opened, scored).When(PublishScoring{stamp, first}).ThenNothing()
	skewed := policy.Default(today)
	skewed.Weights[policy.EssentialSkills] = 3999
	spec.Given(opened).When(PublishScoring{stamp, skewed}).Refused(policy.ErrWeights)
	dominated := policy.Default(today)
	dominated.Weights[policy.FreshnessPart], dominated.Weights[policy.EssentialSkills] = 4000, 300
	spec.Given(opened).When(PublishScoring{stamp, dominated}).Refused(policy.ErrDominant)
	second := policy.Default(today)
	second.Version = 3
	spec.Given(opened, scored).When(PublishScoring{stamp, second}).Refused(ErrVersion)
	spec.Given(opened, closed).When(PublishScoring{stamp, first}).Refused(ErrClosed)
}

func TestTheVersionOfADayStaysTheVersionOfThatDay(t *testing.T) {
	s := Decider.Fold(State{}, opened, versioned, EligibilityPublished{rules2, manager, at}, scored)
	for _, tc := range []struct {
		day     domain.Date
		version int
	}{{today.AddDays(-1), 0}, {today, 1}, {today.AddDays(29), 1}, {today.AddDays(30), 2}, {today.AddDays(60), 2}, {today.AddDays(61), 1}} {
		got, ok := s.EligibilityOn(tc.day)
		if got.Version != tc.version || ok != (tc.version > 0) {
			t.Errorf("on %v: version %d, %v, want %d", tc.day, got.Version, ok, tc.version)
		}
	}
	if p, ok := s.ScoringOn(today); !ok || p.Version != 1 {
		t.Errorf("scoring today: %+v", p)
	}
	if _, ok := s.ScoringOn(today.AddDays(-1)); ok {
		t.Error("a scoring policy before the first")
	}
	for version, want := range map[int]bool{0: false, 1: true, 2: true, 3: false} {
		if e, ok := s.EligibilityVersion(version); ok != want || ok && e.Version != version {
			t.Errorf("version %d: %+v, %v", version, e, ok)
		}
	}
	if _, ok := s.ScoringVersion(2); ok {
		t.Error("a second scoring version")
	}
	if got := s.ReconfirmDays(today); got != DefaultDeadlines.Reconfirm {
		t.Errorf("reconfirm after %d days", got)
	}
	if got := s.ReconfirmDays(today.AddDays(30)); got != 180 {
		t.Errorf("reconfirm after %d days under version 2", got)
	}
}

func TestDeadlines(t *testing.T) {
	spec := decider.For(t, Decider)
	d := Deadlines{HostDecision: 10, Reminder: 2, Application: 14, Reconfirm: 365}
	spec.Given(opened).When(SetDeadlines{stamp, d}).Then(DeadlinesSet{d})
	spec.Given(opened).When(SetDeadlines{stamp, DefaultDeadlines}).ThenNothing()
	d.Reminder = 10
	spec.Given(opened).When(SetDeadlines{stamp, d}).Refused(ErrReminder)
	spec.Given(opened).When(SetDeadlines{stamp, Deadlines{}}).Refused(domain.ErrRange)
}

func TestCountryHold(t *testing.T) {
	spec := decider.For(t, Decider)
	place := PlaceCountryHold{stamp, "SO", HoldSecurity, ""}
	lifted := CountryHoldLifted{"SO", "Calm again.", manager, at}
	spec.Given(opened, withSO).When(place).Then(held)
	spec.Given(opened, withSO, held).When(place).ThenNothing()
	spec.Given(opened).When(place).Refused(ErrNoCountry)
	spec.Given(opened, withSO).When(PlaceCountryHold{stamp, "SO", "rumour", ""}).Refused(domain.ErrUnknown)
	spec.Given(opened, withSO, closed).When(place).Then(held)

	spec.Given(opened, withSO, held).When(LiftCountryHold{stamp, "SO", "Calm again."}).Then(lifted)
	spec.Given(opened, withSO).When(LiftCountryHold{stamp, "SO", ""}).ThenNothing()
	spec.Given(opened, withSO, held, lifted).When(place).Then(held)
}

func TestClosing(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(opened).When(Close{stamp, closed.Reason}).Then(closed)
	spec.Given(opened, closed).When(Close{stamp, "Again."}).ThenNothing()
	spec.Given(opened).When(Close{stamp, ""}).Refused(domain.ErrRequired)
	spec.Given(opened, closed).When(SetDeadlines{stamp, DefaultDeadlines}).Refused(ErrClosed)
}

func TestScopeNamesProgrammeAndCountry(t *testing.T) {
	if got := Aggregate.Scope(State{}, Open{stamp, id, "CD4D3"}); got != (domain.Scope{Programme: id}) {
		t.Errorf("open: %+v", got)
	}
	s := Decider.Fold(State{}, opened)
	if got := Aggregate.Scope(s, PlaceCountryHold{Country: "SO"}); got != (domain.Scope{Programme: id, Country: "SO"}) {
		t.Errorf("hold: %+v", got)
	}
	if got := Aggregate.Scope(s, Open{stamp, otherID, "x"}); got.Programme != id {
		t.Errorf("an open programme takes the scope of a command: %+v", got)
	}
}

func TestProperties(t *testing.T) {
	examples := []Command{
		Open{stamp, id, "CD4D3"}, Rename{later, "CD4D4"}, SetSectors{stamp, domain.Sectors},
		SetCountry{stamp, somalia}, SetCountry{stamp, iraq}, RemoveCountry{stamp, "IQ"}, PublishScope{stamp, inSO},
		PublishEligibility{stamp, rules}, PublishEligibility{stamp, rules2}, PublishScoring{stamp, first},
		SetDeadlines{stamp, Deadlines{10, 2, 14, 365}}, PlaceCountryHold{later, "SO", HoldEpidemic, "Borders closed."},
		LiftCountryHold{later, "SO", ""}, Close{later, "Ended."},
	}
	decidertest.Contract(t, Aggregate, examples...)
	decidertest.Properties(t, Decider, decidertest.Mutations(examples...))
}

func TestLifecycle(t *testing.T) {
	want := []domain.Transition{
		{From: "", Event: "programme.Opened", To: "open"},
		{From: "open", Event: "programme.Closed", To: "closed"},
	}
	if got := Lifecycle(); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
