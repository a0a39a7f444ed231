package matcher

import (
	"reflect"
	"sync"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// MaxRanked is the most that one ranking returns; a larger k is cut to it.
const MaxRanked = 1000

// Ranked is one row of a ranking.
type Ranked struct {
	Expert domain.ExpertID `json:"expert"`
	Need   domain.NeedID   `json:"need"`
	Rank   int             `json:"rank"` // from 1
	Total  domain.Score    `json:"total"`
}

// Ranking is the best pairs, and what it was made with. What a decider saw is
// replayed from it.
type Ranking struct {
	Basis Basis    `json:"basis"`
	Rows  []Ranked `json:"rows"`
	// Considered counts the experts or needs looked at, Eligible those without
	// a failed rule; Rows holds the best k of them.
	Considered int `json:"considered"`
	Eligible   int `json:"eligible"`
}

// Index holds experts and open needs in memory and ranks both ways, exactly as
// judging every pair by Explain would. It is safe for concurrent use; a ranking
// sees one state of it. The same content gives the same answers, whatever the
// order in which it arrived. Every change is taken in at once; nothing is ever
// built anew.
type Index struct {
	// batch is held while the events of a batch are taken in, one after the other:
	// the position stands for all of them or for none.
	batch    sync.RWMutex
	mu       sync.RWMutex // within batch
	fallback Policy
	policies map[domain.ProgrammeID]Policy
	position uint64
	book     codebook
	experts  map[domain.ExpertID]*entry
	// pools hold the experts by country; the first is of those without a link.
	pools       []*pool
	poolNumbers map[domain.Country]int32
	needs       map[domain.NeedID]*opening
	shelves     map[domain.Country]*shelf
	was, is     subject // of the change under way
	// day is the last that a need's ranking was asked for; shortlists of
	// another day are not kept up.
	day     domain.Date
	listing sync.Mutex // guards what readers write: day, listed, and new shortlists
	listed  bool       // there ever was one
	kept    int        // of a new one
}

// NewIndex makes an empty index over the policy's taxonomy. The policy holds
// for programmes without one of their own.
func NewIndex(fallback Policy) *Index {
	fallback = fallback.normal()
	return &Index{
		fallback: fallback, policies: map[domain.ProgrammeID]Policy{}, book: newCodebook(fallback.Taxonomy),
		experts: map[domain.ExpertID]*entry{}, pools: []*pool{{}}, poolNumbers: map[domain.Country]int32{},
		needs: map[domain.NeedID]*opening{}, shelves: map[domain.Country]*shelf{}, kept: shortlistKept,
	}
}

// SetPolicy puts a programme's rules and weights in force for all its needs.
// The same ones again change nothing.
func (x *Index) SetPolicy(p domain.ProgrammeID, rules policy.Eligibility, weights policy.Scoring) {
	own := Policy{rules, weights, x.fallback.Taxonomy}.normal()
	x.mu.Lock()
	defer x.mu.Unlock()
	if before, ok := x.policies[p]; ok && reflect.DeepEqual(before, own) {
		return
	}
	x.policies[p] = own
	for _, o := range x.needs {
		if o.Programme == p {
			x.open(o, compileNeed(o.Need, own), false)
		}
	}
}

// Taxonomy is the list of skills that the index ranks with.
func (x *Index) Taxonomy() *taxonomy.Taxonomy { return x.fallback.Taxonomy }

// Batch takes in several changes and the position that they lead to. Between the
// changes others may ask; Steady waits until all of them are in.
func (x *Index) Batch(changes func()) {
	x.batch.Lock()
	defer x.batch.Unlock()
	changes()
}

// Steady runs fn while no batch is half taken in: all answers that fn gets are of
// one state, the one that the log has at their position, and can be replayed from
// it. fn must not change the index.
func (x *Index) Steady(fn func()) {
	x.batch.RLock()
	defer x.batch.RUnlock()
	fn()
}

// Advance says up to which log position the index is current.
func (x *Index) Advance(position uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.position = max(x.position, position)
}

// Position is the log position up to which the index is current.
func (x *Index) Position() uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.position
}

// Len counts experts and needs.
func (x *Index) Len() (experts, needs int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.experts), len(x.needs)
}

// UpsertExpert adds an expert or replaces the one of the same id. The index
// keeps the lists of what it is given: the caller must not write into them.
func (x *Index) UpsertExpert(e Expert) {
	x.mu.Lock()
	defer x.mu.Unlock()
	known, ok := x.experts[e.ID]
	if !ok {
		known = &entry{}
		x.experts[e.ID] = known
	}
	var was *subject
	if ok {
		was = x.leave(known)
	}
	known.Expert = &e
	x.is.unfold(&e, &x.book, x.fallback.Taxonomy)
	x.is.entry = known
	x.settle(&x.is)
	x.keepUp(known, was, &x.is)
}

