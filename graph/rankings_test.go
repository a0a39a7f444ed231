package graph_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/internal/platform"
)

const rankingsShown = `query($id:ID!,$p:Position)@atLeast(position:$p){rankingsShown(need:$id,first:20){totalCount nodes{
	id position to role kind asked blind needVersion digest basis{engine taxonomy eligibility scoring today position}
	rows{rank total erased expert{id} candidacy{id}}}}}`

// shown lists what was shown of a need, the latest first, as somebody may audit it.
func (c *cast) shown(as domain.PrincipalID, need string) []object {
	c.t.Helper()
	return c.ask(as, rankingsShown, object{"id": need, "p": c.head()}).list("rankingsShown", "nodes")
}

// What a decider sees of a ranking is on record before they see it: once for the
// same list, anew for another one, and as blind as it was.
func TestWhatADeciderIsShownIsRecorded(t *testing.T) {
	c := newCast(t)
	need := c.published()
	amina, expert := c.expert("Amina Warsame")
	if none := c.shown(c.manager, need); len(none) != 0 {
		t.Fatalf("before anybody looked: %v", none)
	}
	const matches = "query($id:ID!,$blind:Boolean!,$n:Int!){matches(need:$id,first:$n,blind:$blind){verdict{total} candidacy{id} expert{id identity{name}}}}"
	look := func(as domain.PrincipalID, blind bool, n int) []object {
		return c.ask(as, matches, object{"id": need, "blind": blind, "n": n}).list("matches")
	}
	first := look(c.manager, true, 20)
	if len(first) != 1 || first[0].str("expert", "id") != expert || first[0].at("expert", "identity") != nil {
		t.Fatalf("a blind list names somebody: %v", first)
	}
	look(c.manager, true, 20) // the same list
	list := c.shown(c.manager, need)
	if len(list) != 1 {
		t.Fatalf("the same list twice: %v", list)
	}
	row := list[0].list("rows")[0]
	if list[0].str("to") != string(c.manager) || list[0].str("role") != "PROGRAMME_MANAGER" || list[0].str("kind") != "MATCHES" ||
		list[0].at("blind") != true || list[0].at("asked") != 20.0 || list[0].at("needVersion") != 1.0 || list[0].at("basis", "scoring") != 1.0 ||
		row.str("expert", "id") != expert || row.at("rank") != 1.0 || row.at("total") != first[0].at("verdict", "total") {
		t.Fatalf("%v", list)
	}
	if named := look(c.manager, false, 20); named[0].str("expert", "identity", "name") != "Amina Warsame" {
		t.Fatalf("a list that is not blind: %v", named)
	}
	look(c.manager, true, 5)
	c.ask(c.focal, "query($id:ID!){need(id:$id){matches{rank} nearMisses(blind:false){rank}}}", object{"id": need})
	c.ask(c.manager, "query($id:ID!){matchesForExpert(expert:$id){rank}}", object{"id": expert}) // ranks no people
	c.ask(amina, "{viewer{expert{matches{verdict{total}}}}}", nil)                               // nor does one's own

	var kinds []string
	for _, l := range c.shown(c.second, need) {
		kinds = append(kinds, l.str("role")+" "+l.str("kind")+" "+map[bool]string{true: "blind", false: "seeing"}[l.at("blind") == true])
	}
	slices.Sort(kinds)
	want := []string{
		"FOCAL_POINT MATCHES blind", "FOCAL_POINT NEAR_MISSES blind", "PROGRAMME_MANAGER MATCHES blind",
		"PROGRAMME_MANAGER MATCHES blind", "PROGRAMME_MANAGER MATCHES seeing",
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("recorded %q, want %q", kinds, want)
	}
}

