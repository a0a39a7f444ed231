package graph_test

import (
	"testing"

	"github.com/diaspora-match/diaspora/domain"
)

const roundFields = "round{id stage mode stale failure locks{expert{id}} vetoes{expert{id} refused} seats{seats} quotas{place of lower upper} " +
	"solution{attempt plan{total filled minimum blocking broken} beside{plan figures{total filled}} certificate{dual gap valid} prices{need{id} seats filled price} " +
	"basis{position seats pairs input} pairs{need{id} expert{id} score rank locked choice reason candidacy{id stage}}}}"

// A manager opens a round, sees it solved, asks what other terms would change,
// approves and refuses; the approved pair is a candidacy; the experts learn where
// they stand.
func TestARoundThroughTheAPI(t *testing.T) {
	c := newCast(t)
	need := c.published()
	amina, first := c.expert("Amina Warsame")
	ranking := c.events(c.manager, "subscription($id:ID!){strongCandidates(need:$id){matches{rank expert{id}} entered{expert{id}}}}", object{"id": need})
	bilal, second := c.expert("Bilal Nuur")
	c.until(ranking, "a new strong candidate", func(e object) bool {
		entered := e.list("strongCandidates", "entered")
		return len(entered) == 1 && entered[0].str("expert", "id") == second && len(e.list("strongCandidates", "matches")) == 2
	})

	open := object{"programme": c.programme, "mode": "BEST", "commandId": "0b8f9c1e-0000-4000-8000-0000000000aa"}
	id := c.do(c.manager, "openRound", "RoundPayload", "round{id stage seed}", open).str("round", "id")
	if again := c.do(c.manager, "openRound", "RoundPayload", "round{id}", open).str("round", "id"); again != id {
		t.Fatalf("sending again opens another round: %s, %s", id, again)
	}
	at := func(more object) object {
		more["round"] = id
		return more
	}
	progress := c.events(c.manager, "subscription($id:ID!){roundProgress(round:$id){position "+roundFields+"}}", object{"id": id})
	c.do(c.manager, "solveRound", "RoundPayload", "round{stage}", at(object{}))
	solved := c.until(progress, "the plan", func(e object) bool { return e.str("roundProgress", "round", "stage") == "PROPOSED" })
	round := object(solved.at("roundProgress", "round").(map[string]any))
	pairs := round.list("solution", "pairs")
	if len(pairs) != 1 || round.at("solution", "certificate", "valid") != true || round.at("solution", "certificate", "gap") != 0.0 ||
		len(round.list("solution", "beside")) != 3 || round.at("solution", "basis", "pairs") != 2.0 {
		t.Fatalf("%v", round)
	}
	chosen, other := first, second
	if pairs[0].str("expert", "id") == second {
		chosen, other = second, first
	}
	who, them := map[string]domain.PrincipalID{first: amina, second: bilal}[chosen], map[string]domain.PrincipalID{first: amina, second: bilal}[other]

	c.whatIfs(id, need, chosen, other)
	c.standings(need, chosen, other, who, them)

	pair := func(expert string) object { return at(object{"need": need, "expert": expert}) }
	veto := pair(chosen)
	veto["reason"] = "Needed at home."
	if r := c.do(c.manager, "vetoPair", "RoundPayload", roundFields, veto); r.str("round", "stage") != "OPEN" || r.at("round", "stale") != true {
		t.Fatalf("%v", r)
	}
	if code := c.refused(c.manager, "approveProposal", "RoundPayload", pair(chosen)); code != "round.not_proposed" {
		t.Fatalf("a stale pair: %s", code)
	}
	c.do(c.manager, "unlockPair", "RoundPayload", "round{stage}", veto)
	c.do(c.manager, "setRoundSeats", "RoundPayload", "round{seats{need{id} seats}}", at(object{"need": need, "seats": 2}))
	c.do(c.manager, "setRoundQuota", "RoundPayload", "round{quotas{of}}", at(object{"country": "SO", "lower": 1, "upper": 2}))
	c.do(c.manager, "dropRoundQuota", "RoundPayload", "round{quotas{of}}", at(object{"country": "SO"}))
	c.do(c.manager, "lockPair", "RoundPayload", "round{locks{expert{id}}}", veto)
	c.do(c.manager, "solveRound", "RoundPayload", "round{stage}", at(object{}))
	c.until(progress, "the second plan", func(e object) bool {
		return e.str("roundProgress", "round", "stage") == "PROPOSED" && len(e.list("roundProgress", "round", "solution", "pairs")) == 2
	})
	c.do(c.manager, "approveProposal", "RoundPayload", "round{stage}", pair(chosen))
	refusal := pair(other)
	refusal["reason"], refusal["note"] = "BUDGET", "Next year."
	r := c.do(c.manager, "refuseProposal", "RoundPayload", roundFields, refusal)
	if r.str("round", "stage") != "DECIDED" || len(r.list("round", "vetoes")) != 1 {
		t.Fatalf("%v", r)
	}
	suggested := c.events(c.manager, "subscription($id:ID!){candidaciesOfNeed(need:$id){candidacy{stage expert{id}}}}", object{"id": need})
	found := c.ask(c.manager, "query($id:ID!){candidacies(filter:{need:$id}){nodes{stage expert{id} scoreShown{rank}}}}", object{"id": need}).list("candidacies", "nodes")
	if len(found) == 0 {
		c.until(suggested, "the candidacy", func(e object) bool { return e.str("candidaciesOfNeed", "candidacy", "stage") == "SUGGESTED" })
		found = c.ask(c.manager, "query($id:ID!){candidacies(filter:{need:$id}){nodes{stage expert{id}}}}", object{"id": need}).list("candidacies", "nodes")
	}
	if len(found) != 1 || found[0].str("expert", "id") != chosen || found[0].str("stage") != "SUGGESTED" {
		t.Fatalf("%v", found)
	}
	c.do(c.manager, "closeRound", "RoundPayload", "round{stage endedAt}", at(object{}))
	if code := c.refused(c.manager, "cancelRound", "RoundPayload", at(object{"reason": "Late."})); code != "round.ended" {
		t.Fatalf("cancelling a closed round: %s", code)
	}
	listed := c.ask(c.manager, "query($p:ID!){rounds(programme:$p){totalCount nodes{id stage}}}", object{"p": c.programme})
	if listed.at("rounds", "totalCount") != 1.0 || listed.list("rounds", "nodes")[0].str("stage") != "CLOSED" {
		t.Fatalf("%v", listed)
	}
	c.strangersSeeNothing(id, need, chosen, them)
}

