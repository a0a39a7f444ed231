package sim

import (
	"context"
	"fmt"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/internal/demo"
)

const (
	manager  = domain.PrincipalID("10000000-0000-4000-8000-000000000001")
	reviewer = domain.PrincipalID("10000000-0000-4000-8000-000000000002")
	focal    = domain.PrincipalID("10000000-0000-4000-8000-000000000003")
	officer  = domain.PrincipalID("10000000-0000-4000-8000-000000000004")
)

// order is a command of a person, sent under one id until its outcome is known.
type order struct {
	id      domain.CommandID
	name    string
	stream  string
	send    func(context.Context, *commands.Bus) (commands.Result, error)
	result  commands.Result // once acknowledged
	delayed bool            // an append of it may be stored after its last answer
	held    bool            // what was acknowledged was found in the log
}

// caller is a person in a role.
type caller struct {
	by   domain.PrincipalID
	role domain.Role
}

var (
	asManager = caller{reviewer, domain.RoleManager}
	asFocal   = caller{focal, domain.RoleFocalPoint}
	asHost    = caller{officer, domain.RoleHost}
)

func asExpert(id domain.ExpertID) caller { return caller{domain.PrincipalID(id), domain.RoleExpert} }

// newOrder makes an order for one aggregate.
func newOrder[S any, C decider.Command, E decider.Event](w *world, a *decider.Aggregate[S, C, E], id string, as caller, build func(domain.Stamp) C) *order {
	o := &order{id: domain.CommandID(w.newID()), stream: a.Stream(id)}
	o.name = fmt.Sprintf("%s of %s", build(domain.Stamp{}).CommandType(), brief(string(o.id)))
	o.send = func(ctx context.Context, bus *commands.Bus) (commands.Result, error) {
		return commands.Execute(ctx, bus, a, id, commands.Envelope{
			Command: o.id, Caller: commands.Caller{Principal: as.by, ActAs: as.role},
		}, build)
	}
	return o
}

// place sends an order to a node.
func (w *world) place(o *order, n *node) error {
	w.tell("%s is sent to %s", o.name, n.name)
	t := &task{name: o.name, node: n}
	t.gone = func() {
		o.delayed = o.delayed || t.delayed
		w.unsure = append(w.unsure, o)
	}
	t.done = func(err error) error {
		o.delayed = o.delayed || t.delayed
		return w.answered(o, err)
	}
	return w.start(t, func(ctx context.Context) (err error) {
		o.result, err = o.send(ctx, n.bus)
		return err
	})
}

// answered files an order by its answer: only a refusal that would be the same
// again is final.
func (w *world) answered(o *order, err error) error {
	if err == nil {
		w.acked = append(w.acked, o)
		return nil
	}
	if refusals := domain.AsRefusals(err); refusals != nil {
		w.tell("%s is refused: %v", o.name, err)
		if refusals[0] != commands.ErrContention {
			w.refused = append(w.refused, o)
			return nil
		}
	} else if err := unexpected(err); err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	w.unsure = append(w.unsure, o)
	return nil
}

// somebodyAsksAgain sends an order again whose outcome its sender does not know.
func (w *world) somebodyAsksAgain() (bool, error) {
	if len(w.unsure) == 0 {
		return false, nil
	}
	o := w.unsure[0]
	w.unsure = w.unsure[1:]
	return true, w.place(o, w.anyNode())
}

// somebodyRepeats sends an order again that was acknowledged: it must be answered
// the same way.
func (w *world) somebodyRepeats() (bool, error) {
	if len(w.acked) == 0 {
		return false, nil
	}
	o := *w.acked[w.rng.IntN(len(w.acked))]
	if o.result.Events == 0 {
		return false, nil
	}
	was := o.result
	w.tell("%s is repeated", o.name)
	t := &task{name: o.name, node: w.anyNode(), gone: func() {}}
	t.done = func(err error) error {
		if err == nil && o.result != was {
			return fmt.Errorf("%s was answered %+v, and when it was repeated %+v", o.name, was, o.result)
		}
		return unexpected(err)
	}
	return true, w.start(t, func(ctx context.Context) (err error) {
		o.result, err = o.send(ctx, t.node.bus)
		return err
	})
}

