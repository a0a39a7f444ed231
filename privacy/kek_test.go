package privacy_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/privacy"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kek")
	f, err := privacy.KeyEncryptionFromFile(path)
	must(t, err)
	first, err := os.ReadFile(path)
	must(t, err)
	stat, err := os.Stat(path)
	must(t, err)
	if stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", stat.Mode().Perm())
	}
	wrapped, err := f.Wrap(ctx, 1, aad, bytes.Repeat([]byte{7}, 32))
	must(t, err)
	if epoch, err := f.Advance(ctx); err != nil || epoch != 2 {
		t.Fatalf("%d, %v", epoch, err)
	}
	f, err = privacy.KeyEncryptionFromFile(path) // as after a restart
	must(t, err)
	if key, err := f.Unwrap(ctx, 1, aad, wrapped); err != nil || key[0] != 7 {
		t.Fatalf("%v", err)
	}
	if _, err := f.Unwrap(ctx, 1, []byte("another subject"), wrapped); !errors.Is(err, privacy.ErrUnwrap) {
		t.Errorf("%v", err)
	}
	if _, err := f.Unwrap(ctx, 2, aad, wrapped); !errors.Is(err, privacy.ErrUnwrap) {
		t.Errorf("%v", err)
	}
	if err := f.Destroy(ctx, 2); err == nil {
		t.Error("the current epoch was destroyed")
	}
	old, err := os.Open(path) // holds on to the replaced file
	must(t, err)
	defer old.Close()
	must(t, f.Destroy(ctx, 1))
	must(t, f.Destroy(ctx, 1))
	if _, err := f.Unwrap(ctx, 1, aad, wrapped); !errors.Is(err, privacy.ErrNoEpoch) {
		t.Errorf("%v", err)
	}
	secret := bytes.TrimPrefix(bytes.TrimSpace(first), []byte("1 "))
	now, err := os.ReadFile(path)
	must(t, err)
	replaced := make([]byte, 4096)
	n, err := old.Read(replaced)
	must(t, err)
	if bytes.Contains(now, secret) || bytes.Contains(replaced[:n], secret) {
		t.Error("the destroyed key still stands in the file or the one that it replaced")
	}
}

func TestBadKeyFilesAreRefused(t *testing.T) {
	good := "1 " + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n"
	for name, tc := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"readable by others": {good, 0o640},
		"empty":              {"", 0o600},
		"short key":          {"1 " + base64.StdEncoding.EncodeToString(make([]byte, 16)), 0o600},
		"no number":          {strings.Replace(good, "1", "x", 1), 0o600},
		"epoch zero":         {strings.Replace(good, "1", "0", 1), 0o600},
		"epoch twice":        {good + good, 0o600},
	} {
		path := filepath.Join(t.TempDir(), "kek")
		must(t, os.WriteFile(path, []byte(tc.text), tc.mode))
		must(t, os.Chmod(path, tc.mode))
		if _, err := privacy.KeyEncryptionFromFile(path); !errors.Is(err, privacy.ErrKeyFile) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: the error shows the key", name)
		}
	}
}

func TestKeyFromTheEnvironmentRotatesByTheOperator(t *testing.T) {
	one := "1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))
	two := "2:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 32))
	r := newRoom(t)
	use := func(value string) *privacy.Keys {
		t.Helper()
		kek, err := privacy.KeyEncryptionFromEnv(value)
		must(t, err)
		r.kek = kek
		return r.open()
	}
	k := use(one)
	sealed := seal(t, k, subject(1), "Anna")
	if _, err := k.Rotate(ctx); !errors.Is(err, privacy.ErrByOperator) {
		t.Errorf("%v", err)
	}
	must(t, k.Close())

	k = use(one + "," + two)
	if rotation, err := k.Rotate(ctx); err != nil || rotation != (privacy.Rotation{Epoch: 2, Rewrapped: 1}) {
		t.Errorf("%+v, %v", rotation, err)
	}
	if retired, err := k.Retire(ctx); !errors.Is(err, privacy.ErrByOperator) || len(retired) != 0 {
		t.Errorf("%v, %v", retired, err)
	}
	must(t, k.Close())

	k = use(two)
	if plain, err := k.Open(ctx, subject(1), aad, sealed); err != nil || string(plain) != "Anna" {
		t.Errorf("%q, %v", plain, err)
	}
	for _, bad := range []string{"", "1", "x:y", one + "," + one} {
		if _, err := privacy.KeyEncryptionFromEnv(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
