package exchange

import (
	"encoding/csv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGuard(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"Plain":                  "Plain",
		"=HYPERLINK(\"x\")":      "'=HYPERLINK(\"x\")",
		"+31 20 1234567":         "'+31 20 1234567",
		"-1":                     "'-1",
		"@SUM(A1)":               "'@SUM(A1)",
		"\t=1":                   "'\t=1",
		"\r=1":                   "'\r=1",
		"\n=1":                   "'\n=1",
		"＝1":                     "'＝1",
		"＋1":                     "'＋1",
		"－1":                     "'－1",
		"＠x":                     "'＠x",
		"'=1":                    "''=1",
		"'quoted'":               "'quoted'",
		"a=b":                    "a=b",
		"5 - 3":                  "5 - 3",
		"'":                      "'",
		"''":                     "''",
		"'t Gooi":                "'t Gooi",
		"=cmd|' /C calc'!A0,x\n": "'=cmd|' /C calc'!A0,x\n",
	} {
		got := guard(text)
		if got != want {
			t.Errorf("%q is guarded as %q, want %q", text, got, want)
		}
		if back := unguard(got); back != text {
			t.Errorf("%q comes back as %q", text, back)
		}
	}
}

// TestNoExportedCellIsAFormula holds the guard to every text, also in lists.
func TestNoExportedCellIsAFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.StringMatching(`['=+\-@a \t]{0,6}`), 0, 4).Draw(t, "values")
		for _, c := range []Column{{form: one}, {form: codes}, {form: entries}} {
			if c.form == one && len(values) > 1 {
				values = values[:1]
			}
			cell := strings.Join(safe(c, values), map[form]string{codes: ";", entries: "\n"}[c.form])
			var b strings.Builder
			w := csv.NewWriter(&b)
			if err := w.Write([]string{cell}); err != nil {
				t.Fatal(err)
			}
			if w.Flush(); leads(cell) {
				t.Fatalf("the cell %q of %q runs", cell, values)
			}
		}
		if text := strings.Join(values, ""); unguard(guard(text)) != text {
			t.Fatalf("%q comes back as %q", text, unguard(guard(text)))
		}
	})
}
