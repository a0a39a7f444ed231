package sim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/privacy/canary"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// atRest says what does not hold of a world in which nothing more happens.
func (w *world) atRest() error {
	for _, hold := range []func() error{
		w.logIsWhole, w.ordersAreSettled, w.placementsAreSettled, w.nobodyIsLeftInSilence, w.erasedAreGone, w.viewsAreRebuilt,
	} {
		if err := hold(); err != nil {
			return fmt.Errorf("at rest: %w", err)
		}
	}
	return nil
}

// logIsWhole: the log is the one that was read as it grew, hash for hash.
func (w *world) logIsWhole() error {
	head, last, err := eventstore.Walk(w.ctx, w.log, eventstore.EndPosition, nil)
	if err != nil {
		return err
	}
	if head != w.book.walker.Head() || last != w.log.head() {
		return errors.New("the log is not what it was")
	}
	return nil
}

// ordersAreSettled: what was acknowledged is there, what was refused is not.
func (w *world) ordersAreSettled() error {
	if len(w.unsure) > 0 {
		return fmt.Errorf("%s has no answer", w.unsure[0].name)
	}
	for _, o := range w.refused {
		if n := w.book.stored[o.id]; n > 0 && !o.delayed {
			return fmt.Errorf("%s was refused, and %d events of it are in the log", o.name, n)
		}
	}
	for _, o := range w.acked {
		if n := w.book.stored[o.id]; n != o.result.Events && !o.delayed {
			return fmt.Errorf("%s was acknowledged with %d events, and %d are in the log", o.name, o.result.Events, n)
		}
	}
	return nil
}

// sorted yields what is kept by id in the order of ids.
func sorted[S any](states map[string]S) []string { return slices.Sorted(maps.Keys(states)) }

// placementsAreSettled: no approval is pending, and seats, bookings and
// assignments agree with the candidacies that hold them.
func (w *world) placementsAreSettled() error {
	b := w.book
	seats := map[domain.NeedID][]domain.CandidacyID{}
	bookings := map[domain.ExpertID][]expert.Booking{}
	for _, id := range sorted(b.candidacies) {
		c := b.candidacies[id]
		if c.Approval == candidacy.ApprovalPending && !c.Ended() {
			return fmt.Errorf("the approval of %s is pending for ever", id)
		}
		a := b.assignments[string(domain.AssignmentIDFor(c.Candidacy))]
		if c.Offer == candidacy.OfferTaken && !a.Exists() {
			return fmt.Errorf("the accepted offer of %s has no assignment", id)
		}
		if !c.Placed() {
			continue
		}
		if !a.Ended() || a.Started() {
			seats[c.Need] = append(seats[c.Need], c.Candidacy)
		}
		if !a.Ended() {
			period := c.Requested.Period
			if a.Exists() {
				period = a.Period
			}
			bookings[c.Expert] = append(bookings[c.Expert], expert.Booking{Candidacy: c.Candidacy, Period: period})
		}
	}
	for _, id := range sorted(b.needs) {
		got, want := slices.Clone(b.needs[id].Seats), seats[domain.NeedID(id)]
		if slices.Sort(got); !slices.Equal(got, want) {
			return fmt.Errorf("the seats of need %s are taken by %v, and should be by %v", id, got, want)
		}
	}
	return w.bookingsAre(bookings)
}

// bookingsAre: of those who stay, each booking is that of a placement, and the
// other way round.
func (w *world) bookingsAre(want map[domain.ExpertID][]expert.Booking) error {
	byCandidacy := func(a, b expert.Booking) int { return bytes.Compare([]byte(a.Candidacy), []byte(b.Candidacy)) }
	for _, id := range sorted(w.book.experts) {
		if w.book.experts[id].Fenced {
			continue // the fence lets nothing more in, releases neither
		}
		got := slices.SortedFunc(slices.Values(w.book.experts[id].Bookings), byCandidacy)
		should := slices.SortedFunc(slices.Values(want[domain.ExpertID(id)]), byCandidacy)
		if !slices.Equal(got, should) {
			return fmt.Errorf("expert %s is booked for %v, and should be for %v", id, got, should)
		}
	}
	return nil
}

// nobodyIsLeftInSilence: no candidacy is open for a need that ended.
func (w *world) nobodyIsLeftInSilence() error {
	for _, id := range sorted(w.book.candidacies) {
		c := w.book.candidacies[id]
		n := w.book.needs[string(c.Need)]
		if c.Open() && (n.Ended() || n.Status == need.StatusFilled && !c.Reserve) {
			return fmt.Errorf("candidacy %s is %s, and its need is %s", id, c.Stage(), n.Status)
		}
	}
	return nil
}

