package codec

import (
	"fmt"
	"reflect"
	"regexp"
	"sync"

	"github.com/diaspora-match/diaspora/domain/decider"
)

// Registry holds what can be read: the event types by name, and the upcasters of
// earlier versions. It is filled at start, by one goroutine, and only read after
// New took it.
type Registry struct {
	types   map[string]*entry
	upcasts map[version]Upcast
}

// entry is what reflection found out about an event type, once.
type entry struct {
	name   string
	goType reflect.Type
	schema int   // the version that is written
	plan   *plan // where its personal values are; nil without any
	// scratch holds zero values of the type, as pointers, to decode into: an
	// event is a copy of its scratch, so that it is allocated once, not twice.
	scratch sync.Pool
}

// typeName is the form of the storage contract: package, dot, name.
var typeName = regexp.MustCompile(`^[a-z][a-z0-9]*\.[A-Z][A-Za-z0-9]*$`)

// NewRegistry registers events by their zero values. A name that is not of the
// form "need.Published", a name or a Go type that is there already, and an event
// that could not be stored are mistakes of the program and panic.
func NewRegistry(events ...decider.Event) *Registry {
	r := &Registry{types: map[string]*entry{}, upcasts: map[version]Upcast{}}
	seen := map[reflect.Type]string{}
	for _, e := range events {
		t, name := reflect.TypeOf(e), e.EventType()
		switch {
		case !typeName.MatchString(name):
			panic(fmt.Sprintf("codec: event type name %q is not of the form pkg.Name", name))
		case t.Kind() != reflect.Struct:
			panic(fmt.Sprintf("codec: event %s must be a struct by value, not a %s", name, t))
		case r.types[name] != nil:
			panic(fmt.Sprintf("codec: event type %s is registered twice", name))
		case seen[t] != "":
			panic(fmt.Sprintf("codec: %s is registered as %s and as %s", t, seen[t], name))
		}
		seen[t] = name
		r.types[name] = &entry{
			name: name, goType: t, schema: firstSchema, plan: planOf(t, name),
			scratch: sync.Pool{New: func() any { return reflect.New(t).Interface() }},
		}
	}
	return r
}

// Types lists the registered names with the schema version that is written, in
// no order.
func (r *Registry) Types() map[string]int {
	m := make(map[string]int, len(r.types))
	for name, e := range r.types {
		m[name] = e.schema
	}
	return m
}
