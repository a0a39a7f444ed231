package esco

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

func TestImportOfTheFixture(t *testing.T) {
	report, list, _ := imported(t, folder(t, fixture()))
	if report.Concepts != 7 || report.Occupations != 5 || report.Relations != 9 || report.Skipped != (Skipped{Obsolete: 2, Dangling: 2}) {
		t.Errorf("%+v", report)
	}
	if report.Skills != taxonomy.Builtin().Len()+6 || report.Skills != list.Len() || report.Version != list.Version() {
		t.Errorf("%d skills of %s, loaded %d of %s", report.Skills, report.Version, list.Len(), list.Version())
	}
	if !slices.Equal(report.Languages, []domain.Language{"en", "nl"}) || len(report.Mappings) != taxonomy.Builtin().Len() {
		t.Errorf("languages %v, %d mappings", report.Languages, len(report.Mappings))
	}
	for _, c := range []struct {
		skill domain.Skill
		in    domain.Language
		want  string
	}{
		{"esco.s3", "en", "blend spices"}, {"esco.s3", "nl", "specerijen mengen"}, {"esco.s4", "nl", "grind pepper"},
		{"health.cardiology", "en", "Cardiology"}, {"esco.s1", "en", "Cardiology"},
	} {
		if got := list.Label(c.skill, c.in); got != c.want {
			t.Errorf("%s in %s: %q", c.skill, c.in, got)
		}
	}
	if got := list.Named("Heart doctoring"); !slices.Equal(got, []domain.Skill{"health.cardiology"}) {
		t.Errorf("adopted name: %v", got)
	}
	if got := list.Named("kruiden mengen"); !slices.Equal(got, []domain.Skill{"esco.s3"}) {
		t.Errorf("Dutch name: %v", got)
	}
	spices, _ := list.Skill("esco.s5")
	if spices.Cluster != "handling spices" || !slices.Equal(spices.Broader, []domain.Skill{"esco.s4"}) || spices.ESCO != s+"s5" {
		t.Errorf("%+v", spices)
	}
}

func TestWhatIsMapped(t *testing.T) {
	report, _, _ := imported(t, folder(t, fixture()))
	got := map[domain.Skill]How{}
	for _, m := range report.Mappings {
		if m.How != NotMapped {
			got[m.Skill] = m.How
		}
	}
	want := map[domain.Skill]How{
		"health.cardiology":            ByLabel,
		"ent.marketing-sales":          ByPart,
		"health.pharmacy-supply-chain": ByName, // and not the dairy, whose occupations do not ask for a cold chain here
	}
	for id, how := range want {
		if got[id] != how {
			t.Errorf("%s: %q, want %q", id, got[id], how)
		}
	}
	if len(got) != len(want) || report.Mapped != len(want) || report.Same != 1 {
		t.Errorf("%v; %d mapped, %d the same", got, report.Mapped, report.Same)
	}
}

func TestSimilarityOfTheFixture(t *testing.T) {
	_, list, _ := imported(t, folder(t, fixture()))
	for _, c := range []struct {
		required, offered domain.Skill
		score             domain.Score
		relation          taxonomy.Relation
		evidence          string
	}{
		{"esco.s3", "esco.s3", domain.One, taxonomy.Equal, "the skill itself"},
		{"esco.s1", "health.cardiology", domain.One, taxonomy.Equal, "the skill itself"},
		{"esco.s3", "esco.s4", domain.One, taxonomy.Narrower, "narrower than blend spices"},
		{"esco.s3", "esco.s5", domain.One, taxonomy.Narrower, "narrower than blend spices"},
		{"esco.s5", "esco.s3", 6000, taxonomy.Broader, "broader than grind white pepper"},
		{"ent.marketing-sales", "esco.s2", domain.One, taxonomy.Narrower, "narrower than Marketing and sales"},
		{"esco.s2", "ent.marketing-sales", 6000, taxonomy.Broader, "broader than sales"},
		{"health.pharmacy-supply-chain", "esco.s6", 6000, taxonomy.SharedName, "one has the other's name among its synonyms"},
		{"esco.s5", "esco.s6", 0, taxonomy.Unrelated, ""},
		{"agri.horticulture", "agri.greenhouse-protected", 4000, taxonomy.SameUnit, "same cluster, and a shared ISCO unit group"},
	} {
		score, relation := list.Similarity(c.required, c.offered)
		if score != c.score || relation != c.relation || list.Evidence(c.required, c.offered) != c.evidence {
			t.Errorf("%s by %s: %s %s %q", c.required, c.offered, score, relation, list.Evidence(c.required, c.offered))
		}
	}
	score, relation := list.Similarity("esco.s3", "esco.s8")
	if back, _ := list.Similarity("esco.s8", "esco.s3"); relation != taxonomy.CoOccurring || score != back || score <= 0 || score > taxonomy.MaxCoOccurring {
		t.Errorf("blending and tasting: %s %s, back %s", score, relation, back)
	}
	if got, want := list.Evidence("esco.s3", "esco.s8"), "both are essential for 2 of 2 occupations of ISCO 5221 (Shopkeepers)"; got != want {
		t.Errorf("%q", got)
	}
}

