package exchange

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// Target is the platform that an import writes to.
type Target struct {
	Bus   *commands.Bus
	Store eventstore.Store
	Codec *codec.Codec
	Views projections.Engine // open, with the whole log
	// Keys makes the keys of new people many at a time.
	Keys interface {
		Ensure(ctx context.Context, subjects ...string) error
	}
	Skills     *taxonomy.Taxonomy // that rows may name
	Now        time.Time
	OnBehalfOf domain.PrincipalID // the operator, for the record; may be empty
}

// writers is how many rows are written at once.
const writers = 64

// Summary counts the rows of an import, by what became or would become of them.
type Summary struct {
	Rows      int `json:"rows"`
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// Plan is an import that was found good.
type Plan struct {
	Summary
	people []string
	todo   []func(context.Context) error
}

// Prepare judges every row against the platform as it stands. With faults the
// plan is nil. An error is a fault of the machine.
func (t Target) Prepare(ctx context.Context, k Kind, rows []Row) (*Plan, Faults, error) {
	var refs known
	err := t.Views.Read(ctx, 0, func(r projections.Reader) (err error) {
		refs, err = lookUp(r)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	p := &Plan{Summary: Summary{Rows: len(rows)}}
	var faults Faults
	seen := map[string]bool{}
	for _, row := range rows {
		c := &cells{row: row, known: t.Skills}
		id, judged, err := t.judge(ctx, p, k, refs, c)
		if err != nil {
			return nil, nil, err
		}
		if id != "" && id != string(nobody) {
			c.checks.Require(!seen[id], ErrTwice.At("id"))
			seen[id] = true
		}
		faults.add(row.Number, merge(k, domain.AsRefusals(c.checks.Err()), judged)...)
	}
	if len(faults) > 0 {
		return nil, faults, nil
	}
	return p, nil, nil
}

// judge reads a row and decides its commands without storing anything.
func (t Target) judge(ctx context.Context, p *Plan, k Kind, refs known, c *cells) (id string, refused domain.Refusals, err error) {
	switch k {
	case Institutions:
		r := refs.institutionRow(c)
		refused, err = plan(ctx, t, p, &institution.Aggregate, string(r.id), r.commands)
		return string(r.id), refused, err
	case Needs:
		r := refs.needRow(c)
		refused, err = plan(ctx, t, p, &need.Aggregate, string(r.id), r.commands)
		return string(r.id), refused, err
	}
	r, before := refs.expertRow(c), p.Added
	refused, err = plan(ctx, t, p, &expert.Aggregate, string(r.id), r.commands)
	if p.Added > before {
		p.people = append(p.people, string(r.id))
	}
	return string(r.id), refused, err
}

// step is a command with its id. When it is refused, what follows is judged on
// the state that otherwise gives; without it, on the state before.
type step[S, C any] struct {
	id        domain.CommandID
	build     func(domain.Stamp) C
	otherwise func(S) S
}

// past is a stream as it stands.
type past[S any] struct {
	state    S
	events   int
	commands map[domain.CommandID]bool
}

// plan decides the commands of a row one after the other over the stream as it
// stands. Commands that acted before are passed over: a later change by people
// is not undone by the same file. All refusals of all commands are returned.
func plan[S any, C decider.Command, E decider.Event](ctx context.Context, t Target, p *Plan, a *decider.Aggregate[S, C, E], id string, steps func(past[S]) ([]step[S, C], error)) (domain.Refusals, error) {
	was, err := load(ctx, t, a, id)
	if err != nil {
		return nil, err
	}
	all, err := steps(was)
	if rs := domain.AsRefusals(err); rs != nil {
		return rs, nil
	} else if err != nil {
		return nil, err
	}
	state := was.state
	stamp := domain.Stamp{By: domain.Platform, Role: domain.RoleSystem, At: t.Now}
	var todo []step[S, C]
	var refused domain.Refusals
	for _, s := range all {
		if was.commands[s.id] {
			continue
		}
		events, err := a.Decider.Decide(state, s.build(stamp))
		if rs := domain.AsRefusals(err); rs != nil {
			refused = append(refused, rs...)
			if s.otherwise != nil {
				state = s.otherwise(state)
			}
			continue
		} else if err != nil {
			return nil, err
		}
		if len(events) > 0 {
			state = a.Decider.Fold(state, events...)
			todo = append(todo, s)
		}
	}
	switch {
	case len(refused) > 0:
		return refused, nil
	case len(todo) == 0:
		p.Unchanged++
		return nil, nil
	case was.events == 0:
		p.Added++
	default:
		p.Changed++
	}
	p.todo = append(p.todo, func(ctx context.Context) error { return run(ctx, t, a, id, todo) })
	return nil, nil
}

func load[S any, C decider.Command, E decider.Event](ctx context.Context, t Target, a *decider.Aggregate[S, C, E], id string) (past[S], error) {
	p := past[S]{state: a.Decider.Initial(), commands: map[domain.CommandID]bool{}}
	if !domain.ValidID(id) {
		return p, nil
	}
	for r, err := range t.Store.ReadStream(ctx, a.Stream(id), 0, eventstore.Forwards, 0) {
		if errors.Is(err, eventstore.ErrNoStream) {
			return p, nil
		}
		if err != nil {
			return p, err
		}
		d, err := t.Codec.Decode(ctx, r)
		if err != nil {
			return p, err
		}
		e, ok := d.Event.(E)
		if !ok {
			return p, fmt.Errorf("exchange: %s at %d is no event of %s", r.Type, r.Position, a.Category)
		}
		p.state = a.Decider.Evolve(p.state, e)
		p.events++
		p.commands[d.Meta.Command] = true
	}
	return p, nil
}

func run[S any, C decider.Command, E decider.Event](ctx context.Context, t Target, a *decider.Aggregate[S, C, E], id string, todo []step[S, C]) error {
	for _, s := range todo {
		_, err := commands.Execute(ctx, t.Bus, a, id, commands.Envelope{
			Command: s.id, At: t.Now,
			Caller: commands.Caller{Principal: domain.Platform, OnBehalfOf: t.OnBehalfOf, System: true},
		}, s.build)
		if err != nil {
			return err
		}
	}
	return nil
}

// Run writes the plan. Interrupted, it is prepared and run again.
func (t Target) Run(ctx context.Context, p *Plan, progress func(done, total int)) error {
	if err := t.Keys.Ensure(ctx, p.people...); err != nil {
		return fmt.Errorf("exchange: keys: %w", err)
	}
	var done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(writers)
	for _, do := range p.todo {
		g.Go(func() error {
			if err := do(ctx); err != nil {
				return err
			}
			if n := done.Add(1); progress != nil {
				progress(int(n), len(p.todo))
			}
			return nil
		})
	}
	return g.Wait()
}

// contentID is the id of a command that says something of an object that is
// nobody's person: the same words again are the same command.
func contentID(command, id string, says any) (domain.CommandID, error) {
	b, err := json.Marshal(says, json.Deterministic(true))
	if err != nil {
		return "", fmt.Errorf("exchange: command id: %w", err)
	}
	sum := sha256.Sum256(b)
	return domain.CommandID(derive("command", command, id, hex.EncodeToString(sum[:]))), nil
}

// commands drafts the need, or revises the draft. A need that was drafted with
// these words before stays as people have changed it since.
func (r needRow) commands(was past[need.State]) ([]step[need.State, need.Command], error) {
	draftID, err := contentID("need.Draft", string(r.id), r.terms)
	if err != nil {
		return nil, err
	}
	reviseID, err := contentID("need.Revise", string(r.id), r.terms)
	if err != nil {
		return nil, err
	}
	submitID, err := contentID("need.Submit", string(r.id), r.terms)
	if err != nil {
		return nil, err
	}
	var steps []step[need.State, need.Command]
	switch s := was.state; {
	case was.commands[draftID]:
	case !s.Exists():
		steps = append(steps, step[need.State, need.Command]{draftID, func(by domain.Stamp) need.Command {
			return need.Draft{Stamp: by, Need: r.id, Programme: r.programme, Institution: r.institution, Country: r.country, Terms: r.terms}
		}, func(need.State) need.State {
			return need.State{ID: r.id, Status: need.StatusDraft, Terms: r.terms, Version: 1}
		}})
	case s.Institution != r.institution:
		return nil, need.ErrExists.At("id").With("The need belongs to another institution.")
	default:
		steps = append(steps, step[need.State, need.Command]{reviseID, func(by domain.Stamp) need.Command {
			return need.Revise{Stamp: by, Terms: r.terms}
		}, func(s need.State) need.State { s.Terms = r.terms; return s }})
		if s.Status != need.StatusDraft && s.Status != need.StatusReturned && !was.commands[reviseID] && !sameTerms(s, r.terms) {
			return nil, ErrPast.At("id")
		}
	}
	if r.submit {
		steps = append(steps, step[need.State, need.Command]{submitID, func(by domain.Stamp) need.Command { return need.Submit{Stamp: by} }, nil})
	}
	return steps, nil
}

// sameTerms asks the decider whether a revision would change anything.
func sameTerms(s need.State, terms need.Terms) bool {
	s.Status = need.StatusDraft
	events, err := need.Decide(s, need.Revise{Terms: terms})
	return err == nil && len(events) == 0
}

// commands proposes the institution, or describes it anew.
func (r institutionRow) commands(was past[institution.State]) ([]step[institution.State, institution.Command], error) {
	var steps []step[institution.State, institution.Command]
	var failed error
	proposed := func(s institution.State) institution.State {
		if s.Stage == institution.StageNone {
			s.ID, s.Stage, s.Profile = r.id, institution.StageProposed, r.profile
		}
		return s
	}
	add := func(name string, says any, build func(domain.Stamp) institution.Command) {
		id, err := contentID(name, string(r.id), says)
		failed = cmp.Or(failed, err)
		steps = append(steps, step[institution.State, institution.Command]{id, build, proposed})
	}
	proposeID, err := contentID("institution.Propose", string(r.id), r.profile)
	if err != nil {
		return nil, err
	}
	switch {
	case was.commands[proposeID]:
	case was.events == 0:
		add("institution.Propose", r.profile, func(by domain.Stamp) institution.Command {
			return institution.Propose{Stamp: by, Institution: r.id, Programme: r.programme, Profile: r.profile}
		})
	default:
		add("institution.Describe", r.profile, func(by domain.Stamp) institution.Command {
			return institution.Describe{Stamp: by, Profile: r.profile}
		})
	}
	for _, u := range r.newUnits(was.state.Units) {
		add("institution.AddUnit", u, func(by domain.Stamp) institution.Command {
			return institution.AddUnit{Stamp: by, Unit: u.ID, Name: u.Name, Parent: u.Parent}
		})
	}
	if r.capacity > 0 {
		add("institution.SetCapacity", r.capacity, func(by domain.Stamp) institution.Command {
			return institution.SetCapacity{Stamp: by, MaxConcurrent: r.capacity}
		})
	}
	if r.connectivity.Quality != "" {
		add("institution.DescribeConnectivity", r.connectivity, func(by domain.Stamp) institution.Command {
			return institution.DescribeConnectivity{Stamp: by, Connectivity: r.connectivity}
		})
	}
	return steps, failed
}

// newUnits leaves out units that the institution has under the same name and
// parent, and puts new ones below them.
func (r institutionRow) newUnits(have []institution.Unit) []institution.Unit {
	same := map[domain.UnitID]domain.UnitID{}
	var out []institution.Unit
	for _, u := range r.units {
		if parent, ok := same[u.Parent]; ok {
			u.Parent = parent
		}
		i := slices.IndexFunc(have, func(h institution.Unit) bool {
			return !h.Retired && h.Parent == u.Parent && strings.EqualFold(h.Name, u.Name)
		})
		if i >= 0 {
			same[u.ID] = have[i].ID
			continue
		}
		out = append(out, u)
	}
	return out
}

// commands registers the person and declares the parts. Their ids come from the
// person's random id and the name of the part alone: a digest of what the part
// says would outlive its erasure. Who is registered already is left alone.
func (r expertRow) commands(was past[expert.State]) ([]step[expert.State, expert.Command], error) {
	id := func(name string) domain.CommandID {
		return domain.CommandID(derive("command", "expert", string(r.id), name))
	}
	if was.events > 0 && !was.commands[id("register")] {
		return nil, expert.ErrExists.At("id").With("The person registered without this file; the profile is theirs.")
	}
	steps := []step[expert.State, expert.Command]{{id("register"), func(by domain.Stamp) expert.Command {
		return expert.Register{Stamp: by, Expert: r.id, Programme: r.programme, Processing: r.processing}
	}, func(s expert.State) expert.State { s.ID = r.id; return s }}}
	for _, s := range r.steps {
		steps = append(steps, step[expert.State, expert.Command]{id(s.name), s.build, nil})
	}
	return steps, nil
}
