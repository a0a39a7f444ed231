package rounds

import "github.com/diaspora-match/diaspora/matcher/certificate"

// Figures describe a plan, so that plans can stand side by side.
type Figures struct {
	Plan     Plan
	Total    int64
	Smallest int32   // score in the plan; 0 when it is empty
	Pairs    int     // seats filled
	Unfilled int64   // seats left
	Blocking int     // pairs who would both rather have each other
	Slack    []Slack // parallel to the problem's groups
}

// Slack is the room that a plan leaves to a group's bounds; below 0 it breaks one.
type Slack struct{ AboveLower, BelowUpper int64 }

// Comparison is a chosen plan beside the three that it has to be compared with.
// The greedy plan knows nothing of quotas, and the stable one keeps upper bounds
// of nested groups of needs or knows nothing of them either; their slack shows it.
type Comparison struct {
	Chosen, Greedy, Stable, Best Figures
}

// Compare plans the round in the other ways too. The best plan here keeps the
// quotas, as the chosen one does.
func (r *Round) Compare() (*Comparison, error) {
	var c Comparison
	t, err := prepare(r.Problem, true)
	if err != nil {
		return nil, err
	}
	best := r
	if r.Mode != certificate.Best {
		if best, err = Solve(r.Problem, Options{Pricer: r.options.Pricer, Stop: r.options.Stop}); err != nil {
			return nil, err
		}
	}
	greedy, _ := t.plan(t.greedy())
	if t.stableGroups() != nil {
		t.groups, t.forest = nil, nil
	}
	stable, _ := t.plan(t.stable())
	for _, x := range []struct {
		of   *Figures
		plan Plan
	}{
		{&c.Chosen, r.Plan}, {&c.Best, best.Plan},
		{&c.Greedy, greedy},
		{&c.Stable, stable},
	} {
		if *x.of, err = figures(r.Problem, x.plan); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// Figures describe the round's own plan.
func (r *Round) Figures() (Figures, error) { return figures(r.Problem, r.Plan) }

// figures counts. Whether pairs block a plan is the checker's word.
func figures(p *Problem, plan Plan) (Figures, error) {
	f := Figures{Plan: plan, Pairs: len(plan), Slack: make([]Slack, len(p.Groups))}
	for _, b := range p.Seats {
		f.Unfilled += int64(b)
	}
	f.Unfilled -= int64(len(plan))
	experts, needs := make([]int64, len(p.Capacity)), make([]int64, len(p.Seats))
	for k, e := range plan {
		f.Total += int64(e.Score)
		if k == 0 || e.Score < f.Smallest {
			f.Smallest = e.Score
		}
		experts[e.Expert]++
		needs[e.Need]++
	}
	for g, q := range p.Groups {
		n, of := int64(0), needs
		if q.Side == certificate.Experts {
			of = experts
		}
		for _, m := range q.Members {
			n += of[m]
		}
		f.Slack[g] = Slack{n - int64(q.Lower), int64(q.Upper) - n}
	}
	var err error
	f.Blocking, err = certificate.Blocking(p, plan)
	return f, err
}
