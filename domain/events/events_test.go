package events_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain/events"
)

// Every EventType method in the domain's source stands for a registered event,
// and the other way round: an event that was declared and not listed would only
// be found when it is first stored.
func TestEveryDeclaredEventIsRegistered(t *testing.T) {
	registered := map[string]bool{}
	for _, e := range events.Registry() {
		if registered[e.EventType()] {
			t.Errorf("%s is registered twice", e.EventType())
		}
		registered[e.EventType()] = true
	}
	files, err := filepath.Glob("../*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	declared := map[string]bool{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range eventTypes(file) {
			declared[name] = true
			if !registered[name] {
				t.Errorf("%s in %s is not registered", name, path)
			}
		}
	}
	for name := range registered {
		if !declared[name] {
			t.Errorf("%s is registered and not declared by a literal name", name)
		}
	}
}

// eventTypes finds the names that the EventType methods of a file return.
func eventTypes(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != "EventType" || len(f.Body.List) != 1 {
			continue
		}
		ret, ok := f.Body.List[0].(*ast.ReturnStmt)
		if !ok || len(ret.Results) != 1 {
			continue
		}
		if lit, ok := ret.Results[0].(*ast.BasicLit); ok {
			if name, err := strconv.Unquote(lit.Value); err == nil {
				names = append(names, name)
			}
		}
	}
	return names
}
