package privacy

import (
	"context"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Rotation says what Rotate did.
type Rotation struct {
	Epoch     int // that all keys are wrapped under now
	Rewrapped int // data keys that were moved to it
}

// Rotate wraps every data key under a new epoch of the key-encryption key. When
// keys are behind the current epoch already, since an earlier rotation was cut
// short or the operator added an epoch, it finishes that one. It returns
// ErrByOperator when the operator has to add the epoch. Reading and sealing go on
// meanwhile.
func (k *Keys) Rotate(ctx context.Context) (Rotation, error) {
	epoch, err := currentEpoch(ctx, k.kek)
	if err != nil {
		return Rotation{}, err
	}
	behind, err := k.epochs(ctx)
	if err != nil {
		return Rotation{}, err
	}
	delete(behind, epoch)
	if len(behind) == 0 {
		if epoch, err = k.kek.Advance(ctx); err != nil {
			return Rotation{}, err
		}
	}
	r := Rotation{Epoch: epoch}
	for _, t := range []table{keysTable, vaultTable} {
		n, err := k.rewrap(ctx, t, epoch)
		r.Rewrapped += n
		if err != nil {
			return r, err
		}
	}
	// The old wrappings must not linger in the write-ahead log.
	return r, k.submit(ctx, true, func(*sqlite.Conn) error { return nil })
}

// Retire destroys every epoch under which no key is wrapped any more: then an
// old backup of the key store opens nothing. It returns the epochs that it
// destroyed now, or ErrByOperator when the operator has to remove them.
func (k *Keys) Retire(ctx context.Context) (retired []int, err error) {
	var refusal error // of the key-encryption key: nobody else's transaction need fail
	err = k.submit(ctx, false, func(c *sqlite.Conn) error {
		ctx := context.WithoutCancel(ctx)
		used, err := epochsIn(c)
		if err != nil {
			return err
		}
		epochs, err := k.kek.Epochs(ctx)
		if err != nil {
			return err
		}
		for i, epoch := range epochs {
			if used[epoch] || i == len(epochs)-1 {
				continue
			}
			if err := k.kek.Destroy(ctx, epoch); err != nil {
				refusal = errors.Join(refusal, fmt.Errorf("privacy: destroy epoch %d: %w", epoch, err))
				continue
			}
			retired = append(retired, epoch)
		}
		return nil
	})
	return retired, errors.Join(err, refusal)
}

const selectEpochs = `SELECT DISTINCT epoch FROM keys WHERE wrapped IS NOT NULL UNION SELECT DISTINCT epoch FROM vault`

func (k *Keys) epochs(ctx context.Context) (map[int]bool, error) {
	m := map[int]bool{}
	return m, k.read(ctx, selectEpochs, nil, func(s *sqlite.Stmt) error { m[s.ColumnInt(0)] = true; return nil })
}

func epochsIn(c *sqlite.Conn) (map[int]bool, error) {
	m := map[int]bool{}
	return m, sqlitex.Execute(c, selectEpochs, &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
		m[s.ColumnInt(0)] = true
		return nil
	}})
}

// table that holds wrapped keys: how to page through it and how to bind a key.
type table struct {
	page, update string
	aad          func(subject, kind string, epoch int) []byte
}

var (
	keysTable = table{
		page:   `SELECT subject, '', epoch, wrapped FROM keys WHERE subject > ?1 AND ?2 = '' AND wrapped IS NOT NULL ORDER BY subject LIMIT ?3`,
		update: `UPDATE keys SET epoch = ?1, wrapped = ?2 WHERE subject = ?3 AND ?4 = ''`,
		aad:    func(subject, _ string, epoch int) []byte { return wrapAAD(subject, epoch) },
	}
	vaultTable = table{
		page:   `SELECT subject, kind, epoch, wrapped FROM vault WHERE (subject, kind) > (?1, ?2) ORDER BY subject, kind LIMIT ?3`,
		update: `UPDATE vault SET epoch = ?1, wrapped = ?2 WHERE subject = ?3 AND kind = ?4`,
		aad:    vaultWrapAAD,
	}
)

// held is a wrapped key of either table.
type held struct {
	subject, kind string
	epoch         int
	wrapped       []byte
}

// rewrap goes through a table page by page, each page a transaction of its own,
// so that others are served in between.
func (k *Keys) rewrap(ctx context.Context, t table, epoch int) (int, error) {
	n, last := 0, held{}
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		var page []held
		moved := 0
		err := k.submit(ctx, false, func(c *sqlite.Conn) error {
			err := sqlitex.Execute(c, t.page, &sqlitex.ExecOptions{Args: []any{last.subject, last.kind, rewrapPage}, ResultFunc: func(s *sqlite.Stmt) error {
				page = append(page, held{s.ColumnText(0), s.ColumnText(1), s.ColumnInt(2), blob(s, 3)})
				return nil
			}})
			if err != nil {
				return err
			}
			moved, err = k.rewrapPage(context.WithoutCancel(ctx), c, t, epoch, page)
			return err
		})
		if err != nil {
			return n, err
		}
		n += moved
		if len(page) < rewrapPage {
			return n, nil
		}
		last = page[len(page)-1]
	}
}

func (k *Keys) rewrapPage(ctx context.Context, c *sqlite.Conn, t table, epoch int, page []held) (moved int, err error) {
	for _, h := range page {
		if h.epoch == epoch {
			continue
		}
		key, err := k.kek.Unwrap(ctx, h.epoch, t.aad(h.subject, h.kind, h.epoch), h.wrapped)
		if err != nil {
			return moved, fmt.Errorf("rewrap the key of %s: %w", h.subject, err)
		}
		wrapped, err := k.kek.Wrap(ctx, epoch, t.aad(h.subject, h.kind, epoch), key)
		clear(key)
		if err != nil {
			return moved, err
		}
		err = sqlitex.Execute(c, t.update, &sqlitex.ExecOptions{Args: []any{epoch, wrapped, h.subject, h.kind}})
		if err != nil {
			return moved, err
		}
		moved++
	}
	return moved, nil
}
