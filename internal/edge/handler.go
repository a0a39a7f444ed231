package edge

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/observe"
)

type gqlError = gqlerror.Error

var errFailed = errors.New("edge: the operation failed")

// Authenticator says who asks; identity.Authenticator is one.
type Authenticator interface {
	// Authenticate returns who sends a request, identity.ErrMissing for nobody.
	Authenticate(r *http.Request) (identity.Identity, error)
	// Bearer returns who an Authorization value names.
	Bearer(ctx context.Context, authorization string) (identity.Identity, error)
	// Watch tells when a sign-in is ended before it expires.
	Watch(id identity.Identity) (ended <-chan struct{}, release func())
}

var _ Authenticator = identity.Authenticator{}

// Config says how to serve. Auth is needed; the zero value of the rest is the
// safe choice.
type Config struct {
	Auth       Authenticator
	Anonymous  bool // let requests without a sign-in through, as nobody
	Explorable bool // tell the schema and suggest names: for demonstration and development
	Limits     Limits
	Origins    []string // other origins whose pages may open WebSockets: "https://console.example.org"
	Log        *slog.Logger
	Metrics    *observe.Metrics
	Extensions []graphql.HandlerExtension // run after the edge's own, such as per-request loaders
	Shutdown   <-chan struct{}            // when closed, open subscriptions end
}

func (c Config) withDefaults() Config {
	c.Limits = c.Limits.withDefaults()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// server is what the transports share.
type server struct {
	cfg  Config
	gate *gate
	ops  operations
}

func newServer(cfg Config) *server {
	cfg = cfg.withDefaults()
	return &server{cfg: cfg, gate: newGate(cfg.Limits, time.Now),
		ops: operations{limits: cfg.Limits, introspection: cfg.Explorable, log: cfg.Log, metrics: cfg.Metrics}}
}

// NewGraphQL serves an executable schema under the edge's contract. It panics
// without an Authenticator, which is a wiring mistake.
func NewGraphQL(schema graphql.ExecutableSchema, cfg Config) http.Handler {
	if cfg.Auth == nil {
		panic("edge: no authenticator")
	}
	s := newServer(cfg)
	srv := handler.New(schema)
	for _, t := range s.transports() {
		srv.AddTransport(t)
	}
	srv.SetErrorPresenter(Presenter(s.cfg.Log, !cfg.Explorable))
	srv.SetRecoverFunc(Recoverer(s.cfg.Log))
	srv.SetParserTokenLimit(s.cfg.Limits.Tokens)
	srv.SetQueryCache(shortDocuments{lru.New[*ast.QueryDocument](documentsMax)})
	if !cfg.Explorable {
		srv.SetDisableSuggestion(true)
		srv.SetValidationRulesFn(rulesWithoutSuggestions)
	}
	srv.Use(NewShape(s.cfg.Limits, !cfg.Explorable))
	srv.Use(extension.FixedComplexityLimit(s.cfg.Limits.Complexity))
	srv.Use(s.ops)
	for _, e := range cfg.Extensions {
		srv.Use(e)
	}
	return s.around(srv)
}

// Transports are the edge's transports for a gqlgen server that is put together
// elsewhere; NewGraphQL is the usual way. They expect the Identity in the
// request's context.
func Transports(cfg Config) []graphql.Transport { return newServer(cfg).transports() }

func (s *server) transports() []graphql.Transport {
	return []graphql.Transport{newSocket(s), once{s}}
}

// rulesWithoutSuggestions are GraphQL's validation rules, none of which tells
// names that the caller did not know.
func rulesWithoutSuggestions() *rules.Rules {
	r := rules.NewDefaultRules()
	for _, quiet := range []struct {
		name string
		rule core.Rule
	}{
		{rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions},
		{rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions},
		{rules.ScalarLeafsRule.Name, rules.ScalarLeafsRuleWithoutSuggestions},
		{rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions},
	} {
		r.RemoveRule(quiet.name)
		r.AddRule(quiet.rule.Name, quiet.rule.RuleFunc)
	}
	return r
}

// shortDocuments remembers parsed documents, except those long enough to fill
// the memory.
type shortDocuments struct {
	graphql.Cache[*ast.QueryDocument]
}

func (c shortDocuments) Add(ctx context.Context, query string, doc *ast.QueryDocument) {
	if len(query) <= documentBytesMax {
		c.Cache.Add(ctx, query, doc)
	}
}

// around prepares each request: correlation, headers, recovery, who asks, how
// much they may, and the log line.
func (s *server) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ctx := WithCorrelation(r.Context(), correlate(r))
		ctx = context.WithValue(ctx, recordKey, &record{})
		ctx = observe.ContextFromTraceparent(ctx, r.Header.Get("Traceparent"))
		out := &status{ResponseWriter: w}
		transport := "http"
		if m, _ := negotiate(r.Header.Values("Accept")); m == mediaStream {
			transport = "sse"
		}
		if r.Header.Get("Upgrade") != "" {
			transport = "ws"
		}
		defer func() {
			if thrown := recover(); thrown != nil {
				if thrown == http.ErrAbortHandler {
					panic(thrown)
				}
				err := Recoverer(s.cfg.Log)(ctx, thrown)
				if out.code == 0 {
					s.refuse(ctx, out, r, err)
				}
			}
			s.ops.finish(ctx, transport, r.Method, out.code, start)
		}()
		apiHeaders(out.Header())
		out.Header().Set(correlationHeader, Correlation(ctx))

		id, err := s.cfg.Auth.Authenticate(r)
		if err != nil && !(errors.Is(err, identity.ErrMissing) && (s.cfg.Anonymous || transport == "ws")) {
			// A stranger who guesses tokens spends the budget of the address.
			if refusal := s.gate.operation(identity.Identity{}, r); refusal != nil {
				err = refusal
			}
			s.refuse(ctx, out, r, err)
			return
		}
		ctx = WithIdentity(ctx, id)
		leave, wait, refusal := s.gate.enter(id, r)
		if refusal != nil {
			out.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			s.refuse(ctx, out, r, refusal)
			return
		}
		if transport == "ws" {
			leave() // a socket counts as a connection, not as a request under way
		}
		defer leave()
		next.ServeHTTP(out, r.WithContext(ctx))
	})
}