// somebodyActs sends what somebody plausibly would now.
func (w *world) somebodyActs() (bool, error) {
	people := 0
	for _, t := range w.tasks {
		if t.node.stalled == 0 {
			people++
		}
	}
	if people > inFlight {
		return false, nil
	}
	var o *order
	switch n := w.rng.IntN(100); {
	case n < 3:
		o = w.ofNeed()
	case n < 7:
		o = w.ofProgramme()
	case n < 11:
		o = w.ofExpert()
	default:
		o = w.ofCandidacy()
	}
	if o == nil {
		return false, nil
	}
	return true, w.place(o, w.anyNode())
}

func (w *world) ofNeed() *order {
	t := w.needs[w.rng.IntN(len(w.needs))]
	state := w.book.needs[string(t.ID)]
	var c func(domain.Stamp) need.Command
	n := w.rng.IntN(20)
	if state.Status == need.StatusPaused {
		n = 5
	}
	switch {
	case n < 3:
		c = func(s domain.Stamp) need.Command { return need.Pause{Stamp: s, Reason: "The ward moves."} }
	case n < 12:
		c = func(s domain.Stamp) need.Command { return need.Resume{Stamp: s} }
	case n < 18:
		terms := state.Terms
		terms.Positions = max(1, terms.Positions+w.rng.IntN(3)-1)
		c = func(s domain.Stamp) need.Command {
			return need.Revise{Stamp: s, Terms: terms, Reason: "Other rooms."}
		}
	case n < 19:
		c = func(s domain.Stamp) need.Command { return need.Close{Stamp: s, Reason: "Closed."} }
	default:
		c = func(s domain.Stamp) need.Command { return need.Cancel{Stamp: s, Reason: need.FundingReason} }
	}
	return newOrder(w, &need.Aggregate, string(t.ID), asManager, c)
}

func (w *world) ofProgramme() *order {
	t := w.needs[w.rng.IntN(len(w.needs))]
	switch n := w.rng.IntN(8); {
	case n == 0:
		return newOrder(w, &programme.Aggregate, string(demo.ProgrammeID()), asManager, func(s domain.Stamp) programme.Command {
			return programme.PlaceCountryHold{Stamp: s, Country: t.Country, Reason: programme.HoldSecurity}
		})
	case n < 4:
		return newOrder(w, &programme.Aggregate, string(demo.ProgrammeID()), asManager, func(s domain.Stamp) programme.Command {
			return programme.LiftCountryHold{Stamp: s, Country: t.Country}
		})
	case n < 7:
		return newOrder(w, &institution.Aggregate, string(t.Institution), asManager, func(s domain.Stamp) institution.Command {
			return institution.Resume{Stamp: s}
		})
	}
	return newOrder(w, &institution.Aggregate, string(t.Institution), asManager, func(s domain.Stamp) institution.Command {
		return institution.Suspend{Stamp: s, Reason: "The roads are closed."}
	})
}

