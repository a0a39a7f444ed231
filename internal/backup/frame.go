package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"filippo.io/age"
	"github.com/go-json-experiment/json"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
)

// magic begins what is encrypted, with the number of the format.
const magic = "diaspora archive 1\n"

// Bounds of an archive, listed in docs/limits.md.
const (
	// MaxFrameBytes bounds one frame: an event with its names, or a protected row.
	MaxFrameBytes = 2 * eventstore.MaxAppendBytes
	// maxTextFrameBytes bounds the header and the summary.
	maxTextFrameBytes = 4 << 10
	streamBytes       = 64 << 10 // bytes that are read or written at a time
)

// Refusals of archives.
var (
	ErrDamaged = domain.Refuse(domain.Invalid, "backup.damaged", "The archive is damaged or not whole.", "Fetch it again, or take another one.")
	ErrKey     = domain.Refuse(domain.Invalid, "backup.wrong_key", "None of the identities opens the archive.", "Name the file with the identity whose recipient the archive was made for.")
	ErrFormat  = domain.Refuse(domain.Invalid, "backup.format", "This is no archive that this program can read.", "Name a file that 'diaspora backup' has written, or take a newer version of the program.")
	ErrOther   = domain.Refuse(domain.Invalid, "backup.kind", "This is the other archive of the two.", "Name the archive of the log with --from and that of the keys with --keys-from.")
)

// Kind of an archive.
type Kind string

const (
	Log  Kind = "log"
	Keys Kind = "keys"
)

// frame kinds.
const (
	headerFrame  = 'h'
	eventFrame   = 'e'
	keyFrame     = 'k'
	summaryFrame = 's'
)

// framer writes frames and sums them up.
type framer struct {
	w   *bufio.Writer
	age io.Closer
	sum hash.Hash
	err error
}

func newFramer(w io.Writer, to []age.Recipient) (*framer, error) {
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return nil, fmt.Errorf("backup: encrypt: %w", err)
	}
	f := &framer{w: bufio.NewWriterSize(sealed, streamBytes), age: sealed, sum: sha256.New()}
	f.write([]byte(magic))
	return f, f.err
}

// write keeps the first error, which close returns.
func (f *framer) write(b []byte) {
	f.sum.Write(b)
	if f.err == nil {
		_, f.err = f.w.Write(b)
	}
}

func (f *framer) frame(kind byte, payload []byte) error {
	if len(payload) > MaxFrameBytes {
		return fmt.Errorf("backup: a frame of %d bytes, at most %d", len(payload), MaxFrameBytes)
	}
	f.write(binary.AppendUvarint([]byte{kind}, uint64(len(payload))))
	f.write(payload)
	return f.err
}

func (f *framer) text(kind byte, v any) error {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("backup: write: %w", err)
	}
	return f.frame(kind, b)
}

// checksum of everything written so far.
func (f *framer) checksum() string { return hex.EncodeToString(f.sum.Sum(nil)) }

func (f *framer) close() error {
	return errors.Join(f.err, f.w.Flush(), f.age.Close())
}

// deframer reads frames and sums them up.
type deframer struct {
	r   *bufio.Reader
	sum hash.Hash
	buf []byte
}

// newDeframer opens an archive: ErrKey, ErrDamaged or ErrFormat.
func newDeframer(r io.Reader, ids []age.Identity) (*deframer, error) {
	plain, err := age.Decrypt(bufio.NewReaderSize(r, streamBytes), ids...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return nil, ErrKey
	case err != nil:
		return nil, ErrDamaged.With("The archive cannot be opened: " + err.Error() + ".")
	}
	d := &deframer{r: bufio.NewReaderSize(plain, streamBytes), sum: sha256.New()}
	begin := make([]byte, len(magic))
	if _, err := io.ReadFull(d.r, begin); err != nil {
		return nil, damaged(err)
	}
	if string(begin) != magic {
		return nil, ErrFormat
	}
	d.sum.Write(begin)
	return d, nil
}

// damaged tells that reading broke off. What age says of a changed or missing
// part names no content.
func damaged(err error) error {
	return ErrDamaged.With("The archive is damaged or not whole: " + err.Error() + ".")
}

// next reads a frame, which is valid until the next call. The checksum before it
// is that of everything up to it.
func (d *deframer) next() (kind byte, payload []byte, before string, err error) {
	if kind, err = d.r.ReadByte(); err != nil {
		return 0, nil, "", damaged(unexpected(err))
	}
	size, err := binary.ReadUvarint(d.r)
	if err != nil {
		return 0, nil, "", damaged(unexpected(err))
	}
	bound := uint64(MaxFrameBytes)
	if kind == headerFrame || kind == summaryFrame {
		bound = maxTextFrameBytes
	}
	if size > bound {
		return 0, nil, "", ErrDamaged.With(fmt.Sprintf("A frame of the archive has %d bytes.", size))
	}
	if uint64(cap(d.buf)) < size {
		d.buf = make([]byte, size)
	}
	d.buf = d.buf[:size]
	if _, err := io.ReadFull(d.r, d.buf); err != nil {
		return 0, nil, "", damaged(unexpected(err))
	}
	if kind == summaryFrame {
		before = hex.EncodeToString(d.sum.Sum(nil))
	}
	d.sum.Write(binary.AppendUvarint([]byte{kind}, size))
	d.sum.Write(d.buf)
	return kind, d.buf, before, nil
}

// unexpected: the end is never where a frame is expected.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// end holds that nothing follows the summary, which also lets age check the last
// part.
func (d *deframer) end() error {
	switch _, err := d.r.ReadByte(); {
	case err == nil:
		return ErrDamaged.With("Something follows the end of the archive.")
	case !errors.Is(err, io.EOF):
		return damaged(err)
	}
	return nil
}

func (d *deframer) text(kind byte, v any) error {
	got, payload, _, err := d.next()
	if err != nil {
		return err
	}
	if got != kind || json.Unmarshal(payload, v) != nil {
		return ErrFormat
	}
	return nil
}
