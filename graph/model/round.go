package model

import (
	"slices"
	"strconv"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var ruleRound = rule("Round")

// Round is a round as a principal sees it.
type Round struct {
	*views.RoundRow
	s *Sight
}

// IsNode marks an object with a global id.
func (Round) IsNode() {}

func (s *Sight) round(r *views.RoundRow) *Round {
	if r == nil || !s.decide(ruleRound, authz.Object{Scope: r.Scope()}).Allowed {
		return nil
	}
	return &Round{r, s}
}

// Round is the round of an id, or nil.
func (s *Sight) Round(id domain.RoundID) (*Round, error) {
	return one(id, func(ids []domain.RoundID) (map[domain.RoundID]*Round, error) {
		return seen(s, views.Rounds, ids, func(rows []*views.RoundRow) []*Round { return each(rows, s.round) })
	})
}

// Rounds lists the rounds of a programme; nil when one may not read them.
func (s *Sight) Rounds(id domain.ProgrammeID, p projections.Paging) (*RoundConnection, error) {
	if !s.decide(ruleRounds, authz.Object{Scope: domain.Scope{Programme: id}}).Allowed {
		return nil, nil
	}
	var page projections.Page[views.RoundRow]
	err := s.read(func(r projections.Reader) (err error) {
		page, err = views.FindRounds(r, id, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return connect(page, each(page.Rows, s.round), true), nil
}

// Programme is the programme.
func (r *Round) Programme() (*Programme, error) { return r.s.Programme(r.RoundRow.Programme) }

// Seed decides between equals.
func (r *Round) Seed() string { return strconv.FormatUint(r.RoundRow.Seed, 10) }

// Locks are the pairs that every plan has.
func (r *Round) Locks() []RoundMark { return r.marks(true) }

// Vetoes are the pairs that no plan has.
func (r *Round) Vetoes() []RoundMark { return r.marks(false) }

func (r *Round) marks(lock bool) []RoundMark {
	refs := make([]*views.RoundMark, 0, len(r.Marks))
	for i := range r.Marks {
		if r.Marks[i].Lock == lock {
			refs = append(refs, &r.Marks[i])
		}
	}
	need := peers(refs, func(m *views.RoundMark) domain.NeedID { return m.Need }, r.s.needsByID)
	expert := peers(refs, func(m *views.RoundMark) domain.ExpertID { return m.Expert }, r.s.expertsByID)
	out := make([]RoundMark, len(refs))
	for i, m := range refs {
		out[i] = RoundMark{*m, need, expert}
	}
	return out
}

// Quotas are the bounds on places.
func (r *Round) Quotas() []round.Quota { return listed(r.RoundRow.Quotas) }

// Seats are the needs with another number of seats than are free.
func (r *Round) Seats() []RoundSeats {
	refs := make([]*round.Seats, len(r.RoundRow.Seats))
	for i := range r.RoundRow.Seats {
		refs[i] = &r.RoundRow.Seats[i]
	}
	need := peers(refs, func(s *round.Seats) domain.NeedID { return s.Need }, r.s.needsByID)
	out := make([]RoundSeats, len(refs))
	for i, s := range refs {
		out[i] = RoundSeats{s.Seats, s.Need, need}
	}
	return out
}

// Failure is why the last attempt has no plan, or nil.
func (r *Round) Failure() *round.Failure { return nonEmpty(r.RoundRow.Failure) }

// EndedAt is when it ended, or nil.
func (r *Round) EndedAt() *time.Time { return moment(r.RoundRow.EndedAt) }

// CancelReason is why it was cancelled, or nil.
func (r *Round) CancelReason() *string { return nonEmpty(r.RoundRow.CancelReason) }

// History lists what happened to it; nil when one may not read it.
func (r *Round) History(first *int, after *string, last *int, before *string) (*HistoryConnection, error) {
	return r.s.historyOf("Round.history", "round", string(r.ID), authz.Object{Scope: r.Scope()}, first, after, last, before)
}

// Solution is the last plan, or nil.
func (r *Round) Solution() *RoundSolution {
	if r.RoundRow.Solution == nil {
		return nil
	}
	return &RoundSolution{r.RoundRow.Solution, r.s}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// RoundMark is a lock or a veto.
type RoundMark struct {
	views.RoundMark
	need   func(domain.NeedID) (*Need, error)
	expert func(domain.ExpertID) (*Expert, error)
}

// Need is the need, or nil.
func (m *RoundMark) Need() (*Need, error) { return m.need(m.RoundMark.Need) }

// Expert is the matching profile, or nil.
func (m *RoundMark) Expert() (*Expert, error) {
	if m.RoundMark.Expert == "" {
		return nil, nil
	}
	return m.expert(m.RoundMark.Expert)
}

// By is who said it.
func (m *RoundMark) By() *domain.PrincipalID { return nonEmpty(m.RoundMark.By) }

// RoundSeats are the seats of a need in a round.
type RoundSeats struct {
	Seats int
	of    domain.NeedID
	need  func(domain.NeedID) (*Need, error)
}

// Need is the need, or nil.
func (s *RoundSeats) Need() (*Need, error) { return s.need(s.of) }

// RoundSolution is a plan with its proof.
type RoundSolution struct {
	*views.RoundSolution
	s *Sight
}

func figures(f round.Figures) *RoundFigures {
	return &RoundFigures{
		Total: domain.Score(f.Total), Minimum: f.Minimum, Filled: f.Filled, Needs: f.Needs, Blocking: f.Blocking, Broken: f.Broken,
	}
}

func certified(c round.Certificate) *RoundCertificate {
	return &RoundCertificate{Dual: domain.Score(c.Dual), Gap: domain.Score(c.Gap), Valid: c.Valid}
}

// Plan is its figures.
func (r *RoundSolution) Plan() *RoundFigures { return figures(r.RoundSolution.Plan) }

// Certificate is what was proved.
func (r *RoundSolution) Certificate() *RoundCertificate {
	return certified(r.RoundSolution.Certificate)
}

// Beside are the plans beside it.
func (r *RoundSolution) Beside() []*BesidePlan {
	out := make([]*BesidePlan, len(r.RoundSolution.Beside))
	for i, b := range r.RoundSolution.Beside {
		out[i] = &BesidePlan{Plan: b.Plan, Figures: figures(b.Figures), Quotas: make([]QuotaSlack, len(b.Quotas))}
		for k, filled := range b.Quotas {
			q := r.RoundSolution.Quotas[k]
			out[i].Quotas[k] = QuotaSlack{Place: q.Place, Of: q.Of, Filled: filled, AboveLower: filled - q.AtLeast, BelowUpper: q.AtMost - filled}
		}
	}
	return out
}

// Closed are the needs of the terms that took nobody.
func (r *RoundSolution) Closed() ([]*Need, error) {
	found, err := r.s.needsByID(r.RoundSolution.Closed)
	if err != nil {
		return nil, err
	}
	out := make([]*Need, 0, len(found))
	for _, id := range r.RoundSolution.Closed {
		if n := found[id]; n != nil {
			out = append(out, n)
		}
	}
	return out, nil
}

// Prices are what one more seat of each need is worth.
func (r *RoundSolution) Prices() []SeatPrice {
	refs := make([]*round.Price, len(r.RoundSolution.Prices))
	for i := range r.RoundSolution.Prices {
		refs[i] = &r.RoundSolution.Prices[i]
	}
	need := peers(refs, func(p *round.Price) domain.NeedID { return p.Need }, r.s.needsByID)
	out := make([]SeatPrice, len(refs))
	for i, p := range refs {
		out[i] = SeatPrice{p.Seats, p.Filled, domain.Score(p.Price), p.Need, need}
	}
	return out
}

// Quotas are what loosening each is worth.
func (r *RoundSolution) Quotas() []*QuotaPrice {
	out := make([]*QuotaPrice, len(r.RoundSolution.Quotas))
	for i, q := range r.RoundSolution.Quotas {
		out[i] = &QuotaPrice{Place: q.Place, Of: q.Of, AtLeast: q.AtLeast, AtMost: q.AtMost, Filled: q.Filled, Lower: domain.Score(q.Lower), Upper: domain.Score(q.Upper)}
	}
	return out
}

// Basis is what it rests on.
func (r *RoundSolution) Basis() *RoundBasis {
	b := r.RoundSolution.Basis
	return &RoundBasis{
		Position: eventstore.Position(b.Position), Today: b.Today, Engine: b.Engine, Taxonomy: b.Taxonomy, Policy: b.Policy,
		Rules: b.Rules, Input: b.Input, Plan: b.Plan, Experts: b.Experts, Needs: b.Needs, Seats: b.Seats, Pairs: b.Pairs,
	}
}

// Pairs are the planned pairs.
func (r *RoundSolution) Pairs() []RoundPair { return r.s.roundPairs(r.RoundSolution.Pairs) }

// SeatPrice is what one more seat of a need is worth.
type SeatPrice struct {
	Seats, Filled int
	Price         domain.Score
	of            domain.NeedID
	need          func(domain.NeedID) (*Need, error)
}

// Need is the need, or nil.
func (p *SeatPrice) Need() (*Need, error) { return p.need(p.of) }

// RoundPair is a planned pair.
type RoundPair struct {
	views.RoundPair
	need      func(domain.NeedID) (*Need, error)
	expert    func(domain.ExpertID) (*Expert, error)
	candidacy func(domain.CandidacyID) (*Candidacy, error)
}

func (s *Sight) roundPairs(rows []views.RoundPair) []RoundPair {
	refs := make([]*views.RoundPair, len(rows))
	for i := range rows {
		refs[i] = &rows[i]
	}
	need := peers(refs, func(p *views.RoundPair) domain.NeedID { return p.Need }, s.needsByID)
	expert := peers(refs, func(p *views.RoundPair) domain.ExpertID { return p.Expert }, s.expertsByID)
	candidacy := peers(refs, func(p *views.RoundPair) domain.CandidacyID { return p.Candidacy }, s.candidaciesByID)
	out := make([]RoundPair, len(rows))
	for i, p := range rows {
		out[i] = RoundPair{p, need, expert, candidacy}
	}
	return out
}

// Need is the need, or nil.
func (p *RoundPair) Need() (*Need, error) { return p.need(p.RoundPair.Need) }

// Expert is the matching profile, or nil.
func (p *RoundPair) Expert() (*Expert, error) {
	if p.RoundPair.Expert == "" {
		return nil, nil
	}
	return p.expert(p.RoundPair.Expert)
}

// Candidacy is that of the two, or nil.
func (p *RoundPair) Candidacy() (*Candidacy, error) { return p.candidacy(p.RoundPair.Candidacy) }

// Price is what the expert's time is worth elsewhere.
func (p *RoundPair) Price() domain.Score { return domain.Score(p.RoundPair.Price) }

// Choice is what became of it, or nil while it waits.
func (p *RoundPair) Choice() *round.Choice { return nonEmpty(p.RoundPair.Choice) }

// Reason is why it was refused, or nil.
func (p *RoundPair) Reason() *round.RefusalReason { return nonEmpty(p.RoundPair.Reason) }

// By is who decided, or nil.
func (p *RoundPair) By() *domain.PrincipalID { return nonEmpty(p.RoundPair.By) }

// At is when it was decided, or nil.
func (p *RoundPair) At() *time.Time { return moment(p.RoundPair.At) }

// quotaOver reports whether a quota is over a need.
func quotaOver(q round.QuotaPrice, n *views.NeedRow) bool {
	switch q.Place {
	case round.OverCountry:
		return q.Of == string(n.Country)
	case round.OverSector:
		return q.Of == string(n.Terms.Sector)
	}
	return q.Of == string(n.Institution)
}

// priceOf is the price of a seat of a need, quotas counted in.
func priceOf(s *views.RoundSolution, n *views.NeedRow) (int64, bool) {
	i := slices.IndexFunc(s.Prices, func(p round.Price) bool { return p.Need == n.ID })
	if i < 0 {
		return 0, false
	}
	price := s.Prices[i].Price
	for _, q := range s.Quotas {
		if quotaOver(q, n) {
			price += q.Upper - q.Lower
		}
	}
	return price, true
}
