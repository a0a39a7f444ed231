package need

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

const (
	needID      = domain.NeedID("11111111-1111-4111-8111-111111111111")
	programme   = domain.ProgrammeID("22222222-2222-4222-8222-222222222222")
	institution = domain.InstitutionID("33333333-3333-4333-8333-333333333333")
	officer     = domain.PrincipalID("44444444-4444-4444-8444-444444444444")
	boss        = domain.PrincipalID("55555555-5555-4555-8555-555555555555")
	first       = domain.CandidacyID("66666666-6666-4666-8666-666666666666")
	second      = domain.CandidacyID("77777777-7777-4777-8777-777777777777")
)

var (
	now      = time.Date(2027, time.January, 11, 9, 0, 0, 0, time.UTC)
	byHost   = domain.Stamp{By: officer, Role: domain.RoleHost, At: now}
	byBoss   = domain.Stamp{By: boss, Role: domain.RoleManager, At: now}
	bySystem = domain.Stamp{By: "system", Role: domain.RoleSystem, At: now}
)

// on moves a stamp to a day.
func on(s domain.Stamp, year int, month time.Month, day int) domain.Stamp {
	s.At = time.Date(year, month, day, 9, 0, 0, 0, time.UTC)
	return s
}

func terms(change ...func(*Terms)) Terms {
	t := exampleTerms()
	for _, f := range change {
		f(&t)
	}
	return t
}

func seats(n int) func(*Terms) { return func(t *Terms) { t.Positions = n } }

func draft(t Terms) Draft {
	return Draft{Stamp: byHost, Need: needID, Programme: programme, Institution: institution, Country: "SO", Terms: t}
}

func drafted(t Terms) Drafted {
	return Drafted{Need: needID, Programme: programme, Institution: institution, Country: "SO", Terms: t, By: officer, At: now}
}

func publish() Publish {
	return Publish{Stamp: byBoss, Language: "en", Title: "Midwife trainer", Summary: "Train midwives.", Host: Host{Name: "Regional Hospital"}}
}

var (
	fullScore = Complete(exampleTerms()).Score
	submitted = Submitted{Version: 1, Completeness: fullScore, By: officer, At: now}
	returned  = Returned{Reason: "Name the wards.", By: boss, At: now}
	approved  = Approved{Version: 1, By: boss, At: now}
	published = Published{
		Version: 1, Public: PublicText{Language: "en", Title: "Midwife trainer", Summary: "Train midwives.", HostShownAs: "Regional Hospital"},
		Deadline: exampleTerms().Deadline, Expires: exampleTerms().DecisionDate, By: boss, At: now,
	}
	paused    = Paused{Reason: "The ward moves.", At: now}
	allocated = SeatAllocated{Candidacy: first, Left: 0, At: now}
	filled    = Filled{At: now}
)

// open is the history of a published need with n seats.
func open(n int, more ...Event) []Event {
	return append([]Event{drafted(terms(seats(n))), submitted, approved, published}, more...)
}

func TestDraft(t *testing.T) {
	spec := decider.For(t, Decider)
	sketch := Terms{Title: "Midwife trainer", Sensitivity: domain.Open}

	spec.Given().When(draft(terms())).Then(drafted(terms()))
	spec.Given().When(draft(Terms{Title: "Midwife trainer", Tasks: []string{}})).Then(drafted(sketch))
	spec.Given(drafted(terms())).When(draft(terms())).ThenNothing()
	spec.Given(drafted(terms())).When(draft(sketch)).Refused(ErrExists)
	spec.Given().When(draft(Terms{})).Refused(domain.ErrRequired)
	spec.Given().When(draft(terms(func(t *Terms) { t.Area = "IQ-KR" }))).Refused(ErrArea)

	nowhere := draft(terms())
	nowhere.Need, nowhere.Country = "need one", "Somalia"
	spec.Given().When(nowhere).Refused(domain.ErrFormat)
}

