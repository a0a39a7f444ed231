package rules

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// reach lists the folders of the tree that the code of a folder imports, directly
// or through others.
func reach(t *testing.T, from string) []string {
	t.Helper()
	direct := map[string][]string{}
	for _, s := range sources(t) {
		for _, i := range s.imports {
			if folder, ours := inside(i); ours && !s.test {
				direct[s.folder] = append(direct[s.folder], folder)
			}
		}
	}
	seen := []string{from}
	for at := 0; at < len(seen); at++ {
		for _, next := range direct[seen[at]] {
			if !slices.Contains(seen, next) {
				seen = append(seen, next)
			}
		}
	}
	return seen[1:]
}

// TestNoScoreCanDependOnGenderOrAge: what matching imports, however far one
// follows it, holds neither the room in which gender and year of birth are
// opened, nor the one that knows that people have them, nor any view.
func TestNoScoreCanDependOnGenderOrAge(t *testing.T) {
	closed := []string{"projections", "domain/expert", "privacy", "eventstore"}
	matching := 0
	for _, r := range Rooms {
		if !within(r.Path, "matcher") {
			continue
		}
		matching++
		for _, folder := range reach(t, r.Path) {
			if slices.ContainsFunc(closed, func(c string) bool { return within(folder, c) }) {
				t.Errorf("%s reaches %s", r.Path, folder)
			}
		}
	}
	if matching < 5 {
		t.Fatalf("only %d rooms of matching", matching)
	}
	// Following imports does find the room where somebody reaches it.
	if views := reach(t, "projections/views"); !slices.Contains(views, "projections/monitoring") || !slices.Contains(views, "domain/expert") {
		t.Errorf("the views reach %v", views)
	}
}

// TestMonitoringAttributesAreOpenedInOneRoom: only projections/monitoring opens
// text to be counted, and only the views ask it.
func TestMonitoringAttributesAreOpenedInOneRoom(t *testing.T) {
	opened := 0
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, i := range s.imports {
			if folder, _ := inside(i); folder == "projections/monitoring" && s.folder != "projections/views" {
				t.Errorf("%s: only the views count people by gender and age", s.path)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "ToMonitor" {
				opened++
				if s.folder != "projections/monitoring" {
					t.Errorf("%s: opens text for monitoring", fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
	if opened != 1 {
		t.Errorf("text is opened for monitoring in %d places", opened)
	}
}

// TestMatchingHasNoWordForGenderOrAge: what is not there cannot be filled in by
// whoever feeds the index.
func TestMatchingHasNoWordForGenderOrAge(t *testing.T) {
	words := []string{"gender", "birthyear", "born", "nationality", "religion", "ethnicity"}
	for _, s := range sources(t) {
		if s.test || !within(s.folder, "matcher") && s.path != "projections/views/feed.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok && slices.Contains(words, strings.ToLower(name.Name)) {
				t.Errorf("%s: %s", fset.Position(n.Pos()), name.Name)
			}
			return true
		})
	}
}
