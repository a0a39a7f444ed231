package graph_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/internal/edge"
	"github.com/diaspora-match/diaspora/internal/observe"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy/canary"
)

const foundFields = "{skill{code label(language:\"nl\")} confidence kind words from to}"

// Somebody pastes a text, looks at what was found by which words, and declares it.
func TestSkillsInAText(t *testing.T) {
	c := newCast(t)
	who, expert := c.expert("Amina Warsame")
	const text = "👩‍⚕️ Ik gaf trainingen in verloskunde (verloskundige) en hygiënepromotie. Later: infection prevention and control."
	query := "query($t:String!,$l:LanguageTag!){skillsInText(text:$t,language:$l)" + foundFields + "}"
	found := c.ask(who, query, object{"t": text, "l": "nl-BE"}).list("skillsInText")
	points, codes := []rune(text), map[string]object{}
	for i, f := range found {
		if words := string(points[int(f.at("from").(float64)):int(f.at("to").(float64))]); words != f.str("words") || words == "" {
			t.Errorf("%q is not what stands there: %q", f.str("words"), words)
		}
		if i > 0 && f.at("confidence").(float64) > found[i-1].at("confidence").(float64) {
			t.Errorf("less sure before surer: %v", found)
		}
		codes[f.str("skill", "code")] = f
	}
	if h := codes["infra.hygiene-promotion"]; h.str("kind") != "LABEL" || h.at("confidence") != 1.0 || h.str("skill", "label") == "" {
		t.Errorf("%v", found)
	}
	claims := []object{}
	for code := range codes {
		claims = append(claims, object{"skill": code, "level": "PROFICIENT"})
	}
	c.do(who, "declareSkills", "ExpertPayload", "expert{id}", object{"expert": expert, "skills": claims})
	declared := c.ask(who, "query($id:ID!){expert(id:$id){skills{skill}}}", object{"id": expert}).list("expert", "skills")
	if len(declared) < len(codes) {
		t.Errorf("declared %v of %v", declared, codes)
	}

	if a := c.post("", query, object{"t": text, "l": "nl"}); len(a.Errors) == 0 || a.Data.at("skillsInText") != nil {
		t.Errorf("whoever does not sign in reads: %v", a)
	}
	long := c.post(who, query, object{"t": strings.Repeat("secret word ", 6000), "l": "en"})
	if len(long.Errors) != 1 || long.Errors[0].Extensions["code"] != "input.too_long" || strings.Contains(long.Errors[0].Message, "secret") {
		t.Errorf("%v", long.Errors)
	}
}

// Nothing of a pasted text is kept: not in the log of the server, at its most
// talkative, not in a metric, and not in the data folder; whether it was read or
// refused, in a variable or written into the question.
func TestNothingOfAPastedTextIsKept(t *testing.T) {
	c := newCast(t)
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	server := httptest.NewServer(edge.NewGraphQL(graph.NewExecutableSchema(c.deps), edge.Config{
		Auth: byName{}, Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Metrics: observe.NewMetrics(registry),
		Limits: edge.Limits{Rate: 1e6, Burst: 1e6}, Extensions: extensions(c.deps),
	}))
	defer server.Close()
	c.server.Close()
	c.server = server
	const marker = "Zanzibarflamingo"
	const query = "query($t:String!,$l:LanguageTag!){skillsInText(text:$t,language:$l){words}}"
	text := "Midwifery at " + marker + "."
	if found := c.ask(c.host, query, object{"t": text, "l": "en"}).list("skillsInText"); len(found) == 0 {
		t.Fatal("nothing was found: this tests nothing")
	}
	c.ask(c.host, `{skillsInText(text:"`+text+`",language:"en"){words}}`, nil)
	for _, a := range []answer{
		c.post(c.host, query, object{"t": strings.Repeat(text, 5000), "l": "en"}), c.post(c.host, query, object{"t": text, "l": marker}),
		c.post("", query, object{"t": text, "l": "en"}), c.post(c.host, `{skillsInText(text:"`+text+`")}`, nil),
	} {
		if len(a.Errors) == 0 || strings.Contains(fmt.Sprint(a.Errors), marker) {
			t.Errorf("%v", a)
		}
	}
	sweep, err := canary.New(marker)
	if err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil || log.Len() == 0 || len(families) == 0 {
		t.Fatalf("nothing was logged or measured: this tests nothing (%v)", err)
	}
	found := append(sweep.Bytes("log", log.Bytes()), sweep.Bytes("metrics", []byte(fmt.Sprint(families)))...)
	files, err := sweep.Directory(c.p.Config.Folder)
	if found = append(found, files...); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// What covers a skill comes with how far and why.
func TestSimilarSkills(t *testing.T) {
	c := newCast(t)
	query := "query($s:SkillCode!,$n:Int!){similarSkills(skill:$s,first:$n){skill{code} similarity relation why}}"
	similar := c.ask(c.host, query, object{"s": "health.midwifery", "n": 5}).list("similarSkills")
	if len(similar) == 0 || len(similar) > 5 {
		t.Fatalf("%v", similar)
	}
	for i, s := range similar {
		want, relation := taxonomy.Builtin().Similarity("health.midwifery", domain.Skill(s.str("skill", "code")))
		if s.at("similarity").(float64) != float64(want)/float64(domain.One) || !strings.EqualFold(s.str("relation"), relation.String()) || s.str("why") == "" {
			t.Errorf("%v, want %v %v", s, want, relation)
		}
		if i > 0 && s.at("similarity").(float64) > similar[i-1].at("similarity").(float64) {
			t.Errorf("out of order: %v", similar)
		}
	}
	if a := c.ask(c.host, query, object{"s": "health.alchemy", "n": 5}); a.at("similarSkills") != nil {
		t.Errorf("an unknown skill: %v", a)
	}
	if a := c.post(c.host, query, object{"s": "health.midwifery", "n": 21}); len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "input.range" {
		t.Errorf("more than there may be: %v", a.Errors)
	}
}

// Both speak of the list that is loaded: with a classification imported, its
// skills are found, in its languages, and searched for.
func TestSkillsOfALoadedList(t *testing.T) {
	builtin := taxonomy.Builtin()
	near := make([][]taxonomy.Neighbour, builtin.Len()+1)
	near[builtin.Len()] = []taxonomy.Neighbour{{Skill: 0, Score: 4000, Relation: taxonomy.SharedName}}
	list, err := builtin.Extend(taxonomy.Extension{
		Base: builtin.Version(), Digest: "test", Near: near,
		Skills: []taxonomy.Skill{{ID: "esco.saffron", English: "taste saffron", Names: []taxonomy.Names{{Language: "so", Label: "dhadhami zacfaraan"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := newCast(t, func(_ *platform.Platform, d *graph.Deps) { d.Taxonomy = list })
	query := "query($t:String!){skillsInText(text:$t,language:\"so\"){skill{code} words}}"
	if found := c.ask(c.host, query, object{"t": "Waxaan bartay dhadhami zacfaraan."}).list("skillsInText"); len(found) != 1 || found[0].str("skill", "code") != "esco.saffron" {
		t.Errorf("%v", found)
	}
	if similar := c.ask(c.host, "{similarSkills(skill:\"esco.saffron\"){skill{code} relation}}", nil).list("similarSkills"); len(similar) != 1 || similar[0].str("relation") != "SHARED_NAME" {
		t.Errorf("%v", similar)
	}
	if named := c.ask(c.host, "{skills(search:\"zacfaraan\"){skills{code}}}", nil).list("skills", "skills"); len(named) != 1 {
		t.Errorf("%v", named)
	}
}
