package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/identity"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testSchema = gqlparser.MustLoadSchema(&ast.Source{Name: "test.graphql", Input: `
	enum Colour { RED GREEN }
	type Node { name: String! node: Node nodes(first: Int!): [Node!]! }
	type Query { name: String! who: String echo(text: String!): String colour(c: Colour): String
		node: Node refused: String several: String broken: String panics: String slow: String big(n: Int!): Int }
	type Mutation { change: String! }
	type Subscription { ticks: Int! stuck: Int! }
`})

// tinySchema executes the test schema: root fields alone, without selections.
type tinySchema struct {
	ticks   chan int
	started chan struct{} // told when a subscription or the slow field runs
	over    chan struct{} // told when a subscription has ended
}

func newTinySchema() *tinySchema {
	return &tinySchema{ticks: make(chan int), started: make(chan struct{}, 100), over: make(chan struct{}, 100)}
}

func (*tinySchema) Schema() *ast.Schema { return testSchema }

func (*tinySchema) Complexity(_ context.Context, _, field string, child int, args map[string]any) (int, bool) {
	if field == "nodes" {
		n, _ := args["first"].(int64)
		return 1 + int(n)*child, true
	}
	return 0, false
}

const secret = "internal-secret-4711"

func (s *tinySchema) field(ctx context.Context, f graphql.CollectedField) (any, error) {
	args := f.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
	switch f.Name {
	case "__typename":
		return f.ObjectDefinition.Name, nil
	case "__type", "__schema":
		if graphql.GetOperationContext(ctx).DisableIntrospection {
			return nil, errors.New("introspection disabled")
		}
		return nil, nil
	case "name", "change":
		return "test", nil
	case "who":
		return string(Identity(ctx).Principal), nil
	case "echo":
		return args["text"], nil
	case "big":
		return args["n"], nil
	case "colour":
		return args["c"], nil
	case "node":
		return map[string]any{"name": "x"}, nil
	case "refused":
		return nil, fmt.Errorf("wrapped: %w", domain.ErrRange.At("skills[2].level"))
	case "several":
		return nil, domain.Refusals{domain.ErrRequired.At("title"), domain.ErrTooLong.At("text")}
	case "broken":
		return nil, errors.New(secret)
	case "panics":
		panic(secret)
	case "slow":
		s.started <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("no field %s", f.Name)
}

func (s *tinySchema) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation == ast.Subscription {
		return s.subscribe(ctx, op)
	}
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		return s.once(ctx, op)
	}
}

func (s *tinySchema) once(ctx context.Context, op *graphql.OperationContext) *graphql.Response {
	out := map[string]any{}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, nil) {
		ctx := graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Query", Field: f})
		v, err := func() (v any, err error) {
			defer func() {
				if p := recover(); p != nil {
					err = op.Recover(ctx, p)
				}
			}()
			return op.ResolverMiddleware(ctx, func(ctx context.Context) (any, error) { return s.field(ctx, f) })
		}()
		if err != nil {
			graphql.AddError(ctx, graphql.AddFieldLocationToError(ctx, err))
		}
		out[f.Alias] = v
	}
	b, _ := json.Marshal(out)
	return &graphql.Response{Data: b}
}

func (s *tinySchema) subscribe(ctx context.Context, op *graphql.OperationContext) graphql.ResponseHandler {
	s.started <- struct{}{}
	over := sync.OnceFunc(func() { s.over <- struct{}{} })
	ticks := s.ticks
	if op.Operation.SelectionSet[0].(*ast.Field).Name == "stuck" {
		ticks = nil
	}
	return func(context.Context) *graphql.Response {
		select {
		case n, ok := <-ticks:
			if ok {
				return &graphql.Response{Data: fmt.Appendf(nil, `{"ticks":%d}`, n)}
			}
		case <-ctx.Done():
		}
		over()
		return nil
	}
}

// fakeAuth knows the tokens that a test gives it.
type fakeAuth struct {
	mu      sync.Mutex
	ids     map[string]identity.Identity
	endings *identity.Endings
}

const (
	alice = domain.PrincipalID("11111111-1111-5111-8111-111111111111")
	bob   = domain.PrincipalID("22222222-2222-5222-8222-222222222222")
)

func newFakeAuth() *fakeAuth {
	return &fakeAuth{endings: identity.NewEndings(time.Hour), ids: map[string]identity.Identity{
		"Bearer alice": {Principal: alice, Issued: time.Now(), Expires: time.Now().Add(time.Hour), Session: "a"},
		"Bearer bob":   {Principal: bob, Issued: time.Now(), Expires: time.Now().Add(time.Hour), Session: "b"},
	}}
}

func (a *fakeAuth) Authenticate(r *http.Request) (identity.Identity, error) {
	if c, err := r.Cookie("session"); err == nil {
		return a.Bearer(r.Context(), "Bearer "+c.Value)
	}
	if v := r.Header.Get("Authorization"); v != "" {
		return a.Bearer(r.Context(), v)
	}
	return identity.Identity{}, identity.ErrMissing
}

func (a *fakeAuth) Bearer(_ context.Context, value string) (identity.Identity, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id, ok := a.ids[value]
	switch {
	case value == "Bearer away":
		return id, errors.Join(identity.ErrUnavailable, errors.New(secret))
	case !ok:
		return id, identity.ErrInvalid
	case a.endings.Ended(id):
		return id, identity.ErrEnded
	}
	return id, nil
}

func (a *fakeAuth) Watch(id identity.Identity) (<-chan struct{}, func()) { return a.endings.Watch(id) }

func serve(t *testing.T, cfg Config) (*httptest.Server, *tinySchema, *fakeAuth) {
	t.Helper()
	schema, auth := newTinySchema(), newFakeAuth()
	if cfg.Auth == nil {
		cfg.Auth = auth
	}
	server := httptest.NewServer(NewGraphQL(schema, cfg))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); server.Client().CloseIdleConnections() })
	return server, schema, auth
}