func TestDuplicateDropsTheDatesOfItsSource(t *testing.T) {
	spec := decider.For(t, Decider)
	source := domain.NeedID("88888888-8888-4888-8888-888888888888")
	copied := draft(terms())
	copied.DuplicateOf = source
	want := drafted(terms(func(t *Terms) { t.Window.Period, t.Deadline, t.DecisionDate = domain.Period{}, 0, 0 }))
	want.DuplicateOf = source

	spec.Given().When(copied).Then(want)
	spec.Given(want).When(Submit{byHost}).Refused(ErrIncomplete)
}

func TestEveryFieldHasItsBound(t *testing.T) {
	long := strings.Repeat("x", MaxText+1)
	many := slices.Repeat([]string{"x"}, MaxEntries+1)
	for field, c := range map[string]struct {
		change func(*Terms)
		want   error
	}{
		"terms.title":                     {func(t *Terms) { t.Title = long }, domain.ErrTooLong},
		"terms.unit":                      {func(t *Terms) { t.Unit = "ward 3" }, domain.ErrFormat},
		"terms.area":                      {func(t *Terms) { t.Area = "so" }, domain.ErrFormat},
		"terms.sector":                    {func(t *Terms) { t.Sector = "mining" }, domain.ErrUnknown},
		"terms.crs":                       {func(t *Terms) { t.CRS = "12" }, domain.ErrFormat},
		"terms.sdg[1]":                    {func(t *Terms) { t.SDG = []string{"4.c", "18"} }, domain.ErrFormat},
		"terms.sdg[0]":                    {func(t *Terms) { t.SDG = []string{"16.x"} }, domain.ErrFormat},
		"terms.planItem":                  {func(t *Terms) { t.PlanItem = "3b" }, domain.ErrFormat},
		"terms.follows":                   {func(t *Terms) { t.Follows = "before" }, domain.ErrFormat},
		"terms.objective":                 {func(t *Terms) { t.Objective = long }, domain.ErrTooLong},
		"terms.supervisorRole":            {func(t *Terms) { t.SupervisorRole = long }, domain.ErrTooLong},
		"terms.tasks":                     {func(t *Terms) { t.Tasks = many }, domain.ErrTooMany},
		"terms.tasks[0]":                  {func(t *Terms) { t.Tasks = []string{" "} }, domain.ErrRequired},
		"terms.outputs[0].text":           {func(t *Terms) { t.Outputs = []Output{{}} }, domain.ErrRequired},
		"terms.outputs[0].indicator":      {func(t *Terms) { t.Outputs = []Output{{"x", long}} }, domain.ErrTooLong},
		"terms.counterparts[0].number":    {func(t *Terms) { t.Counterparts = []Counterparts{{0, "nurse"}} }, domain.ErrRange},
		"terms.counterparts[0].role":      {func(t *Terms) { t.Counterparts = []Counterparts{{3, ""}} }, domain.ErrRequired},
		"terms.transferMethods[0]":        {func(t *Terms) { t.TransferMethods = []domain.TransferMethod{"telepathy"} }, domain.ErrUnknown},
		"terms.skills[0].skill":           {func(t *Terms) { t.Skills = []domain.SkillRequirement{{}} }, domain.ErrRequired},
		"terms.skills[0].minLevel":        {func(t *Terms) { t.Skills = []domain.SkillRequirement{{Skill: "x", MinLevel: 9}} }, domain.ErrRange},
		"terms.skills[0].importance":      {func(t *Terms) { t.Skills = []domain.SkillRequirement{{Skill: "x", Importance: "nice"}} }, domain.ErrUnknown},
		"terms.skills[1]":                 {func(t *Terms) { t.Skills = append(t.Skills[:1:1], t.Skills[0]) }, domain.ErrTwice},
		"terms.languages[0].language":     {func(t *Terms) { t.Languages = []domain.LanguageRequirement{{Language: "Somali"}} }, domain.ErrFormat},
		"terms.languages[0].minLevel":     {func(t *Terms) { t.Languages = []domain.LanguageRequirement{{Language: "so", MinLevel: 9}} }, domain.ErrRange},
		"terms.languages[0].purpose":      {func(t *Terms) { t.Languages = []domain.LanguageRequirement{{Language: "so", Purpose: "fun"}} }, domain.ErrUnknown},
		"terms.minEducation":              {func(t *Terms) { t.MinEducation = 9 }, domain.ErrRange},
		"terms.minYears":                  {func(t *Terms) { t.MinYears = MaxYears + 1 }, domain.ErrRange},
		"terms.occupations[0]":            {func(t *Terms) { t.Occupations = []domain.ISCO{"nurse"} }, domain.ErrFormat},
		"terms.gender.preference":         {func(t *Terms) { t.Gender = GenderConsideration{"girls", "x"} }, domain.ErrUnknown},
		"terms.gender.reason":             {func(t *Terms) { t.Gender.Preference = WomenPreferred }, domain.ErrRequired},
		"terms.modality":                  {func(t *Terms) { t.Modality = "remote" }, domain.ErrUnknown},
		"terms.positions":                 {func(t *Terms) { t.Positions = MaxPositions + 1 }, domain.ErrRange},
		"terms.window.period.to":          {func(t *Terms) { t.Window.Period.To = 0 }, domain.ErrRequired},
		"terms.window.maxWeeks":           {func(t *Terms) { t.Window.MaxWeeks = 2 }, ErrDuration},
		"terms.window.minWeeks":           {func(t *Terms) { t.Window.MinWeeks, t.Window.MaxWeeks = 40, 40 }, ErrDuration},
		"terms.deadline":                  {func(t *Terms) { t.Deadline = t.Window.Period.To + 1; t.DecisionDate = 0 }, ErrDates},
		"terms.decisionDate":              {func(t *Terms) { t.DecisionDate = t.Deadline - 1 }, ErrDates},
		"terms.hostContribution.internet": {func(t *Terms) { t.HostContribution.Internet = "5G" }, domain.ErrUnknown},
		"terms.hostContribution.safety":   {func(t *Terms) { t.HostContribution.Safety = long }, domain.ErrTooLong},
		"terms.sensitivity":               {func(t *Terms) { t.Sensitivity = "secret" }, domain.ErrUnknown},
	} {
		_, err := Decide(State{}, draft(terms(c.change)))
		found := slices.ContainsFunc(domain.AsRefusals(err), func(r *domain.Refusal) bool {
			return r.Field == field && errors.Is(r, c.want)
		})
		if !found {
			t.Errorf("%s: want %v, got %v", field, c.want, err)
		}
	}
}

