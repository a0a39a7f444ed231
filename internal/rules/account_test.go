package rules

import (
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/diaspora-match/diaspora/internal/authz"
)

// TestAuthorisationKnowsEveryCommand reads the names that the commands of the
// domain give themselves: a command that the table does not know is one that
// nobody can send, or worse, one that somebody forgot to guard.
func TestAuthorisationKnowsEveryCommand(t *testing.T) {
	found := 0
	for _, s := range sources(t) {
		if s.test || !strings.HasPrefix(s.folder, "domain/") {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "CommandType" {
				continue
			}
			at := fset.Position(f.Pos())
			name := returned(f)
			if name == "" {
				t.Errorf("%s: CommandType must return a literal, so that it can be read here", at)
				continue
			}
			found++
			if category, _, _ := strings.Cut(name, "."); category != s.file.Name.Name {
				t.Errorf("%s: %q is not of the package %s", at, name, s.file.Name.Name)
			}
			if !authz.Known(authz.Action(name)) {
				t.Errorf("%s: internal/authz does not know %s: say in its table who may", at, name)
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d commands found", found)
	}
}

// returned is the string that a function of one return statement gives.
func returned(f *ast.FuncDecl) string {
	if len(f.Body.List) != 1 {
		return ""
	}
	r, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return ""
	}
	lit, ok := r.Results[0].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

// TestEveryDependencyIsAccountedFor: what the code and the tools use stands in
// docs/dependencies.md with its version, and nothing else does.
func TestEveryDependencyIsAccountedFor(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	version := map[string]string{}
	for _, r := range mod.Require {
		version[r.Mod.Path] = r.Mod.Version
	}
	owner := func(importPath string) string {
		best := ""
		for path := range version {
			if within(importPath, path) && len(path) > len(best) {
				best = path
			}
		}
		return best
	}
	used := map[string]bool{}
	for _, tool := range mod.Tool {
		used[owner(tool.Path)] = true
	}
	for _, s := range sources(t) {
		for _, i := range s.imports {
			if _, ours := inside(i); !ours && !standard(i) {
				used[owner(i)] = true
			}
		}
	}
	page, err := os.ReadFile(filepath.Join(root, "docs/dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^ `]+)` +\\| ([^ |]+) ").FindAllStringSubmatch(string(page), -1) {
		listed[row[1]] = row[2]
	}
	for _, path := range slices.Sorted(maps.Keys(used)) {
		switch {
		case path == "":
			t.Error("an import belongs to no module of go.mod")
		case listed[path] == "":
			t.Errorf("docs/dependencies.md has no row for %s %s", path, version[path])
		case listed[path] != version[path]:
			t.Errorf("docs/dependencies.md says %s %s, go.mod %s", path, listed[path], version[path])
		}
	}
	for path := range listed {
		if !used[path] {
			t.Errorf("docs/dependencies.md lists %s, which nothing uses", path)
		}
	}
}

// TestDocsPointToWhatExists follows every relative link of every page.
func TestDocsPointToWhatExists(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		more, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, more...)
	}
	if len(pages) < 5 {
		t.Fatalf("only %d pages found", len(pages))
	}
	links := regexp.MustCompile(`\]\(([^)#: ]+)(#[^)]*)?\)`)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range links.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s points to %s, which is not there", page, m[1])
			}
		}
	}
}
