package report

import (
	"strings"
	"testing"
)

func TestTheTableTellsWhatMissed(t *testing.T) {
	var b Lines
	b.Ratio("appends", 0.35, []float64{30, 50, 40}, []float64{100, 100, 100}, "")
	b.Ratio("queries", 1.5, []float64{1_400_000}, []float64{1_000_000}, "noisy")
	got := b.Table()
	for _, want := range []string{"| ≥ 0.35× |", "| 40/s ", "| 0.40× | ok ", "| 1,400,000/s | 1,000,000/s | 1.40× | missed | noisy |"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	width := 0
	for l := range strings.Lines(got) {
		if n := len([]rune(l)); width != 0 && n != width {
			t.Errorf("a line of %d runes among lines of %d:\n%s", n, width, got)
		} else {
			width = n
		}
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}

func TestAChapterTakesItsOwnPlace(t *testing.T) {
	page := put("", "matching", "## Matching\n\nold")
	page = put(page, "platform", "## The platform")
	page = put(page, "matching", "## Matching\n\nnew\n")
	want := head + "\n<!-- platform -->\n## The platform\n<!-- end of platform -->\n\n<!-- matching -->\n## Matching\n\nnew\n<!-- end of matching -->\n"
	if page != want {
		t.Errorf("the page is\n%s", page)
	}
}
