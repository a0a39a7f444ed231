package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Refusals of a replay.
var (
	errErased     = domain.Refuse(domain.Refused, "explain.erased", "This person was erased.", "Nothing about them can be told any more.")
	errNoRecord   = domain.Refuse(domain.NotFound, "explain.no_record", "No score was recorded for this candidacy with a place in the log.", "Name the place yourself with --at, or judge the pair as it is now with --need and --expert.")
	errNoPlace    = domain.Refuse(domain.Invalid, "explain.position", "The log does not reach this position.", "Take a position from the history, or from a list that was shown.")
	errNoPair     = domain.Refuse(domain.NotFound, "candidacy.not_found", "There is no such candidacy.", "Check the id.")
	errOtherScore = errVerify.With("The replayed verdict is not the recorded one.")
)

// rankLooked is how far down a replayed ranking a place is looked for, as the
// platform does when it records one.
const rankLooked = 100

// record is a score of a pair that the log keeps, with everything that replays it.
type record struct {
	Event    string               `json:"event"` // type of the event that keeps it
	Position eventstore.Position  `json:"position"`
	At       time.Time            `json:"at"`
	Score    candidacy.ScoreShown `json:"score"`
	Rank     int                  `json:"rank,omitzero"`
	ranks    bool                 // the rank was recorded, if only that there was none
}

// day is the day that was judged on; what kept none was judged when it was kept.
func (r record) day() domain.Date {
	if r.Score.Today != 0 {
		return r.Score.Today
	}
	return domain.DateOf(r.At)
}

// replayed is a verdict as it was, beside what was recorded of it.
type replayed struct {
	Candidacy domain.CandidacyID  `json:"candidacy"`
	Position  eventstore.Position `json:"position"` // of the log that was folded
	Verdict   matcher.Verdict     `json:"verdict"`
	Rank      int                 `json:"rank,omitzero"`
	Recorded  []record            `json:"recorded,omitempty"`
	Compared  []string            `json:"compared,omitempty"`
	Differs   []difference        `json:"differs,omitempty"`
}

// difference is a part of a verdict that is not as it was recorded.
type difference struct {
	What     string `json:"what"`
	Recorded string `json:"recorded"`
	Replayed string `json:"replayed"`
}

// pairOf finds the pair that a candidacy is of.
func (r *reading) pairOf(ctx context.Context, id domain.CandidacyID) (need, expert string, err error) {
	for recorded, err := range r.store.ReadStream(ctx, candidacy.Aggregate.Stream(string(id)), 0, eventstore.Forwards, 1) {
		if errors.Is(err, eventstore.ErrNoStream) {
			return "", "", errNoPair.At("candidacy")
		}
		if err != nil {
			return "", "", err
		}
		d, err := r.codec.Decode(ctx, recorded)
		if err != nil {
			return "", "", err
		}
		switch e := d.Event.(type) {
		case candidacy.Suggested:
			return string(e.Need), string(e.Expert), nil
		case candidacy.Applied:
			return string(e.Need), string(e.Expert), nil
		case candidacy.Nominated:
			return string(e.Need), string(e.Expert), nil
		}
	}
	return "", "", errNoPair.At("candidacy")
}

// refuseErased refuses what was ever asked to be forgotten, whenever that was.
func (r *reading) refuseErased(ctx context.Context, id string) error {
	for recorded, err := range r.store.ReadStream(ctx, expert.Aggregate.Stream(id), 0, eventstore.Forwards, 0) {
		switch {
		case errors.Is(err, eventstore.ErrNoStream):
			return nil
		case err != nil:
			return err
		case recorded.Type == (expert.ErasureRequested{}).EventType():
			return errErased
		}
	}
	return nil
}

// decisions are the scores that the candidacy's own events keep, oldest first.
func (r *reading) decisions(ctx context.Context, id domain.CandidacyID) (found []record, err error) {
	for recorded, err := range r.store.ReadStream(ctx, candidacy.Aggregate.Stream(string(id)), 0, eventstore.Forwards, 0) {
		if errors.Is(err, eventstore.ErrNoStream) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		d, err := r.codec.Decode(ctx, recorded)
		if err != nil {
			return nil, err
		}
		if shown := keptBy(d.Event); shown.Score.LogPosition > 0 {
			found = append(found, record{recorded.Type, recorded.Position, d.Meta.At, shown.Score, shown.Rank, true})
		}
	}
	return found, nil
}

