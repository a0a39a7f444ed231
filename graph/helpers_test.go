package graph_test

import (
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/graph"
)

func domainPosition(p uint64) string { return strconv.FormatUint(p, 10) }

func extensions(d graph.Deps) []graphql.HandlerExtension {
	return []graphql.HandlerExtension{graph.NewOperations(d)}
}
