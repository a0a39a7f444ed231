package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/internal/esco"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

type explainCommand struct {
	logFlags
	Need      string `help:"Need: its UUID, or its id from the API." placeholder:"ID"`
	Expert    string `help:"Expert: the UUID, or the id from the API." placeholder:"ID"`
	Candidacy string `help:"Candidacy, in place of need and expert: its UUID, or its id from the API. Replays the verdict that was recorded of it." placeholder:"ID"`
	At        uint64 `help:"Position in the log to replay at: of a decision, of a list that was shown, or any. Without it, a candidacy is replayed at its last decision." placeholder:"POSITION"`
	For       string `help:"Whom to tell: expert, host or manager." enum:"expert,host,manager" default:"manager" placeholder:"WHOM"`
	On        string `help:"Day to judge on; without it, today, or that of the replay." placeholder:"2026-11-22"`
	JSON      bool   `help:"Print the telling as JSON: the whole verdict for the manager, the overview for the host, sentences for the expert; of a replay also what was recorded and compared."`
}

// Help implements kong.HelpProvider.
func (explainCommand) Help() string {
	return `Judges the pair as the log stands, under the rules and weights in force on the day, and tells every failed hard rule, every part of the score and what would change it. It works for needs that are not published too, and beside a running platform.

With --candidacy it replays: it folds the log up to where a decision was judged and no further, judges again with the rules, the weights and the day of then, and compares with what was recorded, bit for bit. With --at it replays at another position; a position of which nothing was recorded is judged all the same, and there is nothing to compare. A replay that differs exits with 4. Of somebody who was erased it says so, and nothing more.

Examples:
  diaspora explain --candidacy 3f9a…
  diaspora explain --candidacy 3f9a… --at 48211 --json
  diaspora explain --need 5b0c… --expert 77d1…
  diaspora explain --need 5b0c… --expert 77d1… --for expert
  diaspora explain --need 5b0c… --expert 77d1… --json | jq .parts`
}

// Run implements the command.
func (c *explainCommand) Run(ctx context.Context, s *session) (err error) {
	day, err := domain.ParseDate(c.On)
	if err != nil {
		return domain.ErrFormat.At("on").With(fmt.Sprintf("%q is not a date like 2026-11-22.", c.On))
	}
	if err := c.check(); err != nil {
		return err
	}
	r, err := s.read(ctx, c.logFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	needID, expertID, err := c.pair(ctx, r)
	if err != nil {
		return err
	}
	if err := r.refuseErased(ctx, expertID); err != nil {
		return err
	}
	list, err := esco.Load(r.folder)
	if err != nil {
		return err
	}
	if c.Candidacy != "" || c.At > 0 {
		again, err := s.replay(ctx, r, list, needID, expertID, eventstore.Position(c.At), day)
		if err != nil {
			return err
		}
		return c.tellReplay(s, again)
	}
	if day == 0 {
		day = domain.DateOf(s.now())
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

// check refuses a pair that is named in no way, or in two.
func (c *explainCommand) check() error {
	named := c.Need != "" && c.Expert != ""
	if named == (c.Candidacy != "") || !named && (c.Need != "" || c.Expert != "") {
		return errUsage.With("Name a pair: with --need and --expert, or with --candidacy.")
	}
	return nil
}

// pair is the pair that was named.
func (c *explainCommand) pair(ctx context.Context, r *reading) (need, expert string, err error) {
	if c.Candidacy != "" {
		id, err := anyID("candidacy", c.Candidacy, scalar.TypeCandidacy)
		if err != nil {
			return "", "", err
		}
		return r.pairOf(ctx, domain.CandidacyID(id))
	}
	if need, err = anyID("need", c.Need, scalar.TypeNeed, scalar.TypePublished); err != nil {
		return "", "", err
	}
	expert, err = anyID("expert", c.Expert, scalar.TypeExpert)
	return need, expert, err
}

// tellReplay tells a replay, and fails when it differs from what was recorded.
func (c *explainCommand) tellReplay(s *session, again replayed) error {
	var err error
	if c.JSON {
		err = s.writeJSON(again)
	} else if err = c.tell(s, again.Verdict); err == nil {
		err = s.lines(again.lines())
	}
	if err == nil && len(again.Differs) > 0 {
		err = errOtherScore
	}
	return err
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
	return judgeUnder(r, list, needID, expertID, day, candidacy.ScoreShown{})
}

// judgeUnder is judge with the versions of rules and weights that a record names,
// if it names them: at the turn of a day others may have been in force.
func judgeUnder(r projections.Reader, list *taxonomy.Taxonomy, needID, expertID string, day domain.Date, as candidacy.ScoreShown) (matcher.Verdict, error) {
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
		for _, v := range programme.Eligibility {
			if v.Version == as.Rules {
				with.Eligibility = v
			}
		}
		for _, v := range programme.Scoring {
			if with.Scoring.Version != as.PolicyVersion && v.Version == as.PolicyVersion {
				with.Scoring = v
			}
		}
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
