package edge

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/diaspora-match/diaspora/domain"
)

// Shape is a gqlgen extension that refuses a document by its shape before it is
// validated, because validation itself is what an attacker would make costly.
// Documents that passed are remembered, so that a repeated one costs a lookup.
type Shape struct {
	limits     Limits
	production bool
	passed     *lru.Cache[string, struct{}]
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = (*Shape)(nil)

// NewShape makes the extension. In production documents may not ask for the
// schema.
func NewShape(limits Limits, production bool) *Shape {
	passed, err := lru.New[string, struct{}](documentsMax)
	if err != nil {
		panic(err) // the size is a positive constant
	}
	return &Shape{limits: limits.withDefaults(), production: production, passed: passed}
}

// ExtensionName names the extension for gqlgen.
func (*Shape) ExtensionName() string { return "Shape" }

// Validate accepts every schema.
func (*Shape) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters refuses; it changes nothing.
func (s *Shape) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	if s.passed.Contains(p.Query) {
		return nil
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: p.Query}, s.limits.Tokens)
	if err != nil {
		return nil // gqlgen's own parsing, under the same bound, tells what and where
	}
	if r := s.Check(doc); r != nil {
		return asGraphQL(r)
	}
	if len(p.Query) <= documentBytesMax {
		s.passed.Add(p.Query, struct{}{})
	}
	return nil
}

// Check returns the first bound that a document breaks, or nil. It looks at
// every operation with its fragments spread out, each fragment once, in time
// linear in the document.
func (s *Shape) Check(doc *ast.QueryDocument) *domain.Refusal {
	w := walk{doc: doc, known: map[*ast.FragmentDefinition]size{}, busy: map[*ast.FragmentDefinition]bool{}}
	for _, op := range doc.Operations {
		z := w.selections(op.SelectionSet)
		z.directives = sum(z.directives, len(op.Directives))
		for _, v := range op.VariableDefinitions {
			z.directives = sum(z.directives, len(v.Directives))
		}
		switch {
		case z.depth > s.limits.Depth:
			return ErrDepth
		case z.schemaDepth > s.limits.IntrospectionDepth:
			return ErrDepth
		case z.aliases > s.limits.Aliases:
			return ErrAliases
		case z.directives > s.limits.Directives:
			return ErrDirectives
		case z.fields > s.limits.Fields:
			return ErrFields
		case z.asksSchema && s.production:
			return ErrIntrospection
		}
	}
	return nil
}

// size is what a selection costs.
type size struct {
	depth, schemaDepth, aliases, directives, fields int
	asksSchema                                      bool
}

func (z *size) add(o size) {
	z.depth = max(z.depth, o.depth)
	z.schemaDepth = max(z.schemaDepth, o.schemaDepth)
	z.aliases = sum(z.aliases, o.aliases)
	z.directives = sum(z.directives, o.directives)
	z.fields = sum(z.fields, o.fields)
	z.asksSchema = z.asksSchema || o.asksSchema
}

// sizeMax keeps sums of spreads of spreads from running over.
const sizeMax = 1 << 30

func sum(a, b int) int { return min(a+b, sizeMax) }

type walk struct {
	doc   *ast.QueryDocument
	known map[*ast.FragmentDefinition]size
	busy  map[*ast.FragmentDefinition]bool
}

func (w walk) selections(set ast.SelectionSet) size {
	var z size
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			z.add(w.field(sel))
		case *ast.InlineFragment:
			inner := w.selections(sel.SelectionSet)
			inner.directives = sum(inner.directives, len(sel.Directives))
			z.add(inner)
		case *ast.FragmentSpread:
			inner := w.fragment(sel.Name)
			inner.directives = sum(inner.directives, len(sel.Directives))
			z.add(inner)
		}
	}
	return z
}

func (w walk) field(f *ast.Field) size {
	z := w.selections(f.SelectionSet)
	z.fields = sum(z.fields, 1)
	z.directives = sum(z.directives, len(f.Directives))
	if f.Alias != f.Name {
		z.aliases = sum(z.aliases, 1)
	}
	z.depth++
	if f.Name == "__schema" || f.Name == "__type" {
		// The standard introspection query is deeper than any question about
		// the data, and its answer is small: it has a bound of its own.
		z.schemaDepth, z.depth, z.asksSchema = max(z.schemaDepth, z.depth), 1, true
	}
	return z
}

// fragment sizes a fragment once. A cycle counts as nothing here: validation
// refuses it.
func (w walk) fragment(name string) size {
	def := w.doc.Fragments.ForName(name)
	if def == nil || w.busy[def] {
		return size{}
	}
	if z, ok := w.known[def]; ok {
		return z
	}
	w.busy[def] = true
	z := w.selections(def.SelectionSet)
	z.directives = sum(z.directives, len(def.Directives))
	delete(w.busy, def)
	w.known[def] = z
	return z
}
