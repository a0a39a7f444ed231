package model

import (
	"math"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/matcher/fairness"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var ruleFairness = rule("Fairness")

// Fairness is how evenly chances fall in a programme. What would tell of few
// people is held back from every reader.
type Fairness struct {
	s            *Sight
	programme    domain.ProgrammeID
	pseudonymous bool
}

// Fairness is that of the programme of an id; nil when one may not read it.
func (s *Sight) Fairness(id domain.ProgrammeID) (*Fairness, error) {
	d := s.decide(ruleFairness, authz.Object{Scope: domain.Scope{Programme: id}})
	if !d.Allowed {
		return nil, nil
	}
	return &Fairness{s, id, d.Pseudonymous}, nil
}

// Programme is the programme.
func (f *Fairness) Programme() (*Programme, error) { return f.s.Programme(f.programme) }

// Steps is who came how far, by group.
func (f *Fairness) Steps(by views.Dimension) ([]*SelectionStep, error) {
	var steps []views.SelectionStep
	err := f.s.read(func(r projections.Reader) (err error) {
		steps, err = views.SelectionOf(r, f.programme, by)
		return err
	})
	out := make([]*SelectionStep, len(steps))
	for i, step := range steps {
		groups := make([]GroupSelection, len(step.Groups))
		for g, group := range step.Groups {
			groups[g] = groupSelection(group)
		}
		out[i] = &SelectionStep{From: step.From, To: step.To, People: step.People, Selected: step.Selected, Groups: groups}
	}
	return out, err
}

func groupSelection(g views.GroupStep) GroupSelection {
	out := GroupSelection{Group: g.Group, People: g.People, Selected: g.Selected, Highest: g.Highest, FourFifths: nonEmpty(g.Finding)}
	if !g.Told() {
		out.Suppressed = smallNumbers()
		return out
	}
	if *g.People > 0 {
		rate := fairness.Rate{Selected: *g.Selected, People: *g.People}
		out.Rate = interval(rate.Value(), g.Interval)
	}
	if g.Impact != nil {
		out.ImpactRatio = interval(g.Impact.Value, g.Impact.Interval)
	}
	return out
}

func smallNumbers() *fairness.Suppression {
	why := fairness.SmallNumbers
	return &why
}

// score is a figure of four decimals.
func score(v float64) domain.Score { return domain.Score(math.Round(v * float64(domain.One))) }

// hundredths is a figure of two decimals: more of them would tell of single lists.
func hundredths(v float64) *domain.Score {
	rounded := domain.Score(math.Round(v*100)) * (domain.One / 100)
	return &rounded
}

func interval(value float64, i fairness.Interval) *Interval {
	out := &Interval{Value: score(value), Low: score(i.Low)}
	if i.High*float64(domain.One) < math.MaxInt32 {
		high := score(i.High)
		out.High = &high
	}
	return out
}

// Shortlists is how the short lists are made up.
func (f *Fairness) Shortlists(by views.Dimension) (*ShortlistBalance, error) {
	var b views.ListBalance
	err := f.s.read(func(r projections.Reader) (err error) {
		b, err = views.ShortlistBalanceOf(r, f.programme, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &ShortlistBalance{Lists: b.Lists}
	if !b.Told {
		out.Suppressed = smallNumbers()
		return out, nil
	}
	out.Ndkl, out.ByChance, out.Whole = hundredths(b.NDKL), hundredths(b.ByChance), hundredths(b.Whole)
	return out, nil
}

// people is a count of people, or nil where it is held back: from those who see
// no person.
func (f *Fairness) people(n int) *int {
	if f.pseudonymous && n > 0 && n < views.SuppressBelow {
		return nil
	}
	return &n
}

// Overrides is how often approvals departed from what the manager was shown.
func (f *Fairness) Overrides() (*ApprovalOverrides, error) {
	var row views.OverrideRow
	err := f.s.read(func(r projections.Reader) error {
		found, err := views.Overrides.Get(r, string(f.programme))
		if found != nil {
			row = *found
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &ApprovalOverrides{Approvals: f.people(row.Approvals)}
	if row.Approvals < views.SuppressBelow {
		out.Suppressed = smallNumbers()
		return out, nil
	}
	share := func(n int) *domain.Score {
		s := score(float64(n) / float64(row.Approvals))
		return &s
	}
	out.Overridden, out.BeyondThird, out.AgainstAdvice = share(row.Overridden), share(row.BeyondThird), share(row.AgainstAdvice)
	return out, nil
}

// Exposure is whom the programme never came to.
func (f *Fairness) Exposure() (*Exposure, error) {
	out := &Exposure{f: f}
	err := f.s.read(func(r projections.Reader) (err error) {
		out.figures, err = views.ExposureOf(r, f.programme)
		return err
	})
	return out, err
}

// NeverSuggested lists the experts whom the programme found eligible and never
// considered, as far as the principal may see them.
func (f *Fairness) NeverSuggested(first *int, after *string, last *int, before *string) (*ExpertConnection, error) {
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	var page projections.Page[views.MonitoredRow]
	err = f.s.read(func(r projections.Reader) (err error) {
		page, err = views.FindNeverSuggested(r, f.programme, paging)
		return err
	})
	if err != nil {
		return nil, err
	}
	ids := make([]domain.ExpertID, len(page.Rows))
	for i, row := range page.Rows {
		ids[i] = row.Expert
	}
	seen, err := f.s.expertsByID(ids)
	if err != nil {
		return nil, err
	}
	return connect(page, each(page.Rows, func(r *views.MonitoredRow) *Expert { return seen[r.Expert] }), false), nil
}

// NeedsWithoutCandidates lists the published needs for which nobody is
// considered.
func (f *Fairness) NeedsWithoutCandidates(first *int, after *string, last *int, before *string) (*NeedConnection, error) {
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	var page projections.Page[views.NeedRow]
	err = f.s.read(func(r projections.Reader) (err error) {
		page, err = views.FindNeedsWithoutCandidates(r, f.programme, paging)
		return err
	})
	if err != nil {
		return nil, err
	}
	return connect(page, f.s.needs(page.Rows), false), nil
}

// Exposure is whom a programme never came to.
type Exposure struct {
	f       *Fairness
	figures views.Exposure
}

// Pool counts those found eligible or considered.
func (e *Exposure) Pool() *int { return e.f.people(e.figures.People) }

// NeverSuggested counts those found eligible and never considered.
func (e *Exposure) NeverSuggested() *int { return e.f.people(e.figures.NeverSuggested) }

// NeverSuggestedBy counts the same by group.
func (e *Exposure) NeverSuggestedBy(by views.Dimension) ([]*GroupCount, error) {
	var groups []views.GroupCount
	err := e.f.s.read(func(r projections.Reader) (err error) {
		groups, err = views.NeverSuggestedBy(r, e.f.programme, by)
		return err
	})
	out := make([]*GroupCount, len(groups))
	for i, g := range groups {
		out[i] = &GroupCount{Group: g.Group, People: g.Count}
	}
	return out, err
}

// told is a figure over the pool, or nil where few people are in it.
func (e *Exposure) told(v float64) *domain.Score {
	if e.figures.People < views.SuppressBelow {
		return nil
	}
	s := score(v)
	return &s
}

// Gini is how unevenly candidacies fall on the pool.
func (e *Exposure) Gini() *domain.Score { return e.told(e.figures.Gini) }

// TopTenth is the share that fell on the tenth with most.
func (e *Exposure) TopTenth() *domain.Score { return e.told(e.figures.TopTenth) }
