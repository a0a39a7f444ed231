package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/backup"
	"github.com/diaspora-match/diaspora/privacy"
)

var made = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

func identity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// aLog is one of three streams.
func aLog(t testing.TB, events int) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for i := range events {
		e := eventstore.Event{ID: uuid.New(), Type: "need.Drafted", Data: fmt.Appendf(nil, `{"number":%d}`, i), Meta: []byte(`{"m":1}`)}
		if _, err := s.Append(t.Context(), fmt.Sprintf("need-%d", i%3), eventstore.Any, e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func written(t testing.TB, s eventstore.Store, id *age.X25519Identity) ([]byte, backup.Summary) {
	t.Helper()
	var b bytes.Buffer
	_, summary, err := backup.WriteLog(t.Context(), &b, []age.Recipient{id.Recipient()}, s, backup.Header{Made: made, Engine: "sqlite"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), summary
}

// read reads a whole archive of a log.
func read(b []byte, kind backup.Kind, ids ...age.Identity) (events []eventstore.Recorded, err error) {
	a, err := backup.Open(bytes.NewReader(b), kind, ids)
	if err != nil {
		return nil, err
	}
	for e, err := range a.Events() {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

func TestALogComesBackAsItWas(t *testing.T) {
	for _, n := range []int{0, 1, 2000} {
		log, id := aLog(t, n), identity(t)
		b, summary := written(t, log, id)
		if summary.Count != uint64(n) || bytes.Contains(b, []byte("need.Drafted")) {
			t.Fatalf("%d events, or not encrypted: %+v", n, summary)
		}
		got, err := read(b, backup.Log, id)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for want, err := range log.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
			if err != nil {
				t.Fatal(err)
			}
			g := got[i]
			if g.Stream != want.Stream || g.Revision != want.Revision || g.Position != want.Position || g.ID != want.ID || g.Type != want.Type ||
				!bytes.Equal(g.Data, want.Data) || !bytes.Equal(g.Meta, want.Meta) || !g.Time.Equal(want.Time) {
				t.Fatalf("event %d is %+v, was %+v", i, g, want)
			}
			i++
		}
		if i != len(got) || i != n {
			t.Fatalf("%d events came back of %d", len(got), n)
		}
	}
}

// What is appended while the log is copied is for the next archive.
func TestACopyEndsWhereTheLogEndedWhenItBegan(t *testing.T) {
	log, id := aLog(t, 100), identity(t)
	var b bytes.Buffer
	_, summary, err := backup.WriteLog(t.Context(), &b, []age.Recipient{id.Recipient()}, log, backup.Header{Made: made}, func(at eventstore.Position) {
		_, err := log.Append(context.Background(), "need-9", eventstore.Any, eventstore.Event{ID: uuid.New(), Type: "need.Drafted"})
		if err != nil {
			t.Error(err)
		}
	})
	if err != nil || summary.Count != 100 || summary.Last != 100 {
		t.Fatalf("%+v, %v", summary, err)
	}
	if _, err := read(b.Bytes(), backup.Log, id); err != nil {
		t.Fatal(err)
	}
}

// Whatever happens to an archive, it is told; no event that was not in the log ever
// comes out, and no end that is not the end.
func TestADamagedArchiveIsNeverReadAsWhole(t *testing.T) {
	log, id := aLog(t, 400), identity(t)
	b, _ := written(t, log, id)
	told := func(err error) bool {
		return errors.Is(err, backup.ErrDamaged) || errors.Is(err, backup.ErrKey) || errors.Is(err, backup.ErrFormat)
	}
	for cut := 0; cut < len(b); cut += max(1, len(b)/211) {
		if _, err := read(b[:cut], backup.Log, id); !told(err) {
			t.Errorf("cut at %d of %d: %v", cut, len(b), err)
		}
	}
	for at := 0; at < len(b); at += max(1, len(b)/211) {
		flipped := bytes.Clone(b)
		flipped[at] ^= 4
		if _, err := read(flipped, backup.Log, id); !told(err) {
			t.Errorf("flipped at %d of %d: %v", at, len(b), err)
		}
	}
	if _, err := read(append(bytes.Clone(b), 'x'), backup.Log, id); !told(err) {
		t.Errorf("lengthened: %v", err)
	}
	for name, c := range map[string]struct {
		bytes []byte
		kind  backup.Kind
		id    age.Identity
		want  error
	}{
		"another identity": {b, backup.Log, identity(t), backup.ErrKey},
		"the other kind":   {b, backup.Keys, id, backup.ErrOther},
		"no archive":       {[]byte(strings.Repeat("something else\n", 1000)), backup.Log, id, backup.ErrDamaged},
		"another text":     {sealed(t, id, []byte("something else, sealed by the same people")), backup.Log, id, backup.ErrFormat},
		"an endless frame": {sealed(t, id, []byte("diaspora archive 1\nh\xff\xff\xff\xff\x7f")), backup.Log, id, backup.ErrDamaged},
	} {
		if _, err := read(c.bytes, c.kind, c.id); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// sealed encrypts as somebody could who knows the recipient, which is public.
func sealed(t testing.TB, id *age.X25519Identity, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, id.Recipient())
	if err == nil {
		_, err = w.Write(plain)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// An archive that was opened, changed and sealed again by somebody who knows the
// recipient does not pass: neither a changed event, nor one left out, nor frames
// after the end.
func TestAForgedArchiveIsTold(t *testing.T) {
	log, id := aLog(t, 50), identity(t)
	b, _ := written(t, log, id)
	r, err := age.Decrypt(bytes.NewReader(b), id)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(sealed(t, id, plain), backup.Log, id); err != nil {
		t.Fatalf("sealed again as it was: %v", err)
	}
	for at := len("diaspora archive 1\n"); at < len(plain); at += 3 {
		forged := bytes.Clone(plain)
		forged[at] ^= 1
		if _, err := read(sealed(t, id, forged), backup.Log, id); err == nil {
			t.Errorf("a change at %d of %d passes", at, len(plain))
		}
	}
	if _, err := read(sealed(t, id, append(bytes.Clone(plain), plain[len(plain)-1])), backup.Log, id); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("frames after the end: %v", err)
	}
	if _, err := read(sealed(t, id, plain[:len(plain)-300]), backup.Log, id); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("the end left out: %v", err)
	}
}

func TestKeysComeBackAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	kek, err := privacy.KeyEncryptionFromFile(filepath.Join(dir, "kek"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := privacy.Open(t.Context(), privacy.Config{Path: filepath.Join(dir, "keys.db"), KeyEncryption: kek})
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	for i := range 200 {
		if err := keys.Ensure(t.Context(), fmt.Sprintf("person-%03d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := keys.Destroy(t.Context(), "person-007"); err != nil {
		t.Fatal(err)
	}
	vault := privacy.NewVault(keys, func(context.Context, privacy.Read) error { return nil })
	if err := vault.Put(t.Context(), "person-008", "passport", privacy.Protect([]byte("secret")), made); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	id := identity(t)
	summary, err := backup.WriteKeys(t.Context(), &b, []age.Recipient{id.Recipient()}, keys, backup.Header{Origin: "x"}, made)
	if err != nil || summary.Count != 200 {
		t.Fatalf("%+v, %v", summary, err)
	}
	a, err := backup.Open(&b, backup.Keys, []age.Identity{id})
	if err != nil || a.Header.Origin != "x" || !a.Header.Made.Equal(made) {
		t.Fatalf("%+v, %v", a, err)
	}
	var got, want []privacy.Copied
	for row, err := range a.Keys() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row)
	}
	for row, err := range keys.Copy(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, row)
	}
	same := func(a, b privacy.Copied) bool {
		return a.Subject == b.Subject && a.Kind == b.Kind && a.State == b.State && a.Epoch == b.Epoch && a.Stored == b.Stored &&
			bytes.Equal(a.Wrapped, b.Wrapped) && bytes.Equal(a.Sealed, b.Sealed)
	}
	if len(want) != 201 || !slices.EqualFunc(got, want, same) {
		t.Errorf("%d rows came back of %d, or others", len(got), len(want))
	}
}

// FuzzOpen: whatever somebody seals for the recipient, reading it ends with an
// error or with a whole archive, and takes no more memory than a frame.
func FuzzOpen(f *testing.F) {
	id := identity(f)
	f.Add([]byte("diaspora archive 1\n"))
	f.Add([]byte("diaspora archive 1\nh\x02{}s\x02{}"))
	f.Add([]byte("diaspora archive 1\nh\x0e{\"kind\":\"log\"}e\x00"))
	f.Fuzz(func(t *testing.T, plain []byte) {
		b := sealed(t, id, plain)
		for _, kind := range []backup.Kind{backup.Log, backup.Keys} {
			a, err := backup.Open(bytes.NewReader(b), kind, []age.Identity{id})
			if err != nil {
				continue
			}
			for _, err := range a.Events() {
				if err != nil {
					break
				}
			}
		}
	})
}
