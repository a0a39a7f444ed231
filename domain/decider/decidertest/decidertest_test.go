package decidertest

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// A list of numbers is the smallest aggregate that can go wrong in every way.
type (
	added struct {
		N int `json:"n"`
	}
	add struct {
		domain.Stamp
		N int
	}
	list = []int
)

func (added) EventType() string { return "list.added" }
func (add) CommandType() string { return "list.Add" }

var errNegative = domain.Refuse(domain.Invalid, "list.negative", "The number is negative.", "Give a positive one.")

func sound() decider.Decider[list, add, added] {
	return decider.Decider[list, add, added]{
		Initial: func() list { return nil },
		Decide: func(s list, c add) ([]added, error) {
			if c.N < 0 {
				return nil, errNegative
			}
			if slices.Contains(s, c.N) {
				return nil, nil
			}
			return []added{{c.N}}, nil
		},
		Evolve: func(s list, e added) list { return append(slices.Clip(s), e.N) },
	}
}

var adds = rapid.Map(rapid.IntRange(-2, 20), func(n int) add { return add{N: n} })

// witness takes a failure in the place of a test.
type witness struct {
	rapid.TB
	said strings.Builder
}

func (w *witness) Helper()                   {}
func (w *witness) Logf(string, ...any)       {}
func (w *witness) Log(...any)                {}
func (w *witness) Failed() bool              { return w.said.Len() > 0 }
func (w *witness) Errorf(f string, a ...any) { fmt.Fprintf(&w.said, f, a...) }
func (w *witness) Error(a ...any)            { fmt.Fprint(&w.said, a...) }

type failed struct{}

func (w *witness) Fatalf(f string, a ...any) { w.Errorf(f, a...); panic(failed{}) }
func (w *witness) FailNow()                  { panic(failed{}) }

func caught(t *testing.T, run func(rapid.TB)) string {
	t.Helper()
	w := &witness{TB: t}
	func() {
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(failed); !ok {
					panic(r)
				}
			}
		}()
		run(w)
	}()
	return w.said.String()
}

func TestPropertiesAcceptASoundDecider(t *testing.T) { Properties(t, sound(), adds) }

func TestPropertiesCatch(t *testing.T) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string]struct {
		breaks func(*decider.Decider[list, add, added])
		says   string
	}{
		"a command that adds twice": {func(d *decider.Decider[list, add, added]) {
			d.Decide = func(_ list, c add) ([]added, error) { return []added{{c.N}}, nil }
		}, "twice adds"},
		"a panic": {func(d *decider.Decider[list, add, added]) {
			d.Decide = func(s list, c add) ([]added, error) { return []added{{s[c.N+2]}}, nil }
		}, "panic"},
		"an error that is no refusal": {func(d *decider.Decider[list, add, added]) {
			d.Decide = func(list, add) ([]added, error) { return nil, errors.New("boom") }
		}, "no refusal"},
		"a refusal without a cure": {func(d *decider.Decider[list, add, added]) {
			d.Decide = func(list, add) ([]added, error) {
				return nil, domain.Refuse(domain.Invalid, "list.no", "No.", "")
			}
		}, "wants code"},
		"a refusal with events": {func(d *decider.Decider[list, add, added]) {
			d.Decide = func(list, add) ([]added, error) { return []added{{1}}, errNegative }
		}, "yet gives"},
		"a fold that writes into an older state": {func(d *decider.Decider[list, add, added]) {
			d.Evolve = func(s list, e added) list {
				if len(s) > 0 {
					s[0] = max(s[0], e.N)
				}
				return append(slices.Clip(s), e.N)
			}
		}, "in place"},
		"a fold that appends into shared memory": {func(d *decider.Decider[list, add, added]) {
			d.Evolve = func(s list, e added) list { return append(s, e.N) }
		}, "in place"},
		"a fold that is not a function": {func(d *decider.Decider[list, add, added]) {
			n := 0
			d.Evolve = func(s list, e added) list { n++; return append(slices.Clip(s), e.N, 100+n) }
		}, "folding"},
	} {
		t.Run(name, func(t *testing.T) {
			d := sound()
			broken.breaks(&d)
			if said := caught(t, func(w rapid.TB) { Properties(w, d, adds) }); !strings.Contains(said, broken.says) {
				t.Errorf("want a failure that says %q, got %q", broken.says, said)
			}
		})
	}
}

func TestContractCatchesAWrongName(t *testing.T) {
	a := decider.Aggregate[list, add, added]{Category: "heap", Decider: sound(), Events: []added{{}, {}}}
	said := caught(t, func(w rapid.TB) { Contract(w, a, add{}) })
	for _, want := range []string{`"list.added", want "heap.added"`, "listed twice", `"list.Add", want "heap.add"`} {
		if !strings.Contains(said, want) {
			t.Errorf("want %q in %q", want, said)
		}
	}
	a.Category, a.Events = "list", []added{{}}
	if said := caught(t, func(w rapid.TB) { Contract(w, a) }); said != "" {
		t.Errorf("a sound aggregate fails: %s", said)
	}
}