func (w *world) ofExpert() *order {
	p := w.people[w.rng.IntN(len(w.people))]
	self := asExpert(p.ID)
	n := w.rng.IntN(12)
	if w.book.experts[string(p.ID)].Suspended {
		n = 3
	}
	switch {
	case n < 2:
		return newOrder(w, &expert.Aggregate, string(p.ID), asManager, func(s domain.Stamp) expert.Command {
			return expert.Suspend{Stamp: s, Reason: expert.SuspensionReasons[0], Note: about(p, "suspended")}
		})
	case n < 5:
		return newOrder(w, &expert.Aggregate, string(p.ID), asManager, func(s domain.Stamp) expert.Command {
			return expert.Reinstate{Stamp: s}
		})
	case n < 6:
		return newOrder(w, &expert.Aggregate, string(p.ID), self, func(s domain.Stamp) expert.Command { return expert.RequestErasure{Stamp: s} })
	case n < 9:
		return newOrder(w, &expert.Aggregate, string(p.ID), self, func(s domain.Stamp) expert.Command {
			return expert.DeclareMotivation{Stamp: s, Motivation: about(p, "motivation")}
		})
	}
	return newOrder(w, &expert.Aggregate, string(p.ID), self, func(s domain.Stamp) expert.Command { return expert.Reconfirm{Stamp: s} })
}

// kinds of personal text that people write.
var textKinds = []string{"name", "motivation", "suspended", "withdrawn", "override", "termination", "extension", "report"}

// marker is a text that nobody writes about anybody else.
func marker(id domain.ExpertID, kind string) string { return "CANARY-" + string(id) + "-" + kind }

func about(p demo.Person, kind string) personal.Text { return personal.Of(p.ID, marker(p.ID, kind)) }

// ofCandidacy takes a pair on by a step: the next one, mostly.
func (w *world) ofCandidacy() *order {
	t, p, state := w.pair()
	id := domain.CandidacyIDFor(t.ID, p.ID)
	if state.Offer == candidacy.OfferTaken {
		return w.ofAssignment(p, domain.AssignmentIDFor(id))
	}
	as, build := w.candidacyStep(t, p, state)
	if build == nil {
		return nil
	}
	return newOrder(w, &candidacy.Aggregate, string(id), as, build)
}

// pair is a need and a person: mostly one of those that have come far.
func (w *world) pair() (t demo.TermsOfReference, p demo.Person, c candidacy.State) {
	for range 8 {
		t, p = w.needs[w.rng.IntN(len(w.needs))], w.people[w.rng.IntN(len(w.people))]
		c = w.book.candidacies[string(domain.CandidacyIDFor(t.ID, p.ID))]
		if c.Placed() && c.Approval == candidacy.ApprovalMade {
			break
		}
	}
	return t, p, c
}

// candidacyStep is who does what next.
func (w *world) candidacyStep(t demo.TermsOfReference, p demo.Person, c candidacy.State) (caller, func(domain.Stamp) candidacy.Command) {
	consent := candidacy.Consent{ID: domain.ConsentID(w.newID()), Until: domain.DateOf(w.now).AddDays(300)}
	switch {
	case !c.Exists() || c.Left || c.Closed != "":
		return asExpert(p.ID), func(s domain.Stamp) candidacy.Command {
			return candidacy.Apply{Stamp: s, Motivation: about(p, "motivation"), Consent: consent, Ref: candidacy.Ref{
				Need: t.ID, Expert: p.ID, Programme: demo.ProgrammeID(), Institution: t.Institution, Country: t.Country,
			}}
		}
	case w.chance(8):
		return asExpert(p.ID), func(s domain.Stamp) candidacy.Command {
			return candidacy.Withdraw{Stamp: s, Reason: candidacy.FamilyReason, Note: about(p, "withdrawn")}
		}
	case c.Approval == candidacy.ApprovalMade:
		return w.afterApproval(p, c)
	case !c.Shared && c.Host == candidacy.HostUndecided:
		return asFocal, func(s domain.Stamp) candidacy.Command { return candidacy.ShareWithHost{Stamp: s, Consent: consent} }
	case c.Host == candidacy.HostUndecided || c.Host == candidacy.HostNo:
		accept := w.chance(85)
		return asHost, func(s domain.Stamp) candidacy.Command {
			return candidacy.HostDecide{Stamp: s, Accept: accept, Reason: candidacy.SuitsTheNeed}
		}
	}
	return w.decision(t, p)
}

