package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	coderws "github.com/coder/websocket"

	"github.com/diaspora-match/diaspora/internal/identity"
)

type client struct {
	t    *testing.T
	conn *coderws.Conn
}

func dial(t *testing.T, server *httptest.Server, header http.Header, protocols ...string) (*client, *http.Response) {
	t.Helper()
	if protocols == nil {
		protocols = []string{subprotocol}
	}
	conn, resp, err := coderws.Dial(t.Context(), server.URL, &coderws.DialOptions{Subprotocols: protocols, HTTPHeader: header, HTTPClient: server.Client()})
	if err != nil {
		return nil, resp
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t, conn}, resp
}

func (c *client) send(s string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), coderws.MessageText, []byte(s)); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

func (c *client) receive() map[string]any {
	c.t.Helper()
	_, b, err := c.conn.Read(c.t.Context())
	if err != nil {
		c.t.Fatalf("receive: %v", err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		c.t.Fatalf("%s: %v", b, err)
	}
	return m
}

// closed reads until the connection closes, and returns by which code and why.
func (c *client) closed() (int, string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	for {
		if _, _, err := c.conn.Read(ctx); err != nil {
			var ce coderws.CloseError
			if !asClose(err, &ce) {
				c.t.Fatalf("not closed properly: %v", err)
			}
			return int(ce.Code), ce.Reason
		}
	}
}

func asClose(err error, ce *coderws.CloseError) bool {
	code := coderws.CloseStatus(err)
	if code == -1 {
		return false
	}
	ce.Code = code
	if i := strings.Index(err.Error(), `reason = "`); i >= 0 {
		ce.Reason, _, _ = strings.Cut(err.Error()[i+len(`reason = "`):], `"`)
	}
	return true
}

func (c *client) start(token string) {
	c.t.Helper()
	c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + token + `"}}`)
	if m := c.receive(); m["type"] != "connection_ack" {
		c.t.Fatalf("%v", m)
	}
}

func subscribe(id, q string) string {
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":%s}`, id, query(q))
}

func TestSocketSubscription(t *testing.T) {
	server, schema, _ := serve(t, Config{})
	c, _ := dial(t, server, nil)
	c.start("alice")
	c.send(subscribe("1", "subscription { ticks }"))
	schema.ticks <- 7
	if m := c.receive(); m["type"] != "next" || m["id"] != "1" || fmt.Sprint(m["payload"]) != "map[data:map[ticks:7]]" {
		t.Errorf("%v", m)
	}
	c.send(`{"id":"1","type":"complete"}`)
	if m := c.receive(); m["type"] != "complete" {
		t.Errorf("%v", m)
	}
	c.send(subscribe("1", "{ who }")) // the id is free again
	if m := c.receive(); fmt.Sprint(m["payload"]) != "map[data:map[who:"+string(alice)+"]]" {
		t.Errorf("%v", m)
	}
	c.receive() // complete
	c.send(subscribe("2", "{ nam }"))
	if m := c.receive(); m["type"] != "error" || !strings.Contains(fmt.Sprint(m), "edge.document") {
		t.Errorf("%v", m)
	}
	c.receive() // gqlgen completes after an error too
	c.send(subscribe("3", "{ broken }"))
	if m := c.receive(); !strings.Contains(fmt.Sprint(m), "code:internal") || strings.Contains(fmt.Sprint(m), secret) {
		t.Errorf("%v", m)
	}
	c.receive()
	c.send(subscribe("4", nested(11)))
	if m := c.receive(); !strings.Contains(fmt.Sprint(m), "code:edge.depth") || !strings.Contains(fmt.Sprint(m), "correlationId") {
		t.Errorf("%v", m)
	}
	c.receive()
	c.send(subscribe("5", "{ node { nodes(first: 10000) { nodes(first: 100) { name } } } }"))
	if m := c.receive(); !strings.Contains(fmt.Sprint(m), "code:edge.complexity") {
		t.Errorf("%v", m)
	}
	c.receive()
	_ = c.conn.Close(coderws.StatusNormalClosure, "")
}

