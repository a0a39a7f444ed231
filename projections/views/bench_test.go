package views_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

// cachedKeys seals with real AES-256-GCM and keeps each subject's cipher, as the
// key store does.
type cachedKeys struct{ ciphers sync.Map }

func (k *cachedKeys) of(subject string) cipher.AEAD {
	if c, ok := k.ciphers.Load(subject); ok {
		return c.(cipher.AEAD)
	}
	key := sha256.Sum256([]byte(subject))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	k.ciphers.Store(subject, gcm)
	return gcm
}

func (k *cachedKeys) Seal(_ context.Context, subject string, aad, plain []byte) ([]byte, error) {
	nonce := sha256.Sum256(append(aad, plain...))
	return k.of(subject).Seal(nonce[:12:12], nonce[:12], plain, aad), nil
}

func (k *cachedKeys) Open(_ context.Context, subject string, aad, sealed []byte) ([]byte, error) {
	return k.of(subject).Open(nil, sealed[:12], sealed[12:], aad)
}

// past is a finished log in memory.
type past struct{ log []eventstore.Recorded }

const pastPage = 512 // events a delivery, as the SQLite engine gives

func (p *past) Subscribe(_ context.Context, after eventstore.Position, _ eventstore.Filter) (eventstore.Subscription, error) {
	return &pastReader{log: p.log[after:]}, nil
}

type pastReader struct {
	log  []eventstore.Recorded
	told bool
}

func (r *pastReader) Next(ctx context.Context) (eventstore.Delivery, error) {
	if len(r.log) == 0 && r.told {
		<-ctx.Done()
		return eventstore.Delivery{}, ctx.Err()
	}
	n := min(pastPage, len(r.log))
	d := eventstore.Delivery{Events: r.log[:n], CaughtUp: n == len(r.log)}
	if n > 0 {
		d.Through = r.log[n-1].Position
	}
	r.log, r.told = r.log[n:], d.CaughtUp
	return d, nil
}

func (r *pastReader) Close() {}

func (p *past) Append(context.Context, string, eventstore.Expected, ...eventstore.Event) (eventstore.Appended, error) {
	return eventstore.Appended{}, errors.ErrUnsupported
}
func (p *past) ReadStream(context.Context, string, eventstore.Revision, eventstore.Direction, int) iter.Seq2[eventstore.Recorded, error] {
	return func(func(eventstore.Recorded, error) bool) {}
}
func (p *past) ReadAll(context.Context, eventstore.Position, eventstore.Direction, int) iter.Seq2[eventstore.Recorded, error] {
	return func(func(eventstore.Recorded, error) bool) {}
}
func (p *past) Head(context.Context) (eventstore.Position, error) { return 0, nil }
func (p *past) Close() error                                      { return nil }

// seeded is a log of about n events: ten for each expert, and needs with
// candidacies between them.
func seeded(tb testing.TB, n int) (*past, *codec.Codec) {
	c := codec.New(codec.NewRegistry(events()...), &cachedKeys{})
	store := &past{log: make([]eventstore.Recorded, 0, n)}
	revisions := map[string]eventstore.Revision{}
	at := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	put := func(stream string, actor domain.PrincipalID, role domain.Role, e decider.Event) {
		id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s%d", stream, revisions[stream]))
		stored, err := c.Encode(context.Background(), stream, id, e, codec.Meta{
			Command: domain.CommandID(id.String()), Causation: id.String(), Correlation: id.String(), Actor: actor, Role: role, At: at,
			Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		})
		if err != nil {
			tb.Fatal(err)
		}
		store.log = append(store.log, eventstore.Recorded{Event: stored, Stream: stream, Revision: revisions[stream], Position: eventstore.Position(len(store.log) + 1), Time: at})
		revisions[stream]++
	}
	w := newWorld(tb)
	for x := 0; len(store.log) < n; x++ {
		seedExpert(put, x, at)
		if x%20 == 0 {
			seedNeed(put, w.terms(), x, at)
		}
	}
	return store, c
}

type recorder func(stream string, actor domain.PrincipalID, role domain.Role, e decider.Event)

func seedExpert(put recorder, x int, at time.Time) {
	id := domain.ExpertID(fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(x)*2654435761, x))
	stream, who := "expert-"+string(id), expertPrincipal(x)
	own := func(e decider.Event) { put(stream, who, domain.RoleExpert, e) }
	text := func(s string) personal.Text { return personal.Of(id, s) }
	own(expert.Registered{Expert: id, Programme: programmeID(0), Principal: who, Processing: expert.Processing{TextHash: hash, Language: "en"}, By: who, At: at})
	own(expert.IdentityDeclared{Identity: expert.Identity{Name: text("Amina Warsame"), Email: text("amina@example.org"), Phone: text("+31 6 12345678"), BirthYear: text("1984"), Gender: text("female")}})
	own(expert.SkillsDeclared{Skills: []domain.SkillClaim{{Skill: "health.midwifery", Level: 3, Years: 9}, {Skill: "health.nursing", Level: 3, Years: 12}, {Skill: "education.curriculum", Level: 2, Years: 3}, {Skill: "health.training", Level: 2, Years: 5}}})
	own(expert.LanguagesDeclared{Languages: []domain.LanguageClaim{{Language: "so", Level: domain.Native}, {Language: "nl", Level: domain.C1}, {Language: "en", Level: domain.B2}}})
	own(expert.EducationDeclared{Education: []domain.Education{{Level: 6, Field: "0913"}}})
	own(expert.ExperienceDeclared{Experience: expert.Experience{Years: 12, Sectors: []expert.SectorExperience{{Sector: domain.Health, Years: 12}}}})
	own(expert.AvailabilityDeclared{Windows: []domain.Availability{{Period: domain.Period{From: domain.DateOf(at) + 100, To: domain.DateOf(at) + 250}, MaxWeeks: 10}}})
	own(expert.ResidenceDeclared{Country: "NL"})
	own(expert.HeritageDeclared{Country: "SO"})
	put(stream, manager, domain.RoleManager, expert.EligibilityConfirmed{Programme: programmeID(0), RuleVersion: 1, By: manager, At: at})
}

