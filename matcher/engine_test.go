package matcher_test

import (
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/matcher"
)

var recordEngine = flag.Bool("record-engine", false, "write the digest of this version's verdicts into testdata/engine.golden")

const (
	enginePairs  = "testdata/engine.json"   // the pairs that are judged; they never change
	engineGolden = "testdata/engine.golden" // a line a version: engine, taxonomy, digest
	recorded     = 96
)

// judged is one of the pairs.
type judged struct {
	Expert      matcher.Expert     `json:"expert"`
	Need        matcher.Need       `json:"need"`
	Eligibility policy.Eligibility `json:"eligibility"`
	Scoring     policy.Scoring     `json:"scoring"`
}

// TestVerdictsChangeWithTheEngineVersionAlone judges pairs that were written down
// and compares with what this version of the engine said of them before. Who
// changes what a verdict says raises matcher.EngineVersion, and records the new
// one: go test ./matcher -run EngineVersion -record-engine. Lines of older
// versions stay.
func TestVerdictsChangeWithTheEngineVersionAlone(t *testing.T) {
	pairs := readPairs(t)
	h := sha256.New()
	eligible := 0
	for _, p := range pairs {
		v := matcher.Explain(p.Expert, p.Need, matcher.Policy{Eligibility: p.Eligibility, Scoring: p.Scoring}, today)
		v.Basis.Engine = "" // a new name alone is no new verdict
		fmt.Fprintln(h, v.Digest())
		if v.Eligible {
			eligible++
		}
	}
	if eligible < recorded/10 || eligible > recorded*9/10 {
		t.Errorf("%d of %d pairs are eligible: they tell little", eligible, len(pairs))
	}
	line := fmt.Sprintf("engine %s taxonomy %s %x", matcher.EngineVersion, taxonomy.Builtin().Version(), h.Sum(nil))
	name := line[:strings.LastIndex(line, " ")]
	golden, err := os.ReadFile(engineGolden)
	if err != nil && !*recordEngine {
		t.Fatal(err)
	}
	for _, known := range strings.Split(strings.TrimSpace(string(golden)), "\n") {
		if strings.HasPrefix(known, name+" ") {
			if known != line {
				t.Errorf("verdicts changed, and %s did not:\n got %s\nwant %s\nRaise matcher.EngineVersion, and record the new one with -record-engine.", name, line, known)
			}
			return
		}
	}
	if !*recordEngine {
		t.Fatalf("%s is not recorded in %s; run: go test ./matcher -run EngineVersion -record-engine", name, engineGolden)
	}
	if err := os.WriteFile(engineGolden, append(golden, line+"\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readPairs(t *testing.T) []judged {
	t.Helper()
	var pairs []judged
	text, err := os.ReadFile(enginePairs)
	if os.IsNotExist(err) && *recordEngine {
		pairs = drawPairs()
		if text, err = json.Marshal(pairs); err == nil {
			err = os.WriteFile(enginePairs, text, 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &pairs); err != nil {
		t.Fatal(err)
	}
	return pairs
}

// drawPairs makes the pairs once and for all.
func drawPairs() []judged {
	drawn := rapid.Custom(func(t *rapid.T) judged {
		e, n := aPair(t)
		p := aPolicy(t)
		return judged{e, n, p.Eligibility, p.Scoring}
	})
	out := make([]judged, recorded)
	for i := range out {
		out[i] = drawn.Example(i + 1)
	}
	return out
}

func TestDigestCoversAllButThePosition(t *testing.T) {
	p := readPairs(t)[0]
	judge := func(change func(*matcher.Verdict)) string {
		v := matcher.Explain(p.Expert, p.Need, matcher.Policy{Eligibility: p.Eligibility, Scoring: p.Scoring}, today)
		change(&v)
		return v.Digest()
	}
	same := judge(func(*matcher.Verdict) {})
	if moved := judge(func(v *matcher.Verdict) { v.Basis.Position = 9 }); moved != same {
		t.Error("the position changes the digest")
	}
	for name, change := range map[string]func(*matcher.Verdict){
		"total":   func(v *matcher.Verdict) { v.Total++ },
		"part":    func(v *matcher.Verdict) { v.Parts[3].Value++ },
		"telling": func(v *matcher.Verdict) { v.Failures = append(v.Failures, matcher.Failure{Message: "No."}) },
		"rules":   func(v *matcher.Verdict) { v.Basis.Eligibility++ },
	} {
		if judge(change) == same {
			t.Errorf("another %s is the same digest", name)
		}
	}
}
