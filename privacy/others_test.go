package privacy_test

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/privacy"
)

func (r *room) share() *privacy.Keys {
	r.t.Helper()
	k, err := privacy.Open(ctx, privacy.Config{Path: r.keys, KeyEncryption: r.kek, Shared: true})
	must(r.t, err)
	r.t.Cleanup(func() { _ = k.Close() })
	return k
}

// What one fences or destroys, another that holds the key in memory neither seals
// with nor opens with any more.
func TestSharedKeysAreGoneEverywhereAtOnce(t *testing.T) {
	r := newRoom(t)
	one, other := r.share(), r.share()
	sealed := seal(t, one, subject(1), "Amina")
	if got, err := other.Open(ctx, subject(1), aad, sealed); err != nil || string(got) != "Amina" {
		t.Fatalf("%q, %v", got, err)
	}
	must(t, one.Fence(ctx, subject(1)))
	if _, err := other.Seal(ctx, subject(1), aad, []byte("more")); !errors.Is(err, personal.ErrErased) {
		t.Errorf("sealed after the fence of another: %v", err)
	}
	if _, err := other.Open(ctx, subject(1), aad, sealed); err != nil {
		t.Errorf("a fenced key opens: %v", err)
	}
	must(t, one.Destroy(ctx, subject(1)))
	if _, err := other.Open(ctx, subject(1), aad, sealed); !errors.Is(err, personal.ErrErased) {
		t.Errorf("opened after another destroyed the key: %v", err)
	}
}

// Two that make a key for one person at once agree on it.
func TestSharedKeysAreMadeOnce(t *testing.T) {
	r := newRoom(t)
	stores := []*privacy.Keys{r.share(), r.share()}
	const people = 100
	sealed := make([][2][]byte, people)
	var running sync.WaitGroup
	for i, k := range stores {
		running.Go(func() {
			for n := range people {
				sealed[n][i], _ = k.Seal(ctx, subject(n), aad, []byte("text"))
			}
		})
	}
	running.Wait()
	for n := range people {
		for i := range stores {
			if _, err := stores[1-i].Open(ctx, subject(n), aad, sealed[n][i]); err != nil {
				t.Fatalf("what store %d sealed does not open in the other: %v", i, err)
			}
		}
	}
}

// Who shares keeps out who does not, and the other way round.
func TestSharedAndAloneExclude(t *testing.T) {
	r := newRoom(t)
	k := r.share()
	if _, err := privacy.Open(ctx, privacy.Config{Path: r.keys, KeyEncryption: r.kek}); !errors.Is(err, privacy.ErrInUse) {
		t.Errorf("alone beside who shares: %v", err)
	}
	must(t, k.Close())
	r.open()
	if _, err := privacy.Open(ctx, privacy.Config{Path: r.keys, KeyEncryption: r.kek, Shared: true}); !errors.Is(err, privacy.ErrInUse) {
		t.Errorf("shared beside who is alone: %v", err)
	}
}

// erasedBy names the folder in which this test, started again as another process,
// destroys a key.
const erasedBy = "DIASPORA_TEST_ERASED_BY"

// The same between processes, which have no memory of Go in common.
func TestSharedKeysAreGoneInAnotherProcess(t *testing.T) {
	if dir := os.Getenv(erasedBy); dir != "" {
		kek, err := privacy.KeyEncryptionFromFile(dir + "/kek")
		must(t, err)
		r := &room{t, dir, dir + "/keys.db", kek}
		must(t, r.share().Destroy(ctx, subject(1)))
		return
	}
	dir := t.TempDir()
	kek, err := privacy.KeyEncryptionFromFile(dir + "/kek")
	must(t, err)
	k := (&room{t, dir, dir + "/keys.db", kek}).share()
	sealed := seal(t, k, subject(1), "Amina")
	again := exec.Command(os.Args[0], "-test.run=^TestSharedKeysAreGoneInAnotherProcess$")
	again.Env = append(os.Environ(), erasedBy+"="+dir)
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := k.Open(ctx, subject(1), aad, sealed); !errors.Is(err, personal.ErrErased) {
		t.Errorf("opened after another process destroyed the key: %v", err)
	}
}
