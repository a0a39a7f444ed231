package privacy_test

import (
	"errors"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/privacy"
)

func rowsOf(t *testing.T, k *privacy.Keys) (rows []privacy.Copied) {
	t.Helper()
	for row, err := range k.Copy(ctx) {
		must(t, err)
		rows = append(rows, row)
	}
	return rows
}

func given(rows ...privacy.Copied) iter.Seq2[privacy.Copied, error] {
	return func(yield func(privacy.Copied, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func nobody(string) bool { return false }

// pasted opens an empty key store under the same key-encryption key.
func (r *room) pasted(t *testing.T) *privacy.Keys {
	t.Helper()
	k, err := privacy.Open(ctx, privacy.Config{Path: filepath.Join(t.TempDir(), "keys.db"), KeyEncryption: r.kek})
	must(t, err)
	t.Cleanup(func() { must(t, k.Close()) })
	return k
}

// A pasted copy opens what was sealed before, keeps tombstones and the vault, and
// holds no key of those who were erased since.
func TestACopyOpensWhatMayBeOpened(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	const people = 300 // several pages
	sealed := map[int][]byte{}
	for i := range people {
		sealed[i] = seal(t, k, subject(i), "Anna")
	}
	vault := privacy.NewVault(k, recordNothing)
	for i := range 100 {
		must(t, vault.Put(ctx, subject(i), "passport", privacy.Protect([]byte("secret")), time.Now()))
	}
	must(t, k.Destroy(ctx, subject(1)))
	must(t, k.Fence(ctx, subject(2)))

	copied := r.pasted(t)
	n, err := copied.Paste(ctx, given(rowsOf(t, k)...), func(s string) bool { return s == subject(3) || s == subject(250) })
	if err != nil || n != people {
		t.Fatalf("%d subjects, %v", n, err)
	}
	for i := range people {
		want := error(nil)
		if i == 1 || i == 3 || i == 250 {
			want = personal.ErrErased
		}
		if plain, err := copied.Open(ctx, subject(i), aad, sealed[i]); !errors.Is(err, want) || want == nil && string(plain) != "Anna" {
			t.Errorf("person %d: %q, %v", i, plain, err)
		}
	}
	if state, err := copied.StateOf(ctx, subject(2)); err != nil || state != privacy.Fenced {
		t.Errorf("the fence: %v, %v", state, err)
	}
	reader := privacy.NewVault(copied, recordNothing)
	if p, err := reader.Get(ctx, "passport", privacy.Read{Subject: subject(0)}); err != nil || string(p.Reveal()) != "secret" {
		t.Errorf("the vault: %v", err)
	}
	if _, err := reader.Get(ctx, "passport", privacy.Read{Subject: subject(3)}); !errors.Is(err, personal.ErrErased) {
		t.Errorf("the vault of who was erased: %v", err)
	}
	if _, err := copied.Paste(ctx, given(), nobody); !errors.Is(err, privacy.ErrNotEmpty) {
		t.Errorf("pasted twice: %v", err)
	}
}

// An old copy opens nothing once the epoch of its time is gone.
func TestACopyOfARetiredEpochOpensNothing(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	seal(t, k, subject(1), "Anna")
	old := rowsOf(t, k)
	_, err := k.Rotate(ctx)
	must(t, err)
	_, err = k.Retire(ctx)
	must(t, err)
	if _, err := r.pasted(t).Paste(ctx, given(old...), nobody); !errors.Is(err, privacy.ErrNoEpoch) {
		t.Errorf("an old copy: %v", err)
	}
	if _, err := r.pasted(t).Paste(ctx, given(rowsOf(t, k)...), nobody); err != nil {
		t.Errorf("a new copy: %v", err)
	}
}

func TestAForeignRowIsRefused(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	seal(t, k, subject(1), "Anna")
	key := rowsOf(t, k)[0]
	change := func(f func(*privacy.Copied)) privacy.Copied { c := key; f(&c); return c }
	for name, row := range map[string]privacy.Copied{
		"no subject":          change(func(c *privacy.Copied) { c.Subject = "" }),
		"no state":            change(func(c *privacy.Copied) { c.State = privacy.Absent }),
		"unknown state":       change(func(c *privacy.Copied) { c.State = 9 }),
		"no key":              change(func(c *privacy.Copied) { c.Wrapped = nil }),
		"a key of the dead":   change(func(c *privacy.Copied) { c.State = privacy.Destroyed }),
		"a key too long":      change(func(c *privacy.Copied) { c.Wrapped = make([]byte, privacy.MaxWrappedBytes+1) }),
		"a value without key": change(func(c *privacy.Copied) { c.Kind, c.Wrapped, c.Sealed = "passport", nil, []byte("x") }),
		"a value too long":    change(func(c *privacy.Copied) { c.Kind, c.Sealed = "passport", make([]byte, privacy.MaxSealedBytes+1) }),
	} {
		if _, err := r.pasted(t).Paste(ctx, given(row), nobody); !errors.Is(err, privacy.ErrCopy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.pasted(t).Paste(ctx, given(change(func(c *privacy.Copied) { c.Subject = subject(2) })), nobody); !errors.Is(err, privacy.ErrWrongKeyEncryption) {
		t.Errorf("a key under another's name: %v", err)
	}
}
