package graph_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
)

// textHash is SHA-256 of the empty text, standing for a text that was shown.
const textHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func day(n int) string { return domain.DateOf(time.Now()).AddDays(n).String() }

// cast is a programme at work: who does what, and the objects so far.
type cast struct {
	*world
	admin, manager, second, focal, host domain.PrincipalID
	programme, institution              string
}

// newCast opens a programme in Somalia with an approved host institution, all of
// it through the API but for the first administrator.
func newCast(t testing.TB, change ...func(*platform.Platform, *graph.Deps)) *cast {
	t.Helper()
	return newCastOver(t, engines{}, change...)
}

func newCastOver(t testing.TB, over engines, change ...func(*platform.Platform, *graph.Deps)) *cast {
	t.Helper()
	c := &cast{world: newWorld(t, over, change...), admin: somebody(), manager: somebody(), second: somebody(), focal: somebody(), host: somebody()}
	c.grant(c.admin, domain.RoleAdministrator, domain.Scope{})
	c.programme = c.do(c.admin, "openProgramme", "ProgrammePayload", "programme{id}", object{"name": "Knowledge in Motion"}).str("programme", "id")
	until := time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	for who, role := range map[domain.PrincipalID]string{c.manager: "PROGRAMME_MANAGER", c.second: "PROGRAMME_MANAGER", c.focal: "FOCAL_POINT"} {
		scope := object{"programme": c.programme}
		if role == "FOCAL_POINT" {
			scope["country"] = "SO"
		}
		c.do(c.admin, "grantRole", "AccessPayload", "grants{role}", object{
			"principal": who, "role": role, "scope": scope, "until": until, "reason": "staff"})
	}
	on := func(name string, input object) {
		input["programme"] = c.programme
		c.do(c.manager, name, "ProgrammePayload", "programme{id}", input)
	}
	on("setProgrammeSectors", object{"sectors": []string{"HEALTH", "EDUCATION"}})
	on("setProgrammeCountry", object{"country": object{"country": "SO", "displayName": "Somalia and Somaliland", "sensitivity": "RESTRICTED"}})
	on("publishEligibility", object{"eligibility": object{"version": 1, "validity": object{"from": day(0)}, "residence": []string{"NL", "GB"}, "minEducation": 6}})
	on("publishScoring", object{"scoring": object{"version": 1, "validity": object{"from": day(0)}, "weights": []object{
		{"part": "ESSENTIAL_SKILLS", "weight": 0.7}, {"part": "PREFERRED_SKILLS", "weight": 0.1}, {"part": "AVAILABILITY_OVERLAP", "weight": 0.2}}}})

	c.institution = c.do(c.host, "proposeInstitution", "InstitutionPayload", "institution{id}", object{
		"programme": c.programme, "profile": object{"name": "Hargeisa Group Hospital", "type": "HOSPITAL", "country": "SO", "sectors": []string{"HEALTH"}},
	}).str("institution", "id")
	c.do(c.manager, "approveInstitution", "InstitutionPayload", "institution{stage}", object{"institution": c.institution})
	return c
}

func terms() object {
	return object{
		"title": "Midwifery trainer", "sector": "HEALTH", "objective": "Fewer complications at birth.", "tasks": []string{"Train the ward"},
		"outputs":         []object{{"text": "Trained midwives", "indicator": "12 of them pass"}},
		"counterparts":    []object{{"number": 12, "role": "midwives"}},
		"transferMethods": []string{"WORKSHOP_TRAINING"},
		"skills":          []object{{"skill": "health.midwifery", "minLevel": "PROFICIENT", "importance": "ESSENTIAL"}},
		"languages":       []object{{"language": "so", "minLevel": "B2", "required": true, "purpose": "TRAINING"}},
		"modality":        "PHYSICAL", "positions": 1, "deadline": day(30), "decisionDate": day(60),
		"window": object{"period": object{"from": day(0), "to": day(200)}, "minWeeks": 4, "maxWeeks": 8},
	}
}

// published takes a need from its draft to the board.
func (c *cast) published() string {
	c.t.Helper()
	need := c.do(c.host, "draftNeed", "NeedPayload", "need{id status}", object{
		"programme": c.programme, "institution": c.institution, "terms": terms()}).str("need", "id")
	c.do(c.host, "submitNeed", "NeedPayload", "need{status}", object{"need": need})
	c.do(c.manager, "approveNeed", "NeedPayload", "need{status}", object{"need": need})
	r := c.do(c.manager, "publishNeed", "NeedPayload", "need{status published{title hostShownAs}}", object{
		"need": need, "language": "en", "title": "Midwifery trainer", "summary": "Train midwives in Hargeisa."})
	if r.str("need", "status") != "PUBLISHED" || r.str("need", "published", "hostShownAs") != "Hargeisa Group Hospital" {
		c.t.Fatalf("%v", r)
	}
	return need
}