// dumpKey is the key of the digests of personal texts in a dump.
var dumpKey = []byte("of the simulation")

// erasedAreGone: who asked has a proof, the key is destroyed, and no text about
// anybody stands in the log as it is, nor about the erased in any view.
func (w *world) erasedAreGone() error {
	var markers []string
	for _, p := range w.people {
		for _, kind := range textKinds {
			markers = append(markers, marker(p.ID, kind))
		}
		state := w.book.experts[string(p.ID)]
		if !state.Fenced {
			continue
		}
		key, err := w.keys.StateOf(w.ctx, string(p.ID))
		if err != nil || key != privacy.Destroyed || state.Stage() != expert.StageErased {
			return fmt.Errorf("expert %s is %s, the key %s (%v)", p.ID, state.Stage(), key, err)
		}
		if err := w.leftTheirPlaces(p.ID); err != nil {
			return err
		}
	}
	sweep, err := canary.New(markers...)
	if err != nil {
		return err
	}
	for _, r := range w.log.all {
		if found := append(sweep.Bytes(short(r), r.Data), sweep.Bytes(short(r), r.Meta)...); len(found) > 0 {
			return fmt.Errorf("%v", found[0])
		}
	}
	return nil
}

// leftTheirPlaces: nobody waits for an answer to somebody who is gone.
func (w *world) leftTheirPlaces(id domain.ExpertID) error {
	for _, t := range w.needs {
		c := w.book.candidacies[string(domain.CandidacyIDFor(t.ID, id))]
		if c.Exists() && !c.Ended() && c.Offer != candidacy.OfferTaken {
			return fmt.Errorf("candidacy %s of an erased person is %s", c.Candidacy, c.Stage())
		}
	}
	return nil
}

// viewsAreRebuilt: the views of each node are what a rebuild makes, byte for byte,
// and hold nothing about the erased.
func (w *world) viewsAreRebuilt() error {
	again := newFolder(w.nodes[0].views.rows)
	if err := w.fold(again, 0, projections.MaxBatch); err != nil {
		return err
	}
	rebuilt, err := w.dump(again)
	if err != nil {
		return err
	}
	for _, n := range w.nodes {
		if err := w.foldThrough(n.views, w.log.head()); err != nil {
			return err
		}
		live, err := w.dump(n.views)
		if err != nil {
			return err
		}
		if !bytes.Equal(live, rebuilt) {
			return fmt.Errorf("the views of %s are not what a rebuild makes: %s", n.name, difference(live, rebuilt))
		}
	}
	for _, p := range w.people {
		if !w.book.experts[string(p.ID)].Fenced {
			continue
		}
		for _, kind := range textKinds {
			if text := marker(p.ID, kind); bytes.Contains(rebuilt, []byte(text)) || bytes.Contains(rebuilt, digestOf(p.ID, text)) {
				return fmt.Errorf("the views hold the %s of an erased person", kind)
			}
		}
	}
	return nil
}

func (w *world) dump(f *folder) ([]byte, error) {
	var b bytes.Buffer
	err := f.Read(w.ctx, w.log.head(), func(r projections.Reader) error {
		b.Reset()
		return projections.Dump(r, views.Tables(), dumpKey, &b)
	})
	return b.Bytes(), err
}

// digestOf is how a dump shows a text.
func digestOf(subject domain.ExpertID, text string) []byte {
	mac := hmac.New(sha256.New, dumpKey)
	mac.Write([]byte(subject))
	mac.Write([]byte{0})
	mac.Write([]byte(text))
	return []byte(hex.EncodeToString(mac.Sum(nil)))
}

// difference is the first lines that only one of two dumps has.
func difference(live, rebuilt []byte) string {
	const enough = 4
	only := func(of, without []byte) string {
		lines := bytes.Split(of, []byte("\n"))
		others := map[string]bool{}
		for _, line := range bytes.Split(without, []byte("\n")) {
			others[string(line)] = true
		}
		lines = slices.DeleteFunc(lines, func(line []byte) bool { return others[string(line)] })
		return string(bytes.Join(lines[:min(len(lines), enough)], []byte("\n    ")))
	}
	return "\n  only live\n    " + only(live, rebuilt) + "\n  only rebuilt\n    " + only(rebuilt, live)
}

// outcomes counts what the story came to, so that a world that became too tame is
// noticed.
func (w *world) outcomes(into map[string]int) {
	for kind, n := range w.book.seen {
		into[kind] += n
	}
}