func TestTheSameBytesHoweverThePackageLies(t *testing.T) {
	_, _, want := imported(t, folder(t, fixture()))
	_, _, zipped := imported(t, archives(t, fixture()))
	shuffled := fixture()
	for name, content := range shuffled {
		if name == "skills_en.csv" { // has a row of several lines
			continue
		}
		rows := strings.Split(strings.TrimSuffix(content, "\n"), "\n")
		slices.Reverse(rows[1:])
		shuffled[name] = strings.Join(rows, "\r\n")
	}
	_, _, other := imported(t, folder(t, shuffled))
	if !bytes.Equal(want, zipped) || !bytes.Equal(want, other) {
		t.Error("the saved bytes differ")
	}
}

func TestBadRowsAreNamed(t *testing.T) {
	for _, c := range []struct{ file, old, new, field, message string }{
		{"skills_en.csv", s + "s2,sales", s + "s2,", "skills_en.csv:5:preferredLabel", "no label"},
		{"skills_en.csv", s + "s2", s + "S 2", "skills_en.csv:5:conceptUri", "not one of a skill"},
		{"skills_en.csv", s + "s2", s + "s1", "skills_en.csv:5:conceptUri", "twice"},
		{"skills_en.csv", "sales,selling", "sales\xff,selling", "skills_en.csv:5:preferredLabel", "UTF-8"},
		{"skills_en.csv", "sales,selling", "sales,selling,more", "skills_en.csv:5", "more or fewer cells"},
		{"skills_en.csv", "sales,selling", `sa"les,selling`, "skills_en.csv:5", "quotes"},
		{"skills_en.csv", "preferredLabel", "label", "skills_en.csv:1:preferredLabel", "no such column"},
		{"skills_en.csv", "conceptType", "conceptUri", "skills_en.csv:1:conceptUri", "twice"},
		{"skills_en.csv", "selling", strings.Repeat("x", MaxFieldBytes+1), "skills_en.csv:5:altLabels", "65536 bytes"},
		{"skills_nl.csv", s + "s3", "s3", "skills_nl.csv:2:conceptUri", "not one of a skill"},
		{"skillGroups_en.csv", g + "1,", ",", "skillGroups_en.csv:2:conceptUri", "no address"},
		{"ISCOGroups_en.csv", "2212", "22x2", "ISCOGroups_en.csv:3:code", "not one of ISCO-08"},
		{"occupations_en.csv", "o3,5221", "o3,5222", "occupations_en.csv:4:iscoGroup", "not that of a unit group"},
		{"occupations_en.csv", "spice merchant", "", "occupations_en.csv:4:preferredLabel", "no label"},
		{"occupations_en.csv", o + "o3", s + "o3", "occupations_en.csv:4:conceptUri", "not one of an occupation"},
		{"broaderRelationsSkillPillar.csv", s + "s4," + s + "s3", s + "s4," + s + "s4", "broaderRelationsSkillPillar.csv:3:broaderUri", "two concepts"},
		{"occupationSkillRelations.csv", "o3,optional", "o3,helpful", "occupationSkillRelations.csv:6:relationType", "neither essential nor optional"},
		{"occupationSkillRelations.csv", "o3,optional,k," + s + "s2", "o3,optional,k," + s + "s3", "occupationSkillRelations.csv:6:skillUri", "twice"},
		{"occupationSkillRelations.csv", o + "o1", "o1", "occupationSkillRelations.csv:2:occupationUri", "not one of an occupation"},
	} {
		files := fixture()
		files[c.file] = strings.Replace(files[c.file], c.old, c.new, 1)
		_, err := Read(context.Background(), folder(t, files), nil)
		rs := domain.AsRefusals(err)
		if len(rs) == 0 || rs[0].Field != c.field || !strings.Contains(rs[0].Message, c.message) || !errors.Is(err, ErrRow) {
			t.Errorf("%s: got %v; want %s and %q", c.new, err, c.field, c.message)
		}
	}
}

func TestManyBadRowsAreNamedUpToTheBound(t *testing.T) {
	files := fixture()
	files["ISCOGroups_en.csv"] += strings.Repeat("x,y\n", MaxFaults+5)
	_, err := Read(context.Background(), folder(t, files), nil)
	if got := len(domain.AsRefusals(err)); got != MaxFaults {
		t.Errorf("%d faults named", got)
	}
}

