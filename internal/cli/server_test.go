package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/identity/devissuer"
)

// firstAnswer is how soon the issue wants a demonstration to answer.
const firstAnswer = 10 * time.Second

// patience bounds what a test waits for.
const patience = time.Minute

// demonstration is a demo command that runs in this process.
type demonstration struct {
	greeting
	stop func() (code int, stderr string)
}

// demonstrate starts one and waits for its greeting.
func demonstrate(t *testing.T, folder string, args ...string) demonstration {
	t.Helper()
	out, in := io.Pipe()
	var errs bytes.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	args = append([]string{"demo", "--json", "--data", folder, "--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"}, args...)
	go func() {
		code := Run(ctx, args, nil, in, &errs, nil)
		_ = in.Close()
		ended <- code
	}()
	d := demonstration{stop: sync.OnceValues(func() (int, string) {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		return <-ended, errs.String()
	})}
	t.Cleanup(func() { d.stop() })
	if err := json.NewDecoder(out).Decode(&d.greeting); err != nil {
		code, text := d.stop()
		t.Fatalf("no greeting (%v), exit %d: %s", err, code, text)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // what follows the greeting
	return d
}

// ask sends an operation and returns the answer without errors.
func ask(t *testing.T, url, token, operation string) map[string]any {
	t.Helper()
	data, err := post(t.Context(), url, token, operation)
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	return data
}

func post(ctx context.Context, url, token, operation string) (map[string]any, error) {
	body, err := json.Marshal(map[string]string{"query": operation})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Errors) > 0 || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%d: %.500s", resp.StatusCode, text)
	}
	return answer.Data, nil
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// TestADemonstrationStartsAnswersEndsAndIsFoundAgain is a newcomer's first hour.
func TestADemonstrationStartsAnswersEndsAndIsFoundAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "demo")
	var size []string
	if raced {
		size = []string{"--experts", "200"}
	}
	began := time.Now()
	d := demonstrate(t, folder, size...)
	for _, e := range d.Examples {
		answer, err := json.Marshal(ask(t, d.GraphQL, d.Tokens[e.Role], e.Operation))
		if err != nil || bytes.Contains(answer, []byte(`"refusals"`)) || bytes.Contains(answer, []byte("null")) && !bytes.Contains(answer, []byte("verdict")) {
			t.Errorf("%s answers %s", e.Operation, answer)
		}
		if e.Role == string(domain.RoleExpert) {
			if took := time.Since(began); took > firstAnswer && !raced {
				t.Errorf("the first answer took %s", took)
			}
		}
	}
	for persona, token := range d.Tokens {
		viewer := ask(t, d.GraphQL, token, "{ viewer { grants { role } } }")["viewer"].(map[string]any)
		if grants := viewer["grants"].([]any); len(grants) == 0 {
			t.Errorf("the %s may do nothing", persona)
		}
	}
	if code, body := get(t, d.Page); code != http.StatusOK || !strings.Contains(body, "<html") {
		t.Errorf("the page: %d %.200s", code, body)
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		if code, body := get(t, d.Operations+path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	checkTokens(t, folder, d)
	operations := strings.TrimPrefix(d.Operations, "http://")
	if code, text := ran(t, "ready", "--operations", operations, "--json"); code != ExitDone {
		t.Errorf("not ready: %d %s", code, text)
	}
	if code, text := ran(t, "ready", "--operations", strings.TrimPrefix(d.Page, "http://")); code != ExitBusy || !strings.Contains(text, "is no platform") {
		t.Errorf("ready at another address: %d %s", code, text)
	}
	if code, text := d.stop(); code != ExitDone {
		t.Fatalf("ended with %d: %s", code, text)
	}
	if code, text := ran(t, "ready", "--operations", operations); code != ExitBusy || !strings.Contains(text, "ready.not_yet") {
		t.Errorf("ready after its end: %d %s", code, text)
	}
	events := countEvents(t, folder)

	// Another address makes the personas other principals; they find their places.
	again := demonstrate(t, folder)
	data := ask(t, again.GraphQL, again.Tokens["expert"], "{ viewer { expert { pseudonym bookings { period { from } } } } }")
	if expert, ok := data["viewer"].(map[string]any)["expert"].(map[string]any); !ok || len(expert["bookings"].([]any)) == 0 {
		t.Errorf("the expert persona finds %v", data)
	}
	if code, text := again.stop(); code != ExitDone {
		t.Fatalf("ended with %d: %s", code, text)
	}
	const grants = 6
	if n := countEvents(t, folder); n > events+grants {
		t.Errorf("the second start grew the log from %d to %d events", events, n)
	}
}

// checkTokens holds tokens.json to the owner alone and to what was printed.
func checkTokens(t *testing.T, folder string, d demonstration) {
	t.Helper()
	path := filepath.Join(folder, tokensFile)
	stat, err := os.Stat(path)
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v %v", path, stat.Mode(), err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var held greeting
	if err := json.Unmarshal(b, &held); err != nil || len(held.Tokens) != len(devissuer.Personas) || held.Tokens["expert"] != d.Tokens["expert"] {
		t.Errorf("%s holds %d tokens: %v", path, len(held.Tokens), err)
	}
}

func countEvents(t *testing.T, folder string) int {
	t.Helper()
	s := &session{env: environment{}, stderr: io.Discard}
	r, err := s.open(t.Context(), folder, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	n := 0
	for _, err := range r.store.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// TestTwoOnOneAddress holds that the second is told what to do.
func TestTwoOnOneAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out, errs bytes.Buffer
	folder := filepath.Join(t.TempDir(), "demo")
	code := Run(t.Context(), []string{"demo", "--data", folder, "--listen", l.Addr().String()}, nil, &out, &errs, nil)
	if code != ExitBusy || !strings.Contains(errs.String(), "cli.port_taken") || !strings.Contains(errs.String(), "--listen 127.0.0.1:") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("a folder was made")
	}
}

// provider is an OpenID Connect issuer of its own, as production has one.
func provider(t *testing.T) *devissuer.Issuer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := devissuer.New(devissuer.Config{Listen: l.Addr().String(), Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(devissuer.Path+"/", issuer.Handler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return issuer
}

// freeAddress is one that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestServeDrains stops a serving process by SIGTERM under load, and finds every
// acknowledged command in the log.
func TestServeDrains(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { serveDrains(t, "") })
	t.Run("esdb", func(t *testing.T) {
		log, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = log.Close() })
		serveDrains(t, esdbtest.Over(t, log).ConnectionString())
	})
}

