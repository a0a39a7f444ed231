package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/diaspora-match/diaspora/eventstore"
)

// maxCachedTails bounds the streams whose last revision the writer remembers.
const maxCachedTails = 1 << 16

// request is one append on its way through the writer.
type request struct {
	stream   string
	expected eventstore.Expected
	events   []eventstore.Event

	// claimed is set once, by the writer that takes the request or by the caller
	// that withdraws it: whoever sets it first decides.
	claimed atomic.Bool
	done    chan struct{}
	answer  eventstore.Appended
	err     error
	replay  bool
}

// Append implements eventstore.Store. An append that is cancelled before the
// writer has taken it is withdrawn; after that its outcome is awaited, which
// takes no longer than a commit.
func (s *Store) Append(ctx context.Context, stream string, expected eventstore.Expected, events ...eventstore.Event) (eventstore.Appended, error) {
	began := time.Now()
	answer, err := s.append(ctx, stream, expected, events)
	if o := s.options.Observer; o != nil {
		o.Appended(len(events), time.Since(began), err)
	}
	return answer, err
}

func (s *Store) append(ctx context.Context, stream string, expected eventstore.Expected, events []eventstore.Event) (eventstore.Appended, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Appended{}, err
	}
	if err := eventstore.CheckAppend(stream, events); err != nil {
		return eventstore.Appended{}, err
	}
	if s.options.ReadOnly {
		return eventstore.Appended{}, ErrReadOnly
	}
	r := &request{stream: stream, expected: expected, events: events, done: make(chan struct{})}
	if err := s.send(ctx, r); err != nil {
		return eventstore.Appended{}, err
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.claimed.CompareAndSwap(false, true) {
			s.counts.withdrawn.Add(1)
			return eventstore.Appended{}, ctx.Err()
		}
		<-r.done
	}
	return r.answer, r.err
}

func (s *Store) send(ctx context.Context, r *request) error {
	s.sending.RLock()
	defer s.sending.RUnlock()
	if s.closing {
		return eventstore.ErrClosed
	}
	select {
	case s.queue <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writer is the one goroutine that appends.
type writer struct {
	store *Store
	conn  *sqlite.Conn
	tails *lru.Cache[string, tail]

	begin, commit, rollback       *sqlite.Stmt
	findStream, findTail, findIDs *sqlite.Stmt
	insertStream, insertEvent     *sqlite.Stmt

	// position and chain are those of the last event that is durable; what the
	// transaction in hand has added stands in its batch.
	position eventstore.Position
	chain    eventstore.Chain
	stopped  error
}

// tail is where a stream ends.
type tail struct {
	id       int64               // number of the stream, 0 if it is not there
	revision eventstore.Expected // of its last event, NoStream if there is none
}

// newWriter takes the connection over, also when it returns an error.
func newWriter(s *Store, conn *sqlite.Conn) (*writer, error) {
	tails, err := lru.New[string, tail](maxCachedTails)
	w := &writer{store: s, conn: conn, tails: tails}
	if err != nil {
		return w, err
	}
	for stmt, query := range map[**sqlite.Stmt]string{
		&w.begin:        "BEGIN IMMEDIATE",
		&w.commit:       "COMMIT",
		&w.rollback:     "ROLLBACK",
		&w.findStream:   "SELECT id FROM streams WHERE name = ?",
		&w.findTail:     "SELECT revision FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1",
		&w.findIDs:      "SELECT id, position FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?",
		&w.insertStream: "INSERT INTO streams (name) VALUES (?)",
		&w.insertEvent:  insertEvent,
	} {
		if *stmt, err = conn.Prepare(query); err != nil {
			return w, err
		}
	}
	err = sqlitex.ExecuteTransient(conn, "SELECT position, hash FROM events ORDER BY position DESC LIMIT 1", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			w.position = eventstore.Position(stmt.ColumnInt64(0))
			var last [32]byte
			stmt.ColumnBytes(1, last[:])
			w.chain = eventstore.ChainAt(last)
			return nil
		},
	})
	s.head.position = w.position
	return w, err
}

