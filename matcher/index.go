package matcher

import (
	"cmp"
	"hash/fnv"
	"math/bits"
	"slices"
	"sync"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Bounds of an Index's answers.
const (
	// MaxRanked is the most that one ranking returns; a larger k is cut to it.
	MaxRanked = 1000
	// A near miss lacks at most so much.
	nearRules         = 2 // hard rules
	nearLanguageSteps = 2 // CEFR levels, of any one language
	nearWeeks         = 4
	nearYears         = 1
)

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

// NearMiss is an expert who would match but for something small, and for what.
type NearMiss struct {
	Expert         domain.ExpertID `json:"expert"`
	Need           domain.NeedID   `json:"need"`
	Counterfactual Counterfactual  `json:"counterfactual"`
}

// Index holds experts and open needs in memory and ranks both ways by a scan.
// It is safe for concurrent use; a ranking sees one state of it. The same
// content gives the same answers, whatever the order in which it arrived.
type Index struct {
	mu         sync.RWMutex
	fallback   Policy
	policies   map[domain.ProgrammeID]Policy
	position   uint64
	experts    []*candidate
	expertSlot map[domain.ExpertID]int
	needs      []*demand
	needSlot   map[domain.NeedID]int
}

// NewIndex makes an empty index over the policy's taxonomy. The policy holds
// for programmes without one of their own.
func NewIndex(fallback Policy) *Index {
	return &Index{
		fallback: fallback.normal(), policies: map[domain.ProgrammeID]Policy{},
		expertSlot: map[domain.ExpertID]int{}, needSlot: map[domain.NeedID]int{},
	}
}

// SetPolicy puts a programme's rules and weights in force for all its needs.
func (x *Index) SetPolicy(p domain.ProgrammeID, rules policy.Eligibility, weights policy.Scoring) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.policies[p] = Policy{rules, weights, x.fallback.Taxonomy}.normal()
	for i, d := range x.needs {
		if d.Programme == p {
			x.needs[i] = compileNeed(d.Need, x.policies[p])
		}
	}
}

// Taxonomy is the list of skills that the index ranks with.
func (x *Index) Taxonomy() *taxonomy.Taxonomy { return x.fallback.Taxonomy }

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
	c := compileExpert(e, x.fallback.Taxonomy)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.experts = put(x.experts, x.expertSlot, e.ID, c)
}

// RemoveExpert takes an expert out; an unknown id changes nothing.
func (x *Index) RemoveExpert(id domain.ExpertID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.experts = drop(x.experts, x.expertSlot, id, func(c *candidate) domain.ExpertID { return c.ID })
}

// UpsertNeed adds an open need or replaces the one of the same id. The index
// keeps the lists of what it is given.
func (x *Index) UpsertNeed(n Need) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.needs = put(x.needs, x.needSlot, n.ID, compileNeed(n, x.policyOf(n.Programme)))
}

// RemoveNeed takes a need out; an unknown id changes nothing.
func (x *Index) RemoveNeed(id domain.NeedID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.needs = drop(x.needs, x.needSlot, id, func(d *demand) domain.NeedID { return d.ID })
}

// Expert is what the index knows of an expert. The caller must not write into
// its lists.
func (x *Index) Expert(id domain.ExpertID) (Expert, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if i, ok := x.expertSlot[id]; ok {
		return x.experts[i].Expert, true
	}
	return Expert{}, false
}

