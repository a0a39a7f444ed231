package seed

import (
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
	told := p.tellPersona()
	used := map[domain.ExpertID]int{p.places.Expert: len(chapters)} // busy enough
	taken := map[domain.NeedID]bool{}
	for _, t := range told {
		taken[t.need.ID] = t.path >= offered
	}
	chapter := 0
	for i, t := range p.terms {
		if stepsOf(i) != published || taken[t.ID] {
			continue
		}
		cast := chapters[chapter%len(chapters)]
		if t.ID == p.places.Need {
			cast = chapters[0]
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

func (p *Plan) tellPersona() []tale {
	ways := []path{offered, preparing, nominatedOnly, appliedOnly}
	ranking, _ := p.index.TopNeeds(p.places.Expert, len(p.terms), p.today())
	var told []tale
	var booked []domain.Period
	for _, row := range ranking.Rows {
		t := p.term(row.Need)
		if t.ID == p.places.Need {
			told = append(told, p.tale(t, row, awaitingHost))
			continue
		}
		if len(ways) == 0 || demo.IsProtected(t.Country) {
			continue
		}
		next := p.tale(t, row, ways[0])
		if ways[0] >= offered && overlapsAny(booked, next.period) {
			continue
		}
		booked = append(booked, next.period)
		told, ways = append(told, next), ways[1:]
	}
	return told
}

func overlapsAny(booked []domain.Period, p domain.Period) bool {
	for _, b := range booked {
		if b.Overlaps(p) {
			return true
		}
	}
	return false
}

func (p *Plan) term(id domain.NeedID) demo.TermsOfReference {
	for _, t := range p.terms {
		if t.ID == id {
			return t
		}
	}
	return demo.TermsOfReference{}
}

// taxonomyVersion counts the built-in lists of skills that there have been.
const taxonomyVersion = 1

func (p *Plan) tale(t demo.TermsOfReference, row matcher.Ranked, way path) tale {
	weeks := max(int(t.Window.MinWeeks), 1)
	verdict, _ := p.index.Explain(row.Expert, t.ID, p.today())
	return tale{
		need: t, expert: row.Expert, rank: row.Rank, path: way,
		score:  candidacy.ScoreShown{Total: row.Total, PolicyVersion: verdict.Basis.Scoring, TaxonomyVersion: taxonomyVersion},
		period: domain.Period{From: t.Window.Period.From, To: t.Window.Period.From.AddDays(7*weeks - 1)},
	}
}
