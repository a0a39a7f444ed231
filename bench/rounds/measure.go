package rounds

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// Result is one measurement. Times are medians.
type Result struct {
	Name     string
	Ours     time.Duration
	OursCPU  time.Duration
	Slowest  time.Duration // of ours
	Peer     string        // empty when there is none
	PeerTime time.Duration
	PeerCPU  time.Duration
	Bar      time.Duration // ours must not take longer; 0 when only the peer counts
	Times    float64       // how many times as fast as the peer it has to be
}

// Ratio is how many times as fast as the peer we are.
func (r Result) Ratio() float64 { return float64(r.PeerTime) / float64(r.Ours) }

// Met reports whether the bar is met.
func (r Result) Met() bool {
	return (r.Bar == 0 || r.Ours <= r.Bar) && (r.Peer == "" || r.Ratio() >= r.Times)
}

// Shapes of the sparse rounds; the first is the one that the bars speak of.
var Shapes = []Shape{
	{Name: "100k experts, 5k needs, 10k seats, 1M edges", Experts: 100_000, Needs: 5_000, Seats: 10_000, PerExpert: 10},
	{Name: "the same, contended", Experts: 100_000, Needs: 5_000, Seats: 10_000, PerExpert: 10, Contended: true},
	{Name: "100k experts, 10k needs, 30k seats, 1M edges", Experts: 100_000, Needs: 10_000, Seats: 30_000, PerExpert: 10},
	{Name: "the same, contended", Experts: 100_000, Needs: 10_000, Seats: 30_000, PerExpert: 10, Contended: true},
	{Name: "20k experts, 5k needs, 30k seats, 1M edges", Experts: 20_000, Needs: 5_000, Seats: 30_000, PerExpert: 50},
	{Name: "the same, contended", Experts: 20_000, Needs: 5_000, Seats: 30_000, PerExpert: 50, Contended: true},
}