// refuse answers a request that reaches no operation.
func (s *server) refuse(ctx context.Context, w http.ResponseWriter, r *http.Request, err error) {
	rs := domain.AsRefusals(err)
	if rs == nil {
		rs = domain.Refusals{ErrInternal}
	}
	out := &gqlerror.Error{}
	fill(ctx, out, rs[:1])
	recordOf(ctx).refused(rs[0].Code)
	s.cfg.Metrics.EdgeRefused(rs[0].Code)
	m, _ := negotiate(r.Header.Values("Accept"))
	if m == "" {
		m = mediaJSON
	}
	code := statusOf(gqlerror.List{out}, m)
	switch {
	case errors.Is(err, identity.ErrUnavailable):
		code = http.StatusServiceUnavailable
	case code == http.StatusMethodNotAllowed && errors.Is(err, ErrGetMutation):
		w.Header().Set("Allow", "POST")
	case code == http.StatusMethodNotAllowed:
		w.Header().Set("Allow", "GET, POST")
	case code == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="diaspora"`)
	}
	write(w, code, m, &graphql.Response{Errors: gqlerror.List{out}}, false)
}

// status remembers the status that was answered. Unwrap lets the WebSocket and
// the stream reach the connection.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
	s.ResponseWriter.WriteHeader(code)
}

func (s *status) Write(b []byte) (int, error) {
	if s.code == 0 {
		s.code = http.StatusOK
	}
	return s.ResponseWriter.Write(b)
}

func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// live returns a context that ends, with its cause, when the sign-in expires or
// is ended or the server goes away.
func (s *server) live(ctx context.Context, id identity.Identity) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stopTimer := func() bool { return true }
	release := func() {}
	var ended <-chan struct{}
	if !id.IsZero() {
		stopTimer = time.AfterFunc(time.Until(id.Expires), func() { cancel(identity.ErrExpired) }).Stop
		ended, release = s.cfg.Auth.Watch(id)
	}
	go func() {
		defer release()
		defer stopTimer()
		select {
		case <-ended:
			cancel(identity.ErrEnded)
		case <-s.cfg.Shutdown:
			cancel(ErrShutdown)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}
