package matcher_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/matcher"
)

func TestRequirementsBeyondTheBoundAreIgnored(t *testing.T) {
	e, n, p := base()
	n.Skills = nil
	for i := range matcher.MaxRequirements + 1 {
		n.Skills = append(n.Skills, domain.SkillRequirement{
			Skill: domain.Skill(fmt.Sprint("unlisted.", i)), MinLevel: domain.Basic, Importance: domain.Essential,
		})
	}
	e.Skills = []domain.SkillClaim{{Skill: n.Skills[matcher.MaxRequirements].Skill, Level: domain.Expert}}
	v := matcher.Explain(e, n, p, today)
	if len(v.Evidence) != matcher.MaxRequirements || v.Parts[0].Value != 0 {
		t.Errorf("%d explained, essential skills %s", len(v.Evidence), v.Parts[0].Value)
	}
	e.Skills[0].Skill = n.Skills[matcher.MaxRequirements-1].Skill
	if v := matcher.Explain(e, n, p, today); v.Parts[0].Value == 0 {
		t.Error("the last requirement within the bound is not scored")
	}
}

func TestRankingsAreCutToTheirBound(t *testing.T) {
	x := matcher.NewIndex(matcher.Policy{})
	e, n, _ := base()
	for i := range matcher.MaxRanked + 5 {
		e.ID = domain.ExpertID(fmt.Sprint("e", i))
		x.UpsertExpert(e)
	}
	x.UpsertNeed(n)
	r, _ := x.TopExperts(n.ID, matcher.MaxRanked+5, today)
	if len(r.Rows) != matcher.MaxRanked || r.Eligible != matcher.MaxRanked+5 {
		t.Errorf("%d rows of %d eligible", len(r.Rows), r.Eligible)
	}
	seen := map[domain.ExpertID]bool{}
	for i, row := range r.Rows {
		if seen[row.Expert] || row.Rank != i+1 || row.Total != r.Rows[0].Total {
			t.Fatalf("row %d: %+v", i, row)
		}
		seen[row.Expert] = true
	}
}

func TestPolicyInForce(t *testing.T) {
	x := matcher.NewIndex(matcher.Policy{})
	e, n, p := base()
	e.Residence = "US"
	x.UpsertExpert(e)
	x.UpsertNeed(n)
	if r, _ := x.TopExperts(n.ID, 1, today); r.Eligible != 1 || r.Basis.Eligibility != 0 {
		t.Errorf("without rules: %+v", r)
	}
	x.SetPolicy("another", p.Eligibility, p.Scoring)
	if r, _ := x.TopExperts(n.ID, 1, today); r.Eligible != 1 {
		t.Error("another programme's rules hold here")
	}
	x.SetPolicy(n.Programme, p.Eligibility, p.Scoring)
	if r, _ := x.TopExperts(n.ID, 1, today); r.Eligible != 0 || r.Basis.Eligibility != 2 || r.Basis.Scoring != 1 {
		t.Errorf("with rules: %+v", r)
	}
	if got, ok := x.Need(n.ID); !ok || got.ID != n.ID {
		t.Error("the need is gone")
	}
	if _, ok := x.Need("nothing"); ok {
		t.Error("a need out of nothing")
	}
	// Weights on what the need does not ask for leave nothing to score.
	n.Skills = nil
	only := matcher.Policy{Scoring: policy.Scoring{Version: 9, Weights: map[policy.Part]domain.Score{policy.EssentialSkills: domain.One}}}
	if v := matcher.Explain(e, n, only, today); v.Total != 0 || !v.Eligible {
		t.Errorf("total %s", v.Total)
	}
}

// With a taxonomy that knows broader skills, the evidence says so.
func TestNarrowerAndBroaderInWords(t *testing.T) {
	tax, err := taxonomy.Parse([]byte(`{"version":"t","sectors":[{"id":"health","skills":[
		{"id":"surgery","cluster":"a","label_en":"Surgery"},
		{"id":"cataract","cluster":"b","label_en":"Cataract surgery","broader":["surgery"]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		required, offered domain.Skill
		coverage          domain.Score
		why               string
	}{
		{"surgery", "cataract", domain.One, "narrower than Surgery, at expert"},
		{"cataract", "surgery", 6000, "broader than Cataract surgery, at expert"},
	} {
		e, n, p := base()
		p.Taxonomy = tax
		n.Skills = []domain.SkillRequirement{{Skill: c.required, MinLevel: domain.Proficient, Importance: domain.Essential}}
		e.Skills = []domain.SkillClaim{{Skill: c.offered, Level: domain.Expert}}
		v := matcher.Explain(e, n, p, today)
		if got := v.Evidence[0]; got.Coverage != c.coverage || got.Why != c.why || v.Parts[0].Value != c.coverage {
			t.Errorf("%s by %s: %+v", c.required, c.offered, got)
		}
		if !strings.HasPrefix(v.Basis.Taxonomy, "t+") {
			t.Errorf("taxonomy %s", v.Basis.Taxonomy)
		}
	}
}
