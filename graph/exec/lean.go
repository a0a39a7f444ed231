package exec

import (
	"context"
	"io"

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

// responseBytes is the room that a response begins with.
const responseBytes = 2048

// deferredFields is a set for fields that an operation defers; nil where it
// defers none.
func deferredFields(fields []graphql.CollectedField) *graphql.FieldSet {
	for i := range fields {
		if fields[i].IsDeferred() {
			return graphql.NewFieldSet(nil)
		}
	}
	return nil
}

// object writes the fields of an object. It stands in for the writer of
// graphql.FieldSet. Names of fields need no escape.
type object struct {
	fields []graphql.CollectedField
	set    *graphql.FieldSet
}

// MarshalGQL implements graphql.Marshaler.
func (o object) MarshalGQL(w io.Writer) {
	separator := "{\""
	for i := range o.fields {
		_, _ = io.WriteString(w, separator)
		_, _ = io.WriteString(w, o.fields[i].Alias)
		_, _ = io.WriteString(w, "\":")
		o.set.Values[i].MarshalGQL(w)
		separator = ",\""
	}
	if len(o.fields) == 0 {
		_, _ = io.WriteString(w, "{")
	}
	_, _ = io.WriteString(w, "}")
}

// noFields is the error of a leaf, named by its type, that was asked for fields.
type noFields string

func (n noFields) Error() string { return "field of type " + string(n) + " does not have child fields" }
