package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

const aloneAppends = 50

// TestTheKernelIsAskedToSync counts with strace, from outside, what the kernel
// is asked for: between two acknowledgements of one writer alone lies at least
// one fsync that has succeeded, and there are as many as the store has counted.
func TestTheKernelIsAskedToSync(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		const sentence = "this test needs strace to count system calls: apt-get install strace"
		if os.Getenv("CI") == "true" {
			t.Fatal(sentence)
		}
		t.Skip(sentence)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	child := exec.Command(strace, "-f", "-o", trace, "-e", "trace=fsync,fdatasync,write", "-e", "signal=none", os.Args[0])
	child.Env = append(os.Environ(), "SQLITE_TEST_CHILD=alone", "SQLITE_TEST_PATH="+filepath.Join(t.TempDir(), "log.db"))
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	syncs, acks, sinceAck := 0, 0, 0
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.Contains(line, "sync") && strings.HasSuffix(line, "= 0"):
			syncs++
			sinceAck++
		case strings.Contains(line, `"acknowledged `):
			if acks++; sinceAck == 0 {
				t.Errorf("acknowledgement %d had no fsync of its own", acks)
			}
			sinceAck = 0
		}
	}
	if err := lines.Err(); err != nil || acks != aloneAppends {
		t.Fatalf("the trace shows %d acknowledgements, %v", acks, err)
	}
	var counted int
	if _, err := fmt.Sscanf(string(out[strings.LastIndex(string(out), "counted"):]), "counted %d", &counted); err != nil {
		t.Fatal(err)
	}
	// The kernel sees more than SQLite asked for: the folder of the new files, and
	// what closing syncs after the count was printed.
	if counted < acks || syncs < counted {
		t.Errorf("the kernel saw %d syncs for %d acknowledgements, the store counted %d", syncs, acks, counted)
	}
	t.Logf("%d acknowledgements, %d syncs seen by the kernel, %d counted by the store", acks, syncs, counted)
}

// childAlone is one writer, each of whose acknowledgements is a system call.
func childAlone(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	for i := range aloneAppends {
		e := eventstore.Event{ID: uuid.New(), Type: "crash.Marked", Data: make([]byte, 400)}
		if _, err := s.Append(ctx, "crash-1", eventstore.Any, e); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(os.Stdout, "acknowledged %d\n", i); err != nil {
			return err
		}
	}
	fmt.Printf("counted %d\n", s.Stats().Syncs)
	return s.Close()
}
