package main

import (
	"fmt"
	"strings"

	"github.com/diaspora-match/diaspora/internal/rules"
)

// rooms is the table of the architecture as the tests hold it.
func rooms(string) (string, error) {
	var b strings.Builder
	b.WriteString("| Room | What lives there | May import, besides the standard library |\n|---|---|---|\n")
	for _, r := range rules.Rooms {
		may := append([]string(nil), r.Rooms...)
		for _, m := range r.Modules {
			may = append(may, "_"+m+"_")
		}
		if len(may) == 0 {
			may = []string{"nothing"}
		}
		pure := ""
		if r.Pure {
			pure = " (pure)"
		}
		fmt.Fprintf(&b, "| `%s` | %s%s | %s |\n", r.Path, r.Holds, pure, strings.Join(may, ", "))
	}
	return b.String(), nil
}
