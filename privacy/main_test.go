package privacy_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/privacy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	ctx  = context.Background()
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	aad  = []byte("what it belongs to")
)

func subject(n int) string { return fmt.Sprintf("0b8f9c1e-0000-4000-8000-%012d", n) }

// room is a key store with its files.
type room struct {
	t         testing.TB
	dir, keys string
	kek       privacy.KeyEncryption
}

func newRoom(t testing.TB) *room {
	t.Helper()
	dir := t.TempDir()
	kek, err := privacy.KeyEncryptionFromFile(filepath.Join(t.TempDir(), "kek"))
	if err != nil {
		t.Fatal(err)
	}
	return &room{t, dir, filepath.Join(dir, "keys.db"), kek}
}

// open opens the key store; it is closed with the test unless the test does.
func (r *room) open() *privacy.Keys {
	r.t.Helper()
	k, err := privacy.Open(ctx, privacy.Config{Path: r.keys, KeyEncryption: r.kek})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = k.Close() })
	return k
}

func (r *room) files() map[string][]byte {
	r.t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(r.dir, e.Name())); err != nil {
			r.t.Fatal(err)
		}
	}
	return files
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func seal(t testing.TB, k *privacy.Keys, subject, text string) []byte {
	t.Helper()
	b, err := k.Seal(ctx, subject, aad, []byte(text))
	must(t, err)
	return b
}
