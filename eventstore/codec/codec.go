package codec

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
)

// Sealer seals and opens under the key of a subject. Seal returns
// personal.ErrErased for a subject whose key was destroyed. Open returns
// personal.ErrErased for the same, personal.ErrCorrupt for bytes that the
// existing key does not open under this associated data, and any other error
// when the keys cannot be reached. Neither keeps the slices that it is given.
type Sealer interface {
	Seal(ctx context.Context, subject string, aad, plain []byte) ([]byte, error)
	Open(ctx context.Context, subject string, aad, sealed []byte) ([]byte, error)
}

// Meta is what is known about an event beside its facts: who caused it, how and
// when. It holds no personal text.
type Meta struct {
	Command     domain.CommandID   `json:"$commandId,omitzero"`
	Causation   string             `json:"$causationId,omitzero"`
	Correlation string             `json:"$correlationId,omitzero"`
	Actor       domain.PrincipalID `json:"actor,omitzero"`
	Role        domain.Role        `json:"role,omitzero"`
	OnBehalfOf  domain.PrincipalID `json:"onBehalfOf,omitzero"`
	At          time.Time          `json:"at,omitzero"` // UTC
	Traceparent string             `json:"traceparent,omitzero"`
	// Action is the type of the command ("need.Submit"): a command id that comes
	// again for another command is refused.
	Action string `json:"action,omitzero"`
	// Schema is the version of the event type. Encode sets it; Decode gives the
	// recorded one, also when upcasters made the event a newer one.
	Schema int `json:"schema"`
}

// Decoded is a stored event, opened.
type Decoded struct {
	Stream   string
	ID       uuid.UUID
	Revision eventstore.Revision
	Position eventstore.Position
	Stored   time.Time // UTC, when the engine stored it
	Event    decider.Event
	Meta     Meta
}

// Corruption is an alarm: a personal value that an existing key does not open.
type Corruption struct {
	Place
	ID   uuid.UUID
	Path string
}

// Codec encodes and decodes. It is safe for use by many goroutines.
type Codec struct {
	reg     *Registry
	keys    Sealer
	words   words
	corrupt atomic.Uint64
	alarm   atomic.Pointer[func(Corruption)]
}

// New makes a codec over a registry, which is closed from then on.
func New(reg *Registry, keys Sealer) *Codec {
	reg.check()
	return &Codec{reg: reg, keys: keys}
}

// Corrupt counts the personal values that were found corrupt since the start.
func (c *Codec) Corrupt() uint64 { return c.corrupt.Load() }

// OnCorrupt sets what is called for every corrupt value; it must not block.
func (c *Codec) OnCorrupt(alarm func(Corruption)) { c.alarm.Store(&alarm) }

// Options of the stored form. Names are matched exactly, unknown members,
// duplicate names, bad UTF-8 and trailing bytes are refused, nil and empty lists
// stay what they were, and the same event always gives the same bytes.
var (
	dataOptions = json.JoinOptions(
		json.Deterministic(true),
		json.FormatNilSliceAsNull(true),
		json.FormatNilMapAsNull(true),
		json.RejectUnknownMembers(true),
	)
	metaOptions = json.JoinOptions(json.Deterministic(true))
)

// ErrReseal: an event was about to store a personal value that was never opened
// or is corrupt. It could never be read again.
var ErrReseal = errors.New("codec: a sealed personal value cannot be stored again")

// ErrUnregistered: Encode was given an event that the registry does not hold.
var ErrUnregistered = errors.New("codec: event is not registered")

// Encode makes the stored form of an event for a stream, with its personal
// values sealed in a copy; e is not written to. m.Schema is set by the codec. It
// returns eventstore.ErrBadStream, ErrUnregistered, ErrReseal, an error that is
// personal.ErrErased for a subject who was erased, or the key store's error.
func (c *Codec) Encode(ctx context.Context, stream string, id uuid.UUID, e decider.Event, m Meta) (eventstore.Event, error) {
	if err := eventstore.CheckStream(stream); err != nil {
		return eventstore.Event{}, err
	}
	v := reflect.ValueOf(e)
	if !v.IsValid() {
		return eventstore.Event{}, fmt.Errorf("%w: nil", ErrUnregistered)
	}
	t := c.reg.types[e.EventType()]
	if t == nil || t.goType != v.Type() {
		return eventstore.Event{}, fmt.Errorf("%w: %q as %T", ErrUnregistered, e.EventType(), e)
	}
	copied := reflect.New(t.goType)
	copied.Elem().Set(v)
	if t.plan != nil {
		if err := c.seal(ctx, t, id, copied.Elem()); err != nil {
			return eventstore.Event{}, err
		}
	}
	data, err := json.Marshal(copied.Interface(), dataOptions)
	if err != nil {
		return eventstore.Event{}, fmt.Errorf("codec: encode %s%s", t.name, where(err))
	}
	m.Schema, m.At = t.schema, m.At.UTC()
	meta, err := json.Marshal(&m, metaOptions)
	if err != nil {
		return eventstore.Event{}, fmt.Errorf("codec: encode metadata of %s%s", t.name, where(err))
	}
	return eventstore.Event{ID: id, Type: t.name, Data: data, Meta: meta}, nil
}

