package seed

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/matcher"
)

// path is how far a candidacy came.
type path int

const (
	suggestedOnly path = iota
	nominatedOnly
	appliedOnly
	withdrawn
	shortlisted
	reserved
	awaitingHost
	interviewed
	hostDeclined
	hostAccepted // by the host alone: the focal point is asked
	recommended  // and by the focal point: the manager is asked
	offered      // seat and booking are held: the expert is asked
	placed       // the assignment is planned
	preparing    // and its checklist under way
)

// tale is one candidacy of the demonstration.
type tale struct {
	need   demo.TermsOfReference
	expert domain.ExpertID
	rank   int
	score  candidacy.ScoreShown
	path   path
	period domain.Period // where a booking is held
}

// chapters are given to the published needs in turn: how far the first few of
// each ranking came. An empty chapter is a need that nobody was found for yet.
var chapters = [][]path{
	{hostAccepted, awaitingHost, shortlisted, appliedOnly, suggestedOnly},
	{recommended, interviewed, appliedOnly, nominatedOnly},
	{suggestedOnly, suggestedOnly, suggestedOnly},
	{awaitingHost, hostDeclined, withdrawn, appliedOnly},
	{offered, reserved, appliedOnly},
	{},
	{recommended, hostAccepted, awaitingHost, suggestedOnly},
	{preparing, suggestedOnly},
	{interviewed, shortlisted, nominatedOnly},
}

// ranked is how far down a ranking candidates are looked for.
const ranked = 40

// tell chooses the candidates. The persona comes first: waiting for the host at
// the officer's need, holding an offer at another, with an assignment at a
// third. Everybody else stands in one candidacy, or two.
func (p *Plan) tell() []tale {
	told, _ := p.tellPersona(p.places.Expert, p.places.Need)
	used := map[domain.ExpertID]int{p.places.Expert: len(chapters)} // busy enough
	personas := map[domain.NeedID]path{}
	for _, t := range told {
		personas[t.need.ID] = t.path
	}
	chapter := 0
	for i, t := range p.terms {
		way, among := personas[t.ID]
		if stepsOf(i) != published || among && way >= offered {
			continue
		}
		cast := chapters[chapter%len(chapters)]
		if among {
			cast = chapters[0] // nobody takes the seat that the persona hopes for
		} else {
			chapter++
		}
		ranking, _ := p.index.TopExperts(t.ID, ranked, p.today())
		for _, row := range ranking.Rows {
			if len(cast) == 0 {
				break
			}
			if used[row.Expert] > 1 || cast[0] >= offered && used[row.Expert] > 0 {
				continue
			}
			told = append(told, p.tale(t, row, cast[0]))
			used[row.Expert]++
			if cast[0] >= offered {
				used[row.Expert]++ // taken for a time: not elsewhere too
			}
			cast = cast[1:]
		}
	}
	return told
}

// tellPersona tells what becomes of an expert who waits for the host of a need.
// What is booked elsewhere leaves the time that this need asks for. What suits
// them best besides is left for them to find: open is its score.
func (p *Plan) tellPersona(expert domain.ExpertID, waiting domain.NeedID) (told []tale, open domain.Score) {
	ways := []path{preparing, offered, nominatedOnly, appliedOnly}
	person, _ := p.index.Expert(expert)
	ranking, _ := p.index.TopNeeds(expert, len(p.terms), p.today())
	for _, row := range ranking.Rows {
		t := p.term(row.Need)
		if t.ID == waiting {
			told = append(told, p.tale(t, row, awaitingHost))
			continue
		}
		if open == 0 {
			open, person.Booked = row.Total, append(slices.Clone(person.Booked), p.periodOf(t, expert))
			continue
		}
		i := slices.IndexFunc(ways, func(way path) bool {
			return way < offered || p.canTake(person, p.periodOf(t, expert), waiting)
		})
		if i < 0 || demo.IsProtected(t.Country) {
			continue
		}
		next := p.tale(t, row, ways[i])
		if next.path >= offered {
			person.Booked = append(slices.Clone(person.Booked), next.period)
		}
		told, ways = append(told, next), slices.Delete(ways, i, i+1)
	}
	return told, open
}

// canTake reports whether a booking clashes with no other, and leaves the expert
// eligible for a need.
func (p *Plan) canTake(e matcher.Expert, period domain.Period, id domain.NeedID) bool {
	if slices.ContainsFunc(e.Booked, period.Overlaps) {
		return false
	}
	e.Booked = append(slices.Clone(e.Booked), period)
	return matcher.Explain(e, p.term(id).Matching(demo.ProgrammeID()), p.policy, p.today()).Eligible
}

func (p *Plan) term(id domain.NeedID) demo.TermsOfReference {
	for _, t := range p.terms {
		if t.ID == id {
			return t
		}
	}
	return demo.TermsOfReference{}
}

func (p *Plan) tale(t demo.TermsOfReference, row matcher.Ranked, way path) tale {
	verdict, _ := p.index.Explain(row.Expert, t.ID, p.today())
	return tale{
		need: t, expert: row.Expert, rank: row.Rank, path: way,
		score:  candidacy.ScoreShown{Total: row.Total, PolicyVersion: verdict.Basis.Scoring, TaxonomyVersion: verdict.Basis.Taxonomy},
		period: p.periodOf(t, row.Expert),
	}
}

// periodOf is the least time that a need asks for, in the first window of the
// expert that holds it; who could only come in pieces comes when the need begins.
func (p *Plan) periodOf(t demo.TermsOfReference, id domain.ExpertID) domain.Period {
	days := 7 * max(int(t.Window.MinWeeks), 1)
	from := t.Window.Period.From
	for _, a := range p.people[id].Profile.Available {
		if shared := a.Period.Intersect(t.Window.Period); shared.Days() >= days {
			from = shared.From
			break
		}
	}
	return domain.Period{From: from, To: from.AddDays(days - 1)}
}
