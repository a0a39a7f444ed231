package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/tools/go/packages"

	"github.com/diaspora-match/diaspora/internal/rules"
)

// load reads and type-checks the tree without its tests, once.
var load = sync.OnceValues(func() ([]*packages.Package, error) {
	tree, err := root()
	if err != nil {
		return nil, err
	}
	loaded, err := packages.Load(&packages.Config{
		Dir:  tree,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedExportFile | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo,
	}, "./...")
	if err != nil {
		return nil, err
	}
	for _, p := range loaded {
		for _, e := range p.Errors {
			return nil, fmt.Errorf("%s: %w", p.PkgPath, e)
		}
	}
	slices.SortFunc(loaded, func(a, b *packages.Package) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	return loaded, nil
})

// folder is the place of a package in the tree.
func folder(p *packages.Package) string { return strings.TrimPrefix(p.PkgPath, rules.Module+"/") }

// sentence is the text of the comments that stand at a declaration, as one line.
func sentence(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if text := strings.TrimSpace(g.Text()); text != "" {
			paragraph, _, _ := strings.Cut(text, "\n\n")
			return strings.Join(strings.Fields(paragraph), " ")
		}
	}
	return ""
}

// written formats a constant for people: durations as such, bytes in KiB and
// MiB, thousands apart.
func written(v constant.Value, t types.Type, bytes bool) string {
	if named, ok := t.(*types.Named); ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "time" && named.Obj().Name() == "Duration" {
		n, _ := constant.Int64Val(v)
		return spell(time.Duration(n))
	}
	n, exact := constant.Int64Val(constant.ToInt(v))
	if !exact {
		return v.String()
	}
	switch {
	case bytes && n >= 1<<20 && n%(1<<20) == 0:
		return grouped(n>>20) + " MiB"
	case bytes && n >= 1<<10 && n%(1<<10) == 0:
		return grouped(n>>10) + " KiB"
	}
	return grouped(n)
}

func spell(d time.Duration) string {
	unit := func(n time.Duration, name string) string {
		if n == 1 {
			return "1 " + name
		}
		return fmt.Sprintf("%d %ss", n, name)
	}
	switch {
	case d%(24*time.Hour) == 0:
		return unit(d/(24*time.Hour), "day")
	case d%time.Hour == 0:
		return unit(d/time.Hour, "hour")
	case d%time.Minute == 0:
		return unit(d/time.Minute, "minute")
	case d%time.Second == 0:
		return unit(d/time.Second, "second")
	}
	return d.String()
}

func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	if len(digits) <= 4 {
		return digits
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// constants calls visit for every declared constant at the top of a file.
func constants(f *ast.File, visit func(group *ast.GenDecl, spec *ast.ValueSpec, name *ast.Ident)) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			if spec, ok := s.(*ast.ValueSpec); ok {
				for _, name := range spec.Names {
					visit(g, spec, name)
				}
			}
		}
	}
}
