package privacy_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/privacy"
)

func TestKeysSurviveReopen(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	sealed := seal(t, k, subject(1), "Anna")
	again := seal(t, k, subject(1), "Anna")
	if bytes.Equal(sealed, again) || bytes.Contains(sealed, []byte("Anna")) {
		t.Fatal("sealing is not randomised, or not sealing")
	}
	must(t, k.Close())
	k = r.open()
	for _, s := range [][]byte{sealed, again} {
		if plain, err := k.Open(ctx, subject(1), aad, s); err != nil || string(plain) != "Anna" {
			t.Fatalf("%q, %v", plain, err)
		}
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	k := newRoom(t).open()
	sealed := seal(t, k, subject(1), "Anna")
	must(t, k.Ensure(ctx, subject(2)))
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for name, tc := range map[string]struct {
		subject     string
		aad, sealed []byte
		want        error
	}{
		"another place":   {subject(1), []byte("elsewhere"), sealed, personal.ErrCorrupt},
		"another subject": {subject(2), aad, sealed, personal.ErrCorrupt},
		"flipped bit":     {subject(1), aad, flipped, personal.ErrCorrupt},
		"cut short":       {subject(1), aad, sealed[:5], personal.ErrCorrupt},
		"nothing":         {subject(1), aad, nil, personal.ErrCorrupt},
		"no key":          {subject(3), aad, sealed, privacy.ErrNoKey},
	} {
		if plain, err := k.Open(ctx, tc.subject, tc.aad, tc.sealed); !errors.Is(err, tc.want) || plain != nil || errors.Is(err, personal.ErrErased) {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
}

func wrappedKey(t testing.TB, path, subject string) []byte {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	must(t, err)
	defer conn.Close()
	var b []byte
	must(t, sqlitex.Execute(conn, `SELECT wrapped FROM keys WHERE subject = ?`, &sqlitex.ExecOptions{Args: []any{subject}, ResultFunc: func(s *sqlite.Stmt) error {
		b = make([]byte, s.ColumnLen(0))
		s.ColumnBytes(0, b)
		return nil
	}}))
	return b
}

func TestDestroyedKeyNeverOpensAgainAndLeavesNoByte(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	var all []string
	for i := range 3000 {
		all = append(all, subject(i))
	}
	must(t, k.Ensure(ctx, all...))
	sealed := map[string][]byte{}
	wrapped := map[string][]byte{}
	for i := 0; i < len(all); i += 97 {
		sealed[all[i]], wrapped[all[i]] = seal(t, k, all[i], "Anna"), wrappedKey(t, r.keys, all[i])
	}
	for s := range sealed {
		must(t, k.Destroy(ctx, s))
		must(t, k.Destroy(ctx, s))
		for name, b := range r.files() {
			if bytes.Contains(b, wrapped[s]) || bytes.Contains(b, wrapped[s][12:28]) {
				t.Fatalf("the wrapped key of %s still stands in %s", s, name)
			}
		}
	}
	check := func(k *privacy.Keys) {
		t.Helper()
		for s, b := range sealed {
			if _, err := k.Open(ctx, s, aad, b); !errors.Is(err, personal.ErrErased) {
				t.Fatalf("opens with %v", err)
			}
			if _, err := k.Seal(ctx, s, aad, []byte("again")); !errors.Is(err, personal.ErrErased) {
				t.Fatalf("seals with %v", err)
			}
			must(t, k.Ensure(ctx, s))
			must(t, k.Fence(ctx, s))
			if state, err := k.StateOf(ctx, s); err != nil || state != privacy.Destroyed {
				t.Fatalf("the tombstone became %v, %v", state, err)
			}
		}
	}
	check(k)
	must(t, k.Close())
	k = r.open()
	check(k)
	if plain, err := k.Open(ctx, subject(1), aad, seal(t, k, subject(1), "Bilal")); err != nil || string(plain) != "Bilal" {
		t.Fatalf("others lost their key: %v", err)
	}
}

func TestFenceStopsSealingAndNotReading(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	sealed := seal(t, k, subject(1), "Anna")
	must(t, k.Fence(ctx, subject(1)))
	for range 2 {
		if _, err := k.Seal(ctx, subject(1), aad, []byte("more")); !errors.Is(err, personal.ErrErased) {
			t.Errorf("a fenced subject seals: %v", err)
		}
		if plain, err := k.Open(ctx, subject(1), aad, sealed); err != nil || string(plain) != "Anna" {
			t.Errorf("a fenced subject cannot be read: %v", err)
		}
		must(t, k.Close())
		k = r.open()
	}
	must(t, k.Fence(ctx, subject(9))) // before anything was sealed
	if _, err := k.Seal(ctx, subject(9), aad, []byte("late")); !errors.Is(err, personal.ErrErased) {
		t.Errorf("a subject fenced before its first key seals: %v", err)
	}
	must(t, k.Destroy(ctx, subject(8)))
	if _, err := k.Seal(ctx, subject(8), aad, []byte("late")); !errors.Is(err, personal.ErrErased) {
		t.Errorf("a subject destroyed before its first key seals: %v", err)
	}
}

func TestRotationRetiresTheOldEpoch(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	var all []string
	for i := range 2500 { // more than two pages
		all = append(all, subject(i))
	}
	must(t, k.Ensure(ctx, all...))
	sealed := seal(t, k, subject(7), "Anna")
	gone := seal(t, k, subject(8), "Bilal")
	must(t, k.Destroy(ctx, subject(8)))
	vault := privacy.NewVault(k, recordNothing)
	must(t, vault.Put(ctx, subject(7), "passport", privacy.Protect([]byte("P123")), noon))
	must(t, k.Close())
	backup, err := os.ReadFile(r.keys)
	must(t, err)

	k = r.open()
	vault = privacy.NewVault(k, recordNothing)
	old := wrappedKey(t, r.keys, subject(7))
	rotation, err := k.Rotate(ctx)
	if err != nil || rotation.Epoch != 2 || rotation.Rewrapped != 2500 { // 2499 keys and a row of the vault
		t.Fatalf("%+v, %v", rotation, err)
	}
	for name, b := range r.files() {
		if bytes.Contains(b, old) {
			t.Errorf("the old wrapping still stands in %s", name)
		}
	}
	retired, err := k.Retire(ctx)
	if err != nil || fmt.Sprint(retired) != "[1]" {
		t.Fatalf("retired %v, %v", retired, err)
	}
	if again, err := k.Retire(ctx); err != nil || len(again) != 0 {
		t.Errorf("retired twice: %v, %v", again, err)
	}
	check := func() {
		t.Helper()
		if plain, err := k.Open(ctx, subject(7), aad, sealed); err != nil || string(plain) != "Anna" {
			t.Errorf("after rotation: %q, %v", plain, err)
		}
		if _, err := k.Open(ctx, subject(8), aad, gone); !errors.Is(err, personal.ErrErased) {
			t.Errorf("rotation brought an erased subject back: %v", err)
		}
		if p, err := vault.Get(ctx, "passport", privacy.Read{Subject: subject(7)}); err != nil || string(p.Reveal()) != "P123" {
			t.Errorf("the vault after rotation: %v", err)
		}
	}
	check()
	must(t, k.Close())
	k = r.open()
	vault = privacy.NewVault(k, recordNothing)
	check()
	must(t, k.Close())

	// The backup from before the rotation opens nothing.
	must(t, os.WriteFile(r.keys, backup, 0o600))
	if _, err := privacy.Open(ctx, privacy.Config{Path: r.keys, KeyEncryption: r.kek}); !errors.Is(err, privacy.ErrNoEpoch) {
		t.Errorf("an old backup opens: %v", err)
	}
}

func TestInterruptedRotationIsFinished(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	must(t, k.Ensure(ctx, subject(1), subject(2)))
	if _, err := r.kek.Advance(ctx); err != nil { // as if the program died right after
		t.Fatal(err)
	}
	if _, err := k.Retire(ctx); err != nil {
		t.Fatal(err)
	}
	rotation, err := k.Rotate(ctx)
	if err != nil || rotation != (privacy.Rotation{Epoch: 2, Rewrapped: 2}) {
		t.Fatalf("%+v, %v", rotation, err)
	}
}

func TestKeysCreatedDuringRotationOpenAfterRetirement(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	var all []string
	for i := range 3000 {
		all = append(all, subject(i))
	}
	must(t, k.Ensure(ctx, all...))
	sealed := make([][]byte, 40)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := w; i < len(sealed); i += 4 {
				sealed[i], _ = k.Seal(ctx, subject(10_000+i), aad, []byte("during"))
			}
		})
	}
	for range 3 {
		if _, err := k.Rotate(ctx); err != nil {
			t.Error(err)
		}
		if _, err := k.Retire(ctx); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	must(t, k.Close())
	k = r.open()
	for i, s := range sealed {
		if plain, err := k.Open(ctx, subject(10_000+i), aad, s); err != nil || string(plain) != "during" {
			t.Fatalf("key %d: %v", i, err)
		}
	}
}

func TestWrongKeyEncryptionIsFoundAtTheStart(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	must(t, k.Ensure(ctx, subject(1)))
	must(t, k.Close())
	other, err := privacy.KeyEncryptionFromFile(filepath.Join(t.TempDir(), "other"))
	must(t, err)
	if _, err := privacy.Open(ctx, privacy.Config{Path: r.keys, KeyEncryption: other}); !errors.Is(err, privacy.ErrWrongKeyEncryption) {
		t.Errorf("%v", err)
	}
}

func TestDamagedRowIsCorruptAndNotErased(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	must(t, k.Ensure(ctx, subject(1)))
	sealed := seal(t, k, subject(2), "Bilal")
	must(t, k.Close())
	conn, err := sqlite.OpenConn(r.keys, sqlite.OpenReadWrite)
	must(t, err)
	// The rows of two subjects are swapped: each is bound to its own.
	must(t, sqlitex.ExecuteScript(conn, `UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE subject LIKE '%01') WHERE subject LIKE '%02'`, nil))
	must(t, conn.Close())
	k = r.open()
	if _, err := k.Open(ctx, subject(2), aad, sealed); !errors.Is(err, personal.ErrCorrupt) {
		t.Errorf("%v", err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	r := newRoom(t)
	r.open()
	if _, err := privacy.Open(ctx, privacy.Config{Path: r.keys, KeyEncryption: r.kek}); !errors.Is(err, privacy.ErrInUse) {
		t.Errorf("%v", err)
	}
}

func TestReadOnlyOpensBesideTheWriterAndWritesNothing(t *testing.T) {
	r := newRoom(t)
	readOnly := func() (*privacy.Keys, error) {
		return privacy.Open(ctx, privacy.Config{Path: r.keys, KeyEncryption: r.kek, ReadOnly: true})
	}
	if k, err := readOnly(); err == nil {
		t.Fatal("a missing key store opens read-only", k.Close())
	}
	w := r.open()
	sealed := seal(t, w, subject(1), "Anna")
	for range 2 { // beside the writer, then alone
		k, err := readOnly()
		must(t, err)
		if plain, err := k.Open(ctx, subject(1), aad, sealed); err != nil || string(plain) != "Anna" {
			t.Errorf("%q, %v", plain, err)
		}
		_, sealErr := k.Seal(ctx, subject(2), aad, nil)
		for name, err := range map[string]error{
			"Seal": sealErr, "Ensure": k.Ensure(ctx, subject(2)), "Destroy": k.Destroy(ctx, subject(1)),
			"Delete": privacy.NewVault(k, recordNothing).Delete(ctx, subject(1), "passport"),
		} {
			if !errors.Is(err, privacy.ErrReadOnly) {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, k.Close())
		must(t, w.Close())
	}
}

func TestClosedStoreSaysSo(t *testing.T) {
	k := newRoom(t).open()
	must(t, k.Close())
	if err := k.Ensure(ctx, subject(1)); !errors.Is(err, privacy.ErrClosed) {
		t.Errorf("Ensure: %v", err)
	}
	if _, err := k.Open(ctx, subject(1), aad, nil); !errors.Is(err, privacy.ErrClosed) {
		t.Errorf("Open: %v", err)
	}
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	must(t, k.Ensure(ctx, subject(1)))
	entries, err := os.ReadDir(r.dir)
	must(t, err)
	for _, e := range entries {
		info, err := e.Info()
		must(t, err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", e.Name(), info.Mode().Perm())
		}
	}
}

func TestBadSubjectsAreRefused(t *testing.T) {
	k := newRoom(t).open()
	for _, s := range []string{"", strings.Repeat("x", privacy.MaxSubjectBytes+1)} {
		for name, err := range map[string]error{"Ensure": k.Ensure(ctx, s), "Fence": k.Fence(ctx, s), "Destroy": k.Destroy(ctx, s)} {
			if !errors.Is(err, privacy.ErrSubject) {
				t.Errorf("%s of %d bytes: %v", name, len(s), err)
			}
		}
	}
	must(t, k.Ensure(ctx, strings.Repeat("x", privacy.MaxSubjectBytes)))
}

func TestCacheIsBoundedAndWarmed(t *testing.T) {
	r := newRoom(t)
	k, err := privacy.Open(ctx, privacy.Config{Path: r.keys, KeyEncryption: r.kek, OpenKeys: 2})
	must(t, err)
	defer k.Close()
	sealed := map[string][]byte{}
	for i := range 10 {
		sealed[subject(i)] = seal(t, k, subject(i), "Anna")
	}
	for s, b := range sealed { // far more than the cache holds
		if _, err := k.Open(ctx, s, aad, b); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	if n, err := k.Warm(ctx, 5); err != nil || n != 5 {
		t.Errorf("warmed %d, %v", n, err)
	}
}

// Writers, readers, destroyers and a rotation at once: what opens is right, what
// was destroyed stays destroyed.
func TestManyAtOnce(t *testing.T) {
	k := newRoom(t).open()
	const subjects = 40
	destroyed := make([]chan struct{}, subjects)
	var wg sync.WaitGroup
	for i := range destroyed {
		destroyed[i] = make(chan struct{})
	}
	for w := range 4 {
		wg.Go(func() {
			for n := range 200 {
				i := (n*7 + w) % subjects
				var dead bool
				select {
				case <-destroyed[i]:
					dead = true
				default:
				}
				sealed, err := k.Seal(ctx, subject(i), aad, []byte("Anna"))
				if dead != errors.Is(err, personal.ErrErased) && (dead || err != nil && !errors.Is(err, personal.ErrErased)) {
					t.Errorf("seal for %d, destroyed %v: %v", i, dead, err)
				}
				if err != nil {
					continue
				}
				if plain, err := k.Open(ctx, subject(i), aad, sealed); err == nil && string(plain) != "Anna" || err != nil && !errors.Is(err, personal.ErrErased) {
					t.Errorf("open for %d: %q, %v", i, plain, err)
				}
			}
		})
	}
	wg.Go(func() {
		for i := 0; i < subjects; i += 2 {
			if err := k.Destroy(ctx, subject(i)); err != nil {
				t.Error(err)
			}
			close(destroyed[i])
		}
	})
	wg.Go(func() {
		if _, err := k.Rotate(ctx); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	for i := 0; i < subjects; i += 2 {
		if state, err := k.StateOf(ctx, subject(i)); err != nil || state != privacy.Destroyed {
			t.Errorf("%d is %v, %v", i, state, err)
		}
	}
}
