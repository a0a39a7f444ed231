package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// book is what the simulation itself knows of the log, event by event, and holds
// it to after each move.
type book struct {
	read        eventstore.Position
	walker      eventstore.Walker
	ids         map[uuid.UUID]eventstore.Position
	acted       map[string]int // events of a command on a stream
	last        map[string]domain.CommandID
	stored      map[domain.CommandID]int
	seen        map[string]int // events of a type
	needs       map[string]need.State
	candidacies map[string]candidacy.State
	experts     map[string]expert.State
	assignments map[string]assignment.State
}

func newBook() *book {
	return &book{
		ids: map[uuid.UUID]eventstore.Position{}, acted: map[string]int{}, last: map[string]domain.CommandID{},
		stored: map[domain.CommandID]int{}, seen: map[string]int{}, needs: map[string]need.State{},
		candidacies: map[string]candidacy.State{}, experts: map[string]expert.State{}, assignments: map[string]assignment.State{},
	}
}

// observe reads what the last move appended, and says what does not hold.
func (w *world) observe() error {
	for _, r := range w.log.all[w.book.read:] {
		if err := w.book.walker.Add(r); err != nil {
			return err
		}
		d, err := w.codec.Decode(w.ctx, r)
		if err == nil {
			err = w.book.add(r, d)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", short(r), err)
		}
		w.book.read = r.Position
	}
	return w.answersHold()
}

// answersHold looks for what was acknowledged since the last time.
func (w *world) answersHold() error {
	for _, o := range w.acked {
		if o.held || o.result.Events == 0 {
			continue
		}
		if n := w.book.acted[o.stream+"|"+string(o.id)]; n != o.result.Events || o.result.Position > w.log.head() {
			return fmt.Errorf("%s was acknowledged with %+v, and %d events of it are in the log", o.name, o.result, n)
		}
		o.held = true
	}
	return nil
}

func (b *book) add(r eventstore.Recorded, d codec.Decoded) error {
	if before, ok := b.ids[r.ID]; ok {
		return fmt.Errorf("the event stands at %d too", before)
	}
	b.ids[r.ID] = r.Position
	key := r.Stream + "|" + string(d.Meta.Command)
	if b.acted[key] > 0 && b.last[r.Stream] != d.Meta.Command {
		return fmt.Errorf("the command %s has acted on this stream before", d.Meta.Command)
	}
	b.acted[key]++
	b.stored[d.Meta.Command]++
	b.seen[r.Type]++
	b.last[r.Stream] = d.Meta.Command
	_, id, _ := strings.Cut(r.Stream, "-")
	switch r.Category() {
	case "need":
		evolve(b.needs, &need.Aggregate, id, d.Event)
		return seatsHold(b.needs[id])
	case "candidacy":
		before := b.candidacies[id]
		evolve(b.candidacies, &candidacy.Aggregate, id, d.Event)
		return b.approvalHolds(d.Event, before)
	case "expert":
		before := b.experts[id]
		evolve(b.experts, &expert.Aggregate, id, d.Event)
		return expertHolds(d.Event, before, b.experts[id])
	case "assignment":
		evolve(b.assignments, &assignment.Aggregate, id, d.Event)
	}
	return nil
}

func evolve[S any, C decider.Command, E decider.Event](states map[string]S, a *decider.Aggregate[S, C, E], id string, e decider.Event) {
	state, ok := states[id]
	if !ok {
		state = a.Decider.Initial()
	}
	states[id] = a.Decider.Evolve(state, e.(E))
}

// seatsHold: never more seats than positions, and nobody on two.
func seatsHold(n need.State) error {
	if n.Left() < 0 {
		return fmt.Errorf("%d seats are taken of %d", len(n.Seats), n.Terms.Positions)
	}
	for i, c := range n.Seats {
		if slices.Contains(n.Seats[:i], c) {
			return fmt.Errorf("%s has two seats", c)
		}
	}
	return nil
}

// approvalHolds: who is approved was waiting for it, and has the seat and the time.
func (b *book) approvalHolds(e decider.Event, before candidacy.State) error {
	if _, ok := e.(candidacy.Approved); !ok {
		return nil
	}
	if before.Approval != candidacy.ApprovalPending {
		return fmt.Errorf("the approval was %q", before.Approval)
	}
	if !slices.Contains(b.needs[string(before.Need)].Seats, before.Candidacy) {
		return fmt.Errorf("approved without a seat")
	}
	person := b.experts[string(before.Expert)]
	if person.Fenced {
		return nil // the fence cleared the bookings, and the departure is on its way
	}
	booking, ok := person.Booking(before.Candidacy)
	if !ok || booking.Period != before.Requested.Period {
		return fmt.Errorf("approved for %v, and booked for %v (%v)", before.Requested.Period, booking.Period, ok)
	}
	return nil
}

// expertHolds: nobody is at two places, and after the fence only the proof comes.
func expertHolds(e decider.Event, before, now expert.State) error {
	if _, ok := e.(expert.PersonalDataErased); before.Fenced && !ok {
		return fmt.Errorf("it comes after the person asked to be erased")
	}
	for i, b := range now.Bookings {
		for _, other := range now.Bookings[:i] {
			if other.Period.Overlaps(b.Period) {
				return fmt.Errorf("the expert is booked twice: %v and %v", other.Period, b.Period)
			}
		}
	}
	return nil
}
