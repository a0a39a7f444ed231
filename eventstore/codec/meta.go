package codec

import (
	"hash/maphash"
	"strconv"
	"sync/atomic"

	"github.com/go-json-experiment/json"

	"github.com/diaspora-match/diaspora/domain"
)

// decodeMeta reads metadata. What this codec wrote, it reads with scan, which
// knows that form and is an eighth of the work; anything else goes to the JSON
// library, which alone says what is malformed.
func (c *Codec) decodeMeta(b []byte, m *Meta) error {
	if m.scan(b, &c.words) {
		return nil
	}
	*m = Meta{}
	return json.Unmarshal(b, m, metaOptions)
}

// scan reads the metadata as Encode writes it: the members in the order of the
// struct, plain ASCII, no white space. It reports false for every other form,
// with m in any state.
func (m *Meta) scan(b []byte, words *words) bool {
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
		return false
	}
	b = b[1 : len(b)-1]
	for last := 0; ; {
		name, rest, ok := quoted(b)
		at := place(name)
		if !ok || at <= last || len(rest) == 0 || rest[0] != ':' {
			return false
		}
		last, b = at, rest[1:]
		if at == schemaPlace {
			m.Schema, ok = number(b)
			return ok // the last member, and always there
		}
		value, rest, ok := quoted(b)
		if !ok || len(rest) == 0 || rest[0] != ',' || !m.set(at, value, words) {
			return false
		}
		b = rest[1:]
	}
}

// schemaPlace is the place of the last member.
const schemaPlace = 10

// place numbers the members of Meta in the order in which they are written; a
// test holds it to the struct. 0 is unknown.
func place(name []byte) int {
	switch string(name) {
	case "$commandId":
		return 1
	case "$causationId":
		return 2
	case "$correlationId":
		return 3
	case "actor":
		return 4
	case "role":
		return 5
	case "onBehalfOf":
		return 6
	case "at":
		return 7
	case "traceparent":
		return 8
	case "action":
		return 9
	case "schema":
		return schemaPlace
	}
	return 0
}

func (m *Meta) set(at int, value []byte, words *words) bool {
	switch at {
	case 1:
		m.Command = domain.CommandID(value)
	case 2:
		m.Causation = string(value)
	case 3:
		if m.Correlation = string(m.Command); m.Correlation != string(value) {
			m.Correlation = string(value)
		}
	case 4:
		m.Actor = domain.PrincipalID(words.of(value))
	case 5:
		m.Role = domain.Role(words.of(value))
	case 6:
		m.OnBehalfOf = domain.PrincipalID(words.of(value))
	case 7:
		return momentForm(value) && m.At.UnmarshalText(value) == nil
	case 8:
		m.Traceparent = string(value)
	case 9:
		m.Action = words.of(value)
	}
	return true
}

// momentForm tells "2006-01-02T15:04:05Z", with or without a fraction: time reads
// looser forms, which JSON refuses.
func momentForm(b []byte) bool {
	const form = "0000-00-00T00:00:00"
	if len(b) <= len(form) || b[len(b)-1] != 'Z' {
		return false
	}
	for i := range form {
		if digit := b[i] >= '0' && b[i] <= '9'; digit != (form[i] == '0') || !digit && b[i] != form[i] {
			return false
		}
	}
	fraction := b[len(form) : len(b)-1]
	return len(fraction) == 0 || fraction[0] == '.'
}

// quoted cuts a string of plain ASCII without escapes off the front.
func quoted(b []byte) (s, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	for i := 1; i < len(b); i++ {
		switch ch := b[i]; {
		case ch == '"':
			return b[1:i], b[i+1:], true
		case ch == '\\' || ch < ' ' || ch >= 0x7f:
			return nil, nil, false
		}
	}
	return nil, nil, false
}

// maxDigits bounds a version that scan reads: it does not overflow.
const maxDigits = 9

func number(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > maxDigits || b[0] < '1' || b[0] > '9' {
		return 0, false
	}
	n, err := strconv.Atoi(string(b))
	return n, err == nil
}

// words holds texts that come again and again, so that the events that say them
// share one string. A slot holds the last text that fell into it; many goroutines
// read and write it.
type words struct {
	slots [wordSlots]atomic.Pointer[string]
}

const wordSlots = 1 << 13

var wordSeed = maphash.MakeSeed()

func (w *words) of(b []byte) string {
	slot := &w.slots[maphash.Bytes(wordSeed, b)%wordSlots]
	if s := slot.Load(); s != nil && *s == string(b) {
		return *s
	}
	s := string(b)
	slot.Store(&s)
	return s
}