func (w *writer) run() {
	defer close(w.store.written)
	var batch []*request
	for first := range w.store.queue {
		batch = w.collect(batch[:0], first)
		w.write(batch)
		clear(batch)
	}
}

// collect takes what waits in the queue, up to the bounds of a batch.
func (w *writer) collect(batch []*request, first *request) []*request {
	size := 0
	for r := first; r != nil; {
		if r.claimed.CompareAndSwap(false, true) {
			batch = append(batch, r)
			for _, e := range r.events {
				size += len(e.Data) + len(e.Meta)
			}
		}
		if len(batch) >= w.store.options.Batch || size >= MaxBatchBytes {
			return batch
		}
		select {
		case r = <-w.store.queue: // nil once closed and empty
		default:
			return batch
		}
	}
	return batch
}

// write stores a batch in one transaction and answers its requests.
func (w *writer) write(requests []*request) {
	if len(requests) == 0 {
		return
	}
	began := time.Now()
	b := &batch{writer: w, position: w.position, chain: w.chain, tails: map[string]tail{}}
	err := w.stopped
	if err == nil {
		err = b.store(requests)
	}
	if err != nil {
		err = fmt.Errorf("eventstore/sqlite: append: %w", err)
		for _, r := range requests {
			r.answer, r.err = eventstore.Appended{}, err
			close(r.done)
		}
		return
	}
	w.accept(b)
	w.count(requests, b.events)
	for _, r := range requests {
		close(r.done)
	}
	if o := w.store.options.Observer; o != nil && b.events > 0 {
		o.Committed(len(requests), b.events, time.Since(began))
	}
}

// accept makes what a durable batch has added the state of the writer.
func (w *writer) accept(b *batch) {
	if b.events == 0 {
		return
	}
	w.position, w.chain = b.position, b.chain
	for stream, t := range b.tails {
		w.tails.Add(stream, t)
		w.store.names.put(t.id, stream)
	}
	w.store.head.advance(w.position)
}

func (w *writer) count(requests []*request, events int) {
	c := &w.store.counts
	for _, r := range requests {
		switch {
		case r.err != nil:
			c.conflicts.Add(1)
		case r.replay:
			c.replays.Add(1)
		default:
			c.appends.Add(1)
		}
	}
	if events > 0 {
		c.events.Add(uint64(events))
		c.commits.Add(1)
	}
}

// batch is the transaction in hand.
type batch struct {
	*writer
	position eventstore.Position
	chain    eventstore.Chain
	tails    map[string]tail
	events   int
	now      time.Time
}

// store decides and inserts every request and commits. An error means that
// nothing of the batch is stored, unless the writer has stopped: then nobody
// knows.
func (b *batch) store(requests []*request) error {
	if err := exec(b.begin); err != nil {
		return err
	}
	b.now = time.UnixMicro(b.writer.store.options.Now().UnixMicro()).UTC()
	for _, r := range requests {
		if err := b.append(r); err != nil {
			return errors.Join(err, b.undo())
		}
	}
	if b.events == 0 {
		return b.undo()
	}
	if err := exec(b.commit); err != nil {
		b.stopped = fmt.Errorf("%w: %w", ErrStopped, err)
		return errors.Join(b.stopped, b.undo())
	}
	return nil
}

func (b *batch) undo() error {
	if b.conn.AutocommitEnabled() { // SQLite has rolled back already
		return nil
	}
	return exec(b.rollback)
}

// append decides one request by what its stream holds. A refusal is the answer
// of that request; an error ends the whole batch.
func (b *batch) append(r *request) error {
	t, err := b.tail(r.stream)
	if err != nil {
		return err
	}
	replayed, err := b.replayed(r, t)
	if err != nil || replayed {
		return err
	}
	if !fits(r.expected, t.revision) {
		r.err = &eventstore.WrongRevision{Stream: r.stream, Expected: r.expected, Actual: t.revision}
		return nil
	}
	if t.id == 0 {
		b.insertStream.BindText(1, r.stream)
		if err := exec(b.insertStream); err != nil {
			return err
		}
		t.id = b.conn.LastInsertRowID()
	}
	for _, e := range r.events {
		t.revision++
		if err := b.insert(r.stream, t, e); err != nil {
			return err
		}
	}
	b.tails[r.stream] = t
	r.answer = eventstore.Appended{Revision: eventstore.Revision(t.revision), Position: b.position}
	return nil
}

