package backup

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/privacy"
)

// Header says what an archive is of.
type Header struct {
	Kind Kind `json:"kind"`
	// Made is when copying began, in UTC.
	Made time.Time `json:"made"`
	// Origin is the hash of the log's first event: archives of one log have the
	// same. Empty for an empty log.
	Origin string `json:"origin"`
	// Head is where the log ended when copying began.
	Head eventstore.Position `json:"head"`
	// Engine in which the log was kept: "sqlite" or "esdb".
	Engine string `json:"engine"`
}

// Summary is the end of an archive.
type Summary struct {
	Count uint64 `json:"count"` // events, or subjects
	// Chain is the head of the log's chain of hashes over positions, times and all,
	// and Last the position at which it stands.
	Chain string              `json:"chain,omitempty"`
	Last  eventstore.Position `json:"last,omitempty"`
	// Checksum is SHA-256 of everything before, in hexadecimal.
	Checksum string `json:"checksum"`
}

// WriteLog writes the log as it stands now to an archive. Events that are appended
// meanwhile are for the next one. It calls seen, which may be nil, with each
// position. A log that does not hold is a *eventstore.BrokenChain, not an archive.
func WriteLog(ctx context.Context, w io.Writer, to []age.Recipient, store eventstore.Store, header Header, seen func(eventstore.Position)) (Header, Summary, error) {
	var err error
	if header.Head, err = store.Head(ctx); err != nil {
		return header, Summary{}, err
	}
	if header.Origin, err = Origin(ctx, store); err != nil {
		return header, Summary{}, err
	}
	header.Kind = Log
	f, err := newFramer(w, to)
	if err != nil {
		return header, Summary{}, err
	}
	if err := f.text(headerFrame, header); err != nil {
		return header, Summary{}, err
	}
	var walk eventstore.Walker
	var b []byte
	for e, err := range store.ReadAll(ctx, 0, eventstore.Forwards, 0) {
		if err != nil {
			return header, Summary{}, err
		}
		if e.Position > header.Head {
			break
		}
		if err := walk.Add(e); err != nil {
			return header, Summary{}, err
		}
		b = appendEvent(b[:0], e)
		if err := f.frame(eventFrame, b); err != nil {
			return header, Summary{}, err
		}
		if seen != nil {
			seen(e.Position)
		}
	}
	hash := walk.Head()
	s := Summary{Count: walk.Events(), Last: walk.Last(), Chain: hex.EncodeToString(hash[:]), Checksum: f.checksum()}
	if err := f.text(summaryFrame, s); err != nil {
		return header, s, err
	}
	return header, s, f.close()
}

// Origin is the hash of a log's first event, empty for an empty log.
func Origin(ctx context.Context, store eventstore.Store) (string, error) {
	for e, err := range store.ReadAll(ctx, 0, eventstore.Forwards, 1) {
		if err != nil {
			return "", err
		}
		var c eventstore.Chain
		hash := c.Add(e)
		return hex.EncodeToString(hash[:]), nil
	}
	return "", nil
}

// WriteKeys writes the key store to an archive: after the log, so that each sealed
// value of that has its key.
func WriteKeys(ctx context.Context, w io.Writer, to []age.Recipient, keys *privacy.Keys, log Header, made time.Time) (Summary, error) {
	f, err := newFramer(w, to)
	if err != nil {
		return Summary{}, err
	}
	log.Kind, log.Made = Keys, made
	if err := f.text(headerFrame, log); err != nil {
		return Summary{}, err
	}
	var s Summary
	var b []byte
	for row, err := range keys.Copy(ctx) {
		if err != nil {
			return s, err
		}
		if row.Kind == "" {
			s.Count++
		}
		b = appendKey(b[:0], row)
		if err := f.frame(keyFrame, b); err != nil {
			return s, err
		}
	}
	s.Checksum = f.checksum()
	if err := f.text(summaryFrame, s); err != nil {
		return s, err
	}
	return s, f.close()
}

// Reader reads an archive.
type Reader struct {
	Header Header
	// Summary is there once everything was read.
	Summary Summary
	d       *deframer
}

// Open opens an archive of a kind. It returns ErrKey, ErrDamaged, ErrFormat or
// ErrOther.
func Open(r io.Reader, kind Kind, ids []age.Identity) (*Reader, error) {
	d, err := newDeframer(r, ids)
	if err != nil {
		return nil, err
	}
	a := &Reader{d: d}
	if err := d.text(headerFrame, &a.Header); err != nil {
		return nil, err
	}
	switch a.Header.Kind {
	case kind:
		return a, nil
	case Log, Keys:
		return nil, ErrOther
	}
	return nil, ErrFormat
}

// Events yields the events of an archived log, once, with the positions that they
// had. It ends with an error unless the archive is whole and what it says it is.
func (a *Reader) Events() iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		var walk eventstore.Walker
		err := a.frames(eventFrame, func(payload []byte) (bool, error) {
			e, err := readEvent(payload)
			if err == nil {
				err = walk.Add(e)
			}
			if err != nil {
				return false, damaged(err)
			}
			return yield(e, nil), nil
		})
		if err == errEnough {
			return
		}
		hash := walk.Head()
		if s := a.Summary; err == nil && (s.Count != walk.Events() || s.Last != walk.Last() || s.Chain != hex.EncodeToString(hash[:])) {
			err = ErrDamaged.With(fmt.Sprintf("The archive ends at position %d, and says that it ends at %d.", walk.Last(), s.Last))
		}
		if err != nil {
			yield(eventstore.Recorded{}, err)
		}
	}
}

// Keys yields the rows of an archived key store, once.
func (a *Reader) Keys() iter.Seq2[privacy.Copied, error] {
	return func(yield func(privacy.Copied, error) bool) {
		subjects := uint64(0)
		err := a.frames(keyFrame, func(payload []byte) (bool, error) {
			row, err := readKey(payload)
			if err != nil {
				return false, damaged(err)
			}
			if row.Kind == "" {
				subjects++
			}
			return yield(row, nil), nil
		})
		if err == errEnough {
			return
		}
		if err == nil && subjects != a.Summary.Count {
			err = ErrDamaged.With(fmt.Sprintf("The archive holds %d subjects, and says that it holds %d.", subjects, a.Summary.Count))
		}
		if err != nil {
			yield(privacy.Copied{}, err)
		}
	}
}

// errEnough: whoever reads does not want more.
var errEnough = fmt.Errorf("backup: enough")

// frames hands over the frames of a kind, up to the summary.
func (a *Reader) frames(kind byte, take func([]byte) (bool, error)) error {
	for {
		got, payload, before, err := a.d.next()
		switch {
		case err != nil:
			return err
		case got == kind:
			more, err := take(payload)
			if err != nil {
				return err
			}
			if !more {
				return errEnough
			}
		case got == summaryFrame:
			if json.Unmarshal(payload, &a.Summary) != nil || a.Summary.Checksum != before {
				return ErrDamaged.With("The archive's checksum is not that of what it holds.")
			}
			return a.d.end()
		default:
			return ErrFormat
		}
	}
}
