package privacy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Kind names what a protected row holds: "passport", "security_note". It is a
// word of the program, never text of a user.
type Kind string

// Bounds, listed in docs/limits.md.
const (
	MaxProtectedBytes = 1 << 20
	MaxKindBytes      = 64
)

var (
	// ErrAbsent: the vault holds no such row.
	ErrAbsent = errors.New("privacy: no such row in the vault")
	// ErrProtectedSize: the value is empty, larger than MaxProtectedBytes, or its
	// kind is no short word.
	ErrProtectedSize = errors.New("privacy: a protected row needs a kind of 1 to 64 bytes and a value of 1 byte to 1 MiB")
	// ErrUnaudited: the read could not be recorded, so nothing was read.
	ErrUnaudited = errors.New("privacy: the read could not be recorded")
)

// Protected is a value of the vault. It prints as "[protected]" and refuses to be
// written as text or JSON.
type Protected struct{ value []byte }

// Protect makes a protected value.
func Protect(value []byte) Protected { return Protected{value} }

// Reveal gives the bytes to the one who has read them from the vault.
func (p Protected) Reveal() []byte { return p.value }

func (p Protected) String() string { return "[protected]" }

// GoString keeps %#v from printing the bytes.
func (p Protected) GoString() string { return p.String() }

// Format keeps every verb of fmt from printing the bytes.
func (p Protected) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.String())) }

// LogValue keeps slog from printing the bytes.
func (p Protected) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalText refuses: personal.ErrPlain.
func (p Protected) MarshalText() ([]byte, error) { return nil, personal.ErrPlain }

// Read is the record of one reading, for the audit.
type Read struct {
	Subject string
	Kind    Kind
	Reader  domain.PrincipalID
	Role    domain.Role
	Purpose personal.Purpose
	At      time.Time // UTC
}

// Vault holds protected rows: mutable, one a subject and kind, each under a key
// of its own, beside the data keys and destroyed with them. The log carries a
// reference at most. Who may read is decided before; that it was read is
// recorded here.
type Vault struct {
	keys   *Keys
	record func(context.Context, Read) error
}

// NewVault opens the vault of a key store. Every read is given to record first,
// and fails when record does.
func NewVault(keys *Keys, record func(context.Context, Read) error) *Vault {
	return &Vault{keys, record}
}

func vaultWrapAAD(subject, kind string, epoch int) []byte {
	return fmt.Appendf(nil, "diaspora vault key\x00%d\x00%s\x00%s", epoch, kind, subject)
}

func vaultAAD(subject string, kind Kind) []byte {
	return fmt.Appendf(nil, "protected\x00%s\x00%s", kind, subject)
}

// Put stores or replaces a row under a fresh key; the old value and its key are
// gone from the file when it returns. It returns ErrProtectedSize, ErrSubject, or
// personal.ErrErased for a subject whose erasure has begun.
func (v *Vault) Put(ctx context.Context, subject string, kind Kind, p Protected, at time.Time) error {
	if err := checkSubject(subject); err != nil {
		return err
	}
	if len(p.value) == 0 || len(p.value) > MaxProtectedBytes || kind == "" || len(kind) > MaxKindBytes {
		return ErrProtectedSize
	}
	key := newKey()
	defer clear(key)
	aead, err := newAEAD(key)
	if err != nil {
		return err
	}
	sealed := aead.Seal(nil, nil, p.value, vaultAAD(subject, kind))
	var fenced bool
	err = v.keys.submit(ctx, true, func(c *sqlite.Conn) error {
		ctx := context.WithoutCancel(ctx)
		if err := v.keys.insert(ctx, c, []string{subject}); err != nil {
			return err
		}
		var r row
		if err := sqlitex.Execute(c, selectKey, &sqlitex.ExecOptions{Args: []any{subject}, ResultFunc: func(s *sqlite.Stmt) error { scanRow(s, &r); return nil }}); err != nil {
			return err
		}
		if fenced = r.state != Active; fenced {
			return nil
		}
		epoch, err := currentEpoch(ctx, v.keys.kek)
		if err != nil {
			return err
		}
		wrapped, err := v.keys.kek.Wrap(ctx, epoch, vaultWrapAAD(subject, string(kind), epoch), key)
		if err != nil {
			return err
		}
		return sqlitex.Execute(c, `INSERT INTO vault (subject, kind, epoch, wrapped, sealed, stored) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET epoch = excluded.epoch, wrapped = excluded.wrapped, sealed = excluded.sealed, stored = excluded.stored`,
			&sqlitex.ExecOptions{Args: []any{subject, string(kind), epoch, wrapped, sealed, at.UTC().Unix()}})
	})
	if err == nil && fenced {
		return fmt.Errorf("privacy: a protected row for a fenced subject: %w", personal.ErrErased)
	}
	return err
}

// Get reads a row after the read was recorded. It returns ErrUnaudited,
// ErrAbsent, personal.ErrErased or personal.ErrCorrupt.
func (v *Vault) Get(ctx context.Context, kind Kind, r Read) (Protected, error) {
	r.Kind = kind
	if err := v.record(ctx, r); err != nil {
		return Protected{}, fmt.Errorf("%w: %w", ErrUnaudited, err)
	}
	var h held
	var sealed []byte
	err := v.keys.read(ctx, `SELECT epoch, wrapped, sealed FROM vault WHERE subject = ? AND kind = ?`, []any{r.Subject, string(kind)}, func(s *sqlite.Stmt) error {
		h, sealed = held{epoch: s.ColumnInt(0), wrapped: blob(s, 1)}, blob(s, 2)
		return nil
	})
	if err != nil {
		return Protected{}, err
	}
	if h.wrapped == nil {
		if state, err := v.keys.StateOf(ctx, r.Subject); err != nil || state != Destroyed {
			return Protected{}, errors.Join(err, ErrAbsent)
		}
		return Protected{}, personal.ErrErased
	}
	key, err := v.keys.kek.Unwrap(ctx, h.epoch, vaultWrapAAD(r.Subject, string(kind), h.epoch), h.wrapped)
	if errors.Is(err, ErrUnwrap) {
		return Protected{}, personal.ErrCorrupt
	}
	if err != nil {
		return Protected{}, err
	}
	defer clear(key)
	aead, err := newAEAD(key)
	if err != nil {
		return Protected{}, err
	}
	value, err := aead.Open(nil, nil, sealed, vaultAAD(r.Subject, kind))
	if err != nil {
		return Protected{}, personal.ErrCorrupt
	}
	return Protected{value}, nil
}

// Kinds lists what the vault holds about a subject, in order, without reading it.
func (v *Vault) Kinds(ctx context.Context, subject string) (kinds []Kind, err error) {
	return kinds, v.keys.read(ctx, `SELECT kind FROM vault WHERE subject = ? ORDER BY kind`, []any{subject}, func(s *sqlite.Stmt) error {
		kinds = append(kinds, Kind(s.ColumnText(0)))
		return nil
	})
}

// Delete removes a row and its key, from the file's free pages too. A row that is
// not there is no error.
func (v *Vault) Delete(ctx context.Context, subject string, kind Kind) error {
	return v.keys.submit(ctx, true, func(c *sqlite.Conn) error {
		return sqlitex.Execute(c, `DELETE FROM vault WHERE subject = ? AND kind = ?`, &sqlitex.ExecOptions{Args: []any{subject, string(kind)}})
	})
}