// whatIfs asks for other terms and finds the round unchanged.
func (c *cast) whatIfs(id, need, chosen, other string) {
	c.t.Helper()
	query := "query($r:ID!,$l:[PairInput!],$v:[PairInput!],$s:[SeatsInput!]){whatIf(round:$r,locks:$l,vetoes:$v,seats:$s){total filled certificate{valid} comes{expert{id}} goes{expert{id}}}}"
	pair := func(e string) []object { return []object{{"need": need, "expert": e}} }
	forced := c.ask(c.manager, query, object{"r": id, "l": pair(other)})
	if len(forced.list("whatIf", "goes")) != 1 || forced.list("whatIf", "goes")[0].str("expert", "id") != chosen || forced.at("whatIf", "total").(float64) > 0 {
		c.t.Fatalf("forcing the other: %v", forced)
	}
	if v := c.ask(c.manager, query, object{"r": id, "v": pair(chosen)}); v.list("whatIf", "comes")[0].str("expert", "id") != other {
		c.t.Fatalf("without the first: %v", v)
	}
	if more := c.ask(c.manager, query, object{"r": id, "s": []object{{"need": need, "seats": 2}}}); more.at("whatIf", "filled") != 1.0 || more.at("whatIf", "certificate", "valid") != true {
		c.t.Fatalf("one more seat: %v", more)
	}
	if r := c.ask(c.manager, "query($r:ID!){round(id:$r){stage locks{expert{id}}}}", object{"r": id}); r.str("round", "stage") != "PROPOSED" || len(r.list("round", "locks")) != 0 {
		c.t.Fatalf("asking changed the round: %v", r)
	}
}

func (c *cast) standings(need, chosen, other string, who, them domain.PrincipalID) {
	c.t.Helper()
	query := "query($n:ID!,$e:ID!){standing(need:$n,expert:$e){planned eligible score price missing text}}"
	mine := c.ask(who, query, object{"n": need, "e": chosen})
	if mine.at("standing", "planned") != true || mine.at("standing", "missing") != 0.0 {
		c.t.Fatalf("the planned one: %v", mine)
	}
	not := c.ask(them, query, object{"n": need, "e": other})
	if not.at("standing", "planned") != false || not.at("standing", "eligible") != true || not.str("standing", "text") == "" {
		c.t.Fatalf("the other one: %v", not)
	}
	if spy := c.ask(them, query, object{"n": need, "e": chosen}); spy.at("standing") != nil {
		c.t.Fatalf("an expert reads another's standing: %v", spy)
	}
	if boss := c.ask(c.manager, query, object{"n": need, "e": other}); boss.at("standing", "planned") != false {
		c.t.Fatalf("the manager: %v", boss)
	}
}

func (c *cast) strangersSeeNothing(id, need, expert string, someone domain.PrincipalID) {
	c.t.Helper()
	auditor := somebody()
	c.grant(auditor, domain.RoleEvaluator, domain.Scope{Programme: rawID[domain.ProgrammeID](c.t, c.programme)})
	for _, who := range []domain.PrincipalID{c.host, c.focal, someone} {
		if r := c.ask(who, "query($r:ID!){round(id:$r){id} node(id:$r){id} whatIf(round:$r){total}}", object{"r": id}); r.at("round") != nil || r.at("node") != nil || r.at("whatIf") != nil {
			c.t.Errorf("%s sees the round: %v", who, r)
		}
		if r := c.ask(who, "query($p:ID!){rounds(programme:$p){nodes{id}}}", object{"p": c.programme}); r.at("rounds") != nil {
			c.t.Errorf("%s lists the rounds: %v", who, r)
		}
	}
	for _, who := range []domain.PrincipalID{c.host, c.focal, someone, auditor} {
		if code := c.refused(who, "lockPair", "RoundPayload", object{"round": id, "need": need, "expert": expert, "reason": "Mine."}); code != "auth.forbidden" && code != "object.not_found" {
			c.t.Errorf("%s locks a pair: %s", who, code)
		}
	}
	read := c.ask(auditor, "query($r:ID!){round(id:$r){stage solution{certificate{valid}}} whatIf(round:$r){total}}", object{"r": id})
	if read.str("round", "stage") != "CLOSED" || read.at("whatIf") != nil {
		c.t.Errorf("an evaluator reads, and tries nothing: %v", read)
	}
}
