package edge

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

func nested(n int) string {
	return "{" + strings.Repeat("node{", n-1) + "name" + strings.Repeat("}", n-1) + "}"
}

func repeated(n int, part func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(part(i) + " ")
	}
	return b.String()
}

func TestShapeAtItsBounds(t *testing.T) {
	alias := func(i int) string { return fmt.Sprintf("a%d: name", i) }
	directive := func(int) string { return "name @include(if: true)" }
	field := func(int) string { return "name" }
	for _, c := range []struct {
		name, query string
		want        string
	}{
		{"depth 10", nested(10), ""},
		{"depth 11", nested(11), "edge.depth"},
		{"depth through fragments", "{ node { ...A } } fragment A on Node " + nested(10), "edge.depth"},
		{"depth through inline fragments", "{ node { ... { ... on Node " + nested(9) + " } } }", ""},
		{"30 aliases", "{" + repeated(30, alias) + "}", ""},
		{"31 aliases", "{" + repeated(31, alias) + "}", "edge.aliases"},
		{"aliases in a second operation", "query A { name } query B {" + repeated(31, alias) + "}", "edge.aliases"},
		{"aliases through fragments", "{ ...A node { node { ...B } } } fragment A on Query {" + repeated(16, alias) + "} fragment B on Node {" + repeated(16, alias) + "}", "edge.aliases"},
		{"20 directives", "{" + repeated(20, directive) + "}", ""},
		{"21 directives", "{" + repeated(21, directive) + "}", "edge.directives"},
		{"directives on an operation", "query " + repeated(21, func(int) string { return "@x" }) + "{ name }", "edge.directives"},
		{"directives on spreads", "{" + repeated(21, func(int) string { return "...A @include(if: true)" }) + "} fragment A on Query { name }", "edge.directives"},
		{"300 fields", "{" + repeated(300, field) + "}", ""},
		{"301 fields", "{" + repeated(301, field) + "}", "edge.fields"},
		{"cycle", "{ ...A } fragment A on Query { ...B name } fragment B on Query { ...A }", ""},
		{"unknown fragment", "{ ...A }", ""},
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: c.query})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := ""
		if r := NewShape(Limits{}, false).Check(doc); r != nil {
			got = r.Code
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Fragments of fragments of fragments spread out to 40^9 fields: the check must
// not spread them out to find that.
func TestShapeIsLinear(t *testing.T) {
	var b strings.Builder
	b.WriteString("{ ...F0 }")
	for i := range 9 {
		fmt.Fprintf(&b, " fragment F%d on Node { node {%s} }", i, repeated(40, func(int) string { return fmt.Sprintf("...F%d", i+1) }))
	}
	b.WriteString(" fragment F9 on Node { name }")
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: b.String()}, DefaultLimits.Tokens)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if r := NewShape(Limits{Depth: 100}, false).Check(doc); r != ErrFields {
		t.Errorf("%v", r)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %s", took)
	}
}

func TestTokenAndComplexityBounds(t *testing.T) {
	server, _, _ := serve(t, Config{})
	many := "{" + strings.Repeat("name,", DefaultLimits.Tokens-2) + "}"
	if a := do(t, server, "POST", "/", query(many)); a.code() != "edge.fields" {
		t.Errorf("at the bound of tokens: %s", a.raw)
	}
	if a := do(t, server, "POST", "/", query("{ name "+many[1:])); a.code() != "edge.tokens" {
		t.Errorf("above the bound of tokens: %s", a.raw)
	}
	if a := do(t, server, "POST", "/", query("{ node { nodes(first: 100) { nodes(first: 100) { name } } } }")); a.code() != "" {
		t.Errorf("a modest page: %s", a.raw)
	}
	if a := do(t, server, "POST", "/", query("{ node { nodes(first: 1000) { nodes(first: 100) { name } } } }")); a.code() != "edge.complexity" {
		t.Errorf("a costly page: %s", a.raw)
	}
}

func TestIntrospectionHasADepthOfItsOwn(t *testing.T) {
	deep := func(n int) string {
		return `{ __type(name: "Query") {` + strings.Repeat("ofType {", n-2) + "name" + strings.Repeat("}", n-2) + "} }"
	}
	for depth, want := range map[int]bool{20: true, 21: false} {
		doc, err := parser.ParseQuery(&ast.Source{Input: deep(depth)})
		if err != nil {
			t.Fatal(err)
		}
		if got := NewShape(Limits{}, false).Check(doc) == nil; got != want {
			t.Errorf("depth %d passes: %v", depth, got)
		}
	}
}

func TestRepeatedDocumentsCostALookup(t *testing.T) {
	s := NewShape(Limits{}, false)
	short, long := &graphql.RawParams{Query: "{ name }"}, &graphql.RawParams{Query: "{ name }" + strings.Repeat(" ", documentBytesMax)}
	for range 2 {
		if s.MutateOperationParameters(context.Background(), short) != nil || s.MutateOperationParameters(context.Background(), long) != nil {
			t.Fatal("refused")
		}
	}
	if !s.passed.Contains(short.Query) || s.passed.Len() != 1 {
		t.Errorf("%d documents are remembered", s.passed.Len())
	}
}
