package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/internal/esco"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

type explainCommand struct {
	logFlags
	Need   string `help:"Need: its UUID, or its id from the API." required:"" placeholder:"ID"`
	Expert string `help:"Expert: the UUID, or the id from the API." required:"" placeholder:"ID"`
	For    string `help:"Whom to tell: expert, host or manager." enum:"expert,host,manager" default:"manager" placeholder:"WHOM"`
	On     string `help:"Day to judge on; without it, today." placeholder:"2026-11-22"`
	JSON   bool   `help:"Print the telling as JSON: the whole verdict for the manager, the overview for the host, sentences for the expert."`
}

// Help implements kong.HelpProvider.
func (explainCommand) Help() string {
	return `Judges the pair as the log stands, under the rules and weights in force on the day, and tells every failed hard rule, every part of the score and what would change it. It works for needs that are not published too, and beside a running platform.

Examples:
  diaspora explain --need 5b0c… --expert 77d1…
  diaspora explain --need 5b0c… --expert 77d1… --for expert
  diaspora explain --need 5b0c… --expert 77d1… --json | jq .parts`
}

// Run implements the command.
func (c *explainCommand) Run(ctx context.Context, s *session) (err error) {
	needID, err := anyID("need", c.Need, scalar.TypeNeed, scalar.TypePublished)
	if err != nil {
		return err
	}
	expertID, err := anyID("expert", c.Expert, scalar.TypeExpert)
	if err != nil {
		return err
	}
	day, err := domain.ParseDate(c.On)
	if err != nil {
		return domain.ErrFormat.At("on").With(fmt.Sprintf("%q is not a date like 2026-11-22.", c.On))
	}
	if day == 0 {
		day = domain.DateOf(s.now())
	}
	r, err := s.read(ctx, c.logFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	list, err := esco.Load(r.folder)
	if err != nil {
		return err
	}
	engine, err := s.snapshot(ctx, r)
	if err != nil {
		return broken(err)
	}
	var verdict matcher.Verdict
	err = engine.Read(ctx, 0, func(r projections.Reader) error {
		verdict, err = judge(r, list, needID, expertID, day)
		return err
	})
	if err != nil {
		return err
	}
	return c.tell(s, verdict)
}

// anyID reads a UUID, or a global id of one of the types.
func anyID(field, text string, types ...string) (string, error) {
	text = strings.TrimSpace(text)
	if domain.ValidID(text) {
		return text, nil
	}
	if g, err := scalar.ParseID(text); err == nil {
		for _, t := range types {
			if g.Type == t {
				return g.UUID, nil
			}
		}
	}
	return "", domain.ErrFormat.At(field).With("This is no id of such an object.")
}

// judge explains one pair as the views stand.
func judge(r projections.Reader, list *taxonomy.Taxonomy, needID, expertID string, day domain.Date) (matcher.Verdict, error) {
	n, err := views.Needs.Get(r, needID)
	if err != nil {
		return matcher.Verdict{}, err
	}
	e, err := views.Experts.Get(r, expertID)
	if err != nil {
		return matcher.Verdict{}, err
	}
	var k domain.Checks
	k.Require(n != nil, domain.Refuse(domain.NotFound, "need.not_found", "There is no such need.", "Check the id.").At("need"))
	k.Require(e != nil, domain.Refuse(domain.NotFound, "expert.not_found", "There is no such expert.", "Check the id.").At("expert"))
	if err := k.Err(); err != nil {
		return matcher.Verdict{}, err
	}
	host, err := views.Institutions.Get(r, string(n.Institution))
	if err != nil {
		return matcher.Verdict{}, err
	}
	programme, err := views.Programmes.Get(r, string(n.Programme))
	if err != nil {
		return matcher.Verdict{}, err
	}
	with := matcher.Policy{Taxonomy: list, Scoring: policy.Default(day)}
	if programme != nil {
		with.Eligibility, _ = programme.EligibilityOn(day)
		with.Scoring = programme.ScoringOn(day)
	}
	v := matcher.Explain(views.MatcherExpert(e), views.MatcherNeed(n, host, programme), with, day)
	v.Basis.Position = uint64(r.Position())
	return v, nil
}

func (c *explainCommand) tell(s *session, v matcher.Verdict) error {
	switch c.For {
	case "expert":
		lines := matcher.ForExpert(v)
		if c.JSON {
			return s.writeJSON(lines)
		}
		return s.lines(lines)
	case "host":
		overview := matcher.ForHost(v)
		if c.JSON {
			return s.writeJSON(overview)
		}
		return s.tellHost(overview)
	}
	if c.JSON {
		return s.writeJSON(v)
	}
	return s.lines(append([]string{
		"Candidacy " + string(domain.CandidacyIDFor(v.Need, v.Expert)) + " of " + views.ExpertLabel(v.Expert) + ".",
	}, matcher.ForManager(v)...))
}

func (s *session) lines(lines []string) error {
	for _, l := range lines {
		if _, err := fmt.Fprintln(s.stdout, l); err != nil {
			return err
		}
	}
	return nil
}

// barWidth is how many characters a full bar has.
const barWidth = 20

func (s *session) tellHost(h matcher.HostOverview) error {
	verdict := "The programme can propose this person."
	if !h.Eligible {
		verdict = "The programme cannot propose this person as things are."
	}
	lines := []string{fmt.Sprintf("%s Score %s of 1.", verdict, h.Total)}
	for _, b := range h.Bars {
		filled := int(b.Value) * barWidth / max(int(b.Max), 1)
		lines = append(lines, fmt.Sprintf("%-32s %s%s %s", b.Label, strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), b.Value))
	}
	for _, k := range h.Skills {
		word := "a gap"
		if k.Coverage > 0 {
			word = "covered " + k.Coverage.String() + " by " + k.Through
		}
		lines = append(lines, fmt.Sprintf("%s (%s): %s", k.Label, k.Importance, word))
	}
	lines = append(lines, h.Languages...)
	lines = append(lines, h.Presence)
	return s.lines(append(lines, h.Notes...))
}
