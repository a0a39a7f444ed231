package views_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/codectest"
)

// world runs commands through the real deciders and keeps the log as the store
// would, with a gap here and there between positions.
type world struct {
	t      rapid.TB
	keys   *codectest.Keys
	codec  *codec.Codec
	log    []eventstore.Recorded
	states map[string]any
	next   map[string]eventstore.Revision
	now    time.Time
	// planned holds need and expert of each assignment.
	planned [][2]int
	// live holds each event as it was decoded when it was recorded.
	live []codec.Decoded
}

func events() []decider.Event {
	var all []decider.Event
	add := func(events ...decider.Event) { all = append(all, events...) }
	for _, e := range programme.Aggregate.Events {
		add(e)
	}
	for _, e := range expert.Aggregate.Events {
		add(e)
	}
	for _, e := range institution.Aggregate.Events {
		add(e)
	}
	for _, e := range need.Aggregate.Events {
		add(e)
	}
	for _, e := range candidacy.Aggregate.Events {
		add(e)
	}
	for _, e := range assignment.Aggregate.Events {
		add(e)
	}
	for _, e := range access.Aggregate.Events {
		add(e)
	}
	for _, e := range disclosure.Aggregate.Events {
		add(e)
	}
	return all
}

func newWorld(t rapid.TB) *world {
	keys := codectest.NewKeys()
	return &world{
		t: t, keys: keys, codec: codec.New(codec.NewRegistry(events()...), keys),
		states: map[string]any{}, next: map[string]eventstore.Revision{},
		now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC),
	}
}

// do decides a command and records its events; false when it was refused or
// changed nothing.
func do[S any, C decider.Command, E decider.Event](w *world, a decider.Aggregate[S, C, E], id string, c C) bool {
	stream := a.Stream(id)
	state, known := w.states[stream].(S)
	if !known {
		state = a.Decider.Initial()
	}
	events, err := a.Decider.Decide(state, c)
	if err != nil || len(events) == 0 {
		return false
	}
	var stored []eventstore.Event
	for i, e := range events {
		state = a.Decider.Evolve(state, e)
		s, err := w.encode(stream, i, c.Stamped(), c.CommandType(), e)
		if errors.Is(err, personal.ErrErased) {
			return false // the codec fences what the aggregates cannot see
		}
		if err != nil {
			w.t.Fatalf("encode %s: %v", e.EventType(), err)
		}
		stored = append(stored, s)
	}
	for _, s := range stored {
		w.record(stream, s)
	}
	w.states[stream] = state
	return true
}

func (w *world) encode(stream string, i int, by domain.Stamp, action string, e decider.Event) (eventstore.Event, error) {
	id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s %d", stream, int(w.next[stream])+i))
	return w.codec.Encode(context.Background(), stream, id, e, codec.Meta{
		Command: domain.CommandID(id.String()), Actor: by.By, Role: by.Role, At: by.At, Action: action,
	})
}

func (w *world) record(stream string, e eventstore.Event) {
	position := eventstore.Position(1)
	if n := len(w.log); n > 0 {
		position = w.log[n-1].Position + 1 + eventstore.Position(n%3)
	}
	r := eventstore.Recorded{Event: e, Stream: stream, Revision: w.next[stream], Position: position, Time: w.now}
	w.next[stream]++
	w.log = append(w.log, r)
	w.live = append(w.live, w.decode(r))
}

func (w *world) decode(r eventstore.Recorded) codec.Decoded {
	d, err := w.codec.Decode(context.Background(), r)
	if err != nil {
		w.t.Fatalf("decode %s: %v", r.Type, err)
	}
	return d
}

// rebuilt decodes the whole log anew: the keys of erased people are gone.
func (w *world) rebuilt() []codec.Decoded {
	out := make([]codec.Decoded, len(w.log))
	for i, r := range w.log {
		out[i] = w.decode(r)
	}
	return out
}

