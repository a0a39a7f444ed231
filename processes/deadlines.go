package processes

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Bounds of the deadlines, listed in docs/limits.md.
const (
	SweepEvery = time.Minute // how often deadlines are looked at
	maxSweep   = 500         // commands of one kind in one sweep; the rest follows in the next
)

// Deadlines does what falls due with the calendar: needs expire, hosts are
// reminded and lose their turn, profiles that nobody confirmed go dormant. The
// aggregates decide whether it is due; this only asks in time.
type Deadlines struct {
	Platform
	Clock func() time.Time
}

// Run sweeps until ctx ends; report hears of each sweep.
func (d Deadlines) Run(ctx context.Context, report func(error)) {
	ticker := time.NewTicker(SweepEvery)
	defer ticker.Stop()
	for {
		err := d.Sweep(ctx)
		if ctx.Err() != nil {
			return
		}
		report(err)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// due is one thing to do.
type due func(ctx context.Context) error

// Sweep does everything that is due now, each kind bounded.
func (d Deadlines) Sweep(ctx context.Context) error {
	now := d.Clock().UTC()
	today := domain.DateOf(now)
	var todo []due
	err := d.read(ctx, func(r projections.Reader) error {
		todo = nil
		for _, find := range []func(projections.Reader, domain.Date) ([]due, error){d.needs, d.hosts, d.profiles} {
			found, err := find(r, today)
			if err != nil {
				return err
			}
			todo = append(todo, found...)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("processes: deadlines: %w", err)
	}
	var errs []error
	for _, act := range todo {
		errs = append(errs, act(ctx))
	}
	return errors.Join(errs...)
}

// needs finds published and paused needs past their last day.
func (d Deadlines) needs(r projections.Reader, today domain.Date) ([]due, error) {
	var found []due
	for _, status := range []need.Status{need.StatusPublished, need.StatusPaused} {
		rows := views.Needs.Walk(r, string(views.ByDeadline), "board|"+string(status)+"||", "")
		err := take(rows, &found, func(n *views.NeedRow) (due, bool) {
			if n.Deadline >= today {
				return nil, false
			}
			if n.Expires >= today {
				return nil, true
			}
			return ask(d, &need.Aggregate, string(n.ID), "expire", today, func(s domain.Stamp) need.Command { return need.Expire{Stamp: s} }), true
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// hosts finds decisions that are overdue, or near enough for a reminder.
func (d Deadlines) hosts(r projections.Reader, today domain.Date) ([]due, error) {
	reminder, err := reminderDays(r)
	if err != nil {
		return nil, err
	}
	var found []due
	rows := views.Candidacies.Walk(r, views.CandidaciesAwaitingHost, "", "")
	err = take(rows, &found, func(c *views.CandidacyRow) (due, bool) {
		by := c.Shared.DecideBy
		if by < today {
			return ask(d, &candidacy.Aggregate, string(c.ID), "host expired", today, func(s domain.Stamp) candidacy.Command {
				return candidacy.ExpireHostDecision{Stamp: s}
			}), true
		}
		if c.Shared.Reminders == 0 && by.AddDays(-reminder(c.Programme)) <= today {
			return ask(d, &candidacy.Aggregate, string(c.ID), "remind host", today, func(s domain.Stamp) candidacy.Command {
				return candidacy.RemindHost{Stamp: s, Number: 1}
			}), true
		}
		return nil, by.AddDays(-maxReminderDays) <= today
	})
	return found, err
}

// maxReminderDays is beyond any programme's reminder, so that the walk in the
// order of deadlines may stop there.
const maxReminderDays = programme.MaxHostDecisionDays

// reminderDays looks programmes up once a sweep.
func reminderDays(r projections.Reader) (func(domain.ProgrammeID) int, error) {
	days := map[domain.ProgrammeID]int{}
	for p, err := range views.Programmes.All(r) {
		if err != nil {
			return nil, err
		}
		days[p.ID] = p.Deadlines.Reminder
	}
	return func(id domain.ProgrammeID) int { return days[id] }, nil
}

// profiles finds experts who did not confirm their profile in time: the longest
// term of any programme counts, so that no programme loses somebody early.
func (d Deadlines) profiles(r projections.Reader, today domain.Date) ([]due, error) {
	term := 0
	for p, err := range views.Programmes.All(r) {
		if err != nil {
			return nil, err
		}
		term = max(term, reconfirmDays(p, today))
	}
	if term == 0 {
		return nil, nil
	}
	var found []due
	for _, stage := range []expert.Stage{expert.StageRegistered, expert.StageComplete} {
		rows := views.Experts.Walk(r, views.ExpertsToConfirm, string(stage), "")
		err := take(rows, &found, func(e *views.ExpertRow) (due, bool) {
			if e.Confirmed.AddDays(term) >= today {
				return nil, false
			}
			return ask(d, &expert.Aggregate, string(e.ID), "dormant", today, func(s domain.Stamp) expert.Command {
				return expert.MakeDormant{Stamp: s, UnconfirmedSince: today.AddDays(-term)}
			}), true
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// reconfirmDays is what programme.State.ReconfirmDays says, from the view.
func reconfirmDays(p *views.ProgrammeRow, today domain.Date) int {
	if rules, ok := p.EligibilityOn(today); ok && rules.ReconfirmDays > 0 {
		return rules.ReconfirmDays
	}
	return p.Deadlines.Reconfirm
}

// take walks rows in the order in which they fall due until one is not due, or
// the bound of a sweep is reached.
func take[T any](rows iter.Seq2[*T, error], found *[]due, next func(*T) (act due, more bool)) error {
	n := 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		act, more := next(row)
		if act != nil {
			*found = append(*found, act)
			n++
		}
		if !more || n >= maxSweep {
			return nil
		}
	}
	return nil
}

// ask prepares a command whose id derives from the object, the step and the
// day: sweeping again on the same day sends the same command.
func ask[S any, C decider.Command, E decider.Event](d Deadlines, a *decider.Aggregate[S, C, E], id, step string, today domain.Date, build func(domain.Stamp) C) due {
	return func(ctx context.Context) error {
		_, err := commands.Execute(ctx, d.Bus, a, id, commands.Envelope{
			Command: commandID("deadlines", step, id, today.String()),
			Caller:  commands.Caller{Principal: domain.Platform, System: true},
			At:      d.Clock(),
		}, build)
		return unlessRefused(commands.Result{}, err)
	}
}