// Who may see what was shown: who audits, and an evaluator without the people.
func TestWhoMaySeeWhatWasShown(t *testing.T) {
	c := newCast(t)
	need := c.published()
	amina, _ := c.expert("Amina Warsame")
	c.ask(c.manager, "query($id:ID!){matches(need:$id){rank}}", object{"id": need})
	auditor := somebody()
	c.grant(auditor, domain.RoleEvaluator, domain.Scope{Programme: rawID[domain.ProgrammeID](t, c.programme)})

	for name, as := range map[string]domain.PrincipalID{"the host": c.host, "an expert": amina, "an administrator": c.admin, "nobody": somebody()} {
		if seen := c.ask(as, "query($id:ID!){rankingsShown(need:$id){totalCount}}", object{"id": need}); seen.at("rankingsShown") != nil {
			t.Errorf("%s sees what others were shown: %v", name, seen)
		}
	}
	if list := c.shown(c.focal, need); len(list) != 1 || list[0].str("to") != string(c.manager) {
		t.Errorf("a focal point: %v", list)
	}
	if list := c.shown(auditor, need); len(list) != 1 || list[0].at("to") != nil || list[0].str("role") != "PROGRAMME_MANAGER" || len(list[0].list("rows")) != 1 {
		t.Errorf("an evaluator: %v", list)
	}
	inNeed := c.ask(c.manager, "query($id:ID!){need(id:$id){rankingsShown(last:1){nodes{position}} history{nodes{position type by role}}}}", object{"id": need})
	position := inNeed.list("need", "rankingsShown", "nodes")[0].str("position")
	told := slices.ContainsFunc(inNeed.list("need", "history", "nodes"), func(e object) bool {
		return e.str("position") == position && e.str("type") == "ranking.Shown" && e.str("by") == string(c.manager) && e.str("role") == "PROGRAMME_MANAGER"
	})
	if !told {
		t.Errorf("the need's history does not tell who was shown a ranking: %v", inNeed)
	}
}

// unable records nothing.
type unable struct{}

var errUnable = errors.New("the disk is full")

func (unable) Show(context.Context, domain.PrincipalID, domain.Role, ranking.Subject, ranking.List) error {
	return errUnable
}

func TestAListThatCannotBeRecordedIsNotShown(t *testing.T) {
	c := newCast(t, func(_ *platform.Platform, d *graph.Deps) { d.Sources.Rankings = unable{} })
	need := c.published()
	amina, expert := c.expert("Amina Warsame")
	for _, query := range []string{
		"query($id:ID!,$e:ID!){shown:matches(need:$id){rank} explain(need:$id,expert:$e){total}}",
		"query($id:ID!,$e:ID!){shown:nearMisses(need:$id){rank} explain(need:$id,expert:$e){total}}",
	} {
		a := c.post(c.manager, query, object{"id": need, "e": expert})
		if len(a.Errors) != 2 || a.Data.at("shown") != nil || a.Data.at("explain") != nil {
			t.Errorf("%s: %v %v", query, a.Data, a.Errors)
		}
	}
	if own := c.ask(amina, "{publishedNeeds{nodes{myVerdict{total}}}}", nil).list("publishedNeeds", "nodes"); own[0].at("myVerdict", "total") == nil {
		t.Errorf("one's own verdict decides about nobody: %v", own)
	}
}

