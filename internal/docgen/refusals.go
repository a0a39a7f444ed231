package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/diaspora-match/diaspora/internal/rules"
)

// refusals lists every refusal that the code declares, by code.
func refusals(string) (string, error) {
	loaded, err := load()
	if err != nil {
		return "", err
	}
	rows := map[string]string{}
	for _, p := range loaded {
		for _, f := range p.Syntax {
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && declaresRefusal(p, call) {
					if texts := literals(p, call); texts != nil {
						rows[texts[1]] = fmt.Sprintf("| `%s` | %s | %s | %s |\n", texts[1], texts[0], texts[2], texts[3])
					}
				}
				return true
			})
		}
	}
	var b strings.Builder
	b.WriteString("| Code | Kind | What is wrong | What to do |\n|---|---|---|---|\n")
	for _, code := range slices.Sorted(maps.Keys(rows)) {
		b.WriteString(rows[code])
	}
	fmt.Fprintf(&b, "\n%d refusals.\n", len(rows))
	return b.String(), nil
}

// declaresRefusal reports whether a call is one of domain.Refuse.
func declaresRefusal(p *packages.Package, call *ast.CallExpr) bool {
	name := call.Fun
	if sel, ok := name.(*ast.SelectorExpr); ok {
		name = sel.Sel
	}
	id, ok := name.(*ast.Ident)
	if !ok || id.Name != "Refuse" || len(call.Args) != 4 {
		return false
	}
	used := p.TypesInfo.Uses[id]
	return used != nil && used.Pkg() != nil && used.Pkg().Path() == rules.Module+"/domain"
}

// literals are the constant arguments of a call, or nil when one is computed.
func literals(p *packages.Package, call *ast.CallExpr) []string {
	var texts []string
	for _, a := range call.Args {
		v := p.TypesInfo.Types[a].Value
		if v == nil || v.Kind() != constant.String {
			return nil
		}
		texts = append(texts, strings.ReplaceAll(constant.StringVal(v), "|", "\\|"))
	}
	return texts
}
