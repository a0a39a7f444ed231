package platform

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/cluster"
	"github.com/diaspora-match/diaspora/processes"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/redis"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Role is what a node does, where several share a log and a Redis.
type Role string

const (
	// RoleAPI serves GraphQL: it reads the views from Redis, follows their notices
	// and keeps the matcher's index.
	RoleAPI Role = "api"
	// RoleProjector writes the views. Of all nodes with the role, one does; the
	// others stand by.
	RoleProjector Role = "projector"
	// RoleProcess runs the processes and the deadlines, each on one node at a time.
	RoleProcess Role = "process"
	// RoleMatcher keeps the matcher's index. It comes with RoleAPI and RoleProcess,
	// which ask the index in their own memory; alone it would serve nobody.
	RoleMatcher Role = "matcher"
)

// AllRoles in the order in which they are told.
var AllRoles = []Role{RoleAPI, RoleProjector, RoleProcess, RoleMatcher}

// Refusals of roles.
var (
	errRole      = domain.Refuse(domain.Invalid, "platform.role", "There is no such role.", "Name some of api, projector, process, matcher.").At("roles")
	errRoleAlone = domain.Refuse(domain.Refused, "platform.role_alone", "A node that only keeps the matcher's index serves nobody.",
		"Add api or process: both keep the index in their own memory.").At("roles")
	errRolesNeed = domain.Refuse(domain.Refused, "platform.roles_need", "Nodes with roles share a log in EventStoreDB and views in Redis.",
		"Name both with --event-store and --redis, or leave --roles away.").At("roles")
)

// checkRoles refuses roles that cannot work.
func (c Config) checkRoles() error {
	if len(c.Roles) == 0 {
		return nil
	}
	for _, r := range c.Roles {
		if !slices.Contains(AllRoles, r) {
			return errRole.With(fmt.Sprintf("There is no role %q.", r))
		}
	}
	if !c.has(RoleAPI) && !c.has(RoleProjector) && !c.has(RoleProcess) {
		return errRoleAlone
	}
	if c.EventStore == "" || c.Redis == "" {
		return errRolesNeed
	}
	return nil
}

// has reports whether this node has a role; one without roles has all of them.
func (c Config) has(r Role) bool { return len(c.Roles) == 0 || slices.Contains(c.Roles, r) }

// alone reports whether this is the only node.
func (c Config) alone() bool { return len(c.Roles) == 0 }

// follows reports whether the node keeps the index and hears of changes.
func (c Config) follows() bool { return c.has(RoleAPI) || c.has(RoleProcess) }

// ServesAPI reports whether the node answers GraphQL.
func (c Config) ServesAPI() bool { return c.has(RoleAPI) }

// followed are the tables whose rows nodes keep something of, in the order in which
// the matcher's feed wants them first.
var followed = []projections.Schema{views.Programmes, views.Institutions, views.Needs, views.Experts, views.Principals}

// told are the tables of whose changes nodes tell each other: those, and what
// subscriptions are about.
var told = append(slices.Clone(followed), views.Candidacies, views.Assignments, views.Inboxes, views.Rounds)

// share opens what nodes have in common in Redis.
func (p *Platform) share() error {
	cfg := p.Config
	client, err := redis.Connect(cfg.Redis)
	if err != nil {
		return err
	}
	p.closers = append(p.closers, client.Close)
	p.shared = cluster.New(client, cfg.namespace(), cfg.Log)
	p.checkpoints = cluster.NewPlaces(p.shared)
	return nil
}

func (c Config) namespace() string {
	if c.RedisNamespace == "" {
		return "main"
	}
	return c.RedisNamespace
}

// keepViews keeps what this node has of the views until ctx ends: all of them when
// it is alone; else as a writer, as a follower, or both.
func (p *Platform) keepViews(ctx context.Context) error {
	if p.Config.alone() {
		return p.rebuild(ctx)
	}
	g, ctx := errgroup.WithContext(ctx)
	if p.Config.has(RoleProjector) {
		g.Go(func() error { return p.shared.While(ctx, "projector", p.project) })
	}
	if p.tail != nil {
		g.Go(func() error { return p.tail.Run(ctx) })
	}
	return g.Wait()
}

// project writes the views for as long as this node is the one to do it. The epoch
// that the runner claims refuses whoever did it before, however late.
func (p *Platform) project(ctx context.Context) error {
	runner, err := projections.NewRunner(p.runnerConfig())
	if err != nil {
		return err
	}
	p.leading.Store(runner)
	defer p.leading.Store(nil)
	err = runner.Run(ctx)
	if errors.Is(err, projections.ErrStaleEpoch) {
		return nil // another has begun already: stand by
	}
	return err
}

// Ready is closed when the node can do its work: when its views, or its index, have
// caught up; for one that only writes or stands by, when it runs.
func (p *Platform) Ready() <-chan struct{} {
	switch {
	case p.Runner != nil:
		return p.Runner.Ready()
	case p.tail != nil:
		return p.tail.Ready()
	}
	return p.running
}

// viewsHealth is nil when what this node does with the views goes well.
func (p *Platform) viewsHealth(ctx context.Context) error {
	var states []projections.Health
	if p.Runner != nil {
		states = append(states, p.Runner.Health())
	}
	if p.tail != nil {
		states = append(states, p.tail.Health())
	}
	if runner := p.leading.Load(); runner != nil {
		states = append(states, runner.Health())
	}
	for _, h := range states {
		if !h.OK() {
			return fmt.Errorf("views are %s at position %d", h.Status, h.Position)
		}
	}
	if p.shared != nil {
		if err := p.shared.Answers(ctx); err != nil {
			return err
		}
	}
	if engine, ok := p.Views.(interface{ Sound(context.Context) error }); ok && len(states) > 0 {
		return engine.Sound(ctx)
	}
	return nil
}

// sweepDeadlines does what falls due, on one node at a time.
func (p *Platform) sweepDeadlines(ctx context.Context) error {
	sweep := func(ctx context.Context) error {
		p.deadlines.Run(ctx, func(err error) {
			if err != nil {
				p.Config.Log.Warn("deadlines wait for the next sweep", "error", err)
			}
		})
		return ctx.Err()
	}
	if p.Config.alone() {
		return sweep(ctx)
	}
	return p.shared.While(ctx, "deadlines", sweep)
}

// react runs the processes once the node can read.
func (p *Platform) react(ctx context.Context) error {
	select {
	case <-p.Ready():
	case <-ctx.Done():
		return ctx.Err()
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return processes.Run(ctx, processes.Config{
			Store: p.Store, Codec: p.Codec, Checkpoints: p.checkpoints, Backoff: p.Config.Backoff,
			Watch: p.watch(), Log: p.Config.Log,
		}, p.Processes...)
	})
	g.Go(func() error { return p.sweepDeadlines(ctx) })
	return g.Wait()
}

// oblivion drops what the command bus remembers of a person whose erasure another
// node carries out.
type oblivion struct{ bus *commands.Bus }

func (o oblivion) Load(context.Context, projections.Reader) error { return nil }

func (o oblivion) Follow(_ context.Context, changes []projections.Change, _ eventstore.Position) error {
	for _, c := range changes {
		if c.Schema == views.Experts && c.Row == nil {
			o.bus.Forget("expert-" + c.Key)
		}
	}
	return nil
}
