package expert_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	. "github.com/diaspora-match/diaspora/domain/expert"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/decider/decidertest"
	"github.com/diaspora-match/diaspora/domain/personal"
)

func TestReconfirmingAndDormancy(t *testing.T) {
	spec := decider.For(t, Decider)
	nextYear := stamp
	nextYear.At = at.AddDate(1, 0, 0)
	day := domain.DateOf(nextYear.At)
	dormant := BecameDormant{day}
	spec.Given(registered).When(Reconfirm{stamp}).ThenNothing()
	spec.Given(registered).When(Reconfirm{nextYear}).Then(Reconfirmed{day})
	spec.Given(registered, Reconfirmed{day}).When(Reconfirm{nextYear}).ThenNothing()
	spec.Given(registered, dormant).When(Reconfirm{nextYear}).Then(Reconfirmed{day})

	process := system
	process.At = nextYear.At
	spec.Given(registered).When(MakeDormant{process, day}).Then(dormant)
	spec.Given(registered, dormant).When(MakeDormant{process, day}).ThenNothing()
	spec.Given(registered, Reconfirmed{day}).When(MakeDormant{process, day}).ThenNothing()
}

func TestSuspending(t *testing.T) {
	spec := decider.For(t, Decider)
	suspend := Suspend{byFocal, SuspendedForConduct, about("Complaint.")}
	spec.Given(registered).When(suspend).Then(suspended)
	spec.Given(registered, suspended).When(suspend).ThenNothing()
	spec.Given(registered).When(Suspend{byFocal, "mood", personal.Text{}}).Refused(domain.ErrUnknown)
	spec.Given(registered).When(Suspend{byFocal, SuspendedForSafety, personal.Of(otherID, "x")}).Refused(personal.ErrSubject)
	spec.Given(registered, suspended).When(Reinstate{byFocal, personal.Text{}}).Then(Reinstated{personal.Text{}, focal, at})
	spec.Given(registered).When(Reinstate{byFocal, personal.Text{}}).ThenNothing()
	spec.Given(registered, suspended).When(Reinstate{stamp, personal.Text{}}).Refused(ErrOwnCheck)
}

func TestBooking(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(registered).When(Book{system, candidacy, spring}).Then(booked)
	spec.Given(registered, booked).When(Book{system, candidacy, spring}).ThenNothing()
	spec.Given(registered, booked).When(Book{system, candidacy, summer}).Refused(ErrBooked)
	spec.Given(registered, booked).When(Book{system, candidacy2, summer}).Then(Booked{candidacy2, summer})
	spec.Given(registered, booked).When(Book{system, candidacy2, period(160, 170)}).Refused(ErrOverlap)
	spec.Given(registered, booked).When(Book{system, candidacy2, period(161, 170)}).Then(Booked{candidacy2, period(161, 170)})
	spec.Given(registered, suspended).When(Book{system, candidacy, spring}).Refused(ErrSuspended)
	spec.Given(registered).When(Book{system, "c", spring}).Refused(domain.ErrFormat)
	spec.Given(registered).When(Book{system, candidacy, domain.Period{}}).Refused(domain.ErrRequired)
	spec.Given(registered).When(Book{system, candidacy, period(0, MaxBookingDays)}).Refused(domain.ErrRange)
	spec.Given(registered).When(Book{system, candidacy, domain.Period{From: math.MinInt32, To: math.MaxInt32}}).Refused(domain.ErrRange)

	spec.Given(registered, booked).When(Rebook{system, candidacy, period(100, 180)}).Then(Rebooked{candidacy, period(100, 180)})
	spec.Given(registered, booked).When(Rebook{system, candidacy, spring}).ThenNothing()
	spec.Given(registered, booked, Booked{candidacy2, summer}).When(Rebook{system, candidacy, period(100, 200)}).Refused(ErrOverlap)
	spec.Given(registered).When(Rebook{system, candidacy, spring}).Refused(ErrNotBooked)

	spec.Given(registered, booked).When(Release{system, candidacy}).Then(Released{candidacy, spring})
	spec.Given(registered).When(Release{system, candidacy}).ThenNothing()
	spec.Given(registered, booked, Released{candidacy, spring}).When(Book{system, candidacy2, spring}).Then(Booked{candidacy2, spring})
}

func TestAnOverlapNamesTheDaysAndNotTheOtherAssignment(t *testing.T) {
	_, err := Decider.Decide(Decider.Fold(State{}, registered, booked), Book{system, candidacy2, period(150, 300)})
	if err == nil || !strings.Contains(err.Error(), today.AddDays(150).String()) || !strings.Contains(err.Error(), spring.To.String()) {
		t.Errorf("want the shared days in %v", err)
	}
	if strings.Contains(err.Error(), string(candidacy)) || strings.Contains(err.Error(), spring.From.String()) {
		t.Errorf("tells of the other assignment: %v", err)
	}
}

