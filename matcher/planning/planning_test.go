package planning_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/matcher/planning"
)

// judge ranks by a table of scores.
type judge map[round.Pair]domain.Score

func (judge) Position() uint64 { return 7 }

func (j judge) Explain(e domain.ExpertID, n domain.NeedID, _ domain.Date) (matcher.Verdict, bool) {
	s, ok := j[round.Pair{Need: n, Expert: e}]
	return matcher.Verdict{Eligible: ok, Total: s}, true
}

func (j judge) TopExperts(n domain.NeedID, k int, _ domain.Date) (matcher.Ranking, bool) {
	var rows []matcher.Ranked
	for p, s := range j {
		if p.Need == n {
			rows = append(rows, matcher.Ranked{Expert: p.Expert, Need: n, Total: s})
		}
	}
	slices.SortFunc(rows, func(a, b matcher.Ranked) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Expert, b.Expert))
	})
	for i := range rows {
		rows[i].Rank = i + 1
	}
	r := matcher.Ranking{Basis: matcher.Basis{Taxonomy: "1", Scoring: 2}, Eligible: len(rows), Rows: rows[:min(k, len(rows))]}
	return r, true
}

func expert(i int) domain.ExpertID { return domain.ExpertID(fmt.Sprintf("e%03d", i)) }
func needOf(j int) domain.NeedID   { return domain.NeedID(fmt.Sprintf("n%03d", j)) }

// world draws a table and openings: two countries, three hosts.
func world(seed uint64, experts, needs int) (judge, planning.Input) {
	r := rand.New(rand.NewPCG(seed, 1))
	j := judge{}
	in := planning.Input{Terms: planning.Terms{Mode: round.Best, Seed: 3}}
	for n := range needs {
		in.Openings = append(in.Openings, planning.Opening{
			Need: needOf(n), Country: []domain.Country{"SO", "IQ"}[n%2], Sector: domain.Sectors[n%3],
			Institution: domain.InstitutionID(fmt.Sprint("host", n%3)), Seats: 1 + r.IntN(2),
		})
		for e := range experts {
			if r.IntN(3) > 0 {
				j[round.Pair{Need: needOf(n), Expert: expert(e)}] = domain.Score(1 + r.IntN(9999))
			}
		}
	}
	return j, in
}

