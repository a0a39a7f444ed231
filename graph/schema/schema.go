// Package schema holds the GraphQL schema, by topic, and reads the rules of
// authorisation from it. The schema is the one place where a rule is written:
// code claims the rule of the field or type that it guards, and a test fails on
// a rule that nothing claims and on a field that reveals an object without one.
package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/diaspora-match/diaspora/internal/authz"
)

//go:embed *.graphqls
var files embed.FS

// Schema is the parsed schema.
var Schema = sync.OnceValue(func() *ast.Schema {
	names, err := fs.Glob(files, "*.graphqls")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	slices.Sort(names)
	var sources []*ast.Source
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // an embedded file
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	return gqlparser.MustLoadSchema(sources...)
})

var (
	claimsMu sync.Mutex
	claims   = map[string]bool{}
)

// Claim returns the action that a type ("Need") or a field ("Expert.identity")
// demands, and notes that somebody guards it. It panics when the schema has no
// such rule: that is a mistake of the program, found when it starts.
func Claim(place string) authz.Action {
	action, ok := Rule(place)
	if !ok {
		panic(fmt.Sprintf("schema: %s has no @rule", place))
	}
	claimsMu.Lock()
	defer claimsMu.Unlock()
	claims[place] = true
	return action
}

// Claimed reports whether somebody guards the rule of a place.
func Claimed(place string) bool {
	claimsMu.Lock()
	defer claimsMu.Unlock()
	return claims[place]
}

// Rule is the action that stands at a type or a field.
func Rule(place string) (authz.Action, bool) {
	typeName, fieldName, isField := strings.Cut(place, ".")
	def := Schema().Types[typeName]
	if def == nil {
		return "", false
	}
	directives := def.Directives
	if isField {
		field := def.Fields.ForName(fieldName)
		if field == nil {
			return "", false
		}
		directives = field.Directives
	}
	rule := directives.ForName("rule")
	if rule == nil {
		return "", false
	}
	return authz.Action(rule.Arguments.ForName("action").Value.Raw), true
}
