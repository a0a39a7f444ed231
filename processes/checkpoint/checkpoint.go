// Package checkpoint keeps the places of processes in the log: in a SQLite file
// of their own, or in memory for tests.
package checkpoint

import (
	"context"
	"fmt"
	"os"
	"sync"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/diaspora-match/diaspora/eventstore"
)

// File keeps checkpoints in a SQLite file. One process opens it; within it, one
// reader a group holds the group's place. Writes are not synced: a checkpoint
// lost to a power cut repeats messages, and repeating is harmless.
type File struct {
	mu     sync.Mutex // guards conn and held
	conn   *sqlite.Conn
	held   map[string]chan struct{} // closed on release
	closed bool
}

// Open opens or makes the file.
func Open(path string) (*File, error) {
	// SQLite would make the file readable by all; its companions take its mode.
	made, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: create: %w", err)
	}
	if err := made.Close(); err != nil {
		return nil, fmt.Errorf("checkpoint: create: %w", err)
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate, sqlite.OpenWAL)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: open: %w", err)
	}
	for _, statement := range []string{
		`PRAGMA synchronous = NORMAL`,
		`CREATE TABLE IF NOT EXISTS checkpoint (
			name     TEXT PRIMARY KEY,
			position INTEGER NOT NULL
		) STRICT, WITHOUT ROWID`,
	} {
		if err := sqlitex.ExecuteTransient(conn, statement, nil); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("checkpoint: schema: %w", err)
		}
	}
	return &File{conn: conn, held: map[string]chan struct{}{}}, nil
}

// Claim waits for the group's place and returns how far the group has come.
func (f *File) Claim(ctx context.Context, group string) (eventstore.Position, func(), error) {
	for {
		f.mu.Lock()
		free, taken := f.held[group]
		if !taken {
			break // with the lock held
		}
		f.mu.Unlock()
		select {
		case <-free:
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		}
	}
	defer f.mu.Unlock()
	var after eventstore.Position
	err := f.execute(`SELECT position FROM checkpoint WHERE name = ?`, &sqlitex.ExecOptions{
		Args:       []any{group},
		ResultFunc: func(s *sqlite.Stmt) error { after = eventstore.Position(s.ColumnInt64(0)); return nil },
	})
	if err != nil {
		return 0, nil, err
	}
	free := make(chan struct{})
	f.held[group] = free
	return after, sync.OnceFunc(func() {
		f.mu.Lock()
		delete(f.held, group)
		f.mu.Unlock()
		close(free)
	}), nil
}

// Save stores how far the group has come.
func (f *File) Save(_ context.Context, group string, through eventstore.Position) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.execute(`INSERT INTO checkpoint (name, position) VALUES (?1, ?2)
		ON CONFLICT (name) DO UPDATE SET position = excluded.position`,
		&sqlitex.ExecOptions{Args: []any{group, int64(through)}})
}

// execute runs a cached statement; the caller holds the lock.
func (f *File) execute(query string, o *sqlitex.ExecOptions) error {
	if f.closed {
		return eventstore.ErrClosed
	}
	if err := sqlitex.Execute(f.conn, query, o); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	return f.conn.Close()
}
