package need

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// Refusals of a need.
var (
	ErrNotFound     = domain.Refuse(domain.NotFound, "need.not_found", "There is no such need.", "Check the id.")
	ErrExists       = domain.Refuse(domain.Conflict, "need.exists", "A need with this id exists already.", "Choose a new id.")
	ErrRole         = domain.Refuse(domain.Forbidden, "need.role", "This step belongs to the platform's own processes.", "Use the placement of a candidacy instead.")
	ErrStatus       = domain.Refuse(domain.Refused, "need.status", "The status of the need does not allow this.", "Look at the need's status and take the steps before this one.")
	ErrEnded        = domain.Refuse(domain.Refused, "need.ended", "The need has ended.", "Duplicate it as a new draft.")
	ErrIncomplete   = domain.Refuse(domain.Refused, "need.incomplete", "The Terms of Reference lack a required part.", "Fill in every part that is named.")
	ErrOwnProposal  = domain.Refuse(domain.Forbidden, "need.own_proposal", "Nobody approves a need that they submitted.", "Ask another manager to approve it.")
	ErrHostNamed    = domain.Refuse(domain.Refused, "need.host_named", "The public text names a protected host.", "Use the alias, and describe the host without its name.")
	ErrHostShown    = domain.Refuse(domain.Refused, "need.host_shown", "The published text shows the host by its name.", "Change the public text to an alias first, then raise the sensitivity.")
	ErrDeadlinePast = domain.Refuse(domain.Refused, "need.deadline_past", "The deadline for applications has passed.", "Choose a later deadline.")
	ErrDates        = domain.Refuse(domain.Invalid, "need.dates", "The deadline comes after the window's end, or the decision before the deadline.", "Order the dates: deadline, decision, end of the window.")
	ErrDuration     = domain.Refuse(domain.Invalid, "need.duration", "The duration does not fit the window.", "Give a minimum not above the maximum, and a window that holds it.")
	ErrArea         = domain.Refuse(domain.Invalid, "need.area", "The area lies in another country.", "Choose an area of the need's country.")
	ErrNoSeat       = domain.Refuse(domain.Refused, "need.no_seat", "All seats of the need are taken.", "Keep the candidate in reserve, or add a position.")
	ErrSeatsTaken   = domain.Refuse(domain.Refused, "need.seats_taken", "Seats of the need are taken.", "Keep at least as many positions as seats taken; close the need instead of cancelling it.")
	ErrVersion      = domain.Refuse(domain.Conflict, "need.version", "The requirements changed since the placement was approved.", "Look at the changed requirements and approve again.")
	ErrNotDue       = domain.Refuse(domain.Refused, "need.not_due", "The need has not expired yet.", "Wait until the day after its decision date or deadline.")
)

// Decider is the need as three functions.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  Decide,
	Evolve:  Evolve,
}

// Aggregate says how needs are stored and whom they concern.
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "need",
	Decider:  Decider,
	Events: []Event{
		Drafted{}, Revised{}, RequirementChanged{}, Submitted{}, Returned{}, Approved{}, Published{},
		PublicTextChanged{}, Paused{}, Resumed{}, SeatAllocated{}, SeatReleased{}, Filled{}, Reopened{},
		Expired{}, Closed{}, Cancelled{},
	},
	Scope: func(s State, c Command) domain.Scope {
		if d, ok := c.(Draft); ok && !s.Exists() {
			return domain.Scope{Programme: d.Programme, Country: d.Country, Institution: d.Institution}
		}
		return domain.Scope{Programme: s.Programme, Country: s.Country, Institution: s.Institution}
	},
}

// Decide answers a command with events, nothing (already so) or a refusal.
func Decide(s State, c Command) ([]Event, error) {
	if d, ok := c.(Draft); ok {
		return s.draft(d)
	}
	if !s.Exists() {
		return nil, ErrNotFound
	}
	switch c := c.(type) {
	case Revise:
		return s.revise(c)
	case Submit:
		return s.submit(c)
	case Return:
		return s.giveBack(c)
	case Approve:
		return s.approve(c)
	case Publish:
		return s.publish(c)
	case ChangePublicText:
		return s.changePublicText(c)
	case Pause:
		return s.pause(c)
	case Resume:
		return s.resume(c)
	case AllocateSeat:
		return s.allocateSeat(c)
	case ReleaseSeat:
		return s.releaseSeat(c)
	case Expire:
		return s.expire(c)
	case Close:
		return s.close(c)
	case Cancel:
		return s.cancel(c)
	}
	return nil, ErrStatus
}