func (c *Codec) seal(ctx context.Context, t *entry, id uuid.UUID, v reflect.Value) error {
	b := binding(t.name, id)
	return t.plan.walk(v, nil, true, func(text *personal.Text, path []byte) error {
		switch _, err := personal.Open(*text, personal.ToCompare); {
		case errors.Is(err, personal.ErrSealed), errors.Is(err, personal.ErrCorrupt):
			return fmt.Errorf("%w: %s of %s", ErrReseal, path, t.name)
		}
		sealed, err := text.SealWith(func(subject string, plain []byte) ([]byte, error) {
			if subject == "" || strings.ContainsAny(subject, ":\x00") {
				return nil, errors.New("subject is not an id")
			}
			if !utf8.Valid(plain) {
				return nil, errors.New("text is not UTF-8")
			}
			return c.keys.Seal(ctx, subject, b.to(subject, path), plain)
		})
		if err != nil {
			return fmt.Errorf("codec: seal %s of %s: %w", path, t.name, err)
		}
		*text = sealed
		return nil
	})
}

// Decode reads a stored event and opens its personal values. It returns an
// ErrPoison (*UnknownType, *UnknownSchema, *Malformed) or the key store's error.
// Erased and corrupt values are no error: the event holds them as such.
func (c *Codec) Decode(ctx context.Context, r eventstore.Recorded) (Decoded, error) {
	d := Decoded{Stream: r.Stream, ID: r.ID, Revision: r.Revision, Position: r.Position, Stored: r.Time}
	if err := c.decodeMeta(r.Meta, &d.Meta); err != nil {
		return Decoded{}, &Malformed{placeOf(r), "meta", err}
	}
	t, data, sealedAt, err := c.reg.current(placeOf(r), version{r.Type, d.Meta.Schema}, r.Data)
	if err != nil {
		return Decoded{}, err
	}
	scratch := t.scratch.Get()
	v := reflect.ValueOf(scratch)
	defer func() {
		v.Elem().SetZero() // nothing is left in it of what was decoded
		t.scratch.Put(scratch)
	}()
	if err := json.Unmarshal(data, scratch, dataOptions); err != nil {
		return Decoded{}, &Malformed{placeOf(r), "data", err}
	}
	if t.plan != nil {
		if err := c.open(ctx, r, t, v.Elem(), sealedAt); err != nil {
			return Decoded{}, err
		}
	}
	d.Event = v.Elem().Interface().(decider.Event) // a copy
	return d, nil
}

func (c *Codec) open(ctx context.Context, r eventstore.Recorded, t *entry, v reflect.Value, sealedAt func(string) string) error {
	b := binding(r.Type, r.ID)
	return t.plan.walk(v, nil, false, func(text *personal.Text, path []byte) error {
		opened, err := text.OpenWith(func(subject string, sealed []byte) ([]byte, error) {
			if sealedAt != nil {
				path = []byte(sealedAt(string(path)))
			}
			plain, err := c.keys.Open(ctx, subject, b.to(subject, path), sealed)
			if errors.Is(err, personal.ErrCorrupt) {
				c.found(Corruption{placeOf(r), r.ID, string(path)})
			}
			return plain, err
		})
		if err != nil {
			return fmt.Errorf("codec: open %s of event type %s: %w", path, placeOf(r), err)
		}
		*text = opened
		return nil
	})
}

func (c *Codec) found(x Corruption) {
	c.corrupt.Add(1)
	if alarm := c.alarm.Load(); alarm != nil {
		(*alarm)(x)
	}
}

// bound is the associated data of a sealed value: what it belongs to. Its form
// is part of the storage contract. No part but the last can hold a zero byte.
type bound []byte

const class = "personal"

func binding(eventType string, id uuid.UUID) bound {
	b := make([]byte, 0, 192)
	b = append(b, class...)
	b = append(append(b, 0), eventType...)
	b = append(append(b, 0), id[:]...) // of fixed length
	return append(b, 0)
}

func (b bound) to(subject string, path []byte) []byte {
	return append(append(append(b, subject...), 0), path...)
}

// where names the place of a JSON fault without the value that stands there.
func where(err error) string {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		return fmt.Sprintf(": at %q: not a %v", semantic.JSONPointer, semantic.GoType)
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fmt.Sprintf(": at byte %d: bad JSON", syntactic.ByteOffset)
	}
	return ""
}