func seedNeed(put recorder, terms need.Terms, x int, at time.Time) {
	n := needID(x)
	stream := "need-" + string(n)
	put(stream, officer, domain.RoleHost, need.Drafted{Need: n, Programme: programmeID(0), Institution: hostID(x % 50), Country: "SO", Terms: terms, By: officer, At: at})
	put(stream, officer, domain.RoleHost, need.Submitted{Version: 1, Completeness: 9000, By: officer, At: at})
	put(stream, manager, domain.RoleManager, need.Approved{Version: 1, By: manager, At: at})
	put(stream, manager, domain.RoleManager, need.Published{Version: 1, Public: need.PublicText{Language: "en", Title: terms.Title, Summary: "Help a ward."}, Deadline: terms.Deadline, Expires: terms.DecisionDate, By: manager, At: at})
	for i := range 5 {
		e := domain.ExpertID(fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(max(x-i, 0))*2654435761, max(x-i, 0)))
		c := domain.CandidacyIDFor(n, e)
		put("candidacy-"+string(c), manager, domain.RoleManager, candidacy.Suggested{
			Subject: candidacy.Subject{Candidacy: c, Need: n, Expert: e, Programme: programmeID(0), Institution: hostID(x % 50), Country: "SO"},
			Score:   candidacy.ScoreShown{Total: 7000, PolicyVersion: 1, TaxonomyVersion: "1"}, Rank: i + 1, By: manager, Role: domain.RoleManager, At: at,
		})
		put("candidacy-"+string(c), manager, domain.RoleManager, candidacy.Shortlisted{By: manager, At: at})
	}
}

// catchUp runs a runner from nothing to Ready.
func catchUp(tb testing.TB, store *past, c *codec.Codec, followers ...projections.Follower) projections.Engine {
	engine := memory.New(views.Tables()...)
	catchUpIn(tb, engine, store, c, followers...)
	return engine
}

func catchUpIn(tb testing.TB, engine projections.Engine, store *past, c *codec.Codec, followers ...projections.Follower) {
	r, err := projections.NewRunner(projections.Config{Store: store, Decoder: c, Engine: engine, Views: views.All(), Followers: followers})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	select {
	case <-r.Ready():
	case err := <-ended:
		tb.Fatalf("the runner ended: %v", err)
	}
	cancel()
	<-ended
}

// BenchmarkRebuild measures decoding, opening and folding a log into all views
// until they are ready. Bar: 120,000 events/s on one core (-cpu 1).
//
//	DIASPORA_BENCH_EVENTS=1000000 go test -run xxx -bench Rebuild -benchtime 1x -cpu 1,2 ./projections/views
func BenchmarkRebuild(b *testing.B) {
	n := 100_000
	if s := os.Getenv("DIASPORA_BENCH_EVENTS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	store, c := seeded(b, n)
	b.ReportAllocs()
	var engine projections.Engine
	for b.Loop() {
		engine = catchUp(b, store, c)
	}
	b.ReportMetric(float64(len(store.log))*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	reportMemory(b, engine, store)
}

// BenchmarkRebuildWithMatcher also loads the matcher's index.
func BenchmarkRebuildWithMatcher(b *testing.B) {
	store, c := seeded(b, 100_000)
	for b.Loop() {
		catchUp(b, store, c, views.NewFeed(matcher.NewIndex(matcher.Policy{}), 20_000))
	}
	b.ReportMetric(float64(len(store.log))*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// reportMemory measures what the views hold, without the log that feeds them.
func reportMemory(b *testing.B, engine projections.Engine, store *past) {
	var with, without runtime.MemStats
	experts := 0
	if err := engine.Read(context.Background(), 0, func(r projections.Reader) (err error) {
		experts, err = r.Len(views.Experts)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&with)
	runtime.KeepAlive(engine)
	engine = nil
	runtime.GC()
	runtime.ReadMemStats(&without)
	runtime.KeepAlive(store)
	b.ReportMetric(float64(with.HeapAlloc-without.HeapAlloc)/(1<<20), "MiB-views")
	b.ReportMetric(float64(experts), "experts")
}