// expert registers somebody whose profile suits the need.
func (c *cast) expert(name string) (domain.PrincipalID, string) {
	c.t.Helper()
	who := somebody()
	id := c.do(who, "registerExpert", "ExpertPayload", "expert{id stage}", object{"processing": object{"textHash": textHash, "language": "nl"}}).str("expert", "id")
	for _, step := range []struct {
		name  string
		input object
	}{
		{"declareIdentity", object{"identity": object{"name": name, "email": "someone@example.org"}}},
		{"declareSkills", object{"skills": []object{{"skill": "health.midwifery", "level": "EXPERT", "years": 9}}}},
		{"declareLanguages", object{"languages": []object{{"language": "so", "level": "NATIVE"}, {"language": "nl", "level": "C1"}}}},
		{"declareEducation", object{"education": []object{{"level": 7, "field": "0913"}}}},
		{"declareExperience", object{"experience": object{"years": 12, "sectors": []object{{"sector": "HEALTH", "years": 12}}}}},
		{"declareResidence", object{"country": "NL"}},
		{"declareHeritage", object{"country": "SO"}},
		{"declareAvailability", object{"windows": []object{{"period": object{"from": day(1), "to": day(300)}}}}},
	} {
		step.input["expert"] = id
		c.do(who, step.name, "ExpertPayload", "expert{id}", step.input)
	}
	c.do(c.focal, "checkHeritage", "ExpertPayload", "expert{heritage{status}}", object{"expert": id, "country": "SO", "how": "INTERVIEW"})
	c.do(c.manager, "recordEligibility", "ExpertPayload", "expert{eligibility{eligible}}", object{"expert": id, "programme": c.programme, "ruleVersion": 1})
	return who, id
}

// consents gives the consent to share with the host of a need.
func (c *cast) consents(who domain.PrincipalID, expert, need string) string {
	c.t.Helper()
	return c.do(who, "giveConsent", "ExpertPayload", "created", object{"expert": expert, "consent": object{
		"purpose": "SHARE_WITH_HOST", "need": need, "textHash": textHash, "language": "nl", "until": day(100)}}).str("created")
}

// The main job, end to end: a need is written, submitted, approved and
// published; experts are ranked for it; one applies; the host accepts; the
// manager approves; the seat and the time are taken; the offer is accepted; the
// assignment is prepared, runs, is reported on and completed.
func TestTheMainJourney(t *testing.T) {
	esdbtest.EachEngine(t, aLog, func(t *testing.T, eventStore string) { theMainJourney(t, engines{eventStore: eventStore}) })
	t.Run("redis", func(t *testing.T) { theMainJourney(t, engines{redis: redistest.Start(t).URL()}) })
}

