package privacy

import (
	"context"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/diaspora-match/diaspora/domain/personal"
)

// Seal encrypts under the subject's key, which it creates if the subject has
// none. For a subject whose erasure has begun it fails with personal.ErrErased.
// It implements codec.Sealer.
func (k *Keys) Seal(ctx context.Context, subject string, aad, plain []byte) ([]byte, error) {
	o, err := k.load(ctx, subject)
	if errors.Is(err, ErrNoKey) {
		if err = k.Ensure(ctx, subject); err == nil {
			o, err = k.load(ctx, subject)
		}
	}
	if err != nil {
		return nil, err
	}
	if o.state != Active {
		return nil, fmt.Errorf("privacy: sealing for a %s subject: %w", o.state, personal.ErrErased)
	}
	return o.aead.Seal(nil, nil, plain, aad), nil
}

// Open decrypts what was sealed for the subject with the same associated data.
// It returns personal.ErrErased for a destroyed key, personal.ErrCorrupt when
// the existing one does not open the bytes, or ErrNoKey. It implements
// codec.Sealer.
func (k *Keys) Open(ctx context.Context, subject string, aad, sealed []byte) ([]byte, error) {
	o, err := k.load(ctx, subject)
	if err != nil {
		return nil, err
	}
	if o.state == Destroyed {
		return nil, personal.ErrErased
	}
	plain, err := o.aead.Open(nil, nil, sealed, aad)
	if err != nil {
		return nil, personal.ErrCorrupt
	}
	return plain, nil
}

// load gives a subject's cipher from the caches or the file.
func (k *Keys) load(ctx context.Context, subject string) (opened, error) {
	k.listen()
	if o, ok := k.cache.Get(subject); ok {
		return o, nil
	}
	k.fill.RLock()
	defer k.fill.RUnlock()
	u, ok := k.keys.Get(subject)
	if !ok {
		var r row
		if err := k.read(ctx, selectKey, []any{subject}, func(s *sqlite.Stmt) error { scanRow(s, &r); return nil }); err != nil {
			return opened{}, err
		}
		if r.state == Absent {
			return opened{}, ErrNoKey
		}
		var err error
		if u, err = k.unwrap(ctx, r); err != nil {
			return opened{}, err
		}
		k.keys.Add(subject, u)
	}
	o := opened{state: u.state}
	if u.key != nil {
		var err error
		if o.aead, err = newAEAD(u.key[:]); err != nil {
			return opened{}, err
		}
	}
	k.cache.Add(subject, o)
	return o, nil
}

// unwrap opens a row. The epochs were probed at the start, so a row that does
// not open is damaged, and what it sealed is corrupt.
func (k *Keys) unwrap(ctx context.Context, r row) (unwrapped, error) {
	if r.state == Destroyed {
		return unwrapped{state: Destroyed}, nil
	}
	key, err := k.kek.Unwrap(ctx, r.epoch, wrapAAD(r.subject, r.epoch), r.wrapped)
	if errors.Is(err, ErrUnwrap) || err == nil && len(key) != keyBytes {
		return unwrapped{}, fmt.Errorf("privacy: damaged row in the key store: %w", personal.ErrCorrupt)
	}
	if err != nil {
		return unwrapped{}, err
	}
	return unwrapped{r.state, (*[keyBytes]byte)(key)}, nil
}

// Ensure creates a key for each subject that has none, durably. Many subjects in
// one call share an fsync by the thousand. A tombstone stays what it is.
func (k *Keys) Ensure(ctx context.Context, subjects ...string) error {
	for _, s := range subjects {
		if err := checkSubject(s); err != nil {
			return err
		}
	}
	for len(subjects) > 0 {
		n := min(len(subjects), MaxEnsure)
		if err := k.submit(ctx, false, func(c *sqlite.Conn) error { return k.insert(ctx, c, subjects[:n]) }); err != nil {
			return err
		}
		subjects = subjects[n:]
	}
	return nil
}

// insert wraps inside the write transaction, so that no key is wrapped under an
// epoch that a rotation has just left.
func (k *Keys) insert(ctx context.Context, c *sqlite.Conn, subjects []string) error {
	ctx = context.WithoutCancel(ctx) // others' jobs share the transaction
	epoch, err := currentEpoch(ctx, k.kek)
	if err != nil {
		return err
	}
	for _, subject := range subjects {
		key := newKey()
		wrapped, err := k.kek.Wrap(ctx, epoch, wrapAAD(subject, epoch), key)
		clear(key)
		if err != nil {
			return err
		}
		err = sqlitex.Execute(c, `INSERT INTO keys (subject, state, epoch, wrapped) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			&sqlitex.ExecOptions{Args: []any{subject, int(Active), epoch, wrapped}})
		if err != nil {
			return err
		}
	}
	return nil
}

// Warm unwraps keys into the cache in one pass over the file, up to the cache's
// bound: before a rebuild, which would otherwise look each of them up. It returns
// how many it unwrapped.
func (k *Keys) Warm(ctx context.Context, bound int) (int, error) {
	k.fill.RLock()
	defer k.fill.RUnlock()
	n := 0
	err := k.read(ctx, `SELECT subject, state, epoch, wrapped FROM keys LIMIT ?`, []any{bound}, func(s *sqlite.Stmt) error {
		var r row
		scanRow(s, &r)
		u, err := k.unwrap(ctx, r)
		if errors.Is(err, personal.ErrCorrupt) {
			return nil // told when it is read
		}
		if err == nil {
			k.keys.Add(r.subject, u)
			n++
		}
		return err
	})
	return n, err
}

// Fence begins an erasure: from its return on, sealing for the subject fails,
// also after a restart. Doing it again, or after Destroy, changes nothing.
func (k *Keys) Fence(ctx context.Context, subject string) error {
	return k.end(ctx, subject, false, func(c *sqlite.Conn) error {
		if err := k.insert(ctx, c, []string{subject}); err != nil {
			return err
		}
		return sqlitex.Execute(c, `UPDATE keys SET state = ? WHERE subject = ? AND state = ?`,
			&sqlitex.ExecOptions{Args: []any{int(Fenced), subject, int(Active)}})
	})
}

// Destroy destroys the subject's key and vault rows, leaves the tombstone, and
// returns when no byte of them is left in the file or its write-ahead log. Doing
// it again changes nothing but wipes again.
func (k *Keys) Destroy(ctx context.Context, subject string) error {
	return k.end(ctx, subject, true, func(c *sqlite.Conn) error {
		err := sqlitex.Execute(c, `DELETE FROM vault WHERE subject = ?`, &sqlitex.ExecOptions{Args: []any{subject}})
		if err != nil {
			return err
		}
		return sqlitex.Execute(c, `INSERT INTO keys (subject, state, epoch, wrapped) VALUES (?, ?, 0, NULL)
			ON CONFLICT DO UPDATE SET state = excluded.state, epoch = 0, wrapped = NULL`,
			&sqlitex.ExecOptions{Args: []any{subject, int(Destroyed)}})
	})
}

// end changes a key for the worse and keeps readers from filling the cache with
// what it was before.
func (k *Keys) end(ctx context.Context, subject string, wipe bool, do func(*sqlite.Conn) error) error {
	if err := checkSubject(subject); err != nil {
		return err
	}
	k.fill.Lock()
	defer k.fill.Unlock()
	err := k.submit(ctx, wipe, do)
	k.Evict(subject)
	k.others.tell()
	return err
}

// Evict forgets the subject's key and cipher.
func (k *Keys) Evict(subject string) {
	k.keys.Remove(subject)
	k.cache.Remove(subject)
}