func fits(expected, actual eventstore.Expected) bool {
	switch expected {
	case eventstore.Any:
		return true
	case eventstore.StreamExists:
		return actual != eventstore.NoStream
	}
	return expected == actual
}

// replayed reports whether the events stand already where the request would have
// put them, and answers it. Without an exact revision the place to look is the
// end of the stream.
func (b *batch) replayed(r *request, t tail) (bool, error) {
	n := eventstore.Expected(len(r.events))
	first := r.expected + 1
	if r.expected == eventstore.Any || r.expected == eventstore.StreamExists {
		first = t.revision - n + 1
	}
	if first < 0 || first+n-1 > t.revision {
		return false, nil
	}
	b.findIDs.BindInt64(1, t.id)
	b.findIDs.BindInt64(2, int64(first))
	b.findIDs.BindInt64(3, int64(n))
	defer b.findIDs.Reset()
	var position eventstore.Position
	for _, e := range r.events {
		found, err := b.findIDs.Step()
		if err != nil {
			return false, err
		}
		var id uuid.UUID
		if !found || b.findIDs.ColumnBytes(0, id[:]) != len(id) || id != e.ID {
			return false, nil
		}
		position = eventstore.Position(b.findIDs.ColumnInt64(1))
	}
	r.replay = true
	r.answer = eventstore.Appended{Revision: eventstore.Revision(first + n - 1), Position: position}
	return true, nil
}

// tail finds where a stream ends: in this batch, in memory, or in the file.
func (b *batch) tail(stream string) (tail, error) {
	if t, ok := b.tails[stream]; ok {
		return t, nil
	}
	if t, ok := b.writer.tails.Get(stream); ok {
		return t, nil
	}
	t := tail{revision: eventstore.NoStream}
	b.findStream.BindText(1, stream)
	found, err := b.findStream.Step()
	if err != nil {
		return t, err
	}
	if found {
		t.id = b.findStream.ColumnInt64(0)
	}
	if err := b.findStream.Reset(); err != nil || !found {
		return t, err
	}
	b.findTail.BindInt64(1, t.id)
	if found, err = b.findTail.Step(); err != nil {
		return t, err
	}
	if found {
		t.revision = eventstore.Expected(b.findTail.ColumnInt64(0))
	}
	return t, b.findTail.Reset()
}

func (b *batch) insert(stream string, t tail, e eventstore.Event) error {
	b.position++
	b.events++
	recorded := eventstore.Recorded{
		Event:    e,
		Stream:   stream,
		Revision: eventstore.Revision(t.revision),
		Position: b.position,
		Time:     b.now,
	}
	hash := b.chain.Add(recorded)
	return insertInto(b.insertEvent, t.id, recorded, hash[:])
}

const insertEvent = "INSERT INTO events (position, stream, revision, id, type, data, meta, time, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

// insertInto binds a row of the table of events and inserts it.
func insertInto(stmt *sqlite.Stmt, stream int64, e eventstore.Recorded, hash []byte) error {
	stmt.BindInt64(1, int64(e.Position))
	stmt.BindInt64(2, stream)
	stmt.BindInt64(3, int64(e.Revision))
	stmt.BindBytes(4, e.ID[:])
	stmt.BindText(5, e.Type)
	stmt.BindBytes(6, e.Data)
	stmt.BindBytes(7, e.Meta)
	stmt.BindInt64(8, e.Time.UnixMicro())
	stmt.BindBytes(9, hash)
	return exec(stmt)
}

// exec runs a statement that returns no rows.
func exec(stmt *sqlite.Stmt) error {
	if _, err := stmt.Step(); err != nil {
		return err
	}
	return stmt.Reset()
}