// Measure runs everything so often, ours and the peer's by turns, and refuses to
// report on totals that differ.
func Measure(ctx context.Context, folder string, repeat int, progress func(Result)) ([]Result, error) {
	peers, err := NewPeers(ctx, folder)
	if err != nil {
		return nil, err
	}
	var out []Result
	report := func(r Result, err error) error {
		if err == nil {
			out = append(out, r)
			progress(r)
		}
		return err
	}
	for _, d := range []struct {
		n   int
		bar time.Duration
	}{{1000, 15 * time.Millisecond}, {2000, 100 * time.Millisecond}, {5000, time.Second}} {
		if err := report(dense(ctx, peers, d.n, d.bar, repeat)); err != nil {
			return nil, err
		}
	}
	for k, s := range Shapes {
		r, round, err := sparse(ctx, peers, s, repeat)
		if err := report(r, err); err != nil {
			return nil, err
		}
		if k < 2 { // the bars of what-ifs and stable rounds are for this size
			if err := report(whatIfs(s, round)); err != nil {
				return nil, err
			}
			if err := report(stable(s, round.Problem, repeat)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// medians runs two things by turns.
func medians(repeat int, ours, peer func() (int64, Took, error)) (Result, error) {
	var a, b []Took
	for range repeat {
		x, took, err := ours()
		if err != nil {
			return Result{}, err
		}
		a = append(a, took)
		if peer == nil {
			continue
		}
		y, took, err := peer()
		if err != nil {
			return Result{}, err
		}
		if x != y {
			return Result{}, fmt.Errorf("totals differ: ours is %d, the peer's %d", x, y)
		}
		b = append(b, took)
	}
	var r Result
	r.Ours, r.OursCPU, r.Slowest = median(a)
	if len(b) > 0 {
		r.PeerTime, r.PeerCPU, _ = median(b)
	}
	return r, nil
}

func median(t []Took) (clock, cpu, slowest time.Duration) {
	slices.SortFunc(t, func(a, b Took) int { return cmp.Compare(a.CPU, b.CPU) })
	cpu = t[len(t)/2].CPU
	slices.SortFunc(t, func(a, b Took) int { return cmp.Compare(a.Clock, b.Clock) })
	return t[len(t)/2].Clock, cpu, t[len(t)-1].Clock
}

func dense(ctx context.Context, p *Peers, n int, bar time.Duration, repeat int) (Result, error) {
	scores := Table(n, 1)
	r, err := medians(repeat, func() (int64, Took, error) {
		took := stopwatch()
		plan, err := rounds.SolveDense(n, n, scores)
		if err != nil {
			return 0, Took{}, err
		}
		return plan.Total, took(), nil
	}, func() (int64, Took, error) { return p.SciPy(ctx, n, scores) })
	r.Name, r.Peer, r.Bar, r.Times = fmt.Sprintf("dense assignment, n = %d", n), "SciPy linear_sum_assignment", bar, 2.5
	return r, err
}

func sparse(ctx context.Context, p *Peers, s Shape, repeat int) (Result, *rounds.Round, error) {
	problem := s.Draw(1)
	var round *rounds.Round
	r, err := medians(repeat, func() (int64, Took, error) {
		took := stopwatch()
		var err error
		if round, err = rounds.Solve(problem, rounds.Options{}); err != nil {
			return 0, Took{}, err
		}
		return round.Verdict.Total, took(), nil
	}, func() (int64, Took, error) { return p.Lemon(ctx, problem) })
	r.Name, r.Peer, r.Bar, r.Times = "round, certified: "+s.Name, "LEMON NetworkSimplex", time.Second, 1
	if s.Contended || s.Seats != Shapes[0].Seats {
		r.Bar = 0
	}
	return r, round, err
}

// whatIfs asks each kind of question a few times, at random places.
func whatIfs(s Shape, round *rounds.Round) (Result, error) {
	draw := rand.New(rand.NewPCG(1, 2))
	asked := 0
	r, err := medians(80, func() (int64, Took, error) {
		p := round.Problem
		c := rounds.Change{Kind: rounds.Lock, Pair: p.Edges[draw.IntN(len(p.Edges))].Pair()}
		for p.Seats[c.Pair.Need] == 0 {
			c.Pair = p.Edges[draw.IntN(len(p.Edges))].Pair()
		}
		switch planned := round.Plan[draw.IntN(len(round.Plan))]; asked % 4 {
		case 1:
			c = rounds.Change{Kind: rounds.Veto, Pair: planned.Pair()}
		case 2:
			c = rounds.Change{Kind: rounds.Seats, Need: planned.Need, Seats: 1}
		case 3:
			c = rounds.Change{Kind: rounds.Seats, Need: planned.Need, Seats: -1}
		}
		asked++
		took := stopwatch()
		_, err := round.WhatIf(c)
		return 0, took(), err
	}, nil)
	r.Name, r.Bar = "what-if, certified: "+s.Name, 20*time.Millisecond
	return r, err
}

func stable(s Shape, p *certificate.Problem, repeat int) (Result, error) {
	r, err := medians(repeat, func() (int64, Took, error) {
		took := stopwatch()
		_, err := rounds.Solve(p, rounds.Options{Mode: certificate.Stable})
		return 0, took(), err
	}, nil)
	r.Name, r.Bar = "stable round, no blocking pair: "+s.Name, 60*time.Millisecond
	return r, err
}

// Markdown is a table of results.
func Markdown(results []Result) string {
	var b strings.Builder
	b.WriteString("| what | ours, median | its CPU | slowest | bar | peer | peer, median | its CPU | times as fast | met |\n|---|---:|---:|---:|---:|---|---:|---:|---:|---|\n")
	for _, r := range results {
		bar, peer, peerCPU, times, met := "–", "–", "–", "–", "no"
		if r.Bar > 0 {
			bar = milliseconds(r.Bar)
		}
		if r.Peer != "" {
			peer, peerCPU, times = milliseconds(r.PeerTime), milliseconds(r.PeerCPU), fmt.Sprintf("%.1f (bar %.1f)", r.Ratio(), r.Times)
		}
		if r.Met() {
			met = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n",
			r.Name, milliseconds(r.Ours), milliseconds(r.OursCPU), milliseconds(r.Slowest), bar, r.Peer, peer, peerCPU, times, met)
	}
	return b.String()
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
