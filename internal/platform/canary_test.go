package platform_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy/canary"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
	"github.com/diaspora-match/diaspora/projections/views"
)

// running is a platform with its processes, over a folder that outlives it.
type running struct {
	*platform.Platform
	stop  context.CancelFunc
	ended chan error
}

func start(t *testing.T, folder string, log io.Writer) *running {
	t.Helper()
	return startOver(t, folder, engines{}, log)
}

// engines are the servers that keep the log and the views; empty for a file in the
// folder, and for memory.
type engines struct{ eventStore, redis string }

func startOver(t *testing.T, folder string, over engines, log io.Writer) *running {
	t.Helper()
	p, err := platform.Open(t.Context(), platform.Config{Folder: folder, EventStore: over.eventStore, Redis: over.redis, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	r := &running{p, stop, make(chan error, 1)}
	go func() { r.ended <- p.Run(ctx) }()
	select {
	case <-p.Runner.Ready():
	case <-time.After(20 * time.Second):
		t.Fatal("the views do not get ready")
	}
	return r
}

func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("run: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// do executes a command as the platform, on behalf of whom its stamp names.
func do[S any, C decider.Command, E decider.Event](t *testing.T, r *running, a *decider.Aggregate[S, C, E], id string, c C) eventstore.Position {
	t.Helper()
	result, err := commands.Execute(t.Context(), r.Bus, a, id,
		commands.Envelope{Caller: commands.Caller{Principal: domain.Platform, System: true}}, func(domain.Stamp) C { return c })
	if err != nil {
		t.Fatalf("%s: %v", c.CommandType(), err)
	}
	return result.Position
}

// Markers of the canaries: one for each personal text of a person.
const (
	canaryName       = "Canary-Qzx-Name-71"
	canaryEmail      = "canary-qzx-mail-72@example.org"
	canaryPhone      = "+31600-canary-73"
	canaryMotivation = "canary-qzx-motivation-74"
	canaryCV         = "canary-qzx-cv-75"
	canaryReference  = "canary-qzx-reference-76"
	canaryApply      = "canary-qzx-apply-77"
	canaryNote       = "canary-qzx-note-78"
	canaryInterview  = "canary-qzx-interview-79"
	canarySuspension = "canary-qzx-suspension-80"
)

// TestNoByteOfAPersonIsLeft seeds every personal text with a marker, lets the
// whole platform run over it, and looks at every byte that was written: before
// the erasure no marker stands in the clear, after it nothing opens any more,
// also in views that are built anew.
func TestNoByteOfAPersonIsLeft(t *testing.T) {
	// The log in EventStoreDB is one in a file of the same folder, behind a server,
	// so that its bytes are looked at too.
	t.Run("sqlite", func(t *testing.T) { noByteIsLeft(t, t.TempDir(), engines{}, nil) })
	t.Run("esdb", func(t *testing.T) {
		folder := t.TempDir()
		log, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(folder, "server", "log.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = log.Close() })
		noByteIsLeft(t, folder, engines{eventStore: esdbtest.Over(t, log).ConnectionString()}, nil)
	})
	// What Redis keeps on its disk, now and as a history of commands, is looked at.
	t.Run("redis", func(t *testing.T) {
		server := redistest.Start(t, "--appendonly", "yes")
		noByteIsLeft(t, t.TempDir(), engines{redis: server.URL()}, func() string {
			server.Do("SAVE")
			return server.Folder
		})
	})
}

// noByteIsLeft looks at the folder, and at another one that persist makes and names.
func noByteIsLeft(t *testing.T, folder string, over engines, persist func() string) {
	sweep, err := canary.New(canaryName, canaryEmail, canaryPhone, canaryMotivation, canaryCV, canaryReference,
		canaryApply, canaryNote, canaryInterview, canarySuspension)
	if err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	r := startOver(t, folder, over, log)
	person, last := tellOf(t, r)
	if name := nameIn(t, r, person, last); name != canaryName {
		t.Fatalf("the person's own row says %q: the canaries were not seeded", name)
	}
	if len(rowsWith(t, r, views.People, sweep)) < 10 {
		t.Fatal("not every canary reached the person's own row: what follows would prove nothing")
	}
	unseen := func(when string) {
		t.Helper()
		found, err := sweep.Directory(folder)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, sweep.Bytes("log", log.Bytes())...)
		if persist != nil {
			other, err := sweep.Directory(persist())
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, other...)
		}
		for _, f := range found {
			t.Errorf("%s: %v", when, f)
		}
	}
	unseen("while the platform runs")

	do(t, r, &expert.Aggregate, string(person), expert.Command(expert.RequestErasure{Stamp: stamp(person, domain.RoleExpert)}))
	waitErased(t, r, person)
	for _, table := range views.Tables() {
		for _, found := range rowsWith(t, r, table, sweep) {
			t.Errorf("after the erasure: %v", found)
		}
	}
	r.end(t)
	unseen("after the erasure")

	again := startOver(t, folder, over, log)
	defer again.end(t)
	if name := nameIn(t, again, person, 0); name != "" {
		t.Errorf("views built anew say %q", name)
	}
	for rec, err := range again.Store.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		d, err := again.Codec.Decode(t.Context(), rec)
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := d.Event.(expert.IdentityDeclared); ok {
			if _, err := personal.Open(e.Identity.Name, personal.ToCompare); err != personal.ErrErased {
				t.Errorf("the name still opens, or is not called erased: %v", err)
			}
		}
	}
}

func stamp(by domain.ExpertID, role domain.Role) domain.Stamp {
	return domain.Stamp{By: domain.PrincipalID(by), Role: role, At: time.Now().UTC().Truncate(time.Microsecond)}
}

// tellOf registers a person with every personal text that there is, and takes
// them through an application that is shared, interviewed and accepted.
func tellOf(t *testing.T, r *running) (domain.ExpertID, eventstore.Position) {
	t.Helper()
	id := domain.ExpertID(uuid.NewString())
	text := func(s string) personal.Text { return personal.Of(id, s) }
	own, staff := stamp(id, domain.RoleExpert), stamp("10000000-0000-4000-8000-000000000001", domain.RoleManager)
	today := domain.DateOf(time.Now())
	cast := demo.Cast{
		Programme: demo.ProgrammeID(), Manager: staff.By, FocalPoint: "10000000-0000-4000-8000-000000000003",
		HostOfficer: "10000000-0000-4000-8000-000000000004", Start: today,
	}
	for _, c := range cast.OpenProgramme() {
		do(t, r, &programme.Aggregate, string(cast.Programme), c)
	}
	terms := demo.Terms(today)[0]
	for _, i := range demo.Institutions() {
		if i.ID == terms.Institution {
			for _, c := range cast.Host(i) {
				do(t, r, &institution.Aggregate, string(i.ID), c)
			}
		}
	}
	for _, c := range cast.Need(terms) {
		do(t, r, &need.Aggregate, string(terms.ID), c)
	}
	for _, c := range []expert.Command{
		expert.Register{Stamp: own, Expert: id, Programme: cast.Programme, Principal: own.By, Processing: expert.Processing{
			TextHash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Language: "en"}},
		expert.DeclareIdentity{Stamp: own, Identity: expert.Identity{Name: text(canaryName), Email: text(canaryEmail), Phone: text(canaryPhone)}},
		expert.DeclareMotivation{Stamp: own, Motivation: text(canaryMotivation)},
		expert.DeclareCV{Stamp: own, CV: text(canaryCV)},
		expert.DeclareReferences{Stamp: own, References: []expert.Reference{{Name: text(canaryReference), Contact: text(canaryReference), Relation: text(canaryReference)}}},
		expert.Suspend{Stamp: staff, Reason: expert.SuspensionReasons[0], Note: text(canarySuspension)},
		expert.Reinstate{Stamp: staff},
	} {
		do(t, r, &expert.Aggregate, string(id), c)
	}
	consent := candidacy.Consent{ID: domain.ConsentID(uuid.NewString()), Until: today.AddDays(100)}
	candidate := string(domain.CandidacyIDFor(terms.ID, id))
	focal, officer := staff, staff
	focal.By, focal.Role = cast.FocalPoint, domain.RoleFocalPoint
	officer.By, officer.Role = cast.HostOfficer, domain.RoleHost
	var last eventstore.Position
	for _, c := range []candidacy.Command{
		candidacy.Apply{Stamp: own, Motivation: text(canaryApply), Consent: consent, Ref: candidacy.Ref{
			Need: terms.ID, Expert: id, Programme: cast.Programme, Institution: terms.Institution, Country: terms.Country}},
		candidacy.ShareWithHost{Stamp: focal, Consent: consent},
		candidacy.RecordInterview{Stamp: focal, Date: today, Recommendation: candidacy.Recommended, Notes: text(canaryInterview)},
		candidacy.HostDecide{Stamp: officer, Accept: true, Reason: candidacy.SuitsTheNeed, Note: text(canaryNote)},
	} {
		last = do(t, r, &candidacy.Aggregate, candidate, c)
	}
	return id, last
}

// nameIn is the name in the person's own row, or "".
func nameIn(t *testing.T, r *running, id domain.ExpertID, at eventstore.Position) (name string) {
	t.Helper()
	err := r.Views.Read(t.Context(), at, func(v projections.Reader) error {
		row, err := views.People.Get(v, string(id))
		if row != nil && err == nil {
			name, err = personal.Open(row.Identity.Name, personal.ToSubject)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// waitErased follows the log until the proof of the erasure stands in it.
func waitErased(t *testing.T, r *running, id domain.ExpertID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sub, err := r.Store.Subscribe(ctx, 0, eventstore.Filter{TypePrefixes: []string{expert.PersonalDataErased{}.EventType()}})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for {
		d, err := sub.Next(ctx)
		if err != nil {
			t.Fatalf("the erasure is not proven: %v", err)
		}
		for _, e := range d.Events {
			if e.Stream == expert.Aggregate.Stream(string(id)) {
				if err := r.Views.WaitFor(ctx, e.Position); err != nil {
					t.Fatal(err)
				}
				return
			}
		}
	}
}

// opened writes personal texts in the clear, to look for what should be gone.
var opened = json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, text personal.Text) error {
	s, err := personal.Open(text, personal.ToCompare)
	if err != nil {
		s = err.Error()
	}
	return enc.WriteToken(jsontext.String(s))
}))

// rowsWith looks for markers in the rows of a table.
func rowsWith(t *testing.T, r *running, table projections.Schema, sweep *canary.Sweep) (found []canary.Finding) {
	t.Helper()
	err := r.Views.Read(t.Context(), 0, func(v projections.Reader) error {
		for row, err := range v.Rows(table) {
			if err != nil {
				return err
			}
			b, err := json.Marshal(row, opened)
			if err != nil {
				return err
			}
			found = append(found, sweep.Bytes("view "+table.TableName(), b)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
