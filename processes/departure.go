package processes

import (
	"context"
	"errors"
	"fmt"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// departure carries what an expert takes back to where it was relied upon: a
// withdrawn consent to the candidacies that were shared under it, and a request
// for erasure to all of them. A candidacy that begins after the request, the two
// having met on their way, ends at once, so that none slips between them.
type departure struct{ Platform }

// Departure makes the process.
func Departure(p Platform) Process {
	return Process{
		Name: "departure",
		Types: []string{
			expert.ConsentWithdrawn{}.EventType(), expert.ErasureRequested{}.EventType(),
			candidacy.Suggested{}.EventType(), candidacy.Applied{}.EventType(), candidacy.Nominated{}.EventType(),
		},
		Handle: departure{p}.handle,
	}
}

func (p departure) handle(ctx context.Context, d codec.Decoded) error {
	why := cause{"departure", d}
	id := domain.ExpertID(idOf(d))
	switch e := d.Event.(type) {
	case expert.ConsentWithdrawn:
		return p.each(ctx, id, func(row *views.CandidacyRow) error {
			if row.Consent.ID != e.Consent {
				return nil
			}
			return unlessRefused(send(ctx, p.Platform, why, "consent", &candidacy.Aggregate, string(row.ID), func(s domain.Stamp) candidacy.Command {
				return candidacy.WithdrawConsent{Stamp: s, Consent: e.Consent}
			}))
		})
	case expert.ErasureRequested:
		return p.each(ctx, id, func(row *views.CandidacyRow) error {
			if row.Over() {
				return nil
			}
			return p.leave(ctx, why, row.ID)
		})
	case candidacy.Suggested:
		return p.leaveLate(ctx, why, e.Subject)
	case candidacy.Applied:
		return p.leaveLate(ctx, why, e.Subject)
	case candidacy.Nominated:
		return p.leaveLate(ctx, why, e.Subject)
	}
	return nil
}

func (p departure) leave(ctx context.Context, why cause, id domain.CandidacyID) error {
	return unlessRefused(send(ctx, p.Platform, why, "leave", &candidacy.Aggregate, string(id), func(s domain.Stamp) candidacy.Command {
		return candidacy.Withdraw{Stamp: s, Reason: candidacy.LeftThePlatform}
	}))
}

// leaveLate ends a candidacy of somebody who asked to be erased before it began.
func (p departure) leaveLate(ctx context.Context, why cause, s candidacy.Subject) error {
	person, err := commands.Load(ctx, p.Bus, &expert.Aggregate, string(s.Expert))
	if err != nil || !person.Fenced {
		return err
	}
	return p.leave(ctx, why, s.Candidacy)
}

// each runs step over the candidacies of an expert. Once erasure was requested
// the views name the person nowhere; but the id of a candidacy derives from need
// and expert, so asking for each need finds them all.
func (p departure) each(ctx context.Context, id domain.ExpertID, step func(*views.CandidacyRow) error) error {
	var rows []*views.CandidacyRow
	err := p.read(ctx, func(r projections.Reader) error {
		rows = nil
		for n, err := range views.Needs.All(r) {
			if err != nil {
				return err
			}
			row, err := views.Candidacies.Get(r, string(domain.CandidacyIDFor(n.ID, id)))
			if err != nil {
				return err
			}
			if row != nil {
				rows = append(rows, row)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, row := range rows {
		errs = append(errs, step(row))
	}
	return errors.Join(errs...)
}

// Eraser destroys what the platform can read of a person: key, protected rows
// and cached values. It is safe to repeat. Proof is the digest of its receipt.
type Eraser interface {
	Erase(ctx context.Context, subject string) (proof string, err error)
}

// Erasure destroys the key of everybody who asked for it and records the proof.
// The fence is the request itself: after it the expert's stream takes nothing
// but the proof, and the views drop the person's rows.
func Erasure(p Platform, eraser Eraser) Process {
	return Process{
		Name:  "erasure",
		Types: []string{expert.ErasureRequested{}.EventType()},
		Handle: func(ctx context.Context, d codec.Decoded) error {
			id := idOf(d)
			// The person's rows are gone from the views before the key goes.
			if err := p.Views.WaitFor(ctx, d.Position); err != nil {
				return err
			}
			proof, err := eraser.Erase(ctx, id)
			if err != nil {
				return fmt.Errorf("erase: %w", err)
			}
			return unlessRefused(send(ctx, p, cause{"erasure", d}, "proof", &expert.Aggregate, id, func(s domain.Stamp) expert.Command {
				return expert.CompleteErasure{Stamp: s, Proof: proof}
			}))
		},
	}
}
