package planning

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// Solution is a plan with its proof, in the words of the domain.
type Solution struct {
	Plan        round.Figures
	Certificate round.Certificate
	Beside      []round.Beside
	Prices      []round.Price
	Quotas      []round.QuotaPrice
	Closed      []domain.NeedID // with seats in the terms, and not open
	Basis       round.Basis
	Proposals   []round.Proposal // by need, then rank
}

// errBeyond: the prices leave room for somebody who was not ranked.
var errBeyond = errors.New("planning: the ranking does not reach far enough for a proof")

// Price implements rounds.Pricer: it yields nobody, because nobody beyond the
// rankings is wanted; otherwise there is no proof. Who is beyond scores no more
// than the last one ranked, and their time has no price in the round or one that
// is not below 0.
func (x *Problem) Price(b certificate.Bounds, _ func(rounds.Edge) bool) error {
	for j, l := range x.lists {
		last, price := int64(l.last), b.Need[j]
		if !l.cut || last <= b.Floor {
			continue
		}
		if b.AnyScore && price < 1 || !b.AnyScore && last > price {
			return errBeyond
		}
	}
	return nil
}

// Solved is a solved round at hand: its solution, and the way to what-ifs that go
// on from it. It never changes and may be asked by several at once.
type Solved struct {
	*Solution
	problem *Problem
	round   *rounds.Round
}

// Solve plans the round. Stop is asked now and then. Failure tells what an error
// means for the round.
func (x *Problem) Solve(stop func() bool) (*Solved, error) {
	solved, err := rounds.Solve(&x.p, rounds.Options{Mode: modeOf(x.in.Mode), Pricer: x, Stop: stop})
	if err != nil {
		return nil, err
	}
	s := &Solved{x.solution(solved), x, solved}
	s.Basis, s.Closed = x.basis(solved.Plan), x.closed
	beside, err := solved.Compare()
	if err != nil {
		return nil, err
	}
	s.Plan = x.figures(beside.Chosen)
	for _, p := range []struct {
		name string
		rounds.Figures
	}{{"greedy", beside.Greedy}, {"stable", beside.Stable}, {"best", beside.Best}} {
		s.Beside = append(s.Beside, round.Beside{Plan: p.name, Figures: x.figures(p.Figures), Quotas: x.inQuotas(p.Plan)})
	}
	return s, nil
}

// solution is what a plan says by itself: without figures, and without the plans
// beside it.
func (x *Problem) solution(solved *rounds.Round) *Solution {
	s := &Solution{
		Certificate: round.Certificate{Dual: solved.Verdict.Bound, Gap: solved.Verdict.Gap, Valid: true},
		Proposals:   x.proposals(solved),
	}
	if x.in.Mode == round.Stable { // what is proved is that no pair would rather have each other
		s.Certificate.Dual, s.Certificate.Gap = solved.Verdict.Total, 0
	}
	s.Prices, s.Quotas = x.prices(solved)
	return s
}

func modeOf(m round.Mode) rounds.Mode {
	switch m {
	case round.Stable:
		return certificate.Stable
	case round.Fairest:
		return certificate.Fairest
	}
	return certificate.Best
}

// Failure says what an error of Build or Solve means for the round; "" for a
// fault of the platform, which is no answer.
func Failure(err error) round.Failure {
	for _, is := range []struct {
		err     error
		failure round.Failure
	}{
		{ErrNothing, round.NothingToDo}, {ErrTooLarge, round.TooLarge}, {rounds.ErrTooLarge, round.TooLarge},
		{rounds.ErrImpossible, round.Impossible}, {rounds.ErrStableQuota, round.QuotaInvalid}, {rounds.ErrCrossing, round.QuotaInvalid},
		{rounds.ErrLockUnknown, round.LockInvalid}, {rounds.ErrLockFull, round.LockInvalid}, {rounds.ErrLockTwice, round.LockInvalid},
		{rounds.ErrRange, round.LockInvalid}, {certificate.ErrInvalid, round.Unproved}, {errBeyond, round.Unproved}, {rounds.ErrStopped, round.OutOfTime},
	} {
		if errors.Is(err, is.err) {
			return is.failure
		}
	}
	if domain.AsRefusals(err) != nil {
		return round.OtherFailure
	}
	return ""
}

func (x *Problem) pair(e rounds.Edge) round.Pair {
	return round.Pair{Need: x.openings[e.Need].Need, Expert: x.experts[e.Expert]}
}

func (x *Problem) proposals(solved *rounds.Round) []round.Proposal {
	out := make([]round.Proposal, len(solved.Plan))
	for i, e := range solved.Plan {
		p := x.pair(e)
		out[i] = round.Proposal{
			Pair: p, Score: domain.Score(e.Score), Rank: x.rank[e.Pair()], Locked: slices.Contains(x.in.Locks, p),
		}
		if x.in.Mode != round.Stable {
			out[i].Price = solved.Proof.Duals.Expert[e.Expert]
		}
	}
	slices.SortFunc(out, func(a, b round.Proposal) int {
		return cmp.Or(cmp.Compare(a.Need, b.Need), cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Expert, b.Expert))
	})
	return out
}

