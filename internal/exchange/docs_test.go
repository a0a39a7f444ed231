package exchange_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/internal/exchange"
)

const docFile = "../../docs/import.md"

var update = flag.Bool("update", false, "write the tables of docs/import.md anew")

// tableOf finds the table of columns under a kind's heading.
func tableOf(doc, heading string) (table string, from, to int) {
	at := strings.Index(doc, "\n## "+heading+"\n")
	if at < 0 {
		return "", 0, 0
	}
	from = at + strings.Index(doc[at:], "| column |")
	to = from
	for line := range strings.SplitAfterSeq(doc[from:], "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		to += len(line)
	}
	return doc[from:to], from, to
}

// TestTheColumnsAreDocumented holds docs/import.md to the tables of the code;
// 'go test ./internal/exchange -update' writes them anew.
func TestTheColumnsAreDocumented(t *testing.T) {
	b, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	for heading, kind := range map[string]exchange.Kind{
		"Institutions": exchange.Institutions, "Needs": exchange.Needs, "Experts": exchange.Experts,
	} {
		table, from, to := tableOf(doc, heading)
		if want := exchange.Describe(kind); table != want {
			if *update {
				doc = doc[:from] + want + doc[to:]
				continue
			}
			t.Errorf("the columns of %s are not those of the code; run with -update", heading)
		}
		for _, name := range exchange.Passed(kind) {
			if !strings.Contains(doc, "`"+name+"`") {
				t.Errorf("%s: the column %s of exports is not named", heading, name)
			}
		}
	}
	if *update {
		if err := os.WriteFile(docFile, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var fenced = regexp.MustCompile("(?s)```(csv|json) (institutions|needs|experts)\n(.*?)```")

// TestTheExamplesImport runs the examples of docs/import.md in their order, twice.
func TestTheExamplesImport(t *testing.T) {
	b, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	blocks := fenced.FindAllStringSubmatch(string(b), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d examples", len(blocks))
	}
	w := world(t)
	for _, block := range blocks {
		kind := exchange.Kind(block[2])
		summary := w.importText(t, kind, exchange.Format(block[1]), block[3])
		if summary.Added == 0 || summary.Added != summary.Rows {
			t.Errorf("%s: %+v", kind, summary)
		}
		if again := w.importText(t, kind, exchange.Format(block[1]), block[3]); again.Unchanged != again.Rows {
			t.Errorf("%s again: %+v", kind, again)
		}
	}
}
