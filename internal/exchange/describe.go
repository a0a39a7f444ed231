package exchange

import (
	"fmt"
	"strings"
)

// Describe is the table of a kind's columns in Markdown, as docs/import.md holds
// it.
func Describe(k Kind) string {
	var b strings.Builder
	b.WriteString("| column | required | several | what it holds | example |\n|---|---|---|---|---|\n")
	for _, c := range tables[k] {
		if !c.Imported() {
			continue
		}
		required := ""
		if c.Required {
			required = "yes"
		}
		example := c.Example
		if example != "" {
			example = "`" + strings.ReplaceAll(example, "|", `\|`) + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.Name, required, c.Several(), strings.ReplaceAll(c.About, "|", `\|`), example)
	}
	return b.String()
}

// Passed lists the columns of an export that an import passes over.
func Passed(k Kind) []string {
	var out []string
	for _, c := range tables[k] {
		if !c.Imported() {
			out = append(out, c.Name)
		}
	}
	return out
}
