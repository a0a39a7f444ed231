package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
)

var (
	// ErrInUse says that another store, of this process or another one, has the
	// file open for writing.
	ErrInUse = errors.New("eventstore/sqlite: the file is open for writing elsewhere")
	// ErrReadOnly answers an append to a store opened read-only, and a
	// subscription, which only the process that writes can wake.
	ErrReadOnly = errors.New("eventstore/sqlite: opened read-only")
	// ErrStopped answers every append after a commit whose outcome the disk left
	// open: what is on it can be known only by opening the file again.
	ErrStopped = errors.New("eventstore/sqlite: writing has stopped after a failed commit, open the file again")
)

// Bounds and their defaults, listed in docs/limits.md.
const (
	DefaultQueue   = 1024 // appends that wait for the writer; then Append blocks
	DefaultBatch   = 256  // appends in one transaction
	MaxBatchBytes  = 4 << 20
	MinReaders     = 4 // read-only connections, or one a processor if that is more
	MaxCachedNames = 1 << 17
)

// Options of a store. Only Path is needed.
type Options struct {
	// Path of the file; its folder is made if missing.
	Path string
	// ReadOnly opens an existing file beside whoever writes it: for tools.
	ReadOnly bool
	// Queue, Batch and Readers are DefaultQueue, DefaultBatch and MinReaders
	// where zero.
	Queue, Batch, Readers int
	// Observer hears of every append and commit; it may be nil.
	Observer Observer
	// Now is the clock for the time of events; time.Now where nil.
	Now func() time.Time
}

// Observer receives what metrics are made of. It is called from many goroutines
// and must not block.
type Observer interface {
	// Appended is called when an append is answered, with the time from call to
	// answer and its error, if any.
	Appended(events int, took time.Duration, err error)
	// Committed is called after each durable transaction of the writer.
	Committed(appends, events int, took time.Duration)
}

// Stats counts what a store has done since it was opened.
type Stats struct {
	Appends   uint64 // acknowledged as stored by this call
	Replays   uint64 // acknowledged as stored before
	Conflicts uint64 // answered with a *eventstore.WrongRevision
	Withdrawn uint64 // cancelled while they waited
	Events    uint64 // stored
	Commits   uint64 // durable transactions
	Syncs     uint64 // fsyncs that SQLite asked of the file system and that succeeded
	Queued    int    // appends that wait now
}

// Store is the embedded engine. It implements eventstore.Store and
// eventstore.Verifier.
type Store struct {
	options Options
	path    string
	lock    *os.File
	vfs     *syncingVFS

	sending sync.RWMutex // held for reading while an append is put into the queue
	closing bool
	closed  chan struct{}
	once    sync.Once
	failed  error // of Close

	writer  *writer // nil where read-only
	queue   chan *request
	written chan struct{} // closed when the writer has ended
	readers *pool
	names   names
	head    head
	counts  counts
}

var (
	_ eventstore.Store    = (*Store)(nil)
	_ eventstore.Verifier = (*Store)(nil)
	_ eventstore.Chained  = (*Store)(nil)
)

// Open opens a store, and makes the file if it is missing. It returns ErrInUse
// when somebody else has it open for writing.
func Open(ctx context.Context, options Options) (*Store, error) {
	s, err := open(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("eventstore/sqlite: open %s: %w", options.Path, err)
	}
	return s, nil
}

func open(ctx context.Context, options Options) (_ *Store, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if options.Path == "" {
		return nil, errors.New("no path given")
	}
	path, err := filepath.Abs(options.Path)
	if err != nil {
		return nil, err
	}
	options.Queue = cmp.Or(options.Queue, DefaultQueue)
	options.Batch = cmp.Or(options.Batch, DefaultBatch)
	options.Readers = cmp.Or(options.Readers, max(MinReaders, runtime.GOMAXPROCS(0)))
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Store{
		options: options,
		path:    path,
		closed:  make(chan struct{}),
		queue:   make(chan *request, options.Queue),
		written: make(chan struct{}),
		readers: newPool(options.Readers),
	}
	s.head.changed = make(chan struct{})
	if s.vfs, err = newSyncingVFS(&s.counts.syncs); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release(s.readers.size()))
		}
	}()
	if options.ReadOnly {
		close(s.written)
	} else if err := s.openForWriting(); err != nil {
		return nil, err
	}
	for range options.Readers {
		conn, err := openReader(path, s.vfs.name)
		if err != nil {
			return nil, err
		}
		s.readers.give(newReader(conn, &s.names))
	}
	if s.writer != nil {
		go s.writer.run()
	}
	return s, nil
}

func (s *Store) openForWriting() error {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	var err error
	if s.lock, err = lockForWriting(s.path); err != nil {
		return err
	}
	conn, err := openWriter(s.path, s.vfs.name)
	if err != nil {
		return err
	}
	s.writer, err = newWriter(s, conn)
	return err
}

// release closes the readers that are given back, the writer's connection, the
// file system hook and the lock, in this order: the connection that is closed
// last copies the write-ahead log into the file, and only a writer can.
func (s *Store) release(readers int) error {
	var errs []error
	for range readers {
		errs = append(errs, s.readers.wait().conn.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.conn.Close())
	}
	s.vfs.close()
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// Close stores what is queued, waits for reads to give back their page, and
// closes the file. Later calls return ErrClosed, later Closes the same result.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.sending.Lock()
		s.closing = true
		s.sending.Unlock()
		close(s.queue)
		<-s.written
		close(s.closed)
		s.failed = s.release(s.options.Readers) // waits for each: none is lent for longer than a page
	})
	return s.failed
}

// Head is the position of the last event, zero for an empty store.
func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	if !s.options.ReadOnly {
		position, _ := s.head.now()
		return position, nil
	}
	var position eventstore.Position
	err := s.withReader(ctx, func(r *reader) error {
		n, err := queryInt(r.conn, "SELECT coalesce(max(position), 0) FROM events")
		position = eventstore.Position(n)
		return err
	})
	return position, err
}

// usable returns ErrClosed or the error of ctx.
func (s *Store) usable(ctx context.Context) error {
	select {
	case <-s.closed:
		return eventstore.ErrClosed
	default:
		return ctx.Err()
	}
}

// Stats counts since the store was opened.
func (s *Store) Stats() Stats {
	return Stats{
		Appends:   s.counts.appends.Load(),
		Replays:   s.counts.replays.Load(),
		Conflicts: s.counts.conflicts.Load(),
		Withdrawn: s.counts.withdrawn.Load(),
		Events:    s.counts.events.Load(),
		Commits:   s.counts.commits.Load(),
		Syncs:     s.counts.syncs.Load(),
		Queued:    len(s.queue),
	}
}

type counts struct {
	appends, replays, conflicts, withdrawn, events, commits, syncs atomic.Uint64
}

// head is the last position that is durable, and wakes those who wait for the
// next.
type head struct {
	mu       sync.Mutex
	position eventstore.Position
	changed  chan struct{}
}

// now returns the head and a channel that is closed when it moves.
func (h *head) now() (eventstore.Position, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.position, h.changed
}

func (h *head) advance(to eventstore.Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position = to
	close(h.changed)
	h.changed = make(chan struct{})
}