// prices are those of the proof; a stable plan has none, its needs' seats cost
// what the last one who holds a seat scores.
func (x *Problem) prices(solved *rounds.Round) ([]round.Price, []round.QuotaPrice) {
	filled := make([]int, len(x.openings))
	least := make([]int64, len(x.openings))
	for _, e := range solved.Plan {
		if filled[e.Need] == 0 || int64(e.Score) < least[e.Need] {
			least[e.Need] = int64(e.Score)
		}
		filled[e.Need]++
	}
	var prices []round.Price
	for j, o := range x.openings {
		p := round.Price{Need: o.Need, Seats: o.Seats, Filled: filled[j]}
		switch {
		case x.in.Mode != round.Stable:
			p.Price = solved.Proof.Duals.Need[j] + solved.Proof.Duals.Size
		case filled[j] == o.Seats:
			p.Price = least[j]
		}
		prices = append(prices, p)
	}
	var quotas []round.QuotaPrice
	in := x.inQuotas(solved.Plan)
	for g, q := range x.quotas {
		p := round.QuotaPrice{Place: q.Place, Of: q.Of, AtLeast: q.Lower, AtMost: q.Upper, Filled: in[g]}
		if q.binds && x.in.Mode != round.Stable {
			p.Lower, p.Upper = solved.Proof.Duals.Lower[g], solved.Proof.Duals.Upper[g]
		}
		quotas = append(quotas, p)
	}
	return prices, quotas
}

// inQuotas counts the pairs of a plan in each quota.
func (x *Problem) inQuotas(plan rounds.Plan) []int {
	filled := make([]int, len(x.openings))
	for _, e := range plan {
		filled[e.Need]++
	}
	in := make([]int, len(x.quotas))
	for g, q := range x.quotas {
		for _, j := range q.members {
			in[g] += filled[j]
		}
	}
	return in
}

// figures tell how good a plan is; it may break quotas, and nothing else.
func (x *Problem) figures(of rounds.Figures) round.Figures {
	f := round.Figures{Total: of.Total, Minimum: domain.Score(of.Smallest), Filled: of.Pairs, Blocking: of.Blocking}
	some := make([]bool, len(x.openings))
	for _, e := range of.Plan {
		if !some[e.Need] {
			f.Needs++
		}
		some[e.Need] = true
	}
	for g, n := range x.inQuotas(of.Plan) {
		f.Broken += max(x.quotas[g].Lower-n, n-x.quotas[g].Upper, 0)
	}
	return f
}

func (x *Problem) basis(plan rounds.Plan) round.Basis {
	b := round.Basis{
		Position: x.position, Today: x.in.Today, Engine: matcher.EngineVersion, Policy: 1, Taxonomy: "none",
		Input: x.digest(), Plan: x.planDigest(plan),
		Experts: len(x.experts), Needs: len(x.openings), Pairs: len(x.p.Edges),
	}
	for _, o := range x.openings {
		b.Seats += o.Seats
	}
	if len(x.bases) > 0 {
		b.Taxonomy, b.Policy, b.Rules = x.bases[0].Taxonomy, max(x.bases[0].Scoring, 1), x.bases[0].Eligibility
	}
	return b
}

// digest is a fingerprint of everything that the plan follows from.
func (x *Problem) digest() string {
	h := sha256.New()
	text(h, string(x.in.Mode))
	numbers(h, x.in.Seed, uint64(len(x.openings)), uint64(len(x.experts)))
	for j, o := range x.openings {
		text(h, string(o.Need))
		numbers(h, uint64(o.Seats), uint64(b2i(x.lists[j].cut)), uint64(x.lists[j].last))
	}
	for _, e := range x.experts {
		text(h, string(e))
	}
	for _, e := range x.p.Edges {
		numbers(h, uint64(e.Expert), uint64(e.Need), uint64(e.Score))
	}
	for _, g := range x.p.Groups {
		text(h, g.Name)
		numbers(h, uint64(g.Lower), uint64(g.Upper), uint64(len(g.Members)))
		for _, m := range g.Members {
			numbers(h, uint64(m))
		}
	}
	for _, pairs := range [][]rounds.Pair{x.p.Locks, x.p.Vetoes} {
		numbers(h, uint64(len(pairs)))
		for _, p := range pairs {
			numbers(h, uint64(p.Expert), uint64(p.Need))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (x *Problem) planDigest(plan rounds.Plan) string {
	h := sha256.New()
	for _, e := range plan {
		p := x.pair(e)
		text(h, string(p.Expert))
		text(h, string(p.Need))
		numbers(h, uint64(e.Score))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// text writes a text with its length, so that no two lists of texts look alike.
func text(h hash.Hash, s string) {
	numbers(h, uint64(len(s)))
	h.Write([]byte(s))
}

func numbers(h hash.Hash, ns ...uint64) {
	var b [8]byte
	for _, n := range ns {
		binary.LittleEndian.PutUint64(b[:], n)
		h.Write(b[:])
	}
}
