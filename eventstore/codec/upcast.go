package codec

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// firstSchema is the version of an event type that never changed.
const firstSchema = 1

type version struct {
	name   string
	schema int
}

// Upcast turns a recorded version of an event into the next one while it is
// read. Adding a field that may be absent needs none; renaming, splitting or
// giving a new meaning does.
type Upcast struct {
	Type string // the recorded type
	From int    // and its schema version

	To       string // the type that it becomes; empty for the same
	ToSchema int    // zero for From+1 of the same type, or 1 of another

	// Change rewrites the JSON. Personal values in it are sealed texts, which it
	// may move but not read.
	Change func(jsontext.Value) (jsontext.Value, error)

	// SealedAt gives the path at which a personal value stood before Change, from
	// the path at which it stands after, since the seal binds the recorded one.
	// Nil when no personal value moves.
	SealedAt func(path string) string
}

// Upcast registers an upcaster. A version that has one already, or an upcaster
// that leads nowhere, is a mistake of the program and panics: the latter in New.
func (r *Registry) Upcast(u Upcast) {
	if u.To == "" {
		u.To = u.Type
	}
	if u.ToSchema == 0 {
		u.ToSchema = firstSchema
		if u.To == u.Type {
			u.ToSchema = u.From + 1
		}
	}
	from := version{u.Type, u.From}
	if _, taken := r.upcasts[from]; taken {
		panic(fmt.Sprintf("codec: %s schema %d has two upcasters", u.Type, u.From))
	}
	if u.From < firstSchema || u.Change == nil || u.To == u.Type && u.ToSchema <= u.From {
		panic(fmt.Sprintf("codec: upcaster of %s schema %d is not whole", u.Type, u.From))
	}
	r.upcasts[from] = u
	if e := r.types[u.To]; e != nil {
		e.schema = max(e.schema, u.ToSchema)
	}
}

// check demands that every chain of upcasters ends at a registered type in the
// version that is written.
func (r *Registry) check() {
	for from := range r.upcasts {
		at := from
		for steps := 0; ; steps++ {
			u, more := r.upcasts[at]
			if !more {
				break
			}
			if steps > len(r.upcasts) {
				panic(fmt.Sprintf("codec: upcasters of %s schema %d go round in a circle", from.name, from.schema))
			}
			at = version{u.To, u.ToSchema}
		}
		if e := r.types[at.name]; e == nil || e.schema != at.schema {
			panic(fmt.Sprintf("codec: upcasters of %s schema %d end at %s schema %d, which is not written", from.name, from.schema, at.name, at.schema))
		}
	}
}

// current follows the upcasters from the recorded version to the one that is
// written. sealedAt is nil when no personal value moved.
func (r *Registry) current(p Place, recorded version, raw []byte) (e *entry, data []byte, sealedAt func(string) string, err error) {
	at := recorded
	for {
		u, more := r.upcasts[at]
		if !more {
			break
		}
		if raw, err = u.Change(raw); err != nil {
			return nil, nil, nil, &Malformed{p, "upcast", err}
		}
		if u.SealedAt != nil {
			sealedAt = after(sealedAt, u.SealedAt)
		}
		at = version{u.To, u.ToSchema}
	}
	e = r.types[at.name]
	switch {
	case e == nil:
		return nil, nil, nil, &UnknownType{p}
	case e.schema != at.schema:
		return nil, nil, nil, &UnknownSchema{p, recorded.schema}
	}
	return e, raw, sealedAt, nil
}

// after composes: the path now goes through the later upcaster first.
func after(earlier, later func(string) string) func(string) string {
	if earlier == nil {
		return later
	}
	return func(path string) string { return earlier(later(path)) }
}
