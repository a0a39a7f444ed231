package graph_test

import (
	"math"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/matcher/planning"
)

const roundFields = "round{id stage mode stale failure locks{expert{id}} vetoes{expert{id} refused} seats{seats} quotas{place of lower upper} " +
	"solution{attempt closed{id} plan{total filled minimum blocking broken} beside{plan figures{total filled} quotas{of filled aboveLower belowUpper}} quotas{of atLeast atMost filled} certificate{dual gap valid} prices{need{id} seats filled price} " +
	"basis{position seats pairs input} pairs{need{id} expert{id} score rank locked choice reason candidacy{id stage}}}}"

// A manager opens a round, sees it solved, asks what other terms would change,
// approves and refuses; the approved pair is a candidacy; the experts learn where
// they stand.
func TestARoundThroughTheAPI(t *testing.T) {
	t.Run("at hand", func(t *testing.T) { aRoundThroughTheAPI(t, newCast(t)) })
	t.Run("built anew", func(t *testing.T) { // as after a restart
		aRoundThroughTheAPI(t, newCast(t, func(_ *platform.Platform, d *graph.Deps) { d.Sources.Warm = planning.NewWarm() }))
	})
}

func aRoundThroughTheAPI(t *testing.T, c *cast) {
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
	draft := c.drafts(1)[0]
	c.do(c.manager, "setRoundSeats", "RoundPayload", "round{seats{need{id} seats}}", at(object{"need": draft, "seats": 2}))
	c.do(c.manager, "setRoundQuota", "RoundPayload", "round{quotas{of}}", at(object{"country": "SO", "lower": 1, "upper": 2}))
	c.do(c.manager, "dropRoundQuota", "RoundPayload", "round{quotas{of}}", at(object{"country": "SO"}))
	c.do(c.manager, "lockPair", "RoundPayload", "round{locks{expert{id}}}", veto)
	c.do(c.manager, "solveRound", "RoundPayload", "round{stage}", at(object{}))
	again := c.until(progress, "the second plan", func(e object) bool {
		return e.str("roundProgress", "round", "stage") == "PROPOSED" && len(e.list("roundProgress", "round", "solution", "pairs")) == 2
	})
	if closed := again.list("roundProgress", "round", "solution", "closed"); len(closed) != 1 || closed[0].str("id") != draft {
		t.Fatalf("seats of a draft are passed over in silence: %v", closed)
	}
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
	// What was refused since is no term of the plan: it still answers.
	if worth := c.ask(c.host, "query($n:ID!){seatWorth(need:$n){worth}}", object{"n": need}); worth.at("seatWorth", "worth") == nil {
		t.Fatalf("the plan is no longer at hand: %v", worth)
	}
	// The candidate's host may ask, and is told of nobody else.
	told := c.ask(c.host, "query($n:ID!,$e:ID!,$o:ID!){a:standing(need:$n,expert:$e){planned text} b:standing(need:$n,expert:$o){planned}}", object{"n": need, "e": chosen, "o": other})
	if told.at("a", "planned") != true || told.at("b") != nil {
		t.Fatalf("the host of the candidate: %v", told)
	}
	c.do(c.manager, "closeRound", "RoundPayload", "round{stage endedAt}", at(object{}))
	if code := c.refused(c.manager, "cancelRound", "RoundPayload", at(object{"reason": "Late."})); code != "round.ended" {
		t.Fatalf("cancelling a closed round: %s", code)
	}
	listed := c.ask(c.manager, "query($p:ID!){rounds(programme:$p){totalCount nodes{id stage}}}", object{"p": c.programme})
	if listed.at("rounds", "totalCount") != 1.0 || listed.list("rounds", "nodes")[0].str("stage") != "CLOSED" {
		t.Fatalf("%v", listed)
	}
	c.historyOfTheRound(id)
	c.strangersSeeNothing(id, need, chosen, them)
}

// historyOfTheRound tells who did what, and the reasons that speak of nobody.
func (c *cast) historyOfTheRound(id string) {
	c.t.Helper()
	const entries = "nodes{type by role reason}"
	told := c.ask(c.manager, "query($r:ID!){history(object:$r,first:100){totalCount "+entries+"} round(id:$r){history(last:1){"+entries+"}}}", object{"r": id})
	seen := map[string]object{}
	for _, e := range told.list("history", "nodes") {
		seen[e.str("type")] = e
	}
	for what, by := range map[string]string{
		"round.Opened": string(c.manager), "round.PairVetoed": string(c.manager), "round.Solved": "", "round.ProposalApproved": string(c.manager),
		"round.ProposalRefused": string(c.manager), "round.Closed": string(c.manager),
	} {
		if e := seen[what]; e.str("type") != what || e.str("by") != by {
			c.t.Errorf("%s: %v", what, e)
		}
	}
	if r := seen["round.ProposalRefused"].str("reason"); r != "budget" {
		c.t.Errorf("refused for %q", r)
	}
	if r := seen["round.PairVetoed"].str("reason"); r != "" {
		c.t.Errorf("a reason about a person is in the history: %q", r)
	}
	if last := told.list("round", "history", "nodes"); len(last) != 1 || last[0].str("type") != "round.Opened" {
		c.t.Errorf("the last of the latest first: %v", last)
	}
}