func TestSocketUpgradeRules(t *testing.T) {
	server, _, _ := serve(t, Config{Origins: []string{"https://console.example.org"}})
	for _, c := range []struct {
		name      string
		header    http.Header
		protocols []string
		status    int
	}{
		{"same origin", http.Header{"Origin": {server.URL}}, nil, 101},
		{"registered origin", http.Header{"Origin": {"https://console.example.org"}}, nil, 101},
		{"no browser", nil, nil, 101},
		{"other origin", http.Header{"Origin": {"https://evil.example"}}, nil, 403},
		{"registered host, other scheme", http.Header{"Origin": {"http://console.example.org"}}, nil, 403},
		{"null origin", http.Header{"Origin": {"null"}}, nil, 403},
		{"cookie without an origin", http.Header{"Cookie": {"session=alice"}}, nil, 403},
		{"cookie and other origin", http.Header{"Cookie": {"session=alice"}, "Origin": {"https://evil.example"}}, nil, 403},
		{"cookie and same origin", http.Header{"Cookie": {"session=alice"}, "Origin": {server.URL}}, nil, 101},
		{"legacy protocol", nil, []string{"graphql-ws"}, 400},
		{"no protocol", nil, []string{}, 400},
		{"bad token", http.Header{"Authorization": {"Bearer mallory"}}, nil, 401},
	} {
		conn, resp := dial(t, server, c.header, c.protocols...)
		if resp == nil || resp.StatusCode != c.status {
			t.Errorf("%s: %v, want %d", c.name, resp, c.status)
		}
		if conn != nil && conn.conn.Subprotocol() != subprotocol {
			t.Errorf("%s: speaks %q", c.name, conn.conn.Subprotocol())
		}
	}
}

func TestSocketCookieSignsIn(t *testing.T) {
	server, _, _ := serve(t, Config{})
	c, _ := dial(t, server, http.Header{"Cookie": {"session=bob"}, "Origin": {server.URL}})
	c.send(`{"type":"connection_init"}`)
	c.receive()
	c.send(subscribe("1", "{ who }"))
	if m := c.receive(); !strings.Contains(fmt.Sprint(m), string(bob)) {
		t.Errorf("%v", m)
	}
}

func TestSocketBreachesCloseByTheProtocolsCodes(t *testing.T) {
	server, _, _ := serve(t, Config{Limits: Limits{InitTimeout: 200 * time.Millisecond, BodyBytes: 2000}})
	for _, c := range []struct {
		name string
		run  func(c *client)
		code int
	}{
		{"no init", func(*client) {}, 4408},
		{"subscribe before init", func(c *client) { c.send(subscribe("1", "{ name }")) }, 4401},
		{"no sign-in", func(c *client) { c.send(`{"type":"connection_init"}`) }, 4403},
		{"bad sign-in", func(c *client) {
			c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer mallory"}}`)
		}, 4403},
		{"issuer away", func(c *client) {
			c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer away"}}`)
		}, 1013},
		{"init twice", func(c *client) { c.start("alice"); c.send(`{"type":"connection_init"}`) }, 4429},
		{"no JSON", func(c *client) { c.start("alice"); c.send(`{"type":`) }, 4400},
		{"duplicate names", func(c *client) { c.start("alice"); c.send(`{"type":"ping","type":"pong"}`) }, 4400},
		{"duplicate names in variables", func(c *client) {
			c.start("alice")
			c.send(`{"id":"1","type":"subscribe","payload":{"query":"{ name }","variables":{"a":1,"a":2}}}`)
		}, 4400},
		{"unknown type", func(c *client) { c.start("alice"); c.send(`{"type":"connection_terminate"}`) }, 4400},
		{"no id", func(c *client) {
			c.start("alice")
			c.send(`{"type":"subscribe","payload":{"query":"{ name }"}}`)
		}, 4400},
		{"long id", func(c *client) { c.start("alice"); c.send(subscribe(strings.Repeat("x", socketIDMax+1), "{ name }")) }, 4400},
		{"binary", func(c *client) {
			c.start("alice")
			_ = c.conn.Write(c.t.Context(), coderws.MessageBinary, []byte(`{"type":"ping"}`))
		}, 4400},
		{"same id twice", func(c *client) {
			c.start("alice")
			c.send(subscribe("1", "subscription { stuck }"))
			c.send(subscribe("1", "subscription { stuck }"))
		}, 4409},
		{"too large", func(c *client) { c.start("alice"); c.send(subscribe("1", strings.Repeat(" ", 3000))) }, 1009},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, _ := dial(t, server, nil)
			conn.t = t
			c.run(conn)
			if code, reason := conn.closed(); code != c.code {
				t.Errorf("closed by %d %q, want %d", code, reason, c.code)
			}
		})
	}
}

