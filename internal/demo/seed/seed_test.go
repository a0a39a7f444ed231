package seed_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/demo/seed"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	now   = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	today = domain.DateOf(now)
)

func config(experts int) seed.Config {
	who := func(s string) domain.PrincipalID { return domain.PrincipalID(domain.DeriveID([16]byte{3}, s)) }
	return seed.Config{Number: 1, Experts: experts, Start: seed.StartFor(today), Personas: seed.Personas{
		Expert: who("expert"), HostOfficer: who("host"), FocalPoint: who("focal point"),
		Manager: who("manager"), Administrator: who("administrator"), Evaluator: who("evaluator"),
	}}
}

func open(t *testing.T, folder string) *platform.Platform {
	t.Helper()
	p, err := platform.Open(t.Context(), platform.Config{Folder: folder, Clock: func() time.Time { return now }, NoReactions: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func head(t *testing.T, p *platform.Platform) eventstore.Position {
	t.Helper()
	at, err := p.Store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// live runs the views of a platform and waits until they hold the whole log.
func live(t *testing.T, p *platform.Platform) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-p.Runner.Ready():
	case err := <-done:
		done <- err
		t.Fatal(err)
	}
}

func TestSeedingResumesAndAddsNothingTwice(t *testing.T) {
	folder, cfg := t.TempDir(), config(300)
	first := open(t, folder)
	ctx, cancel := context.WithCancel(t.Context())
	err := seed.NewPlan(cfg).Seed(ctx, first.Bus, first.Keys, func(done, total int) {
		if done == total/2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	half := head(t, first)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := open(t, folder)
	plan := seed.NewPlan(cfg)
	if err := plan.Seed(t.Context(), second.Bus, second.Keys, nil); err != nil {
		t.Fatal(err)
	}
	if err := seed.Grant(t.Context(), second.Bus, plan.Places(), cfg.Personas, now); err != nil {
		t.Fatal(err)
	}
	whole := head(t, second)
	if whole <= half {
		t.Fatalf("the second seeding added nothing to %d", half)
	}
	if err := plan.Seed(t.Context(), second.Bus, second.Keys, nil); err != nil {
		t.Fatal(err)
	}
	if err := seed.Grant(t.Context(), second.Bus, plan.Places(), cfg.Personas, now.AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if again := head(t, second); again != whole {
		t.Errorf("seeding again moved the log from %d to %d", whole, again)
	}

	once := open(t, t.TempDir())
	if err := seed.NewPlan(cfg).Seed(t.Context(), once.Bus, once.Keys, nil); err != nil {
		t.Fatal(err)
	}
	const grants = 6
	if at := head(t, once); at+grants != whole {
		t.Errorf("seeded at once the log has %d events, resumed %d", at, whole-grants)
	}
}

// TestEveryPersonaFindsSomething holds the demonstration to what each persona's
// screens need.
func TestEveryPersonaFindsSomething(t *testing.T) {
	cfg := config(2000)
	if raced {
		cfg.Experts = 1000
	}
	p := open(t, t.TempDir())
	plan := seed.NewPlan(cfg)
	if err := plan.Seed(t.Context(), p.Bus, p.Keys, nil); err != nil {
		t.Fatal(err)
	}
	places := plan.Places()
	if err := seed.Grant(t.Context(), p.Bus, places, cfg.Personas, now); err != nil {
		t.Fatal(err)
	}
	live(t, p)
	err := p.Views.Read(t.Context(), head(t, p), func(r projections.Reader) error {
		if n, err := r.Len(views.Experts); err != nil || n != cfg.Experts {
			t.Errorf("%d experts, %v", n, err)
		}
		return errors.Join(holdNeeds(t, r, places), holdCandidacies(t, r, places), holdGrants(t, r, cfg.Personas))
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, known := p.Index.TopExperts(places.Need, 5, today)
	if !known || len(rows.Rows) < 5 {
		t.Errorf("the persona's need has %d matches", len(rows.Rows))
	}
}

func holdNeeds(t *testing.T, r projections.Reader, places seed.Places) error {
	statuses, hosts := map[need.Status]int{}, 0
	for n, err := range views.Needs.All(r) {
		if err != nil {
			return err
		}
		statuses[n.Status]++
		if n.Institution == places.Institution && n.Status == need.StatusPublished {
			hosts++
		}
	}
	if statuses[need.StatusDraft] == 0 || statuses[need.StatusSubmitted] == 0 || statuses[need.StatusApproved] == 0 || statuses[need.StatusPublished] < 25 {
		t.Errorf("the needs stand at %v", statuses)
	}
	if hosts == 0 {
		t.Error("the officer's institution has no published need")
	}
	return nil
}

func holdCandidacies(t *testing.T, r projections.Reader, places seed.Places) error {
	stages, mine := map[candidacy.Stage]int{}, map[candidacy.Stage]bool{}
	awaiting := false
	for c, err := range views.Candidacies.All(r) {
		if err != nil {
			return err
		}
		stages[c.Stage]++
		if c.Expert == places.Expert {
			mine[c.Stage] = true
			awaiting = awaiting || c.Need == places.Need && c.Stage == candidacy.StageAwaitingHost
		}
	}
	for _, s := range []candidacy.Stage{
		candidacy.StageSuggested, candidacy.StageNominated, candidacy.StageApplied, candidacy.StageShortlisted, candidacy.StageAwaitingHost,
		candidacy.StageInterviewed, candidacy.StageHostAccepted, candidacy.StageHostDeclined, candidacy.StageOffered,
		candidacy.StageAccepted, candidacy.StageReserve, candidacy.StageWithdrawn,
	} {
		if stages[s] == 0 {
			t.Errorf("no candidacy is %s: %v", s, stages)
		}
	}
	if !awaiting || !mine[candidacy.StageOffered] || !mine[candidacy.StageAccepted] || !mine[candidacy.StageNominated] {
		t.Errorf("the expert persona's candidacies stand at %v", mine)
	}
	return nil
}

func holdGrants(t *testing.T, r projections.Reader, who seed.Personas) error {
	for _, id := range []domain.PrincipalID{
		who.Expert, who.HostOfficer, who.FocalPoint, who.Manager, who.Administrator, who.Evaluator,
	} {
		row, err := views.Principals.Get(r, string(id))
		if err != nil {
			return err
		}
		if row == nil || len(row.InForce(now)) == 0 {
			t.Errorf("a persona has no grant: %+v", row)
		}
	}
	return nil
}

func BenchmarkSeed(b *testing.B) {
	for b.Loop() {
		p, err := platform.Open(b.Context(), platform.Config{Folder: b.TempDir(), NoReactions: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := seed.NewPlan(config(2000)).Seed(b.Context(), p.Bus, p.Keys, nil); err != nil {
			b.Fatal(err)
		}
		if err := p.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
