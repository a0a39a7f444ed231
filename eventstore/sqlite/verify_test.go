package sqlite_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

// written makes a log of three streams in turn, closes it, and returns its path
// and the hash at its end.
func written(t *testing.T, events int) (path string, head [sha256.Size]byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "log.db")
	s := open(t, sqlite.Options{Path: path})
	for i := range events {
		e := eventstore.Event{ID: uuid.New(), Type: "need.Drafted", Data: fmt.Appendf(nil, `{"number":%d}`, i), Meta: []byte(`{}`)}
		if _, err := s.Append(t.Context(), fmt.Sprintf("need-%d", i%3), eventstore.Any, e); err != nil {
			t.Fatal(err)
		}
	}
	head, err := s.VerifyChain(t.Context(), nil)
	if err != nil {
		t.Fatalf("an untouched log: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path, head
}

func tamper(t *testing.T, path, script string) {
	t.Helper()
	conn, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite|zombiezen.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	err = sqlitex.ExecuteScript(conn, script, nil)
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyNamesTheFirstBadPosition(t *testing.T) {
	const schema = "PRAGMA writable_schema = ON; "
	for _, c := range []struct {
		name, script string
		position     eventstore.Position
		stream, why  string
	}{
		{"one byte of data", `UPDATE events SET data = replace(data, '"', '''') WHERE position = 17`, 17, "need-1", "hash"},
		{"two events, the later one first", `UPDATE events SET data = x'00' WHERE position = 40; UPDATE events SET data = x'00' WHERE position = 9`, 9, "need-2", "hash"},
		{"metadata", `UPDATE events SET meta = '{"actor":"x"}' WHERE position = 1`, 1, "need-0", "hash"},
		{"data moved into metadata", `UPDATE events SET meta = data || meta, data = x'' WHERE position = 21`, 21, "need-2", "hash"},
		{"type", `UPDATE events SET type = 'need.Closed' WHERE position = 3`, 3, "need-2", "hash"},
		{"time", `UPDATE events SET time = time - 1 WHERE position = 50`, 50, "need-1", "hash"},
		{"id", `UPDATE events SET id = randomblob(16) WHERE position = 33`, 33, "need-2", "hash"},
		{"length of an id", `UPDATE events SET id = id || x'00' WHERE position = 33`, 33, "need-2", "its id has 17 bytes"},
		{"revision", `UPDATE events SET revision = 99 WHERE position = 60`, 60, "need-2", "hash"},
		{"hash", `UPDATE events SET hash = zeroblob(32) WHERE position = 12`, 12, "need-2", "hash"},
		{"hash cut short", `UPDATE events SET hash = substr(hash, 1, 31) WHERE position = 12`, 12, "need-2", "hash"},
		{"stream of an event", `UPDATE events SET stream = 3, revision = 77 WHERE position = 10`, 10, "need-2", "hash"},
		{"name of a stream", `UPDATE streams SET name = 'need-7' WHERE name = 'need-1'`, 2, "need-7", "hash"},
		{"stream taken out", `DELETE FROM streams WHERE name = 'need-2'`, 3, "", "hash"},
		{"event taken out", `DELETE FROM events WHERE position = 25`, 25, "", "the next one in the file is at 26"},
		{"two events exchanged", `UPDATE events SET position = 1000 WHERE position = 30; UPDATE events SET position = 30 WHERE position = 31; UPDATE events SET position = 31 WHERE position = 1000`, 30, "need-0", "hash"},
		{"event put in at the end", `INSERT INTO events SELECT 61, 1, 20, randomblob(16), type, data, meta, time, hash FROM events WHERE position = 60`, 61, "need-0", "hash"},
		{"event put in before the first", `INSERT INTO events SELECT -5, 1, 20, randomblob(16), type, data, meta, time, hash FROM events WHERE position = 60`, 1, "", "the next one in the file is at -5"},
		{"end cut off", `DELETE FROM events WHERE position > 55`, 56, "", "once reached 60"},
		{"everything taken out", `DELETE FROM events`, 1, "", "once reached 60"},
		{"index that lost an entry", schema + `
			CREATE TABLE other (stream, revision);
			UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'other') WHERE name = 'events_by_stream';
			DELETE FROM sqlite_schema WHERE name = 'other'`, 0, "", "every event is whole, but the file is not"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, _ := written(t, 60)
			tamper(t, path, c.script)
			s := open(t, sqlite.Options{Path: path, ReadOnly: true})
			_, err := s.VerifyChain(t.Context(), nil)
			var broken *eventstore.BrokenChain
			if !errors.As(err, &broken) {
				t.Fatalf("got %v, want a *BrokenChain", err)
			}
			if broken.Position != c.position || broken.Stream != c.stream || !strings.Contains(broken.Why, c.why) {
				t.Errorf("got %v; want position %d of %q because of %q", broken, c.position, c.stream, c.why)
			}
		})
	}
}

// A forger who knows the chain can hash everything again from the place of the
// forgery on. Then revisions and positions still hold, and only the head of the
// chain, kept elsewhere, tells.
func TestVerifyReturnsTheHead(t *testing.T) {
	path, head := written(t, 60)
	s := open(t, sqlite.Options{Path: path})
	var chain eventstore.Chain
	var positions []eventstore.Position
	again, err := s.VerifyChain(t.Context(), func(p eventstore.Position) { positions = append(positions, p) })
	if err != nil || again != head {
		t.Errorf("the head is %x, %v; before closing it was %x", again, err, head)
	}
	if len(positions) == 0 || positions[len(positions)-1] != 60 {
		t.Errorf("progress was told at %v", positions)
	}
	for r, err := range s.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		chain.Add(r)
	}
	if chain.Head() != head {
		t.Error("the chain over what is read is not the chain that was verified")
	}
}

