package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// explained is what explain says of a replay, as JSON.
type explained struct {
	Position uint64
	Rank     int
	Verdict  struct{ Total json.Number }
	Recorded []struct{ Event string }
	Compared []string
	Differs  []difference
}

// explainJSON runs the command, which must end with a code.
func explainJSON(t *testing.T, code int, args ...string) explained {
	t.Helper()
	var out, errs bytes.Buffer
	if got := Run(t.Context(), append([]string{"explain", "--json"}, args...), nil, &out, &errs, nil); got != code {
		t.Fatalf("explain %v exits with %d, want %d: %s%s", args, got, code, out.String(), errs.String())
	}
	var e explained
	d := json.NewDecoder(&out)
	d.UseNumber()
	if err := d.Decode(&e); err != nil {
		t.Fatal(err)
	}
	return e
}

// dig follows names and indexes through decoded JSON.
func dig(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				t.Fatalf("%v has no %d", v, step)
			}
			v = list[step]
		}
	}
	return v
}

// TestEveryRecordedVerdictReplays lets a profile, a policy and a need change
// beside a running platform. Whatever was recorded between replays as it was,
// and the present is another.
func TestEveryRecordedVerdictReplays(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "demo")
	d := demonstrate(t, folder, "--experts", "200")
	as := func(role, format string, args ...any) any {
		return ask(t, d.GraphQL, d.Tokens[role], fmt.Sprintf(format, args...))
	}
	const manager = "programme_manager"
	own := dig(t, as("expert", "{viewer{expert{id}}}"), "viewer", "expert", "id").(string)
	var needID string
	for _, m := range dig(t, as(manager, "{matchesForExpert(expert:%q,first:20){need{id} candidacy{id}}}", own), "matchesForExpert").([]any) {
		if dig(t, m, "candidacy") == nil {
			needID = dig(t, m, "need", "id").(string)
			break
		}
	}
	as(manager, "{matches(need:%q,first:20){rank}}", needID)
	begun := as(manager, "mutation{suggestExpert(input:{need:%q,expert:%q}){...on CandidacyPayload{candidacy{id scoreShown{total rank position seen{list}}}} ...on Refused{refusals{code}}}}", needID, own)
	id := dig(t, begun, "suggestExpert", "candidacy", "id").(string)
	if dig(t, begun, "suggestExpert", "candidacy", "scoreShown", "seen") == nil {
		t.Errorf("the suggestion does not name the list that was seen: %v", begun)
	}
	suggested := explainJSON(t, ExitDone, "--data", folder, "--candidacy", id)
	total := fmt.Sprint(dig(t, begun, "suggestExpert", "candidacy", "scoreShown", "total"))
	if got := string(suggested.Verdict.Total); scoreOf(got) != scoreOf(total) || suggested.Recorded[0].Event != "candidacy.Suggested" ||
		!strings.Contains(strings.Join(suggested.Compared, ","), "rank,explanation") {
		t.Errorf("the suggestion replays as %+v, recorded %s", suggested, total)
	}

	shown := map[string]string{} // totals by the position that they rest on
	look := func() string {
		v := dig(t, as(manager, "{explain(need:%q,expert:%q){total basis{position}}}", needID, own), "explain")
		position := fmt.Sprint(dig(t, v, "basis", "position"))
		shown[position] = scoreOf(fmt.Sprint(dig(t, v, "total")))
		return shown[position]
	}
	first := look()
	acted := func(what any) {
		t.Helper()
		if text := fmt.Sprint(what); strings.Contains(text, "refusals") {
			t.Fatal(text)
		}
	}
	today := domain.DateOf(time.Now())
	acted(as("expert", `mutation{declareAvailability(input:{expert:%q,windows:[{period:{from:%q,to:%q}}]}){...on Refused{refusals{code field}}}}`,
		own, today.AddDays(400), today.AddDays(430)))
	if look() == first {
		t.Error("another availability is the same score: the test tells little")
	}
	programme := dig(t, as(manager, "{viewer{programmes{id}}}"), "viewer", "programmes", 0, "id").(string)
	version := dig(t, as(manager, "{programme(id:%q){scoring{version}}}", programme), "programme", "scoring").([]any)
	acted(as(manager, `mutation{publishScoring(input:{programme:%q,scoring:{version:%d,validity:{from:%q},weights:[{part:ESSENTIAL_SKILLS,weight:0.6},{part:AVAILABILITY_OVERLAP,weight:0.4}]}}){...on Refused{refusals{code field message}}}}`,
		programme, len(version)+1, today))
	look()
	acted(as(manager, `mutation{reviseNeed(input:{need:%q,reason:"The ministry asks for more.",terms:{title:"Land rights adviser",sector:RULE_OF_LAW,objective:"Disputes are settled.",
		tasks:["Review the rules"],outputs:[{text:"Rules",indicator:"Adopted"}],counterparts:[{number:4,role:"mediators"}],transferMethods:[WORKSHOP_TRAINING],
		skills:[{skill:"rol.land-property-law",minLevel:PROFICIENT,importance:ESSENTIAL}],languages:[{language:"en",minLevel:B1,required:false,purpose:WORK}],modality:VIRTUAL,positions:9,deadline:%q,decisionDate:%q,
		window:{period:{from:%q,to:%q},minWeeks:2,maxWeeks:8}}}){...on Refused{refusals{code field message}}}}`,
		needID, today.AddDays(30), today.AddDays(40), today.AddDays(60), today.AddDays(200)))
	last := look()
	if first == last || len(shown) < 4 {
		t.Fatalf("nothing changed: %v", shown)
	}
	for position, total := range shown {
		got := explainJSON(t, ExitDone, "--data", folder, "--candidacy", id, "--at", position)
		if scoreOf(string(got.Verdict.Total)) != total || len(got.Recorded) == 0 || fmt.Sprint(got.Position) != position {
			t.Errorf("at %s: replayed %+v, shown was %s", position, got, total)
		}
	}
	if again := explainJSON(t, ExitDone, "--data", folder, "--candidacy", id); again.Position != suggested.Position || again.Verdict != suggested.Verdict {
		t.Errorf("the decision replays as %+v, and did as %+v", again, suggested)
	}
	pair := []string{"--data", folder, "--need", needID, "--expert", own, "--at"}
	if kept := explainJSON(t, ExitDone, append(pair, fmt.Sprint(suggested.Position))...); len(kept.Recorded) == 0 || kept.Verdict != suggested.Verdict {
		t.Errorf("the pair replays as %+v", kept)
	}
	// The list was shown at the position of the suggestion, or at the one before.
	if early := explainJSON(t, ExitDone, append(pair, fmt.Sprint(suggested.Position-2))...); len(early.Recorded) != 0 || len(early.Compared) != 0 {
		t.Errorf("nothing was judged there: %+v", early)
	}
	if code, text := d.stop(); code != ExitDone {
		t.Fatalf("ended with %d: %s", code, text)
	}
}

