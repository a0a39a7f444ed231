package demo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/internal/demo"
)

var (
	update = flag.Bool("update", false, "write testdata/people.golden")
	start  = domain.NewDate(2026, 11, 22)
)

func TestTheSameSeedGivesTheSamePeople(t *testing.T) {
	people := demo.Generate(1, 500, start)
	digest := sha256.New()
	if err := json.NewEncoder(digest).Encode(people); err != nil {
		t.Fatal(err)
	}
	got := hex.EncodeToString(digest.Sum(nil)) + "\n"
	const golden = "testdata/people.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("seed 1 gives other people now: %s (write it with -update if that is meant)", got)
	}
	if few := demo.Generate(1, 10, start); !reflect.DeepEqual(few, people[:10]) {
		t.Error("person i depends on how many are asked for")
	}
	if other := demo.Generate(2, 10, start); reflect.DeepEqual(other[0].Profile, people[0].Profile) || other[0].ID == people[0].ID {
		t.Error("another seed gives the same person")
	}
}

func TestPeopleAreWellFormedAndMixed(t *testing.T) {
	people := demo.Generate(7, 2000, start)
	heritage, homes, sectors := map[domain.Country]int{}, map[domain.Country]int{}, map[domain.Sector]int{}
	ids, mails, women := map[domain.ExpertID]bool{}, map[string]bool{}, 0
	tax := taxonomy.Builtin()
	for _, p := range people {
		f := p.Profile
		if !domain.ValidID(p.ID) || ids[p.ID] || mails[p.Email] || !strings.HasSuffix(p.Email, "@example.org") || p.Name == "" || p.Motivation == "" {
			t.Fatalf("identity of %s", p.ID)
		}
		ids[p.ID], mails[p.Email] = true, true
		heritage[f.Heritage[0].Country]++
		homes[f.Residence]++
		if p.Gender == "woman" {
			women++
		}
		if age := 2026 - p.BirthYear; age < 22 || age > 75 {
			t.Errorf("%s is %d years old", p.ID, age)
		}
		if !f.Occupation.Valid() || len(f.Skills) < 2 || len(f.Languages) < 1 || f.Confirmed > start {
			t.Errorf("profile of %s: %+v", p.ID, f)
		}
		for _, s := range f.Skills {
			skill, ok := tax.Skill(s.Skill)
			if !ok || !s.Level.Valid() || s.Years > f.TotalYears {
				t.Errorf("skill %+v of %s", s, p.ID)
			}
			sectors[skill.Sector]++
		}
		for _, l := range f.Languages {
			if !l.Language.Valid() || !l.Level.Valid() {
				t.Errorf("language %+v of %s", l, p.ID)
			}
		}
		for i, a := range f.Available {
			if a.Period.Check() != nil || i > 0 && a.Period.From <= f.Available[i-1].Period.To {
				t.Errorf("availability %+v of %s", f.Available, p.ID)
			}
		}
	}
	if len(heritage) != 11 || homes["NL"] < 1000 || len(homes) < 6 || len(sectors) != 7 || women < 600 || women > 1000 {
		t.Errorf("mix: heritage %v, homes %v, sectors %v, %d women", heritage, homes, sectors, women)
	}
}

func TestTermsAreWholeAndInTheListsOfTheDomain(t *testing.T) {
	terms := demo.Terms(start)
	if len(terms) != 47 {
		t.Fatalf("%d Terms of Reference", len(terms))
	}
	hosts := map[domain.InstitutionID]demo.Institution{}
	for _, h := range demo.Institutions() {
		if _, doubled := hosts[h.ID]; doubled || !domain.ValidID(h.ID) || !slices.Contains(institution.Types, institution.Type(h.Type)) || !h.Country.Valid() {
			t.Errorf("institution %+v", h)
		}
		hosts[h.ID] = h
	}
	if len(hosts) < 40 || len(hosts) >= 47 {
		t.Errorf("%d institutions", len(hosts))
	}
	tax := taxonomy.Builtin()
	for _, n := range terms {
		host, ok := hosts[n.Institution]
		if !ok || host.Country != n.Country || host.Name != n.Host || !slices.Contains(host.Sectors, n.Sector) {
			t.Errorf("%s: host %+v", n.Reference, host)
		}
		if !domain.ValidID(n.ID) || !n.Sector.Valid() || !n.Modality.Valid() || !n.CRS.Valid() || tax.Occupation(n.Occupation) == "" || n.Positions < 1 {
			t.Errorf("%s: %+v", n.Reference, n)
		}
		if n.Window.Period.Check() != nil || n.Window.MinWeeks < 1 || n.Window.MaxWeeks < n.Window.MinWeeks || int(n.Window.MaxWeeks)*7 > n.Window.Period.Days() {
			t.Errorf("%s: window %+v", n.Reference, n.Window)
		}
		if n.Deadline <= start || n.Decision <= n.Deadline || n.Window.Period.From <= n.Decision {
			t.Errorf("%s: dates %s %s %s", n.Reference, n.Deadline, n.Decision, n.Window.Period)
		}
		if len(n.Skills) == 0 || len(n.Languages) == 0 || len(n.Transfer) == 0 || len(n.Tasks) == 0 || len(n.Outputs) == 0 || n.Objective == "" {
			t.Errorf("%s is not whole", n.Reference)
		}
		for _, s := range n.Skills {
			if !tax.Has(s.Skill) || !s.MinLevel.Valid() || !s.Importance.Valid() {
				t.Errorf("%s: skill %+v", n.Reference, s)
			}
		}
		for _, l := range n.Languages {
			if !l.Language.Valid() || !l.MinLevel.Valid() || !l.Purpose.Valid() {
				t.Errorf("%s: language %+v", n.Reference, l)
			}
		}
	}
}

func TestAHundredThousandPeopleInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("generating 100,000 people takes a second: run without -short")
	}
	begun := time.Now()
	demo.Generate(1, 100_000, start)
	took := time.Since(begun)
	t.Logf("100,000 people in %v", took)
	if took > 10*time.Second { // the bar is 2 s on a quiet core; this only catches a collapse
		t.Errorf("100,000 people took %v", took)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for i := range b.N {
		demo.One(1, i, start)
	}
}
