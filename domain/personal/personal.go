// Package personal holds text about a person so that it is hard to leak: it
// prints, logs and writes as "[personal]", refuses to be stored unsealed, and is
// read through one function that names a purpose. Sealing is the codec's work;
// a test holds that nobody else calls SealWith and OpenWith.
package personal

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

type state uint8

const (
	empty state = iota
	plain
	sealed
	erased
	corrupt
)

// Text is personal text about one subject. The zero value is "not given".
type Text struct {
	subject string // id of the person whom the text is about
	body    string // plain text, or the sealed bytes
	state   state
}

var (
	// ErrErased: the subject's key was destroyed; nobody can read this again.
	ErrErased = errors.New("personal: erased")
	// ErrCorrupt: the sealed bytes do not open under an existing key. It alarms.
	ErrCorrupt = errors.New("personal: corrupt")
	// ErrSealed: the value was read without the codec that opens it.
	ErrSealed = errors.New("personal: still sealed")
	// ErrPlain: a plain value was about to be written.
	ErrPlain = errors.New("personal: refusing to write a plain value")
)

// Of makes personal text about a subject; empty text is the zero value.
func Of[S ~string](subject S, text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{subject: string(subject), body: text, state: plain}
}

// Purpose says why a personal value is read.
type Purpose string

const (
	ToSubject   Purpose = "subject"   // shown to the person
	ToConsented Purpose = "consented" // shown under a consent to share
	ToCaseWork  Purpose = "case_work" // programme staff at work on the person's case; logged
	ToCompare   Purpose = "compare"   // compared inside the platform, shown to nobody
	ToMonitor   Purpose = "monitor"   // counted in figures of fairness, told of no single person
)

// Open reads the text. The zero value opens as "". It returns ErrErased,
// ErrCorrupt or ErrSealed.
func Open(t Text, _ Purpose) (string, error) {
	switch t.state {
	case empty:
		return "", nil
	case plain:
		return t.body, nil
	case erased:
		return "", ErrErased
	case corrupt:
		return "", ErrCorrupt
	}
	return "", ErrSealed
}

// IsZero reports whether no text is given.
func (t Text) IsZero() bool { return t.state == empty }

// Subject is the id of the person whom the text is about.
func (t Text) Subject() string { return t.subject }

// Len is the length of a plain text in bytes, for bounds; 0 otherwise.
func (t Text) Len() int {
	if t.state == plain {
		return len(t.body)
	}
	return 0
}

// Equal compares subject, state and text.
func (t Text) Equal(u Text) bool {
	return t.subject == u.subject && t.state == u.state &&
		subtle.ConstantTimeCompare([]byte(t.body), []byte(u.body)) == 1
}

func (t Text) String() string {
	switch t.state {
	case empty:
		return ""
	case erased:
		return "[erased]"
	}
	return "[personal]"
}

// GoString keeps %#v from printing the fields.
func (t Text) GoString() string { return t.String() }

// Format keeps every verb of fmt from printing the fields.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// LogValue keeps slog from printing the fields.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// The stored form is one JSON string: mark, subject, sealed bytes.
const mark = "sealed:"

// MarshalText writes the sealed form; ErrPlain for a value that is not sealed.
func (t Text) MarshalText() ([]byte, error) {
	switch t.state {
	case empty:
		return nil, nil
	case sealed, corrupt, erased:
		b := make([]byte, 0, len(mark)+len(t.subject)+1+base64.RawStdEncoding.EncodedLen(len(t.body)))
		b = append(b, mark...)
		b = append(b, t.subject...)
		b = append(b, ':')
		return base64.RawStdEncoding.AppendEncode(b, []byte(t.body)), nil
	}
	return nil, ErrPlain
}

// UnmarshalText reads the sealed form, and nothing else: plain text in a stored
// event is a fault.
func (t *Text) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*t = Text{}
		return nil
	}
	rest, ok := strings.CutPrefix(string(b), mark)
	if !ok {
		return ErrPlain
	}
	subject, body, ok := strings.Cut(rest, ":")
	if !ok || subject == "" {
		return ErrCorrupt
	}
	raw, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil {
		return ErrCorrupt
	}
	*t = Text{subject: subject, body: string(raw), state: sealed}
	return nil
}

// SealWith returns the sealed value. For the codec alone.
func (t Text) SealWith(seal func(subject string, text []byte) ([]byte, error)) (Text, error) {
	if t.state != plain {
		return t, nil
	}
	b, err := seal(t.subject, []byte(t.body))
	if err != nil {
		return Text{}, err
	}
	return Text{subject: t.subject, body: string(b), state: sealed}, nil
}

// OpenWith returns the opened value. ErrErased from open gives an erased value,
// ErrCorrupt a corrupt one; any other error (the key store is away) is returned.
// For the codec alone.
func (t Text) OpenWith(open func(subject string, sealed []byte) ([]byte, error)) (Text, error) {
	if t.state != sealed {
		return t, nil
	}
	b, err := open(t.subject, []byte(t.body))
	switch {
	case errors.Is(err, ErrErased):
		return Text{subject: t.subject, body: t.body, state: erased}, nil
	case errors.Is(err, ErrCorrupt):
		return Text{subject: t.subject, body: t.body, state: corrupt}, nil
	case err != nil:
		return Text{}, err
	}
	return Text{subject: t.subject, body: string(b), state: plain}, nil
}
