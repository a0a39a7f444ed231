package privacy

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

var (
	// ErrCopy: a row of a copied key store is not as it must be.
	ErrCopy = errors.New("privacy: bad row in the copy of a key store")
	// ErrNotEmpty: a copy goes into a key store that holds something already.
	ErrNotEmpty = errors.New("privacy: the key store is not empty")
)

// Bounds of a copied row, listed in docs/limits.md.
const (
	// MaxWrappedBytes bounds a wrapped key; those of this package have 60.
	MaxWrappedBytes = 1024
	// MaxSealedBytes bounds a sealed protected row.
	MaxSealedBytes = MaxProtectedBytes + 64
)

// Copied is a row of the key store as it lies there: keys wrapped, values sealed.
type Copied struct {
	Subject string
	Kind    Kind  // of a protected row; empty for a data key
	State   State // of a data key
	Epoch   int
	Wrapped []byte // nil where the key was destroyed
	Sealed  []byte // of a protected row
	Stored  int64  // of a protected row: seconds since 1970
}

// check refuses what this package would never have written.
func (c Copied) check() error {
	row := c.Subject != "" && len(c.Subject) <= MaxSubjectBytes && c.Epoch >= 0 && len(c.Wrapped) <= MaxWrappedBytes
	switch {
	case c.Kind != "":
		row = row && len(c.Kind) <= MaxKindBytes && len(c.Wrapped) > 0 && len(c.Sealed) > 0 && len(c.Sealed) <= MaxSealedBytes
	case c.State == Active, c.State == Fenced:
		row = row && len(c.Wrapped) > 0 && len(c.Sealed) == 0
	default:
		row = row && c.State == Destroyed && len(c.Wrapped) == 0 && len(c.Sealed) == 0
	}
	if !row {
		return ErrCopy
	}
	return nil
}

// Copy yields everything that the key store holds: data keys and tombstones, then
// protected rows, each in the order of subjects. It reads page by page, so that it
// never keeps an erasure from emptying the write-ahead log. Whoever was there when
// it began is in the copy; who was erased meanwhile is a tombstone in it or was
// copied before, so that the ledger must be replayed over any copy.
func (k *Keys) Copy(ctx context.Context) iter.Seq2[Copied, error] {
	return func(yield func(Copied, error) bool) {
		for _, query := range []string{
			`SELECT subject, '', state, epoch, wrapped, NULL, 0 FROM keys WHERE subject > ?1 AND ?2 = '' ORDER BY subject LIMIT ?3`,
			`SELECT subject, kind, 0, epoch, wrapped, sealed, stored FROM vault WHERE (subject, kind) > (?1, ?2) ORDER BY subject, kind LIMIT ?3`,
		} {
			if !k.copyTable(ctx, query, yield) {
				return
			}
		}
	}
}

func (k *Keys) copyTable(ctx context.Context, query string, yield func(Copied, error) bool) bool {
	var last Copied
	for {
		page, err := k.copyPage(ctx, query, last)
		if err != nil {
			yield(Copied{}, err)
			return false
		}
		for _, c := range page {
			if !yield(c, nil) {
				return false
			}
		}
		if len(page) < copyPage {
			return true
		}
		last = page[len(page)-1]
	}
}

// copyPage bounds the rows that are read and pasted at a time. A protected row may
// have a megabyte.
const copyPage = 64

func (k *Keys) copyPage(ctx context.Context, query string, after Copied) (page []Copied, err error) {
	err = k.read(ctx, query, []any{after.Subject, string(after.Kind), copyPage}, func(s *sqlite.Stmt) error {
		c := Copied{Subject: s.ColumnText(0), Kind: Kind(s.ColumnText(1)), State: State(s.ColumnInt(2)), Epoch: s.ColumnInt(3), Stored: s.ColumnInt64(6)}
		if s.ColumnType(4) != sqlite.TypeNull {
			c.Wrapped = blob(s, 4)
		}
		if s.ColumnType(5) != sqlite.TypeNull {
			c.Sealed = blob(s, 5)
		}
		page = append(page, c)
		return nil
	})
	return page, err
}

// Paste fills an empty key store with a copy. Of a subject that erased names
// nothing is written but the tombstone: not for a moment does the file hold that
// key. At the end one key of each epoch is opened. It returns ErrNotEmpty, ErrCopy,
// ErrNoEpoch, ErrWrongKeyEncryption, or the error of the rows.
func (k *Keys) Paste(ctx context.Context, rows iter.Seq2[Copied, error], erased func(subject string) bool) (subjects int, err error) {
	n := 0
	if err := k.read(ctx, `SELECT count(*) FROM keys`, nil, func(s *sqlite.Stmt) error { n = s.ColumnInt(0); return nil }); err != nil {
		return 0, err
	}
	if n > 0 {
		return 0, ErrNotEmpty
	}
	var page []Copied
	flush := func() error {
		err := k.submit(ctx, false, func(c *sqlite.Conn) error { return pastePage(c, page, erased) })
		page = page[:0]
		return err
	}
	for row, err := range rows {
		if err == nil {
			err = row.check()
		}
		if err != nil {
			return subjects, err
		}
		if row.Kind == "" {
			subjects++
		}
		if page = append(page, row); len(page) == copyPage {
			if err := flush(); err != nil {
				return subjects, err
			}
		}
	}
	if err := flush(); err != nil {
		return subjects, err
	}
	return subjects, k.probe(ctx)
}

func pastePage(conn *sqlite.Conn, page []Copied, erased func(string) bool) error {
	for _, c := range page {
		gone := erased(c.Subject)
		query := `INSERT INTO keys (subject, state, epoch, wrapped) VALUES (?, ?, ?, ?)`
		args := []any{c.Subject, int(c.State), c.Epoch, nullable(c.Wrapped)}
		switch {
		case c.Kind != "" && gone:
			continue
		case c.Kind != "":
			query = `INSERT INTO vault (subject, kind, epoch, wrapped, sealed, stored) VALUES (?, ?, ?, ?, ?, ?)`
			args = []any{c.Subject, string(c.Kind), c.Epoch, c.Wrapped, c.Sealed, c.Stored}
		case gone:
			args = []any{c.Subject, int(Destroyed), 0, nil}
		}
		if err := sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args}); err != nil {
			return fmt.Errorf("paste the row of %s: %w", c.Subject, err)
		}
	}
	return nil
}

// nullable binds no bytes as NULL.
func nullable(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}
