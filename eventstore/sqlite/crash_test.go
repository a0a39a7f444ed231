package sqlite_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

var kills = flag.Int("kills", 20, "how often the kill -9 test kills")

const (
	// killsPerLog bounds the log that is checked after each kill.
	killsPerLog    = 25
	crashWriters   = 24
	crashStreams   = 40
	maxCrashEvents = 6
	// A child is killed after so many acknowledgements, at most, and so long
	// after the last of them, at most.
	maxAcknowledged = 400
	maxKillDelay    = 3 * time.Millisecond
)

// mark is what each event of the child says about the append it belongs to.
type mark struct {
	Append uuid.UUID `json:"append"`
	Index  int       `json:"index"`
	Of     int       `json:"of"`
}

// acknowledged is what the child prints for each append that was answered.
type acknowledged struct {
	Append   uuid.UUID
	Stream   string
	Events   int
	Revision eventstore.Revision
	Position eventstore.Position
}

// TestKilledAtAnyMoment kills a process that appends from many goroutines, opens
// the log it leaves, and demands that every acknowledged append is there exactly
// once and whole, that no other is there in part, and that the chain and all
// revisions hold. (A dead process cannot show that syncs happen: the tests of
// syncs do.)
func TestKilledAtAnyMoment(t *testing.T) {
	var dir string
	var acks map[uuid.UUID]acknowledged
	appends, total := 0, 0
	for kill := range *kills {
		if kill%killsPerLog == 0 {
			dir, acks = t.TempDir(), map[uuid.UUID]acknowledged{}
		}
		path := filepath.Join(dir, "log.db")
		for _, a := range killedChild(t, path) {
			acks[a.Append] = a
			total++
		}
		appends = checkInvariants(t, path, acks)
		if t.Failed() {
			t.Fatalf("after kill %d", kill+1)
		}
	}
	t.Logf("%d kills, %d acknowledged appends; the last log holds %d appends", *kills, total, appends)
}

// killedChild runs a child until it is killed, and returns what it was told to be
// stored.
func killedChild(t *testing.T, path string) []acknowledged {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "SQLITE_TEST_CHILD=append", "SQLITE_TEST_PATH="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acks []acknowledged
	killAfter, timer := 1+rand.IntN(maxAcknowledged), (*time.Timer)(nil)
	lines := json.NewDecoder(bufio.NewReader(out))
	for {
		var a acknowledged
		if err := lines.Decode(&a); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("what the child prints: %v", err)
			}
			break
		}
		acks = append(acks, a)
		if len(acks) == killAfter {
			timer = time.AfterFunc(rand.N(maxKillDelay), func() { child.Process.Kill() })
		}
	}
	if timer == nil {
		t.Fatalf("the child ended by itself after %d acknowledgements: %v", len(acks), child.Wait())
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended before it was killed")
	}
	return acks
}

// childAppend appends until it is killed, and prints each acknowledgement.
func childAppend(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	failed := make(chan error)
	go func() { failed <- checkpointForEver(path) }()
	for range crashWriters {
		go func() {
			for {
				if err := appendMarked(ctx, s); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// checkpointForEver copies the write-ahead log into the file again and again, so
// that kills hit that as well.
func checkpointForEver(path string) error {
	conn, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite)
	for err == nil {
		err = sqlitex.ExecuteTransient(conn, "PRAGMA wal_checkpoint(PASSIVE)", nil)
	}
	return err
}

func appendMarked(ctx context.Context, s *sqlite.Store) error {
	ack := acknowledged{Append: uuid.New(), Stream: fmt.Sprintf("crash-%d", rand.IntN(crashStreams)), Events: 1 + rand.IntN(maxCrashEvents)}
	events := make([]eventstore.Event, ack.Events)
	for i := range events {
		data, err := json.Marshal(mark{ack.Append, i, ack.Events})
		if err != nil {
			return err
		}
		events[i] = eventstore.Event{ID: uuid.New(), Type: "crash.Marked", Data: data, Meta: make([]byte, rand.IntN(2000))}
	}
	at, err := s.Append(ctx, ack.Stream, eventstore.Any, events...)
	if err != nil {
		return err
	}
	ack.Revision, ack.Position = at.Revision, at.Position
	line, err := json.Marshal(ack)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(line, '\n')) // one write, shorter than a pipe's atomic limit
	return err
}

// checkInvariants opens what a killed process has left.
func checkInvariants(t *testing.T, path string, acks map[uuid.UUID]acknowledged) (appends int) {
	t.Helper()
	tool := open(t, sqlite.Options{Path: path, ReadOnly: true}) // before anybody has put things right
	if _, err := tool.VerifyChain(t.Context(), nil); err != nil {
		t.Errorf("as it was left: %v", err)
	}
	if err := tool.Close(); err != nil {
		t.Error(err)
	}
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatalf("the log cannot be opened: %v", err)
	}
	defer s.Close()
	if _, err := s.VerifyChain(t.Context(), nil); err != nil {
		t.Errorf("opened for writing: %v", err)
	}
	found := map[uuid.UUID][]eventstore.Recorded{}
	next := map[string]eventstore.Revision{}
	last := eventstore.Position(0)
	for r, err := range s.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		var m mark
		if err := json.Unmarshal(r.Data, &m); err != nil {
			t.Fatal(err)
		}
		if r.Revision != next[r.Stream] || r.Position != last+1 {
			t.Errorf("after %d comes %d; it is revision %d of %s, due is %d", last, r.Position, r.Revision, r.Stream, next[r.Stream])
		}
		next[r.Stream], last = r.Revision+1, r.Position
		if m.Index != len(found[m.Append]) {
			t.Errorf("event %d of append %v comes after %d of them", m.Index, m.Append, len(found[m.Append]))
		}
		found[m.Append] = append(found[m.Append], r)
		if m.Index == m.Of-1 {
			appends++
		}
	}
	if appends != len(found) {
		t.Errorf("%d appends are there in part", len(found)-appends)
	}
	for id, a := range acks {
		rs := found[id]
		if len(rs) != a.Events {
			t.Errorf("an acknowledged append of %d events has %d in the log", a.Events, len(rs))
			continue
		}
		if r := rs[len(rs)-1]; r.Stream != a.Stream || r.Revision != a.Revision || r.Position != a.Position {
			t.Errorf("an append was acknowledged as %+v, and is at %d, revision %d of %s", a, r.Position, r.Revision, r.Stream)
		}
	}
	return appends
}