func TestSubmitNamesEveryMissingPart(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(drafted(terms())).When(Submit{byHost}).Then(submitted)
	spec.Given(drafted(terms()), submitted).When(Submit{byHost}).ThenNothing()
	spec.Given(drafted(terms()), submitted, approved).When(Submit{byHost}).Refused(ErrStatus)
	spec.Given().When(Submit{byHost}).Refused(ErrNotFound)
	spec.Given(drafted(terms())).When(Submit{on(byHost, 2027, time.February, 16)}).Refused(ErrDeadlinePast)

	_, err := Decide(Decider.Fold(State{}, drafted(Terms{Title: "Midwife trainer"})), Submit{byHost})
	var got []string
	for _, r := range domain.AsRefusals(err) {
		got = append(got, r.Field)
	}
	want := []string{
		"terms.sector", "terms.objective", "terms.tasks", "terms.outputs", "terms.counterparts", "terms.transferMethods",
		"terms.skills", "terms.languages", "terms.modality", "terms.window", "terms.positions", "terms.deadline",
	}
	if !slices.Equal(got, want) {
		t.Errorf("missing parts are %v, want %v", got, want)
	}
}

func TestCompleteness(t *testing.T) {
	everything := terms(func(t *Terms) {
		t.Unit, t.Area, t.CRS, t.SDG = "99999999-9999-4999-8999-999999999999", "SO-WO", "13020", []string{"3.1"}
		t.PlanItem, t.SupervisorRole = "99999999-9999-4999-8999-999999999999", "head midwife"
		t.Occupations, t.HostContribution = []domain.ISCO{"2222"}, HostContribution{Desk: true}
	})
	if c := Complete(everything); c.Score != domain.One || len(c.Gaps) != 0 {
		t.Errorf("complete terms score %v with gaps %v", c.Score, c.Gaps)
	}
	if c := Complete(Terms{}); c.Score != 0 || c.Complete() {
		t.Errorf("empty terms score %v, complete %v", c.Score, c.Complete())
	}
	for name, change := range map[string]func(*Terms){
		"an output without indicator": func(t *Terms) { t.Outputs = []Output{{Text: "Protocols"}} },
		"a skill without level":       func(t *Terms) { t.Skills = []domain.SkillRequirement{{Skill: "x", Importance: domain.Essential}} },
		"a skill without importance":  func(t *Terms) { t.Skills = []domain.SkillRequirement{{Skill: "x", MinLevel: domain.Basic}} },
		"no essential skill": func(t *Terms) {
			t.Skills = []domain.SkillRequirement{{Skill: "x", MinLevel: domain.Basic, Importance: domain.Preferred}}
		},
		"a language without purpose":   func(t *Terms) { t.Languages = []domain.LanguageRequirement{{Language: "so", MinLevel: domain.B1}} },
		"a window without a duration":  func(t *Terms) { t.Window.MinWeeks = 0 },
		"nobody to pass knowledge on":  func(t *Terms) { t.Counterparts = nil },
		"no way to pass knowledge on":  func(t *Terms) { t.TransferMethods = nil },
		"no seat":                      func(t *Terms) { t.Positions = 0 },
		"no last day for applications": func(t *Terms) { t.Deadline = 0 },
	} {
		if Complete(terms(change)).Complete() {
			t.Errorf("%s counts as complete", name)
		}
	}
}

