package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/internal/edge"
)

// Operations is the gqlgen extension that opens the eyes of the principal for
// each operation, after the views have reached the position that the operation
// names with @atLeast. Add it to edge.Config.Extensions.
type Operations struct{ deps *Deps }

// NewOperations makes the extension.
func NewOperations(d Deps) Operations { return Operations{&d} }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationInterceptor
} = Operations{}

// ExtensionName names the extension for gqlgen.
func (Operations) ExtensionName() string { return "Sight" }

// Validate accepts every schema.
func (Operations) Validate(graphql.ExecutableSchema) error { return nil }

type sightKey struct{}

// InterceptOperation puts the sight into the context. It opens when the first
// field asks for it, so that introspection costs nothing, and so that a refusal
// stands at the field that it concerns.
func (o Operations) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	open := sync.OnceValues(func() (*model.Sight, error) {
		position, err := atLeast(graphql.GetOperationContext(ctx))
		if err != nil {
			return nil, err
		}
		if position > 0 {
			if err := o.deps.Sources.Views.WaitFor(ctx, position); err != nil {
				return nil, err
			}
		}
		return o.deps.look(ctx)
	})
	return next(context.WithValue(ctx, sightKey{}, open))
}

// look opens the eyes of who asks, with the grants of this moment.
func (d *Deps) look(ctx context.Context) (*model.Sight, error) {
	var who authz.Principal
	if id := edge.Identity(ctx).Principal; id != "" {
		var err error
		if who, err = d.Principals.Principal(ctx, id); err != nil {
			return nil, err
		}
	}
	return model.NewSight(ctx, &d.Sources, who), nil
}

// sight is that of the operation.
func sight(ctx context.Context) (*model.Sight, error) {
	return ctx.Value(sightKey{}).(func() (*model.Sight, error))()
}

// atLeast reads the directive of an operation; 0 when there is none.
func atLeast(op *graphql.OperationContext) (eventstore.Position, error) {
	d := op.Operation.Directives.ForName("atLeast")
	if d == nil {
		return 0, nil
	}
	argument := d.Arguments.ForName("position")
	if argument == nil {
		return 0, nil
	}
	v, err := value(argument.Value, op.Variables)
	if err != nil || v == nil {
		return 0, err
	}
	position, err := scalar.UnmarshalPosition(v)
	if rs := domain.AsRefusals(err); rs != nil {
		return 0, rs[0].At("position")
	}
	return position, err
}

func value(v *ast.Value, variables map[string]any) (any, error) {
	if v.Kind == ast.Variable {
		return variables[v.Raw], nil
	}
	return v.Value(variables)
}