func TestPackagesThatAreNotWhole(t *testing.T) {
	for name := range fixture() {
		if name == "skills_nl.csv" {
			continue
		}
		files := fixture()
		delete(files, name)
		_, err := Read(context.Background(), folder(t, files), nil)
		if rs := domain.AsRefusals(err); !errors.Is(err, ErrMissing) || rs[0].Field != name {
			t.Errorf("without %s: %v", name, err)
		}
	}
	both := archives(t, fixture())
	if err := os.WriteFile(filepath.Join(both, "skills_en.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := folder(t, map[string]string{"a.zip": "PK, but no archive"})
	for dir, want := range map[string]error{both: ErrTwice, broken: ErrPackage, filepath.Join(both, "absent"): ErrPackage} {
		if _, err := Read(context.Background(), dir, nil); !errors.Is(err, want) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if _, err := Read(context.Background(), filepath.Join(both, "relations.zip"), nil); !errors.Is(err, ErrMissing) {
		t.Errorf("half of it: %v", err)
	}
}

func TestImportEndsWithItsContextAndLeavesNoFile(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	out := t.TempDir()
	if _, err := Import(ctx, folder(t, fixture()), filepath.Join(out, FileName), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) > 0 {
		t.Errorf("left over: %v, %v", entries, err)
	}
}

func TestProgressIsTold(t *testing.T) {
	last := map[string]float64{}
	_, err := Import(context.Background(), folder(t, fixture()), filepath.Join(t.TempDir(), FileName), func(step string, done float64) {
		if done < last[step] || done > 1 {
			t.Errorf("%s goes from %v to %v", step, last[step], done)
		}
		last[step] = done
	})
	if err != nil || last["reading"] != 1 || last["relating"] != 1 {
		t.Errorf("%v, %v", last, err)
	}
}

func TestLoad(t *testing.T) {
	if list, err := Load(t.TempDir()); err != nil || list != taxonomy.Builtin() {
		t.Errorf("an empty folder gives %v, %v", list, err)
	}
	_, _, good := imported(t, folder(t, fixture()))
	load := func(b []byte) error {
		_, err := Load(folder(t, map[string]string{FileName: string(b)}))
		return err
	}
	for n := range good {
		if n%97 == 0 && !errors.Is(load(good[:n]), ErrDamaged) {
			t.Fatalf("a file cut after %d bytes is taken", n)
		}
	}
	altered := bytes.Clone(good)
	altered[len(altered)/2] ^= 1
	newer := bytes.Clone(good)
	newer[len(magic)]++
	other, err := decode(good)
	if err != nil {
		t.Fatal(err)
	}
	other.Base = "another+list"
	for name, c := range map[string]struct {
		file []byte
		want error
	}{"altered": {altered, ErrDamaged}, "longer": {append(bytes.Clone(good), 0), ErrDamaged}, "newer": {newer, ErrFormat}, "other list": {encode(other), ErrBase}} {
		if err := load(c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead gives the reader any relations and any skills.
func FuzzRead(f *testing.F) {
	files := fixture()
	f.Add(files["skills_en.csv"], files["occupationSkillRelations.csv"], files["broaderRelationsSkillPillar.csv"])
	f.Add("conceptUri\n", "\"", "\xef\xbb\xbf")
	f.Fuzz(func(t *testing.T, skills, relations, broader string) {
		files := fixture()
		files["skills_en.csv"], files["occupationSkillRelations.csv"], files["broaderRelationsSkillPillar.csv"] = skills, relations, broader
		src := &source{files: map[string]func() (io.ReadCloser, error){}}
		for name, content := range files {
			src.files[name] = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }
		}
		c, err := src.read(context.Background(), nil)
		if err != nil {
			if domain.AsRefusals(err) == nil {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		b, err := build(context.Background(), taxonomy.Builtin(), c, nil)
		if err != nil {
			t.Fatal(err)
		}
		x, err := decode(encode(b.out))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := extend(taxonomy.Builtin(), x); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzDecode gives the decoder any payload under a right checksum.
func FuzzDecode(f *testing.F) {
	b, err := build(context.Background(), taxonomy.Builtin(), mustRead(f), nil)
	if err != nil {
		f.Fatal(err)
	}
	x := b.out // without its long table: short seeds are changed in more ways
	x.Near, x.Occupations = x.Near[:1], x.Occupations[:1]
	f.Add(encode(x)[headBytes:])
	f.Add(encode(taxonomy.Extension{Base: x.Base})[headBytes:])
	f.Add([]byte("\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		x, err := decode(seal(append(make([]byte, headBytes), payload...)))
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		list, err := taxonomy.Builtin().Extend(x)
		if err == nil && list.Len() < taxonomy.Builtin().Len() {
			t.Fatal("skills are gone")
		}
	})
}

func mustRead(t testing.TB) *Classification {
	t.Helper()
	c, err := Read(context.Background(), folder(t, fixture()), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
