package processes

import (
	"context"
	"errors"
	"strings"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// placement carries an approval through the streams that it spans: the need
// gives a seat, the expert is booked, the approval is confirmed; or the steps
// are undone and the approval fails with a reason. It plans the assignment when
// the offer is accepted, and gives seat and booking back when a placement falls
// through.
type placement struct{ Platform }

// Placement makes the process.
func Placement(p Platform) Process {
	return Process{
		Name: "placement",
		Types: []string{
			candidacy.ApprovalRequested{}.EventType(), candidacy.OfferAccepted{}.EventType(),
			candidacy.OfferDeclined{}.EventType(), candidacy.Withdrawn{}.EventType(), candidacy.Superseded{}.EventType(),
			assignment.Planned{}.EventType(), assignment.Extended{}.EventType(),
			assignment.Completed{}.EventType(), assignment.Terminated{}.EventType(),
		},
		Handle: placement{p}.handle,
	}
}

func (p placement) handle(ctx context.Context, d codec.Decoded) error {
	why := cause{"placement", d}
	switch e := d.Event.(type) {
	case candidacy.ApprovalRequested:
		return p.place(ctx, why, e)
	case candidacy.OfferAccepted:
		return p.plan(ctx, why, e)
	case candidacy.OfferDeclined:
		return p.giveBack(ctx, why)
	case candidacy.Withdrawn:
		if e.HeldPlace {
			return p.giveBack(ctx, why)
		}
	case candidacy.Superseded:
		if e.HeldPlace {
			return p.giveBack(ctx, why)
		}
	case assignment.Planned:
		return p.link(ctx, why, e)
	case assignment.Extended:
		return p.extend(ctx, why, e)
	case assignment.Completed:
		return p.complete(ctx, why, e)
	case assignment.Terminated:
		return p.terminate(ctx, why, e)
	}
	return nil
}

// place makes the placement, or undoes it and says why.
func (p placement) place(ctx context.Context, why cause, e candidacy.ApprovalRequested) error {
	now, err := commands.Load(ctx, p.Bus, &candidacy.Aggregate, string(e.Candidacy))
	if err != nil {
		return err
	}
	if now.Approval != candidacy.ApprovalPending || !now.Requested.At.Equal(e.At) {
		// Settled before: this is a repetition. A death after the failure was told
		// may have kept what had been taken.
		if now.Placed() {
			return nil
		}
		return p.release(ctx, why, e.Need, e.Expert, e.Candidacy)
	}
	reason, err := p.obstacle(ctx, e)
	if err != nil {
		return err
	}
	if reason != "" {
		return p.undo(ctx, why, e, reason)
	}
	_, err = send(ctx, p.Platform, why, "seat", &need.Aggregate, string(e.Need), func(s domain.Stamp) need.Command {
		return need.AllocateSeat{Stamp: s, Candidacy: e.Candidacy, Version: e.NeedVersion}
	})
	if settled(err) {
		return p.undo(ctx, why, e, seatFailure(err))
	} else if err != nil {
		return err
	}
	_, err = send(ctx, p.Platform, why, "booking", &expert.Aggregate, string(e.Expert), func(s domain.Stamp) expert.Command {
		return expert.Book{Stamp: s, Candidacy: e.Candidacy, Period: e.Period}
	})
	if settled(err) {
		return p.undo(ctx, why, e, bookingFailure(err))
	} else if err != nil {
		return err
	}
	_, err = send(ctx, p.Platform, why, "confirm", &candidacy.Aggregate, string(e.Candidacy), func(s domain.Stamp) candidacy.Command {
		return candidacy.ConfirmApproval{Stamp: s}
	})
	if settled(err) { // withdrawn meanwhile: the approval is no longer pending
		return p.release(ctx, why, e.Need, e.Expert, e.Candidacy)
	}
	return err
}

// obstacle looks at what no single stream of the placement holds: the country's
// hold and the host's capacity. Placements are made one after another, each over
// views that hold the one before, so that a host is never taken past capacity.
func (p placement) obstacle(ctx context.Context, e candidacy.ApprovalRequested) (candidacy.FailureReason, error) {
	rules, err := commands.Load(ctx, p.Bus, &programme.Aggregate, string(e.Programme))
	if err != nil {
		return "", err
	}
	if _, held := rules.Held(e.Country); held {
		return candidacy.CountryOnHold, nil
	}
	host, err := commands.Load(ctx, p.Bus, &institution.Aggregate, string(e.Institution))
	if err != nil {
		return "", err
	}
	if host.Stage != institution.StageActive {
		return candidacy.HostAtCapacity, nil
	}
	if host.MaxConcurrent == 0 {
		return "", nil // no limit was set
	}
	busy := 0
	err = p.read(ctx, func(r projections.Reader) error {
		busy, err = concurrent(r, e)
		return err
	})
	if err != nil {
		return "", err
	}
	if busy >= int(host.MaxConcurrent) {
		return candidacy.HostAtCapacity, nil
	}
	return "", nil
}

// concurrent counts the other placements at the host that share a day with the
// one asked for: confirmed ones without an assignment yet, and assignments that
// are planned or under way.
func concurrent(r projections.Reader, e candidacy.ApprovalRequested) (int, error) {
	n := 0
	for _, stage := range []candidacy.Stage{candidacy.StageApproved, candidacy.StageOffered, candidacy.StageAccepted} {
		for row, err := range views.Candidacies.Walk(r, views.CandidaciesOfInstitution, string(e.Institution)+"|"+string(stage), "") {
			if err != nil {
				return 0, err
			}
			if row.ID == e.Candidacy || row.Approval == nil || !row.Approval.Period.Overlaps(e.Period) {
				continue
			}
			a, err := views.Assignments.Get(r, string(domain.AssignmentIDFor(row.ID)))
			if err != nil {
				return 0, err
			}
			if a == nil || !over(a.Status) && a.Period.Overlaps(e.Period) {
				n++
			}
		}
	}
	return n, nil
}

// over reports whether an assignment takes up nobody any more.
func over(s assignment.Status) bool {
	return s == assignment.StatusCompleted || s == assignment.StatusTerminated || s == assignment.StatusClosed
}

// undo says why the placement failed and then gives back what was taken, if only
// before a death: what stood in nobody's way then may do so now. The other way
// round, a death in between would let a repetition go on upon a seat that it had
// given back.
func (p placement) undo(ctx context.Context, why cause, e candidacy.ApprovalRequested, reason candidacy.FailureReason) error {
	err := unlessRefused(send(ctx, p.Platform, why, "fail", &candidacy.Aggregate, string(e.Candidacy), func(s domain.Stamp) candidacy.Command {
		return candidacy.FailApproval{Stamp: s, Reason: reason}
	}))
	if err != nil {
		return err
	}
	return p.release(ctx, why, e.Need, e.Expert, e.Candidacy)
}

// release gives seat and booking back; what was never taken is left alone.
func (p placement) release(ctx context.Context, why cause, needID domain.NeedID, expertID domain.ExpertID, id domain.CandidacyID) error {
	return errors.Join(
		unlessRefused(send(ctx, p.Platform, why, "release seat", &need.Aggregate, string(needID), func(s domain.Stamp) need.Command {
			return need.ReleaseSeat{Stamp: s, Candidacy: id}
		})),
		p.unbook(ctx, why, expertID, id))
}

func (p placement) unbook(ctx context.Context, why cause, expertID domain.ExpertID, id domain.CandidacyID) error {
	return unlessRefused(send(ctx, p.Platform, why, "release booking", &expert.Aggregate, string(expertID), func(s domain.Stamp) expert.Command {
		return expert.Release{Stamp: s, Candidacy: id}
	}))
}

// giveBack releases the place of a candidacy that fell through.
func (p placement) giveBack(ctx context.Context, why cause) error {
	id := idOf(why.event)
	c, err := commands.Load(ctx, p.Bus, &candidacy.Aggregate, id)
	if err != nil {
		return err
	}
	if c.Placed() {
		return nil // a later placement of the same candidacy holds them: this is a repetition
	}
	return p.release(ctx, why, c.Need, c.Expert, domain.CandidacyID(id))
}

func (p placement) plan(ctx context.Context, why cause, e candidacy.OfferAccepted) error {
	return unlessRefused(send(ctx, p.Platform, why, "plan", &assignment.Aggregate, string(domain.AssignmentIDFor(e.Candidacy)), func(s domain.Stamp) assignment.Command {
		return assignment.Plan{
			Stamp: s, Need: e.Need, Candidacy: e.Candidacy, Expert: e.Expert, Institution: e.Institution,
			Programme: e.Programme, Country: e.Country, Period: e.Period, Modality: e.Modality, Follows: e.Follows,
		}
	}))
}

// link tells the earlier assignment of a chain what follows it.
func (p placement) link(ctx context.Context, why cause, e assignment.Planned) error {
	if e.Follows == "" {
		return nil
	}
	return unlessRefused(send(ctx, p.Platform, why, "link", &assignment.Aggregate, string(e.Follows), func(s domain.Stamp) assignment.Command {
		return assignment.LinkFollowUp{Stamp: s, Next: e.Assignment}
	}))
}

// extend books the expert for the longer time, or takes the assignment back to the
// last day that is booked: nobody is at two places. That is the day before the
// extension, or an earlier one where several came one upon the other.
func (p placement) extend(ctx context.Context, why cause, e assignment.Extended) error {
	id := idOf(why.event)
	a, err := commands.Load(ctx, p.Bus, &assignment.Aggregate, id)
	if err != nil || a.Period.To != e.To { // moved since, or undone: this is a repetition
		return err
	}
	_, err = send(ctx, p.Platform, why, "rebook", &expert.Aggregate, string(e.Expert), func(s domain.Stamp) expert.Command {
		return expert.Rebook{Stamp: s, Candidacy: e.Candidacy, Period: domain.Period{From: a.Period.From, To: e.To}}
	})
	if !settled(err) {
		return err
	}
	person, err := commands.Load(ctx, p.Bus, &expert.Aggregate, string(e.Expert))
	if err != nil {
		return err
	}
	last := e.From
	if b, ok := person.Booking(e.Candidacy); ok {
		last = min(last, b.Period.To)
	}
	return unlessRefused(send(ctx, p.Platform, why, "undo", &assignment.Aggregate, id, func(s domain.Stamp) assignment.Command {
		return assignment.UndoExtension{Stamp: s, From: last, To: e.To, AskedBy: e.By}
	}))
}

func (p placement) complete(ctx context.Context, why cause, e assignment.Completed) error {
	a, err := commands.Load(ctx, p.Bus, &assignment.Aggregate, idOf(why.event))
	if err != nil {
		return err
	}
	return errors.Join(
		unlessRefused(send(ctx, p.Platform, why, "service", &expert.Aggregate, string(e.Expert), func(s domain.Stamp) expert.Command {
			return expert.RecordService{Stamp: s, Institution: a.Institution, Assignment: a.ID}
		})),
		p.unbook(ctx, why, e.Expert, e.Candidacy))
}

// terminate frees the rest of the expert's time; the seat only comes back when
// the work never began.
func (p placement) terminate(ctx context.Context, why cause, e assignment.Terminated) error {
	if !e.Started {
		return p.release(ctx, why, e.Need, e.Expert, e.Candidacy)
	}
	return p.unbook(ctx, why, e.Expert, e.Candidacy)
}

// seatFailure puts the need's refusal into the words that the manager hears.
func seatFailure(err error) candidacy.FailureReason {
	switch {
	case errors.Is(err, need.ErrNoSeat):
		return candidacy.NoSeatLeft
	case errors.Is(err, need.ErrVersion):
		return candidacy.RequirementsChanged
	}
	return candidacy.NeedNotOpen
}

// bookingFailure does the same for the expert's.
func bookingFailure(err error) candidacy.FailureReason {
	if errors.Is(err, expert.ErrOverlap) || errors.Is(err, expert.ErrBooked) {
		return candidacy.ExpertBooked
	}
	return candidacy.ExpertUnavailable
}

// idOf is the id in the name of the event's stream.
func idOf(d codec.Decoded) string {
	_, id, _ := strings.Cut(d.Stream, "-")
	return id
}