// scoreOf writes a score as the log keeps it, whichever way it was told.
func scoreOf(text string) string {
	var f float64
	if _, err := fmt.Sscan(text, &f); err != nil {
		return text
	}
	if f > 1 {
		f /= float64(domain.One)
	}
	return fmt.Sprintf("%.4f", f)
}

// TestAReplayThatDiffersFails records a score that nobody computed.
func TestAReplayThatDiffersFails(t *testing.T) {
	folder := t.TempDir()
	places, err := seedFolder(folder, "", 60)
	if err != nil {
		t.Fatal(err)
	}
	places.Need = openNeed(t, folder, places.Expert)
	id := domain.CandidacyIDFor(places.Need, places.Expert)
	inFolder(t, folder, func(p *platform.Platform, by commands.Envelope) {
		head, err := p.Store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n, err := commands.Load(t.Context(), p.Bus, &need.Aggregate, string(places.Need))
		if err != nil {
			t.Fatal(err)
		}
		_, err = commands.Execute(t.Context(), p.Bus, &candidacy.Aggregate, string(id), by, func(s domain.Stamp) candidacy.Command {
			return candidacy.Suggest{Stamp: s, Rank: 7, Ref: candidacy.Ref{
				Need: places.Need, Expert: places.Expert, Programme: n.Programme, Institution: n.Institution, Country: n.Country,
			}, Score: candidacy.ScoreShown{
				Total: 1, PolicyVersion: 1, TaxonomyVersion: p.Index.Taxonomy().Version(), LogPosition: uint64(head),
				Engine: matcher.EngineVersion + "?", Today: domain.DateOf(s.At), Parts: "1,2", Verdict: strings.Repeat("ab", 32),
			}}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	got := explainJSON(t, ExitVerified, "--data", folder, "--candidacy", string(id))
	what := map[string]bool{}
	for _, d := range got.Differs {
		what[d.What] = true
	}
	for _, part := range []string{"engine", "total", "essential_skills", "rank", "explanation"} {
		if !what[part] {
			t.Errorf("%s does not differ: %+v", part, got.Differs)
		}
	}
	if what["list of skills"] || what["scoring policy"] {
		t.Errorf("what is the same differs: %+v", got.Differs)
	}
	var out, errs bytes.Buffer
	if code := Run(t.Context(), []string{"explain", "--data", folder, "--candidacy", string(id)}, nil, &out, &errs, nil); code != ExitVerified ||
		!strings.Contains(out.String(), "Differs in total: recorded 0.0001, replayed ") || !strings.Contains(errs.String(), errVerify.Code) {
		t.Errorf("ends with %d: %s%s", code, out.String(), errs.String())
	}

	// Once the person is erased, that is all there is to say, of any position.
	inFolder(t, folder, func(p *platform.Platform, by commands.Envelope) {
		if _, err := commands.Execute(t.Context(), p.Bus, &expert.Aggregate, string(places.Expert), by, func(s domain.Stamp) expert.Command {
			s.Role = domain.RoleAdministrator
			return expert.RequestErasure{Stamp: s}
		}); err != nil {
			t.Fatal(err)
		}
	})
	for _, args := range [][]string{
		{"--candidacy", string(id)}, {"--candidacy", string(id), "--at", "1"}, {"--need", string(places.Need), "--expert", string(places.Expert)},
		{"--need", string(places.Need), "--expert", string(places.Expert), "--at", fmt.Sprint(got.Position)},
	} {
		out.Reset()
		errs.Reset()
		code := Run(t.Context(), append([]string{"explain", "--data", folder}, args...), nil, &out, &errs, nil)
		if code != ExitRefused || out.Len() > 0 || !strings.Contains(errs.String(), "explain.erased") || strings.Contains(errs.String(), string(places.Expert)) {
			t.Errorf("%v ends with %d: %s%s", args, code, out.String(), errs.String())
		}
	}
}

// openNeed is a published need for which an expert is no candidate.
func openNeed(t *testing.T, folder string, expert domain.ExpertID) (found domain.NeedID) {
	t.Helper()
	s := &session{env: environment{}, stderr: io.Discard}
	r, err := s.open(t.Context(), folder, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.close() }()
	engine, err := s.snapshot(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	err = engine.Read(t.Context(), 0, func(read projections.Reader) error {
		for n, err := range views.Needs.All(read) {
			if err != nil {
				return err
			}
			c, err := views.Candidacies.Get(read, string(domain.CandidacyIDFor(n.ID, expert)))
			if err != nil {
				return err
			}
			if n.Status == need.StatusPublished && c == nil {
				found = n.ID
			}
		}
		return nil
	})
	if err != nil || found == "" {
		t.Fatalf("no open need is left (%v)", err)
	}
	return found
}

// inFolder acts on a folder as the platform itself.
func inFolder(t *testing.T, folder string, act func(*platform.Platform, commands.Envelope)) {
	t.Helper()
	p, err := platform.Open(context.Background(), platform.Config{Folder: folder, NoReactions: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	act(p, commands.Envelope{Caller: commands.Caller{Principal: domain.Platform, System: true}})
}
