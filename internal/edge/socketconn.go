package edge

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	coderws "github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"golang.org/x/time/rate"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/identity"
)

type gqlErrors = gqlerror.List

// socketConn is one connection. It reads strict JSON, holds the peer to the
// protocol's rules and bounds that gqlgen leaves open, and writes under a
// deadline, so that a peer that does not read costs one message of memory for
// each of its operations and is cut off soon.
type socketConn struct {
	limits  Limits
	request *http.Request
	rate    *rate.Limiter

	mu       sync.Mutex
	ws       *coderws.Conn
	ctx      context.Context // that of the sign-in, after init
	id       identity.Identity
	cleanup  []func()
	began    bool
	active   map[string]struct{} // ids of operations under way
	close    *closing
	closed   chan struct{} // nil until WriteClose; closed when the handshake is over
	deadline *time.Timer
}

var (
	_ transport.WebsocketConn          = (*socketConn)(nil)
	_ transport.WebsocketReadLimiter   = (*socketConn)(nil)
	_ transport.WebsocketReadDeadliner = (*socketConn)(nil)
)

func newSocketConn(l Limits) *socketConn {
	return &socketConn{limits: l, rate: newMessageRate(l), active: map[string]struct{}{}, ctx: context.Background()}
}

func (c *socketConn) open(ws *coderws.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ws = ws
}

// begin ties the connection to its sign-in.
func (c *socketConn) begin(ctx context.Context, id identity.Identity, cleanup ...func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx, c.id, c.cleanup = ctx, id, cleanup
}

