package processes

import (
	"context"
	"errors"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// closing tells every open candidate that a need ended, with a reason category,
// so that nobody is left in silence. A candidate who arrives after the end is
// told at once, so that none slips between the two; so is one who was approved out
// of the reserve of a filled need, when that fails.
type closing struct{ Platform }

// ClosingNotices makes the process.
func ClosingNotices(p Platform) Process {
	return Process{
		Name: "closing-notices",
		Types: []string{
			need.Filled{}.EventType(), need.Expired{}.EventType(), need.Closed{}.EventType(), need.Cancelled{}.EventType(),
			candidacy.Approved{}.EventType(), candidacy.ApprovalFailed{}.EventType(), candidacy.Suggested{}.EventType(), candidacy.Applied{}.EventType(), candidacy.Nominated{}.EventType(),
		},
		Handle: closing{p}.handle,
	}
}

func (p closing) handle(ctx context.Context, d codec.Decoded) error {
	why := cause{"closing-notices", d}
	switch e := d.Event.(type) {
	case need.Filled, need.Expired, need.Closed, need.Cancelled:
		return p.closeAll(ctx, why, domain.NeedID(idOf(d)))
	case candidacy.Approved:
		c, err := commands.Load(ctx, p.Bus, &candidacy.Aggregate, idOf(d))
		if err != nil {
			return err
		}
		return p.closeAll(ctx, why, c.Need)
	case candidacy.ApprovalFailed:
		c, err := commands.Load(ctx, p.Bus, &candidacy.Aggregate, idOf(d))
		if err != nil {
			return err
		}
		return p.closeLate(ctx, why, c.Subject)
	case candidacy.Suggested:
		return p.closeLate(ctx, why, e.Subject)
	case candidacy.Applied:
		return p.closeLate(ctx, why, e.Subject)
	case candidacy.Nominated:
		return p.closeLate(ctx, why, e.Subject)
	}
	return nil
}

// reason is how the need stands now: it may have been reopened since the event.
// A need whose last seat is held by a placement still under way is not filled
// for good; the confirmation brings it here again.
func (p closing) reason(ctx context.Context, id domain.NeedID) (candidacy.ClosingReason, error) {
	state, err := commands.Load(ctx, p.Bus, &need.Aggregate, string(id))
	if err != nil {
		return "", err
	}
	switch state.Status {
	case need.StatusFilled:
		for _, holder := range state.Seats {
			c, err := commands.Load(ctx, p.Bus, &candidacy.Aggregate, string(holder))
			if err != nil {
				return "", err
			}
			if c.Approval != candidacy.ApprovalMade {
				return "", nil
			}
		}
		return candidacy.NeedFilled, nil
	case need.StatusExpired:
		return candidacy.NeedExpired, nil
	case need.StatusClosed:
		return candidacy.NeedClosed, nil
	case need.StatusCancelled:
		return candidacy.NeedCancelled, nil
	}
	return "", nil
}

func (p closing) closeAll(ctx context.Context, why cause, id domain.NeedID) error {
	reason, err := p.reason(ctx, id)
	if err != nil || reason == "" {
		return err
	}
	var open []domain.CandidacyID
	err = p.read(ctx, func(r projections.Reader) error {
		open = nil
		for row, err := range views.Candidacies.Walk(r, views.CandidaciesOfNeed, string(id), "") {
			if err != nil {
				return err
			}
			if !row.Over() {
				open = append(open, row.ID)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, candidate := range open {
		errs = append(errs, p.close(ctx, why, candidate, reason))
	}
	return errors.Join(errs...)
}

func (p closing) closeLate(ctx context.Context, why cause, s candidacy.Subject) error {
	reason, err := p.reason(ctx, s.Need)
	if err != nil || reason == "" {
		return err
	}
	return p.close(ctx, why, s.Candidacy, reason)
}

func (p closing) close(ctx context.Context, why cause, id domain.CandidacyID, reason candidacy.ClosingReason) error {
	return unlessRefused(send(ctx, p.Platform, why, "close "+string(reason), &candidacy.Aggregate, string(id), func(s domain.Stamp) candidacy.Command {
		return candidacy.CloseWithNotice{Stamp: s, Reason: reason}
	}))
}
