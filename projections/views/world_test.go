package views_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
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
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/domain/round"
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
	for _, e := range round.Aggregate.Events {
		add(e)
	}
	for _, e := range ranking.Aggregate.Events {
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
		Gender: about(n, []string{"female", "male"}[n%2]), BirthYear: about(n, "1980"),
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
	return candidacy.ScoreShown{Total: 7345, PolicyVersion: 1, TaxonomyVersion: "1", LogPosition: uint64(len(w.log))}
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
