package roundfile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/roundfile"
)

// checker writes the program of docs/rounds.md to a file and returns a way to run
// it on a round and a plan.
func checker(t *testing.T) func(round, plan string) (string, error) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the check of docs/rounds.md needs python3")
		}
		t.Skip("THIS TEST DID NOT RUN: the check of docs/rounds.md needs python3")
	}
	page, err := os.ReadFile("../../docs/rounds.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(page), "```python\n")
	program, _, found := strings.Cut(program, "```\n")
	if !found {
		t.Fatal("docs/rounds.md has no program")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	script := write("check.py", program)
	return func(round, plan string) (string, error) {
		out, err := exec.CommandContext(t.Context(), python, script, write("round.json", round), write("plan.json", plan)).CombinedOutput()
		return string(out), err
	}
}

// drawnFile is a round as somebody would write it, with everything that a mode
// understands.
func drawnFile(r *rand.Rand, mode string) string {
	n, m := 1+r.IntN(12), 1+r.IntN(6)
	var seats, edges, more []string
	for range m {
		seats = append(seats, fmt.Sprint(r.IntN(4)))
	}
	taken := false
	for i := range n {
		for j := range m {
			if r.IntN(2) == 0 {
				edges = append(edges, fmt.Sprintf("[%d,%d,%d]", i, j, r.IntN(40)-5))
				if !taken && r.IntN(6) == 0 && seats[j] != "0" {
					taken, more = true, append(more, fmt.Sprintf(`"locks":[[%d,%d]]`, i, j))
				}
			}
		}
	}
	if upper := 1 + r.IntN(4); r.IntN(2) == 0 {
		lower := 0
		if mode != "stable" && r.IntN(3) == 0 {
			lower = 1
		}
		more = append(more, fmt.Sprintf(`"groups":[{"name":"a host","side":"needs","members":[0],"lower":%d,"upper":%d}]`, lower, upper))
	}
	more = append(more, fmt.Sprintf(`"mode":%q,"experts":%d,"expert_capacity":%d,"seats":[%s],"edges":[%s]`,
		mode, n, 1+r.IntN(2), strings.Join(seats, ","), strings.Join(edges, ",")))
	return "{" + strings.Join(more, ",") + "}"
}

// TestAThirdPersonCanCheck: the program that the docs print accepts what the
// solver answers in every mode, from nothing but the two files, and rejects a plan
// or a proof that somebody has touched.
func TestAThirdPersonCanCheck(t *testing.T) {
	check := checker(t)
	accepted, rejected := 0, 0
	for seed := range uint64(24) { // each takes a start of the program
		r := rand.New(rand.NewPCG(seed, 40))
		mode := []string{"best", "stable", "fairest"}[seed%3]
		round := drawnFile(r, mode)
		var out strings.Builder
		err := roundfile.Solve(context.Background(), strings.NewReader(round), &out, roundfile.Options{Prices: true, Now: frozen})
		if domain.AsRefusals(err) != nil {
			continue // no plan keeps its quota or its lock
		}
		if err != nil {
			t.Fatal(err)
		}
		if said, err := check(round, out.String()); err != nil {
			t.Fatalf("seed %d: %s\n%s\n%s", seed, said, round, out.String())
		}
		accepted++
		forged := []func(string) string{
			func(s string) string { return strings.Replace(s, `"total":`, `"total":1`, 1) },
			func(s string) string { return strings.Replace(s, `"assigned":[[`, `"assigned":[[0,0,99],[`, 1) },
			func(s string) string { return strings.Replace(s, `"need":[`, `"need":[-1`, 1) },
		}[seed/3%3](out.String())
		if forged == out.String() {
			continue
		}
		if said, err := check(round, forged); err == nil {
			t.Fatalf("seed %d: accepted %s: %s", seed, forged, said)
		}
		rejected++
	}
	if accepted < 15 || rejected < 10 {
		t.Errorf("%d accepted, %d forged", accepted, rejected)
	}
}

// TestTheExamplesOfTheDocs: what docs/rounds.md shows is what comes out.
func TestTheExamplesOfTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/rounds.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```json\n")
	if len(blocks) != 3 {
		t.Fatalf("%d examples", len(blocks)-1)
	}
	input, _, _ := strings.Cut(blocks[1], "```")
	want, _, _ := strings.Cut(blocks[2], "```")
	squeeze := func(s string) string {
		s, _, _ = strings.Cut(s, `"seconds"`)
		return strings.Join(strings.Fields(s), "")
	}
	if got := solve(t, input, roundfile.Options{}); squeeze(got) != squeeze(want) {
		t.Errorf("got\n%s\nthe page says\n%s", got, want)
	}
	_, table, _ := strings.Cut(string(page), "```csv\n")
	table, _, _ = strings.Cut(table, "```")
	if got := solve(t, table, roundfile.Options{}); !strings.Contains(got, `"total":15400`) {
		t.Errorf("CSV: %s", got)
	}
}
