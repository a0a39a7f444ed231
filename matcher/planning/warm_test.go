package planning_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/matcher/planning"
)

// pairOf is a proposal without what more than one proof may say.
func pairOf(p round.Proposal) round.Proposal { p.Price = 0; return p }

// sameAnswer holds a warm answer to that of a round built anew.
func sameAnswer(warm, cold *planning.Solved) error {
	if warm.Plan != cold.Plan || warm.Certificate != cold.Certificate || len(warm.Proposals) != len(cold.Proposals) {
		return fmt.Errorf("warm %+v %+v, cold %+v %+v", warm.Plan, warm.Certificate, cold.Plan, cold.Certificate)
	}
	for k := range warm.Proposals {
		if pairOf(warm.Proposals[k]) != pairOf(cold.Proposals[k]) {
			return fmt.Errorf("warm %+v, cold %+v", warm.Proposals[k], cold.Proposals[k])
		}
	}
	if len(warm.Prices) != len(cold.Prices) || len(warm.Quotas) != len(cold.Quotas) {
		return fmt.Errorf("warm has %d prices, cold %d", len(warm.Prices), len(cold.Prices))
	}
	return nil
}

// TestWarmIsCold: whatever is asked of a solved round, the answer is that of a
// round built anew under the same terms, ties included, or the question goes
// beyond what is at hand. What the answer says of moves leads from the one plan to
// the other.
func TestWarmIsCold(t *testing.T) {
	warm, far := 0, 0
	for seed := range uint64(250) {
		r := rand.New(rand.NewPCG(seed, 30))
		j, in := world(seed, []int{12, 40, 110}[r.IntN(3)], 5)
		if r.IntN(3) == 0 { // ties
			for p := range j {
				j[p] = domain.Score(1 + int(j[p])%3)
			}
		}
		in.Mode = round.Modes[r.IntN(3)]
		if r.IntN(2) == 0 {
			in.Hosts = []planning.Host{{Institution: "host0", Room: r.IntN(3)}, {Institution: "host1", Room: 1 + r.IntN(3)}}
		}
		if r.IntN(2) == 0 {
			_, in.Vetoes, _ = question(r, in)
			in.Vetoes = slices.Compact(in.Vetoes)
		}
		before, err := ready(j, in)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if p := before.Proposals; len(p) > 0 && r.IntN(2) == 0 {
			in.Locks = []round.Pair{p[0].Pair}
			if before, err = ready(j, in); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		for range 8 {
			locks, vetoes, seats := question(r, in)
			other, err := before.With(locks, vetoes, seats)
			if errors.Is(err, planning.ErrFar) {
				far++
				continue
			}
			terms := in
			terms.Terms = in.With(locks, vetoes, seats)
			cold, coldErr := ready(j, terms)
			if planning.Failure(err) != planning.Failure(coldErr) {
				t.Fatalf("seed %d: warm %v, cold %v", seed, err, coldErr)
			}
			if err != nil {
				continue
			}
			warm++
			if err := sameAnswer(other, cold); err != nil {
				t.Fatalf("seed %d, %s, locks %v, vetoes %v, seats %v: %v", seed, in.Mode, locks, vetoes, seats, err)
			}
			leads(t, before.Solution, other.Solution)
		}
	}
	if warm < 700 || far == 0 {
		t.Errorf("%d answered warm, %d were too far", warm, far)
	}
}

// question draws what a manager may ask: pairs of any kind, numbers of seats.
func question(r *rand.Rand, in planning.Input) (locks, vetoes []round.Pair, seats []round.Seats) {
	pair := func() round.Pair {
		return round.Pair{Need: in.Openings[r.IntN(len(in.Openings))].Need, Expert: expert(r.IntN(40))}
	}
	for range r.IntN(3) {
		vetoes = append(vetoes, pair())
	}
	if r.IntN(2) == 0 {
		locks = append(locks, pair())
	}
	if known := slices.Concat(in.Locks, in.Vetoes); len(known) > 0 && r.IntN(2) == 0 { // the newer word holds
		again := known[r.IntN(len(known))]
		if slices.Contains(in.Locks, again) {
			vetoes = append(vetoes, again)
		} else {
			locks = append(locks, again)
		}
	}
	for range r.IntN(3) {
		seats = append(seats, round.Seats{Need: pair().Need, Seats: r.IntN(4)})
	}
	return locks, vetoes, seats
}

// leads replays the moves on the one plan.
func leads(t *testing.T, this, other *planning.Solution) {
	t.Helper()
	c := planning.Compare(this, other)
	pairs := map[round.Pair]bool{}
	for _, p := range this.Proposals {
		pairs[p.Pair] = true
	}
	for _, chain := range c.Chains {
		for k, m := range chain {
			if k > 0 && chain[k-1].To != m.From {
				t.Fatalf("the chain breaks at step %d: %v", k, chain)
			}
			delete(pairs, round.Pair{Need: m.From, Expert: m.Expert})
			if m.To != "" {
				pairs[round.Pair{Need: m.To, Expert: m.Expert}] = true
			}
		}
	}
	if len(pairs) != len(other.Proposals) {
		t.Fatalf("the moves lead to %d pairs, not %d", len(pairs), len(other.Proposals))
	}
	for _, p := range other.Proposals {
		if !pairs[p.Pair] {
			t.Fatalf("the moves do not lead to %v", p.Pair)
		}
	}
}

// TestAskingChangesNothing: a solved round answers the same after it was asked.
func TestAskingChangesNothing(t *testing.T) {
	j, in := world(3, 30, 5)
	s, err := ready(j, in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ready(j, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Proposals {
		if _, err := s.With(nil, []round.Pair{p.Pair}, []round.Seats{{Need: p.Need, Seats: 5}}); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(s.Solution, again.Solution) {
		t.Errorf("%+v became %+v", again.Solution, s.Solution)
	}
}

// TestWarmRoundsAreBounded: the last ones are kept, by attempt and by terms.
func TestWarmRoundsAreBounded(t *testing.T) {
	j, in := world(2, 10, 3)
	s, err := ready(j, in)
	if err != nil {
		t.Fatal(err)
	}
	w := planning.NewWarm()
	name := func(k int) domain.RoundID { return domain.RoundID(fmt.Sprint("round", k)) }
	for k := range 40 {
		w.Keep(name(k), 1, s)
		w.Find(name(0), 1, in.Terms)
	}
	kept := 0
	for k := range 40 {
		if w.Find(name(k), 1, in.Terms) != nil {
			kept++
		}
	}
	if kept != 16 || w.Find(name(0), 1, in.Terms) != s || w.Find(name(39), 1, in.Terms) != s {
		t.Errorf("%d kept; the one asked for most: %v", kept, w.Find(name(0), 1, in.Terms) != nil)
	}
	other := in.With(nil, []round.Pair{{Need: needOf(0), Expert: expert(1)}}, nil)
	if w.Find(name(39), 1, other) != nil || w.Find(name(39), 2, in.Terms) != nil {
		t.Error("another attempt, or other terms, are answered")
	}
	reordered := in.Terms
	reordered.Vetoes = []round.Pair{}
	if w.Find(name(39), 1, reordered) != s {
		t.Error("an empty list counts as another one")
	}
	w.Keep(name(39), 2, s)
	if w.Find(name(39), 1, in.Terms) != nil || w.Find(name(39), 2, in.Terms) != s {
		t.Error("an attempt does not take the place of the one before")
	}
}
