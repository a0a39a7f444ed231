package graph_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/graph/scalar"
)

// stage sets a scene with one object of every kind, and people who stand to
// them in every way.
type stage struct {
	*cast
	expert, otherExpert, otherHost, farFocal, otherManager, evaluator, nobody domain.PrincipalID

	need, draft, profile, candidacy, assignment string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{cast: newCast(t), otherHost: somebody(), farFocal: somebody(), otherManager: somebody(), evaluator: somebody(), nobody: somebody()}
	s.need = s.published()
	s.draft = s.drafts(1)[0]
	s.expert, s.profile = s.cast.expert("Amina Warsame")
	s.otherExpert, _ = s.cast.expert("Hassan Jama")
	s.candidacy = s.do(s.host, "nominateExpert", "CandidacyPayload", "candidacy{id}", object{"need": s.need, "expert": s.profile}).str("candidacy", "id")
	s.assignment = s.plan(s.need, s.profile)
	here := rawID[domain.ProgrammeID](t, s.programme)
	s.grant(s.otherHost, domain.RoleHost, domain.Scope{Institution: domain.InstitutionID(uuid.NewString())})
	s.grant(s.farFocal, domain.RoleFocalPoint, domain.Scope{Programme: here, Country: "GH"})
	s.grant(s.otherManager, domain.RoleManager, domain.Scope{Programme: domain.ProgrammeID(uuid.NewString())})
	s.grant(s.evaluator, domain.RoleEvaluator, domain.Scope{Programme: here})
	return s
}

// Who sees what, by the table of the privacy contract: every relation to every
// kind of object, asked as the object itself, as a node, and in its history.
func TestWhoSeesWhat(t *testing.T) {
	s := newStage(t)
	public := gid(scalar.TypePublished, rawID[string](t, s.need))
	insiders := []domain.PrincipalID{s.host, s.focal, s.manager, s.second, s.evaluator}
	everybody := []domain.PrincipalID{
		s.expert, s.otherExpert, s.host, s.otherHost, s.focal, s.farFocal, s.manager, s.second, s.otherManager, s.admin, s.evaluator, s.nobody,
	}
	names := []string{
		"expert", "other expert", "host", "other host", "focal point", "far focal point", "manager", "second manager", "other manager",
		"administrator", "evaluator", "nobody special",
	}
	for _, c := range []struct {
		field, id string
		sees      []domain.PrincipalID
	}{
		{"programme", s.programme, everybody},
		{"institution", s.institution, everybody},
		{"publishedNeed", public, everybody},
		{"need", s.need, insiders},
		{"need", s.draft, insiders},
		{"publishedNeed", gid(scalar.TypePublished, rawID[string](t, s.draft)), nil},
		{"expert", s.profile, append([]domain.PrincipalID{s.expert}, insiders...)},
		{"candidacy", s.candidacy, append([]domain.PrincipalID{s.expert}, insiders...)},
		{"assignment", s.assignment, append([]domain.PrincipalID{s.expert}, insiders...)},
	} {
		for i, who := range everybody {
			want := false
			for _, p := range c.sees {
				want = want || p == who
			}
			seen := s.ask(who, fmt.Sprintf("query($id:ID!){o:%s(id:$id){id} node(id:$id){id}}", c.field), object{"id": c.id})
			if (seen.at("o") != nil) != want || (seen.at("node") != nil) != want {
				t.Errorf("%s sees the %s: %v, want %v", names[i], c.field, seen, want)
			}
		}
	}
	for i, who := range everybody {
		told := s.ask(who, "query($id:ID!){history(object:$id){nodes{type by}}}", object{"id": s.need}).at("history") != nil
		want := who == s.host || who == s.focal || who == s.manager || who == s.second || who == s.evaluator
		if told != want {
			t.Errorf("%s reads the history of the need: %v", names[i], told)
		}
		ranks := s.ask(who, "query($id:ID!){matches(need:$id){rank}}", object{"id": s.need}).at("matches") != nil
		if want := who == s.focal || who == s.manager || who == s.second; ranks != want {
			t.Errorf("%s ranks experts: %v", names[i], ranks)
		}
		grants := s.ask(who, "query($p:PrincipalID){grants(principal:$p){role}}", object{"p": s.manager}).at("grants") != nil
		if want := who == s.manager || who == s.admin || who == s.evaluator; grants != want {
			t.Errorf("%s reads the manager's grants: %v", names[i], grants)
		}
		rules := s.ask(who, "query($id:ID!){programme(id:$id){name eligibility{version}}}", object{"id": s.programme}).at("programme", "eligibility") != nil
		if want := who == s.focal || who == s.manager || who == s.second || who == s.admin || who == s.evaluator; rules != want {
			t.Errorf("%s reads the rules: %v", names[i], rules)
		}
	}
}

