package cli

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/observe"
	"github.com/diaspora-match/diaspora/internal/platform"
)

type serveCommand struct {
	Data string `help:"Data folder; made if it is not there." required:"" placeholder:"FOLDER"`
	storeFlag
	addresses
	Issuer        string        `help:"URL of the OpenID Connect issuer." required:"" placeholder:"URL"`
	Audience      []string      `help:"Audiences of access tokens, one of which a token must name." required:"" placeholder:"NAME"`
	Party         []string      `help:"Client ids that may have been given a token (azp)." required:"" placeholder:"CLIENT"`
	TokenLifetime time.Duration `help:"Longest life of an access token that is accepted." default:"24h" placeholder:"TIME"`
	Administrator []string      `help:"Subjects at the issuer who are administrators: how the first one comes in." placeholder:"SUBJECT"`
	PublicURL     string        `help:"URL at which browsers reach the API. With it, they sign in at /login." placeholder:"URL"`
	ClientID      string        `help:"Client id for browsers' sign-ins; one of the parties." placeholder:"CLIENT"`
	ClientSecret  string        `help:"Its secret; prefer the environment. Empty for a public client." placeholder:"SECRET"`
	Origin        []string      `help:"Other origins whose pages may use the API." placeholder:"URL"`
	OTLPEndpoint  string        `name:"otlp-endpoint" help:"OpenTelemetry collector for traces (OTLP over HTTP)." placeholder:"URL"`
	Redis         string        `help:"URL of the Redis that keeps the views: redis://user:password@host:6379/0, with ?addr= for a cluster, with ?master_name= for sentinels. Without it they are in memory. Prefer the environment." placeholder:"URL"`
	Namespace     string        `name:"redis-namespace" help:"Name that sets platforms apart that share a Redis." default:"main" placeholder:"NAME"`
	Roles         []string      `help:"What this node does, where several share --event-store and --redis: api, projector, process, matcher. Without it, it does everything and is the only one." placeholder:"ROLE"`
	LogLevel      string        `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" placeholder:"LEVEL"`
}

// Help implements kong.HelpProvider.
func (serveCommand) Help() string {
	return `Serves behind a proxy that ends TLS. The log is a file in the data folder, or in EventStoreDB with --event-store; the views are in memory, or in Redis with --redis; the keys of persons are always in the folder. There is no development issuer and no exploring of the schema here. The keys of personal data are wrapped under the key in keys.wrap in the folder, or under those of $DIASPORA_KEY_WRAP: keep them apart from the backups of the rest.

With --roles several nodes share one platform: as many of each role as you like, over one EventStoreDB, one Redis and one data folder with the keys, which has to be on one machine's file system. api serves GraphQL; projector writes the views, one node at a time, while others stand by; process runs what reacts, each process on one node at a time; matcher, the index, comes with api and process.

SIGTERM drains it: /readyz answers 503, open subscriptions end, requests and commands in flight finish within 15 s, then the files are closed. No acknowledged command is lost.

Examples:
  diaspora serve --data /srv/diaspora --issuer https://id.example.org --audience diaspora-api --party diaspora-web --administrator 8f2e…
  diaspora serve --config /etc/diaspora.json
  diaspora serve --roles api --event-store … --redis … --config /etc/diaspora.json
  DIASPORA_EVENT_STORE='esdb://admin:…@events:2113?tls=true' diaspora serve --config /etc/diaspora.json
  DIASPORA_CLIENT_SECRET=… diaspora serve --config /etc/diaspora.json`
}

// Run implements the command.
func (c *serveCommand) Run(ctx context.Context, s *session) (err error) {
	if _, err := os.Stat(filepath.Join(c.Data, markFile)); err == nil {
		return domain.Refuse(domain.Refused, "serve.demo_folder", "The folder is a demonstration's: its people are made up and its tokens are nobody's.",
			"Name another folder with --data.").At("data")
	}
	config := platform.Config{Folder: c.Data, EventStore: c.EventStore, Redis: c.Redis, RedisNamespace: c.Namespace}
	for _, role := range c.Roles {
		config.Roles = append(config.Roles, platform.Role(role))
	}
	open, err := c.open(config.ServesAPI())
	if err != nil {
		return err
	}
	defer open.close()
	verifier, err := identity.NewVerifier(identity.Config{Issuer: c.Issuer, Audiences: c.Audience, Parties: c.Party, MaxLifetime: c.TokenLifetime})
	if err != nil {
		return errConfig.At("issuer").With(err.Error() + ".")
	}
	cfg, err := c.server(open, verifier)
	if err != nil {
		return err
	}
	flush, err := observe.SetupTracing(ctx, observe.TraceConfig{Endpoint: c.OTLPEndpoint})
	if err != nil {
		return errConfig.At("otlp-endpoint").With(err.Error() + ".")
	}
	defer func() { err = errors.Join(err, flush(context.WithoutCancel(ctx))) }()
	log := s.logger(c.LogLevel, true)
	config.Log, config.Endings = log, verifier.Endings()
	h, err := openHosting(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if err := c.appoint(ctx, s, h); err != nil {
		return err
	}
	err = h.serve(ctx, cfg, func() error {
		if open.api != nil {
			log.Info("serving the API", "addr", open.api.Addr().String(), "folder", c.Data)
		}
		log.Info("serving operators", "addr", open.ops.Addr().String())
		return nil
	})
	if err == nil {
		log.Info("drained and stopped")
	}
	return err
}

func (c *serveCommand) server(open listeners, verifier *identity.Verifier) (platform.ServerConfig, error) {
	cfg := platform.ServerConfig{API: open.api, Ops: open.ops, Verifier: verifier, Origins: c.Origin}
	if c.PublicURL == "" {
		return cfg, nil
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil || public.Host == "" || c.ClientID == "" {
		return cfg, errConfig.At("public-url").With("Browsers' sign-ins need an absolute URL and a client id.")
	}
	cfg.TLS = public.Scheme == "https"
	cfg.Login = &identity.LoginConfig{
		Verifier: verifier, ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: public.JoinPath("callback").String(),
	}
	return cfg, nil
}

// appointed is how long the operator's word for an administrator holds, within the
// year that access allows; every
// start says it again.
const appointed = 360 * 24 * time.Hour

// appoint grants administration to the subjects that the operator names, as the
// platform: the first administrator has nobody to ask.
func (c *serveCommand) appoint(ctx context.Context, s *session, h hosting) error {
	until := s.now().Truncate(24 * time.Hour).Add(appointed)
	for _, subject := range c.Administrator {
		who := identity.PrincipalFor(c.Issuer, subject)
		_, err := commands.Execute(ctx, h.Bus, &access.Aggregate, string(who), commands.Envelope{
			Caller: commands.Caller{Principal: domain.Platform, System: true},
		}, func(by domain.Stamp) access.Command {
			return access.Grant{Stamp: by, Principal: who, Role: domain.RoleAdministrator, Until: until, Reason: "Named by the operator at start"}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