// keptBy is the score that an event of a candidacy keeps, if it keeps one.
func keptBy(event decider.Event) candidacy.Shown {
	switch e := event.(type) {
	case candidacy.Suggested:
		return candidacy.Shown{Score: e.Score, Rank: e.Rank}
	case candidacy.ApprovalRequested:
		return candidacy.Shown{Score: e.Score, Rank: e.Rank}
	case candidacy.HostAccepted:
		return e.Shown
	case candidacy.HostDeclined:
		return e.Shown
	case candidacy.RecommendationMade:
		return e.Shown
	case candidacy.ManagerRefused:
		return e.Shown
	}
	return candidacy.Shown{}
}

// lists are the scores of a pair in the lists that deciders were shown, oldest
// first.
func (r *reading) lists(ctx context.Context, need, expert string) (found []record, err error) {
	for recorded, err := range r.store.ReadAll(ctx, 0, eventstore.Forwards, 0) {
		if err != nil {
			return nil, err
		}
		if recorded.Type != (ranking.Shown{}).EventType() {
			continue
		}
		d, err := r.codec.Decode(ctx, recorded)
		if err != nil {
			return nil, err
		}
		e, ok := d.Event.(ranking.Shown)
		if !ok || string(e.Need) != need {
			continue
		}
		for i, row := range e.Rows {
			if string(row.Expert) == expert {
				found = append(found, listed(recorded, e, i))
			}
		}
	}
	return found, nil
}

func listed(at eventstore.Recorded, e ranking.Shown, row int) record {
	b := e.Basis
	out := record{Event: at.Type, Position: at.Position, At: e.At, Score: candidacy.ScoreShown{
		Total: e.Rows[row].Total, PolicyVersion: b.Scoring, TaxonomyVersion: b.Taxonomy, LogPosition: b.Position,
		Engine: b.Engine, Rules: b.Eligibility, Today: b.Today,
	}}
	if e.Kind.Ranks() {
		out.Rank, out.ranks = row+1, true
	}
	return out
}

// recordsAt are the records that a position means: what was judged on the log up
// to there, or else what an event there keeps. Without a position it is the last
// decision.
func (r *reading) recordsAt(ctx context.Context, need, expert string, at eventstore.Position) ([]record, error) {
	id := domain.CandidacyIDFor(domain.NeedID(need), domain.ExpertID(expert))
	all, err := r.decisions(ctx, id)
	if err != nil {
		return nil, err
	}
	if at == 0 {
		if len(all) == 0 {
			return nil, errNoRecord.At("candidacy")
		}
		return all[len(all)-1:], nil
	}
	shown, err := r.lists(ctx, need, expert)
	if err != nil {
		return nil, err
	}
	all = append(all, shown...)
	judged := func(x record) bool { return eventstore.Position(x.Score.LogPosition) == at }
	if slices.ContainsFunc(all, judged) {
		return slices.DeleteFunc(all, func(x record) bool { return !judged(x) }), nil
	}
	return slices.DeleteFunc(all, func(x record) bool { return x.Position != at }), nil
}

// dayAt is the day of the last event up to a position.
func (r *reading) dayAt(ctx context.Context, at eventstore.Position) (domain.Date, error) {
	for recorded, err := range r.store.ReadAll(ctx, at, eventstore.Backwards, 1) {
		return domain.DateOf(recorded.Time), err
	}
	return 0, errNoPlace.At("at")
}

// replay judges the pair again as it was recorded, or as it was at a position of
// which nothing was recorded: then on the day that was named, or that of the log.
func (s *session) replay(ctx context.Context, r *reading, list *taxonomy.Taxonomy, need, expert string, at eventstore.Position, on domain.Date) (replayed, error) {
	head, err := r.store.Head(ctx)
	if err != nil {
		return replayed{}, err
	}
	if at > head {
		return replayed{}, errNoPlace.At("at").With(fmt.Sprintf("The log ends at %d.", head))
	}
	found, err := r.recordsAt(ctx, need, expert, at)
	if err != nil {
		return replayed{}, err
	}
	var as candidacy.ScoreShown // under which it is judged
	if len(found) > 0 {
		as, at, on = found[0].Score, eventstore.Position(found[0].Score.LogPosition), found[0].day()
	} else if on == 0 {
		if on, err = r.dayAt(ctx, at); err != nil {
			return replayed{}, err
		}
	}
	out := replayed{Candidacy: domain.CandidacyIDFor(domain.NeedID(need), domain.ExpertID(expert)), Position: at, Recorded: found}
	bar := s.progress("reading the log", int64(at))
	engine, err := r.fold(ctx, at, 0, func(p eventstore.Position) { bar.at(int64(p)) })
	bar.done()
	if err != nil {
		return replayed{}, broken(err)
	}
	err = engine.Read(ctx, 0, func(read projections.Reader) error {
		out.Verdict, err = judgeUnder(read, list, need, expert, on, as)
		return err
	})
	if err != nil {
		return replayed{}, err
	}
	out.Verdict.Basis.Position = uint64(at)
	if out.Rank, err = rankAt(ctx, engine, list, domain.NeedID(need), domain.ExpertID(expert), on); err != nil {
		return replayed{}, err
	}
	for _, x := range found {
		out.compare(x)
	}
	return out, nil
}

