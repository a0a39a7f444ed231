package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// source is one Go file of the tree.
type source struct {
	path      string // from the root, with slashes
	folder    string
	text      []byte
	file      *ast.File
	generated bool
	test      bool
	imports   []string
}

var fset = token.NewFileSet()

// tree parses every Go file once for all tests.
var tree = sync.OnceValues(func() ([]source, error) {
	var found []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() && path != root {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir // a module of its own has rules of its own
			}
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s := source{path: filepath.ToSlash(rel), text: text, file: file,
			generated: ast.IsGenerated(file), test: strings.HasSuffix(name, "_test.go")}
		s.folder = filepath.ToSlash(filepath.Dir(rel))
		for _, i := range file.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, p)
		}
		found = append(found, s)
		return nil
	})
	return found, err
})

const root = "../.."

func sources(t *testing.T) []source {
	t.Helper()
	all, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d Go files found: the tree is elsewhere", len(all))
	}
	return all
}

// inside returns the folder of the tree that an import path names, if it does.
func inside(importPath string) (string, bool) {
	folder, ok := strings.CutPrefix(importPath, Module+"/")
	return folder, ok
}

func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

func TestNoRoomImportsUpwards(t *testing.T) {
	for _, s := range sources(t) {
		room, known := Of(s.folder)
		if !known {
			t.Errorf("%s: the folder %s belongs to no room: enter it in internal/rules/rooms.go", s.path, s.folder)
			continue
		}
		if s.test {
			continue // tests look from outside; see the next test
		}
		for _, i := range s.imports {
			if folder, ours := inside(i); ours {
				if !room.MayImport(folder) {
					t.Errorf("%s: %s may not import %s", s.path, room.Path, folder)
				}
				continue
			}
			if !standard(i) && !room.MayUse(i) {
				t.Errorf("%s: %s may not import %s", s.path, room.Path, i)
			}
		}
	}
}

// TestOnlyTestsUseTestRooms keeps suites and peers out of the program.
func TestOnlyTestsUseTestRooms(t *testing.T) {
	testRooms := []string{"domain/decider/decidertest", "eventstore/storetest", "eventstore/codec/codectest", "projections/viewtest", "privacy/canary", "eventstore/esdb/esdbtest", "projections/redis/redistest", "internal/httpaudit"}
	for _, s := range sources(t) {
		for _, i := range s.imports {
			folder, _ := inside(i)
			if !s.test && slices.Contains(testRooms, folder) {
				t.Errorf("%s: only tests may import %s", s.path, folder)
			}
			if s.test && strings.HasPrefix(folder, "cmd/") {
				t.Errorf("%s: no test imports a program", s.path)
			}
			if !s.test && i == "testing" && !slices.Contains(append(testRooms, "internal/benchpeer", "bench"), mustRoom(t, s.folder)) {
				t.Errorf("%s: the program imports testing", s.path)
			}
		}
	}
}

func mustRoom(t *testing.T, folder string) string {
	t.Helper()
	r, _ := Of(folder)
	return r.Path
}

// TestTheTableOfRoomsHasNoCircle: each room names only rooms that stand above
// it, and every room exists.
func TestTheTableOfRoomsHasNoCircle(t *testing.T) {
	place := map[string]int{}
	for i, r := range Rooms {
		if _, twice := place[r.Path]; twice {
			t.Errorf("%s stands in the table twice", r.Path)
		}
		place[r.Path] = i
		if r.Holds == "" {
			t.Errorf("%s: the table does not say what it holds", r.Path)
		}
	}
	for i, r := range Rooms {
		for _, allowed := range r.Rooms {
			below, all := strings.CutSuffix(allowed, "/…")
			if all {
				continue // what of it stands below this room is checked next
			}
			at, known := place[below]
			if !known {
				t.Errorf("%s may import %s, which is no room", r.Path, allowed)
			}
			if at >= i {
				t.Errorf("%s may import %s, which stands below it", r.Path, allowed)
			}
		}
	}
	for _, s := range sources(t) {
		from, _ := Of(s.folder)
		for _, i := range s.imports {
			folder, ours := inside(i)
			to, known := Of(folder)
			if ours && known && !s.test && to.Path != from.Path && place[to.Path] > place[from.Path] {
				t.Errorf("%s: an arrow upwards, from %s to %s", s.path, from.Path, to.Path)
			}
		}
	}
	for _, r := range Rooms {
		if !slices.ContainsFunc(sources(t), func(s source) bool { in, _ := Of(s.folder); return in.Path == r.Path }) {
			t.Errorf("the room %s has no Go file", r.Path)
		}
	}
}

// TestTheDomainIsPure: time, chance and the outside come in with commands.
func TestTheDomainIsPure(t *testing.T) {
	// log/slog is allowed to the type that must print itself as [personal].
	excused := map[string]string{"domain/personal": "log/slog"}
	banned := []string{"context", "crypto/rand", "database/sql", "io/fs", "io/ioutil", "log", "log/slog", "math/rand", "math/rand/v2",
		"net", "net/http", "os", "os/exec", "os/signal", "runtime", "runtime/debug", "syscall", "time/tzdata", "unsafe"}
	clocks := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Local", "LoadLocation"}
	for _, s := range sources(t) {
		room, _ := Of(s.folder)
		if !room.Pure {
			continue
		}
		if !s.test {
			for _, i := range s.imports {
				if slices.Contains(banned, i) && excused[room.Path] != i {
					t.Errorf("%s: %s is pure and may not import %s", s.path, room.Path, i)
				}
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, sel.Sel.Name) && !(s.test && strings.HasPrefix(room.Path, "matcher")) {
				t.Errorf("%s: time.%s: time comes in with the command", fset.Position(n.Pos()), sel.Sel.Name)
			}
			return true
		})
	}
}

func TestFilesAreShortAndFinished(t *testing.T) {
	const lines = 600
	unfinished := []string{"TO" + "DO", "FIX" + "ME", "X" + "XX", "not " + "implemented"}
	for _, s := range sources(t) {
		if s.generated {
			continue
		}
		if n := strings.Count(string(s.text), "\n"); n > lines {
			t.Errorf("%s has %d lines, more than %d", s.path, n, lines)
		}
		for _, word := range unfinished {
			if strings.Contains(string(s.text), word) {
				t.Errorf("%s says %q", s.path, word)
			}
		}
		// In a bubble of synctest a sleep costs no time and waits for everybody.
		if s.test && !slices.Contains(s.imports, "testing/synctest") {
			ast.Inspect(s.file, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
						t.Errorf("%s: a test sleeps: wait for a position, a channel, or use testing/synctest", fset.Position(n.Pos()))
					}
				}
				return true
			})
		}
	}
}

// TestEveryPackageSaysWhatItIs: purpose first.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test {
			documented[s.folder] = documented[s.folder] || s.file.Doc != nil || s.generated
		}
	}
	for folder, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment", folder)
		}
	}
}
