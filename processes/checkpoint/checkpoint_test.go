package checkpoint_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/diaspora-match/diaspora/processes/checkpoint"
)

func TestPlacesOutliveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoints.db")
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v (%v)", info.Mode(), err)
	}
	if err := f.Save(t.Context(), "placement", 42); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err = checkpoint.Open(path); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	after, release, err := f.Claim(t.Context(), "placement")
	if err != nil || after != 42 {
		t.Fatalf("resumes after %d (%v), want 42", after, err)
	}
	release()
	if after, _, err := f.Claim(t.Context(), "another"); err != nil || after != 0 {
		t.Fatalf("a new group begins after %d (%v)", after, err)
	}
}

// One reader a group: the second waits for the first, and gives up with its
// context.
func TestOneReaderAGroup(t *testing.T) {
	f, err := checkpoint.Open(filepath.Join(t.TempDir(), "checkpoints.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, release, err := f.Claim(t.Context(), "g")
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := f.Claim(impatient, "g"); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	second := make(chan error, 1)
	go func() { _, _, err := f.Claim(t.Context(), "g"); second <- err }()
	release()
	release() // twice does no harm
	if err := <-second; err != nil {
		t.Fatal(err)
	}
}
