package edge

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/internal/identity"
)

// event reads the next event of a stream, without comments.
func event(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	var lines []string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("the stream broke off: %v after %q", err, lines)
		}
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" && len(lines) > 0:
			return strings.Join(lines, "|")
		case line != "" && line[0] != ':':
			lines = append(lines, line)
		}
	}
}

func openStream(t *testing.T, server *httptest.Server, token, q string) (*http.Response, *bufio.Reader) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, _ := http.NewRequestWithContext(ctx, "POST", server.URL, strings.NewReader(query(q)))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = resp.Body.Close() })
	return resp, bufio.NewReader(resp.Body)
}

func TestStreamOfASubscription(t *testing.T) {
	server, schema, _ := serve(t, Config{})
	resp, r := openStream(t, server, "alice", "subscription { ticks }")
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	schema.ticks <- 1
	if e := event(t, r); e != `event: next|data: {"data":{"ticks":1}}` {
		t.Errorf("%s", e)
	}
	close(schema.ticks)
	if e := event(t, r); e != "event: complete|data:" {
		t.Errorf("%s", e)
	}
}

func TestStreamOfAQueryAndOfAFault(t *testing.T) {
	server, _, _ := serve(t, Config{})
	_, r := openStream(t, server, "alice", "{ name }")
	if e := event(t, r) + event(t, r); e != `event: next|data: {"data":{"name":"test"}}event: complete|data:` {
		t.Errorf("%s", e)
	}
	resp, _ := openStream(t, server, "alice", "{ nam }")
	if resp.StatusCode != 400 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestStreamEndsWithItsSignIn(t *testing.T) {
	shutdown := make(chan struct{})
	server, schema, auth := serve(t, Config{Shutdown: shutdown})
	auth.ids["Bearer brief"] = identity.Identity{Principal: bob, Issued: time.Now(), Expires: time.Now().Add(100 * time.Millisecond), Session: "c"}
	for _, c := range []struct {
		token string
		end   func()
		code  string
	}{
		{"brief", func() {}, "auth.expired"},
		{"alice", func() { auth.endings.EndPrincipal(alice) }, "auth.ended"},
		{"bob", func() { close(shutdown) }, "edge.shutdown"},
	} {
		_, r := openStream(t, server, c.token, "subscription { stuck }")
		<-schema.started
		c.end()
		if e := event(t, r); !strings.Contains(e, `"code":"`+c.code+`"`) || !strings.HasPrefix(e, "event: next") {
			t.Errorf("%s: %s", c.code, e)
		}
		if e := event(t, r); e != "event: complete|data:" {
			t.Errorf("%s: %s", c.code, e)
		}
	}
	for range 3 {
		<-schema.over
	}
}

func TestStreamsAreCounted(t *testing.T) {
	server, schema, _ := serve(t, Config{Limits: Limits{Connections: 2, ConnectionsTotal: 3}})
	for _, token := range []string{"alice", "alice", "bob"} {
		if resp, _ := openStream(t, server, token, "subscription { stuck }"); resp.StatusCode != 200 {
			t.Fatalf("%s: %d", token, resp.StatusCode)
		}
		<-schema.started
	}
	for _, token := range []string{"alice", "bob"} { // her own bound; everybody's
		if resp, _ := openStream(t, server, token, "subscription { stuck }"); resp.StatusCode != 429 {
			t.Errorf("%s: %d", token, resp.StatusCode)
		}
	}
}

func TestStreamPings(t *testing.T) {
	server, _, _ := serve(t, Config{Limits: Limits{Ping: time.Millisecond}})
	_, r := openStream(t, server, "alice", "subscription { stuck }")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == ": ping\n" {
			return
		}
	}
}

func TestAppendResponse(t *testing.T) {
	for want, resp := range map[string]*graphql.Response{
		`{"data":null}`:    {},
		`{"data":{"a":1}}`: {Data: []byte(`{"a":1}`)},
		`{"errors":[{"message":"x"}],"data":null}`:     {Errors: gqlErrors{{Message: "x"}}},
		`{"data":{},"extensions":{"traceparent":"t"}}`: {Data: []byte(`{}`), Extensions: map[string]any{"traceparent": "t"}},
	} {
		if b, err := appendResponse(nil, resp, true); err != nil || string(b) != want {
			t.Errorf("%s %v, want %s", b, err, want)
		}
	}
	many := &graphql.Response{}
	for range errorsMax + 1 {
		many.Errors = append(many.Errors, &gqlError{Message: "x"})
	}
	if b, _ := appendResponse(nil, many, false); strings.Count(string(b), "message") != errorsMax {
		t.Errorf("%d errors were written", strings.Count(string(b), "message"))
	}
}
