package ranking

import (
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/decider/decidertest"
	"github.com/diaspora-match/diaspora/domain/policy"
)

const (
	amina   domain.ExpertID    = "0b8f9c1e-0000-4000-8000-000000000001"
	hassan  domain.ExpertID    = "0b8f9c1e-0000-4000-8000-000000000002"
	ifrah   domain.ExpertID    = "0b8f9c1e-0000-4000-8000-000000000003"
	manager domain.PrincipalID = "0b8f9c1e-0000-5000-8000-000000000031"
	other   domain.PrincipalID = "0b8f9c1e-0000-5000-8000-000000000032"
)

var (
	noon    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	subject = Subject{
		Need: "0b8f9c1e-0000-7000-8000-000000000021", NeedVersion: 1, Programme: "0b8f9c1e-0000-7000-8000-000000000041",
		Institution: "0b8f9c1e-0000-7000-8000-000000000011", Country: "SO",
	}
	basis = policy.Basis{Engine: "1", Taxonomy: "7", Eligibility: 1, Scoring: 2, Today: domain.DateOf(noon), Position: 90}
)

func show(at time.Time, kind Kind, experts ...domain.ExpertID) Show {
	c := Show{
		Stamp: domain.Stamp{By: manager, Role: domain.RoleManager, At: at}, Subject: subject,
		List: List{Kind: kind, Asked: 20, Blind: true, Basis: basis},
	}
	for i, e := range experts {
		c.Rows = append(c.Rows, Row{e, domain.Score(8000 - 100*i)})
	}
	return c
}

func shown(n int, c Show) Shown {
	return Shown{
		ID: domain.ShownIDFor(domain.RankingIDFor(c.Need, c.By), n), Number: n, Subject: c.Subject, List: c.List,
		Digest: c.Digest(c.NeedVersion, c.Role), To: c.By, Role: c.Role, At: c.At,
	}
}

func with(c Show, change func(*Show)) Show { change(&c); return c }

func TestEveryListIsRecordedOnce(t *testing.T) {
	spec := decider.For(t, Decider)
	first := show(noon, Matches, amina, hassan)
	spec.Given().When(first).Then(shown(1, first))
	spec.Given().When(show(noon, NearMisses)).Then(shown(1, show(noon, NearMisses))) // an empty list says something too

	again := func(at time.Time) Show { return with(first, func(c *Show) { c.At = at; c.Basis.Position += 5 }) }
	spec.Given(shown(1, first)).When(again(noon.Add(SameWithin - 1))).ThenNothing()
	spec.Given(shown(1, first)).When(again(noon.Add(SameWithin))).Then(shown(2, again(noon.Add(SameWithin))))
	// A list in between, or a clock that went back, changes nothing of that.
	spec.Given(shown(1, first), shown(2, show(noon, NearMisses))).When(again(noon.Add(1))).ThenNothing()
	spec.Given(shown(1, first)).When(again(noon.Add(-1))).Then(shown(2, again(noon.Add(-1))))

	for name, change := range map[string]func(*Show){
		"order":      func(c *Show) { c.Rows = []Row{c.Rows[1], c.Rows[0]} },
		"score":      func(c *Show) { c.Rows = []Row{{amina, 7999}, c.Rows[1]} },
		"length":     func(c *Show) { c.Rows = c.Rows[:1] },
		"kind":       func(c *Show) { c.Kind = StrongCandidates },
		"asked":      func(c *Show) { c.Asked = 2 },
		"blind":      func(c *Show) { c.Blind = false },
		"role":       func(c *Show) { c.Role = domain.RoleFocalPoint },
		"terms":      func(c *Show) { c.NeedVersion = 2 },
		"engine":     func(c *Show) { c.Basis.Engine = "2" },
		"taxonomy":   func(c *Show) { c.Basis.Taxonomy = "8" },
		"rules":      func(c *Show) { c.Basis.Eligibility = 2 },
		"weights":    func(c *Show) { c.Basis.Scoring = 3 },
		"day":        func(c *Show) { c.Basis.Today++ },
		"everything": func(c *Show) { *c = show(noon, Explained, ifrah) },
	} {
		t.Run(name, func(*testing.T) {
			changed := with(first, change)
			spec.Given(shown(1, first)).When(changed).Then(shown(2, changed))
		})
	}
}