func each(list []codec.Decoded) iter.Seq2[codec.Decoded, error] {
	return func(yield func(codec.Decoded, error) bool) {
		for _, d := range list {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// Ids of the world. Kinds keep them apart.
func id[T ~string](kind, n int) T {
	return T(fmt.Sprintf("%08x-0000-4000-8000-%012x", kind*0x11111111, n))
}

func expertID(n int) domain.ExpertID {
	return domain.ExpertID(fmt.Sprintf("%04x7f3a-0000-4000-8000-%012x", 0xa000+n, n))
}
func programmeID(n int) domain.ProgrammeID { return id[domain.ProgrammeID](1, n) }
func hostID(n int) domain.InstitutionID    { return id[domain.InstitutionID](2, n) }
func needID(n int) domain.NeedID           { return id[domain.NeedID](3, n) }
func consentID(n int) domain.ConsentID     { return id[domain.ConsentID](4, n) }
func contactID(n int) domain.ContactID     { return id[domain.ContactID](5, n) }

const (
	manager  domain.PrincipalID = "66666666-0000-4000-8000-00000000000a"
	manager2 domain.PrincipalID = "66666666-0000-4000-8000-00000000000b"
	officer  domain.PrincipalID = "66666666-0000-4000-8000-00000000000c"
	focal    domain.PrincipalID = "66666666-0000-4000-8000-00000000000d"
	admin    domain.PrincipalID = "66666666-0000-4000-8000-00000000000e"
	system   domain.PrincipalID = "66666666-0000-4000-8000-00000000000f"
)

func expertPrincipal(n int) domain.PrincipalID { return id[domain.PrincipalID](7, n) }

func (w *world) as(by domain.PrincipalID, role domain.Role) domain.Stamp {
	return domain.Stamp{By: by, Role: role, At: w.now}
}
func (w *world) asManager() domain.Stamp     { return w.as(manager, domain.RoleManager) }
func (w *world) asSystem() domain.Stamp      { return w.as(system, domain.RoleSystem) }
func (w *world) asHost() domain.Stamp        { return w.as(officer, domain.RoleHost) }
func (w *world) asFocal() domain.Stamp       { return w.as(focal, domain.RoleFocalPoint) }
func (w *world) asExpert(n int) domain.Stamp { return w.as(expertPrincipal(n), domain.RoleExpert) }

func (w *world) today() domain.Date { return domain.DateOf(w.now) }

func (w *world) expert(n int, c expert.Command) bool {
	return do(w, expert.Aggregate, string(expertID(n)), c)
}
func (w *world) need(n int, c need.Command) bool { return do(w, need.Aggregate, string(needID(n)), c) }
func (w *world) host(n int, c institution.Command) bool {
	return do(w, institution.Aggregate, string(hostID(n)), c)
}
func (w *world) programme(n int, c programme.Command) bool {
	return do(w, programme.Aggregate, string(programmeID(n)), c)
}
func (w *world) candidacy(n, x int, c candidacy.Command) bool {
	return do(w, candidacy.Aggregate, string(domain.CandidacyIDFor(needID(n), expertID(x))), c)
}
func (w *world) assignment(n, x int, c assignment.Command) bool {
	return do(w, assignment.Aggregate, string(domain.AssignmentIDFor(domain.CandidacyIDFor(needID(n), expertID(x)))), c)
}

// must demands that a scripted step is accepted.
func (w *world) must(done bool, what string) {
	if !done {
		w.t.Fatalf("%s was refused", what)
	}
}

// Pieces of the world that scripts and random histories share.

func (w *world) openProgramme(n int) {
	w.must(w.programme(n, programme.Open{Stamp: w.as(admin, domain.RoleAdministrator), Programme: programmeID(n), Name: fmt.Sprintf("Programme %d", n)}), "open programme")
	w.programme(n, programme.SetSectors{Stamp: w.asManager(), Sectors: []domain.Sector{domain.Health, domain.Agriculture}})
	w.programme(n, programme.SetCountry{Stamp: w.asManager(), Country: programme.Country{Country: "SO", DisplayName: "Somalia", Sensitivity: domain.Restricted}})
	w.programme(n, programme.PublishEligibility{Stamp: w.asManager(), Eligibility: policy.Eligibility{Version: 1, Validity: policy.Validity{From: w.today()}, Residence: []domain.Country{"NL"}}})
}

func (w *world) approveHost(n int) {
	w.must(w.host(n, institution.Propose{Stamp: w.as(officer, domain.RoleExpert), Institution: hostID(n), Programme: programmeID(0), Profile: institution.Profile{
		Name: fmt.Sprintf("Hospital %d", n), Type: institution.Hospital, Country: "SO", Sensitivity: domain.Open, Sectors: []domain.Sector{domain.Health},
	}}), "propose host")
	w.must(w.host(n, institution.Approve{Stamp: w.asManager()}), "approve host")
}

func (w *world) registerExpert(n int) {
	w.must(w.expert(n, expert.Register{Stamp: w.asExpert(n), Expert: expertID(n), Principal: expertPrincipal(n), Processing: expert.Processing{TextHash: hash, Language: "en"}}), "register")
	w.must(w.expert(n, expert.DeclareIdentity{Stamp: w.asExpert(n), Identity: expert.Identity{
		Name: about(n, fmt.Sprintf("CANARY-name-%d", n)), Email: about(n, fmt.Sprintf("canary%d@example.org", n)),
		Gender: about(n, []string{"female", "male"}[n%2]),
	}}), "declare identity")
}

const hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func about(n int, text string) personal.Text { return personal.Of(expertID(n), text) }

func (w *world) terms() need.Terms {
	return need.Terms{
		Title: "Train midwives in Hargeisa", Sector: domain.Health, Objective: "Safer births at the maternity ward",
		Tasks: []string{"Train"}, Outputs: []need.Output{{Text: "Curriculum", Indicator: "Approved"}},
		Counterparts: []need.Counterparts{{Number: 4, Role: "midwife"}}, TransferMethods: []domain.TransferMethod{"workshop_training"},
		Skills:    []domain.SkillRequirement{{Skill: "health.midwifery", MinLevel: domain.Working, Importance: domain.Essential}},
		Languages: []domain.LanguageRequirement{{Language: "so", MinLevel: domain.B2, Required: true, Purpose: domain.ForWork}},
		Modality:  domain.Physical, Positions: 2,
		Window:   domain.Window{Period: domain.Period{From: w.today().AddDays(60), To: w.today().AddDays(360)}, MinWeeks: 4, MaxWeeks: 12},
		Deadline: w.today().AddDays(30), DecisionDate: w.today().AddDays(50), Sensitivity: domain.Open,
	}
}

func (w *world) draftNeed(n, host int) bool {
	return w.need(n, need.Draft{Stamp: w.asHost(), Need: needID(n), Programme: programmeID(0), Institution: hostID(host), Country: "SO", Terms: w.terms()})
}

func (w *world) publish(n int) bool {
	return w.need(n, need.Publish{Stamp: w.asManager(), Language: "en", Title: "Midwife trainer", Summary: "Help a ward in the north.", Host: need.Host{Name: "Hospital"}})
}

func (w *world) ref(n, x int) candidacy.Ref {
	s, _ := w.states["need-"+string(needID(n))].(need.State)
	return candidacy.Ref{Need: needID(n), Expert: expertID(x), Programme: s.Programme, Institution: s.Institution, Country: s.Country}
}

func (w *world) consent(n int) candidacy.Consent {
	return candidacy.Consent{ID: consentID(n), Until: w.today().AddDays(200)}
}

func (w *world) shown() candidacy.ScoreShown {
	return candidacy.ScoreShown{Total: 7345, PolicyVersion: 1, TaxonomyVersion: 1, LogPosition: uint64(len(w.log))}
}

func (w *world) stage(n, x int) candidacy.Stage {
	s, _ := w.states["candidacy-"+string(domain.CandidacyIDFor(needID(n), expertID(x)))].(candidacy.State)
	return s.Stage()
}

func (w *world) period(n int) domain.Period {
	s, _ := w.states["need-"+string(needID(n))].(need.State)
	from := s.Terms.Window.Period.From
	return domain.Period{From: from, To: from.AddDays(55)}
}

// toPublished takes a new need to its publication.
func (w *world) toPublished(n, host int) {
	w.must(w.draftNeed(n, host), "draft")
	w.now = w.now.Add(24 * time.Hour)
	w.must(w.need(n, need.Submit{Stamp: w.asHost()}), "submit")
	w.now = w.now.Add(48 * time.Hour)
	w.must(w.need(n, need.Approve{Stamp: w.asManager()}), "approve need")
	w.must(w.publish(n), "publish")
}

// toAccepted takes a suggested candidacy to the accepted offer and the plan.
func (w *world) toAccepted(n, x int) {
	w.must(w.candidacy(n, x, candidacy.Suggest{Stamp: w.as(manager2, domain.RoleManager), Ref: w.ref(n, x), Score: w.shown(), Rank: 1}), "suggest")
	w.must(w.candidacy(n, x, candidacy.Apply{Stamp: w.asExpert(x), Ref: w.ref(n, x), Motivation: about(x, "CANARY-motivation"), Consent: w.consent(100*n + x)}), "apply")
	w.must(w.candidacy(n, x, candidacy.Shortlist{Stamp: w.asManager()}), "shortlist")
	w.must(w.candidacy(n, x, candidacy.ShareWithHost{Stamp: w.asManager(), Consent: w.consent(100*n + x)}), "share")
	w.must(w.candidacy(n, x, candidacy.RecordInterview{Stamp: w.asFocal(), Date: w.today(), Recommendation: candidacy.Recommended, Notes: about(x, "CANARY-interview")}), "interview")
	w.now = w.now.Add(72 * time.Hour)
	w.must(w.candidacy(n, x, candidacy.HostDecide{Stamp: w.asHost(), Accept: true, Reason: candidacy.SuitsTheNeed, Note: about(x, "CANARY-host-note")}), "host decision")
	w.must(w.candidacy(n, x, candidacy.Recommend{Stamp: w.asFocal(), Recommendation: candidacy.Recommended, Reason: about(x, "CANARY-recommendation")}), "recommendation")
	w.must(w.place(n, x), "placement")
	w.must(w.candidacy(n, x, candidacy.MakeOffer{Stamp: w.asManager()}), "offer")
	w.must(w.candidacy(n, x, candidacy.AcceptOffer{Stamp: w.asExpert(x)}), "accept")
	w.must(w.plan(n, x), "plan")
}

// place does what the placement process does.
func (w *world) place(n, x int) bool {
	s, _ := w.states["need-"+string(needID(n))].(need.State)
	c := domain.CandidacyIDFor(needID(n), expertID(x))
	if !w.candidacy(n, x, candidacy.Approve{Stamp: w.asManager(), Period: w.period(n), Modality: domain.Physical, NeedVersion: s.Version, Score: w.shown(), Rank: 1}) {
		return false
	}
	if w.need(n, need.AllocateSeat{Stamp: w.asSystem(), Candidacy: c, Version: s.Version}) {
		if w.expert(x, expert.Book{Stamp: w.asSystem(), Candidacy: c, Period: w.period(n)}) {
			return w.candidacy(n, x, candidacy.ConfirmApproval{Stamp: w.asSystem()})
		}
		w.need(n, need.ReleaseSeat{Stamp: w.asSystem(), Candidacy: c})
	}
	w.candidacy(n, x, candidacy.FailApproval{Stamp: w.asSystem(), Reason: candidacy.NoSeatLeft})
	return false
}

func (w *world) plan(n, x int) bool {
	r := w.ref(n, x)
	w.planned = append(w.planned, [2]int{n, x})
	return w.assignment(n, x, assignment.Plan{
		Stamp: w.asSystem(), Need: r.Need, Candidacy: domain.CandidacyIDFor(r.Need, r.Expert), Expert: r.Expert, Institution: r.Institution,
		Programme: r.Programme, Country: r.Country, Period: w.period(n), Modality: domain.Physical,
	})
}

// prepare settles the whole checklist.
func (w *world) prepare(n, x int) {
	w.assignment(n, x, assignment.RecordAgreement{Stamp: w.asManager(), On: w.today()})
	w.assignment(n, x, assignment.ProposeWorkPlan{Stamp: w.asExpert(x), Items: []assignment.PlanItem{{Output: 1, Activity: "Train"}}})
	w.assignment(n, x, assignment.AgreeWorkPlan{Stamp: w.asHost(), Version: 1})
	for _, i := range assignment.Items {
		w.assignment(n, x, assignment.CompleteItem{Stamp: w.asManager(), Item: i})
	}
}

// erase asks for the erasure and destroys the key, as the process does.
func (w *world) erase(x int) bool {
	if !w.expert(x, expert.RequestErasure{Stamp: w.asExpert(x)}) {
		return false
	}
	w.keys.Erase(string(expertID(x)))
	w.expert(x, expert.CompleteErasure{Stamp: w.asSystem(), Proof: hash})
	return true
}

// drawInt is a number from 0 up to n, excluded.
func drawInt(t *rapid.T, n int, what string) int { return rapid.IntRange(0, n-1).Draw(t, what) }

// history makes a random valid history: random commands in a small world, of
// which the refused ones leave no trace.
func (w *world) history(t *rapid.T, steps int) {
	w.openProgramme(0)
	w.approveHost(0)
	w.toPublished(0, 0)
	w.registerExpert(0)
	for range steps {
		w.now = w.now.Add(time.Duration(drawInt(t, 30, "hours")) * time.Hour)
		n, x := drawInt(t, 3, "need"), drawInt(t, 4, "expert")
		switch drawInt(t, 14, "what") {
		case 0, 1, 2, 3:
			w.advance(t, n, x)
		case 4, 5:
			w.randomCandidacy(t, n, x)
		case 6, 7:
			w.randomExpert(t, x)
		case 8:
			w.randomNeed(t, n)
		case 9:
			w.randomHost(t)
		case 10, 12, 13:
			if len(w.planned) > 0 {
				at := w.planned[drawInt(t, len(w.planned), "assignment")]
				w.randomAssignment(t, at[0], at[1])
			}
		case 11:
			w.randomRest(t, x)
		}
	}
}

// advance does the next step of a placement.
func (w *world) advance(t *rapid.T, n, x int) {
	switch w.stage(n, x) {
	case "":
		w.candidacy(n, x, candidacy.Suggest{Stamp: w.as(manager2, domain.RoleManager), Ref: w.ref(n, x), Score: w.shown(), Rank: 1 + drawInt(t, 5, "rank")})
	case candidacy.StageSuggested, candidacy.StageNominated:
		w.candidacy(n, x, candidacy.Apply{Stamp: w.asExpert(x), Ref: w.ref(n, x), Motivation: about(x, "because"), Consent: w.consent(len(w.log))})
	case candidacy.StageApplied:
		w.candidacy(n, x, candidacy.ShareWithHost{Stamp: w.asManager(), Consent: w.consent(len(w.log))})
	case candidacy.StageAwaitingHost, candidacy.StageInterviewed:
		w.candidacy(n, x, candidacy.HostDecide{Stamp: w.asHost(), Accept: true, Reason: candidacy.SuitsTheNeed})
	case candidacy.StageHostAccepted:
		w.place(n, x)
	case candidacy.StageApproved:
		w.candidacy(n, x, candidacy.MakeOffer{Stamp: w.asManager()})
	case candidacy.StageOffered:
		if drawInt(t, 3, "no") == 0 {
			w.candidacy(n, x, candidacy.DeclineOffer{Stamp: w.asExpert(x), Reason: candidacy.NotAvailable, Note: about(x, "busy")})
		}
		if w.candidacy(n, x, candidacy.AcceptOffer{Stamp: w.asExpert(x)}) {
			w.plan(n, x)
		}
	case candidacy.StageAccepted:
		w.prepare(n, x)
		w.now = max2(w.now, w.period(n).From.Time().Add(time.Hour))
		w.assignment(n, x, assignment.Start{Stamp: w.asManager()})
	}
}

func max2(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (w *world) randomCandidacy(t *rapid.T, n, x int) {
	candidate := []candidacy.Command{
		candidacy.Nominate{Stamp: w.asFocal(), Ref: w.ref(n, x), Reason: about(x, "known")},
		candidacy.AgreeToNomination{Stamp: w.asExpert(x), Consent: w.consent(len(w.log))},
		candidacy.GiveConsent{Stamp: w.asExpert(x), Consent: w.consent(len(w.log))},
		candidacy.WithdrawConsent{Stamp: w.asExpert(x)},
		candidacy.Withdraw{Stamp: w.asExpert(x), Reason: candidacy.FamilyReason, Note: about(x, "family")},
		candidacy.Shortlist{Stamp: w.asManager()},
		candidacy.RecordInterview{Stamp: w.asFocal(), Date: w.today(), Recommendation: candidacy.Recommended, Notes: about(x, "fine")},
		candidacy.HostDecide{Stamp: w.asHost(), Reason: candidacy.SkillsMissing, Note: about(x, "no")},
		candidacy.RemindHost{Stamp: w.asSystem(), Number: 1},
		candidacy.ExpireHostDecision{Stamp: w.asSystem()},
		candidacy.Recommend{Stamp: w.asFocal(), Recommendation: candidacy.WithReservations, Reason: about(x, "hm")},
		candidacy.Refuse{Stamp: w.asManager(), Reason: candidacy.NotSuitable, Note: about(x, "no")},
		candidacy.DeclineOffer{Stamp: w.asExpert(x), Reason: candidacy.NotAvailable, Note: about(x, "busy")},
		candidacy.PlaceInReserve{Stamp: w.asManager()},
		candidacy.CallFromReserve{Stamp: w.asManager()},
		candidacy.Supersede{Stamp: w.asManager(), Candidacy: domain.CandidacyIDFor(needID((n+1)%3), expertID(x))},
		candidacy.CloseWithNotice{Stamp: w.asSystem(), Reason: candidacy.NeedFilled},
	}
	w.candidacy(n, x, candidate[drawInt(t, len(candidate), "candidacy command")])
}

func (w *world) randomExpert(t *rapid.T, x int) {
	stamp := w.asExpert(x)
	country := []domain.Country{"SO", "IQ"}[drawInt(t, 2, "country")]
	commands := []expert.Command{
		expert.Register{Stamp: stamp, Expert: expertID(x), Principal: expertPrincipal(x), Processing: expert.Processing{TextHash: hash, Language: "en"}},
		expert.Register{Stamp: w.asManager(), Expert: expertID(x), Programme: programmeID(0), Processing: expert.Processing{TextHash: hash, Language: "nl"}},
		expert.LinkPrincipal{Stamp: w.asSystem(), Principal: expertPrincipal(x)},
		expert.DeclareIdentity{Stamp: stamp, Identity: expert.Identity{Name: about(x, "N"), Gender: about(x, []string{"female", "male"}[drawInt(t, 2, "gender")])}},
		expert.DeclareMotivation{Stamp: stamp, Motivation: about(x, "I want to help")},
		expert.DeclareCV{Stamp: stamp, CV: about(x, "a life")},
		expert.DeclareSkills{Stamp: stamp, Skills: []domain.SkillClaim{{Skill: "health.midwifery", Level: domain.SkillLevel(1 + drawInt(t, 4, "level")), Years: 4}}},
		expert.WithdrawSkills{Stamp: stamp, Skills: []domain.Skill{"health.midwifery"}},
		expert.DeclareLanguages{Stamp: stamp, Languages: []domain.LanguageClaim{{Language: "so", Level: domain.C1}}},
		expert.DeclareEducation{Stamp: stamp, Education: []domain.Education{{Level: 7, Field: "0913"}}},
		expert.DeclareExperience{Stamp: stamp, Experience: expert.Experience{Years: 9, Sectors: []expert.SectorExperience{{Sector: domain.Health, Years: 9}}}},
		expert.DeclareResidence{Stamp: stamp, Country: "NL"},
		expert.DeclareAvailability{Stamp: stamp, Windows: []domain.Availability{{Period: domain.Period{From: w.today(), To: w.today().AddDays(300)}}}},
		expert.DeclarePreferences{Stamp: stamp, Preferences: expert.Preferences{Modalities: []domain.Modality{domain.Physical}}},
		expert.DeclareReferences{Stamp: stamp, References: []expert.Reference{{Name: about(x, "Ref"), Contact: about(x, "mail"), Relation: about(x, "boss")}}},
		expert.WithdrawPart{Stamp: stamp, Part: expert.Parts[drawInt(t, len(expert.Parts), "part")]},
		expert.DeclareHeritage{Stamp: stamp, Country: country},
		expert.WithdrawHeritage{Stamp: stamp, Country: country},
		expert.CheckHeritage{Stamp: w.asFocal(), Country: country, How: expert.ByInterview},
		expert.RefuseHeritage{Stamp: w.asFocal(), Country: country, How: expert.ByEmbassy},
		expert.RecordEligibility{Stamp: w.asManager(), Programme: programmeID(0), RuleVersion: 1},
		expert.RecordEligibility{Stamp: w.asManager(), Programme: programmeID(0), RuleVersion: 1, Failed: []expert.Rule{"residence"}},
		expert.GiveConsent{Stamp: stamp, Consent: expert.Consent{ID: consentID(1000 + x), Purpose: expert.ShareWithHost, Institution: hostID(0), Need: needID(0), TextHash: hash, Language: "en", Until: w.today().AddDays(90)}},
		expert.WithdrawConsent{Stamp: stamp, Consent: consentID(1000 + x)},
		expert.DeclareConflict{Stamp: stamp, Institutions: []domain.InstitutionID{hostID(1)}},
		expert.Reconfirm{Stamp: stamp},
		expert.MakeDormant{Stamp: w.asSystem(), UnconfirmedSince: w.today().AddDays(1)},
		expert.Suspend{Stamp: w.asManager(), Reason: expert.SuspendedForConduct, Note: about(x, "note")},
		expert.Reinstate{Stamp: w.asManager(), Note: about(x, "fine again")},
	}
	w.expert(x, commands[drawInt(t, len(commands), "expert command")])
}

func (w *world) randomNeed(t *rapid.T, n int) {
	terms := w.terms()
	terms.Positions = 1 + drawInt(t, 3, "positions")
	terms.Sector = domain.Sectors[drawInt(t, len(domain.Sectors), "sector")]
	commands := []need.Command{
		need.Revise{Stamp: w.asHost(), Terms: terms, Reason: "more people"},
		need.Return{Stamp: w.asManager(), Reason: "say more"},
		need.Submit{Stamp: w.asHost()}, need.Approve{Stamp: w.asManager()},
		need.Pause{Stamp: w.asManager(), Reason: "rain"}, need.Resume{Stamp: w.asManager()},
		need.Expire{Stamp: w.asSystem()}, need.Close{Stamp: w.asManager(), Reason: "done"},
		need.Cancel{Stamp: w.asHost(), Reason: need.FundingReason, Note: "no money"},
	}
	if !w.draftNeed(n, drawInt(t, 2, "host")) && !w.publish(n) {
		w.need(n, commands[drawInt(t, len(commands), "need command")])
	}
}

func (w *world) randomHost(t *rapid.T) {
	n := drawInt(t, 2, "host")
	contact := institution.Contact{ID: contactID(n), Principal: officer, Name: personal.Of(contactID(n), "Contact")}
	commands := []institution.Command{
		institution.Propose{Stamp: w.asHost(), Institution: hostID(n), Programme: programmeID(0), Profile: institution.Profile{
			Name: "University", Type: institution.University, Country: "SO", Sensitivity: domain.Open, Sectors: []domain.Sector{domain.Health}}},
		institution.Approve{Stamp: w.asManager()}, institution.Suspend{Stamp: w.asManager(), Reason: "audit"}, institution.Resume{Stamp: w.asManager()},
		institution.AddUnit{Stamp: w.asHost(), Unit: id[domain.UnitID](8, 0), Name: "Ward"},
		institution.RenameUnit{Stamp: w.asHost(), Unit: id[domain.UnitID](8, 0), Name: "Maternity ward"},
		institution.RetireUnit{Stamp: w.asHost(), Unit: id[domain.UnitID](8, 0)},
		institution.NameMissionFocalPoint{Stamp: w.asManager(), Principal: focal},
		institution.RemoveMissionFocalPoint{Stamp: w.asManager(), Principal: focal},
		institution.NameHostContact{Stamp: w.asHost(), Contact: contact}, institution.RemoveHostContact{Stamp: w.asHost(), Contact: contactID(n)},
		institution.SetCapacity{Stamp: w.asFocal(), MaxConcurrent: uint8(1 + drawInt(t, 3, "capacity"))},
		institution.DescribeConnectivity{Stamp: w.asHost(), Connectivity: institution.Connectivity{Quality: institution.FairConnection}},
		institution.RecordPlanItem{Stamp: w.asHost(), Item: id[domain.PlanItemID](9, 0), Text: "Better wards"},
	}
	w.host(n, commands[drawInt(t, len(commands), "host command")])
}

func (w *world) randomAssignment(t *rapid.T, n, x int) {
	respondent := "aaaaaaaa-0000-4000-8000-000000000001"
	commands := []assignment.Command{
		assignment.RecordAgreement{Stamp: w.asManager(), On: w.today()},
		assignment.ProposeWorkPlan{Stamp: w.asHost(), Items: []assignment.PlanItem{{Output: 1, Activity: "Teach"}}},
		assignment.AgreeWorkPlan{Stamp: w.asExpert(x), Version: 1},
		assignment.CompleteItem{Stamp: w.asManager(), Item: assignment.Items[drawInt(t, len(assignment.Items), "item")]},
		assignment.WaiveItem{Stamp: w.asManager(), Item: assignment.Items[drawInt(t, len(assignment.Items), "item")], Reason: "has one"},
		assignment.SwitchModality{Stamp: w.asManager(), To: domain.Modalities[drawInt(t, 3, "modality")], Reason: "roads"},
		assignment.Suspend{Stamp: w.asManager(), Reason: assignment.SuspendedSecurity, Note: about(x, "left")},
		assignment.Resume{Stamp: w.asManager()},
		assignment.Extend{Stamp: w.asManager(), To: w.period(n).To.AddDays(20), Reason: "more to do"},
		assignment.CheckIn{Stamp: w.asFocal(), Concern: true, Notes: about(x, "tired")},
		assignment.LogActivity{Stamp: w.asExpert(x), Activity: assignment.ActivityID(fmt.Sprintf("bbbbbbbb-0000-4000-8000-%012x", len(w.log))), Date: w.today(), Method: "lecturing", Hours: 3, Participants: 9, Level: assignment.Creation},
		assignment.SubmitReport{Stamp: w.asExpert(x), Kind: assignment.ReportKinds[drawInt(t, 3, "kind")], Text: about(x, "report")},
		assignment.AcceptReport{Stamp: w.asManager(), Kind: assignment.FinalReport},
		assignment.ReturnReport{Stamp: w.asManager(), Kind: assignment.ArrivalReport, Reason: about(x, "more")},
		assignment.Complete{Stamp: w.asManager()},
		assignment.Terminate{Stamp: w.asManager(), Reason: assignment.HostStepsBack, Note: about(x, "sad")},
		assignment.AnswerEvaluation{Stamp: w.asExpert(x), Wave: assignment.Before, Respondent: assignment.ExpertRespondent, Answers: assignment.Answers{Transmission: 3, Creation: 3, Organisational: 3}, Comment: about(x, "good")},
		assignment.AnswerEvaluation{Stamp: w.asHost(), Wave: assignment.After, Respondent: assignment.ColleagueRespondent, RespondentID: respondent, Answers: assignment.Answers{Transmission: 3, Creation: 2, Organisational: 1}, Comment: personal.Of(respondent, "helpful")},
		assignment.ProposeFollowUp{Stamp: w.asHost(), Kind: assignment.FollowUpExchange, Reason: "again"},
		assignment.Close{Stamp: w.asManager()},
	}
	w.assignment(n, x, commands[drawInt(t, len(commands), "assignment command")])
}

func (w *world) randomRest(t *rapid.T, x int) {
	who := []domain.PrincipalID{officer, focal, expertPrincipal(x)}[drawInt(t, 3, "principal")]
	grant := access.Grant{Stamp: w.as(admin, domain.RoleAdministrator), Principal: who, Role: domain.RoleHost, Scope: domain.Scope{Institution: hostID(0)}, Reason: "works there"}
	switch drawInt(t, 7, "rest") {
	case 0:
		do(w, access.Aggregate, string(who), access.Command(grant))
	case 1:
		do(w, access.Aggregate, string(who), access.Command(access.EndSessions{Stamp: w.as(admin, domain.RoleAdministrator), Principal: who, Reason: "lost device"}))
	case 2:
		if _, ok := w.states["access-"+string(who)]; ok {
			for _, e := range w.live {
				if g, ok := e.Event.(access.GrantGiven); ok && g.Principal == who {
					do(w, access.Aggregate, string(who), access.Command(access.Revoke{Stamp: w.as(admin, domain.RoleAdministrator), GrantID: g.GrantID, Reason: "left"}))
				}
			}
		}
	case 3:
		if s, ok := w.states["expert-"+string(expertID(x))].(expert.State); ok && !s.Fenced {
			do(w, disclosure.Aggregate, string(expertID(x)), disclosure.Command(disclosure.Record{
				Stamp: w.asManager(), Expert: expertID(x), Purpose: personal.ToCaseWork, Fields: []disclosure.Field{disclosure.Name}}))
		}
	case 4:
		w.programme(0, programme.PlaceCountryHold{Stamp: w.asManager(), Country: "SO", Reason: programme.HoldSecurity})
	case 5:
		w.programme(0, programme.LiftCountryHold{Stamp: w.asManager(), Country: "SO"})
	case 6:
		if drawInt(t, 3, "really") == 0 {
			w.erase(x)
		}
	}
}

// erasedExperts lists who was erased.
func (w *world) erasedExperts() []domain.ExpertID {
	var out []domain.ExpertID
	for _, e := range w.live {
		if _, ok := e.Event.(expert.ErasureRequested); ok {
			out = append(out, domain.ExpertID(e.Stream[len("expert-"):]))
		}
	}
	slices.Sort(out)
	return out
}
