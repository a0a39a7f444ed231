package text_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/matcher/text"
)

var builtin = sync.OnceValue(func() *text.Reader { return text.NewReader(taxonomy.Builtin()) })

func find(t *testing.T, s string, in domain.Language) []text.Found {
	t.Helper()
	found, err := builtin().Skills(s, in)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// first is the surest find, by skill, words and kind.
func TestWhatIsFoundAndByWhichWords(t *testing.T) {
	for _, c := range []struct {
		in     domain.Language
		text   string
		skill  domain.Skill
		words  string
		kind   text.Kind
		atBest domain.Score
	}{
		{"en", "She knows Midwifery Care.", "health.midwifery", "Midwifery Care", text.ByLabel, domain.One},
		{"en", "solid-waste management, and recycling", "infra.solid-waste", "solid-waste management, and recycling", text.ByLabel, domain.One},
		{"en", "He repaired medical devices.", "health.biomedical-engineering", "medical devices", text.BySynonym, 9000},
		{"en", "Business plans written", "ent.business-plan", "Business plans", text.ByPart, 7000},
		{"en", "curricula, curriculum developments", "education.curriculum-development", "curriculum developments", text.ByLabel, domain.One},
		{"nl", "Ervaring met HYGIËNEPROMOTIE en anders niets", "infra.hygiene-promotion", "HYGIËNEPROMOTIE", text.ByLabel, domain.One},
		{"nl", "hygienepromotie", "infra.hygiene-promotion", "hygienepromotie", text.ByLabel, domain.One},
		{"nl-BE", "verloskunde en gynaecologie", "health.obstetrics-gynaecology", "verloskunde en gynaecologie", text.ByLabel, domain.One},
		{"nl", "Ik werkte in legislative drafting", "rol.legislative-drafting", "legislative drafting", text.ByLabel, domain.One},
		{"so", "Legislative drafting", "rol.legislative-drafting", "Legislative drafting", text.ByLabel, domain.One},
		{"nl", "cursus landbouwmechanisatiesystemen", "agri.mechanisation", "landbouwmechanisatiesystemen", text.ByLetters, domain.One},
	} {
		found := find(t, c.text, c.in)
		if len(found) == 0 || found[0].Skill != c.skill || found[0].Words != c.words || found[0].Kind != c.kind || found[0].Score > c.atBest {
			t.Errorf("%s %q: %+v", c.in, c.text, found)
		}
	}
}

func TestAbbreviationsStandAsTheyAreWritten(t *testing.T) {
	if found := find(t, "Tot ziens, tot dan", "nl"); len(found) != 0 {
		t.Errorf("a common word is taken for an abbreviation: %+v", found)
	}
	if found := find(t, "Gaf een ToT in 2019", "nl"); len(found) != 2 || found[0].Words != "ToT" || found[1].Words != "ToT" { // of two sectors
		t.Errorf("%+v", found)
	}
}

func TestNamesDoNotCrossSentences(t *testing.T) {
	for _, s := range []string{"legislative. drafting", "legislative\ndrafting", "• legislative\n• drafting", "legislative; drafting"} {
		for _, f := range find(t, s, "en") {
			if f.Skill == "rol.legislative-drafting" && f.Kind == text.ByLabel {
				t.Errorf("%q: %+v", s, f)
			}
		}
	}
}

// "cold chain" belongs to three skills; what else the text speaks of tells which.
func TestTheTextTellsWhichOfSeveralIsMeant(t *testing.T) {
	score := func(s string, skill domain.Skill) domain.Score {
		for _, f := range find(t, s, "en") {
			if f.Skill == skill {
				return f.Score
			}
		}
		return 0
	}
	const health, farm = "Epidemiology and disease surveillance. Cold chain.", "Cold chain. Poultry production, beekeeping."
	if a, b := score(health, "health.vaccination-programmes"), score(health, "agri.dairy"); a <= b {
		t.Errorf("in a text on health: vaccination %s, dairy %s", a, b)
	}
	if a, b := score(farm, "health.vaccination-programmes"), score(farm, "agri.dairy"); a >= b {
		t.Errorf("in a text on farming: vaccination %s, dairy %s", a, b)
	}
}

func TestNothingIsFoundInNothing(t *testing.T) {
	for _, s := range []string{"", " \n\t", "!?…", "the of and", "12345 6789", strings.Repeat("x", text.MaxBytes)} {
		if found := find(t, s, "en"); len(found) != 0 {
			t.Errorf("%.20q: %+v", s, found)
		}
	}
}

func TestTextsBeyondTheBoundAreRefusedWithoutTheirWords(t *testing.T) {
	for _, s := range []string{strings.Repeat("secret ", text.MaxBytes/7+1), "secret \xff"} {
		found, err := builtin().Skills(s, "en")
		if domain.AsRefusals(err) == nil || found != nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, %v", found, err)
		}
	}
	if _, err := builtin().Skills(strings.Repeat("a", text.MaxBytes+1), "en"); !errors.Is(err, text.ErrTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestSkillsAreAtMostMaxFound(t *testing.T) {
	var b strings.Builder
	for _, s := range taxonomy.Builtin().Skills() {
		b.WriteString(s.English + "\n")
	}
	if found := find(t, b.String(), "en"); len(found) != text.MaxFound {
		t.Errorf("%d", len(found))
	}
}

// Every label finds its own skill.
func TestEveryLabelIsFound(t *testing.T) {
	for _, s := range taxonomy.Builtin().Skills() {
		for in, label := range map[domain.Language]string{"en": s.English, "nl": s.Dutch} {
			ok := false
			for _, f := range find(t, label, in) {
				ok = ok || f.Skill == s.ID
			}
			if !ok {
				t.Errorf("%s: %q is not found", in, label)
			}
		}
	}
}

func TestReadersAgreeAndMayBeShared(t *testing.T) {
	const s = "Monitoring and evaluation; ultrasound, TB control. Drip irrigation and cold stores. Business planning for starters."
	shared := text.NewReader(taxonomy.Builtin())
	want := find(t, s, "en")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := shared.Skills(s, "en"); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
		})
	}
	wg.Wait()
}

func FuzzSkills(f *testing.F) {
	for _, s := range []string{"Midwifery care.", "ToT & M&E", "e\u0301cho, C++ — R&D\x00", "\xff", strings.Repeat("aa ", 100)} {
		f.Add(s, "nl")
	}
	f.Fuzz(func(t *testing.T, s, in string) {
		found, err := builtin().Skills(s, domain.Language(in))
		if err != nil {
			if domain.AsRefusals(err) == nil || len(s) <= text.MaxBytes && utf8.ValidString(s) {
				t.Fatal(err)
			}
			return
		}
		seen := map[domain.Skill]bool{}
		for i, x := range found {
			if x.Score < text.MinScore || x.Score > domain.One || seen[x.Skill] || i > 0 && found[i-1].Score < x.Score {
				t.Fatalf("%+v", found)
			}
			if x.Words == "" || s[x.From:x.To] != x.Words {
				t.Fatalf("%q is not what stands at %d to %d", x.Words, x.From, x.To)
			}
			seen[x.Skill] = true
		}
	})
}

func BenchmarkTermsOfReference(b *testing.B) {
	s := strings.Repeat("Train staff in ultrasound diagnosis and on-the-job support; write a handbook on infection prevention.\n", 60)
	builtin()
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		if _, err := builtin().Skills(s, "en"); err != nil {
			b.Fatal(err)
		}
	}
}