func (c *socketConn) identity() identity.Identity {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// decide fixes how the connection will be closed; the first decision holds.
func (c *socketConn) decide(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.close == nil {
		c.close = &closing{code: code, reason: reason}
	}
}

// finish releases what the connection holds, when its handler returns.
func (c *socketConn) finish() {
	c.mu.Lock()
	ws, cleanup, closed := c.ws, c.cleanup, c.closed
	c.stopDeadline()
	c.mu.Unlock()
	for _, f := range cleanup {
		f()
	}
	if closed != nil {
		<-closed // bounded by coder/websocket's own handshake timeout
	}
	if ws != nil {
		_ = ws.CloseNow()
	}
}

// message is what of a message decides before gqlgen reads it.
type message struct {
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	Payload jsontext.Value `json:"payload"`
}

// NextReader returns the next message that gqlgen is to see. A breach of the
// protocol closes the connection by the code that the protocol names for it.
func (c *socketConn) NextReader() (int, io.Reader, error) {
	for {
		kind, data, err := c.ws.Read(context.Background())
		if err != nil {
			return 0, nil, peerError(err)
		}
		m, refusal := c.admit(kind, data)
		switch {
		case refusal == nil:
			return int(kind), bytes.NewReader(data), nil
		case m.ID != "" && refusal == ErrOperations:
			if err := c.refuseOperation(m.ID, refusal); err != nil {
				return 0, nil, err
			}
		default:
			_ = c.WriteClose(closePolicy, refusal.Code)
			return 0, nil, transport.ErrWebsocketClosed
		}
	}
}

// admit holds a message against the protocol and the bounds.
func (c *socketConn) admit(kind coderws.MessageType, data []byte) (message, *domain.Refusal) {
	var m message
	if !c.rate.Allow() {
		c.decide(closePolicy, ErrRate.Code)
		return m, ErrRate
	}
	if kind != coderws.MessageText || json.Unmarshal(data, &m) != nil || len(m.ID) > socketIDMax {
		c.decide(closeBadMessage, ErrJSON.Code)
		return m, ErrJSON
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, running := c.active[m.ID]
	breach := func(code int) (message, *domain.Refusal) {
		if c.close == nil {
			c.close = &closing{code: code, reason: ErrProtocol.Code}
		}
		return m, ErrProtocol
	}
	switch m.Type {
	case "connection_init":
		if c.began {
			return breach(closeInitTwice)
		}
		c.began = true
	case "subscribe":
		switch {
		case !c.began:
			return breach(closeUnauthorized)
		case m.ID == "":
			return breach(closeBadMessage)
		case running:
			return breach(closeDuplicate)
		case len(c.active) >= c.limits.OperationsPerSocket:
			return m, ErrOperations
		}
		c.active[m.ID] = struct{}{}
	case "complete":
		// The operation counts until gqlgen has written its end.
	case "ping", "pong":
	default:
		return breach(closeBadMessage)
	}
	return m, nil
}

// refuseOperation answers one operation with an error, in the protocol's form.
func (c *socketConn) refuseOperation(id string, refusal *domain.Refusal) error {
	out := &gqlerror.Error{}
	fill(c.request.Context(), out, domain.Refusals{refusal})
	return c.WriteJSON(struct {
		Payload gqlErrors `json:"payload"`
		ID      string    `json:"id"`
		Type    string    `json:"type"`
	}{gqlErrors{out}, id, "error"})
}

var endings = [][]byte{[]byte(`"type":"complete"}`), []byte(`"type":"error"}`)}

// WriteJSON writes one message, within the write timeout.
func (c *socketConn) WriteJSON(v any) error {
	data, err := stdjson.Marshal(v)
	if err != nil {
		return err
	}
	for _, ending := range endings {
		// gqlgen writes the type last: an operation's end is seen without
		// reading its payload again.
		if bytes.HasSuffix(data, ending) {
			c.ended(data)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.limits.WriteTimeout)
	defer cancel()
	return c.ws.Write(ctx, coderws.MessageText, data)
}

func (c *socketConn) ended(data []byte) {
	var m message
	if json.Unmarshal(data, &m, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.active, m.ID)
}

// WriteClose begins the closing handshake, which runs beside the reader: it may
// take seconds with a peer that is away. What was decided goes before what
// gqlgen says; the end of the sign-in has codes of its own.
func (c *socketConn) WriteClose(code int, reason string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed != nil {
		return nil
	}
	c.stopDeadline()
	cause := context.Cause(c.ctx)
	switch {
	case c.close != nil:
		code, reason = c.close.code, c.close.reason
	case errors.Is(cause, identity.ErrExpired):
		code, reason = closeUnauthorized, identity.ErrExpired.Code
	case errors.Is(cause, identity.ErrEnded):
		code, reason = closeForbidden, identity.ErrEnded.Code
	case errors.Is(cause, ErrShutdown):
		code, reason = closeGoingAway, ErrShutdown.Code
	case reason == "connection initialisation timeout":
		code = closeInitTimeout
	case code == transport.WebsocketCloseProtocolError:
		code, reason = closeBadMessage, ErrProtocol.Code
	}
	ws, closed := c.ws, make(chan struct{})
	c.closed = closed
	go func() {
		defer close(closed)
		_ = ws.Close(coderws.StatusCode(code), reason)
	}()
	return nil
}

// Close ends the connection unless a closing handshake will.
func (c *socketConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopDeadline()
	if c.closed != nil {
		return nil
	}
	return c.ws.CloseNow()
}

// Subprotocol is what was negotiated.
func (c *socketConn) Subprotocol() string { return c.ws.Subprotocol() }

// SetReadLimit bounds one message, in bytes.
func (c *socketConn) SetReadLimit(limit int64) { c.ws.SetReadLimit(limit) }

// SetReadDeadline closes the connection at t unless it is set anew; the zero
// time clears it.
func (c *socketConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopDeadline()
	if !t.IsZero() && c.closed == nil {
		ws := c.ws
		c.deadline = time.AfterFunc(time.Until(t), func() { _ = ws.CloseNow() })
	}
	return nil
}

// stopDeadline is called with the lock held.
func (c *socketConn) stopDeadline() {
	if c.deadline != nil {
		c.deadline.Stop()
		c.deadline = nil
	}
}

// peerError tells gqlgen an ordinary goodbye from a broken connection.
func peerError(err error) error {
	switch coderws.CloseStatus(err) {
	case coderws.StatusNormalClosure, coderws.StatusNoStatusRcvd, coderws.StatusGoingAway:
		return transport.ErrWebsocketClosed
	}
	return err
}
