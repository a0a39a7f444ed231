package views_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// looks shows somebody a list of experts for a need.
func (w *world) looks(by domain.Stamp, n int, kind ranking.Kind, experts ...int) bool {
	c := ranking.Show{
		Stamp: by,
		Subject: ranking.Subject{
			Need: needID(n), NeedVersion: 1, Programme: programmeID(0), Institution: hostID(0), Country: "SO",
		},
		List: ranking.List{Kind: kind, Asked: 20, Blind: true, Basis: policy.Basis{
			Engine: "1", Taxonomy: "1", Eligibility: 1, Scoring: 1, Today: w.today(), Position: uint64(len(w.log)),
		}},
	}
	for i, x := range experts {
		c.Rows = append(c.Rows, ranking.Row{Expert: expertID(x), Total: domain.Score(7000 - i)})
	}
	return do(w, ranking.Aggregate, string(domain.RankingIDFor(needID(n), by.By)), ranking.Command(c))
}

func (w *world) randomLook(t *rapid.T, n, x int) {
	by := []domain.Stamp{w.asManager(), w.asFocal(), w.asHost()}[drawInt(t, 3, "who looks")]
	kind := ranking.Kinds[drawInt(t, len(ranking.Kinds), "what is shown")]
	w.looks(by, n, kind, [][]int{{}, {x}, {x, (x + 1) % 4}}[drawInt(t, 3, "how many are shown")]...)
}

func TestRankingsTellWhoWasShownWhat(t *testing.T) {
	w := newWorld(t)
	w.openProgramme(0)
	w.approveHost(0)
	w.toPublished(0, 0)
	w.registerExpert(0)
	w.registerExpert(1)
	w.must(w.looks(w.asManager(), 0, ranking.Matches, 1, 0), "a list")
	if w.looks(w.asManager(), 0, ranking.Matches, 1, 0) {
		t.Error("the same list is recorded twice")
	}
	w.must(w.looks(w.asFocal(), 0, ranking.NearMisses, 0), "another list")
	w.view(t, func(r projections.Reader) {
		list := must[[]views.ShownRanking](t)(views.RankingsOf(r, needID(0)))
		if len(list) != 2 || list[0].To != manager || list[0].Kind != ranking.Matches || len(list[0].Rows) != 2 || list[0].Rows[0].Expert != expertID(1) ||
			list[1].To != focal || list[1].Role != domain.RoleFocalPoint {
			t.Fatalf("%+v", list)
		}
		history := must[[]views.HistoryEntry](t)(views.HistoryOf(r, "need", string(needID(0))))
		for i, e := range history[len(history)-2:] {
			if e.What != "ranking.Shown" || e.Actor != list[i].To || e.Role != list[i].Role || e.Position != list[i].Position {
				t.Errorf("the need's history tells %+v of %+v", e, list[i])
			}
		}
	})
	w.erase(1)
	w.must(w.looks(w.asManager(), 0, ranking.Candidates, 1, 0), "a list with somebody who is being erased")
	w.view(t, func(r projections.Reader) {
		for _, l := range must[[]views.ShownRanking](t)(views.RankingsOf(r, needID(0))) {
			for i, row := range l.Rows {
				if gone := l.Kind != ranking.NearMisses && i == 0; gone != (row.Expert == "") || row.Total == 0 {
					t.Errorf("after the erasure: %s row %d is %+v", l.Kind, i, row)
				}
			}
		}
	})
}

func TestRankingsKeepTheLatest(t *testing.T) {
	w := newWorld(t)
	w.openProgramme(0)
	w.approveHost(0)
	w.toPublished(0, 0)
	for range 2*views.MaxRankingsKept + 1 {
		w.now = w.now.Add(ranking.SameWithin)
		w.must(w.looks(w.asManager(), 0, ranking.Matches), "a list")
	}
	w.view(t, func(r projections.Reader) {
		list := must[[]views.ShownRanking](t)(views.RankingsOf(r, needID(0)))
		if len(list) != views.MaxRankingsKept+1 || !list[len(list)-1].At.Equal(w.now) {
			t.Errorf("%d lists are kept, the last of %v", len(list), list[len(list)-1].At)
		}
		if gap := list[1].At.Sub(list[0].At); gap != ranking.SameWithin {
			t.Errorf("a list is missing: %v", gap)
		}
	})
}