// decision is the manager's, on one whom the host accepted.
func (w *world) decision(t demo.TermsOfReference, p demo.Person) (caller, func(domain.Stamp) candidacy.Command) {
	switch w.rng.IntN(20) {
	case 0:
		return asManager, func(s domain.Stamp) candidacy.Command { return candidacy.PlaceInReserve{Stamp: s} }
	case 1:
		return asManager, func(s domain.Stamp) candidacy.Command {
			return candidacy.Refuse{Stamp: s, Reason: candidacy.BudgetConstraint}
		}
	case 2:
		other := domain.CandidacyIDFor(w.needs[w.rng.IntN(len(w.needs))].ID, p.ID)
		return asManager, func(s domain.Stamp) candidacy.Command { return candidacy.Supersede{Stamp: s, Candidacy: other} }
	}
	from := t.Window.Period.From.AddDays(w.rng.IntN(10))
	period := domain.Period{From: from, To: from.AddDays(20 + w.rng.IntN(20))}
	version := w.book.needs[string(t.ID)].Version
	return asManager, func(s domain.Stamp) candidacy.Command {
		return candidacy.Approve{
			Stamp: s, Period: period, Modality: domain.Virtual, NeedVersion: version, Rank: 1, Override: about(p, "override"),
			Score: candidacy.ScoreShown{Total: 7000, PolicyVersion: 1, TaxonomyVersion: "1", LogPosition: 1},
		}
	}
}

func (w *world) afterApproval(p demo.Person, c candidacy.State) (caller, func(domain.Stamp) candidacy.Command) {
	if c.Offer == candidacy.NoOffer {
		return asManager, func(s domain.Stamp) candidacy.Command { return candidacy.MakeOffer{Stamp: s} }
	}
	if w.chance(20) {
		return asExpert(p.ID), func(s domain.Stamp) candidacy.Command {
			return candidacy.DeclineOffer{Stamp: s, Reason: candidacy.NotAvailable}
		}
	}
	return asExpert(p.ID), func(s domain.Stamp) candidacy.Command { return candidacy.AcceptOffer{Stamp: s} }
}

// ofAssignment takes an assignment on by a step.
func (w *world) ofAssignment(p demo.Person, id domain.AssignmentID) *order {
	a := w.book.assignments[string(id)]
	if !a.Exists() {
		return nil
	}
	as, build := w.assignmentStep(p, a)
	return newOrder(w, &assignment.Aggregate, string(id), as, build)
}

func (w *world) assignmentStep(p demo.Person, a assignment.State) (caller, func(domain.Stamp) assignment.Command) {
	if w.chance(3) {
		return asManager, func(s domain.Stamp) assignment.Command {
			return assignment.Terminate{Stamp: s, Reason: assignment.TerminationReasons[0], Note: about(p, "termination")}
		}
	}
	switch {
	case a.Ended():
		return asManager, func(s domain.Stamp) assignment.Command { return assignment.Close{Stamp: s} }
	case a.Started():
		return w.atWork(p, a)
	case a.PlanVersion == 0:
		return asManager, func(s domain.Stamp) assignment.Command {
			return assignment.ProposeWorkPlan{Stamp: s, Items: []assignment.PlanItem{{Output: 1, Activity: "Teach at the bedside"}}}
		}
	case a.PlanAgreed == 0:
		who := asHost
		if w.chance(50) {
			who = asExpert(p.ID)
		}
		return who, func(s domain.Stamp) assignment.Command {
			return assignment.AgreeWorkPlan{Stamp: s, Version: a.PlanVersion}
		}
	case len(a.Outstanding()) > 0:
		item := a.Outstanding()[0]
		return asManager, func(s domain.Stamp) assignment.Command { return assignment.CompleteItem{Stamp: s, Item: item} }
	}
	if today := domain.DateOf(w.now); today < a.Period.From {
		w.now = a.Period.From.Time().AddDate(0, 0, w.rng.IntN(3)).Add(8 * 3600e9)
		w.tell("the first day of an assignment comes")
	}
	return asManager, func(s domain.Stamp) assignment.Command { return assignment.Start{Stamp: s} }
}