// Each decision keeps the score of its moment and the list that its maker had
// seen; what a host sees beside the candidacies is such a list.
func TestDecisionsNameTheListThatWasSeen(t *testing.T) {
	c := newCast(t)
	need := c.published()
	amina, expert := c.expert("Amina Warsame")
	board := c.ask(amina, "{publishedNeeds{nodes{id}}}", nil).list("publishedNeeds", "nodes")
	candidacy := c.apply(amina, expert, board[0].str("id"))
	c.sharedAndAccepted(candidacy, expert)
	c.ask(c.manager, "query($id:ID!){matches(need:$id){rank} candidacies(filter:{need:$id}){nodes{verdict{total}}}}", object{"id": need})
	c.do(c.focal, "recommendCandidacy", "CandidacyPayload", "candidacy{stage}", object{"candidacy": candidacy, "reason": "Fits.", "recommendation": "RECOMMENDED"})
	c.do(c.manager, "approveCandidacy", "CandidacyPayload", "candidacy{stage}", c.approval(candidacy))

	const fields = "{total rank policyVersion rulesVersion taxonomyVersion engine today position seen{list rank total}}"
	got := c.ask(c.manager, "query($id:ID!){candidacy(id:$id){hostDecision{scoreShown"+fields+"} recommendation{scoreShown"+fields+"} approval{score"+fields+"}}}", object{"id": candidacy})
	byKind := map[string]object{}
	for _, l := range c.shown(c.manager, need) {
		byKind[l.str("role")+" "+l.str("kind")] = l
	}
	host, mission, approval := object(got.at("candidacy", "hostDecision", "scoreShown").(map[string]any)),
		object(got.at("candidacy", "recommendation", "scoreShown").(map[string]any)), object(got.at("candidacy", "approval", "score").(map[string]any))
	for name, s := range map[string]object{"host": host, "mission": mission, "manager": approval} {
		if s.at("rank") != 1.0 || s.at("policyVersion") != 1.0 || s.at("rulesVersion") != 1.0 || s.str("engine") == "" || s.str("today") != day(0) || s.str("position") == "" {
			t.Errorf("%s: %v", name, s)
		}
	}
	beside := byKind["HOST_OFFICER CANDIDATES"]
	if beside == nil || host.str("seen", "list") != beside.str("id") || host.at("seen", "rank") != nil || host.at("seen", "total") != host.at("total") || beside.at("blind") != false {
		t.Errorf("the host had seen %v: %v", beside, host)
	}
	if mission.at("seen") != nil {
		t.Errorf("the focal point was shown nothing: %v", mission)
	}
	lists := []string{byKind["PROGRAMME_MANAGER MATCHES"].str("id"), byKind["PROGRAMME_MANAGER CANDIDATES"].str("id")}
	if !slices.Contains(lists, approval.str("seen", "list")) || approval.at("seen", "total") != approval.at("total") {
		t.Errorf("the manager had seen %v: %v", lists, approval)
	}
}

func TestALiveListIsRecordedWhenItIsTold(t *testing.T) {
	c := newCast(t)
	need := c.published()
	c.expert("Amina Warsame")
	told := c.events(c.manager, "subscription($id:ID!){strongCandidates(need:$id){matches{rank expert{id identity{name}}} entered{expert{id}}}}", object{"id": need})
	if before := c.shown(c.manager, need); len(before) != 0 {
		t.Fatalf("nothing was told yet: %v", before)
	}
	_, second := c.expert("Bilal Nuur")
	e := c.until(told, "a new strong candidate", func(e object) bool {
		entered := e.list("strongCandidates", "entered")
		return len(entered) == 1 && entered[0].str("expert", "id") == second
	})
	matches := e.list("strongCandidates", "matches")
	list := c.shown(c.manager, need)
	if len(list) == 0 || list[0].str("kind") != "STRONG_CANDIDATES" || len(list[0].list("rows")) != len(matches) || list[0].at("blind") != true {
		t.Fatalf("told %v, recorded %v", matches, list)
	}
	for i, row := range list[0].list("rows") {
		if row.str("expert", "id") != matches[i].str("expert", "id") || matches[i].at("expert", "identity") != nil {
			t.Errorf("row %d: %v, %v", i, row, matches[i])
		}
	}
}

// silent records nothing and says that it did.
type silent struct{}

func (silent) Show(context.Context, domain.PrincipalID, domain.Role, ranking.Subject, ranking.List) error {
	return nil
}

// BenchmarkMatches is what recording adds to a ranking asked for over HTTP, by
// one reader, who waits for the disk each time: a list that is new, one that is
// the same again, and none.
func BenchmarkMatches(b *testing.B) {
	const query = "query($id:ID!,$n:Int!){matches(need:$id,first:$n){rank verdict{total}}}"
	unrecorded := func(_ *platform.Platform, d *graph.Deps) { d.Sources.Rankings = silent{} }
	for _, c := range []struct {
		name   string
		other  bool // each list is another one
		change []func(*platform.Platform, *graph.Deps)
	}{{name: "new", other: true}, {name: "same"}, {name: "unrecorded", change: []func(*platform.Platform, *graph.Deps){unrecorded}}} {
		b.Run(c.name, func(b *testing.B) {
			w := newCast(b, c.change...)
			need := w.published()
			for range 20 {
				w.expert("Amina Warsame")
			}
			for i := 0; b.Loop(); i++ {
				n := 20
				if c.other {
					n = 1 + i%100
				}
				w.ask(w.manager, query, object{"id": need, "n": n})
			}
		})
	}
}