// leave unfolds an expert as they are now and takes them out of all pools.
func (x *Index) leave(e *entry) *subject {
	x.was.unfold(e.Expert, &x.book, x.fallback.Taxonomy)
	x.was.entry = e
	x.unsettle(&x.was)
	return &x.was
}

// RemoveExpert takes an expert out; an unknown id changes nothing.
func (x *Index) RemoveExpert(id domain.ExpertID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e, ok := x.experts[id]
	if !ok {
		return
	}
	was := x.leave(e)
	delete(x.experts, id)
	x.keepUp(e, was, nil)
}

// UpsertNeed adds an open need or replaces the one of the same id. The index
// keeps the lists of what it is given.
func (x *Index) UpsertNeed(n Need) {
	x.mu.Lock()
	defer x.mu.Unlock()
	o, ok := x.needs[n.ID]
	if ok && sameRanking(o.Need, n) {
		o.Need = n
		return
	}
	d := compileNeed(n, x.policyOf(n.Programme))
	if ok {
		x.close(o)
	}
	o = &opening{}
	x.needs[n.ID] = o
	x.open(o, d, true)
}

// RemoveNeed takes a need out; an unknown id changes nothing.
func (x *Index) RemoveNeed(id domain.NeedID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if o, ok := x.needs[id]; ok {
		x.close(o)
		delete(x.needs, id)
	}
}

// Expert is what the index knows of an expert. The caller must not write into
// its lists.
func (x *Index) Expert(id domain.ExpertID) (Expert, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if e, ok := x.experts[id]; ok {
		return *e.Expert, true
	}
	return Expert{}, false
}

// Need is what the index knows of a need. The caller must not write into its
// lists.
func (x *Index) Need(id domain.NeedID) (Need, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if o, ok := x.needs[id]; ok {
		return o.Need, true
	}
	return Need{}, false
}

// policyOf is the policy of a programme; the lock is held.
func (x *Index) policyOf(p domain.ProgrammeID) Policy {
	if own, ok := x.policies[p]; ok {
		return own
	}
	return x.fallback
}

// basis of a need's programme; the lock is held.
func (x *Index) basis(p domain.ProgrammeID, today domain.Date) Basis {
	b := x.policyOf(p).basis(today)
	b.Position = x.position
	return b
}

// Basis is what answers about a need rest on now; false for an unknown need.
func (x *Index) Basis(need domain.NeedID, today domain.Date) (Basis, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	o, ok := x.needs[need]
	if !ok {
		return Basis{}, false
	}
	return x.basis(o.Programme, today), true
}

// Explain judges a pair that the index holds; false when it lacks either.
func (x *Index) Explain(expert domain.ExpertID, need domain.NeedID, today domain.Date) (Verdict, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e, known := x.experts[expert]
	o, open := x.needs[need]
	if !known || !open {
		return Verdict{}, false
	}
	v := o.explain(e.candidate(x.fallback.Taxonomy), today)
	v.Basis = x.basis(o.Programme, today)
	return v, true
}

// TopExperts ranks the eligible experts for a need that the index holds, the
// best k of them; false for an unknown need. The first question of a day about
// a need is a search; from then on its shortlist is kept up with every change
// and read.
func (x *Index) TopExperts(need domain.NeedID, k int, today domain.Date) (Ranking, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	o, ok := x.needs[need]
	if !ok {
		return Ranking{}, false
	}
	r := Ranking{Basis: x.basis(o.Programme, today), Considered: len(x.experts)}
	var rows []scored[*entry]
	if k > 0 && k <= ShortlistShown {
		rows, r.Eligible = x.shortlist(o, k, today)
	} else {
		rows, r.Eligible = x.search(&o.plan, k, today)
	}
	r.Rows = rankedExperts(need, rows)
	return r, true
}

// TopExpertsFor ranks the eligible experts for a need that the index need not
// hold: a draft, or a "what if".
func (x *Index) TopExpertsFor(n Need, k int, today domain.Date) Ranking {
	x.mu.RLock()
	defer x.mu.RUnlock()
	d := compileNeed(n, x.policyOf(n.Programme))
	r := Ranking{Basis: x.basis(n.Programme, today), Considered: len(x.experts)}
	rows, eligible := x.search(d.plan(&x.book, false), k, today)
	r.Rows, r.Eligible = rankedExperts(n.ID, rows), eligible
	return r
}

// search ranks without a shortlist; the lock is held.
func (x *Index) search(p *plan, k int, today domain.Date) (rows []scored[*entry], eligible int) {
	s := newSearch(p, k, today)
	s.pool(x.linked(p.Country))
	return s.best.sorted(), s.eligible
}

func rankedExperts(n domain.NeedID, rows []scored[*entry]) []Ranked {
	out := make([]Ranked, len(rows))
	for i, s := range rows {
		out[i] = Ranked{s.of.ID, n, i + 1, s.total}
	}
	return out
}
