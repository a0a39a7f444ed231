package backup

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/privacy"
)

// A row is a run of numbers, as varints, and of texts behind their lengths.

func appendText[T ~string | ~[]byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// appendEvent writes an event: position, revision, time in microseconds since
// 1970, id, stream, type, data, metadata.
func appendEvent(b []byte, e eventstore.Recorded) []byte {
	b = binary.AppendUvarint(b, uint64(e.Position))
	b = binary.AppendUvarint(b, uint64(e.Revision))
	b = binary.AppendVarint(b, e.Time.UnixMicro())
	b = append(b, e.ID[:]...)
	b = appendText(b, e.Stream)
	b = appendText(b, e.Type)
	b = appendText(b, e.Data)
	return appendText(b, e.Meta)
}

func readEvent(b []byte) (eventstore.Recorded, error) {
	r := row{left: b}
	e := eventstore.Recorded{Position: eventstore.Position(r.number()), Revision: eventstore.Revision(r.number())}
	e.Time = time.UnixMicro(r.signed()).UTC()
	copy(e.ID[:], r.take(uint64(len(e.ID))))
	e.Stream, e.Type = string(r.text()), string(r.text())
	// The frame is read anew for the next event: what stays is copied, in one piece.
	data, meta := r.text(), r.text()
	kept := append(append(make([]byte, 0, len(data)+len(meta)), data...), meta...)
	e.Data, e.Meta = kept[:len(data):len(data)], kept[len(data):]
	if err := r.end(); err != nil {
		return e, err
	}
	return e, eventstore.CheckAppend(e.Stream, []eventstore.Event{e.Event})
}

// appendKey writes a row of the key store: subject, kind, state, epoch, time,
// wrapped key, sealed value. A key that is gone has no bytes.
func appendKey(b []byte, c privacy.Copied) []byte {
	b = appendText(b, c.Subject)
	b = appendText(b, string(c.Kind))
	b = binary.AppendUvarint(b, uint64(c.State))
	b = binary.AppendUvarint(b, uint64(c.Epoch))
	b = binary.AppendVarint(b, c.Stored)
	b = appendText(b, c.Wrapped)
	return appendText(b, c.Sealed)
}

func readKey(b []byte) (privacy.Copied, error) {
	r := row{left: b}
	c := privacy.Copied{Subject: string(r.text()), Kind: privacy.Kind(r.text())}
	c.State, c.Epoch, c.Stored = privacy.State(r.number()), int(r.number()), r.signed()
	c.Wrapped, c.Sealed = r.bytes(), r.bytes()
	return c, r.end()
}

// row reads a row; the first thing that is wrong stays.
type row struct {
	left []byte
	bad  bool
}

var errRow = errors.New("a row of it is not as it must be")

func (r *row) end() error {
	if r.bad || len(r.left) > 0 {
		return errRow
	}
	return nil
}

func (r *row) number() uint64 {
	n, size := binary.Uvarint(r.left)
	r.skip(size)
	return n
}

func (r *row) signed() int64 {
	n, size := binary.Varint(r.left)
	r.skip(size)
	return n
}

func (r *row) skip(size int) {
	if size <= 0 {
		r.bad, size = true, len(r.left)
	}
	r.left = r.left[size:]
}

func (r *row) take(size uint64) []byte {
	if size > uint64(len(r.left)) {
		r.bad, r.left = true, nil
		return nil
	}
	taken := r.left[:size]
	r.left = r.left[size:]
	return taken
}

func (r *row) text() []byte { return r.take(r.number()) }

// bytes is a text of its own, nil where it is empty.
func (r *row) bytes() []byte { return append([]byte(nil), r.text()...) }
