package exchange_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/internal/demo/seed"
	"github.com/diaspora-match/diaspora/internal/exchange"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/projections"
)

var now = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// place is a platform with the demonstration's programme and nothing in it.
type place struct {
	*platform.Platform
	folder string
}

func empty(t *testing.T) place {
	t.Helper()
	folder := t.TempDir()
	p, err := platform.Open(t.Context(), platform.Config{Folder: folder, Clock: func() time.Time { return now }, NoReactions: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	<-p.Runner.Ready()
	return place{p, folder}
}

func world(t *testing.T) place {
	t.Helper()
	p := empty(t)
	cast := demo.Cast{Programme: demo.ProgrammeID(), Manager: who("manager"), Start: domain.DateOf(now)}
	for _, c := range cast.OpenProgramme() {
		do(t, p, &programme.Aggregate, string(cast.Programme), func(domain.Stamp) programme.Command { return c })
	}
	return p
}

func who(s string) domain.PrincipalID { return domain.PrincipalID(domain.DeriveID([16]byte{4}, s)) }

func (p place) target() exchange.Target {
	return exchange.Target{Bus: p.Bus, Store: p.Store, Codec: p.Codec, Views: p.Views, Keys: p.Keys, Skills: p.Index.Taxonomy(), Now: now}
}

func (p place) head(t *testing.T) eventstore.Position {
	t.Helper()
	at, err := p.Store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func (p place) settle(t *testing.T) {
	t.Helper()
	if err := p.Views.WaitFor(t.Context(), p.head(t)); err != nil {
		t.Fatal(err)
	}
}

// prepare reads and judges a text.
func (p place) prepare(t *testing.T, k exchange.Kind, f exchange.Format, text string) (*exchange.Plan, exchange.Faults) {
	t.Helper()
	p.settle(t)
	rows, faults, err := exchange.Read(strings.NewReader(text), k, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	plan, faults, err := p.target().Prepare(t.Context(), k, rows)
	if err != nil {
		t.Fatal(err)
	}
	return plan, faults
}

// importText imports a text that must be good.
func (p place) importText(t *testing.T, k exchange.Kind, f exchange.Format, text string) exchange.Summary {
	t.Helper()
	plan, faults := p.prepare(t, k, f, text)
	if len(faults) > 0 {
		t.Fatalf("%s: %+v", k, faults)
	}
	if err := p.target().Run(t.Context(), plan, nil); err != nil {
		t.Fatal(err)
	}
	p.settle(t)
	return plan.Summary
}

func (p place) export(t *testing.T, k exchange.Kind, f exchange.Format) (string, exchange.Exported) {
	t.Helper()
	p.settle(t)
	var b bytes.Buffer
	var done exchange.Exported
	err := p.Views.Read(t.Context(), 0, func(r projections.Reader) (err error) {
		done, err = exchange.Export(r, k, f, &b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), done
}

// without drops columns of a CSV text.
func without(t *testing.T, text string, columns ...string) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	for _, row := range rows {
		var kept []string
		for i, cell := range row {
			if !slices.Contains(columns, rows[0][i]) {
				kept = append(kept, cell)
			}
		}
		if err := w.Write(kept); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return b.String()
}

// TestExportsImport takes the demonstration's hosts and needs to another
// platform and demands the same exports there, but for where things stand.
func TestExportsImport(t *testing.T) {
	from := empty(t)
	plan := seed.NewPlan(seed.Config{Number: 1, Experts: 40, Start: domain.DateOf(now), Personas: seed.Personas{
		Expert: who("e"), HostOfficer: who("h"), FocalPoint: who("f"), Manager: who("m"), Administrator: who("a"), Evaluator: who("v"),
	}})
	if err := plan.Seed(t.Context(), from.Bus, from.Keys, nil); err != nil {
		t.Fatal(err)
	}
	for _, f := range []exchange.Format{exchange.CSV, exchange.JSON} {
		to := world(t)
		for _, k := range []exchange.Kind{exchange.Institutions, exchange.Needs} {
			text, done := from.export(t, k, f)
			if done.Rows < 40 || done.Protected == 0 {
				t.Fatalf("%s %s: %+v", k, f, done)
			}
			if summary := to.importText(t, k, f, text); summary.Added != done.Rows {
				t.Errorf("%s %s: %+v of %+v", k, f, summary, done)
			}
			before, _ := from.export(t, k, exchange.CSV)
			after, _ := to.export(t, k, exchange.CSV)
			standing := []string{"status", "stage", "seats_left", "candidates"}
			if a, b := without(t, before, standing...), without(t, after, standing...); a != b {
				t.Errorf("%s %s: the import is not what was exported:\n%.2000s\n%.2000s", k, f, a, b)
			}
		}
	}
}

// TestProtectedRowsStayInside holds that no name of a protected host, and none
// of its rows, is in any export.
func TestProtectedRowsStayInside(t *testing.T) {
	p := empty(t)
	plan := seed.NewPlan(seed.Config{Number: 1, Experts: 300, Start: domain.DateOf(now), Personas: seed.Personas{
		Expert: who("e"), HostOfficer: who("h"), FocalPoint: who("f"), Manager: who("m"), Administrator: who("a"), Evaluator: who("v"),
	}})
	if err := plan.Seed(t.Context(), p.Bus, p.Keys, nil); err != nil {
		t.Fatal(err)
	}
	var secrets []string
	for _, i := range demo.Institutions() {
		if demo.IsProtected(i.Country) {
			secrets = append(secrets, i.Name, string(i.ID))
		}
	}
	people := demo.Generate(1, 300, domain.DateOf(now))
	for _, person := range people {
		secrets = append(secrets, person.Email)
		for _, h := range person.Profile.Heritage {
			if demo.IsProtected(h.Country) {
				secrets = append(secrets, string(person.ID))
			}
		}
	}
	// The experts of protected heritage may stand in candidacies elsewhere, under
	// their random ids; in the list of experts they do not stand.
	for _, k := range exchange.Exportable {
		for _, f := range []exchange.Format{exchange.CSV, exchange.JSON} {
			text, _ := p.export(t, k, f)
			for _, secret := range secrets {
				if len(secret) == 36 && k != exchange.Experts && k != exchange.Institutions {
					continue
				}
				if strings.Contains(text, secret) {
					t.Errorf("%s as %s tells %q", k, f, secret)
				}
			}
			for _, person := range people {
				if strings.Contains(text, person.Name) {
					t.Errorf("%s as %s names somebody", k, f)
				}
			}
		}
	}
	if text, _ := p.export(t, exchange.Needs, exchange.CSV); !strings.Contains(text, "<5") {
		t.Error("no small count is suppressed")
	}
}

// TestAFileNamesEveryFault holds that all faults of all rows are told at once.
func TestAFileNamesEveryFault(t *testing.T) {
	w := world(t)
	w.importText(t, exchange.Institutions, exchange.CSV, "reference,name,type,country,sectors\nH1,A hospital,hospital,SO,health\n")
	before := w.head(t)
	for _, c := range []struct {
		name   string
		kind   exchange.Kind
		format exchange.Format
		text   string
		want   []string // row, column, code
	}{
		{"shape", exchange.Needs, exchange.CSV, "reference,titel,institution,institution\nx,y,z,z\n", []string{
			"1 titel import.column", "1 institution import.column", "1 title import.column_missing",
		}},
		{"needs", exchange.Needs, exchange.CSV, "reference,institution,title,sector,min_weeks,deadline,skills,languages,positions,submit\n" +
			"N1,A hospital,Good one,health,4,2027-01-31,,,1,no\n" +
			"N2,Nowhere,,mining,many,31-01-2027,health.unknown:expert:essential,so:Z9:work,1000,perhaps\n" +
			"N3,A hospital,No more,health,,,,,,yes\n" +
			"N1,A hospital,Again,health,,,,,,no\n", []string{
			"3 submit input.unknown", "3 institution import.unknown", "3 title input.required", "3 min_weeks input.range",
			"3 positions input.range", "3 deadline input.format", "3 skills[0] input.unknown", "3 languages[0] input.unknown",
			"3 sector input.unknown",
			"4 objective need.incomplete", "4 tasks need.incomplete", "4 outputs need.incomplete", "4 counterparts need.incomplete",
			"4 transfer_methods need.incomplete", "4 skills need.incomplete", "4 languages need.incomplete", "4 modality need.incomplete",
			"4 earliest_start need.incomplete", "4 positions need.incomplete", "4 deadline need.incomplete",
			"5 id import.row_twice",
		}},
		{"institutions", exchange.Institutions, exchange.JSON, `[
			{"name": "", "type": "castle", "country": "Somalia", "sectors": ["mining"], "sensitivity": "protected"},
			{"reference": "H2", "name": "Another", "type": "hospital", "country": "SO", "sectors": ["health"], "max_concurrent": 1000},
			{"reference": "H3", "name": {"en": "x"}, "type": "hospital", "country": "SO", "sectors": ["health"]}
		]`, []string{"3 name import.file"}},
		{"institutions, read", exchange.Institutions, exchange.JSON, `[
			{"name": "", "type": "castle", "country": "Somalia", "sectors": ["mining"], "sensitivity": "protected"},
			{"reference": "H2", "name": "Another", "type": "hospital", "country": "SO", "sectors": ["health"], "max_concurrent": 1000}
		]`, []string{
			"1 name input.required", "1 id import.key", "1 type input.unknown", "1 country input.format", "1 alias institution.alias",
			"1 sectors[0] input.unknown", "2 max_concurrent input.range",
		}},
		{"experts", exchange.Experts, exchange.CSV, "id,consent_text,consent_language,name,email,birth_year,skills,education,years,availability,heritage\n" +
			"asha@example.org,I agree,en,Asha,,,,,,,\n" +
			"6f1d2c3b-4a59-4e68-8b77-0c1d2e3f4a5b,I agree,english,Asha,nowhere,86,health.midwifery:good:5,9,200,2027-03-01,Somalia\n", []string{
			"2 id input.format",
			"3 skills[0] input.unknown", "3 education[0] input.range", "3 years input.range", "3 availability[0] input.format",
			"3 consent_language input.format", "3 email input.format", "3 birth_year input.format", "3 heritage input.format",
		}},
		{"not UTF-8", exchange.Needs, exchange.CSV, "title,institution\n\xff\xfe,x\n", []string{"0  import.file"}},
		{"not CSV", exchange.Needs, exchange.CSV, "title,institution\n\"a\"b,c\n", []string{"2  import.file"}},
		{"not JSON", exchange.Needs, exchange.JSON, `{"title": "x"}`, []string{"0  import.file"}},
		{"a name twice", exchange.Needs, exchange.JSON, `[{"title": "x", "title": "y"}]`, []string{"0  import.file"}},
		{"empty", exchange.Needs, exchange.CSV, "", []string{"0  import.file"}},
		{"too many cells", exchange.Needs, exchange.CSV, "title,institution\na,b,c\n", []string{"2  import.file"}},
		{"too many rows", exchange.Needs, exchange.CSV, "title,institution\n" + strings.Repeat("a,b\n", exchange.MaxRows+1), []string{fmt.Sprintf("%d  import.too_large", exchange.MaxRows+2)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := w.prepare(t, c.kind, c.format, c.text)
			var got []string
			for _, f := range faults {
				got = append(got, fmt.Sprintf("%d %s %s", f.Row, f.Field, f.Code))
				if f.Message == "" || f.Cure == "" {
					t.Errorf("%+v says too little", f)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
	if w.head(t) != before {
		t.Error("judging wrote something")
	}
}

func TestTooLargeAFileIsNotRead(t *testing.T) {
	_, faults, err := exchange.Read(bytes.NewReader(make([]byte, exchange.MaxFileBytes+1)), exchange.Needs, exchange.CSV)
	if err != nil || len(faults) != 1 || faults[0].Code != exchange.ErrTooLarge.Code {
		t.Errorf("%v %v", faults, err)
	}
}

const hosts = "reference;name;type;country;sectors;units;max_concurrent\nH1;A hospital;hospital;SO;health;Ward;3\n"

// TestImportingAgainLeavesPeoplesChangesAlone holds that a file acts once.
func TestImportingAgainLeavesPeoplesChangesAlone(t *testing.T) {
	w := world(t)
	if s := w.importText(t, exchange.Institutions, exchange.CSV, hosts); s.Added != 1 {
		t.Fatalf("%+v", s)
	}
	needs := "reference,institution,title,unit\nN1,a HOSPITAL,First title,ward\n"
	if s := w.importText(t, exchange.Needs, exchange.CSV, needs); s.Added != 1 {
		t.Fatalf("%+v", s)
	}
	text, _ := w.export(t, exchange.Needs, exchange.CSV)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	id := rows[1][0]
	state, err := commands.Load(t.Context(), w.Bus, &need.Aggregate, id)
	if err != nil {
		t.Fatal(err)
	}
	terms := state.Terms
	terms.Title = "A title of the host's own"
	do(t, w, &need.Aggregate, id, func(by domain.Stamp) need.Command { return need.Revise{Stamp: by, Terms: terms} })

	for _, again := range []struct {
		kind exchange.Kind
		text string
	}{{exchange.Institutions, hosts}, {exchange.Needs, needs}} {
		if s := w.importText(t, again.kind, exchange.CSV, again.text); s.Unchanged != 1 {
			t.Errorf("%s again: %+v", again.kind, s)
		}
	}
	if s := w.importText(t, exchange.Needs, exchange.CSV, strings.ReplaceAll(needs, "First", "Second")); s.Changed != 1 {
		t.Errorf("another file: %+v", s)
	}
	if state, err = commands.Load(t.Context(), w.Bus, &need.Aggregate, id); err != nil || state.Terms.Title != "Second title" {
		t.Errorf("%q %v", state.Terms.Title, err)
	}
	do(t, w, &need.Aggregate, id, func(by domain.Stamp) need.Command { return need.Cancel{Stamp: by, Reason: need.CancelReasons[0]} })
	_, faults := w.prepare(t, exchange.Needs, exchange.CSV, strings.ReplaceAll(needs, "First", "Third"))
	if len(faults) != 1 || faults[0].Code != exchange.ErrPast.Code {
		t.Errorf("a need past its draft: %+v", faults)
	}
	host, err := commands.Load(t.Context(), w.Bus, &institution.Aggregate, string(state.Institution))
	if err != nil || len(host.Units) != 1 || host.MaxConcurrent != 3 || host.Stage != institution.StageProposed {
		t.Errorf("%+v %v", host, err)
	}
}

func do[S any, C decider.Command, E decider.Event](t *testing.T, p place, a *decider.Aggregate[S, C, E], id string, build func(domain.Stamp) C) {
	t.Helper()
	_, err := commands.Execute(t.Context(), p.Bus, a, id, commands.Envelope{
		Caller: commands.Caller{Principal: domain.Platform, System: true},
	}, build)
	if err != nil {
		t.Fatal(err)
	}
}

// TestPeopleAreSealedAndTheirsAlone holds that nothing about a person is in the
// log but sealed, and that a profile is not taken back from its person.
func TestPeopleAreSealedAndTheirsAlone(t *testing.T) {
	w := world(t)
	const id, canary = "6f1d2c3b-4a59-4e68-8b77-0c1d2e3f4a5b", "Canarymaria Exempel"
	file := func(name, residence string) string {
		return "id,consent_text,consent_language,name,email,residence\n" + id + ",I agree,en," + name + ",canary.maria@example.org," + residence + "\n"
	}
	if s := w.importText(t, exchange.Experts, exchange.CSV, file(canary, "NL")); s.Added != 1 {
		t.Fatalf("%+v", s)
	}
	ids := map[domain.CommandID]bool{}
	for r, err := range w.Store.ReadStream(t.Context(), "expert-"+id, 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		d, err := w.Codec.Decode(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		ids[d.Meta.Command] = true
	}
	other := world(t)
	other.importText(t, exchange.Experts, exchange.CSV, file("Somebody Else", "BE"))
	for r, err := range other.Store.ReadStream(t.Context(), "expert-"+id, 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		d, err := other.Codec.Decode(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if !ids[d.Meta.Command] {
			t.Errorf("the command id of %s tells what it says", r.Type)
		}
	}
	do(t, w, &expert.Aggregate, id, func(by domain.Stamp) expert.Command { return expert.DeclareResidence{Stamp: by, Country: "DE"} })
	if s := w.importText(t, exchange.Experts, exchange.CSV, file(canary, "NL")); s.Unchanged != 1 {
		t.Errorf("again: %+v", s)
	}
	entries, err := os.ReadDir(w.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(w.folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{canary, "canary.maria"} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s holds %q", e.Name(), secret)
			}
		}
	}
	own := domain.ExpertID("7f1d2c3b-4a59-4e68-8b77-0c1d2e3f4a5b")
	do(t, w, &expert.Aggregate, string(own), func(by domain.Stamp) expert.Command {
		return expert.Register{Stamp: by, Expert: own, Processing: expert.Processing{TextHash: strings.Repeat("a", 64), Language: "en"}}
	})
	_, faults := w.prepare(t, exchange.Experts, exchange.CSV, strings.ReplaceAll(file(canary, "NL"), id, string(own)))
	if len(faults) != 1 || faults[0].Code != expert.ErrExists.Code || faults[0].Field != "id" {
		t.Errorf("somebody who registered alone: %+v", faults)
	}
}