func TestBookingsNeverOverlap(t *testing.T) {
	pool := []domain.CandidacyID{candidacy, candidacy2, candidacy3}
	rapid.Check(t, func(t *rapid.T) {
		s := Decider.Fold(State{}, registered)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			from := rapid.IntRange(0, 60).Draw(t, "from")
			p := period(from, from+rapid.IntRange(0, 20).Draw(t, "days"))
			c := rapid.SampledFrom(pool).Draw(t, "candidacy")
			command := rapid.SampledFrom([]Command{Book{system, c, p}, Rebook{system, c, p}, Release{system, c}}).Draw(t, "command")
			events, err := Decider.Decide(s, command)
			before := s
			s = Decider.Fold(s, events...)
			for i, b := range s.Bookings {
				if i > 0 && s.Bookings[i-1].Period.To >= b.Period.From {
					t.Fatalf("overlap: %v", s.Bookings)
				}
			}
			if _, isBook := command.(Book); isBook && err != nil && !clashes(before, c, p) {
				t.Fatalf("refused without need: %v over %v: %v", p, before.Bookings, err)
			}
		}
	})
}

func clashes(s State, c domain.CandidacyID, p domain.Period) bool {
	return slices.ContainsFunc(s.Bookings, func(b Booking) bool {
		return b.Candidacy == c && b.Period != p || b.Period.Overlaps(p)
	})
}

func TestService(t *testing.T) {
	spec := decider.For(t, Decider)
	recorded := ServiceRecorded{host, assignment}
	spec.Given(registered).When(RecordService{system, host, assignment}).Then(recorded)
	spec.Given(registered, recorded).When(RecordService{system, host, assignment}).ThenNothing()
	spec.Given(registered).When(RecordService{system, "", assignment}).Refused(domain.ErrRequired)
}

func TestErasure(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(registered).When(RequestErasure{stamp}).Then(fenced)
	spec.Given(registered, fenced).When(RequestErasure{stamp}).ThenNothing()
	spec.Given().When(RequestErasure{stamp}).Refused(ErrNotFound)
	spec.Given(registered, fenced).When(CompleteErasure{system, hash}).Then(erased)
	spec.Given(registered, fenced, erased).When(CompleteErasure{system, hash}).ThenNothing()
	spec.Given(registered, fenced, erased).When(CompleteErasure{system, strings.Repeat("b", 64)}).Refused(ErrErased)
	spec.Given(registered).When(CompleteErasure{system, hash}).Refused(ErrNotRequested)
	spec.Given(registered, fenced).When(CompleteErasure{system, "done"}).Refused(domain.ErrFormat)
	spec.Given().When(CompleteErasure{system, hash}).Refused(ErrNotFound)
}

func TestTheFenceRefusesEveryCommandButItsOwn(t *testing.T) {
	for _, history := range [][]Event{{registered, fenced}, {registered, fenced, erased}} {
		for _, c := range examples() {
			switch c.(type) {
			case RequestErasure, CompleteErasure:
				continue
			}
			decider.For(t, Decider).Given(history...).When(c).Refused(ErrErased)
		}
	}
}

func TestAnErasedStateHoldsNothingOfThePerson(t *testing.T) {
	s := State{}
	for _, c := range examples() {
		if _, ok := c.(CompleteErasure); ok {
			continue // not before it is asked for
		}
		events, _ := Decider.Decide(s, c)
		s = Decider.Fold(s, events...)
	}
	s = Decider.Fold(s, fenced, erased)
	if want := (State{ID: id, Fenced: true, Proof: hash}); !reflect.DeepEqual(s, want) {
		t.Errorf("left over: %+v", s)
	}
}

