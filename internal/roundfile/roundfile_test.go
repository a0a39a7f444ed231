package roundfile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/roundfile"
)

// frozen is a clock that stands still, so that answers can be compared.
func frozen() time.Time { return time.Time{} }

func solve(t *testing.T, input string, o roundfile.Options) string {
	t.Helper()
	var out strings.Builder
	o.Now = frozen
	if err := roundfile.Solve(context.Background(), strings.NewReader(input), &out, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnswer(t *testing.T) {
	const input = `{"experts": 3, "expert_capacity": 1, "seats": [1, 2], "edges": [[0, 0, 9], [0, 1, 8], [1, 0, 8], [2, 1, 1]]}`
	const want = `{"mode":"best","total":17,"assigned":[[0,1,8],[1,0,8],[2,1,1]],"unfilled_seats":0,` +
		`"certificate":{"dual":17,"gap":0,"valid":true},"plans":{` +
		`"best":{"total":17,"smallest":1,"filled":3,"blocking_pairs":1},` +
		`"greedy":{"total":10,"smallest":1,"filled":2,"blocking_pairs":0},` +
		`"stable":{"total":10,"smallest":1,"filled":2,"blocking_pairs":0}},` +
		`"seconds":{"read":0,"solve":0,"certify":0}}` + "\n"
	if got := solve(t, input, roundfile.Options{}); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	const table = "kind,expert,need,value\nneed,,1,2\nedge,0,0,9\nedge,0,1,8\nedge,1,0,8\nedge,2,1,1\n"
	if got := solve(t, table, roundfile.Options{}); got != want {
		t.Errorf("CSV: got\n%swant\n%s", got, want)
	}
}

func TestModesAndDecisions(t *testing.T) {
	const input = ` {"mode": "%s", "seed": 5, "edges": [[0, 0, 9, 1], [0, 1, 8, 2], [1, 0, 8, 1]], "experts": 2, "expert_capacity": [1, 2],
	"seats": [1, 1], "locks": [[0, 0]], "vetoes": [[1, 0]]}`
	for _, mode := range []string{"best", "stable", "fairest"} {
		var a roundfile.Answer
		if err := json.Unmarshal([]byte(solve(t, fmt.Sprintf(input, mode), roundfile.Options{})), &a); err != nil {
			t.Fatal(err)
		}
		if string(a.Mode) != mode || a.Total != 9 || len(a.Assigned) != 1 || !a.Certificate.Valid {
			t.Errorf("%s: %+v", mode, a)
		}
	}
	const quotas = `{"experts": 2, "seats": [1, 1], "edges": [[0, 0, 9], [1, 1, 8]], "groups": [{"name": "NL", "side": "needs", "members": [0, 1], "lower": 1, "upper": 1}]}`
	if got := solve(t, quotas, roundfile.Options{}); !strings.Contains(got, `"total":9,`) || !strings.Contains(got, `"quota_slack":[{"above_lower":0,"below_upper":0}]`) {
		t.Error(got)
	}
}

func TestBadInputNamesLineAndField(t *testing.T) {
	for _, c := range []struct{ input, code, field, says string }{
		{"{\"experts\": 2,\n \"seats\": [1],\n \"edges\": [[0, 0, 5],\n [1, 0, \"x\"]]}", "input.format", "edges[1][1]", "Line 4"},
		{"{\"experts\": 2,\n \"seats\": [1, -1]}", "input.range", "seats[1]", "Line 2"},
		{"{\"experts\": 1, \"seats\": [1],\n\n\"edges\": [[0, 0, 5],\n[0, 7, 5]]}", "round.range", "edges[1]", "Line 4"},
		{"{\"experts\": 1, \"seats\": [1],\n\"edges\": [[0, 0, 5],\n[0, 0, 6]]}", "round.twice", "edges[1]", "Line 3"},
		{"{\"experts\": 1, \"seats\": [1],\n\"edges\": [[0, 0, 2147483648]]}", "input.range", "edges[0][2]", "Line 2"},
		{"{\"experts\": 1, \"seats\": [1],\n\"edges\": [[0, 0, 0.5]]}", "input.format", "edges[0][2]", "Line 2"},
		{"{\"experts\": 1, \"seats\": [1],\n\"edges\": [[0, 0, 99999999999999999999]]}", "input.range", "edges[0][2]", "Line 2"},
		{"{\"experts\": 1, \"seats\": [1],\n\"edges\": [[0, 0, 5]]}\n{}", "input.format", "", "Line 3"},
		{"{\"experts\": 1, \"seats\": [1],\n\"edges\": [[0, 0, 5],]}", "input.format", "edges[0]", "Line 2"},
		{"{\"experts\": 1, \"seats\": [1], \"edges\": [],\n\"locks\": [\n[0, 0]]}", "round.lock_unknown", "locks[0]", "Line 3"},
		{"{\"experts\": 1, \"seats\": [1], \"edges\": [],\n\"vetoes\": [[0, 0],\n[0, 1]]}", "round.range", "vetoes[1]", "Line 3"},
		{"{\"experts\": 1, \"seats\": [1], \"edges\": [],\n\"groups\": [{\"side\": \"needs\",\n\"members\": [1]}]}", "round.member", "groups[0].members[0]", "Line 3"},
		{"{\"experts\": 1, \"seats\": [1], \"edges\": [],\n\"groups\": [{\"side\": \"needs\", \"members\": [0], \"lower\": 1}]}", "round.impossible", "groups[0]", "Line 2"},
		{"{\"experts\": 1, \"seats\": [1],\n\"edges\": [[0, 0]]}", "input.format", "edges[0]", "Line 2"},
		{"{\"experts\": 1,\n\"chairs\": 3}", "input.unknown", "chairs", "Line 2"},
		{"{\"experts\": 1,\n\"experts\": 3}", "input.format", "experts", "Line 2"},
		{"{\"experts\": 1", "input.format", "experts", "ends too early"},
		{"", "input.format", "", "Line 1"},
		{"{\"experts\": 1, \"seats\": [1]}", "input.required", "edges", "no edges"},
		{"{\"experts\": 2, \"expert_capacity\": [1], \"seats\": [], \"edges\": []}", "round.parallel", "expert_capacity", "Line 1"},
		{"{\"experts\": 99999999, \"seats\": [], \"edges\": []}", "input.range", "experts", "Line 1"},
		{"{\"experts\": 1, \"seats\": [1], \"edges\": [], \"mode\": \"worst\"}", "round.mode", "mode", "Line 1"},
		{"kind,expert,need,value\nedge,0,0,5\nedge,0,,5\n", "input.range", "need", "Line 3"},
		{"kind,expert,need,value\nchair,0,0,5\n", "input.format", "expert", "Line 2"},
		{"kind,expert,need,value\nchair,,,\n", "input.unknown", "kind", "Line 2"},
		{"kind,expert,need,value\nlock,0,0,\n", "round.lock_unknown", "locks[0]", "Line 2"},
	} {
		err := roundfile.Solve(context.Background(), strings.NewReader(c.input), io.Discard, roundfile.Options{})
		var r *domain.Refusal
		if !errors.As(err, &r) {
			t.Errorf("%q: %v is no refusal", c.input, err)
			continue
		}
		if r.Code != c.code || r.Field != c.field || !strings.Contains(r.Message, c.says) {
			t.Errorf("%q: %s [%s] %q, want %s [%s] with %q", c.input, r.Code, r.Field, r.Message, c.code, c.field, c.says)
		}
	}
}

func TestReaderAndContextFail(t *testing.T) {
	broken := errors.New("the disk is gone")
	in := io.MultiReader(strings.NewReader(`{"experts": 1, `), iotest.ErrReader(broken))
	if err := roundfile.Solve(context.Background(), in, io.Discard, roundfile.Options{}); !errors.Is(err, broken) {
		t.Errorf("the reader's error became %v", err)
	}
	var b bytes.Buffer
	b.WriteString(`{"experts": 300, "seats": [`)
	b.WriteString(strings.TrimSuffix(strings.Repeat("1,", 300), ",") + `], "edges": [`)
	for k := range 300 * 300 {
		if k > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "[%d,%d,%d]\n", k/300, k%300, 1+k*k%9973)
	}
	b.WriteString("]}")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(broken)
	if err := roundfile.Solve(ctx, &b, io.Discard, roundfile.Options{}); !errors.Is(err, broken) {
		t.Errorf("the end of the context became %v", err)
	}
}

// FuzzSolve: whatever the file, the answer is a plan with a certificate or a
// refusal, never a panic and never an internal error.
func FuzzSolve(f *testing.F) {
	f.Add(`{"experts": 3, "expert_capacity": 1, "seats": [1, 2], "edges": [[0, 0, 9], [0, 1, 8], [1, 0, 8], [2, 1, 1]]}`)
	f.Add(`{"experts": 2, "seats": [1, 1], "edges": [[0, 0, 9], [1, 1, -8]], "groups": [{"side": "needs", "members": [0, 1], "lower": 2, "upper": 2}]}`)
	f.Add(`{"mode":"fairest","experts": 2, "seats": [1, 1], "edges": [[0, 0, 9], [1, 1, -8]], "locks": [[0,0]]}`)
	f.Add("kind,expert,need,value\nneed,,1,2\nedge,0,0,9\nedge,0,1,8\n")
	f.Fuzz(func(t *testing.T, input string) {
		if len(input) > 4096 || strings.Contains(input, "00000") {
			return // sizes of millions are tested by themselves
		}
		err := roundfile.Solve(context.Background(), strings.NewReader(input), io.Discard, roundfile.Options{})
		if err != nil && domain.AsRefusals(err) == nil {
			t.Fatal(err)
		}
	})
}
