package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/internal/demo/seed"
	"github.com/diaspora-match/diaspora/internal/edge"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/identity/devissuer"
	"github.com/diaspora-match/diaspora/internal/platform"
)

type benchCommand struct {
	For     time.Duration `help:"How long each measurement runs." default:"2s" placeholder:"TIME"`
	Experts int           `help:"Experts in the platform that is measured." default:"2000" placeholder:"N"`
	JSON    bool          `help:"Print the result as JSON."`
}

// Help implements kong.HelpProvider.
func (benchCommand) Help() string {
	return `Makes a platform in a temporary folder, measures it and removes it: durable appends, mutations until the next query sees them, and queries over HTTP. Figures are of this machine and moment; 'make bench' measures beside limits and peers.

Examples:
  diaspora bench
  diaspora bench --for 10s --json`
}

// Bounds of a measurement, listed in docs/limits.md.
const (
	minBench        = 50 * time.Millisecond
	maxBench        = 10 * time.Minute
	maxBenchSamples = 5_000_000 // latencies kept; more operations end the measurement
)

// measured is one line of the result. Latencies are in milliseconds.
type measured struct {
	What      string  `json:"what"`
	Clients   int     `json:"clients"`
	Count     int     `json:"count"`
	PerSecond float64 `json:"perSecond"`
	P50Ms     float64 `json:"p50Ms"`
	P99Ms     float64 `json:"p99Ms"`
	MaxMs     float64 `json:"maxMs"`
}

// benchmark is a running measurement of a platform.
type benchmark struct {
	*session
	folder string
	lasts  time.Duration
	lines  []measured
}

