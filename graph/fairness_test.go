package graph_test

import (
	"fmt"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
)

const fairnessFields = `fairness(programme:$id){
	programme{name}
	steps(by:$by){from to people selected groups{group people selected suppressed highest fourFifths rate{value low high} impactRatio{value low high}}}
	shortlists(by:$by){lists suppressed ndkl byChance whole}
	overrides{approvals suppressed overridden beyondThird againstAdvice}
	exposure{pool neverSuggested gini topTenth neverSuggestedBy(by:$by){group people}}
	neverSuggested(first:2){nodes{id pseudonym identity{name}} pageInfo{hasNextPage}}
	needsWithoutCandidates(first:2){nodes{id}}}`

func (c *cast) fairness(who domain.PrincipalID, by string) object {
	c.t.Helper()
	r := c.ask(who, "query($id:ID!,$by:FairnessDimension!){"+fairnessFields+"}", object{"id": c.programme, "by": by})
	f, _ := r.at("fairness").(map[string]any)
	return f
}

// fairStep finds a step, and a group of it.
func fairStep(f object, from, to, group string) (step, of object) {
	for _, s := range f.list("steps") {
		if s.str("from") == from && s.str("to") == to {
			step = s
		}
	}
	for _, g := range step.list("groups") {
		if g.str("group") == group {
			of = g
		}
	}
	return step, of
}

// Of six women and six men, five women are suggested: rates, ratio and finding
// come through the API; nothing that tells of the sixth woman does, until she is
// suggested too.
func TestFairnessThroughTheAPI(t *testing.T) {
	c := newCast(t)
	need, lonely := c.published(), c.published()
	for i := range 12 {
		who, id := c.expert("Amina Warsame")
		gender := []string{"woman", "man"}[i%2]
		c.do(who, "declareIdentity", "ExpertPayload", "expert{id}", object{"expert": id, "identity": object{"name": "Amina Warsame", "gender": gender, "birthYear": "1984"}})
		if i%2 == 0 && i < 10 {
			c.suggest(need, id)
		}
	}
	f := c.fairness(c.manager, "BIRTH")
	step, eighties := fairStep(f, "POOL", "CONSIDERED", "1980-1989")
	if step.at("people") != 12.0 || eighties.at("selected") != 5.0 || eighties.at("suppressed") != nil || eighties.at("fourFifths") != nil {
		t.Fatalf("by decade of birth: %v", step)
	}
	if v := eighties.at("rate", "value").(float64); v < 0.41 || v > 0.42 {
		t.Fatalf("the rate of five of twelve: %v", eighties)
	}

	// Five of six women: one was not considered, which would tell of her; the men
	// are held back with them.
	f = c.fairness(c.manager, "GENDER")
	step, women := fairStep(f, "POOL", "CONSIDERED", "women")
	_, men := fairStep(f, "POOL", "CONSIDERED", "men")
	if women.str("suppressed") != "SMALL_NUMBERS" || women.at("selected") != nil || women.at("rate") != nil || men.at("selected") != nil || women.at("people") != 6.0 {
		t.Fatalf("one woman who was not considered can be told: %v", step)
	}
	if f.at("exposure", "neverSuggested") != 7.0 || f.at("exposure", "pool") != 12.0 || f.at("exposure", "gini") == nil {
		t.Fatalf("exposure: %v", f.at("exposure"))
	}
	for _, g := range f.list("exposure", "neverSuggestedBy") {
		if g.at("people") != nil {
			t.Errorf("held back in the step, and told as exposure: %v", g)
		}
	}
	if f.str("shortlists", "suppressed") != "SMALL_NUMBERS" || f.at("shortlists", "ndkl") != nil || f.str("overrides", "suppressed") != "SMALL_NUMBERS" {
		t.Errorf("without short lists and approvals: %v, %v", f.at("shortlists"), f.at("overrides"))
	}
	if n := f.list("needsWithoutCandidates", "nodes"); len(n) != 1 || n[0].str("id") != lonely {
		t.Errorf("needs without candidates: %v", n)
	}
	if n := f.list("neverSuggested", "nodes"); len(n) != 2 || f.at("neverSuggested", "pageInfo", "hasNextPage") != true {
		t.Errorf("experts never suggested: %v", n)
	}

	// The sixth woman is suggested: now all of them were, and none of the men.
	for _, n := range c.ask(c.manager, "query($id:ID!){fairness(programme:$id){neverSuggested(first:20){nodes{id identity{gender}}}}}", object{"id": c.programme}).list("fairness", "neverSuggested", "nodes") {
		if n.str("identity", "gender") == "woman" {
			c.suggest(need, n.str("id"))
		}
	}
	f = c.fairness(c.manager, "GENDER")
	_, women = fairStep(f, "POOL", "CONSIDERED", "women")
	_, men = fairStep(f, "POOL", "CONSIDERED", "men")
	if women.at("highest") != true || men.str("fourFifths") != "BELOW" || men.at("impactRatio", "value") != 0.0 || men.at("impactRatio", "low") != 0.0 {
		t.Fatalf("six of six women, none of six men: %v, %v", women, men)
	}
	if c.fairness(c.manager, "RESIDENCE").list("steps")[0].list("groups")[0].str("group") != "NL" {
		t.Error("all of them live in the Netherlands")
	}
}

func (c *cast) suggest(need, expert string) {
	c.t.Helper()
	c.do(c.focal, "suggestExpert", "CandidacyPayload", "candidacy{stage}", object{"need": need, "expert": expert})
}

// Managers of the programme and evaluators read the figures; evaluators see
// nobody's name. To all others there are none.
func TestWhoReadsFairness(t *testing.T) {
	c := newCast(t)
	who, _ := c.expert("Amina Warsame")
	auditor, elsewhere := somebody(), somebody()
	c.grant(auditor, domain.RoleEvaluator, domain.Scope{Programme: rawID[domain.ProgrammeID](t, c.programme)})
	c.grant(elsewhere, domain.RoleManager, domain.Scope{Programme: "0b8f9c1e-0000-4000-8000-0000000000aa"})
	for name, reader := range map[string]domain.PrincipalID{"the host": c.host, "the focal point": c.focal, "the expert": who, "the administrator": c.admin, "another programme's manager": elsewhere} {
		if f := c.fairness(reader, "GENDER"); f != nil {
			t.Errorf("%s reads %v", name, f)
		}
	}
	f := c.fairness(auditor, "GENDER")
	if n := f.list("neverSuggested", "nodes"); len(n) != 1 || n[0].at("identity") != nil || n[0].str("pseudonym") == "" {
		t.Errorf("an evaluator sees %v", n)
	}
	if f.at("exposure", "neverSuggested") != nil || f.at("exposure", "pool") != nil {
		t.Errorf("an evaluator is told of one person: %v", f.at("exposure"))
	}
	if m := c.fairness(c.manager, "GENDER"); m.at("exposure", "neverSuggested") != 1.0 {
		t.Errorf("the manager: %v", m.at("exposure"))
	}
	a := c.post(c.manager, fmt.Sprintf(`{fairness(programme:%q){neverSuggested(first:1000){nodes{id}}}}`, c.programme), nil)
	if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "view.page" {
		t.Errorf("a page beyond the bound: %+v", a)
	}
}
