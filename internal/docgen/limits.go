package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"strings"

	"golang.org/x/tools/go/packages"
)

// boundName recognises an exported constant, and boundSpan one of time, that
// bounds something by its name. Any other says that it does in its comment or in
// that of its group.
var (
	boundName = regexp.MustCompile(`^(Max|Min|Default)[A-Z]`)
	boundSpan = regexp.MustCompile(`(Max|Timeout|Lifetime|Every|Leeway|Grace|Wait)$|^leeway$`)
	boundWord = regexp.MustCompile(`limits\.md|\b[Bb]ounds?\b`)
)

// sized recognises a number of bytes.
var sized = regexp.MustCompile(`Bytes|[Ss]ize$|bytes`)

// bound is one row of the table.
type bound struct{ name, value, of, then string }

// limits is the table of every bound, by package.
func limits(string) (string, error) {
	loaded, err := load()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	var silent []string
	count := 0
	for _, p := range loaded {
		where := folder(p)
		if _, skip := outside[where]; skip {
			continue
		}
		rows := append(constantBounds(p), structBounds(p)...)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "### %s\n\n| Name | Default | Of what | At the bound |\n|---|---|---|---|\n", where)
		for _, r := range rows {
			if r.then == "" {
				silent = append(silent, where+"."+r.name)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.name, r.value, r.of, r.then)
			count++
		}
		b.WriteString("\n")
	}
	if len(silent) > 0 {
		return "", fmt.Errorf("say in internal/docgen/bounds.go what happens at %s", strings.Join(silent, ", "))
	}
	fmt.Fprintf(&b, "%d bounds.\n", count)
	return b.String(), nil
}

func constantBounds(p *packages.Package) []bound {
	var rows []bound
	for _, f := range p.Syntax {
		if ast.IsGenerated(f) {
			continue
		}
		constants(f, func(group *ast.GenDecl, spec *ast.ValueSpec, name *ast.Ident) {
			c, ok := p.TypesInfo.Defs[name].(*types.Const)
			if !ok || !numeric(c.Type()) || notBounds[folder(p)+"."+name.Name] != "" {
				return
			}
			if !boundName.MatchString(name.Name) && !boundSpan.MatchString(name.Name) && !besides[folder(p)+"."+name.Name] &&
				!boundWord.MatchString(group.Doc.Text()+" "+spec.Doc.Text()+" "+spec.Comment.Text()) {
				return
			}
			comment := sentence(spec.Comment, spec.Doc)
			if comment == "" && !group.Lparen.IsValid() {
				comment = sentence(group.Doc)
			}
			rows = append(rows, bound{
				name: name.Name, of: described(name.Name, comment), then: atBound(folder(p), name.Name),
				value: written(c.Val(), c.Type(), sized.MatchString(name.Name) || strings.Contains(comment, "bytes")),
			})
		})
	}
	return rows
}

// structBounds reads the exported variables Default… whose fields are bounds.
func structBounds(p *packages.Package) []bound {
	var rows []bound
	for _, f := range p.Syntax {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				spec, ok := s.(*ast.ValueSpec)
				if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Default") {
					continue
				}
				if lit, ok := spec.Values[0].(*ast.CompositeLit); ok {
					rows = append(rows, fieldBounds(p, lit)...)
				}
			}
		}
	}
	return rows
}

func fieldBounds(p *packages.Package, lit *ast.CompositeLit) []bound {
	named, ok := p.TypesInfo.Types[lit].Type.(*types.Named)
	if !ok {
		return nil
	}
	comments := fieldComments(p, named.Obj().Name())
	var rows []bound
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := kv.Key.(*ast.Ident)
		v := p.TypesInfo.Types[kv.Value]
		if !ok || v.Value == nil || !numeric(v.Type) {
			continue
		}
		name := named.Obj().Name() + "." + key.Name
		rows = append(rows, bound{
			name: name, value: written(v.Value, v.Type, sized.MatchString(key.Name)),
			of: described(key.Name, comments[key.Name]), then: atBound(folder(p), name),
		})
	}
	return rows
}

func fieldComments(p *packages.Package, typeName string) map[string]string {
	comments := map[string]string{}
	for _, f := range p.Syntax {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != typeName {
				return true
			}
			if st, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range st.Fields.List {
					for _, name := range field.Names {
						comments[name.Name] = sentence(field.Comment, field.Doc)
					}
				}
			}
			return false
		})
	}
	return comments
}

func numeric(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsNumeric != 0
}

// aPhrase is a comment that goes on from the words of the name.
var aPhrase = regexp.MustCompile(`^(of|that|until|per) `)

// described is what is bounded: the comment without the name that it begins
// with, after the words of the name where it is none by itself.
func described(name, comment string) string {
	comment = strings.TrimSuffix(strings.TrimPrefix(comment, name+" "), ".")
	comment = strings.TrimPrefix(comment, "is ")
	for _, verb := range []string{"bounds ", "the "} {
		comment = strings.TrimPrefix(comment, verb)
	}
	switch {
	case comment == "":
		comment = words(name)
	case comment == "bytes":
		comment = words(name) + ", in bytes"
	case aPhrase.MatchString(comment):
		comment = words(name) + " " + comment
	case strings.HasSuffix(comment, " included") && !strings.Contains(comment, ","):
		comment = words(name) + ", " + comment
	}
	return strings.ReplaceAll(comment, "|", "\\|")
}

// words spells a name out: "MaxCVBytes" is "CV, in bytes".
func words(name string) string {
	unit := ""
	for _, u := range []string{"Bytes", "KiB"} {
		if rest, ok := strings.CutSuffix(name, u); ok {
			name, unit = rest, ", in "+strings.Replace(u, "Bytes", "bytes", 1)
		}
	}
	parts := regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`).FindAllString(name, -1)
	for i, p := range parts {
		if p != strings.ToUpper(p) || len(p) == 1 {
			parts[i] = strings.ToLower(p)
		}
	}
	if len(parts) > 1 && (parts[0] == "max" || parts[0] == "min" || parts[0] == "default") {
		parts = parts[1:]
	}
	return strings.Join(parts, " ") + unit
}
