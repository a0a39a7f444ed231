package codectest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/codectest"
)

type told struct {
	Name   personal.Text            `json:"name,omitzero"`
	Since  domain.Date              `json:"since,omitzero"`
	Level  domain.CEFR              `json:"level"`
	Claims []domain.SkillClaim      `json:"claims"`
	By     map[string]personal.Text `json:"by"`
	Window *domain.Window           `json:"window"`
}

func (told) EventType() string { return "test.Told" }

// Versions of told that somebody might write later.
type (
	renamed struct {
		Name   personal.Text            `json:"fullName,omitzero"`
		Since  domain.Date              `json:"since,omitzero"`
		Level  domain.CEFR              `json:"level"`
		Claims []domain.SkillClaim      `json:"claims"`
		By     map[string]personal.Text `json:"by"`
		Window *domain.Window           `json:"window"`
	}
	grown struct {
		told
		Extra string `json:"extra,omitzero"`
	}
	swollen struct {
		told
		Extra string `json:"extra"`
	}
)

func (renamed) EventType() string { return "test.Told" }
func (grown) EventType() string   { return "test.Told" }
func (swollen) EventType() string { return "test.Told" }

func corpus(dir string, e decider.Event) codectest.Corpus {
	return codectest.Corpus{Dir: dir, Events: []decider.Event{e}, Registry: codec.NewRegistry}
}

func TestCorpusRemembers(t *testing.T) {
	dir := t.TempDir()
	c := corpus(dir, told{})
	if missing, err := c.Missing(); err != nil || len(missing) != 1 || missing[0] != "test.Told.1.json" {
		t.Fatalf("%v, %v", missing, err)
	}
	if err := c.Add(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "test.Told.1.json")
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(first), "personal text") || strings.Contains(string(first), "null") {
		t.Errorf("recorded %s", first)
	}
	sound := func(c codectest.Corpus) error {
		missing, err := c.Missing()
		if err != nil || len(missing) != 0 {
			t.Errorf("missing %v, %v", missing, err)
		}
		if err := c.CheckSums(); err != nil {
			return err
		}
		return c.Check()
	}
	for range 2 {
		if err := sound(c); err != nil {
			t.Fatal(err)
		}
		if err := c.Add(); err != nil {
			t.Fatal(err)
		}
	}

	if err := sound(corpus(dir, grown{})); err != nil {
		t.Errorf("a field that may be absent breaks the corpus: %v", err)
	}
	for name, e := range map[string]decider.Event{"a renamed field": renamed{}, "a field without omitzero": swollen{}} {
		if sound(corpus(dir, e)) == nil {
			t.Errorf("%s goes unnoticed", name)
		}
	}

	next := corpus(dir, renamed{})
	next.Registry = func(events ...decider.Event) *codec.Registry {
		reg := codec.NewRegistry(events...)
		reg.Upcast(codec.Upcast{
			Type: "test.Told", From: 1,
			Change: func(v jsontext.Value) (jsontext.Value, error) {
				return jsontext.Value(strings.Replace(string(v), `"name":`, `"fullName":`, 1)), nil
			},
			SealedAt: func(path string) string { return strings.Replace(path, "fullName", "name", 1) },
		})
		return reg
	}
	if err := next.Add(); err != nil {
		t.Fatal(err)
	}
	if err := sound(next); err != nil {
		t.Errorf("upcast: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "test.Told.2.json")); err != nil {
		t.Errorf("the new version is not recorded: %v", err)
	}

	if err := os.WriteFile(path, append(first, ' '), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := next.Add(); err != nil { // must not paper over it
		t.Fatal(err)
	}
	if err := next.CheckSums(); err == nil || !strings.Contains(err.Error(), "test.Told.1.json") {
		t.Errorf("a changed file goes unnoticed: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if next.CheckSums() == nil {
		t.Error("a removed file goes unnoticed")
	}
}

func TestSumsAreWithdrawnWithAReasonAlone(t *testing.T) {
	lines, withdrawn := codectest.ParseSums([]byte("aa  a.json\n# a remark\n# withdrawn bb  b.json: never released\n# withdrawn cc  c.json:\n"))
	if len(lines) != 1 || !lines["aa  a.json"] || len(withdrawn) != 1 || !withdrawn["bb  b.json"] {
		t.Errorf("%v, %v", lines, withdrawn)
	}
}
