package privacy

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Bounds, listed in docs/limits.md.
const (
	// DefaultOpenKeys bounds the unwrapped keys in memory, about 250 B each; the
	// least recently used go first.
	DefaultOpenKeys = 131_072
	// openCiphers bounds those of them that are ready to seal and open, about 1 KB
	// each: who was just read or written is so again soon.
	openCiphers = 4096
	// MaxGroup bounds the writes that share one transaction and one fsync.
	MaxGroup = 1024
	// MaxEnsure bounds the subjects that go into one transaction.
	MaxEnsure = 10_000
	// MaxSubjectBytes bounds a subject's id.
	MaxSubjectBytes = 128
	readers         = 4 // read-only connections
	rewrapPage      = 1000
	busyTimeout     = 10 * time.Second
)

var (
	// ErrClosed: the key store was closed.
	ErrClosed = errors.New("privacy: key store is closed")
	// ErrInUse: another process has this key store open, and not both share it. Two
	// that do not would not see each other's erasures.
	ErrInUse = errors.New("privacy: key store is in use by another process")
	// ErrReadOnly answers a write to a key store opened read-only.
	ErrReadOnly = errors.New("privacy: key store was opened read-only")
	// ErrNoKey: nothing was ever sealed for this subject here. When the log says
	// otherwise, the key store is older than the log: restore a newer one.
	ErrNoKey = errors.New("privacy: no key for this subject")
	// ErrWrongKeyEncryption: the key-encryption key is not the one that wrapped
	// these data keys.
	ErrWrongKeyEncryption = errors.New("privacy: the key store was wrapped under another key-encryption key")
	// ErrSubject: the text is not a subject's id.
	ErrSubject = errors.New("privacy: not an id of a subject")
)

// schema of the key store's file. A destroyed row keeps its subject as the
// tombstone and nothing else.
const schema = `
CREATE TABLE IF NOT EXISTS keys (
	subject TEXT PRIMARY KEY,
	state   INTEGER NOT NULL,
	epoch   INTEGER NOT NULL,
	wrapped BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vault (
	subject TEXT NOT NULL,
	kind    TEXT NOT NULL,
	epoch   INTEGER NOT NULL,
	wrapped BLOB NOT NULL,
	sealed  BLOB NOT NULL,
	stored  INTEGER NOT NULL,
	PRIMARY KEY (subject, kind)
) STRICT, WITHOUT ROWID;`

// State of a subject's key. Numbers are stored.
type State int

const (
	Absent    State = iota // nothing was sealed for the subject
	Active                 // seals and opens
	Fenced                 // an erasure has begun: opens, and no longer seals
	Destroyed              // the tombstone: neither, for ever
)

func (s State) String() string {
	if s < Absent || s > Destroyed {
		return "unknown"
	}
	return [...]string{"absent", "active", "fenced", "destroyed"}[s]
}

// Config of a key store.
type Config struct {
	Path          string        // of its own SQLite file, apart from the log
	KeyEncryption KeyEncryption // wraps the data keys
	OpenKeys      int           // unwrapped keys in memory; 0 is DefaultOpenKeys
	// ReadOnly opens an existing file beside whoever writes it: for tools that
	// run and end. It hears of an erasure elsewhere when it is opened again.
	ReadOnly bool
	// Shared opens the file beside other processes of this machine that opened it
	// so: each hears of what another fenced or destroyed before its next use of a
	// key. It needs a file system of this machine, not one over a network.
	Shared bool
}

// Keys is the key store. All methods may be called from many goroutines.
type Keys struct {
	kek    KeyEncryption
	lock   *os.File
	pool   *sqlitex.Pool
	keys   *lru.Cache[string, unwrapped]
	cache  *lru.Cache[string, opened]
	writer *writer // nil when read-only
	others *others // nil unless shared

	// fill is held for reading from the look at the file until what was read is
	// in the caches, and for writing while a key is fenced or destroyed: no reader
	// puts a key back that was destroyed in between.
	fill sync.RWMutex

	closing  sync.Once
	closeErr error
}

// unwrapped is a subject's key: a tenth of the size of its cipher.
type unwrapped struct {
	state State
	key   *[keyBytes]byte // nil when destroyed
}

// opened is a subject's cipher.
type opened struct {
	state State
	aead  cipher.AEAD // nil when destroyed
}

