package history_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/events"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/codectest"
	"github.com/diaspora-match/diaspora/eventstore/codec/history"
)

var update = flag.Bool("update-corpus", false, "record events of types and versions that the corpus does not hold yet")

const dir = "../testdata/corpus"

func corpus() codectest.Corpus {
	return codectest.Corpus{
		Dir: dir, Events: events.Registry(),
		Registry: func(...decider.Event) *codec.Registry { return history.Registry() },
	}
}

func TestCorpusIsReadAndWrittenAsRecorded(t *testing.T) {
	c := corpus()
	if *update {
		if err := c.Add(); err != nil {
			t.Fatal(err)
		}
	}
	missing, err := c.Missing()
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) > 0 {
		t.Errorf("the corpus lacks %s; run: go test ./eventstore/codec/history -update-corpus", strings.Join(missing, ", "))
	}
	if err := c.CheckSums(); err != nil {
		t.Error(err)
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

// A line that was ever committed still stands, or is withdrawn with a reason; and
// nothing that a release wrote is withdrawn.
func TestCorpusNeverChanges(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("git is needed to compare the corpus with its history: install git")
		}
		t.Skip("SKIPPED: comparing the corpus with its history needs git: install git")
	}
	if _, err := git("rev-parse", "--is-inside-work-tree"); err != nil {
		t.Skip("SKIPPED: comparing the corpus with its history needs the git repository, and this is a copy without it")
	}
	if shallow, err := git("rev-parse", "--is-shallow-repository"); err != nil || strings.TrimSpace(shallow) == "true" {
		if os.Getenv("CI") == "true" {
			t.Fatal("the clone is shallow, so that the corpus cannot be compared with its history: fetch all of it")
		}
		t.Log("the clone is shallow: the corpus is compared with a part of its history only")
	}
	b, err := os.ReadFile(filepath.Join(dir, codectest.SumFile))
	if err != nil {
		t.Fatal(err)
	}
	lines, withdrawn := codectest.ParseSums(b)
	for _, rev := range revisions(t, "log", "--format=%H", "HEAD", "--", codectest.SumFile) {
		for line := range past(t, rev) {
			if !lines[line] && !withdrawn[line] {
				t.Errorf("commit %s recorded an event that is changed or gone: %s", rev, line)
			}
		}
	}
	for _, tag := range revisions(t, "tag", "--list", "v*") {
		for line := range past(t, tag) {
			if !lines[line] {
				t.Errorf("release %s wrote an event that is changed or gone: %s", tag, line)
			}
		}
	}
}

// past gives the lines of the sum file at a revision.
func past(t *testing.T, rev string) map[string]bool {
	t.Helper()
	text, err := git("show", rev+":./"+codectest.SumFile)
	if err != nil {
		return nil // not there yet
	}
	lines, _ := codectest.ParseSums([]byte(text))
	return lines
}

func revisions(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := git(args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(out)
}

func git(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = errors.Join(err, errors.New(stderr.String()))
	}
	return string(out), err
}