// rankAt is the place of an expert in the ranking for a need, as views have them;
// 0 when it has none.
func rankAt(ctx context.Context, engine *memory.Engine, list *taxonomy.Taxonomy, need domain.NeedID, expert domain.ExpertID, day domain.Date) (int, error) {
	index := matcher.NewIndex(matcher.Policy{Taxonomy: list, Scoring: policy.Default(day)})
	err := engine.Read(ctx, 0, func(r projections.Reader) error { return views.NewFeed(index, day).Load(ctx, r) })
	if err != nil {
		return 0, err
	}
	top, _ := index.TopExperts(need, rankLooked, day)
	for _, row := range top.Rows {
		if row.Expert == expert {
			return row.Rank, nil
		}
	}
	return 0, nil
}

// compare holds the replayed verdict to a record, part by part. What a record
// does not keep is not compared.
func (p *replayed) compare(x record) {
	v, was := p.Verdict, x.Score
	check := func(what, recorded, replayed string) {
		if recorded == "" {
			return
		}
		if !slices.Contains(p.Compared, what) {
			p.Compared = append(p.Compared, what)
		}
		if d := (difference{what, recorded, replayed}); recorded != replayed && !slices.Contains(p.Differs, d) {
			p.Differs = append(p.Differs, d)
		}
	}
	check("engine", was.Engine, v.Basis.Engine)
	check("list of skills", was.TaxonomyVersion, v.Basis.Taxonomy)
	if was.Engine != "" { // kept since the version of the engine is
		check("eligibility rules", strconv.Itoa(was.Rules), strconv.Itoa(v.Basis.Eligibility))
	}
	check("scoring policy", strconv.Itoa(was.PolicyVersion), strconv.Itoa(v.Basis.Scoring))
	check("total", was.Total.String(), v.Total.String())
	if was.Parts != "" {
		kept := strings.Split(was.Parts, ",")
		for i, part := range v.Parts {
			recorded := "none"
			if i < len(kept) {
				recorded = kept[i]
			}
			check(string(part.Part), recorded, strconv.Itoa(int(part.Contribution)))
		}
	}
	if x.ranks {
		check("rank", strconv.Itoa(x.Rank), strconv.Itoa(p.Rank))
	}
	check("explanation", was.Verdict, v.Digest())
}

// lines tell what was judged, what was recorded, and whether they are one.
func (p replayed) lines() []string {
	b := p.Verdict.Basis
	out := []string{fmt.Sprintf("Replayed at position %d: judged on %s under scoring policy %d, eligibility rules %d, list of skills %s, engine %s.",
		p.Position, b.Today, b.Scoring, b.Eligibility, b.Taxonomy, b.Engine)}
	for _, x := range p.Recorded {
		rank := ""
		if x.Rank > 0 {
			rank = fmt.Sprintf(", rank %d", x.Rank)
		}
		out = append(out, fmt.Sprintf("Recorded by %s at position %d: total %s%s.", x.Event, x.Position, x.Score.Total, rank))
	}
	switch {
	case len(p.Recorded) == 0:
		return append(out, "No score of this pair was recorded there: there is nothing to compare with.")
	case len(p.Differs) == 0:
		return append(out, "The same, bit for bit: "+strings.Join(p.Compared, ", ")+".")
	}
	for _, d := range p.Differs {
		out = append(out, fmt.Sprintf("Differs in %s: recorded %s, replayed %s.", d.What, d.Recorded, d.Replayed))
	}
	return out
}
