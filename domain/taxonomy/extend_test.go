package taxonomy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// smallList is the list of taxonomy_test.go: Surgery a, Eye surgery b, Cataract
// surgery c.
func smallList(t *testing.T) *taxonomy.Taxonomy {
	t.Helper()
	list, err := taxonomy.Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// extension adopts b and adds two skills, 3 and 4.
func extension(base string) taxonomy.Extension {
	return taxonomy.Extension{
		Base: base, Digest: "00ff",
		Adopted: []taxonomy.Adopted{{Skill: "b", Also: "esco.eye", ESCO: "http://x/eye", Names: []taxonomy.Names{
			{Language: "de", Label: "Augenchirurgie"}, {Language: "en", Label: "eye surgery", Synonyms: []string{"ophthalmic surgery"}},
		}}},
		Skills: []taxonomy.Skill{
			{ID: "esco.lens", English: "lens grinding", Synonyms: []string{"grind lenses"}, Broader: []domain.Skill{"esco.eye"}},
			{ID: "esco.frame", English: "frame fitting", Names: []taxonomy.Names{{Language: "de", Label: "Brillenanpassung"}}},
		},
		Titles: map[domain.ISCO]string{"3254": "Dispensing opticians"},
		Occupations: []taxonomy.Occupation{
			{ISCO: "3254", Essential: []taxonomy.Index{3, 4}},
			{ISCO: "3254", Essential: []taxonomy.Index{3, 4}},
			{ISCO: "3254", Essential: []taxonomy.Index{3}, Optional: []taxonomy.Index{1, 4}},
		},
		Near: [][]taxonomy.Neighbour{
			{}, {{Skill: 3, Score: 10000, Relation: taxonomy.Narrower}, {Skill: 4, Score: 900, Relation: taxonomy.CoOccurring}}, {},
			{{Skill: 1, Score: 6000, Relation: taxonomy.Broader}, {Skill: 4, Score: 4000, Relation: taxonomy.CoOccurring}},
			{{Skill: 3, Score: 4000, Relation: taxonomy.CoOccurring}},
		},
	}
}

func TestExtend(t *testing.T) {
	base := smallList(t)
	list, err := base.Extend(extension(base.Version()))
	if err != nil {
		t.Fatal(err)
	}
	if list.Len() != 5 || base.Len() != 3 || base.Has("esco.eye") || len(base.Named("ophthalmic surgery")) != 0 {
		t.Fatal("the list that is extended changes, or the extension is not whole")
	}
	if list.Version() != base.Version()+"/esco+00ff" {
		t.Errorf("version %s", list.Version())
	}
	for i := range base.Len() {
		if list.At(taxonomy.Index(i)).ID != base.At(taxonomy.Index(i)).ID {
			t.Errorf("index %d moves", i)
		}
	}
	if b, _ := list.Index("b"); mustIndex(t, list, "esco.eye") != b {
		t.Error("an adopted id leads elsewhere")
	}
	if got := list.Named("Ophthalmic surgery"); !slices.Equal(got, []domain.Skill{"b"}) {
		t.Errorf("adopted names: %v", got)
	}
	for in, want := range map[domain.Language]string{"de": "Augenchirurgie", "de-AT": "Augenchirurgie", "fr": "Eye surgery", "en": "Eye surgery"} {
		if got := list.Label("b", in); got != want {
			t.Errorf("label in %s: %q", in, got)
		}
	}
	if list.Occupation("3254") != "Dispensing opticians" {
		t.Error("titles are not taken over")
	}
}

func mustIndex(t *testing.T, list *taxonomy.Taxonomy, id domain.Skill) taxonomy.Index {
	t.Helper()
	i, ok := list.Index(id)
	if !ok {
		t.Fatalf("%s is not listed", id)
	}
	return i
}

func TestEvidence(t *testing.T) {
	base := smallList(t)
	list, err := base.Extend(extension(base.Version()))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		required, offered domain.Skill
		want              string
	}{
		{"esco.lens", "esco.lens", "the skill itself"},
		{"b", "esco.eye", "the skill itself"},
		{"b", "esco.lens", "narrower than Eye surgery"},
		{"esco.lens", "b", "broader than lens grinding"},
		{"esco.lens", "esco.frame", "both are essential for 2 of 3 occupations of ISCO 3254 (Dispensing opticians)"},
		{"b", "esco.frame", "both are asked for by 1 of 3 occupations of ISCO 3254 (Dispensing opticians)"},
		{"a", "esco.frame", ""},
	} {
		if got := list.Evidence(c.required, c.offered); got != c.want {
			t.Errorf("%s by %s: %q, want %q", c.required, c.offered, got, c.want)
		}
	}
}

func TestExtensionsThatContradictThemselvesAreRefused(t *testing.T) {
	base := smallList(t)
	for name, c := range map[string]struct {
		change func(*taxonomy.Extension)
		want   string
	}{
		"other list":         {func(x *taxonomy.Extension) { x.Base = "t+0" }, "is for list t+0"},
		"unknown skill":      {func(x *taxonomy.Extension) { x.Adopted[0].Skill = "z" }, "z cannot also be"},
		"taken id":           {func(x *taxonomy.Extension) { x.Adopted[0].Also = "a" }, "cannot also be"},
		"foreign id":         {func(x *taxonomy.Extension) { x.Skills[0].ID = "lens" }, "does not begin with"},
		"doubled id":         {func(x *taxonomy.Extension) { x.Skills[1].ID = "esco.lens" }, "doubled"},
		"unknown broader":    {func(x *taxonomy.Extension) { x.Skills[0].Broader[0] = "esco.z" }, "unknown broader"},
		"missing list":       {func(x *taxonomy.Extension) { x.Near = x.Near[1:] }, "neighbours of 4 skills"},
		"itself":             {func(x *taxonomy.Extension) { x.Near[4][0].Skill = 4 }, "impossible neighbour"},
		"beyond":             {func(x *taxonomy.Extension) { x.Near[4][0].Skill = 5 }, "impossible neighbour"},
		"too much":           {func(x *taxonomy.Extension) { x.Near[4][0].Score = 10001 }, "impossible neighbour"},
		"nothing":            {func(x *taxonomy.Extension) { x.Near[4][0].Score = 0 }, "impossible neighbour"},
		"no relation":        {func(x *taxonomy.Extension) { x.Near[4][0].Relation = taxonomy.Unrelated }, "impossible neighbour"},
		"unknown relation":   {func(x *taxonomy.Extension) { x.Near[4][0].Relation = 99 }, "impossible neighbour"},
		"unsorted":           {func(x *taxonomy.Extension) { slices.Reverse(x.Near[3]) }, "impossible neighbour"},
		"too many":           {func(x *taxonomy.Extension) { x.Near[0] = make([]taxonomy.Neighbour, taxonomy.MaxNeighbours+1) }, "has 21 neighbours"},
		"malformed ISCO":     {func(x *taxonomy.Extension) { x.Occupations[0].ISCO = "32" }, "ISCO"},
		"skill of nowhere":   {func(x *taxonomy.Extension) { x.Occupations[0].Optional = []taxonomy.Index{9} }, "which is not there"},
		"malformed of skill": {func(x *taxonomy.Extension) { x.Skills[0].ISCO = []domain.ISCO{"x"} }, "malformed ISCO"},
	} {
		x := extension(base.Version())
		c.change(&x)
		if _, err := base.Extend(x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
