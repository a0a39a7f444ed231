package views_test

import (
	"context"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Needs are found by what the loaded list calls their skills, also after the Terms
// of Reference change.
func TestNeedsAreFoundByTheNamesOfTheLoadedList(t *testing.T) {
	builtin := taxonomy.Builtin()
	list, err := builtin.Extend(taxonomy.Extension{
		Base: builtin.Version(), Digest: "test", Near: make([][]taxonomy.Neighbour, builtin.Len()+2),
		Skills: []taxonomy.Skill{
			{ID: "esco.s3", English: "taste saffron", Names: []taxonomy.Names{{Language: "nl", Label: "saffraan proeven"}}},
			{ID: "esco.s4", English: "grind peppercorns"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.openProgramme(0)
	w.approveHost(0)
	asks := func(s domain.Skill) need.Terms {
		terms := w.terms()
		terms.Skills = []domain.SkillRequirement{{Skill: s, MinLevel: domain.Working, Importance: domain.Essential}}
		return terms
	}
	w.must(w.need(0, need.Draft{Stamp: w.asHost(), Need: needID(0), Programme: programmeID(0), Institution: hostID(0), Country: "SO", Terms: asks("esco.s3")}), "draft")
	found := func(over []projections.View, text string) int {
		engine := memory.New(views.Tables()...)
		if err := projections.Replay(context.Background(), projections.Config{Engine: engine, Views: over}, each(w.live)); err != nil {
			t.Fatal(err)
		}
		n := 0
		read(t, engine, func(r projections.Reader) error {
			page, err := views.FindNeeds(r, views.NeedQuery{Text: text}, ten)
			n = len(page.Rows)
			return err
		})
		return n
	}
	for _, word := range []string{"saffron", "saffraan", "Hargeisa saffron"} {
		same(t, word, found(views.Over(list), word), 1)
	}
	same(t, "over the built-in list", found(views.All(), "saffron"), 0)
	same(t, "another skill", found(views.Over(list), "peppercorns"), 0)
	w.must(w.need(0, need.Revise{Stamp: w.asHost(), Terms: asks("esco.s4")}), "revise")
	same(t, "the new skill", found(views.Over(list), "peppercorns"), 1)
	same(t, "the old skill", found(views.Over(list), "saffron"), 0)
}
