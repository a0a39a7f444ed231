package sqlite

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const (
	// applicationID marks the file as ours ("DiaM"), schemaVersion its layout.
	applicationID = 0x4469614d
	schemaVersion = 1

	busyTimeout    = 5 * time.Second
	pageBytes      = 4096
	checkpointFrom = 8000      // pages in the write-ahead log before they are copied into the file
	keptLogBytes   = 64 << 20  // of the write-ahead log, after a long read had let it grow
	mmapBytes      = 256 << 20 // of the file, mapped for each connection
	writerCacheKiB = 16 << 10
	readerCacheKiB = 2 << 10
)

// The sequence that AUTOINCREMENT keeps remembers the highest position ever
// given, so that a log cut off at its end is noticed.
const schema = `
CREATE TABLE streams (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
);
CREATE TABLE events (
	position INTEGER PRIMARY KEY AUTOINCREMENT,
	stream   INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	id       BLOB NOT NULL,
	type     TEXT NOT NULL,
	data     BLOB NOT NULL,
	meta     BLOB NOT NULL,
	time     INTEGER NOT NULL,
	hash     BLOB NOT NULL
);
CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
`

// openWriter opens the one connection that writes, and lays out a new file.
func openWriter(path, vfs string) (*sqlite.Conn, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	conn, err := sqlite.OpenConn(address(path, vfs), sqlite.OpenReadWrite|sqlite.OpenURI)
	if err != nil {
		return nil, err
	}
	conn.SetBusyTimeout(busyTimeout)
	err = sqlitex.ExecuteScript(conn, fmt.Sprintf("PRAGMA page_size = %d", pageBytes), nil)
	if err == nil {
		// Outside of a script, which would be a transaction.
		err = sqlitex.ExecuteTransient(conn, "PRAGMA journal_mode = WAL", nil)
	}
	for _, pragma := range []string{
		"synchronous = FULL",
		fmt.Sprintf("wal_autocheckpoint = %d", checkpointFrom),
		fmt.Sprintf("journal_size_limit = %d", keptLogBytes),
		fmt.Sprintf("mmap_size = %d", mmapBytes),
		fmt.Sprintf("cache_size = -%d", writerCacheKiB),
	} {
		if err == nil {
			err = sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil)
		}
	}
	if err == nil {
		err = layOut(conn)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// createFile makes an empty file that only its owner may read, and makes its
// name durable: SQLite gives its log the same mode.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func layOut(conn *sqlite.Conn) (err error) {
	defer sqlitex.Transaction(conn)(&err)
	id, version, err := fileVersion(conn)
	switch {
	case err != nil:
		return err
	case id == applicationID && version == schemaVersion:
		return nil
	case id != 0 || version != 0:
		return checkVersion(id, version)
	}
	return sqlitex.ExecuteScript(conn, fmt.Sprintf("%s PRAGMA application_id = %d; PRAGMA user_version = %d;",
		schema, applicationID, schemaVersion), nil)
}

func fileVersion(conn *sqlite.Conn) (id, version int64, err error) {
	id, err = queryInt(conn, "PRAGMA application_id")
	if err != nil {
		return 0, 0, err
	}
	version, err = queryInt(conn, "PRAGMA user_version")
	return id, version, err
}

func checkVersion(id, version int64) error {
	if id != applicationID {
		return errors.New("the file is not an event store")
	}
	if version != schemaVersion {
		return fmt.Errorf("the file has layout %d, and this program knows layout %d", version, schemaVersion)
	}
	return nil
}

func openReader(path, vfs string) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(address(path, vfs), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return nil, err
	}
	conn.SetBusyTimeout(busyTimeout)
	for _, pragma := range []string{
		"query_only = ON",
		fmt.Sprintf("mmap_size = %d", mmapBytes),
		fmt.Sprintf("cache_size = -%d", readerCacheKiB),
	} {
		if err == nil {
			err = sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil)
		}
	}
	if err == nil {
		var id, version int64
		if id, version, err = fileVersion(conn); err == nil {
			err = checkVersion(id, version)
		}
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// address is the URI of a file, whatever characters its path holds.
func address(path, vfs string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	if vfs != "" {
		u.RawQuery = url.Values{"vfs": {vfs}}.Encode()
	}
	return u.String()
}

func queryInt(conn *sqlite.Conn, query string) (n int64, err error) {
	err = sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			n = stmt.ColumnInt64(0)
			return nil
		},
	})
	return n, err
}
