package seed

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/internal/demo"
)

// writers is how many streams are seeded at once: enough for the group commit
// of the store to share its fsyncs.
const writers = 128

// Keys is the part of privacy.Keys that seeding needs.
type Keys interface {
	Ensure(ctx context.Context, subjects ...string) error
}

// Progress hears how many of the streams are done; it may be nil and is called
// from many goroutines.
type Progress func(done, total int)

// Seed plays the past. Interrupted by ctx or by a kill, it is called again.
func (p *Plan) Seed(ctx context.Context, bus *commands.Bus, keys Keys, progress Progress) error {
	subjects := make([]string, len(p.order))
	for i, id := range p.order {
		subjects[i] = string(id)
	}
	if err := keys.Ensure(ctx, subjects...); err != nil {
		return fmt.Errorf("seed: keys: %w", err)
	}
	w := work{bus: bus, progress: progress}
	everywhere := p.cast(p.places.Country, p.places.Institution)
	w.add(func(ctx context.Context) error {
		return send(ctx, bus, &programme.Aggregate, string(p.places.Programme), "open", everywhere.OpenProgramme()...)
	})
	hosts := demo.Institutions()
	for _, host := range hosts {
		w.add(func(ctx context.Context) error {
			return send(ctx, bus, &institution.Aggregate, string(host.ID), "host", p.cast(host.Country, host.ID).Host(host)...)
		})
	}
	for i, t := range p.terms {
		w.add(func(ctx context.Context) error {
			steps := p.cast(t.Country, t.Institution).Need(t)
			return send(ctx, bus, &need.Aggregate, string(t.ID), "need", steps[:stepsOf(i)]...)
		})
	}
	for _, id := range p.order {
		w.add(func(ctx context.Context) error {
			person := p.people[id]
			cast := p.cast(person.Profile.Heritage[0].Country, "")
			return send(ctx, bus, &expert.Aggregate, string(id), "profile", cast.Expert(person, p.owners[id])...)
		})
	}
	if err := w.run(ctx); err != nil {
		return err
	}
	return p.playTales(ctx, bus)
}

// playTales plays the candidacies one after the other: they meet in the streams
// of needs and experts.
func (p *Plan) playTales(ctx context.Context, bus *commands.Bus) error {
	for _, t := range p.tales {
		if err := p.play(ctx, bus, t); err != nil {
			return err
		}
	}
	return nil
}

// work is a list of streams to seed.
type work struct {
	bus      *commands.Bus
	progress Progress
	todo     []func(context.Context) error
}

func (w *work) add(do func(context.Context) error) { w.todo = append(w.todo, do) }

func (w *work) run(ctx context.Context) error {
	var done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(writers)
	for _, do := range w.todo {
		g.Go(func() error {
			if err := do(ctx); err != nil {
				return err
			}
			if n := done.Add(1); w.progress != nil {
				w.progress(int(n), len(w.todo))
			}
			return nil
		})
	}
	return g.Wait()
}

// send executes commands on one stream in order, as the platform on behalf of
// who is stamped on each. The label tells the command ids of different parts of
// the seeding apart.
func send[S any, C decider.Command, E decider.Event](ctx context.Context, bus *commands.Bus, a *decider.Aggregate[S, C, E], id, label string, cs ...C) error {
	for i, c := range cs {
		by := c.Stamped()
		_, err := commands.Execute(ctx, bus, a, id, commands.Envelope{
			Command: commandID(a.Category, id, label, i),
			Caller:  commands.Caller{Principal: domain.Platform, OnBehalfOf: by.By, System: true},
			At:      by.At,
		}, func(domain.Stamp) C { return c })
		if err != nil {
			return fmt.Errorf("seed: %s: %w", c.CommandType(), err)
		}
	}
	return nil
}

func commandID(category, id, label string, i int) domain.CommandID {
	return domain.CommandID(domain.DeriveID(namespace, fmt.Sprintf("command|%s|%s|%s|%d", category, id, label, i)))
}

// Grant gives the personas what they may do at the places, as of a moment. It is
// called at every start: grants with reach over others are time-boxed, and on
// another address the same personas are other principals.
func Grant(ctx context.Context, bus *commands.Bus, places Places, who Personas, now time.Time) error {
	// The end moves once a month, so that most starts add nothing.
	until := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, grantMonths, 0)
	for _, g := range []struct {
		who   domain.PrincipalID
		role  domain.Role
		scope domain.Scope
	}{
		{who.Expert, domain.RoleExpert, domain.Scope{Expert: places.Expert}},
		{who.HostOfficer, domain.RoleHost, domain.Scope{Institution: places.Institution}},
		{who.FocalPoint, domain.RoleFocalPoint, domain.Scope{Country: places.Country}},
		{who.Manager, domain.RoleManager, domain.Scope{Programme: places.Programme}},
		{who.Administrator, domain.RoleAdministrator, domain.Scope{}},
		{who.Evaluator, domain.RoleEvaluator, domain.Scope{Programme: places.Programme}},
	} {
		grant := access.Grant{
			Stamp:     domain.Stamp{By: domain.Platform, Role: domain.RoleSystem, At: now.UTC()},
			Principal: g.who, Role: g.role, Scope: g.scope, Reason: "Persona of the demonstration",
		}
		if g.role != domain.RoleExpert && g.role != domain.RoleHost {
			grant.Until = until
		}
		if err := send(ctx, bus, &access.Aggregate, string(g.who), "grant "+grant.Until.Format(time.DateOnly), access.Command(grant)); err != nil {
			return err
		}
	}
	return nil
}

// grantMonths is how far ahead grants reach: within the year that access allows.
const grantMonths = 11
