package graph_test

import (
	"strconv"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/graph/scalar"
)

func domainPosition(p uint64) string { return strconv.FormatUint(p, 10) }

func extensions(d graph.Deps) []graphql.HandlerExtension {
	return []graphql.HandlerExtension{graph.NewOperations(d)}
}

func gid(typeName, uuid string) string { return scalar.GlobalID{Type: typeName, UUID: uuid}.String() }

func rawID[T ~string](t testing.TB, id string) T {
	t.Helper()
	g, err := scalar.ParseID(id)
	if err != nil {
		t.Fatalf("%q: %v", id, err)
	}
	return T(g.UUID)
}
