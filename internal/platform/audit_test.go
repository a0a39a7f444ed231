package platform_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/internal/identity/devissuer"
)

// auditPackage is the conformance suite of the GraphQL over HTTP specification,
// by its reference implementation.
const auditPackage = "graphql-http@1.23.1"

const auditScript = `
import { serverAudits } from 'graphql-http';
const audits = serverAudits({ url: process.argv[2], fetchFn: (url, init = {}) =>
	fetch(url, { ...init, headers: { authorization: 'Bearer ' + process.argv[3], ...init.headers } }) });
const results = [];
for (const a of audits) { const r = await a.fn(); results.push({ id: r.id, name: r.name, status: r.status, reason: r.reason ?? '' }); }
console.log(JSON.stringify(results));
process.exit(0);
`

// TestGraphQLOverHTTPAudits runs all 61 audits: the MUSTs, and the SHOULDs and
// MAYs as well.
func TestGraphQLOverHTTPAudits(t *testing.T) {
	need := func(err error) {
		if err == nil {
			return
		}
		if os.Getenv("CI") == "true" {
			t.Fatalf("the audits of GraphQL over HTTP need Node 20, npm and npm's registry: %v", err)
		}
		t.Skipf("SKIPPED: the audits of GraphQL over HTTP need Node 20, npm and npm's registry (apt install nodejs npm): %v", err)
	}
	node, err := exec.LookPath("node")
	need(err)
	npm, err := exec.LookPath("npm")
	need(err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	dir := t.TempDir()
	install := exec.CommandContext(ctx, npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefix", dir, auditPackage, "graphql@16.15.0")
	_, err = install.Output()
	need(err)
	script := filepath.Join(dir, "audit.mjs")
	if err := os.WriteFile(script, []byte(auditScript), 0o600); err != nil {
		t.Fatal(err)
	}
	served := serve(t)
	out, err := exec.CommandContext(ctx, node, script, served.url+"/graphql", served.tokens[devissuer.ProgrammeManager]).Output()
	if err != nil {
		t.Fatalf("the audits did not run: %v", err)
	}
	var results []struct{ ID, Name, Status, Reason string }
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	if len(results) != 61 {
		t.Errorf("%d audits ran, 61 are known", len(results))
	}
	for _, r := range results {
		if r.Status != "ok" {
			t.Errorf("%s %s: %s: %s", r.ID, r.Name, r.Status, r.Reason)
		}
	}
}