// Need is what the index knows of a need. The caller must not write into its
// lists.
func (x *Index) Need(id domain.NeedID) (Need, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if i, ok := x.needSlot[id]; ok {
		return x.needs[i].Need, true
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

// Explain judges a pair that the index holds; false when it lacks either.
func (x *Index) Explain(expert domain.ExpertID, need domain.NeedID, today domain.Date) (Verdict, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e, known := x.expertSlot[expert]
	n, open := x.needSlot[need]
	if !known || !open {
		return Verdict{}, false
	}
	d := x.needs[n]
	v := d.explain(x.experts[e], today)
	v.Basis = x.basis(d.Programme, today)
	return v, true
}

// TopExperts ranks the eligible experts for a need that the index holds, the
// best k of them; false for an unknown need.
func (x *Index) TopExperts(need domain.NeedID, k int, today domain.Date) (Ranking, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	i, ok := x.needSlot[need]
	if !ok {
		return Ranking{}, false
	}
	return x.topExperts(x.needs[i], k, today), true
}

// TopExpertsFor ranks the eligible experts for a need that the index need not
// hold: a draft, or a "what if".
func (x *Index) TopExpertsFor(n Need, k int, today domain.Date) Ranking {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.topExperts(compileNeed(n, x.policyOf(n.Programme)), k, today)
}

func (x *Index) topExperts(d *demand, k int, today domain.Date) Ranking {
	best := newBest(k)
	r := Ranking{Basis: x.basis(d.Programme, today), Considered: len(x.experts)}
	for _, c := range x.experts {
		if d.fails(c, today, true) != 0 {
			continue
		}
		r.Eligible++
		best.offer(d.ID, c.ID, d.total(d.values(c, today)))
	}
	r.Rows = best.ranked()
	return r
}

// TopNeeds ranks the needs for which an expert is eligible, the best k of them;
// false for an unknown expert. The basis is the fallback policy's: each need is
// scored under its own programme's, which its verdict names.
func (x *Index) TopNeeds(expert domain.ExpertID, k int, today domain.Date) (Ranking, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	i, ok := x.expertSlot[expert]
	if !ok {
		return Ranking{}, false
	}
	c, best := x.experts[i], newBest(k)
	r := Ranking{Basis: x.basis("", today), Considered: len(x.needs)}
	for _, d := range x.needs {
		if d.fails(c, today, true) != 0 {
			continue
		}
		r.Eligible++
		best.offer(d.ID, c.ID, d.total(d.values(c, today)))
	}
	r.Rows = best.ranked()
	return r, true
}

// NearMisses lists the experts who fail little and curable, with what would
// make each a match: fewest failed rules first, then the higher score. Who
// withdrew consent is never among them. False for an unknown need.
func (x *Index) NearMisses(need domain.NeedID, k int, today domain.Date) ([]NearMiss, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	slot, ok := x.needSlot[need]
	if !ok {
		return nil, false
	}
	d := x.needs[slot]
	type missed struct {
		candidate *candidate
		failed    rules
		pair
	}
	var near []missed
	for _, c := range x.experts {
		failed := d.fails(c, today, false)
		if failed != 0 && d.near(c, failed, today) {
			near = append(near, missed{c, failed, pair{d.ID, c.ID, d.total(d.values(c, today)), tie(d.ID, c.ID)}})
		}
	}
	slices.SortFunc(near, func(a, b missed) int {
		return cmp.Or(cmp.Compare(bits.OnesCount32(uint32(a.failed)), bits.OnesCount32(uint32(b.failed))), comparePairs(a.pair, b.pair))
	})
	var out []NearMiss
	for _, m := range near {
		if len(out) >= min(k, MaxRanked) {
			break
		}
		if cf, ok := d.cure(m.candidate, m.failed, today); ok {
			out = append(out, NearMiss{m.expert, d.ID, cf})
		}
	}
	return out, true
}

// near reports whether what fails is little.
func (d *demand) near(c *candidate, failed rules, today domain.Date) bool {
	if failed&^(curable&^(ruleConsent|ruleEducation)) != 0 || bits.OnesCount32(uint32(failed)) > nearRules {
		return false
	}
	if int(d.years)-int(c.TotalYears) > nearYears {
		return false
	}
	for _, l := range d.Need.Languages {
		if l.Required && int(l.MinLevel)-int(c.speaks(l.Language)) > nearLanguageSteps {
			return false
		}
	}
	if failed&(ruleAvailability|ruleBooked) == 0 {
		return true
	}
	w := d.fromToday(today)
	return minDays(w)-daysIn(w, c.Available, c.Booked) <= nearWeeks*daysPerWeek
}

// pair is a scored pair with its place among equals.
type pair struct {
	need   domain.NeedID
	expert domain.ExpertID
	total  domain.Score
	tie    uint64
}

// tie orders pairs of equal score by nothing that a person could be favoured
// by: a hash of both ids, so that the order differs from need to need.
func tie(n domain.NeedID, e domain.ExpertID) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(n))
	_, _ = h.Write([]byte{'|'})
	_, _ = h.Write([]byte(e))
	return h.Sum64()
}

// comparePairs is a total order: score down, then the tie, then the ids.
func comparePairs(a, b pair) int {
	return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.tie, b.tie),
		cmp.Compare(a.need, b.need), cmp.Compare(a.expert, b.expert))
}

// best keeps the k best pairs in order, by insertion: k is small, and most
// offers fall behind the last.
type best struct {
	k     int
	pairs []pair
}

func newBest(k int) *best {
	k = max(0, min(k, MaxRanked))
	return &best{k: k, pairs: make([]pair, 0, k+1)}
}

func (b *best) offer(n domain.NeedID, e domain.ExpertID, total domain.Score) {
	if b.k == 0 || len(b.pairs) == b.k && total < b.pairs[b.k-1].total {
		return
	}
	p := pair{n, e, total, tie(n, e)}
	at, _ := slices.BinarySearchFunc(b.pairs, p, comparePairs)
	if at == b.k {
		return
	}
	b.pairs = slices.Insert(b.pairs, at, p)
	b.pairs = b.pairs[:min(len(b.pairs), b.k)]
}

func (b *best) ranked() []Ranked {
	out := make([]Ranked, len(b.pairs))
	for i, p := range b.pairs {
		out[i] = Ranked{p.expert, p.need, i + 1, p.total}
	}
	return out
}

// put adds or replaces by id.
func put[K comparable, V any](all []V, slots map[K]int, id K, v V) []V {
	if i, ok := slots[id]; ok {
		all[i] = v
		return all
	}
	slots[id] = len(all)
	return append(all, v)
}

// drop takes out by id; the last one moves into the gap.
func drop[K comparable, V any](all []V, slots map[K]int, id K, idOf func(V) K) []V {
	i, ok := slots[id]
	if !ok {
		return all
	}
	last := len(all) - 1
	all[i] = all[last]
	slots[idOf(all[i])] = i
	delete(slots, id)
	clear(all[last:])
	return all[:last]
}