func TestSocketEndsWithItsSignIn(t *testing.T) {
	shutdown := make(chan struct{})
	server, schema, auth := serve(t, Config{Shutdown: shutdown})
	auth.ids["Bearer brief"] = identity.Identity{Principal: bob, Issued: time.Now(), Expires: time.Now().Add(150 * time.Millisecond), Session: "c"}
	for _, c := range []struct {
		token  string
		end    func()
		code   int
		reason string
	}{
		{"brief", func() {}, 4401, "auth.expired"},
		{"alice", func() { auth.endings.EndSession("a") }, 4403, "auth.ended"},
		{"bob", func() { close(shutdown) }, 1001, "edge.shutdown"},
	} {
		conn, _ := dial(t, server, nil)
		conn.start(c.token)
		conn.send(subscribe("1", "subscription { stuck }"))
		<-schema.started
		c.end()
		start := time.Now()
		if code, reason := conn.closed(); code != c.code || reason != c.reason {
			t.Errorf("%s: closed by %d %q", c.reason, code, reason)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: took %s", c.reason, took)
		}
		<-schema.over
	}
}

func TestSocketOperationsAreCounted(t *testing.T) {
	server, schema, _ := serve(t, Config{})
	c, _ := dial(t, server, nil)
	c.start("alice")
	for i := range DefaultLimits.OperationsPerSocket {
		c.send(subscribe(fmt.Sprint(i), "subscription { stuck }"))
		<-schema.started
	}
	c.send(subscribe("one more", "subscription { stuck }"))
	if m := c.receive(); m["type"] != "error" || m["id"] != "one more" || !strings.Contains(fmt.Sprint(m), "edge.operations") {
		t.Errorf("%v", m)
	}
	c.send(`{"id":"0","type":"complete"}`)
	if m := c.receive(); m["type"] != "complete" || m["id"] != "0" {
		t.Errorf("%v", m)
	}
	c.send(subscribe("one more", "subscription { ticks }"))
	schema.ticks <- 1
	if m := c.receive(); m["type"] != "next" || m["id"] != "one more" {
		t.Errorf("%v", m)
	}
}

func TestSocketsAndMessagesAreBounded(t *testing.T) {
	server, _, _ := serve(t, Config{Limits: Limits{Connections: 1, MessagesPerSecond: 1}})
	first, _ := dial(t, server, nil)
	first.start("alice")
	second, _ := dial(t, server, nil)
	second.send(`{"type":"connection_init","payload":{"Authorization":"Bearer alice"}}`)
	if code, reason := second.closed(); code != closeTryLater || reason != "edge.connections" {
		t.Errorf("closed by %d %q", code, reason)
	}
	for range 4 {
		_ = first.conn.Write(t.Context(), coderws.MessageText, []byte(`{"type":"pong"}`))
	}
	if code, reason := first.closed(); code != closePolicy || reason != "edge.rate" {
		t.Errorf("closed by %d %q", code, reason)
	}
}

func TestSocketOperationsSpendTheCallersRate(t *testing.T) {
	server, _, _ := serve(t, Config{Limits: Limits{Rate: 0.001, Burst: 2}})
	c, _ := dial(t, server, nil) // the upgrade is the address's
	c.start("alice")
	var last map[string]any
	for i := range 3 {
		c.send(subscribe(fmt.Sprint(i), "{ name }"))
		last = c.receive()
		c.receive() // complete
	}
	if last["type"] != "error" || !strings.Contains(fmt.Sprint(last), "edge.rate") {
		t.Errorf("%v", last)
	}
}

func TestSocketDeadPeerIsCutOff(t *testing.T) {
	server, schema, _ := serve(t, Config{Limits: Limits{Ping: 20 * time.Millisecond}})
	c, _ := dial(t, server, nil)
	c.start("alice")
	c.send(subscribe("1", "subscription { stuck }"))
	<-schema.started
	for {
		if _, _, err := c.conn.Read(t.Context()); err != nil {
			break // it answered no ping
		}
	}
}