func TestReview(t *testing.T) {
	spec := decider.For(t, Decider)
	waiting := []Event{drafted(terms()), submitted}

	spec.Given(waiting...).When(Return{byBoss, "Name the wards."}).Then(returned)
	spec.Given(waiting...).When(Return{Stamp: byBoss}).Refused(domain.ErrRequired)
	spec.Given(append(waiting, approved)...).When(Return{byBoss, "Name the wards."}).Then(returned)
	spec.Given(append(waiting, returned)...).When(Return{byBoss, "Again."}).ThenNothing()
	spec.Given(append(waiting, returned)...).When(Submit{byHost}).Then(submitted)
	spec.Given(drafted(terms())).When(Return{byBoss, "Too early."}).Refused(ErrStatus)

	spec.Given(waiting...).When(Approve{byBoss}).Then(approved)
	spec.Given(waiting...).When(Approve{byHost}).Refused(ErrOwnProposal)
	spec.Given(append(waiting, approved)...).When(Approve{byBoss}).ThenNothing()
	spec.Given(drafted(terms())).When(Approve{byBoss}).Refused(ErrStatus)
}

func TestPublish(t *testing.T) {
	spec := decider.For(t, Decider)
	ready := []Event{drafted(terms()), submitted, approved}

	spec.Given(ready...).When(publish()).Then(published)
	spec.Given(open(1)...).When(publish()).ThenNothing()
	spec.Given(drafted(terms()), submitted).When(publish()).Refused(ErrStatus)
	late := publish()
	late.Stamp = on(byBoss, 2027, time.February, 16)
	spec.Given(ready...).When(late).Refused(ErrDeadlinePast)
	empty := publish()
	empty.Title = ""
	spec.Given(ready...).When(empty).Refused(domain.ErrRequired)
}

func TestAProtectedHostIsNeverNamedInPublic(t *testing.T) {
	spec := decider.For(t, Decider)
	ready := []Event{drafted(terms()), submitted, approved}
	hidden := publish()
	hidden.Host = Host{Name: "Regional Hospital", Protected: true, Alias: "A hospital in the region"}
	want := published
	want.Public.HostShownAs, want.Public.HostHidden = "A hospital in the region", true

	spec.Given(ready...).When(hidden).Then(want)
	for _, summary := range []string{"Work at the REGIONAL  hospital.", "Regional\nHospital needs you", "the regional-hospital, ward 3"} {
		named := hidden
		named.Summary = summary
		spec.Given(ready...).When(named).Refused(ErrHostNamed)
	}
	transparent := hidden
	transparent.Host.Alias = "Not the Regional Hospital"
	spec.Given(ready...).When(transparent).Refused(ErrHostNamed)
	nameless := hidden
	nameless.Host.Alias = ""
	spec.Given(ready...).When(nameless).Refused(domain.ErrRequired)

	// The need's own class protects as the institution's does.
	protected := terms(func(t *Terms) { t.Sensitivity = domain.Protected })
	spec.Given(drafted(protected), submitted, approved).When(publish()).Refused(domain.ErrRequired)

	// Raising the class of a need that shows its host must hide the host first.
	spec.Given(open(1)...).When(Revise{byHost, protected, "Threats."}).Refused(ErrHostShown)
	spec.Given(append(open(1), PublicTextChanged{want.Public})...).When(Revise{byHost, protected, "Threats."}).Then(
		RequirementChanged{Version: 2, Terms: protected, Changed: []string{"sensitivity"}, Reason: "Threats.", Expires: protected.Expires(), By: officer, At: now})
}

