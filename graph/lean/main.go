// Lean rewrites what gqlgen generated, so that a request does not pay for what it
// does not use. It runs after gqlgen, by go generate, in the folder graph:
//
//   - The elements of a list are marshalled one after another, not in a goroutine
//     each: they come out of memory, and a new goroutine's stack costs more than
//     they do. Lists in which reading a person may wait for a record of it to be
//     durable stay concurrent, so that these waits share one sync.
//   - The group of deferred fields is put together only where a field is deferred.
//   - The error of a leaf that has no fields is a constant, not made anew for
//     each leaf.
//
// It took a third off the processor time of a page of needs (docs/benchmarks.md).
// A pattern that no longer occurs ends the program: gqlgen has changed, and what
// stands here has to be looked at again.
package main

import (
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// waiting are the types whose lists stay concurrent.
var waiting = []string{"Expert", "ExpertEdge", "Candidacy", "CandidacyEdge", "Assignment", "AssignmentEdge", "Match"}

var (
	list     = regexp.MustCompile(`(?s)(func \(ec \*executionContext\) marshal[NO](\w+?)2ᚕ[^{]*\{\n.{0,200}?)graphql\.MarshalSliceConcurrently\(`)
	deferred = regexp.MustCompile(`(?s)\tatomic\.AddInt32\(&ec\.Deferred, [^\n]*\n\n(\tec\.ProcessDeferredGroup\(graphql\.DeferredGroup\{\n.*?\n\t\}\)\n)`)
	leaf     = regexp.MustCompile(`errors\.New\("field of type (\w+) does not have child fields"\)`)
)

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
	var lists, groups, leaves int
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
		text = deferred.ReplaceAllStringFunc(text, func(found string) string {
			groups++
			return "\tif len(deferLabelToView) > 0 {\n" + strings.Replace(found, "\n\n", "\n", 1) + "\t}\n"
		})
		text = leaf.ReplaceAllStringFunc(text, func(found string) string {
			leaves++
			return fmt.Sprintf("noFields(%q)", leaf.FindStringSubmatch(found)[1])
		})
		if !strings.Contains(text, "errors.") {
			text = strings.Replace(text, "\t\"errors\"\n", "", 1)
		}
		out, err := format.Source([]byte(text))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(file, out, 0o644); err != nil {
			return err
		}
	}
	if lists == 0 || groups == 0 || leaves == 0 {
		return fmt.Errorf("%d lists, %d deferred groups and %d leaves found: run gqlgen first, or see what it does now", lists, groups, leaves)
	}
	return nil
}
