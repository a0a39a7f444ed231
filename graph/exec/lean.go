package exec

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// What the generated code calls after ../lean has rewritten it.

// marshalSlice marshals the elements of a list one after another. It stands in
// for graphql.MarshalSliceConcurrently, whose parameters it has: a panic that no
// field caught becomes an error of the element, and the list null.
func marshalSlice(ctx context.Context, length int, _ int64, _ bool, element func(ctx context.Context, i int) graphql.Marshaler) graphql.Array {
	out := make(graphql.Array, length)
	for i := range length {
		if !marshalElement(graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &i}), i, &out[i], element) {
			return nil
		}
	}
	return out
}

func marshalElement(ctx context.Context, i int, to *graphql.Marshaler, element func(ctx context.Context, i int) graphql.Marshaler) (done bool) {
	defer func() {
		if r := recover(); r != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, r))
			done = false
		}
	}()
	*to = element(ctx, i)
	return true
}

// noFields is the error of a leaf, named by its type, that was asked for fields.
type noFields string

func (n noFields) Error() string { return "field of type " + string(n) + " does not have child fields" }