func TestChangePublicText(t *testing.T) {
	spec := decider.For(t, Decider)
	change := ChangePublicText{Stamp: byBoss, Language: "en", Title: "Trainer of midwives", Summary: "Train.", Host: Host{Name: "Regional Hospital"}}
	changedText := PublicTextChanged{PublicText{Language: "en", Title: "Trainer of midwives", Summary: "Train.", HostShownAs: "Regional Hospital"}}

	spec.Given(open(1)...).When(change).Then(changedText)
	spec.Given(append(open(1), changedText)...).When(change).ThenNothing()
	spec.Given(drafted(terms())).When(change).Refused(ErrStatus)
	change.Language = "English"
	spec.Given(open(1)...).When(change).Refused(domain.ErrFormat)
}

func TestRevise(t *testing.T) {
	spec := decider.For(t, Decider)
	better := terms(func(t *Terms) { t.MinYears, t.Unit = 5, "99999999-9999-4999-8999-999999999999" })

	spec.Given(drafted(terms())).When(Revise{Stamp: byHost, Terms: better}).Then(Revised{Version: 2, Terms: better})
	spec.Given(drafted(terms())).When(Revise{Stamp: byHost, Terms: terms()}).ThenNothing()
	spec.Given(drafted(terms()), submitted, returned).When(Revise{Stamp: byHost, Terms: better}).Then(Revised{Version: 2, Terms: better})
	spec.Given(drafted(terms())).When(Revise{Stamp: byHost}).Refused(domain.ErrRequired)
	spec.Given(drafted(terms()), submitted).When(Revise{Stamp: byHost, Terms: better}).Refused(ErrStatus)
	spec.Given(drafted(terms()), submitted, approved).When(Revise{Stamp: byHost, Terms: better}).Refused(ErrStatus)
}

func TestRequirementsOfAPublishedNeedChangeInTheOpen(t *testing.T) {
	spec := decider.For(t, Decider)
	better := terms(func(t *Terms) { t.MinYears, t.Modality = 5, domain.Hybrid })
	change := RequirementChanged{
		Version: 2, Terms: better, Changed: []string{"minYears", "modality"}, Reason: "Experience counts.",
		Expires: better.Expires(), By: officer, At: now,
	}
	spec.Given(open(1)...).When(Revise{byHost, better, "Experience counts."}).Then(change)
	spec.Given(open(1)...).When(Revise{byHost, better, ""}).Refused(domain.ErrRequired)
	spec.Given(open(1)...).When(Revise{byHost, terms(func(t *Terms) { t.Objective = "" }), "x"}).Refused(ErrIncomplete)
	spec.Given(open(1)...).When(Revise{on(byHost, 2027, time.February, 20), terms(func(t *Terms) { t.Deadline-- }), "x"}).Refused(ErrDeadlinePast)

	taken := append(open(2), SeatAllocated{first, 1, now}, SeatAllocated{second, 0, now}, filled)
	spec.Given(taken...).When(Revise{byHost, terms(seats(1)), "Fewer."}).Refused(ErrSeatsTaken)
	spec.Given(taken...).When(Revise{byHost, terms(seats(3)), "More."}).Then(
		RequirementChanged{Version: 2, Terms: terms(seats(3)), Changed: []string{"positions"}, Reason: "More.", Expires: better.Expires(), By: officer, At: now},
		Reopened{now})
	spec.Given(append(open(2), SeatAllocated{first, 1, now})...).When(Revise{byHost, terms(seats(1)), "Fewer."}).Then(
		RequirementChanged{Version: 2, Terms: terms(seats(1)), Changed: []string{"positions"}, Reason: "Fewer.", Expires: better.Expires(), By: officer, At: now},
		filled)

	// A placement approved under the old requirements gets no seat.
	spec.Given(append(open(1), change)...).When(AllocateSeat{bySystem, first, 1}).Refused(ErrVersion)
	spec.Given(append(open(1), change)...).When(AllocateSeat{bySystem, first, 2}).Then(allocated, filled)
}

