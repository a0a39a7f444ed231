package taxonomy_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

var update = flag.Bool("update", false, "add new ids to testdata/ids.golden")

// Ids live in the log for ever: one may be added, none may go.
func TestIdsAreFrozen(t *testing.T) {
	const golden = "testdata/ids.golden"
	file, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	tax := taxonomy.Builtin()
	frozen := strings.Fields(string(file))
	for _, id := range frozen {
		if !tax.Has(domain.Skill(id)) {
			t.Errorf("%s was published and is gone: an id is never removed", id)
		}
	}
	for _, s := range tax.Skills() {
		if slices.Contains(frozen, string(s.ID)) {
			continue
		}
		if !*update {
			t.Errorf("%s is new: freeze it with go test ./domain/taxonomy -update", s.ID)
		}
		frozen = append(frozen, string(s.ID))
	}
	if *update {
		var b bytes.Buffer
		for _, id := range frozen {
			b.WriteString(id + "\n")
		}
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBuiltinIsWholeAndWellFormed(t *testing.T) {
	tax := taxonomy.Builtin()
	if tax.Len() < 229 {
		t.Fatalf("%d skills, want at least 229", tax.Len())
	}
	if len(tax.Groups()) != len(domain.Sectors)+1 {
		t.Fatalf("%d groups", len(tax.Groups()))
	}
	for _, sector := range append(slices.Clone(domain.Sectors), taxonomy.Transversal) {
		if len(tax.OfSector(sector)) == 0 {
			t.Errorf("no skills in %s", sector)
		}
	}
	if tax.OfSector("magic") != nil {
		t.Error("a sector that is not there has skills")
	}
	for i, s := range tax.Skills() {
		if s.Dutch == "" || s.Cluster == "" || len(s.ISCO) == 0 || s.Sector == "" {
			t.Errorf("%s is not complete: %+v", s.ID, s)
		}
		for _, o := range s.ISCO {
			if tax.Occupation(o) == "" {
				t.Errorf("%s: ISCO %s has no title", s.ID, o)
			}
		}
		if got, ok := tax.Index(s.ID); !ok || int(got) != i || tax.At(got).ID != s.ID {
			t.Errorf("%s: index %d, want %d", s.ID, got, i)
		}
	}
	if !slices.IsSorted(tax.Occupations()) || len(tax.Occupations()) < 130 {
		t.Errorf("occupations: %d", len(tax.Occupations()))
	}
}

func TestNames(t *testing.T) {
	tax := taxonomy.Builtin()
	for text, want := range map[string][]domain.Skill{
		"Midwifery care":              {"health.midwifery"},
		"  ob GYN ":                   {"health.obstetrics-gynaecology"},
		"verloskunde en gynaecologie": {"health.obstetrics-gynaecology"},
		"cold chain":                  {"health.pharmacy-supply-chain", "health.vaccination-programmes", "agri.dairy"},
		"M&E":                         {"rol.monitoring-evaluation", "x.monitoring-evaluation"},
		"astrology":                   nil,
		"":                            nil,
	} {
		if got := tax.Named(text); !slices.Equal(got, want) {
			t.Errorf("Named(%q) = %v, want %v", text, got, want)
		}
	}
	if got := tax.Label("health.midwifery", "nl"); got != "verloskunde (verloskundige)" {
		t.Errorf("Dutch label %q", got)
	}
	if got := tax.Label("health.midwifery", "so"); got != "Midwifery care" {
		t.Errorf("fallback label %q", got)
	}
	if got := tax.Label("old.gone", "en"); got != "old.gone" {
		t.Errorf("label of an unknown id %q", got)
	}
}

func TestSimilarityOfTheBuiltinList(t *testing.T) {
	tax := taxonomy.Builtin()
	for _, c := range []struct {
		required, offered domain.Skill
		score             domain.Score
		relation          taxonomy.Relation
	}{
		{"health.midwifery", "health.midwifery", domain.One, taxonomy.Equal},
		{"not.listed", "not.listed", domain.One, taxonomy.Equal},
		{"education.training-of-trainers", "x.training-of-trainers", 9000, taxonomy.Namesake},
		{"agri.horticulture", "agri.greenhouse-protected", 4000, taxonomy.SameUnit},
		{"agri.plant-breeding-seed", "agri.agricultural-research", 2000, taxonomy.SameOccupation},
		{"health.midwifery", "infra.road-engineering", 0, taxonomy.Unrelated},
		{"health.midwifery", "not.listed", 0, taxonomy.Unrelated},
	} {
		score, relation := tax.Similarity(c.required, c.offered)
		if score != c.score || relation != c.relation {
			t.Errorf("%s by %s: %v %v, want %v %v", c.required, c.offered, score, relation, c.score, c.relation)
		}
	}
	for i := range tax.Len() {
		near := tax.Neighbours(taxonomy.Index(i))
		if len(near) > taxonomy.MaxNeighbours {
			t.Fatalf("%s has %d neighbours", tax.At(taxonomy.Index(i)).ID, len(near))
		}
		for n, x := range near {
			if x.Skill == taxonomy.Index(i) || x.Score == 0 || x.Relation == taxonomy.Unrelated || n > 0 && near[n-1].Score < x.Score {
				t.Fatalf("%s: bad neighbour %+v", tax.At(taxonomy.Index(i)).ID, x)
			}
		}
	}
}

const small = `{"version":"t","isco_titles":{},"sectors":[{"id":"health","name":"Health","meta":"","skills":[
 {"id":"a","cluster":"c","label_en":"Surgery","label_nl":"","isco08":["2212"],"synonyms":[]},
 {"id":"b","cluster":"d","label_en":"Eye surgery","label_nl":"","isco08":["2267"],"synonyms":[],"broader":["a"]},
 {"id":"c","cluster":"e","label_en":"Cataract surgery","label_nl":"","isco08":[],"synonyms":[],"broader":["b"]}]}]}`

func TestNarrowerCoversWhollyAndBroaderInPart(t *testing.T) {
	tax, err := taxonomy.Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		required, offered domain.Skill
		score             domain.Score
		relation          taxonomy.Relation
	}{
		{"a", "b", domain.One, taxonomy.Narrower},
		{"a", "c", domain.One, taxonomy.Narrower},
		{"c", "a", 6000, taxonomy.Broader},
		{"b", "a", 6000, taxonomy.Broader},
	} {
		if score, relation := tax.Similarity(c.required, c.offered); score != c.score || relation != c.relation {
			t.Errorf("%s by %s: %v %v", c.required, c.offered, score, relation)
		}
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"broader":["b"]`, `"broader":["z"]`, "unknown broader skill z"},
		{`"id":"b"`, `"id":"a"`, `skill "a" is doubled`},
		{`["2267"]`, `["22x7"]`, "malformed ISCO"},
		{`{"version"`, `{{"version"`, "taxonomy:"},
	} {
		_, err := taxonomy.Parse([]byte(strings.Replace(small, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.new, err)
		}
	}
}

func TestVersionFollowsTheBytes(t *testing.T) {
	a, _ := taxonomy.Parse([]byte(small))
	b, _ := taxonomy.Parse([]byte(strings.Replace(small, "Surgery", "Surgery!", 1)))
	if a.Version() == b.Version() || !strings.HasPrefix(a.Version(), "t+") {
		t.Errorf("versions %s and %s", a.Version(), b.Version())
	}
}

// list makes a taxonomy file of n skills.
func list(n int, skill func(i int) string) []byte {
	var b strings.Builder
	b.WriteString(`{"version":"t","sectors":[{"id":"health","skills":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(skill(i))
	}
	b.WriteString(`]}]}`)
	return []byte(b.String())
}

func TestNeighboursAreCutToTheirBound(t *testing.T) {
	tax, err := taxonomy.Parse(list(taxonomy.MaxNeighbours+5, func(i int) string {
		return fmt.Sprintf(`{"id":"s%d","cluster":"c","label_en":"Skill %d","isco08":["2212"]}`, i, i)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(tax.Neighbours(0)); got != taxonomy.MaxNeighbours {
		t.Errorf("%d neighbours", got)
	}
	if score, _ := tax.Similarity("s0", "s20"); score != 4000 {
		t.Errorf("the last neighbour within the bound: %s", score)
	}
	if score, relation := tax.Similarity("s0", "s21"); score != 0 || relation != taxonomy.Unrelated {
		t.Errorf("the first beyond the bound: %s %s", score, relation)
	}
}

func TestTooManySkills(t *testing.T) {
	skill := func(i int) string { return fmt.Sprintf(`{"id":"s%d","cluster":"c%d","label_en":"Skill %d"}`, i, i, i) }
	if _, err := taxonomy.Parse(list(taxonomy.MaxSkills, skill)); err != nil {
		t.Errorf("at the bound: %v", err)
	}
	if _, err := taxonomy.Parse(list(taxonomy.MaxSkills+1, skill)); err == nil {
		t.Error("beyond the bound: no error")
	}
}

func TestBroaderIsFollowedFourSteps(t *testing.T) {
	tax, err := taxonomy.Parse(list(6, func(i int) string {
		broader := ""
		if i > 0 {
			broader = fmt.Sprintf(`,"broader":["s%d"]`, i-1)
		}
		return fmt.Sprintf(`{"id":"s%d","cluster":"c%d","label_en":"Skill %d"%s}`, i, i, i, broader)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if score, relation := tax.Similarity("s0", "s4"); score != domain.One || relation != taxonomy.Narrower {
		t.Errorf("four steps: %s %s", score, relation)
	}
	if score, relation := tax.Similarity("s0", "s5"); score != 0 || relation != taxonomy.Unrelated {
		t.Errorf("five steps: %s %s", score, relation)
	}
}

func TestRelationsReadBack(t *testing.T) {
	for r := taxonomy.Unrelated; r <= taxonomy.CoOccurring; r++ {
		text, err := r.MarshalText()
		var back taxonomy.Relation
		if err != nil || back.UnmarshalText(text) != nil || back != r {
			t.Errorf("%s reads back as %s", r, back)
		}
	}
	var r taxonomy.Relation
	if err := r.UnmarshalText([]byte("cousin")); !errors.Is(err, domain.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}
