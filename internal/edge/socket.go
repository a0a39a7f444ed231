package edge

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	coderws "github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/identity"
)

// subprotocol is the only one spoken; the legacy graphql-ws is refused.
const subprotocol = "graphql-transport-ws"

// Close codes of graphql-transport-ws, and of RFC 6455.
const (
	closeBadMessage   = 4400
	closeUnauthorized = 4401
	closeForbidden    = 4403
	closeInitTimeout  = 4408
	closeDuplicate    = 4409
	closeInitTwice    = 4429
	closePolicy       = 1008
	closeTryLater     = 1013
	closeGoingAway    = 1001
)

// socket is the WebSocket transport: gqlgen's, between our acceptance of
// connections and our connection.
type socket struct {
	*server
	inner transport.Websocket
}

var _ graphql.Transport = (*socket)(nil)

func newSocket(s *server) *socket {
	t := &socket{server: s}
	limit := int64(s.cfg.Limits.BodyBytes)
	t.inner = transport.Websocket{
		Implementation:   accept{s.cfg},
		InitFunc:         t.init,
		InitTimeout:      s.cfg.Limits.InitTimeout,
		PingPongInterval: s.cfg.Limits.Ping,
		PayloadReadLimit: &limit,
		// Errors of reading and writing are the peer's going away.
		ErrorFunc: func(context.Context, error) {},
	}
	return t
}

// Supports takes every upgrade, in order to refuse the wrong ones.
func (t *socket) Supports(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

// Do serves one connection, until it closes.
func (t *socket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	if refusal := t.checkUpgrade(r); refusal != nil {
		t.refuse(ctx, w, r, refusal)
		return
	}
	conn := newSocketConn(t.cfg.Limits)
	defer conn.finish()
	conn.request = r
	ctx = context.WithValue(ctx, socketKey, conn)
	t.inner.Do(w, r.WithContext(ctx), socketExec{exec, t.server, conn})
}

// checkUpgrade refuses what is no WebSocket of ours before it becomes one.
func (t *socket) checkUpgrade(r *http.Request) *domain.Refusal {
	if r.Method != http.MethodGet {
		return ErrMethod
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return ErrProtocol
	}
	offered := strings.Split(strings.Join(r.Header.Values("Sec-Websocket-Protocol"), ","), ",")
	if !slices.ContainsFunc(offered, func(p string) bool { return strings.TrimSpace(p) == subprotocol }) {
		return ErrProtocol
	}
	// Browsers always name the origin; WebSockets know no other protection
	// against other sites, and carry the session's cookie.
	origins := r.Header.Values("Origin")
	switch {
	case len(origins) == 0:
		if Identity(r.Context()).IsZero() || r.Header.Get("Authorization") != "" {
			return nil // no browser, and no cookie to abuse
		}
		return ErrOrigin
	case len(origins) > 1:
		return ErrOrigin
	}
	u, err := url.Parse(origins[0])
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) && !slices.Contains(t.cfg.Origins, origins[0]) {
		return ErrOrigin
	}
	return nil
}

// init takes the sign-in from connection_init ("Authorization": "Bearer …"), or
// else the one that came with the upgrade, and ties the connection to it.
func (t *socket) init(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	conn, _ := ctx.Value(socketKey).(*socketConn)
	id := Identity(ctx)
	var err error
	if value := payload.Authorization(); value != "" {
		id, err = t.cfg.Auth.Bearer(ctx, value)
	} else if id.IsZero() && !t.cfg.Anonymous {
		err = identity.ErrMissing
	}
	if err != nil {
		code := closeForbidden
		if errors.Is(err, identity.ErrUnavailable) {
			code = closeTryLater
		}
		return t.turnAway(ctx, conn, code, err)
	}
	leave, refusal := t.gate.connect(id, conn.request)
	if refusal != nil {
		return t.turnAway(ctx, conn, closeTryLater, refusal)
	}
	ctx = WithIdentity(ctx, id)
	ctx, cancel := t.live(ctx, id)
	conn.begin(ctx, id, cancel, leave, t.cfg.Metrics.SubscriptionOpened("ws"))
	return ctx, nil, nil
}

// turnAway closes with a code and, as the reason, the refusal's code alone.
func (t *socket) turnAway(ctx context.Context, conn *socketConn, closeCode int, err error) (context.Context, *transport.InitPayload, error) {
	reason := ErrInternal.Code
	if rs := domain.AsRefusals(err); len(rs) > 0 {
		reason = rs[0].Code
	}
	recordOf(ctx).refused(reason)
	t.cfg.Metrics.EdgeRefused(reason)
	conn.decide(closeCode, reason)
	return ctx, nil, errFailed
}

// socketExec gives each operation of a connection a log line and its share of
// the caller's rate.
type socketExec struct {
	graphql.GraphExecutor
	server *server
	conn   *socketConn
}

// CreateOperationContext spends one operation of the caller's rate first.
func (e socketExec) CreateOperationContext(ctx context.Context, p *graphql.RawParams) (*graphql.OperationContext, gqlErrors) {
	if refusal := e.server.gate.operation(e.conn.identity(), e.conn.request); refusal != nil {
		return &graphql.OperationContext{}, gqlErrors{asGraphQL(refusal)}
	}
	return e.GraphExecutor.CreateOperationContext(ctx, p)
}

// DispatchOperation logs the operation when it is over.
func (e socketExec) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	start := graphql.Now()
	ctx = context.WithValue(ctx, recordKey, &record{})
	recordOf(ctx).started(string(op.Operation.Operation), boundedName(op.Operation.Name), hashOf(op.RawQuery))
	respond, ctx := e.GraphExecutor.DispatchOperation(ctx, op)
	return func(ctx context.Context) *graphql.Response {
		resp := respond(ctx)
		if resp == nil {
			e.server.ops.finish(ctx, "ws", "subscribe", http.StatusOK, start)
		}
		return resp
	}, ctx
}

// accept makes coder/websocket connections for gqlgen's transport.
type accept struct{ cfg Config }

// Accept upgrades a request that checkUpgrade has passed.
func (a accept) Accept(w http.ResponseWriter, r *http.Request, _ transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	conn, ok := r.Context().Value(socketKey).(*socketConn)
	if !ok {
		return nil, errors.New("edge: a WebSocket outside its transport")
	}
	opts := &coderws.AcceptOptions{Subprotocols: []string{subprotocol}, CompressionMode: coderws.CompressionDisabled}
	for _, origin := range a.cfg.Origins {
		if u, err := url.Parse(origin); err == nil {
			opts.OriginPatterns = append(opts.OriginPatterns, u.Host)
		}
	}
	ws, err := coderws.Accept(w, r, opts)
	if err != nil {
		return nil, err
	}
	conn.open(ws)
	return conn, nil
}

// newMessageRate bounds the messages of one peer.
func newMessageRate(l Limits) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(l.MessagesPerSecond), 2*int(l.MessagesPerSecond)+1)
}

// closing is how a connection is to be closed.
type closing struct {
	code   int
	reason string
}
