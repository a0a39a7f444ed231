package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/privacy/canary"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
	"github.com/diaspora-match/diaspora/projections/views"
)

const (
	canaryName  = "Canary-Qzx-Name-81"
	canaryEmail = "canary-qzx-mail-82@example.org"
)

// aServer is EventStoreDB over a file in a folder, so that its bytes can be looked
// at.
func aServer(t *testing.T, folder string) string {
	t.Helper()
	log, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(folder, "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return esdbtest.Over(t, log).ConnectionString()
}

// onExpert sends a command as the platform.
func onExpert(t *testing.T, p *platform.Platform, id domain.ExpertID, command func(domain.Stamp) expert.Command) {
	t.Helper()
	_, err := commands.Execute(t.Context(), p.Bus, &expert.Aggregate, string(id),
		commands.Envelope{Caller: commands.Caller{Principal: domain.Platform, System: true}}, command)
	if err != nil {
		t.Fatal(err)
	}
}

// within runs something on a running platform over a folder, with its processes.
func within(t *testing.T, folder, eventStore string, do func(*platform.Platform)) {
	t.Helper()
	withinAll(t, platform.Config{Folder: folder, EventStore: eventStore}, do)
}

func withinAll(t *testing.T, cfg platform.Config, do func(*platform.Platform)) {
	t.Helper()
	p, err := platform.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	<-p.Runner.Ready()
	do(p)
	stop()
	if err := errors.Join(<-ended, p.Close()); err != nil {
		t.Fatal(err)
	}
}

// erase asks for a person's erasure and waits for its proof.
func erase(t *testing.T, folder, eventStore string, id domain.ExpertID) {
	within(t, folder, eventStore, func(p *platform.Platform) {
		onExpert(t, p, id, func(s domain.Stamp) expert.Command { return expert.RequestErasure{Stamp: s} })
		sub, err := p.Store.Subscribe(t.Context(), 0, eventstore.Filter{TypePrefixes: []string{expert.PersonalDataErased{}.EventType()}})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for {
			d, err := sub.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Events) > 0 {
				return
			}
		}
	})
}

// must runs a command line that succeeds.
func must(t *testing.T, args ...string) {
	t.Helper()
	if code, text := ran(t, args...); code != ExitDone {
		t.Fatalf("%v ends with %d: %s", args, code, text)
	}
}

func ran(t *testing.T, args ...string) (code int, text string) {
	t.Helper()
	var errs bytes.Buffer
	code = Run(t.Context(), args, nil, io.Discard, &errs, nil)
	return code, errs.String()
}

