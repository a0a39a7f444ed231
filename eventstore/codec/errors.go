package codec

import (
	"errors"
	"fmt"

	"github.com/diaspora-match/diaspora/eventstore"
)

// ErrPoison marks errors that no retry cures: the stored event itself cannot be
// read by this program. errors.Is(err, ErrPoison) tells them from an outage of
// the key store.
var ErrPoison = errors.New("codec: poison event")

// Place says where a stored event stands.
type Place struct {
	Type     string
	Stream   string
	Revision eventstore.Revision
	Position eventstore.Position
}

func placeOf(r eventstore.Recorded) Place { return Place{r.Type, r.Stream, r.Revision, r.Position} }

func (p Place) String() string {
	return fmt.Sprintf("%q at %d, %q revision %d", p.Type, p.Position, p.Stream, p.Revision)
}

// UnknownType: no registered event and no upcaster has this type name. The log
// was written by a newer program, or an event was removed from its aggregate.
type UnknownType struct{ Place }

func (e *UnknownType) Error() string        { return "codec: unknown event type " + e.Place.String() }
func (e *UnknownType) Is(target error) bool { return target == ErrPoison }

// UnknownSchema: the type is known, but not in the version that was recorded.
type UnknownSchema struct {
	Place
	Schema int
}

func (e *UnknownSchema) Error() string {
	return fmt.Sprintf("codec: unknown schema %d of event type %s", e.Schema, e.Place)
}
func (e *UnknownSchema) Is(target error) bool { return target == ErrPoison }

// Malformed: the stored bytes are not the JSON of their type. Part is "data",
// "meta" or "upcast". The text of the error names no value of the event.
type Malformed struct {
	Place
	Part string
	Err  error
}

func (e *Malformed) Error() string {
	return fmt.Sprintf("codec: malformed %s of event type %s%s", e.Part, e.Place, where(e.Err))
}
func (e *Malformed) Unwrap() error        { return e.Err }
func (e *Malformed) Is(target error) bool { return target == ErrPoison }
