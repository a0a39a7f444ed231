package platform

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"golang.org/x/sync/errgroup"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/internal/edge"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/identity/devissuer"
	"github.com/diaspora-match/diaspora/internal/observe"
	"github.com/diaspora-match/diaspora/web"
)

// Bounds of the listeners, listed in docs/limits.md.
const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
	// DrainTimeout bounds how long a stopping server waits for requests and
	// commands in flight.
	DrainTimeout = 15 * time.Second
)

// ServerConfig says where and for whom to serve.
type ServerConfig struct {
	API, Ops net.Listener // the API, nil without its role, and health and metrics
	// Verifier decides whose tokens are good.
	Verifier *identity.Verifier
	// Login signs browsers in; nil leaves bearer tokens as the only way.
	Login *identity.LoginConfig
	// Issuer is the development issuer, served by this process; nil in
	// production.
	Issuer *devissuer.Issuer
	// Explorable tells the schema and serves GraphiQL at /: for demonstration and
	// development.
	Explorable bool
	Limits     edge.Limits
	Origins    []string
	TLS        bool // browsers reach the API by HTTPS
}

// Server serves a platform over HTTP.
type Server struct {
	platform *Platform
	cfg      ServerConfig
	health   observe.Health
	shutdown chan struct{}
	draining chan struct{}
	api, ops *http.Server
}

// errDraining makes readiness tell the truth while the server stops.
var errDraining = errors.New("draining")

// NewServer puts the handlers together. The platform must have been opened with
// Hub as its notifier.
func NewServer(p *Platform, hub *graph.Hub, cfg ServerConfig) (*Server, error) {
	s := &Server{platform: p, cfg: cfg, shutdown: make(chan struct{}), draining: make(chan struct{})}
	s.registerChecks()
	api, err := s.handler(hub)
	if err != nil {
		return nil, err
	}
	s.api = newHTTPServer(api)
	s.ops = newHTTPServer(observe.OpsHandler(&s.health, p.Config.Registry))
	return s, nil
}

func newHTTPServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes}
}

func (s *Server) handler(hub *graph.Hub) (http.Handler, error) {
	p, cfg := s.platform, s.cfg
	deps := graph.Deps{
		Sources: model.Sources{
			Views: p.Views, Ranker: p.Index, Warm: p.Warm, Disclosures: disclosures{p}, Rankings: graph.Rankings{Bus: p.Bus}, Now: p.Config.Clock,
		},
		Bus: p.Bus, Principals: p.Guard, Hub: hub, Taxonomy: p.Index.Taxonomy(),
	}
	auth := identity.Authenticator{Verifier: cfg.Verifier}
	mux := http.NewServeMux()
	if cfg.Login != nil {
		login := *cfg.Login
		if login.Sessions == nil {
			login.Sessions = identity.NewSessions(identity.SessionConfig{
				Loopback: !cfg.TLS, Now: p.Config.Clock, Endings: cfg.Verifier.Endings(),
			})
		}
		auth.Sessions = login.Sessions
		signIn, err := identity.NewLogin(login)
		if err != nil {
			return nil, err
		}
		pages := http.NewServeMux()
		signIn.Register(pages)
		for _, path := range []string{"/login", "/callback", "/logout"} {
			mux.Handle(path, edge.Pages(pages, cfg.TLS))
		}
	}
	if cfg.Issuer != nil {
		mux.Handle(devissuer.Path+"/", cfg.Issuer.Handler())
	}
	if cfg.Explorable {
		mux.Handle("/", edge.Pages(web.GraphiQL("/graphql"), cfg.TLS))
	}
	mux.Handle("/graphql", edge.NewGraphQL(graph.NewExecutableSchema(deps), edge.Config{
		Auth: auth, Explorable: cfg.Explorable, Limits: cfg.Limits, Origins: cfg.Origins,
		Log: p.Config.Log, Metrics: p.Config.Metrics, Shutdown: s.shutdown,
		Extensions: []graphql.HandlerExtension{graph.NewOperations(deps)},
	}))
	crossOrigin, err := identity.CrossOrigin(cfg.Origins...)
	if err != nil {
		return nil, err
	}
	return crossOrigin(mux), nil
}

func (s *Server) registerChecks() {
	p := s.platform
	s.health.Register("serving", func(context.Context) error {
		select {
		case <-s.draining:
			return errDraining
		default:
			return nil
		}
	})
	s.health.Register("views", p.viewsHealth)
	s.health.Register("store", func(ctx context.Context) error { _, err := p.Store.Head(ctx); return err })
	if p.Config.ServesAPI() {
		s.health.Register("identity", s.cfg.Verifier.Discover)
	}
	if !p.Config.has(RoleProcess) {
		return
	}
	for _, process := range p.Processes {
		s.health.Register("process "+process.Name, func(context.Context) error {
			if state := p.Health.States()[process.Name]; state.Tries >= stuckAfter {
				return fmt.Errorf("stuck at position %d (%s)", state.StuckAt, state.Type)
			}
			return nil
		})
	}
}

// Run serves until ctx ends, then drains: it stops being ready, ends open
// subscriptions, lets requests and commands in flight finish, and stops the
// platform last. No acknowledged command is lost. It runs the platform too.
func (s *Server) Run(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, failed := errgroup.WithContext(running)
	g.Go(func() error { return s.platform.Run(running) })
	if s.platform.Config.ServesAPI() {
		g.Go(func() error { return serve(s.api, s.cfg.API) })
	}
	g.Go(func() error { return serve(s.ops, s.cfg.Ops) })
	select {
	case <-ctx.Done():
	case <-failed.Done():
	}
	err := s.drain()
	stop()
	return errors.Join(err, g.Wait())
}

func serve(server *http.Server, l net.Listener) error {
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("platform: serve: %w", err)
	}
	return nil
}

func (s *Server) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), DrainTimeout)
	defer cancel()
	close(s.draining)
	close(s.shutdown)
	err := s.api.Shutdown(ctx)
	return errors.Join(err, s.platform.Bus.Drain(ctx), s.ops.Shutdown(ctx))
}

// disclosures records reads of personal data through the command bus, as the
// platform, in the name of the reader.
type disclosures struct{ platform *Platform }

// Record implements model.Disclosures.
func (d disclosures) Record(ctx context.Context, reader domain.PrincipalID, role domain.Role, r model.Reading) error {
	p := d.platform
	stamp := domain.Stamp{By: reader, Role: role, At: p.Config.Clock()}
	_, err := commands.Execute(ctx, p.Bus, &disclosure.Aggregate, string(r.Expert), commands.Envelope{
		Caller:      commands.Caller{Principal: domain.Platform, System: true, OnBehalfOf: reader},
		Correlation: edge.Correlation(ctx),
	}, func(domain.Stamp) disclosure.Command {
		return disclosure.Record{
			Stamp: stamp, Expert: r.Expert, Purpose: r.Purpose, Fields: r.Fields, Institution: r.Institution, Need: r.Need,
		}
	})
	return err
}
