// Package history knows every version of every event that was ever stored: the
// domain's events as they are, and the upcasters from what they were. The corpus
// in ../testdata/corpus holds a recorded event of each, and the tests here refuse
// a change of it.
package history

import (
	"github.com/diaspora-match/diaspora/domain/events"
	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// upcasts lists the upcasters in the order in which they were written. No stored
// event has changed its form yet.
var upcasts []codec.Upcast

// Registry is the registry that every program of the platform reads the log with.
func Registry() *codec.Registry {
	reg := codec.NewRegistry(events.Registry()...)
	for _, u := range upcasts {
		reg.Upcast(u)
	}
	return reg
}