// in refuses unless the need stands in one of the statuses.
func (s State) in(statuses ...Status) error {
	switch {
	case slices.Contains(statuses, s.Status):
		return nil
	case s.Ended():
		return ErrEnded
	}
	return ErrStatus.With(fmt.Sprintf("The need is %s; this step needs it to be one of %v.", s.Status, statuses))
}

func (s State) draft(c Draft) ([]Event, error) {
	t := c.Terms.normal()
	if c.DuplicateOf != "" {
		// A copy is written for another time; who follows whom is new as well.
		t.Window.Period, t.Deadline, t.DecisionDate = domain.Period{}, 0, 0
	}
	if s.Exists() {
		if s.ID == c.Need && s.Version == 1 && reflect.DeepEqual(s.Terms, t) {
			return nil, nil
		}
		return nil, ErrExists
	}
	var k domain.Checks
	domain.RequireID(&k, "need", c.Need)
	domain.RequireID(&k, "programme", c.Programme)
	domain.RequireID(&k, "institution", c.Institution)
	domain.OptionalID(&k, "duplicateOf", c.DuplicateOf)
	k.Require(c.Country.Valid(), domain.ErrFormat.At("country"))
	k.Add("terms", t.check(c.Country))
	if err := k.Err(); err != nil {
		return nil, err
	}
	return []Event{Drafted{
		Need: c.Need, Programme: c.Programme, Institution: c.Institution, Country: c.Country,
		Terms: t, DuplicateOf: c.DuplicateOf, By: c.By, At: c.At,
	}}, nil
}

func (s State) revise(c Revise) ([]Event, error) {
	if err := s.in(StatusDraft, StatusReturned, StatusPublished, StatusPaused, StatusFilled); err != nil {
		return nil, err
	}
	t := c.Terms.normal()
	differences := changed(s.Terms, t)
	if len(differences) == 0 {
		return nil, nil
	}
	var k domain.Checks
	k.Add("terms", t.check(s.Country))
	if s.Status == StatusDraft || s.Status == StatusReturned {
		if err := k.Err(); err != nil {
			return nil, err
		}
		return []Event{Revised{Version: s.Version + 1, Terms: t}}, nil
	}
	k.Text("reason", c.Reason, MaxReason)
	k.Add("terms", incomplete(t))
	k.Require(t.Positions >= len(s.Seats), ErrSeatsTaken.At("terms.positions"))
	k.Require(t.Sensitivity != domain.Protected || s.Public.HostHidden, ErrHostShown.At("terms.sensitivity"))
	k.Require(t.Deadline == s.Terms.Deadline || c.Today() <= t.Deadline, ErrDeadlinePast.At("terms.deadline"))
	if err := k.Err(); err != nil {
		return nil, err
	}
	return s.refill(c.Stamp, RequirementChanged{
		Version: s.Version + 1, Terms: t, Changed: differences, Reason: c.Reason,
		Expires: t.Expires(), By: c.By, At: c.At,
	}), nil
}

// refill follows events by Filled or Reopened where the number of free seats
// asks for it.
func (s State) refill(by domain.Stamp, events ...Event) []Event {
	for _, e := range events {
		s = Evolve(s, e)
	}
	switch {
	case s.Status == StatusPublished && s.Left() == 0:
		return append(events, Filled{At: by.At})
	case s.Status == StatusFilled && s.Left() > 0:
		return append(events, Reopened{At: by.At})
	}
	return events
}

// incomplete refuses with every required part that is missing.
func incomplete(t Terms) error {
	var k domain.Checks
	for _, g := range Complete(t).Gaps {
		missing := ErrIncomplete.At(g.Field)
		missing.Cure = g.Hint
		k.Require(!g.Required, missing)
	}
	return k.Err()
}

func (s State) submit(c Submit) ([]Event, error) {
	if s.Status == StatusSubmitted {
		return nil, nil
	}
	if err := s.in(StatusDraft, StatusReturned); err != nil {
		return nil, err
	}
	var k domain.Checks
	k.Add("terms", incomplete(s.Terms))
	k.Require(s.Terms.Deadline == 0 || c.Today() <= s.Terms.Deadline, ErrDeadlinePast.At("terms.deadline"))
	if err := k.Err(); err != nil {
		return nil, err
	}
	return []Event{Submitted{Version: s.Version, Completeness: Complete(s.Terms).Score, By: c.By, At: c.At}}, nil
}

func (s State) giveBack(c Return) ([]Event, error) {
	if s.Status == StatusReturned {
		return nil, nil
	}
	if err := s.in(StatusSubmitted, StatusApproved); err != nil {
		return nil, err
	}
	var k domain.Checks
	k.Text("reason", c.Reason, MaxReason)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return []Event{Returned{Reason: c.Reason, By: c.By, At: c.At}}, nil
}