func TestVerifyNamesRevisionsOfAForgedChain(t *testing.T) {
	path, _ := written(t, 60)
	// Revision 19 of need-2 becomes 20, with the right hash for it.
	s := open(t, sqlite.Options{Path: path})
	var chain eventstore.Chain
	var forged [sha256.Size]byte
	for r, err := range s.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Position == 60 {
			r.Revision = 20
		}
		forged = chain.Add(r)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tamper(t, path, fmt.Sprintf(`UPDATE events SET revision = 20, hash = x'%x' WHERE position = 60`, forged))
	s = open(t, sqlite.Options{Path: path, ReadOnly: true})
	_, err := s.VerifyChain(t.Context(), nil)
	want := eventstore.BrokenChain{Position: 60, Stream: "need-2", Revision: 20, Why: "the next revision of its stream is 19"}
	var broken *eventstore.BrokenChain
	if !errors.As(err, &broken) || *broken != want {
		t.Errorf("got %v, want %v", err, &want)
	}
}

// Bytes flipped in the file itself, anywhere after its first page, are found
// wherever they hold something.
func TestVerifyFindsDamagedPages(t *testing.T) {
	path, _ := written(t, 400)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for page := 4096; page < len(whole); page += 4096 {
		damaged := append([]byte(nil), whole...)
		for i := range 64 {
			damaged[page+4095-i] ^= 0xff // cells fill a page from its end
		}
		other := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(other, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := sqlite.Open(t.Context(), sqlite.Options{Path: other, ReadOnly: true})
		if err != nil {
			t.Logf("page %d: not even opened: %v", page/4096, err)
			continue
		}
		_, err = s.VerifyChain(t.Context(), nil)
		var broken *eventstore.BrokenChain
		if !errors.As(err, &broken) {
			t.Errorf("page %d of %d was damaged, and verification says %v", page/4096, len(whole)/4096, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestVerifyHonoursItsContext(t *testing.T) {
	path, _ := written(t, 60)
	s := open(t, sqlite.Options{Path: path})
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.VerifyChain(ctx, func(eventstore.Position) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// Verification may run beside a writer.
func TestVerifyBesideAWriter(t *testing.T) {
	s := open(t, sqlite.Options{})
	done := make(chan error, 1)
	go func() {
		for range 300 {
			if _, err := s.Append(t.Context(), "need-1", eventstore.Any, eventstore.Event{ID: uuid.New(), Type: "need.X"}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
		}
		if _, err := s.VerifyChain(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
}
