package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/diaspora-match/diaspora/bench/world"
	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/internal/edge"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/identity/devissuer"
	"github.com/diaspora-match/diaspora/internal/observe"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// served is what a serving child tells.
type served struct {
	GraphQL string `json:"graphql"` // URL
	Plain   string `json:"plain"`   // URL of the same rows as plain JSON
	Token   string `json:"token"`   // of the programme's manager
}

// beyondAny is a limit that no load here reaches: what is measured is the work,
// not the gate.
const beyondAny = 1 << 20

// servePart serves a world until standard input ends: the platform as it is
// served to users, and on another port the floor of its queries.
func servePart(ctx context.Context, w world.World) error {
	api, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ops, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer, err := devissuer.New(devissuer.Config{Listen: api.Addr().String(), Folder: w.Folder})
	if err != nil {
		return err
	}
	verifier, err := identity.NewVerifier(issuer.VerifierConfig())
	if err != nil {
		return err
	}
	registry, hub := prometheus.NewRegistry(), graph.NewHub()
	p, err := platform.Open(ctx, platform.Config{
		Folder: w.Folder, Clock: w.Clock(), Registry: registry, Metrics: observe.NewMetrics(registry),
		Endings: verifier.Endings(), Notifier: hub,
	})
	if err != nil {
		return err
	}
	server, err := platform.NewServer(p, hub, platform.ServerConfig{
		API: api, Ops: ops, Verifier: verifier, Issuer: issuer,
		Limits: edge.Limits{Rate: beyondAny, Burst: beyondAny, Concurrent: beyondAny},
	})
	if err != nil {
		return errors.Join(err, p.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	err = tell(ctx, p, issuer, api)
	if err == nil {
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	cancel()
	return errors.Join(err, <-ended, p.Close())
}

// tell waits for the views, makes the persona a manager and says where to ask.
func tell(ctx context.Context, p *platform.Platform, issuer *devissuer.Issuer, api net.Listener) error {
	select {
	case <-p.Runner.Ready():
	case <-time.After(time.Minute):
		return errors.New("the views were not ready within a minute")
	}
	manager := issuer.Principal(devissuer.ProgrammeManager)
	done, err := commands.Execute(ctx, p.Bus, &access.Aggregate, string(manager), commands.Envelope{
		Command: domain.CommandID(uuid.NewString()), Caller: commands.Caller{Principal: domain.Platform, System: true},
	}, func(by domain.Stamp) access.Command {
		return access.Grant{Stamp: by, Principal: manager, Role: domain.RoleManager, Scope: domain.Scope{Programme: demo.ProgrammeID()},
			Until: by.At.AddDate(0, 1, 0), Reason: "Measures the platform"}
	})
	if err != nil {
		return err
	}
	if err := errors.Join(p.Views.WaitFor(ctx, done.Position), quiet(ctx, p)); err != nil {
		return err
	}
	token, err := issuer.Mint(devissuer.ProgrammeManager)
	if err != nil {
		return err
	}
	floor, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(floor, plain{p.Views}) }()
	return json.NewEncoder(os.Stdout).Encode(served{
		GraphQL: "http://" + api.Addr().String() + "/graphql", Plain: "http://" + floor.Addr().String(), Token: token,
	})
}

// quiet waits until the log rests: what fell due with the world's day is done, and
// is not measured.
func quiet(ctx context.Context, p *platform.Platform) error {
	if err := p.Sweep(ctx); err != nil {
		return err
	}
	const rests = 2 * time.Second
	for before := eventstore.Position(0); ; {
		head, err := p.Store.Head(ctx)
		if err != nil || head == before {
			return err
		}
		before = head
		select {
		case <-time.After(rests):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// plain answers with the rows of the measured query, read from the views for each
// request and written by encoding/json: no language, no identity, no rules.
type plain struct{ views projections.Engine }

type plainNeed struct {
	ID          domain.NeedID `json:"id"`
	Status      need.Status   `json:"status"`
	Terms       plainTerms    `json:"terms"`
	Institution plainHost     `json:"institution"`
	Counts      plainCounts   `json:"counts"`
}

type plainTerms struct {
	Title     string        `json:"title"`
	Objective string        `json:"objective"`
	Sector    domain.Sector `json:"sector"`
	Deadline  domain.Date   `json:"deadline"`
}

type plainHost struct {
	ID      domain.InstitutionID `json:"id"`
	Name    string               `json:"name"`
	Country domain.Country       `json:"country"`
}

type plainCounts struct {
	Total        int `json:"total"`
	AwaitingHost int `json:"awaitingHost"`
	HostAccepted int `json:"hostAccepted"`
}

func (h plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var out []plainNeed
	err := h.views.Read(r.Context(), 0, func(reader projections.Reader) error {
		page, err := views.FindNeeds(reader, views.NeedQuery{Status: need.StatusPublished}, projections.Paging{First: queried})
		if err != nil {
			return err
		}
		for _, n := range page.Rows {
			host, err := views.Institutions.Get(reader, string(n.Institution))
			if err != nil {
				return err
			}
			out = append(out, plainNeed{
				n.ID, n.Status, plainTerms{n.Terms.Title, n.Terms.Objective, n.Terms.Sector, n.Terms.Deadline},
				plainHost{host.ID, host.ShownAs(), host.Profile.Country},
				plainCounts{n.CandidatesTotal(), n.CandidatesAt(candidacy.StageAwaitingHost), n.CandidatesAt(candidacy.StageHostAccepted)},
			})
		}
		return nil
	})
	if err != nil {
		http.Error(w, "failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"needs": map[string]any{"nodes": out}}})
}
