package exec

import (
	"context"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

func responding(t *testing.T) context.Context {
	return graphql.WithResponseContext(t.Context(), graphql.DefaultErrorPresenter, graphql.DefaultRecover)
}

func TestAListIsMarshalledInOrderWithItsPlaces(t *testing.T) {
	ctx := responding(t)
	var at []string
	out := marshalSlice(ctx, 3, 0, false, func(ctx context.Context, i int) graphql.Marshaler {
		at = append(at, graphql.GetPath(ctx).String())
		return graphql.MarshalInt(i * i)
	})
	var text strings.Builder
	out.MarshalGQL(&text)
	if text.String() != "[0,1,4]" || strings.Join(at, " ") != "[0] [1] [2]" {
		t.Errorf("%s at %s", text.String(), at)
	}
	if out := marshalSlice(ctx, 0, 0, false, nil); out == nil || len(out) != 0 {
		t.Error("an empty list is not null")
	}
}

func TestAPanicOfAnElementIsAnErrorThere(t *testing.T) {
	ctx := responding(t)
	out := marshalSlice(ctx, 2, 0, false, func(_ context.Context, i int) graphql.Marshaler {
		if i == 1 {
			panic("wrong")
		}
		return graphql.Null
	})
	errs := graphql.GetErrors(ctx)
	if out != nil || len(errs) != 1 || errs[0].Path.String() != "[1]" {
		t.Errorf("%v, %v", out, gqlerror.List(errs))
	}
}

func TestALeafNamesItsType(t *testing.T) {
	if noFields("Date").Error() != "field of type Date does not have child fields" {
		t.Error(noFields("Date"))
	}
}

func TestAnObjectIsWrittenWithItsAliases(t *testing.T) {
	fields := []graphql.CollectedField{{Field: &ast.Field{Alias: "one"}}, {Field: &ast.Field{Alias: "two"}}}
	set := graphql.NewFieldSet(fields)
	set.Values[0], set.Values[1] = graphql.MarshalInt(1), graphql.Null
	for _, c := range []struct {
		of   object
		want string
	}{{object{fields, set}, `{"one":1,"two":null}`}, {object{nil, graphql.NewFieldSet(nil)}, `{}`}} {
		var text strings.Builder
		c.of.MarshalGQL(&text)
		if text.String() != c.want {
			t.Errorf("%s, not %s", text.String(), c.want)
		}
	}
}

func TestFieldsAreSetApartOnlyToDefer(t *testing.T) {
	field := graphql.CollectedField{Field: &ast.Field{Alias: "one"}}
	if deferredFields([]graphql.CollectedField{field}) != nil {
		t.Error("nothing is deferred")
	}
	field.Deferrables = append(field.Deferrables, new(graphql.Deferrable))
	if deferredFields([]graphql.CollectedField{field}) == nil {
		t.Error("a field is deferred")
	}
}