func TestPauseAndResume(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(open(1)...).When(Pause{byBoss, "The ward moves."}).Then(paused)
	spec.Given(open(1)...).When(Pause{Stamp: byBoss}).Refused(domain.ErrRequired)
	spec.Given(open(1, paused)...).When(Pause{byBoss, "Again."}).ThenNothing()
	spec.Given(drafted(terms())).When(Pause{byBoss, "Early."}).Refused(ErrStatus)
	spec.Given(open(1, paused)...).When(Resume{byBoss}).Then(Resumed{now})
	spec.Given(open(1)...).When(Resume{byBoss}).ThenNothing()
	spec.Given(drafted(terms())).When(Resume{byBoss}).Refused(ErrStatus)
	fewer := RequirementChanged{Version: 2, Terms: terms(seats(1))}
	spec.Given(open(2, SeatAllocated{first, 1, now}, paused, fewer)...).When(Resume{byBoss}).Then(Resumed{now}, filled)
}

func TestSeats(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(open(2)...).When(AllocateSeat{bySystem, first, 1}).Then(SeatAllocated{first, 1, now})
	spec.Given(open(2, SeatAllocated{first, 1, now})...).When(AllocateSeat{bySystem, first, 1}).ThenNothing()
	spec.Given(open(2, SeatAllocated{first, 1, now})...).When(AllocateSeat{bySystem, second, 1}).Then(SeatAllocated{second, 0, now}, filled)
	spec.Given(open(1, allocated, filled)...).When(AllocateSeat{bySystem, second, 1}).Refused(ErrNoSeat)
	spec.Given(open(1, allocated, filled)...).When(AllocateSeat{bySystem, first, 1}).ThenNothing()
	spec.Given(open(1, paused)...).When(AllocateSeat{bySystem, first, 1}).Refused(ErrStatus)
	spec.Given(open(1, Expired{now})...).When(AllocateSeat{bySystem, first, 1}).Refused(ErrEnded)
	spec.Given(open(1)...).When(AllocateSeat{byBoss, first, 1}).Refused(ErrRole)
	spec.Given(open(1)...).When(AllocateSeat{bySystem, "first", 1}).Refused(domain.ErrFormat)

	spec.Given(open(1, allocated, filled)...).When(ReleaseSeat{bySystem, first}).Then(SeatReleased{first, 1, now}, Reopened{now})
	spec.Given(open(2, SeatAllocated{first, 1, now})...).When(ReleaseSeat{bySystem, first}).Then(SeatReleased{first, 2, now})
	spec.Given(open(1)...).When(ReleaseSeat{bySystem, first}).ThenNothing()
	spec.Given(open(1, allocated, filled)...).When(ReleaseSeat{byBoss, first}).Refused(ErrRole)
	// The end of a need is not undone by a drop-out.
	spec.Given(open(1, allocated, filled, Closed{By: boss, At: now})...).When(ReleaseSeat{bySystem, first}).Then(SeatReleased{first, 1, now})
}