// aLog is one in a file of the test.
func aLog(t testing.TB) eventstore.Store {
	t.Helper()
	log, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

func theMainJourney(t *testing.T, over engines) {
	c := newCastOver(t, over)
	need := c.published()
	amina, expert := c.expert("Amina Warsame")

	// Everybody may read the board, nobody but the circle the need itself.
	board := c.ask(amina, "{publishedNeeds{nodes{id title open myVerdict{eligible total forExpert}}}}", nil).list("publishedNeeds", "nodes")
	if len(board) != 1 || board[0].at("open") != true || board[0].at("myVerdict", "eligible") != true {
		t.Fatalf("%v", board)
	}
	if hidden := c.ask(amina, "query($id:ID!){need(id:$id){id}}", object{"id": need}); hidden.at("need") != nil {
		t.Fatalf("an expert reads the need itself: %v", hidden)
	}
	ranked := c.ask(c.manager, "query($id:ID!){matches(need:$id){rank expert{id pseudonym} verdict{total parts{contribution} forManager}}}", object{"id": need}).list("matches")
	if len(ranked) != 1 || ranked[0].str("expert", "id") != expert || len(ranked[0].list("verdict", "parts")) != 11 {
		t.Fatalf("%v", ranked)
	}

	changes := c.events(c.manager, "subscription($id:ID!){candidaciesOfNeed(need:$id){position candidacy{id stage}}}", object{"id": need})
	notices := c.events(amina, "subscription{myNotices{notice{kind text}}}", nil)
	own := c.events(amina, "subscription{myCandidacies{candidacy{stage}}}", nil)

	candidacy := c.apply(amina, expert, board[0].str("id"))
	c.until(changes, "the application", func(e object) bool {
		return e.str("candidaciesOfNeed", "candidacy", "id") == candidacy && e.str("candidaciesOfNeed", "candidacy", "stage") == "APPLIED"
	})
	c.sharedAndAccepted(candidacy, expert)

	if code := c.refused(c.host, "approveCandidacy", "CandidacyPayload", c.approval(candidacy)); code != "auth.forbidden" {
		t.Fatalf("a host approves: %s", code)
	}
	c.do(c.manager, "approveCandidacy", "CandidacyPayload", "candidacy{stage}", c.approval(candidacy))
	c.until(changes, "the approval", func(e object) bool { return e.str("candidaciesOfNeed", "candidacy", "stage") == "APPROVED" })
	c.do(c.manager, "makeOffer", "CandidacyPayload", "candidacy{offer{answerBy}}", object{"candidacy": candidacy})
	c.until(own, "the offer", func(e object) bool { return e.str("myCandidacies", "candidacy", "stage") == "OFFERED" })
	c.until(notices, "the notice of the offer", func(e object) bool { return e.str("myNotices", "notice", "kind") == "candidacy.Offered" })

	assignments := c.events(amina, "subscription{myAssignments{assignment{id status}}}", nil)
	c.do(amina, "acceptOffer", "CandidacyPayload", "candidacy{stage}", object{"candidacy": candidacy})
	planned := c.until(assignments, "the plan", func(e object) bool { return e.str("myAssignments", "assignment", "status") == "PLANNED" })
	c.served(amina, planned.str("myAssignments", "assignment", "id"))

	filled := c.ask(c.manager, "query($id:ID!){need(id:$id){status seatsLeft counts{total placed} history{nodes{type}}}}", object{"id": need})
	if filled.str("need", "status") != "FILLED" || filled.at("need", "seatsLeft") != 0.0 || filled.at("need", "counts", "placed") != 1.0 {
		t.Fatalf("%v", filled)
	}
	figures := c.ask(c.manager, "query($id:ID!){dashboard(programme:$id){approvals planned}}", object{"id": c.programme})
	if figures.at("dashboard", "approvals") != 1.0 || figures.at("dashboard", "planned") != 1.0 {
		t.Fatalf("%v", figures)
	}
}

func (c *cast) apply(who domain.PrincipalID, expert, published string) string {
	c.t.Helper()
	consent := c.consents(who, expert, published)
	input := object{"need": published, "motivation": "I was born there.", "consent": consent, "commandId": "0b8f9c1e-0000-4000-8000-00000000c0de"}
	r := c.do(who, "applyForNeed", "CandidacyPayload", "candidacy{id stage motivation}", input)
	if r.str("candidacy", "motivation") != "I was born there." {
		c.t.Fatalf("%v", r)
	}
	again := c.do(who, "applyForNeed", "CandidacyPayload", "candidacy{id}", input)
	if again.str("position") != r.str("position") {
		c.t.Fatalf("sending again acted again: %v after %v", again, r)
	}
	return r.str("candidacy", "id")
}

// sharedAndAccepted shares the profile, and lets the host read who it is and
// accept. What the host read is on the expert's record.
func (c *cast) sharedAndAccepted(candidacy, expert string) {
	c.t.Helper()
	c.do(c.focal, "shareWithHost", "CandidacyPayload", "candidacy{stage}", object{"candidacy": candidacy})
	seen := c.ask(c.host, "query($id:ID!){candidacy(id:$id){stage expert{pseudonym identity{name}} verdict{forHost{total}}}}", object{"id": candidacy})
	if seen.str("candidacy", "expert", "identity", "name") != "Amina Warsame" {
		c.t.Fatalf("%v", seen)
	}
	c.do(c.host, "decideAsHost", "CandidacyPayload", "candidacy{hostDecision{accepted reason}}", object{"candidacy": candidacy, "accept": true, "reason": "SUITS_THE_NEED"})
}

func (c *cast) approval(candidacy string) object {
	return object{"candidacy": candidacy, "period": object{"from": day(0), "to": day(50)}, "modality": "PHYSICAL", "needVersion": 1}
}

// served takes an assignment from its plan to its end.
func (c *cast) served(who domain.PrincipalID, id string) {
	c.t.Helper()
	on := func(as domain.PrincipalID, name string, input object) object {
		c.t.Helper()
		input["assignment"] = id
		return c.do(as, name, "AssignmentPayload", "assignment{status}", input)
	}
	on(c.manager, "recordAgreement", object{"on": day(0)})
	on(who, "proposeWorkPlan", object{"items": []object{{"output": 1, "activity": "Weekly workshops"}}})
	on(c.host, "agreeToWorkPlan", object{"version": 1})
	for _, item := range []string{"PRE_DEPARTURE_TRAINING", "HOST_BRIEFING", "COUNTERPART_INTRODUCTION", "INSURANCE", "VISA", "SECURITY_BRIEFING"} {
		on(c.focal, "completeChecklistItem", object{"item": item})
	}
	a := c.ask(who, "query($id:ID!){assignment(id:$id){status checklist{item on} workPlan{agreedAt} institution{name} publishedNeed{title} need{id}}}", object{"id": id})
	if a.at("assignment", "workPlan", "agreedAt") == nil || a.at("assignment", "need") != nil || a.str("assignment", "publishedNeed", "title") == "" {
		c.t.Fatalf("%v", a)
	}
	for _, item := range a.list("assignment", "checklist") {
		if item.at("on") == nil {
			c.t.Errorf("open: %v", item)
		}
	}
	on(c.focal, "startAssignment", object{})
	on(who, "logActivity", object{"date": day(0), "method": "WORKSHOP_TRAINING", "hours": 6, "participants": 12, "level": "CREATION", "output": 1})
	on(c.focal, "recordCheckIn", object{"notes": "She settles in well."})
	on(who, "submitReport", object{"kind": "FINAL", "text": "Twelve midwives passed."})
	on(c.manager, "acceptReport", object{"kind": "FINAL"})
	on(c.manager, "completeAssignment", object{})
	on(who, "answerEvaluation", object{"wave": "AFTER", "respondent": "EXPERT", "answers": object{"transmission": 5, "creation": 4, "organisational": 3}})
	on(c.host, "proposeFollowUp", object{"kind": "REPEAT", "reason": "The ward asks for more."})
	const all = `query($id:ID!){assignment(id:$id){status activities{hours} reports{kind status} texts{kind text}
		evaluations{wave answers{respondent grades{transmission}}} followUps{kind} history{totalCount}}}`
	told := c.ask(c.manager, all, object{"id": id})
	if told.str("assignment", "status") != "COMPLETED" || len(told.list("assignment", "activities")) != 1 ||
		len(told.list("assignment", "texts")) != 3 || len(told.list("assignment", "followUps")) != 1 {
		c.t.Fatalf("%v", told)
	}
}

// The host's reading of a person's name is told to that person, with the
// reason; nobody else's is missing or there.
func TestReadingOfAPersonIsDisclosed(t *testing.T) {
	c := newCast(t)
	need := c.published()
	amina, expert := c.expert("Amina Warsame")
	identity := "query($id:ID!){expert(id:$id){pseudonym identity{name}}}"

	if seen := c.ask(c.host, identity, object{"id": expert}); seen.at("expert") != nil {
		t.Fatalf("a host reads a stranger: %v", seen)
	}
	c.do(c.host, "nominateExpert", "CandidacyPayload", "candidacy{id}", object{"need": need, "expert": expert})
	seen := c.ask(c.host, identity, object{"id": expert})
	if seen.str("expert", "pseudonym") == "" || seen.at("expert", "identity") != nil {
		t.Fatalf("before consent: %v", seen)
	}
	c.consents(amina, expert, need)
	if seen := c.ask(c.host, identity, object{"id": expert}); seen.str("expert", "identity", "name") != "Amina Warsame" {
		t.Fatalf("after consent: %v", seen)
	}
	if seen := c.ask(c.manager, identity, object{"id": expert}); seen.str("expert", "identity", "name") != "Amina Warsame" {
		t.Fatalf("staff: %v", seen)
	}
	c.ask(amina, identity, object{"id": expert}) // one's own reading is no disclosure

	var readers []string
	position := c.head()
	for _, d := range c.ask(amina, "query($p:Position)@atLeast(position:$p){disclosures{totalCount nodes{by role purpose fields}}}", object{"p": position}).list("disclosures", "nodes") {
		readers = append(readers, d.str("by")+" "+d.str("role")+" "+d.str("purpose"))
	}
	slices.Sort(readers)
	want := []string{string(c.host) + " HOST_OFFICER consented", string(c.manager) + " PROGRAMME_MANAGER case_work"}
	slices.Sort(want)
	if !slices.Equal(readers, want) {
		t.Errorf("disclosed to %v, want %v", readers, want)
	}
}

// head is the position of the log's last event.
func (w *world) head() string {
	w.t.Helper()
	p, err := w.p.Store.Head(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return domainPosition(uint64(p))
}
