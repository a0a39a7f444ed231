package docrun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/internal/cli"
	"github.com/diaspora-match/diaspora/internal/docrun"
)

// demo starts the demonstration that readers start and returns what it tells of itself.
func demo(t *testing.T) (graphQL string, tokens map[string]string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, tell := io.Pipe()
	var complaints bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		code := cli.Run(ctx, []string{"demo", "--json", "--data", filepath.Join(t.TempDir(), "demo"),
			"--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"}, strings.NewReader(""), tell, &complaints, nil)
		_ = tell.Close()
		ended <- code
	}()
	t.Cleanup(func() {
		stop()
		_ = out.Close() // should nobody read any more, writing ends too
		if code := <-ended; code != 0 {
			t.Errorf("the demonstration ended with code %d: %s", code, complaints.String())
		}
	})
	var greeting struct {
		GraphQL string            `json:"graphql"`
		Tokens  map[string]string `json:"tokens"`
	}
	if err := json.NewDecoder(out).Decode(&greeting); err != nil {
		t.Fatalf("the demonstration did not start: %v: %s", err, complaints.String())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // what comes after it
	return greeting.GraphQL, greeting.Tokens
}

// TestTheExamplesOfTheDocs runs every example of the pages, in their order. One
// that fails ends the page: the later ones build on it. The API's page comes
// first: a reading is told once a day, and the tour of README.md reads too.
func TestTheExamplesOfTheDocs(t *testing.T) {
	url, tokens := demo(t)
	for _, page := range []string{"../../docs/api.md", "../../README.md"} {
		t.Run(filepath.Base(page), func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			examples, err := docrun.Parse(page, string(text))
			if err != nil {
				t.Fatal(err)
			}
			if len(examples) < 3 {
				t.Fatalf("only %d examples", len(examples))
			}
			r := docrun.Runner{URL: url, Tokens: tokens, Today: time.Now()}
			defer r.Close()
			for _, e := range examples {
				if err := r.Run(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("%d examples", len(examples))
		})
	}
}

func TestParse(t *testing.T) {
	block := func(kind, body string) string { return "```" + kind + "\n" + body + "\n```\n" }
	page := "# Title\n" + block("sh", "make demo") + block("graphql expert", "{ viewer { id } }") +
		block("json variables", `{"a": 1}`) + "text\n" + block("json answer", `{"data": {}}`) + block("json", "{}") +
		block("graphql expert live", "subscription { x }") + block("json event expert", `{"data": {"x": 1}}`)
	got, err := docrun.Parse("page.md", page)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].As != "expert" || got[0].Query != "{ viewer { id } }" || got[0].Variables["a"] != 1.0 ||
		got[0].Answer["data"] == nil || got[0].Place() != "page.md:5" || !got[1].Live || got[2].Query != "" || got[2].Answer == nil {
		t.Errorf("%+v", got)
	}
	for _, broken := range []string{
		block("graphql", "{ x }"), "```graphql expert\n{ x }\n", block("json answer", "{}"),
		block("graphql expert", "{ x }") + block("json answer", "{"), block("graphql expert", "{ x }") + block("json others", "{}"),
	} {
		if _, err := docrun.Parse("page.md", broken); err == nil {
			t.Errorf("nobody noticed what is wrong with\n%s", broken)
		}
	}
}

// TestAnswersAreCompared: a page whose answers do not hold is a page that lies.
func TestAnswersAreCompared(t *testing.T) {
	answer := `{"data": {"a": {"id": "x1", "n": 2, "list": [{"k": "v"}, {"k": "w"}], "none": null}, "day": "2027-03-31"}}`
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		sent = string(body)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	today := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	run := func(want string) error {
		e, err := docrun.Parse("p", "```graphql me\n{ a }\n```\n```json answer\n"+want+"\n```\n")
		if err != nil {
			t.Fatal(err)
		}
		r := docrun.Runner{URL: server.URL, Tokens: map[string]string{"me": "token"}, Today: today}
		return r.Run(t.Context(), e[0])
	}
	for _, good := range []string{
		`{}`, `{"data": {"a": {"n": 2}}}`, `{"data": {"a": {"id": "$x", "list": [{"k": "v"}]}}}`,
		`{"data": {"a": {"none": null}, "day": "$today+30"}}`, `{"data": {"a": {"id": "…"}}}`,
	} {
		if err := run(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		`{"data": {"a": {"n": 3}}}`, `{"data": {"a": {"list": [{"k": "w"}]}}}`, `{"data": {"a": {"none": "…"}}}`,
		`{"data": {"a": {"none": "$x"}}}`, `{"data": {"day": "$today+31"}}`, `{"data": {"b": {"c": 1}}}`,
		`{"data": {"a": {"list": [{}, {}, {}]}}}`, `{"data": {"a": {"id": "$x", "n": "$x"}}}`,
	} {
		if err := run(bad); err == nil {
			t.Errorf("%s was taken for the answer", bad)
		}
	}
	r := docrun.Runner{URL: server.URL, Tokens: map[string]string{"me": "token"}, Today: today}
	first := docrun.Example{As: "me", Query: "{ a }", Answer: map[string]any{"data": map[string]any{"a": map[string]any{"id": "$x"}}}}
	second := docrun.Example{As: "me", Query: "{ a }", Variables: map[string]any{"in": map[string]any{"id": "$x", "on": []any{"$today-1"}}}}
	for _, e := range []docrun.Example{first, second} {
		if err := r.Run(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(sent, `"id":"x1"`) || !strings.Contains(sent, `"2027-02-28"`) {
		t.Errorf("sent %s", sent)
	}
	for _, e := range []docrun.Example{{As: "nobody", Query: "{ a }"}, {As: "me", Query: "{ a }", Variables: map[string]any{"v": "$unknown"}}, {As: "me"}} {
		if err := r.Run(t.Context(), e); err == nil {
			t.Errorf("%+v ran", e)
		}
	}
	answer = `{"errors": [{"message": "no"}], "data": null}`
	if err := r.Run(t.Context(), second); err == nil {
		t.Error("errors were taken for an answer")
	}
}
