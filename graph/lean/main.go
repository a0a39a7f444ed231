// Lean rewrites what gqlgen generated, so that a request does not pay for what it
// does not use. It runs after gqlgen, by go generate, in the folder graph:
//
//   - The elements of a list are marshalled one after another, not in a goroutine
//     each: they come out of memory, and a new goroutine's stack costs more than
//     they do. Lists in which reading a person may wait for a record of it to be
//     durable stay concurrent, so that these waits share one sync.
//   - The group of deferred fields is put together only where a field is deferred.
//   - An object is written without a map of the names that were written: fields of
//     one name were merged before.
//   - The error of a leaf that has no fields is a constant, not made anew for
//     each leaf.
//   - A leaf that is a field of a Go struct is marshalled where it stands, without a
//     context of its own: reading it cannot fail, nothing stands around it, and it
//     has no children who would ask for the context.
//   - There is no table of how inputs are read, for resolvers that ask for it:
//     none does.
//
// It took more than a third off the processor time of a page of needs
// (docs/benchmarks.md). A pattern that no longer occurs ends the program: gqlgen
// has changed, and what stands here has to be looked at again.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"golang.org/x/tools/imports"
)

// waiting are the types whose lists stay concurrent.
var waiting = []string{"Expert", "ExpertEdge", "Candidacy", "CandidacyEdge", "Assignment", "AssignmentEdge", "Match"}

var list = regexp.MustCompile(`(?s)(func \(ec \*executionContext\) marshal[NO](\w+?)2ᚕ[^{]*\{\n.{0,200}?)graphql\.MarshalSliceConcurrently\(`)

// plainLeaf is the resolver of a scalar that is a field of a struct, without
// directives: its head, the field, the marshaller, and the head of the function
// behind it, which tells that it is a scalar.
var plainLeaf = regexp.MustCompile(`(func \(ec \*executionContext\) _\w+\(ctx context\.Context, field graphql\.CollectedField, obj [^\n]*\{\n)` +
	`\treturn graphql\.ResolveField\(\n\t\tctx,\n\t\tec\.OperationContext,\n\t\tfield,\n` +
	`\t\tfunc\([^\n]*\{\n[^\n]*\n\t\t\},\n` +
	`\t\tfunc\(ctx context\.Context\) \(any, error\) \{\n\t\t\treturn (obj\.[\w.]+), nil\n\t\t\},\n` +
	`\t\tnil,\n` +
	`\t\tfunc\([^\n]*\{\n\t\t\treturn (ec\.[^\s(]+)\(ctx, selections, v\)\n\t\t\},\n` +
	`\t\ttrue,\n\t\t(?:true|false),\n\t\)\n\}\n` +
	`(func \(ec \*executionContext\) fieldContext_\w+\([^\n]*\n\treturn graphql\.NewScalarFieldContext\()`)

// rewrite replaces a pattern everywhere.
type rewrite struct {
	what    string
	pattern *regexp.Regexp
	by      string
	found   int
}

var rewrites = []*rewrite{
	{what: "deferred groups", by: "\tif len(deferLabelToView) > 0 {\n$1$2\t}\n", pattern: regexp.MustCompile(
		`(?s)(\tatomic\.AddInt32\(&ec\.Deferred, [^\n]*\n)\n(\tec\.ProcessDeferredGroup\(graphql\.DeferredGroup\{\n.*?\n\t\}\)\n)`)},
	{what: "sets of deferred fields", by: "deferredFieldSet := deferredFields(fields)", pattern: regexp.MustCompile(
		`deferredFieldSet := graphql\.NewFieldSet\(nil\)`)},
	{what: "objects", by: "$1\n\treturn object{fields, out}\n}\n", pattern: regexp.MustCompile(
		`(\t\tContext:  ctx,\n\t\}\)\n\t\}\n)\n\treturn out\n\}\n`)},
	{what: "leaves", by: `noFields("$1")`, pattern: regexp.MustCompile(
		`errors\.New\("field of type (\w+) does not have child fields"\)`)},
	{what: "tables of inputs", by: "", pattern: regexp.MustCompile(
		`(?s)\tinputUnmarshalMap := graphql\.BuildUnmarshalerMap\(\n.*?\n\t\)\n`)},
	{what: "uses of the table", by: "", pattern: regexp.MustCompile(
		`\t+ctx = graphql\.WithUnmarshalerMap\(ctx, inputUnmarshalMap\)\n`)},
	{what: "leaves that are struct fields", by: "$1\treturn $3(ctx, field.Selections, $2)\n}\n$4", pattern: plainLeaf},
	{what: "responses", by: "$0\t\t\tbuf.Grow(responseBytes)\n", pattern: regexp.MustCompile(
		`\t\t\tvar buf bytes\.Buffer\n`)},
}

func main() {
	if err := run("exec"); err != nil {
		fmt.Fprintln(os.Stderr, "lean:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.generated.go"))
	if err != nil {
		return err
	}
	lists := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text := list.ReplaceAllStringFunc(string(b), func(found string) string {
			m := list.FindStringSubmatch(found)
			if slices.Contains(waiting, m[2]) {
				return found
			}
			lists++
			return m[1] + "marshalSlice("
		})
		for _, r := range rewrites {
			r.found += len(r.pattern.FindAllStringIndex(text, -1))
			text = r.pattern.ReplaceAllString(text, r.by)
		}
		out, err := imports.Process(file, []byte(text), nil) // drops those that are not used any more
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(file, out, 0o644); err != nil {
			return err
		}
	}
	if lists == 0 {
		return errors.New("no lists found: run gqlgen first, or see what it does now")
	}
	for _, r := range rewrites {
		if r.found == 0 {
			return fmt.Errorf("no %s found: see what gqlgen does now", r.what)
		}
	}
	return nil
}