// whatIfs asks for other terms and finds the round unchanged.
func (c *cast) whatIfs(id, need, chosen, other string) {
	c.t.Helper()
	const query = "query($r:ID!,$l:[PairInput!],$v:[PairInput!],$s:[SeatsInput!]){whatIf(round:$r,locks:$l,vetoes:$v,seats:$s){possible failure shown before total change filled " +
		"certificate{valid} chains{moves{expert{id} from{id} to{id}}} comes{expert{id}} goes{expert{id}}}}"
	pair := func(e string) object { return object{"need": need, "expert": e} }
	ask := func(more object) object {
		more["r"] = id
		w := object(c.ask(c.manager, query, more).at("whatIf").(map[string]any))
		if w.at("possible") == true && math.Abs(w.at("before").(float64)+w.at("change").(float64)-w.at("total").(float64)) > 1e-9 || w.at("shown") != true {
			c.t.Fatalf("%v", w)
		}
		return w
	}
	forced := ask(object{"l": []object{pair(other)}})
	if len(forced.list("goes")) != 1 || forced.list("goes")[0].str("expert", "id") != chosen || forced.at("change").(float64) > 0 {
		c.t.Fatalf("forcing the other: %v", forced)
	}
	if moves := forced.list("chains")[0].list("moves"); len(moves) != 2 || moves[0].str("expert", "id") != other || moves[0].at("from") != nil ||
		moves[0].str("to", "id") != need || moves[1].str("expert", "id") != chosen || moves[1].str("from", "id") != need || moves[1].at("to") != nil {
		c.t.Fatalf("the one comes, the other goes: %v", moves)
	}
	if v := ask(object{"v": []object{pair(chosen)}}); v.list("comes")[0].str("expert", "id") != other {
		c.t.Fatalf("without the first: %v", v)
	}
	if more := ask(object{"s": []object{{"need": need, "seats": 2}}}); more.at("filled") != 1.0 || more.at("certificate", "valid") != true {
		c.t.Fatalf("one more seat: %v", more)
	}
	if both := ask(object{"l": []object{pair(chosen), pair(other)}}); both.at("possible") != false || both.str("failure") != "LOCK" || both.at("total") != nil {
		c.t.Fatalf("two on one seat: %v", both)
	}
	closed := c.post(c.manager, query, object{"r": id, "s": []object{{"need": c.drafts(1)[0], "seats": 2}}})
	if len(closed.Errors) != 1 || closed.Errors[0].Extensions["code"] != "round.need_closed" {
		c.t.Fatalf("seats of a draft: %v", closed)
	}
	if r := c.ask(c.manager, "query($r:ID!){round(id:$r){stage locks{expert{id}}}}", object{"r": id}); r.str("round", "stage") != "PROPOSED" || len(r.list("round", "locks")) != 0 {
		c.t.Fatalf("asking changed the round: %v", r)
	}
}

func (c *cast) standings(need, chosen, other string, who, them domain.PrincipalID) {
	c.t.Helper()
	query := "query($n:ID!,$e:ID!){standing(need:$n,expert:$e){planned eligible score price elsewhere missing cost displaced text}}"
	mine := c.ask(who, query, object{"n": need, "e": chosen})
	if mine.at("standing", "planned") != true || mine.at("standing", "missing") != 0.0 || mine.at("standing", "cost") != 0.0 {
		c.t.Fatalf("the planned one: %v", mine)
	}
	not := c.ask(them, query, object{"n": need, "e": other})
	if not.at("standing", "planned") != false || not.at("standing", "eligible") != true || not.str("standing", "text") == "" ||
		not.at("standing", "cost").(float64) < 0 || not.at("standing", "displaced") != 1.0 {
		c.t.Fatalf("the other one: %v", not)
	}
	for _, who := range []domain.PrincipalID{c.host, c.manager} {
		worth := c.ask(who, "query($n:ID!){seatWorth(need:$n){seats filled price worth moves text}}", object{"n": need})
		if worth.at("seatWorth", "seats") != 1.0 || worth.at("seatWorth", "filled") != 1.0 || worth.at("seatWorth", "worth").(float64) <= 0 ||
			worth.at("seatWorth", "worth").(float64) > worth.at("seatWorth", "price").(float64) || worth.at("seatWorth", "moves") != 1.0 {
			c.t.Fatalf("one more seat: %v", worth)
		}
	}
	for _, who := range []domain.PrincipalID{them, c.focal, c.admin} {
		if worth := c.ask(who, "query($n:ID!){seatWorth(need:$n){text}}", object{"n": need}); worth.at("seatWorth") != nil {
			c.t.Fatalf("somebody else reads what a seat is worth: %v", worth)
		}
	}
	for _, who := range []domain.PrincipalID{them, c.host, c.focal} { // no candidacy of theirs is with the host yet
		if spy := c.ask(who, query, object{"n": need, "e": chosen}); spy.at("standing") != nil {
			c.t.Fatalf("an expert reads another's standing: %v", spy)
		}
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
		if r := c.ask(who, "query($r:ID!){round(id:$r){id} node(id:$r){id} whatIf(round:$r){total} history(object:$r){totalCount}}", object{"r": id}); r.at("round") != nil || r.at("node") != nil || r.at("whatIf") != nil || r.at("history") != nil {
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
