package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/internal/edge"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/processes"
)

// patience bounds every wait of these tests; it is no measure of speed.
const patience = 30 * time.Second

// world is a whole platform, served over HTTP: a log, the views in memory, the
// processes beside them. Who asks is whom the header names.
type world struct {
	t      testing.TB
	p      *platform.Platform
	deps   graph.Deps
	server *httptest.Server
}

// byName signs in whom the Authorization header names.
type byName struct{}

func (byName) Authenticate(r *http.Request) (identity.Identity, error) {
	return byName{}.Bearer(r.Context(), r.Header.Get("Authorization"))
}

func (byName) Bearer(_ context.Context, authorization string) (identity.Identity, error) {
	name, ok := strings.CutPrefix(authorization, "Bearer ")
	if !ok {
		return identity.Identity{}, identity.ErrMissing
	}
	return identity.Identity{Principal: domain.PrincipalID(name), Expires: time.Now().Add(time.Hour)}, nil
}

func (byName) Watch(identity.Identity) (<-chan struct{}, func()) { return nil, func() {} }

// engines are the servers that keep the log and the views; empty for a file, and
// for memory.
type engines struct{ eventStore, redis string }

func newWorld(t testing.TB, over engines, change ...func(*platform.Platform, *graph.Deps)) *world {
	t.Helper()
	hub := graph.NewHub()
	p, err := platform.Open(t.Context(), platform.Config{
		Folder: t.TempDir(), EventStore: over.eventStore, Redis: over.redis, Notifier: hub, Backoff: processes.Backoff{First: time.Millisecond, Most: 10 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	select {
	case <-p.Runner.Ready():
	case <-time.After(patience):
		t.Fatal("the views do not get ready")
	}
	w := &world{t: t, p: p, deps: graph.Deps{
		Sources: model.Sources{Views: p.Views, Ranker: p.Index, Warm: p.Warm, Disclosures: graph.Disclosures{Bus: p.Bus}, Rankings: graph.Rankings{Bus: p.Bus}, Now: p.Config.Clock},
		Bus:     p.Bus, Principals: p.Guard, Hub: hub, Taxonomy: p.Index.Taxonomy(),
	}}
	for _, c := range change {
		c(p, &w.deps)
	}
	w.server = httptest.NewServer(edge.NewGraphQL(graph.NewExecutableSchema(w.deps), edge.Config{
		Auth: byName{}, Explorable: true, Limits: edge.Limits{Rate: 1e6, Burst: 1e6},
		Extensions: extensions(w.deps),
	}))
	t.Cleanup(func() {
		w.server.CloseClientConnections()
		w.server.Close()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the platform: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

// somebody is a new principal.
func somebody() domain.PrincipalID { return domain.PrincipalID(uuid.NewString()) }

// grant gives a role as the platform itself.
func (w *world) grant(who domain.PrincipalID, role domain.Role, scope domain.Scope) {
	w.t.Helper()
	result, err := commands.Execute(w.t.Context(), w.p.Bus, &access.Aggregate, string(who),
		commands.Envelope{Caller: commands.Caller{Principal: domain.Platform, System: true}},
		func(s domain.Stamp) access.Command {
			c := access.Grant{Stamp: s, Principal: who, Role: role, Scope: scope, Reason: "test"}
			if role != domain.RoleExpert && role != domain.RoleHost {
				c.Until = s.At.Add(24 * time.Hour)
			}
			return c
		})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.p.Views.WaitFor(w.t.Context(), result.Position); err != nil {
		w.t.Fatal(err)
	}
}

// object is decoded JSON.
type object map[string]any

// at follows names and indexes: o.at("need", "terms", "title"); nil where there
// is nothing.
func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (o object) str(path ...string) string {
	s, _ := o.at(path...).(string)
	return s
}

func (o object) list(path ...string) []object {
	items, _ := o.at(path...).([]any)
	out := make([]object, len(items))
	for i, item := range items {
		m, _ := item.(map[string]any)
		out[i] = m
	}
	return out
}

type answer struct {
	Data   object `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// post sends one operation.
func (w *world) post(as domain.PrincipalID, query string, variables object) answer {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+string(as))
	resp, err := w.server.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var out answer
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// ask sends a query that must not fail.
func (w *world) ask(as domain.PrincipalID, query string, variables object) object {
	w.t.Helper()
	a := w.post(as, query, variables)
	for _, e := range a.Errors {
		w.t.Fatalf("%s\n%v %s %v", query, e.Path, e.Message, e.Extensions)
	}
	return a.Data
}

// send executes one mutation; fields are those of its payload that are wanted.
func (w *world) send(as domain.PrincipalID, name, payload, fields string, input object) object {
	w.t.Helper()
	inputType := strings.ToUpper(name[:1]) + name[1:] + "Input"
	query := "mutation($in:" + inputType + "!){r:" + name + "(input:$in){__typename ...on " + payload +
		"{position commandId " + fields + "} ...on Refused{refusals{code kind field message cure}}}}"
	return w.ask(as, query, object{"in": input}).at("r").(map[string]any)
}

// do executes a mutation that must act.
func (w *world) do(as domain.PrincipalID, name, payload, fields string, input object) object {
	w.t.Helper()
	r := w.send(as, name, payload, fields, input)
	if r.str("__typename") != payload {
		w.t.Fatalf("%s: %v", name, r)
	}
	return r
}

// refused executes a mutation that must be refused, and returns the first code.
func (w *world) refused(as domain.PrincipalID, name, payload string, input object) string {
	w.t.Helper()
	r := w.send(as, name, payload, "__typename", input)
	if r.str("__typename") != "Refused" {
		w.t.Fatalf("%s was not refused: %v", name, r)
	}
	return r.list("refusals")[0].str("code")
}

// events opens a subscription and returns its stream of data.
func (w *world) events(as domain.PrincipalID, query string, variables object) <-chan object {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	w.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+string(as))
	resp, err := w.server.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	out := make(chan object, 100)
	lines := bufio.NewScanner(resp.Body)
	lines.Scan() // the opening comment: the subscription listens
	go func() {
		defer close(out)
		defer func() { _ = resp.Body.Close() }()
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data:")
			var a answer
			if ok && json.Unmarshal([]byte(data), &a) == nil && a.Data != nil {
				out <- a.Data
			}
		}
	}()
	return out
}

// until waits for an event that is as wanted.
func (w *world) until(events <-chan object, what string, wanted func(object) bool) object {
	w.t.Helper()
	late := time.After(patience)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				w.t.Fatalf("the stream ended before %s", what)
			}
			if wanted(e) {
				return e
			}
		case <-late:
			w.t.Fatalf("no event: %s", what)
		}
	}
}