// Absent and forbidden give the same answer, to queries and to mutations.
func TestAbsentAndForbiddenAreTheSame(t *testing.T) {
	s := newStage(t)
	for _, c := range []struct{ field, typeName, real string }{
		{"need", scalar.TypeNeed, s.need}, {"expert", scalar.TypeExpert, s.profile}, {"candidacy", scalar.TypeCandidacy, s.candidacy},
		{"assignment", scalar.TypeAssignment, s.assignment},
	} {
		answer := func(id string) string {
			a := s.post(s.nobody, "query($id:ID!){"+c.field+"(id:$id){id}}", object{"id": id})
			for i := range a.Errors {
				delete(a.Errors[i].Extensions, "correlationId")
			}
			text, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		absent := gid(c.typeName, uuid.NewString())
		if forbidden, missing := answer(c.real), answer(absent); forbidden != missing {
			t.Errorf("%s: %s, but an absent one: %s", c.field, forbidden, missing)
		}
	}
	refusal := func(name, payload string, input object) string {
		r := s.send(s.nobody, name, payload, "__typename", input)
		return fmt.Sprint(r["refusals"])
	}
	if a, b := refusal("submitNeed", "NeedPayload", object{"need": s.draft}), refusal("submitNeed", "NeedPayload", object{"need": gid(scalar.TypeNeed, uuid.NewString())}); a != b {
		t.Errorf("submitNeed: %s, but an absent one: %s", a, b)
	}
	shortlist := func(id string) string {
		return refusal("recordInterview", "CandidacyPayload", object{"candidacy": id, "date": day(0), "recommendation": "RECOMMENDED"})
	}
	if a, b := shortlist(s.candidacy), shortlist(gid(scalar.TypeCandidacy, uuid.NewString())); a != b {
		t.Errorf("recordInterview: %s, but an absent one: %s", a, b)
	}
}

// A hold hides the country's experts, candidacies and assignments at once from
// all but the person and the programme's managers; lifting it shows them again.
func TestACountryHoldHides(t *testing.T) {
	s := newStage(t)
	query := "query($e:ID!,$c:ID!,$a:ID!){expert(id:$e){id} candidacy(id:$c){id} assignment(id:$a){id} }"
	ids := object{"e": s.profile, "c": s.candidacy, "a": s.assignment}
	seen := func(who domain.PrincipalID) (n int) {
		for _, v := range s.ask(who, query, ids) {
			if v != nil {
				n++
			}
		}
		return n
	}
	check := func(when string, want map[domain.PrincipalID]int) {
		t.Helper()
		for who, n := range want {
			if got := seen(who); got != n {
				t.Errorf("%s: %d objects, want %d", when, got, n)
			}
		}
	}
	open := map[domain.PrincipalID]int{s.host: 3, s.focal: 3, s.evaluator: 3, s.manager: 3, s.expert: 3}
	check("before", open)
	s.do(s.manager, "placeCountryHold", "ProgrammePayload", "programme{holds{country}}", object{"programme": s.programme, "country": "SO", "reason": "SECURITY"})
	check("held", map[domain.PrincipalID]int{s.host: 0, s.focal: 0, s.evaluator: 0, s.manager: 3, s.expert: 3})
	if n := len(s.ask(s.host, "{candidacies{nodes{id}}}", nil).list("candidacies", "nodes")); n != 0 {
		t.Errorf("the host lists %d candidacies under a hold", n)
	}
	s.do(s.manager, "liftCountryHold", "ProgrammePayload", "programme{id}", object{"programme": s.programme, "country": "SO"})
	check("lifted", open)
}

// An evaluator sees what happened, and nobody.
func TestAnEvaluatorSeesNobody(t *testing.T) {
	s := newStage(t)
	seen := s.ask(s.evaluator, `query($n:ID!,$e:ID!){need(id:$n){owner history{nodes{type by role}}} expert(id:$e){pseudonym identity{name} conflicts}}`,
		object{"n": s.need, "e": s.profile})
	if seen.at("need", "owner") != nil || seen.at("expert", "identity") != nil || seen.at("expert", "conflicts") != nil || seen.str("expert", "pseudonym") == "" {
		t.Errorf("%v", seen)
	}
	history := seen.list("need", "history", "nodes")
	if len(history) < 4 {
		t.Fatalf("%v", history)
	}
	for _, e := range history {
		if e.at("by") != nil || e.str("role") == "" {
			t.Errorf("%v", e)
		}
	}
}

// What a revoked grant let through ends on open subscriptions with the next
// change; what is granted anew comes again.
func TestRevocationReachesOpenSubscriptions(t *testing.T) {
	s := newStage(t)
	const subscription = "subscription($id:ID!){candidaciesOfNeed(need:$id){position candidacy{stage}}}"
	kept, lost := s.events(s.manager, subscription, object{"id": s.need}), s.events(s.second, subscription, object{"id": s.need})
	stageIs := func(stage string) func(object) bool {
		return func(e object) bool { return e.str("candidaciesOfNeed", "candidacy", "stage") == stage }
	}
	grants := s.ask(s.admin, "query($p:PrincipalID){grants(principal:$p){id role}}", object{"p": s.second}).list("grants")
	s.do(s.admin, "revokeGrant", "AccessPayload", "grants{id}", object{"principal": s.second, "grant": grants[0].str("id"), "reason": "left"})
	s.do(s.expert, "agreeToNomination", "CandidacyPayload", "candidacy{stage}", object{"candidacy": s.candidacy, "consent": s.consents(s.expert, s.profile, s.need)})
	s.do(s.focal, "shortlistCandidacy", "CandidacyPayload", "candidacy{stage}", object{"candidacy": s.candidacy})
	s.until(kept, "the short list", stageIs("SHORTLISTED"))
	s.grant(s.second, domain.RoleManager, domain.Scope{Programme: rawID[domain.ProgrammeID](t, s.programme)})
	s.do(s.focal, "shareWithHost", "CandidacyPayload", "candidacy{stage}", object{"candidacy": s.candidacy})
	first := s.until(lost, "anything", func(object) bool { return true })
	if !stageIs("AWAITING_HOST_DECISION")(first) {
		t.Errorf("without a grant: %v", first)
	}
}

// A subscription to what one may not see answers like an absent object.
func TestSubscriptionsAreGuarded(t *testing.T) {
	s := newStage(t)
	a := s.post(s.nobody, "query($id:ID!){need(id:$id){id}}", object{"id": s.need})
	if a.Data.at("need") != nil {
		t.Fatal("the need is seen")
	}
	for e := range s.events(s.nobody, "subscription($id:ID!){candidaciesOfNeed(need:$id){position}}", object{"id": s.need}) {
		t.Errorf("an event: %v", e)
	}
	for e := range s.events(s.nobody, "subscription{myCandidacies{position}}", nil) {
		t.Errorf("an event: %v", e)
	}
}
