package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/diaspora-match/diaspora/eventstore"
)

// verifyEvents bounds the events that are verified while a connection is held.
const verifyEvents = 2048

// VerifyChain implements eventstore.Verifier: every event is hashed again, with
// the stream names as the file holds them; positions and revisions must be
// without gaps; the log must reach as far as it ever did; and the index by stream
// must hold the same events. It may run beside a writer, and covers what was
// there when it began.
func (s *Store) VerifyChain(ctx context.Context, progress func(eventstore.Position)) (head [sha256.Size]byte, err error) {
	v := verification{revisions: map[int64]eventstore.Revision{}}
	var reached int64
	err = s.withReader(ctx, func(r *reader) (err error) {
		reached, err = queryInt(r.conn, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'events'")
		return err
	})
	for more := true; more && err == nil; {
		err = s.withReader(ctx, func(r *reader) (err error) {
			more, err = v.page(r.conn)
			return err
		})
		if progress != nil && err == nil {
			progress(v.last)
		}
	}
	if err == nil && int64(v.last) < reached {
		err = &eventstore.BrokenChain{
			Position: v.last + 1,
			Why:      fmt.Sprintf("the log ends before it, and once reached %d", reached),
		}
	}
	if err == nil {
		err = s.withReader(ctx, func(r *reader) error { return checkStructure(ctx, r.conn) })
	}
	if code := sqlite.ErrCode(err).ToPrimary(); code == sqlite.ResultCorrupt || code == sqlite.ResultNotADB {
		err = &eventstore.BrokenChain{Position: v.last + 1, Why: "the file is damaged: " + code.Message()}
	}
	return v.chain.Head(), err
}

// HashAt implements eventstore.Chained.
func (s *Store) HashAt(ctx context.Context, at eventstore.Position) (hash [sha256.Size]byte, err error) {
	if at == 0 {
		return hash, nil
	}
	err = s.withReader(ctx, func(r *reader) error {
		stmt, err := r.conn.Prepare("SELECT hash FROM events WHERE position = ?")
		if err != nil {
			return err
		}
		defer stmt.Reset()
		stmt.BindInt64(1, int64(at))
		found, err := stmt.Step()
		if err != nil {
			return err
		}
		if !found || stmt.ColumnBytes(0, hash[:]) != len(hash) {
			return fmt.Errorf("%w: %d", eventstore.ErrNoEvent, at)
		}
		return nil
	})
	return hash, err
}

// verification is how far the log has been verified.
type verification struct {
	chain     eventstore.Chain
	last      eventstore.Position
	revisions map[int64]eventstore.Revision // the next of each stream
}

// From the lowest rowid there can be: an event put in before the first must not
// be overlooked.
const verifyQuery = `SELECT e.position, e.stream, e.revision, e.id, e.type, e.data, e.meta, e.time, e.hash, s.name
FROM events e LEFT JOIN streams s ON s.id = e.stream
WHERE e.position > ? ORDER BY e.position LIMIT ?`

func (v *verification) page(conn *sqlite.Conn) (more bool, err error) {
	stmt, err := conn.Prepare(verifyQuery)
	if err != nil {
		return false, err
	}
	defer stmt.Reset()
	from := int64(v.last)
	if from == 0 {
		from = math.MinInt64
	}
	stmt.BindInt64(1, from)
	stmt.BindInt64(2, verifyEvents)
	for n := 0; ; n++ {
		row, err := stmt.Step()
		if err != nil || !row {
			return n == verifyEvents, err
		}
		if err := v.event(stmt); err != nil {
			return false, err
		}
	}
}

// event verifies the row at hand.
func (v *verification) event(stmt *sqlite.Stmt) error {
	position, stream := stmt.ColumnInt64(0), stmt.ColumnInt64(1)
	e := eventstore.Recorded{
		Event:    eventstore.Event{Type: stmt.ColumnText(4), Data: columnBytes(stmt, 5), Meta: columnBytes(stmt, 6)},
		Stream:   stmt.ColumnText(9),
		Revision: eventstore.Revision(stmt.ColumnInt64(2)),
		Position: v.last + 1,
		Time:     time.UnixMicro(stmt.ColumnInt64(7)),
	}
	id := columnBytes(stmt, 3)
	copy(e.ID[:], id)
	broken := func(format string, args ...any) error {
		return &eventstore.BrokenChain{Position: e.Position, Stream: e.Stream, Revision: e.Revision, Why: fmt.Sprintf(format, args...)}
	}
	next := v.revisions[stream]
	if position != int64(e.Position) {
		e.Stream, e.Revision = "", 0
		return broken("no event stands here, the next one in the file is at %d", position)
	}
	if len(id) != len(e.ID) {
		return broken("its id has %d bytes", len(id))
	}
	before := v.chain
	if hash := v.chain.Add(e); !bytes.Equal(hash[:], columnBytes(stmt, 8)) {
		v.chain = before
		return broken("its hash does not fit what is stored and the hash before it")
	}
	if e.Revision != next {
		return broken("the next revision of its stream is %d", next)
	}
	v.revisions[stream] = next + 1
	v.last = e.Position
	return nil
}

func columnBytes(stmt *sqlite.Stmt, column int) []byte {
	b := make([]byte, stmt.ColumnLen(column))
	stmt.ColumnBytes(column, b)
	return b
}

// checkStructure lets SQLite compare its indexes with its tables, through which
// streams are read.
func checkStructure(ctx context.Context, conn *sqlite.Conn) error {
	conn.SetInterrupt(ctx.Done())
	defer conn.SetInterrupt(nil)
	err := sqlitex.ExecuteTransient(conn, "PRAGMA integrity_check(1)", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			if found := stmt.ColumnText(0); found != "ok" {
				return &eventstore.BrokenChain{Why: "every event is whole, but the file is not: " + found}
			}
			return nil
		},
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