func serveDrains(t *testing.T, eventStore string) {
	issuer := provider(t)
	token, err := issuer.Mint(devissuer.Administrator)
	if err != nil {
		t.Fatal(err)
	}
	folder, api, ops := t.TempDir(), freeAddress(t), freeAddress(t)
	// testscript.Main has put this test's binary in the path under that name.
	server := exec.CommandContext(t.Context(), "diaspora", "serve", "--data", folder, "--listen", api, "--operations", ops,
		"--issuer", issuer.URL(), "--audience", devissuer.Audience, "--party", devissuer.ClientID,
		"--token-lifetime", devissuer.TokenLifetime.String(), "--administrator", string(devissuer.Administrator))
	server.Env = append(os.Environ(), "DIASPORA_EVENT_STORE="+eventStore)
	var log bytes.Buffer
	server.Stderr = &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	awaitReady(t, "http://"+ops+"/readyz", ended, &log)

	acknowledged := load(t, "http://"+api+"/graphql", token, func() {
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	})
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("serve: %v\n%s", err, log.String())
		}
	case <-time.After(patience):
		t.Fatalf("serve does not end\n%s", log.String())
	}
	stored := commandsIn(t, folder, eventStore)
	for _, id := range acknowledged {
		if !stored[domain.CommandID(id)] {
			t.Errorf("the command %s was acknowledged and is lost", id)
		}
	}
	if strings.Contains(log.String(), token) || strings.Contains(log.String(), "Load ") {
		t.Error("the log of the server tells what was asked")
	}
}

// awaitReady asks until the server is ready; each question waits for its answer.
func awaitReady(t *testing.T, url string, ended chan error, log *bytes.Buffer) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case err := <-ended:
			t.Fatalf("serve ended: %v\n%s", err, log.String())
		case <-tick.C:
		}
		if resp, err := http.Get(url); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatalf("not ready\n%s", log.String())
}

// load opens programmes from several clients until the server goes away, and
// returns the ids of the commands that it acknowledged. After some it calls
// enough, once.
func load(t *testing.T, url, token string, enough func()) []string {
	t.Helper()
	const clients, some = 8, 100
	var mu sync.Mutex
	var acknowledged []string
	var last error // of a client, for the report
	var once sync.Once
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				id := uuid.NewString()
				data, err := post(t.Context(), url, token, fmt.Sprintf(
					`mutation { openProgramme(input: { commandId: %q, name: "Load %s" }) { ... on ProgrammePayload { commandId } } }`, id, id))
				if payload, ok := data["openProgramme"].(map[string]any); err == nil && (!ok || payload["commandId"] != id) {
					err = fmt.Errorf("answered %v", data) // refused while draining
				}
				if err != nil {
					mu.Lock()
					last = err
					mu.Unlock()
					return // turned away, or the connection ended: not acknowledged
				}
				mu.Lock()
				acknowledged = append(acknowledged, id)
				n := len(acknowledged)
				mu.Unlock()
				if n >= some {
					once.Do(enough)
				}
			}
		})
	}
	wg.Wait()
	if len(acknowledged) < some {
		t.Fatalf("only %d commands were acknowledged, then %v", len(acknowledged), last)
	}
	return acknowledged
}

func commandsIn(t *testing.T, folder, eventStore string) map[domain.CommandID]bool {
	t.Helper()
	s := &session{env: environment{}, stderr: io.Discard}
	r, err := s.open(t.Context(), folder, eventStore)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	head, err := r.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[domain.CommandID]bool{}
	for d, err := range r.decoded(t.Context(), head, nil) {
		if err != nil {
			t.Fatal(err)
		}
		found[d.Meta.Command] = true
	}
	return found
}
