package platform_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/internal/edge"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/identity/devissuer"
	"github.com/diaspora-match/diaspora/internal/observe"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
)

// served is a whole server on ports of its own, as the demonstration runs it.
type served struct {
	*platform.Platform
	url, ops string
	tokens   map[devissuer.Persona]string
	issuer   *devissuer.Issuer
	stop     func() error // ends it in order, once
}

func serve(t *testing.T) *served { return serveIn(t, t.TempDir()) }

func serveIn(t *testing.T, folder string) *served { return serveOver(t, folder, engines{}) }

func serveOver(t *testing.T, folder string, over engines) *served {
	t.Helper()
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	api, ops := listen(), listen()
	issuer, err := devissuer.New(devissuer.Config{Listen: api.Addr().String(), Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := identity.NewVerifier(issuer.VerifierConfig())
	if err != nil {
		t.Fatal(err)
	}
	registry, hub := prometheus.NewRegistry(), graph.NewHub()
	p, err := platform.Open(t.Context(), platform.Config{
		Folder: folder, Registry: registry, Metrics: observe.NewMetrics(registry), Endings: verifier.Endings(), Notifier: hub,
		EventStore: over.eventStore, Redis: over.redis,
	})
	if err != nil {
		t.Fatal(err)
	}
	server, err := platform.NewServer(p, hub, platform.ServerConfig{
		API: api, Ops: ops, Verifier: verifier, Issuer: issuer, Explorable: true,
		Limits: edge.Limits{Rate: 10_000, Burst: 10_000, Concurrent: 1_000},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &served{
		Platform: p, url: "http://" + api.Addr().String(), ops: "http://" + ops.Addr().String(),
		tokens: map[devissuer.Persona]string{}, issuer: issuer,
	}
	for _, persona := range devissuer.Personas {
		if s.tokens[persona], err = issuer.Mint(persona); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	s.stop = sync.OnceValue(func() error {
		cancel()
		err := <-ended
		http.DefaultClient.CloseIdleConnections()
		return errors.Join(err, p.Close())
	})
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	<-p.Runner.Ready()
	return s
}

// ask sends an operation as a persona and returns the answer's data; GraphQL
// errors fail the test.
func (s *served) ask(t *testing.T, as devissuer.Persona, query string, variables map[string]any) map[string]any {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.tokens[as])
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Errors) > 0 {
		t.Fatalf("%s as %s: %d %s", query, as, resp.StatusCode, text)
	}
	return answer.Data
}

func (s *served) get(t *testing.T, url string) (int, string) {
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

func TestServesAndTellsOperators(t *testing.T) {
	s := serve(t)
	if got := s.ask(t, devissuer.ProgrammeManager, `{ viewer { id } }`, nil); got["viewer"] == nil {
		t.Errorf("viewer: %v", got)
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		if code, body := s.get(t, s.ops+path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	_, metrics := s.get(t, s.ops+"/metrics")
	for _, name := range []string{"diaspora_projection_lag_positions", "diaspora_process_state", "diaspora_request_duration_seconds"} {
		if !strings.Contains(metrics, name) {
			t.Errorf("/metrics lacks %s", name)
		}
	}
	if code, _ := s.get(t, s.url+"/graphql?query=%7B__typename%7D"); code != http.StatusUnauthorized {
		t.Errorf("nobody signed in: %d", code)
	}
}

// A server that is stopped under load loses no command that it acknowledged,
// and starts again with all of them.
func TestDrainLosesNoAcknowledgedCommand(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { drain(t, engines{}, nil) })
	t.Run("esdb", func(t *testing.T) {
		server := esdbtest.Over(t, aLog(t))
		drain(t, engines{eventStore: server.ConnectionString()}, server.Restart)
	})
	// A Redis that keeps nothing comes back empty.
	t.Run("redis", func(t *testing.T) {
		server := redistest.Start(t)
		drain(t, engines{redis: server.URL()}, func() error {
			server.Kill()
			server.Start()
			return nil
		})
	})
}

// aLog is one in a file of the test.
func aLog(t testing.TB) eventstore.Store {
	t.Helper()
	log, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

// drain stops a platform under load, after its event store or the keeper of its
// views, where that is a server, was restarted again and again.
func drain(t *testing.T, over engines, restart func() error) {
	folder := t.TempDir()
	s := serveOver(t, folder, over)
	var acknowledged sync.Map
	var count atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				id := uuid.NewString()
				_, err := commands.Execute(context.Background(), s.Bus, &programme.Aggregate, id,
					commands.Envelope{Caller: commands.Caller{Principal: domain.Platform, System: true}},
					func(stamp domain.Stamp) programme.Command {
						return programme.Open{Stamp: stamp, Programme: domain.ProgrammeID(id), Name: "Drained"}
					})
				if err != nil {
					return
				}
				acknowledged.Store(id, true)
				count.Add(1)
			}
		})
	}
	strike := int64(10) // commands after which the event store is restarted next
	for deadline := time.Now().Add(20 * time.Second); count.Load() < 200; {
		if time.Now().After(deadline) {
			t.Fatal("no load")
		}
		s.ask(t, devissuer.ProgrammeManager, `{ viewer { id } }`, nil)
		if restart != nil && count.Load() >= strike {
			strike += 40
			if err := restart(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()

	again := serveOver(t, folder, over)
	acknowledged.Range(func(id, _ any) bool {
		state, err := commands.Load(t.Context(), again.Bus, &programme.Aggregate, id.(string))
		if err != nil || state.Name != "Drained" {
			t.Errorf("command on %s was acknowledged and is lost (%v)", id, err)
			return false
		}
		return true
	})
	if count.Load() < 200 {
		t.Fatal("no load")
	}
}
