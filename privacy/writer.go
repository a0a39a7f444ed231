package privacy

import (
	"context"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// writer is the one goroutine that writes. Jobs that wait together share one
// transaction and one fsync, which makes bulk registration fast.
type writer struct {
	conn    *sqlite.Conn
	jobs    chan job
	closing chan struct{}
	done    chan struct{}
	err     error // of closing; read after done
}

// job runs inside a transaction. With wipe set, the write-ahead log is emptied
// before it is answered: what was overwritten is then nowhere in the file.
type job struct {
	do   func(*sqlite.Conn) error
	wipe bool
	out  chan error
}

func startWriter(conn *sqlite.Conn) *writer {
	w := &writer{conn: conn, jobs: make(chan job), closing: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

// submit runs a job and waits for it to be durable. ctx bounds the wait for its
// turn; once begun, the outcome is always told.
func (w *writer) submit(ctx context.Context, wipe bool, do func(*sqlite.Conn) error) error {
	j := job{do, wipe, make(chan error, 1)}
	select {
	case w.jobs <- j:
		return <-j.out
	case <-w.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close is called once.
func (w *writer) close() error {
	close(w.closing)
	<-w.done
	return w.err
}

func (w *writer) run() {
	defer close(w.done)
	for {
		select {
		case j := <-w.jobs:
			w.group(w.gather(j))
		case <-w.closing:
			w.err = w.conn.Close()
			return
		}
	}
}

// gather takes what waits already, up to MaxGroup, and waits for nothing more.
func (w *writer) gather(first job) []job {
	jobs := []job{first}
	for len(jobs) < MaxGroup {
		select {
		case j := <-w.jobs:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

func (w *writer) group(jobs []job) {
	err, wipe := w.transact(jobs), false
	for _, j := range jobs {
		wipe = wipe || j.wipe
	}
	var wipeErr error
	if err == nil && wipe {
		wipeErr = w.wipe()
	}
	for _, j := range jobs {
		if j.wipe && err == nil {
			j.out <- wipeErr
			continue
		}
		j.out <- err
	}
}

func (w *writer) transact(jobs []job) (err error) {
	end, err := sqlitex.ImmediateTransaction(w.conn)
	if err != nil {
		return fmt.Errorf("privacy: write the key store: %w", err)
	}
	defer end(&err)
	for _, j := range jobs {
		if err := j.do(w.conn); err != nil {
			return fmt.Errorf("privacy: write the key store: %w", err)
		}
	}
	return nil
}

// errNotWiped: a reader kept the write-ahead log in use for too long.
var errNotWiped = errors.New("privacy: the write-ahead log could not be emptied; try again")

// wipe moves the write-ahead log into the file, where secure_delete has zeroed
// what was freed, and cuts it to nothing.
func (w *writer) wipe() error {
	busy := true
	err := sqlitex.Execute(w.conn, "PRAGMA wal_checkpoint(TRUNCATE)", &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
		busy = s.ColumnInt(0) != 0
		return nil
	}})
	if err != nil {
		return fmt.Errorf("privacy: empty the write-ahead log: %w", err)
	}
	if busy {
		return errNotWiped
	}
	return nil
}
