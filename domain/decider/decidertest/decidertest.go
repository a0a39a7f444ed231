// Package decidertest holds what is true of every decider, as properties over
// random commands: an aggregate's own tests only say how to make commands.
//
//	func TestProperties(t *testing.T) {
//		decidertest.Contract(t, need.Aggregate)
//		decidertest.Properties(t, need.Decider, rapid.OneOf(drafts, submits, …))
//	}
//
// Commands are best drawn from small pools of ids and values, malformed ones
// among them, so that they meet each other. It is imported by tests alone.
package decidertest

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

const (
	// maxCommands bounds one random history.
	maxCommands = 40
	// rounds times the hundred histories that rapid runs by default: rare pairs
	// of a command and a state showed only after more than a thousand.
	rounds = 10
)

// Properties runs random histories of commands and demands:
//   - no command panics, on any state that can be reached;
//   - a refusal is a domain refusal with code, kind, message and cure, and comes
//     without events;
//   - any command twice adds nothing the second time;
//   - folding a prefix and then the rest equals folding all;
//   - folding never changes an older state, an event or a command: states are
//     values, also when two histories branch off one state.
func Properties[S any, C decider.Command, E decider.Event](t rapid.TB, d decider.Decider[S, C, E], commands *rapid.Generator[C]) {
	t.Helper()
	for range rounds {
		rapid.Check(t, func(t *rapid.T) { runHistory(t, d, commands) })
		if t.Failed() || testing.Short() {
			return
		}
	}
}

func runHistory[S any, C decider.Command, E decider.Event](t *rapid.T, d decider.Decider[S, C, E], commands *rapid.Generator[C]) {
	h := history[S, C, E]{d: d}
	h.reach(d.Initial())
	for _, c := range rapid.SliceOfN(commands, 1, maxCommands).Draw(t, "commands") {
		h.step(t, c)
	}
	h.checkFolds(t)
	h.branch(t, rapid.IntRange(0, len(h.states)-1).Draw(t, "branch at"))
	h.checkUntouched(t)
}

// Contract checks the declarations of an aggregate: the type names of its events
// and of the commands given are the category, a dot and the type, those of
// events are unique, and every field of an event has a lower camel case json
// tag, with omitzero on personal text.
func Contract[S any, C decider.Command, E decider.Event](t rapid.TB, a decider.Aggregate[S, C, E], commands ...C) {
	t.Helper()
	for _, c := range commands {
		if want := a.Category + "." + reflect.TypeOf(c).Name(); c.CommandType() != want {
			t.Errorf("command type is %q, want %q", c.CommandType(), want)
		}
	}
	seen := map[string]bool{}
	for _, e := range a.Events {
		name := e.EventType()
		typ := reflect.TypeOf(e)
		if want := a.Category + "." + typ.Name(); name != want {
			t.Errorf("event type is %q, want %q", name, want)
		}
		if seen[name] {
			t.Errorf("event type %q is listed twice", name)
		}
		seen[name] = true
		if typ.Kind() != reflect.Struct {
			t.Errorf("%s: events are plain structs, got %v", name, typ.Kind())
			continue
		}
		checkTags(t, name, typ)
	}
	if len(seen) == 0 {
		t.Error("the aggregate lists no events")
	}
}

var camelCase = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)

func checkTags(t rapid.TB, path string, typ reflect.Type) {
	t.Helper()
	text := reflect.TypeFor[personal.Text]()
	for f := range fields(typ) {
		at := path + "." + f.Name
		if f.Anonymous && f.Tag.Get("json") == "" {
			checkTags(t, at, f.Type)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !camelCase.MatchString(name) {
			t.Errorf("%s: json tag %q is not lower camel case", at, name)
		}
		inner := f.Type
		if inner == text && !strings.Contains(options, "omitzero") {
			t.Errorf("%s: personal text wants omitzero", at)
		}
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && strings.HasPrefix(inner.PkgPath(), "github.com/diaspora-match/") && inner != text {
			checkTags(t, at, inner)
		}
	}
}

func fields(typ reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() && !yield(f) {
				return
			}
		}
	}
}

// history is what a random run went through, each state, command and event
// beside a deep copy from the moment it appeared.
type history[S any, C decider.Command, E decider.Event] struct {
	d        decider.Decider[S, C, E]
	commands []C
	states   []S
	events   []E // states[i] is the fold of events[:ends[i]]
	ends     []int
	watched  []any
	pristine []any
}

func (h *history[S, C, E]) reach(s S) {
	h.states = append(h.states, s)
	h.ends = append(h.ends, len(h.events))
	h.watch(s)
}

func (h *history[S, C, E]) watch(v any) {
	h.watched = append(h.watched, v)
	h.pristine = append(h.pristine, deepCopy(v))
}

func (h *history[S, C, E]) last() S { return h.states[len(h.states)-1] }

// step decides once, folds, and decides again.
func (h *history[S, C, E]) step(t *rapid.T, c C) {
	h.watch(c)
	h.commands = append(h.commands, c)
	events, err := h.d.Decide(h.last(), c)
	if err != nil {
		checkRefusal(t, c, err)
		if len(events) != 0 {
			t.Fatalf("%s is refused with %v, yet gives %+v", c.CommandType(), err, events)
		}
		return
	}
	s := h.last()
	for _, e := range events {
		h.watch(e)
		h.events = append(h.events, e)
		s = h.d.Evolve(s, e)
		h.reach(s)
	}
	again, err := h.d.Decide(s, c)
	if err != nil {
		checkRefusal(t, c, err)
	}
	if len(again) != 0 {
		t.Fatalf("%s twice adds %+v after %+v", c.CommandType(), again, events)
	}
}

func checkRefusal(t *rapid.T, c decider.Command, err error) {
	refusals := domain.AsRefusals(err)
	if len(refusals) == 0 {
		t.Fatalf("%s fails with an error that is no refusal: %v", c.CommandType(), err)
	}
	for _, r := range refusals {
		if r.Code == "" || r.Kind == "" || r.Message == "" || r.Cure == "" {
			t.Fatalf("%s: refusal wants code, kind, message and cure: %+v", c.CommandType(), *r)
		}
	}
}

// checkFolds compares a fold in one go, and one from each prefix, with the
// states that the run went through.
func (h *history[S, C, E]) checkFolds(t *rapid.T) {
	whole := h.d.Fold(h.d.Initial(), h.events...)
	if !reflect.DeepEqual(whole, h.last()) {
		t.Fatalf("folding all events gives\n%+v\nwant\n%+v", whole, h.last())
	}
	for i, prefix := range h.states {
		if rest := h.d.Fold(prefix, h.events[h.ends[i]:]...); !reflect.DeepEqual(rest, whole) {
			t.Fatalf("folding %d events, then the rest, gives\n%+v\nwant\n%+v", h.ends[i], rest, whole)
		}
	}
}

// branch decides every command of the history again at an older state: where a
// fold appended in place, the two histories write over each other.
func (h *history[S, C, E]) branch(t *rapid.T, at int) {
	for _, c := range h.commands {
		events, err := h.d.Decide(h.states[at], c)
		if err != nil {
			checkRefusal(t, c, err)
			continue
		}
		h.d.Fold(h.states[at], events...)
	}
}

func (h *history[S, C, E]) checkUntouched(t *rapid.T) {
	for i := range h.watched {
		if !reflect.DeepEqual(h.watched[i], h.pristine[i]) {
			t.Fatalf("folding changed a value in place:\n got %+v\n was %+v", h.watched[i], h.pristine[i])
		}
	}
}
