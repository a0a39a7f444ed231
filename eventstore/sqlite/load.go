package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/diaspora-match/diaspora/eventstore"
)

// loadBatch bounds the events of a load in one transaction.
const loadBatch = 4096

// ErrNotEmpty says that events are to be loaded into a log that has some.
var ErrNotEmpty = errors.New("eventstore/sqlite: the log is not empty")

// Load makes a log of events that were recorded elsewhere, in their order: of a
// copy that is restored. Streams, revisions, ids and times stay; positions are
// counted anew from 1, which they were already where the events come from this
// engine, so that the chain of hashes is the same. It returns the head of the
// chain and the last position, which are durable then, ErrNotEmpty, ErrInUse, a
// *eventstore.BrokenChain for a revision out of order, or the error of the events.
func Load(ctx context.Context, path string, events iter.Seq2[eventstore.Recorded, error]) (head [32]byte, last eventstore.Position, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return head, 0, fmt.Errorf("eventstore/sqlite: load: %w", err)
	}
	lock, err := lockForWriting(path)
	if err != nil {
		return head, 0, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	conn, err := openWriter(path, "")
	if err != nil {
		return head, 0, fmt.Errorf("eventstore/sqlite: load: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	l := loader{conn: conn, streams: map[string]int64{}}
	if err := l.prepare(); err != nil {
		return head, 0, fmt.Errorf("eventstore/sqlite: load: %w", err)
	}
	for e, err := range events {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = l.add(e)
		}
		if err != nil {
			return head, 0, err
		}
	}
	return l.walk.Head(), l.walk.Last(), l.end()
}

// loader is a load under way.
type loader struct {
	conn                                             *sqlite.Conn
	streams                                          map[string]int64 // numbers of streams by name
	walk                                             eventstore.Walker
	begin, commit, insertStream, insertEvent, exists *sqlite.Stmt
}

func (l *loader) prepare() (err error) {
	for stmt, query := range map[**sqlite.Stmt]string{
		&l.begin:        "BEGIN IMMEDIATE",
		&l.commit:       "COMMIT",
		&l.insertStream: "INSERT INTO streams (name) VALUES (?)",
		&l.insertEvent:  insertEvent,
		&l.exists:       "SELECT 1 FROM sqlite_sequence WHERE name = 'events'",
	} {
		if *stmt, err = l.conn.Prepare(query); err != nil {
			return err
		}
	}
	found, err := l.exists.Step()
	if err := errors.Join(err, l.exists.Reset()); err != nil {
		return err
	}
	if found {
		return ErrNotEmpty
	}
	return nil
}

// add stores one event at the next position.
func (l *loader) add(e eventstore.Recorded) error {
	e.Position = l.walk.Last() + 1
	if err := l.walk.Add(e); err != nil {
		return err
	}
	if l.walk.Events()%loadBatch == 1 {
		if err := l.end(); err != nil {
			return err
		}
		if err := exec(l.begin); err != nil {
			return fmt.Errorf("eventstore/sqlite: load: %w", err)
		}
	}
	number, err := l.stream(e.Stream)
	if err == nil {
		hash := l.walk.Head()
		err = insertInto(l.insertEvent, number, e, hash[:])
	}
	if err != nil {
		return fmt.Errorf("eventstore/sqlite: load the event at %d: %w", e.Position, err)
	}
	return nil
}

func (l *loader) stream(name string) (int64, error) {
	if number, known := l.streams[name]; known {
		return number, nil
	}
	l.insertStream.BindText(1, name)
	if err := exec(l.insertStream); err != nil {
		return 0, err
	}
	l.streams[name] = l.conn.LastInsertRowID()
	return l.streams[name], nil
}

// end commits what was added.
func (l *loader) end() error {
	if l.conn.AutocommitEnabled() {
		return nil
	}
	if err := exec(l.commit); err != nil {
		return fmt.Errorf("eventstore/sqlite: load: %w", err)
	}
	return nil
}