func (s State) approve(c Approve) ([]Event, error) {
	if s.Status == StatusApproved {
		return nil, nil
	}
	if err := s.in(StatusSubmitted); err != nil {
		return nil, err
	}
	if c.By == s.SubmittedBy {
		return nil, ErrOwnProposal
	}
	return []Event{Approved{Version: s.Version, By: c.By, At: c.At}}, nil
}

func (s State) publish(c Publish) ([]Event, error) {
	if s.Status == StatusPublished {
		return nil, nil
	}
	if err := s.in(StatusApproved); err != nil {
		return nil, err
	}
	public, err := publicText(c.Language, c.Title, c.Summary, c.Host, s.Terms.Sensitivity)
	if err != nil {
		return nil, err
	}
	if c.Today() > s.Terms.Deadline {
		return nil, ErrDeadlinePast
	}
	return []Event{Published{
		Version: s.Version, Public: public, Deadline: s.Terms.Deadline, Expires: s.Terms.Expires(),
		By: c.By, At: c.At,
	}}, nil
}

func (s State) changePublicText(c ChangePublicText) ([]Event, error) {
	if err := s.in(StatusPublished, StatusPaused, StatusFilled); err != nil {
		return nil, err
	}
	public, err := publicText(c.Language, c.Title, c.Summary, c.Host, s.Terms.Sensitivity)
	if err != nil {
		return nil, err
	}
	if public == s.Public {
		return nil, nil
	}
	return []Event{PublicTextChanged{Public: public}}, nil
}

func (s State) pause(c Pause) ([]Event, error) {
	if s.Status == StatusPaused {
		return nil, nil
	}
	if err := s.in(StatusPublished); err != nil {
		return nil, err
	}
	var k domain.Checks
	k.Text("reason", c.Reason, MaxReason)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return []Event{Paused{Reason: c.Reason, At: c.At}}, nil
}

func (s State) resume(c Resume) ([]Event, error) {
	if s.Status == StatusPublished || s.Status == StatusFilled {
		return nil, nil
	}
	if err := s.in(StatusPaused); err != nil {
		return nil, err
	}
	return s.refill(c.Stamp, Resumed{At: c.At}), nil
}

func (s State) allocateSeat(c AllocateSeat) ([]Event, error) {
	if c.Role != domain.RoleSystem {
		return nil, ErrRole
	}
	if slices.Contains(s.Seats, c.Candidacy) {
		return nil, nil
	}
	var k domain.Checks
	domain.RequireID(&k, "candidacy", c.Candidacy)
	if err := k.Err(); err != nil {
		return nil, err
	}
	if s.Status == StatusFilled {
		return nil, ErrNoSeat
	}
	if err := s.in(StatusPublished); err != nil {
		return nil, err
	}
	if c.Version != s.Version {
		return nil, ErrVersion
	}
	return s.refill(c.Stamp, SeatAllocated{Candidacy: c.Candidacy, Left: s.Left() - 1, At: c.At}), nil
}

func (s State) releaseSeat(c ReleaseSeat) ([]Event, error) {
	if c.Role != domain.RoleSystem {
		return nil, ErrRole
	}
	if !slices.Contains(s.Seats, c.Candidacy) {
		return nil, nil
	}
	return s.refill(c.Stamp, SeatReleased{Candidacy: c.Candidacy, Left: s.Left() + 1, At: c.At}), nil
}

// expire leaves a filled or ended need alone, so that the process may ask at any
// time.
func (s State) expire(c Expire) ([]Event, error) {
	if c.Role != domain.RoleSystem {
		return nil, ErrRole
	}
	if s.Status == StatusFilled || s.Ended() {
		return nil, nil
	}
	if err := s.in(StatusPublished, StatusPaused); err != nil {
		return nil, err
	}
	if c.Today() <= s.Terms.Expires() {
		return nil, ErrNotDue
	}
	return []Event{Expired{At: c.At}}, nil
}

func (s State) close(c Close) ([]Event, error) {
	if s.Status == StatusClosed {
		return nil, nil
	}
	if err := s.in(StatusPublished, StatusPaused, StatusFilled); err != nil {
		return nil, err
	}
	var k domain.Checks
	k.OptionalText("reason", c.Reason, MaxReason)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return []Event{Closed{Reason: c.Reason, By: c.By, At: c.At}}, nil
}

func (s State) cancel(c Cancel) ([]Event, error) {
	if s.Status == StatusCancelled {
		return nil, nil
	}
	if s.Ended() {
		return nil, ErrEnded
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, CancelReasons)
	k.OptionalText("note", c.Note, MaxReason)
	k.Require(len(s.Seats) == 0, ErrSeatsTaken)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return []Event{Cancelled{Reason: c.Reason, Note: c.Note, By: c.By, At: c.At}}, nil
}
