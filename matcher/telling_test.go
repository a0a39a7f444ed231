package matcher_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/matcher"
)

var update = flag.Bool("update", false, "write testdata/*.golden")

// Three verdicts as each of the three readers gets them.
func TestTellings(t *testing.T) {
	e, n, p := base()
	good := matcher.Explain(e, n, p, today)

	e.Skills = []domain.SkillClaim{{Skill: "health.srhr", Level: domain.Proficient}, {Skill: "education.training-of-trainers", Level: domain.Basic}}
	e.Languages = e.Languages[1:]
	e.Available[0].MaxWeeks = 3
	near := matcher.Explain(e, n, p, today)

	e, n, p = base()
	e.Heritage, e.Consent, e.Conflicts, e.Residence = nil, false, []domain.InstitutionID{"host-a"}, ""
	n.HostAtCapacity, n.MinYears = true, 11
	hopeless := matcher.Explain(e, n, p, today)

	for name, v := range map[string]matcher.Verdict{"good": good, "near": near, "hopeless": hopeless} {
		v.Basis.Taxonomy, v.Basis.Position = "of this test", 1234
		host, err := json.MarshalIndent(matcher.ForHost(v), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got := "# For the expert\n" + strings.Join(matcher.ForExpert(v), "\n") +
			"\n\n# For the host\n" + string(host) +
			"\n\n# For the manager\n" + strings.Join(matcher.ForManager(v), "\n") + "\n"
		file := "testdata/" + name + ".golden"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s (write it with -update if that is meant):\n%s", file, got)
		}
	}
}

// What lies between a person and the programme is not the host's to read.
func TestTheHostIsNotToldPrivateReasons(t *testing.T) {
	for _, spoil := range []func(*matcher.Expert){
		func(e *matcher.Expert) { e.Consent = false },
		func(e *matcher.Expert) { e.Suspended = true },
		func(e *matcher.Expert) { e.Active = false },
		func(e *matcher.Expert) { e.Heritage = nil },
		func(e *matcher.Expert) { e.Heritage[0].Checked = false },
		func(e *matcher.Expert) { e.Residence = "US" },
		func(e *matcher.Expert) { e.Conflicts = []domain.InstitutionID{"host-a"} },
		func(e *matcher.Expert) { e.Rulings = []matcher.Ruling{{Programme: "p"}} },
	} {
		e, n, p := base()
		spoil(&e)
		v := matcher.Explain(e, n, p, today)
		h := matcher.ForHost(v)
		if h.Eligible || len(h.Notes) != 1 || h.Notes[0] != "The programme has not cleared this person for the need." {
			t.Errorf("%s: the host reads %q", v.Failures[0].Code, h.Notes)
		}
	}
}

func TestNoTellingSpeaksOfAnotherCandidate(t *testing.T) {
	x, persons, needs := crowd(60)
	for _, n := range needs {
		for i, p := range persons {
			v, _ := x.Explain(p.ID, n.ID, today)
			host, err := json.Marshal(matcher.ForHost(v))
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(matcher.ForExpert(v), "\n") + string(host) + strings.Join(matcher.ForManager(v), "\n")
			other := persons[(i+1)%len(persons)]
			for _, q := range []demo.Person{p, other} {
				if strings.Contains(all, string(q.ID)) || strings.Contains(all, q.Name) || strings.Contains(all, q.Email) {
					t.Fatalf("a telling about %s names %s", p.ID, q.ID)
				}
			}
		}
	}
}

func TestLanguageNames(t *testing.T) {
	for tag, want := range map[domain.Language]string{"ckb": "Sorani Kurdish", "ar-IQ": "Arabic (ar-IQ)", "tlh": "tlh"} {
		if got := matcher.LanguageName(tag); got != want {
			t.Errorf("%s is %q, want %q", tag, got, want)
		}
	}
}
