// Package httpaudit runs the audits of the GraphQL over HTTP specification, by
// its reference implementation, against a served API. Tests alone import it. The
// audits stand in scripts/graphql-http, at locked versions; scripts/need.sh
// installs them.
package httpaudit

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	// audits is how many there are: MUSTs, SHOULDs and MAYs. One more or less is
	// another version of the suite.
	audits = 61
	// auditTimeout bounds all of them together.
	auditTimeout = 2 * time.Minute
)

// Run demands that every audit passes at the address of the API, as whoever the
// token is of. Without Node or the audits it skips, and with CI=true it fails.
func Run(t *testing.T, url, token string) {
	t.Helper()
	script, err := script()
	if err == nil {
		_, err = exec.LookPath("node")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the audits of GraphQL over HTTP need Node and npm's registry (scripts/need.sh test): %v", err)
		}
		t.Skipf("SKIPPED: the audits of GraphQL over HTTP need Node and npm's registry (scripts/need.sh test): %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), auditTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", script, url, token).Output()
	if err != nil {
		t.Fatalf("the audits did not run: %v", err)
	}
	var results []struct{ ID, Name, Status, Reason string }
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	if len(results) != audits {
		t.Errorf("%d audits ran, %d are known", len(results), audits)
	}
	for _, r := range results {
		if r.Status != "ok" {
			t.Errorf("%s %s: %s: %s", r.ID, r.Name, r.Status, r.Reason)
		}
	}
}

// script is the program that runs the audits, when they are installed.
func script() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	folder := filepath.Join(dir, "scripts", "graphql-http")
	_, err = os.Stat(filepath.Join(folder, "node_modules", "graphql-http"))
	return filepath.Join(folder, "audit.mjs"), err
}