func solve(t *testing.T, j judge, in planning.Input) *planning.Solution {
	t.Helper()
	s, err := attempt(j, in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func attempt(j judge, in planning.Input) (*planning.Solution, error) {
	s, err := ready(j, in)
	if err != nil {
		return nil, err
	}
	return s.Solution, nil
}

func ready(j judge, in planning.Input) (*planning.Solved, error) {
	p, err := planning.Build(j, in)
	if err != nil {
		return nil, err
	}
	return p.Solve(nil)
}

func TestEveryModeIsProvedAndDoesNotDependOnTheOrderGiven(t *testing.T) {
	for seed := range uint64(20) {
		for _, mode := range round.Modes {
			j, in := world(seed, 12, 5)
			in.Mode = mode
			s := solve(t, j, in)
			if !s.Certificate.Valid || s.Certificate.Gap != 0 || s.Certificate.Dual != s.Plan.Total {
				t.Fatalf("%s: %+v of %+v", mode, s.Certificate, s.Plan)
			}
			if len(s.Beside) != 3 || s.Beside[2].Total < s.Beside[0].Total || s.Beside[2].Total < s.Beside[1].Total {
				t.Fatalf("%s: the best plan is not the best: %+v", mode, s.Beside)
			}
			if mode == round.Stable && s.Plan.Blocking != 0 || mode == round.Fairest && s.Plan.Minimum < s.Beside[2].Minimum && s.Plan.Filled <= s.Beside[2].Filled {
				t.Fatalf("%s: %+v beside %+v", mode, s.Plan, s.Beside)
			}
			slices.Reverse(in.Openings)
			if again := solve(t, j, in); !reflect.DeepEqual(again, s) {
				t.Fatalf("%s: another order gives\n%+v\nnot\n%+v", mode, again, s)
			}
		}
	}
}

// TestPruningLosesNothing compares rounds whose rankings are cut at the seats
// with plain enumeration of all pairs.
func TestPruningLosesNothing(t *testing.T) {
	for seed := range uint64(30) {
		j, in := world(seed, 40, 3) // at most 7 of 40 are ranked for a need
		if s := solve(t, j, in); s.Plan.Total != enumerate(j, in.Openings) {
			t.Fatalf("seed %d: total %d, enumeration finds %d", seed, s.Plan.Total, enumerate(j, in.Openings))
		}
	}
}

// enumerate is the greatest total, seat by seat.
func enumerate(j judge, openings []planning.Opening) int64 {
	var seats []domain.NeedID
	for _, o := range openings {
		for range o.Seats {
			seats = append(seats, o.Need)
		}
	}
	best := make([]int64, 1<<len(seats))
	for e := range 40 {
		for mask := len(best) - 1; mask > 0; mask-- {
			for s, n := range seats {
				if mask&(1<<s) != 0 {
					if score, ok := j[round.Pair{Need: n, Expert: expert(e)}]; ok {
						best[mask] = max(best[mask], best[mask&^(1<<s)]+int64(score))
					}
				}
			}
		}
	}
	return best[len(best)-1]
}

func TestQuotasAndRoomAreKept(t *testing.T) {
	j, in := world(4, 20, 6)
	in.Quotas = []round.Quota{{Place: round.OverCountry, Of: "SO", Lower: 1, Upper: 2}}
	in.Hosts = []planning.Host{{Institution: "host0", Room: 1}, {Institution: "host1", Room: 99}}
	s := solve(t, j, in)
	filled := map[string]int{}
	for _, p := range s.Proposals {
		i := slices.IndexFunc(in.Openings, func(o planning.Opening) bool { return o.Need == p.Need })
		filled[string(in.Openings[i].Country)]++
		filled[string(in.Openings[i].Institution)]++
	}
	if filled["SO"] > 2 || filled["SO"] < 1 || filled["host0"] > 1 {
		t.Errorf("%v", filled)
	}
	if s.Plan.Broken != 0 || s.Beside[0].Broken == 0 || len(s.Quotas) != 3 {
		t.Errorf("%+v, %+v, %+v", s.Plan, s.Beside, s.Quotas)
	}
	in.Quotas[0].Lower, in.Quotas[0].Upper = 50, 60
	if _, err := attempt(j, in); planning.Failure(err) != round.Impossible {
		t.Errorf("fifty of two seats: %v", err)
	}
	in.Mode = round.Stable
	if _, err := attempt(j, in); planning.Failure(err) != round.QuotaInvalid {
		t.Errorf("a stable round with quotas: %v", err)
	}
	in.Quotas = nil // a country's crosses the hosts of this world
	if s := solve(t, j, in); s.Plan.Broken != 0 || s.Plan.Blocking != 0 || s.Beside[1].Total != s.Plan.Total || s.Quotas[0].Filled > 1 {
		t.Errorf("a stable round around hosts: %+v, %+v", s.Plan, s.Quotas)
	}
}

// TestEveryPlanTellsItsQuotas: what each plan beside has in a quota stands with
// the quota's bounds, so that its slack can be read.
func TestEveryPlanTellsItsQuotas(t *testing.T) {
	j, in := world(4, 20, 6)
	in.Quotas = []round.Quota{{Place: round.OverCountry, Of: "SO", Lower: 1, Upper: 2}}
	in.Hosts = []planning.Host{{Institution: "host0", Room: 1}}
	s := solve(t, j, in)
	for k, q := range s.Quotas {
		if q.Filled < q.AtLeast || q.Filled > q.AtMost || q.AtMost == 0 {
			t.Errorf("%+v", q)
		}
		for _, b := range s.Beside {
			if len(b.Quotas) != len(s.Quotas) || b.Plan == "best" && b.Quotas[k] != q.Filled {
				t.Errorf("%+v beside %+v", b, q)
			}
		}
	}
	if s.Beside[0].Quotas[0] <= s.Quotas[0].AtMost && s.Beside[0].Quotas[1] <= s.Quotas[1].AtMost {
		t.Errorf("the greedy plan keeps quotas that it does not know: %+v", s.Beside[0])
	}
}

// TestSeatsOfAClosedNeedAreTold: the terms name seats of a need that takes
// nobody; the solution says so instead of being silent.
func TestSeatsOfAClosedNeedAreTold(t *testing.T) {
	j, in := world(1, 12, 3)
	in.Seats = []round.Seats{{Need: "n999", Seats: 3}, {Need: needOf(1), Seats: 2}, {Need: "n998"}}
	if s := solve(t, j, in); !slices.Equal(s.Closed, []domain.NeedID{"n998", "n999"}) {
		t.Errorf("%v", s.Closed)
	}
}

func TestLocksVetoesSeatsAndWhatTheyCost(t *testing.T) {
	j, in := world(9, 12, 4)
	before := solve(t, j, in)
	first := before.Proposals[0].Pair

	same := solve(t, j, planning.Input{Terms: in.With([]round.Pair{first}, nil, nil), Openings: in.Openings})
	if c := planning.Compare(before, same); c.Total != 0 || len(c.Comes)+len(c.Goes) != 0 {
		t.Errorf("locking a planned pair changes %+v", c)
	}
	if !slices.ContainsFunc(same.Proposals, func(p round.Proposal) bool { return p.Pair == first && p.Locked }) {
		t.Error("the locked pair does not say that it is")
	}
	vetoed := solve(t, j, planning.Input{Terms: in.With(nil, []round.Pair{first}, nil), Openings: in.Openings})
	if c := planning.Compare(before, vetoed); c.Total > 0 || !slices.ContainsFunc(c.Goes, func(p round.Proposal) bool { return p.Pair == first }) {
		t.Errorf("a veto changes %+v", c)
	}
	more := solve(t, j, planning.Input{Terms: in.With(nil, nil, []round.Seats{{Need: first.Need, Seats: 5}}), Openings: in.Openings})
	if c := planning.Compare(before, more); c.Total < 0 {
		t.Errorf("more seats cost %d", c.Total)
	}
	taken := in
	taken.Taken = []round.Pair{first}
	if s := solve(t, j, taken); slices.ContainsFunc(s.Proposals, func(p round.Proposal) bool { return p.Pair == first }) {
		t.Error("a settled pair is proposed again")
	}
	in.Locks = []round.Pair{{Need: first.Need, Expert: "nobody"}}
	if _, err := attempt(j, in); planning.Failure(err) != round.LockInvalid {
		t.Errorf("a lock of nobody: %v", err)
	}
}

func TestALockReachesBelowTheRanking(t *testing.T) {
	j := judge{}
	for e := range planning.Spare + 10 {
		j[round.Pair{Need: "n", Expert: expert(e)}] = domain.Score(9000 - e)
	}
	last := round.Pair{Need: "n", Expert: expert(planning.Spare + 9)}
	in := planning.Input{Terms: planning.Terms{Mode: round.Best, Locks: []round.Pair{last}}, Openings: []planning.Opening{{Need: "n", Seats: 1}}}
	s := solve(t, j, in)
	if len(s.Proposals) != 1 || s.Proposals[0].Pair != last || s.Proposals[0].Rank != 0 {
		t.Errorf("%+v", s.Proposals)
	}
}

func TestBoundsAndFailures(t *testing.T) {
	if _, err := planning.Build(judge{}, planning.Input{}); !errors.Is(err, planning.ErrNothing) || planning.Failure(err) != round.NothingToDo {
		t.Errorf("no opening: %v", err)
	}
	large := planning.Input{Openings: []planning.Opening{{Need: "n", Seats: round.MaxSeats + 1}}}
	if _, err := planning.Build(judge{}, large); planning.Failure(err) != round.TooLarge {
		t.Errorf("too many seats: %v", err)
	}
	if f := planning.Failure(errors.New("disk")); f != "" {
		t.Errorf("a fault counts as %q", f)
	}
	j, in := world(1, 12, 5)
	p, err := planning.Build(j, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Solve(func() bool { return true }); err != nil && planning.Failure(err) != round.OutOfTime {
		t.Errorf("stopped: %v", err)
	}
}

// TestPricesExplainThePlan: in a priced round a pair that is not planned scores no
// more than the seat and the expert's time cost together, and a planned one no
// less.
func TestPricesExplainThePlan(t *testing.T) {
	for seed := range uint64(10) {
		for _, mode := range []round.Mode{round.Best, round.Fairest} {
			j, in := world(seed, 14, 5)
			in.Mode = mode
			s := solve(t, j, in)
			seat, time, planned := map[domain.NeedID]int64{}, map[domain.ExpertID]int64{}, map[round.Pair]bool{}
			for _, p := range s.Prices {
				seat[p.Need] = p.Price
			}
			for _, p := range s.Proposals {
				time[p.Expert], planned[p.Pair] = p.Price, true
			}
			for p, score := range j {
				cost := seat[p.Need] + time[p.Expert]
				if mode == round.Fairest && score < s.Plan.Minimum {
					continue
				}
				if planned[p] && int64(score) < cost || !planned[p] && int64(score) > cost {
					t.Fatalf("%s, seed %d: %v scores %d and costs %d, planned: %v", mode, seed, p, score, cost, planned[p])
				}
			}
		}
	}
}

// TestRankingsEndBetweenScores: whoever scores as much as the last one ranked is
// ranked too, so that no tie is decided by where a list ends.
func TestRankingsEndBetweenScores(t *testing.T) {
	for name, c := range map[string]struct {
		score func(e int) int
		pairs int
	}{
		"all tied":            {func(int) int { return 700 }, 150},
		"tied at the end":     {func(e int) int { return 9000 - min(e, 60) - max(0, e-79) }, 80},
		"none tied":           {func(e int) int { return 9000 - e }, planning.Spare + 2},
		"tied behind the end": {func(e int) int { return 9000 - min(e, 90) }, planning.Spare + 2},
	} {
		j := judge{}
		for e := range 150 {
			j[round.Pair{Need: "n", Expert: expert(e)}] = domain.Score(c.score(e))
		}
		in := planning.Input{Terms: planning.Terms{Mode: round.Best}, Openings: []planning.Opening{{Need: "n", Seats: 1}}}
		if s := solve(t, j, in); s.Basis.Pairs != c.pairs {
			t.Errorf("%s: %d pairs, want %d", name, s.Basis.Pairs, c.pairs)
		}
	}
}

// TestStableAroundFullHosts: nobody beyond the rankings blocks a plan whose hosts
// are full, and that is proved.
func TestStableAroundFullHosts(t *testing.T) {
	j, in := world(6, 300, 6)
	in.Mode = round.Stable
	in.Hosts = []planning.Host{{Institution: "host0", Room: 1}, {Institution: "host1", Room: 2}}
	s := solve(t, j, in)
	if s.Plan.Blocking != 0 || s.Plan.Broken != 0 || s.Basis.Pairs == len(j) {
		t.Errorf("%+v of %d pairs out of %d", s.Plan, s.Basis.Pairs, len(j))
	}
}