func TestAListFarBackIsRecordedAnew(t *testing.T) {
	spec := decider.For(t, Decider)
	var past []Event
	for i := range MaxRemembered + 1 {
		c := with(show(noon, Matches, amina), func(c *Show) { c.Asked = i + 1 })
		past = append(past, shown(i+1, c))
	}
	first := with(show(noon, Matches, amina), func(c *Show) { c.Asked = 1 })
	second := with(first, func(c *Show) { c.Asked = 2 })
	spec.Given(past...).When(first).Then(shown(MaxRemembered+2, first))
	spec.Given(past...).When(second).ThenNothing()
}

func TestRefusals(t *testing.T) {
	spec := decider.For(t, Decider)
	good := show(noon, Matches, amina, hassan)
	for name, c := range map[string]struct {
		change func(*Show)
		want   error
	}{
		"no need":       {func(c *Show) { c.Need = "" }, domain.ErrRequired},
		"no programme":  {func(c *Show) { c.Programme = "p" }, domain.ErrFormat},
		"no country":    {func(c *Show) { c.Country = "Somalia" }, domain.ErrFormat},
		"an expert":     {func(c *Show) { c.Role = domain.RoleExpert }, ErrRole},
		"no kind":       {func(c *Show) { c.Kind = "horoscope" }, domain.ErrUnknown},
		"asked nothing": {func(c *Show) { c.Asked = 0 }, domain.ErrRange},
		"no engine":     {func(c *Show) { c.Basis.Engine = "" }, domain.ErrRequired},
		"no taxonomy":   {func(c *Show) { c.Basis.Taxonomy = "" }, domain.ErrRequired},
		"no expert":     {func(c *Show) { c.Rows = []Row{{"amina", 1}} }, domain.ErrFormat},
		"too good":      {func(c *Show) { c.Rows = []Row{{amina, domain.One + 1}} }, domain.ErrRange},
		"twice":         {func(c *Show) { c.Rows = []Row{{amina, 2}, {amina, 1}} }, domain.ErrTwice},
		"too many":      {func(c *Show) { c.Rows = make([]Row, MaxRows+1) }, domain.ErrTooMany},
	} {
		t.Run(name, func(*testing.T) { spec.Given().When(with(good, c.change)).Refused(c.want) })
	}
	spec.Given(shown(1, good)).When(with(good, func(c *Show) { c.By = other })).Refused(ErrElse)
	spec.Given(shown(1, good)).When(with(good, func(c *Show) { c.Need = "0b8f9c1e-0000-7000-8000-000000000022" })).Refused(ErrElse)
}

func TestBeforeIsTheLatestListWithTheExpert(t *testing.T) {
	ranked, near := shown(1, show(noon, Matches, amina, hassan)), shown(2, show(noon, NearMisses, ifrah))
	beside := shown(3, show(noon, Candidates, hassan))
	state := func(events ...Event) State { return Decider.Fold(State{}, events...) }
	for name, c := range map[string]struct {
		state  State
		expert domain.ExpertID
		want   Before
		ok     bool
	}{
		"nothing shown":               {state(), amina, Before{}, false},
		"ranked":                      {state(ranked), hassan, Before{ranked.ID, 2, 7900}, true},
		"a later list without them":   {state(ranked, near), hassan, Before{ranked.ID, 2, 7900}, true},
		"a list that does not rank":   {state(ranked, near), ifrah, Before{near.ID, 0, 8000}, true},
		"the latest of two":           {state(ranked, beside), hassan, Before{beside.ID, 0, 8000}, true},
		"a ranking that lacks them":   {state(ranked), ifrah, Before{List: ranked.ID}, true},
		"a newer ranking lacks them":  {state(ranked, shown(2, show(noon, Matches, ifrah))), amina, Before{List: shown(2, show(noon, Matches)).ID}, true},
		"nothing ranked, and without": {state(near), amina, Before{}, false},
	} {
		if got, ok := c.state.Before(c.expert); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v, %v; want %+v, %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestScopeIsThatOfTheNeed(t *testing.T) {
	want := domain.Scope{Programme: subject.Programme, Country: "SO", Institution: subject.Institution}
	if got := Aggregate.Scope(State{}, show(noon, Matches)); got != want {
		t.Errorf("%+v", got)
	}
}

func TestProperties(t *testing.T) {
	decidertest.Contract(t, Aggregate, Command(show(noon, Matches)))
	decidertest.Properties(t, Decider, decidertest.Mutations[Command](
		show(noon, Matches, amina, hassan), show(noon, Matches, hassan, amina), show(noon.Add(time.Hour), Matches, amina, hassan),
		show(noon, NearMisses, ifrah), show(noon, Candidates), show(noon, Explained, amina),
	))
}