func TestCompletenessNamesWhatIsMissing(t *testing.T) {
	s := Decider.Fold(State{}, registered)
	if got := Completeness(s); len(got) != len(Parts) || s.Stage() != StageRegistered {
		t.Errorf("at first: %+v, %s", got, s.Stage())
	}
	s = Decider.Fold(s, IdentityDeclared{identity}, SkillsDeclared{[]domain.SkillClaim{midwifery}}, LanguagesDeclared{[]domain.LanguageClaim{somali}},
		EducationDeclared{[]domain.Education{{Level: 7}}}, ExperienceDeclared{}, ResidenceDeclared{"NL"}, linked,
		AvailabilityDeclared{[]domain.Availability{{Period: spring}}}, OccupationDeclared{"2222"})
	want := []Hint{{PartMotivation, false}, {PartCV, false}, {PartPreferences, false}, {PartTransfer, false}, {PartReferences, false}}
	if got := Completeness(s); !slices.Equal(got, want) || !s.Complete() || s.Stage() != StageComplete {
		t.Errorf("complete: %+v, %s", got, s.Stage())
	}
	for _, e := range []Event{
		SkillsWithdrawn{[]domain.Skill{midwifery.Skill}}, LanguagesWithdrawn{[]domain.Language{"so"}}, HeritageWithdrawn{"SO"},
		PartWithdrawn{PartIdentity}, PartWithdrawn{PartAvailability}, PartWithdrawn{PartHeritage},
	} {
		if less := Decider.Fold(s, e); less.Complete() || len(Completeness(less)) != len(want)+1 {
			t.Errorf("after %T: %+v", e, Completeness(less))
		}
	}
}

func TestWithdrawingAPart(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(registered).When(WithdrawPart{stamp, PartCV}).ThenNothing()
	spec.Given(registered).When(WithdrawPart{stamp, "shoe_size"}).Refused(domain.ErrUnknown)
	full := State{}
	for _, c := range examples()[:18] {
		events, err := Decider.Decide(full, c)
		if err != nil {
			t.Fatal(err)
		}
		full = Decider.Fold(full, events...)
	}
	empty := full
	for _, p := range Parts {
		if !full.Declared.Has(p) {
			t.Fatalf("%s is not declared", p)
		}
		events, err := Decider.Decide(empty, WithdrawPart{stamp, p})
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %v, %v", p, events, err)
		}
		empty = Decider.Fold(empty, events...)
	}
	if want := Decider.Fold(State{}, registered); !reflect.DeepEqual(empty, want) {
		t.Errorf("left over:\n%+v\nwant\n%+v", empty, want)
	}
}

func TestStages(t *testing.T) {
	for _, tc := range []struct {
		events []Event
		want   Stage
	}{
		{nil, StageNone}, {[]Event{registered}, StageRegistered}, {[]Event{registered, BecameDormant{today}}, StageDormant},
		{[]Event{registered, BecameDormant{today}, suspended}, StageSuspended}, {[]Event{registered, suspended, fenced}, StageErasing},
		{[]Event{registered, fenced, erased}, StageErased}, {[]Event{registered, BecameDormant{today}, Reconfirmed{today}}, StageRegistered},
	} {
		if got := Decider.Fold(State{}, tc.events...).Stage(); got != tc.want {
			t.Errorf("after %d events: %s, want %s", len(tc.events), got, tc.want)
		}
	}
}

func TestScope(t *testing.T) {
	s := Decider.Fold(State{}, registered)
	for _, tc := range []struct {
		state   State
		command Command
		want    domain.Scope
	}{
		{State{}, Register{stamp, id, programme, herself, processing}, domain.Scope{Programme: programme, Expert: id}},
		{s, Register{stamp, otherID, "", herself, processing}, domain.Scope{Programme: programme, Expert: id}},
		{s, DeclareCV{}, domain.Scope{Programme: programme, Expert: id}},
		{s, CheckHeritage{Country: "SO"}, domain.Scope{Programme: programme, Expert: id, Country: "SO"}},
		{s, RefuseHeritage{Country: "IQ"}, domain.Scope{Programme: programme, Expert: id, Country: "IQ"}},
		{s, RecordEligibility{Programme: "another"}, domain.Scope{Programme: "another", Expert: id}},
	} {
		if got := Aggregate.Scope(tc.state, tc.command); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.command.CommandType(), got, tc.want)
		}
	}
}

