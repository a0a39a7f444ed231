package sqlite

import (
	"context"
	"fmt"
	"iter"
	"math"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/diaspora-match/diaspora/eventstore"
)

// A read takes a connection for one page at a time. These bound the page.
const (
	pageEvents  = 512
	pageSize    = 2 << 20 // bytes of data and metadata; one event may exceed it
	pageScanned = 8192    // events looked at for a filter

	blockSize = 16 << 10 // bytes that events share

	maxCachedTypes = 4096
)

const columns = "SELECT position, stream, revision, id, type, data, meta, time FROM events "

// reader is a read-only connection and what it remembers.
type reader struct {
	conn  *sqlite.Conn
	names *names
	types map[string]string // so that events share the string of their type
	text  [eventstore.MaxTypeBytes]byte
	block []byte // what is left of it
}

func newReader(conn *sqlite.Conn, names *names) *reader {
	return &reader{conn: conn, names: names, types: map[string]string{}}
}

// withReader lends a connection to f, which must not keep it.
func (s *Store) withReader(ctx context.Context, f func(*reader) error) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	r, err := s.readers.take(ctx, s.closed)
	if err != nil {
		return err
	}
	defer s.readers.give(r)
	return f(r)
}

// page is a stretch of the log, read in one go.
type page struct {
	events []eventstore.Recorded
	last   eventstore.Position // of the last event looked at
	more   bool                // a bound ended the page, not the log
}

// read fills the page from a query whose last parameter is its limit.
func (p *page) read(r *reader, query string, args []int64, limit int, filter eventstore.Filter) error {
	stmt, err := r.conn.Prepare(query)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for i, a := range args {
		stmt.BindInt64(i+1, a)
	}
	scan := pageScanned
	if len(filter.StreamPrefixes) == 0 && len(filter.TypePrefixes) == 0 {
		scan = limit
	}
	stmt.BindInt64(len(args)+1, int64(scan))
	p.events, p.more = p.events[:0], false
	for size, scanned := 0, 0; ; scanned++ {
		row, err := stmt.Step()
		if err != nil {
			return err
		}
		if !row {
			p.more = scanned >= scan
			return nil
		}
		var e eventstore.Recorded
		kept, err := r.event(stmt, &e, filter)
		if err != nil {
			return err
		}
		p.last = e.Position
		if !kept {
			continue
		}
		p.events = append(p.events, e)
		size += len(e.Data) + len(e.Meta)
		if len(p.events) >= limit || size >= pageSize {
			p.more = true
			return nil
		}
	}
}

// event reads the row at hand; what the filter drops is not copied.
func (r *reader) event(stmt *sqlite.Stmt, e *eventstore.Recorded, filter eventstore.Filter) (kept bool, err error) {
	e.Position = eventstore.Position(stmt.ColumnInt64(0))
	if e.Stream, err = r.names.get(r.conn, stmt.ColumnInt64(1)); err != nil {
		return false, err
	}
	e.Type = r.eventType(stmt)
	if !filter.Keeps(e.Stream, e.Type) {
		return false, nil
	}
	e.Revision = eventstore.Revision(stmt.ColumnInt64(2))
	stmt.ColumnBytes(3, e.ID[:])
	n, m := stmt.ColumnLen(5), stmt.ColumnLen(6)
	both := r.room(n + m)
	stmt.ColumnBytes(5, both[:n])
	stmt.ColumnBytes(6, both[n:])
	e.Data, e.Meta = both[:n:n], both[n:]
	e.Time = time.UnixMicro(stmt.ColumnInt64(7)).UTC()
	return true, nil
}

// room is memory for one event. Events share a block, as an allocation each would
// be a tenth of a scan; who keeps one keeps its block.
func (r *reader) room(size int) []byte {
	if size > len(r.block) {
		if size > blockSize/2 {
			return make([]byte, size)
		}
		r.block = make([]byte, blockSize)
	}
	room := r.block[:size:size]
	r.block = r.block[size:]
	return room
}

func (r *reader) eventType(stmt *sqlite.Stmt) string {
	n := stmt.ColumnBytes(4, r.text[:])
	if t, ok := r.types[string(r.text[:n])]; ok {
		return t
	}
	if len(r.types) >= maxCachedTypes {
		clear(r.types)
	}
	t := stmt.ColumnText(4)
	r.types[t] = t
	return t
}

// ReadStream implements eventstore.Store.
func (s *Store) ReadStream(ctx context.Context, stream string, from eventstore.Revision, dir eventstore.Direction, limit int) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		from := from // each use of the iterator reads anew
		if err := eventstore.CheckStream(stream); err != nil {
			yield(eventstore.Recorded{}, err)
			return
		}
		query := columns + "WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?"
		if dir == eventstore.Backwards {
			query = columns + "WHERE stream = ? AND revision <= ? ORDER BY revision DESC LIMIT ?"
		}
		var id int64
		s.pages(ctx, limit, yield, func(r *reader, p *page, limit int) (err error) {
			if id == 0 {
				if id, err = findStream(r.conn, stream); err != nil {
					return err
				}
			}
			if err := p.read(r, query, []int64{id, int64(min(from, math.MaxInt64))}, limit, eventstore.Filter{}); err != nil || len(p.events) == 0 {
				return err
			}
			last := p.events[len(p.events)-1].Revision
			if dir == eventstore.Forwards {
				from = last + 1
			} else if from = last - 1; last == 0 {
				p.more = false
			}
			return nil
		})
	}
}

// ReadAll implements eventstore.Store.
func (s *Store) ReadAll(ctx context.Context, from eventstore.Position, dir eventstore.Direction, limit int) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		from := from
		query := columns + "WHERE position > ? ORDER BY position LIMIT ?"
		if dir == eventstore.Backwards {
			query = columns + "WHERE position <= ? ORDER BY position DESC LIMIT ?"
		}
		s.pages(ctx, limit, yield, func(r *reader, p *page, limit int) error {
			err := p.read(r, query, []int64{int64(min(from, math.MaxInt64))}, limit, eventstore.Filter{})
			if from = p.last; dir == eventstore.Backwards {
				from = max(p.last, 1) - 1
			}
			return err
		})
	}
}

// pages yields page after page. The connection is back in the pool whenever the
// caller has the word.
func (s *Store) pages(ctx context.Context, limit int, yield func(eventstore.Recorded, error) bool, next func(*reader, *page, int) error) {
	left := limit
	if limit <= 0 {
		left = math.MaxInt
	}
	for p := (page{more: true}); p.more && left > 0; left -= len(p.events) {
		err := s.withReader(ctx, func(r *reader) error { return next(r, &p, min(left, pageEvents)) })
		if err != nil {
			yield(eventstore.Recorded{}, err)
			return
		}
		for _, e := range p.events {
			if err := ctx.Err(); err != nil {
				yield(eventstore.Recorded{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// findStream returns the number of a stream, or ErrNoStream.
func findStream(conn *sqlite.Conn, name string) (int64, error) {
	stmt, err := conn.Prepare("SELECT id FROM streams WHERE name = ?")
	if err != nil {
		return 0, err
	}
	defer stmt.Reset()
	stmt.BindText(1, name)
	found, err := stmt.Step()
	if err != nil {
		return 0, err
	}
	if !found {
		return 0, fmt.Errorf("%w: %s", eventstore.ErrNoStream, name)
	}
	return stmt.ColumnInt64(0), nil
}