// Open opens the key store, and creates it if it is not there. It returns
// ErrInUse, ErrWrongKeyEncryption or ErrNoEpoch before anything is served.
func Open(ctx context.Context, c Config) (_ *Keys, err error) {
	if c.OpenKeys == 0 {
		c.OpenKeys = DefaultOpenKeys
	}
	k := &Keys{kek: c.KeyEncryption}
	if k.keys, err = lru.New[string, unwrapped](c.OpenKeys); err != nil {
		return nil, fmt.Errorf("privacy: %w", err)
	}
	if k.cache, err = lru.New[string, opened](min(c.OpenKeys, openCiphers)); err != nil {
		return nil, fmt.Errorf("privacy: %w", err)
	}
	if !c.ReadOnly {
		if k.lock, err = lockFile(c.Path+".lock", c.Shared); err != nil {
			return nil, err
		}
		if c.Shared {
			if k.others, err = hear(k.lock); err != nil {
				return nil, errors.Join(err, k.lock.Close())
			}
		}
		conn, err := openWriter(c.Path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("privacy: open the key store: %w", err), k.lock.Close())
		}
		k.writer = startWriter(conn)
	}
	k.pool, err = sqlitex.NewPool(c.Path, sqlitex.PoolOptions{Flags: sqlite.OpenReadOnly, PoolSize: readers})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("privacy: open the key store: %w", err), k.closeWriter())
	}
	if err := k.probe(ctx); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

// submit hands a job to the writer.
func (k *Keys) submit(ctx context.Context, wipe bool, do func(*sqlite.Conn) error) error {
	if k.writer == nil {
		return ErrReadOnly
	}
	return k.writer.submit(ctx, wipe, do)
}

// lockFile keeps other processes out, or those alone that do not share.
func lockFile(path string, shared bool) (*os.File, error) {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, keyFileMode)
	if err != nil {
		return nil, fmt.Errorf("privacy: open the key store: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%w: %s is locked", ErrInUse, path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func openWriter(path string) (_ *sqlite.Conn, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, keyFileMode) // SQLite would let others read
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenWAL)
	if err != nil {
		return nil, err
	}
	conn.SetBusyTimeout(busyTimeout)
	for _, pragma := range []string{"synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY"} {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	if err := sqlitex.ExecuteScript(conn, schema, nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Close ends the key store; calls in flight finish or return ErrClosed.
func (k *Keys) Close() error {
	k.closing.Do(func() {
		err := k.pool.Close() // before the writer, so that the last one cleans up
		k.closeErr = errors.Join(err, k.closeWriter())
		k.keys.Purge()
		k.cache.Purge()
	})
	return k.closeErr
}

func (k *Keys) closeWriter() error {
	if k.writer == nil {
		return nil
	}
	err := k.writer.close()
	// The page in common would keep the lock beyond the file's closing.
	return errors.Join(err, syscall.Flock(int(k.lock.Fd()), syscall.LOCK_UN), k.lock.Close())
}

// probe opens one data key of each epoch, so that a wrong key-encryption key is
// found at the start and not taken for damage.
func (k *Keys) probe(ctx context.Context) error {
	if _, err := currentEpoch(ctx, k.kek); err != nil {
		return err
	}
	var rows []row
	err := k.read(ctx, `SELECT min(subject), state, epoch, wrapped FROM keys WHERE wrapped IS NOT NULL GROUP BY epoch`, nil, func(s *sqlite.Stmt) error {
		rows = append(rows, row{s.ColumnText(0), State(s.ColumnInt(1)), s.ColumnInt(2), blob(s, 3)})
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := k.kek.Unwrap(ctx, r.epoch, wrapAAD(r.subject, r.epoch), r.wrapped); errors.Is(err, ErrUnwrap) {
			return fmt.Errorf("%w (epoch %d)", ErrWrongKeyEncryption, r.epoch)
		} else if err != nil {
			return fmt.Errorf("privacy: epoch %d of the key store: %w", r.epoch, err)
		}
	}
	return nil
}

// row of the table keys.
type row struct {
	subject string
	state   State
	epoch   int
	wrapped []byte
}

const selectKey = `SELECT subject, state, epoch, wrapped FROM keys WHERE subject = ?`

func scanRow(s *sqlite.Stmt, r *row) {
	*r = row{s.ColumnText(0), State(s.ColumnInt(1)), s.ColumnInt(2), blob(s, 3)}
}

func blob(s *sqlite.Stmt, col int) []byte {
	b := make([]byte, s.ColumnLen(col))
	s.ColumnBytes(col, b)
	return b
}

// wrapAAD binds a wrapped data key to its subject and epoch.
func wrapAAD(subject string, epoch int) []byte {
	return fmt.Appendf(nil, "diaspora data key\x00%d\x00%s", epoch, subject)
}

func checkSubject(subject string) error {
	if subject == "" || len(subject) > MaxSubjectBytes {
		return ErrSubject
	}
	return nil
}

// read runs a query on a read-only connection.
func (k *Keys) read(ctx context.Context, query string, args []any, each func(*sqlite.Stmt) error) error {
	conn, err := k.pool.Take(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	defer k.pool.Put(conn)
	if err := sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args, ResultFunc: each}); err != nil {
		return fmt.Errorf("privacy: read the key store: %w", err)
	}
	return nil
}

// StateOf tells how a subject's key stands, from the file.
func (k *Keys) StateOf(ctx context.Context, subject string) (State, error) {
	var r row
	err := k.read(ctx, selectKey, []any{subject}, func(s *sqlite.Stmt) error { scanRow(s, &r); return nil })
	return r.state, err
}