// Run implements the command.
func (c *benchCommand) Run(ctx context.Context, s *session) (err error) {
	if c.For < minBench || c.For > maxBench {
		return domain.ErrRange.At("for").With(fmt.Sprintf("A measurement runs from %s to %s.", minBench, maxBench))
	}
	if c.Experts < 1 || c.Experts > maxDemoExperts {
		return domain.ErrRange.At("experts").With(fmt.Sprintf("From 1 to %d experts can be made.", maxDemoExperts))
	}
	folder, err := os.MkdirTemp("", "diaspora-bench-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	b := &benchmark{session: s, folder: folder, lasts: c.For}
	if err := b.appends(ctx); err != nil {
		return err
	}
	if err := b.platform(ctx, c.Experts); err != nil {
		return err
	}
	if c.JSON {
		return s.writeJSON(b.lines)
	}
	rows := [][]string{{"WHAT", "CLIENTS", "PER SECOND", "P50", "P99", "MAX"}}
	for _, l := range b.lines {
		rows = append(rows, []string{
			l.What, fmt.Sprint(l.Clients), humanize.Comma(int64(l.PerSecond)),
			fmt.Sprintf("%.2f ms", l.P50Ms), fmt.Sprintf("%.2f ms", l.P99Ms), fmt.Sprintf("%.2f ms", l.MaxMs),
		})
	}
	return s.table(rows...)
}

// measure lets clients repeat an operation for the time of a measurement.
func (b *benchmark) measure(ctx context.Context, what string, clients int, do func(ctx context.Context, client, n int) error) error {
	b.note("measuring %s with %s …", what, counted(clients, "client"))
	var mu sync.Mutex
	var took []time.Duration
	var all atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	started := time.Now()
	for client := range clients {
		g.Go(func() error {
			var own []time.Duration
			defer func() { mu.Lock(); took = append(took, own...); mu.Unlock() }()
			for n := 0; time.Since(started) < b.lasts && all.Add(1) <= maxBenchSamples; n++ {
				at := time.Now()
				if err := do(ctx, client, n); err != nil {
					return fmt.Errorf("cli: bench: %s: %w", what, err)
				}
				own = append(own, time.Since(at))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	b.lines = append(b.lines, summed(what, clients, took, time.Since(started)))
	return nil
}

func summed(what string, clients int, took []time.Duration, elapsed time.Duration) measured {
	slices.Sort(took)
	at := func(percent int) float64 {
		if len(took) == 0 {
			return 0
		}
		return float64(took[min(len(took)*percent/100, len(took)-1)].Microseconds()) / 1000
	}
	return measured{what, clients, len(took), float64(len(took)) / elapsed.Seconds(), at(50), at(99), at(100)}
}

// Sizes and clients of the measurements, those of the figures in docs.
const (
	benchEventBytes    = 550
	benchWriters       = 64
	benchMutators      = 32
	benchConnections   = 16
	benchQueriedNeeds  = 20
	benchRequestsLimit = 1 << 20 // operations a second that the edge lets through: beyond any
)

// appends measures the log alone.
func (b *benchmark) appends(ctx context.Context) (err error) {
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(b.folder, "append.db")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	data := bytes.Repeat([]byte("x"), benchEventBytes)
	for _, writers := range []int{1, benchWriters} {
		run := uuid.NewString()
		err := b.measure(ctx, "durable appends", writers, func(ctx context.Context, client, n int) error {
			expected := eventstore.NoStream
			if n > 0 {
				expected = eventstore.At(eventstore.Revision(n - 1))
			}
			_, err := store.Append(ctx, fmt.Sprintf("bench-%s-%d", run, client), expected,
				eventstore.Event{ID: uuid.New(), Type: "bench.Appended", Data: data, Meta: []byte("{}")})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// platform measures a seeded platform behind its own server.
func (b *benchmark) platform(ctx context.Context, experts int) (err error) {
	open, err := addresses{Listen: "127.0.0.1:0", Operations: "127.0.0.1:0"}.open(true)
	if err != nil {
		return err
	}
	defer open.close()
	folder := filepath.Join(b.folder, "platform")
	issuer, err := devissuer.New(devissuer.Config{Listen: open.api.Addr().String(), Folder: folder})
	if err != nil {
		return err
	}
	verifier, err := identity.NewVerifier(issuer.VerifierConfig())
	if err != nil {
		return err
	}
	h, err := openHosting(ctx, platform.Config{Folder: folder, Log: b.logger("error", false), Endings: verifier.Endings()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	plan := seed.NewPlan(seed.Config{Number: 1, Experts: experts, Start: seed.StartFor(domain.DateOf(b.now())), Personas: personas(issuer)})
	b.note("making a platform with %d experts …", experts)
	if err := errors.Join(plan.Seed(ctx, h.Bus, h.Keys, nil), seed.Grant(ctx, h.Bus, plan.Places(), personas(issuer), b.now())); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return h.serve(ctx, platform.ServerConfig{
		API: open.api, Ops: open.ops, Verifier: verifier, Issuer: issuer,
		Limits: edge.Limits{Rate: benchRequestsLimit, Burst: benchRequestsLimit, Concurrent: benchRequestsLimit},
	}, func() error {
		defer stop()
		return errors.Join(b.mutations(ctx, h, plan.Places()), b.queries(ctx, open, issuer))
	})
}

// mutations drafts needs and waits until a query would see each.
func (b *benchmark) mutations(ctx context.Context, h hosting, places seed.Places) error {
	terms := demo.Terms(domain.DateOf(b.now()))
	cast := demo.Cast{Programme: places.Programme, Manager: domain.Platform, HostOfficer: domain.Platform, Start: domain.DateOf(b.now())}
	return b.measure(ctx, "mutations until visible", benchMutators, func(ctx context.Context, client, n int) error {
		draft := cast.Need(terms[(client+n)%len(terms)])[0].(need.Draft)
		draft.Need = domain.NeedID(uuid.NewString())
		done, err := commands.Execute(ctx, h.Bus, &need.Aggregate, string(draft.Need), commands.Envelope{
			Caller: commands.Caller{Principal: domain.Platform, System: true},
		}, func(by domain.Stamp) need.Command { draft.Stamp = by; return draft })
		if err != nil {
			return err
		}
		return h.Views.WaitFor(ctx, done.Position)
	})
}

// queries asks for needs with their host and counts, as a manager.
func (b *benchmark) queries(ctx context.Context, open listeners, issuer *devissuer.Issuer) error {
	token, err := issuer.Mint(devissuer.ProgrammeManager)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"query": fmt.Sprintf(
		`{ needs(first: %d, filter: { status: [PUBLISHED] }) { nodes { id status terms { title deadline } institution { id name } counts { total open } } } }`, benchQueriedNeeds)})
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchConnections}}
	defer client.CloseIdleConnections()
	url := "http://" + open.api.Addr().String() + "/graphql"
	return b.measure(ctx, "queries of 20 needs over HTTP", benchConnections, func(ctx context.Context, _, _ int) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := client.Do(r)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"errors"`)) {
			return fmt.Errorf("answer %d: %.300s", answer.StatusCode, text)
		}
		return nil
	})
}