// examples drive an expert through a whole life; the first ones declare every
// part of the profile.
func examples() []Command {
	other := consent
	other.ID, other.Purpose, other.Programme = "0198c0de-0000-7000-8000-0000000000f2", ShareWithProgramme, programme
	return []Command{
		Register{stamp, id, programme, herself, processing},
		DeclareIdentity{stamp, identity}, DeclareMotivation{stamp, about("To give back.")}, DeclareCV{stamp, about("Midwife.")},
		DeclareSkills{stamp, []domain.SkillClaim{midwifery, teaching}}, DeclareLanguages{stamp, []domain.LanguageClaim{somali, dutch}},
		DeclareEducation{stamp, []domain.Education{{Level: 7, Field: "0913"}}},
		DeclareExperience{stamp, Experience{12, []SectorExperience{{domain.Health, 12}}}}, DeclareOccupation{stamp, "2222"},
		DeclareResidence{stamp, "NL"}, DeclareAvailability{stamp, []domain.Availability{{Period: spring, MaxWeeks: 4}, {Period: summer}}},
		DeclarePreferences{stamp, Preferences{[]domain.Modality{domain.Virtual}, []domain.Country{"SO"}, []domain.Sector{domain.Health}}},
		DeclareTransfer{stamp, Transfer{[]domain.TransferMethod{"lecturing"}, 7}},
		DeclareReferences{stamp, []Reference{{about("Dr Omar"), about("omar@example.org"), about("Head")}}},
		DeclareHeritage{stamp, "SO"}, DeclareHeritage{stamp, "ET"}, WithdrawHeritage{stamp, "ET"}, CheckHeritage{byFocal, "SO", ByInterview},
		// from here on beyond the profile
		RefuseHeritage{byFocal, "SO", ByEmbassy}, WithdrawSkills{stamp, []domain.Skill{"health.midwifery"}}, WithdrawLanguages{stamp, []domain.Language{"nl", "so"}},
		WithdrawPart{stamp, PartCV}, LinkPrincipal{stamp, herself},
		RecordEligibility{byFocal, programme, 1, nil}, RecordEligibility{byFocal, programme, 2, []Rule{"residence", "min_years"}},
		GiveConsent{stamp, consent}, GiveConsent{stamp, other}, WithdrawConsent{stamp, consentID}, DeclareConflict{stamp, []domain.InstitutionID{host}},
		Reconfirm{domain.Stamp{By: herself, Role: domain.RoleExpert, At: at.AddDate(1, 0, 0)}}, MakeDormant{system, today.AddDays(400)},
		Suspend{byFocal, SuspendedForSafety, about("Threat.")}, Reinstate{byFocal, about("Over.")},
		Book{system, candidacy, spring}, Book{system, candidacy2, summer}, Rebook{system, candidacy, period(90, 150)}, Release{system, candidacy},
		RecordService{system, host, assignment}, CompleteErasure{system, hash}, RequestErasure{stamp},
	}
}

func TestProperties(t *testing.T) {
	decidertest.Contract(t, Aggregate, examples()...)
	// Registered at once, so that random histories go deep.
	d := Decider
	d.Initial = func() State { return Decider.Fold(State{}, registered) }
	decidertest.Properties(t, d, decidertest.Mutations(examples()...))
	decidertest.Properties(t, Decider, decidertest.Mutations(examples()...))
}

func TestEveryEventOfTheAggregateIsDecidedAndFolded(t *testing.T) {
	seen := map[string]bool{}
	s := State{}
	for _, c := range examples() {
		events, _ := Decider.Decide(s, c)
		for _, e := range events {
			seen[e.EventType()] = true
			if after := Decider.Evolve(s, e); reflect.DeepEqual(after, s) {
				t.Errorf("%s changes nothing", e.EventType())
			} else {
				s = after
			}
		}
	}
	for _, e := range []Event{PrincipalLinked{}, PersonalDataErased{}} {
		seen[e.EventType()] = true // specified above; their commands meet other states here
	}
	for _, e := range Aggregate.Events {
		if !seen[e.EventType()] {
			t.Errorf("no example leads to %s", e.EventType())
		}
	}
}

// BenchmarkEvolve folds a life of 100 events.
func BenchmarkEvolve(b *testing.B) {
	events := []Event{registered}
	for i := 1; i < 100; i++ {
		switch i % 4 {
		case 0:
			events = append(events, SkillsDeclared{[]domain.SkillClaim{{Skill: domain.Skill("health.s" + string(rune('a'+i%26))), Level: 2}}})
		case 1:
			events = append(events, Reconfirmed{today.AddDays(i)})
		case 2:
			events = append(events, Booked{candidacy, period(i*10, i*10+5)})
		case 3:
			events = append(events, AvailabilityDeclared{[]domain.Availability{{Period: spring}}})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		Decider.Fold(State{}, events...)
	}
}

func TestLifecycle(t *testing.T) {
	steps := Lifecycle()
	for _, want := range []domain.Transition{
		{From: "", Event: "expert.Registered", To: "registered"},
		{From: "registered", Event: "expert.AvailabilityDeclared", To: "complete"},
		{From: "complete", Event: "expert.BecameDormant", To: "dormant"},
		{From: "dormant", Event: "expert.Reconfirmed", To: "complete"},
		{From: "suspended", Event: "expert.ErasureRequested", To: "erasing"},
		{From: "erasing", Event: "expert.PersonalDataErased", To: "erased"},
	} {
		if !slices.Contains(steps, want) {
			t.Errorf("missing: %+v", want)
		}
	}
	for _, step := range steps {
		if step.From == "erased" || step.From == "erasing" && step.To != "erased" {
			t.Errorf("past the fence: %+v", step)
		}
	}
}