func TestTheEnds(t *testing.T) {
	spec := decider.For(t, Decider)
	late := on(bySystem, 2027, time.March, 2)
	spec.Given(open(1)...).When(Expire{late}).Then(Expired{late.At})
	spec.Given(open(1, paused)...).When(Expire{late}).Then(Expired{late.At})
	spec.Given(open(1)...).When(Expire{on(bySystem, 2027, time.March, 1)}).Refused(ErrNotDue)
	spec.Given(open(1)...).When(Expire{on(byBoss, 2027, time.March, 2)}).Refused(ErrRole)
	spec.Given(open(1, allocated, filled)...).When(Expire{late}).ThenNothing()
	spec.Given(open(1, Closed{By: boss, At: now})...).When(Expire{late}).ThenNothing()
	spec.Given(drafted(terms())).When(Expire{late}).Refused(ErrStatus)

	spec.Given(open(1, allocated, filled)...).When(Close{byBoss, "Both started."}).Then(Closed{"Both started.", boss, now})
	spec.Given(open(1, Closed{By: boss, At: now})...).When(Close{Stamp: byBoss}).ThenNothing()
	spec.Given(drafted(terms())).When(Close{Stamp: byBoss}).Refused(ErrStatus)
	spec.Given(open(1, Expired{now})...).When(Close{Stamp: byBoss}).Refused(ErrEnded)
	spec.Given(open(1)...).When(Close{byBoss, strings.Repeat("x", MaxReason+1)}).Refused(domain.ErrTooLong)

	cancelled := Cancelled{Reason: SecurityReason, By: boss, At: now}
	spec.Given(drafted(terms())).When(Cancel{Stamp: byBoss, Reason: SecurityReason}).Then(cancelled)
	spec.Given(drafted(terms()), cancelled).When(Cancel{Stamp: byBoss, Reason: FundingReason}).ThenNothing()
	spec.Given(open(1)...).When(Cancel{Stamp: byBoss}).Refused(domain.ErrRequired)
	spec.Given(open(1)...).When(Cancel{Stamp: byBoss, Reason: "whim"}).Refused(domain.ErrUnknown)
	spec.Given(open(1, allocated, filled)...).When(Cancel{Stamp: byBoss, Reason: SecurityReason}).Refused(ErrSeatsTaken)
	spec.Given(open(1, Expired{now})...).When(Cancel{Stamp: byBoss, Reason: SecurityReason}).Refused(ErrEnded)
}

func TestApplicationsEndBeforeTheNeedDoes(t *testing.T) {
	s := Decider.Fold(State{}, open(1)...)
	deadline := exampleTerms().Deadline
	if !s.AcceptsApplications(deadline) || s.AcceptsApplications(deadline+1) {
		t.Error("applications are open up to the deadline, and no longer")
	}
	if Decider.Fold(s, paused).AcceptsApplications(deadline) {
		t.Error("a paused need takes no applications")
	}
}

func TestScope(t *testing.T) {
	want := domain.Scope{Programme: programme, Country: "SO", Institution: institution}
	if got := Aggregate.Scope(State{}, draft(terms())); got != want {
		t.Errorf("scope of a draft is %+v", got)
	}
	if got := Aggregate.Scope(Decider.Fold(State{}, drafted(terms())), Submit{byHost}); got != want {
		t.Errorf("scope of a need is %+v", got)
	}
}

func TestLifecycleReachesEveryStatus(t *testing.T) {
	reached := map[string]bool{}
	events := map[string]bool{}
	for _, tr := range Lifecycle() {
		reached[tr.To], events[tr.Event] = true, true
	}
	for _, s := range Statuses {
		if !reached[string(s)] {
			t.Errorf("no transition leads to %s", s)
		}
	}
	for _, e := range Aggregate.Events {
		if !events[e.EventType()] {
			t.Errorf("no transition shows %s", e.EventType())
		}
	}
}

func TestBranchesOfAHistoryDoNotShareLists(t *testing.T) {
	seat := func(c domain.CandidacyID) SeatAllocated { return SeatAllocated{Candidacy: c} }
	base := Decider.Fold(State{}, open(5, seat("a"), seat("b"), seat("c"))...)
	one, other := Evolve(base, seat(first)), Evolve(base, seat(second))
	if got := one.Seats[3]; got != first || other.Seats[3] != second {
		t.Errorf("one branch reads %v from the other", got)
	}
	Evolve(one, SeatReleased{Candidacy: "a"})
	if one.Seats[0] != "a" {
		t.Error("releasing a seat changed an older state")
	}
}