// atWork is what happens while somebody is there.
func (w *world) atWork(p demo.Person, a assignment.State) (caller, func(domain.Stamp) assignment.Command) {
	switch w.rng.IntN(8) {
	case 0:
		return asManager, func(s domain.Stamp) assignment.Command {
			return assignment.Suspend{Stamp: s, Reason: assignment.SuspensionReasons[0]}
		}
	case 1:
		return asManager, func(s domain.Stamp) assignment.Command { return assignment.Resume{Stamp: s} }
	case 2, 3, 4:
		to := a.Period.To.AddDays(1 + w.rng.IntN(30))
		return asManager, func(s domain.Stamp) assignment.Command {
			return assignment.Extend{Stamp: s, To: to, Reason: about(p, "extension")}
		}
	case 5:
		return asExpert(p.ID), func(s domain.Stamp) assignment.Command {
			return assignment.SubmitReport{Stamp: s, Kind: assignment.FinalReport, Text: about(p, "report")}
		}
	case 6:
		return asManager, func(s domain.Stamp) assignment.Command {
			return assignment.AcceptReport{Stamp: s, Kind: assignment.FinalReport}
		}
	}
	return asManager, func(s domain.Stamp) assignment.Command { return assignment.Complete{Stamp: s} }
}

// populate opens the programme, its hosts and needs, and registers the people.
func (w *world) populate() error {
	start := domain.DateOf(w.now)
	cast := demo.Cast{Programme: demo.ProgrammeID(), Manager: manager, FocalPoint: focal, HostOfficer: officer, Start: start}
	w.people = demo.Generate(w.seed, experts, start)
	subjects := make([]string, experts)
	for i := range w.people {
		p := &w.people[i]
		p.Name, p.Motivation, subjects[i] = marker(p.ID, "name"), marker(p.ID, "motivation"), string(p.ID)
	}
	if err := w.keys.Ensure(w.ctx, subjects...); err != nil {
		return err
	}
	if err := setUp(w, &programme.Aggregate, string(cast.Programme), cast.OpenProgramme()); err != nil {
		return err
	}
	terms, hosts := demo.Terms(start), map[domain.InstitutionID]bool{}
	for range needsOpened {
		i := w.rng.IntN(len(terms))
		t := terms[i]
		terms = append(terms[:i], terms[i+1:]...)
		t.Positions = 1 + w.rng.IntN(2)
		w.needs = append(w.needs, t)
		for _, host := range demo.Institutions() {
			if host.ID != t.Institution || hosts[host.ID] {
				continue
			}
			hosts[host.ID] = true
			if err := setUp(w, &institution.Aggregate, string(host.ID), cast.Host(host)); err != nil {
				return err
			}
		}
		if err := setUp(w, &need.Aggregate, string(t.ID), cast.Need(t)); err != nil {
			return err
		}
	}
	for _, p := range w.people {
		if err := setUp(w, &expert.Aggregate, string(p.ID), cast.Expert(p, domain.PrincipalID(p.ID))); err != nil {
			return err
		}
	}
	return nil
}

// setUp executes commands whatever their stamps say.
func setUp[S any, C decider.Command, E decider.Event](w *world, a *decider.Aggregate[S, C, E], id string, list []C) error {
	for _, c := range list {
		_, err := commands.Execute(w.ctx, w.nodes[0].bus, a, id, commands.Envelope{
			Command: domain.CommandID(w.newID()), Caller: commands.Caller{Principal: domain.Platform, System: true},
		}, func(domain.Stamp) C { return c })
		if err != nil {
			return fmt.Errorf("%s: %w", c.CommandType(), err)
		}
	}
	return nil
}