// aKey makes an identity.
func aKey(t *testing.T, path string) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err == nil {
		err = os.WriteFile(path, []byte(id.String()+"\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// decrypted is what lies in an archive for who has the identity.
func decrypted(t *testing.T, path string, id age.Identity) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := age.Decrypt(f, id)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWhoWasErasedSinceDoesNotComeBack makes a backup, erases a person whose texts
// are marked, and restores the older backup with the newer ledger. No byte of the
// archives tells of the person, not even to who opens them; the restored platform
// has erased them too, and says so in its log.
func TestWhoWasErasedSinceDoesNotComeBack(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { staysErased(t, func() string { return "" }) })
	t.Run("esdb", func(t *testing.T) { staysErased(t, func() string { return aServer(t, t.TempDir()) }) })
}

func staysErased(t *testing.T, newStore func() string) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	store := newStore()
	places, err := seedFolder(in("data"), store, 20)
	if err != nil {
		t.Fatal(err)
	}
	person := places.Expert
	within(t, in("data"), store, func(p *platform.Platform) {
		onExpert(t, p, person, func(s domain.Stamp) expert.Command {
			return expert.DeclareIdentity{Stamp: s, Identity: expert.Identity{Name: personal.Of(person, canaryName), Email: personal.Of(person, canaryEmail)}}
		})
	})
	id := aKey(t, in("backup.key"))
	backUp := func(name string) {
		must(t, "backup", "--data", in("data"), "--event-store", store, "--to", in(name), "--recipient", id.Recipient().String())
	}
	backUp("before.age")
	sweep, err := canary.New(canaryName, canaryEmail)
	if err != nil {
		t.Fatal(err)
	}
	unseen := func(what string, b []byte) {
		for _, f := range sweep.Bytes(what, b) {
			t.Errorf("%v", f)
		}
	}
	for _, name := range []string{"before.age", "before.keys.age"} {
		b, err := os.ReadFile(in(name))
		if err != nil {
			t.Fatal(err)
		}
		unseen(name, b)
		unseen(name+", opened", decrypted(t, in(name), id))
	}
	erase(t, in("data"), store, person)
	backUp("after.age")

	restore := func(store, from, keys, ledger, to string) []string {
		return []string{"restore", "--from", in(from), "--keys-from", in(keys), "--identity", in("backup.key"), "--data", in(to),
			"--ledger", in(ledger), "--wrap", in("data/keys.wrap"), "--event-store", store}
	}
	if err := os.WriteFile(in("old.ledger"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, text := ran(t, restore(newStore(), "before.age", "after.keys.age", "old.ledger", "refused")...); code != ExitRefused || !bytes.Contains([]byte(text), []byte("restore.ledger")) {
		t.Errorf("an old ledger: %d %s", code, text)
	}
	for _, keys := range []string{"before.keys.age", "after.keys.age"} {
		again := newStore()
		to := "restored from " + keys
		must(t, restore(again, "before.age", keys, "data/erasures.ledger", to)...)
		found, err := sweep.Directory(in(to))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %v", to, f)
		}
		within(t, in(to), again, func(p *platform.Platform) { isErased(t, p, person) })
		must(t, "verify", "--data", in(to), "--event-store", again)
	}
}

// isErased looks for a person in everything that could tell.
func isErased(t *testing.T, p *platform.Platform, id domain.ExpertID) {
	t.Helper()
	if state, err := p.Keys.StateOf(t.Context(), string(id)); err != nil || state != privacy.Destroyed {
		t.Errorf("the key is %v, %v", state, err)
	}
	state, err := commands.Load(t.Context(), p.Bus, &expert.Aggregate, string(id))
	if err != nil || state.Proof == "" {
		t.Errorf("the log holds no proof: %v", err)
	}
	named := 0
	for e, err := range p.Store.ReadStream(t.Context(), expert.Aggregate.Stream(string(id)), 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		d, err := p.Codec.Decode(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := d.Event.(expert.IdentityDeclared); ok {
			named++
			if _, err := personal.Open(e.Identity.Name, personal.ToCompare); !errors.Is(err, personal.ErrErased) {
				t.Errorf("the name opens, or is not called erased: %v", err)
			}
		}
	}
	if named == 0 {
		t.Error("the log never held the name: the test tests nothing")
	}
	err = p.Views.Read(t.Context(), 0, func(r projections.Reader) error {
		for _, table := range []projections.Schema{views.People, views.Experts} {
			row, err := r.Get(table, string(id))
			if err != nil {
				return err
			}
			if row != nil {
				t.Errorf("%s has a row", table.TableName())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestViewsInRedisAreThoseOfTheRestoredLog restores a log that is older than what
// Redis knows of it: its views are made anew, and what was not restored is in none.
func TestViewsInRedisAreThoseOfTheRestoredLog(t *testing.T) {
	url := redistest.Start(t).URL()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	places, err := seedFolder(in("data"), "", 20)
	if err != nil {
		t.Fatal(err)
	}
	id := aKey(t, in("backup.key"))
	must(t, "backup", "--data", in("data"), "--to", in("log.age"), "--recipient", id.Recipient().String())
	head := func(p *platform.Platform) (at eventstore.Position) {
		at, err := p.Store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	var later eventstore.Position
	withinAll(t, platform.Config{Folder: in("data"), Redis: url}, func(p *platform.Platform) {
		onExpert(t, p, places.Expert, func(s domain.Stamp) expert.Command {
			return expert.DeclareIdentity{Stamp: s, Identity: expert.Identity{Name: personal.Of(places.Expert, canaryName), Email: personal.Of(places.Expert, canaryEmail)}}
		})
		later = head(p)
		if err := p.Views.WaitFor(t.Context(), later); err != nil {
			t.Fatal(err)
		}
	})
	must(t, "restore", "--from", in("log.age"), "--identity", in("backup.key"), "--data", in("restored"),
		"--ledger", in("data/erasures.ledger"), "--wrap", in("data/keys.wrap"))
	withinAll(t, platform.Config{Folder: in("restored"), Redis: url}, func(p *platform.Platform) {
		at := head(p)
		err := p.Views.Read(t.Context(), at, func(r projections.Reader) error {
			if at >= later || r.Position() > head(p) {
				t.Errorf("the log ends at %d, and the views at %d", at, r.Position())
			}
			row, err := views.People.Get(r, string(places.Expert))
			if err != nil || row == nil {
				return fmt.Errorf("the person is not there: %v", err)
			}
			if name, err := personal.Open(row.Identity.Name, personal.ToSubject); err != nil || name == canaryName {
				t.Errorf("the views know what the log does not: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestAKilledRestoreIsNeverServed kills a restore later and later, until one comes
// to its end: at every moment before, the folder is refused or empty. One that was
// killed after its last step has left all of the log.
func TestAKilledRestoreIsNeverServed(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if _, err := seedFolder(in("data"), "", 200); err != nil {
		t.Fatal(err)
	}
	id := aKey(t, in("backup.key"))
	must(t, "backup", "--data", in("data"), "--to", in("log.age"), "--recipient", id.Recipient().String())
	refused := 0
	for after := 10 * time.Millisecond; ; after += after / 8 {
		ctx, cancel := context.WithTimeout(t.Context(), after) // kills with SIGKILL
		err := exec.CommandContext(ctx, "diaspora", "restore", "--from", in("log.age"), "--identity", in("backup.key"),
			"--data", in("restored"), "--ledger", in("data/erasures.ledger"), "--wrap", in("data/keys.wrap")).Run()
		cancel()
		if err == nil {
			break
		}
		if after > patience {
			t.Fatalf("the restore does not end: %v", err)
		}
		entries, _ := os.ReadDir(in("restored")) // not there yet, perhaps
		if len(entries) == 0 {
			continue
		}
		if err := platform.Usable(in("restored"), ""); err == nil {
			break
		}
		refused++
	}
	if refused == 0 {
		t.Fatal("no restore was killed half way: the test tests nothing")
	}
	var whole verified
	var out, errs bytes.Buffer
	if code := Run(t.Context(), []string{"verify", "--json", "--data", in("data")}, nil, &out, &errs, nil); code != ExitDone {
		t.Fatalf("verify ends with %d: %s", code, errs.String())
	}
	if err := json.Unmarshal(out.Bytes(), &whole); err != nil {
		t.Fatal(err)
	}
	must(t, "verify", "--data", in("restored"), "--expect-head", whole.Head)
}
