package web

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/diaspora-match/diaspora/internal/edge"
)

// introspection is the answer of a schema with one query, hello, and one
// subscription, ticks.
//
//go:embed testdata/introspection.json
var introspection []byte

// endpoint is a site with the page and a tiny GraphQL endpoint that remembers
// who asked.
type endpoint struct {
	t  *testing.T
	mu sync.Mutex
	// bearers are the Authorization headers of requests, inits those of
	// WebSockets' first messages, in the order of their coming.
	bearers, inits []string
	signedOut      int
}

func newSite(t *testing.T) (*endpoint, string) {
	e := &endpoint{t: t}
	mux := http.NewServeMux()
	mux.Handle("/", edge.Pages(GraphiQL("/graphql"), false))
	mux.HandleFunc("POST /graphql", e.answer)
	mux.HandleFunc("GET /graphql", e.subscribe)
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.signedOut++
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return e, srv.URL
}

var greeted = regexp.MustCompile(`hello\(name: "(\w+)"\)`)

func (e *endpoint) answer(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Query string }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	e.bearers = append(e.bearers, r.Header.Get("Authorization"))
	e.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if strings.Contains(asked.Query, "__schema") {
		_, _ = w.Write(introspection)
		return
	}
	if name := greeted.FindStringSubmatch(asked.Query); name != nil {
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"hello": "Good day, " + name[1]}})
		return
	}
	_, _ = w.Write([]byte(`{"errors":[{"message":"only hello is answered"}]}`))
}

// subscribe speaks graphql-transport-ws: every subscription ticks once and ends.
func (e *endpoint) subscribe(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		e.t.Errorf("the page offers %q: %v", r.Header.Get("Sec-Websocket-Protocol"), err)
		return
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		var m struct {
			ID, Type string
			Payload  struct{ Authorization string }
		}
		if wsjson.Read(r.Context(), conn, &m) != nil {
			return // the page has gone
		}
		var answers []map[string]any
		switch m.Type {
		case "connection_init":
			e.mu.Lock()
			e.inits = append(e.inits, m.Payload.Authorization)
			e.mu.Unlock()
			answers = []map[string]any{{"type": "connection_ack"}}
		case "subscribe":
			answers = []map[string]any{
				{"id": m.ID, "type": "next", "payload": map[string]any{"data": map[string]any{"ticks": 4711}}},
				{"id": m.ID, "type": "complete"},
			}
		}
		for _, a := range answers {
			if wsjson.Write(r.Context(), conn, a) != nil {
				return
			}
		}
	}
}

// last returns the latest of a list, or what stands for none.
func (e *endpoint) last(of *[]string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(*of) == 0 {
		return "none"
	}
	return (*of)[len(*of)-1]
}
