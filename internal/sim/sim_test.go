package sim

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/processes"
)

var (
	seeds   = flag.Int("seeds", 200, "how many stories TestSeeds tells")
	oneSeed = flag.Uint64("seed", 0, "tell the story of this seed alone, move by move with -v")
	first   = flag.Uint64("first", 1, "the first seed of TestSeeds")
	overlap = flag.Bool("overlap", false, "let two readers of a process be at work at once, which no engine of claims allows")
)

// plant is a fault of the program itself that the simulation has to find. The zero
// value plants none.
type plant struct {
	store   func(m *memlog, stream string, at eventstore.Expected, events []eventstore.Event) (done eventstore.Appended, took bool)
	list    func([]processes.Process) []processes.Process
	forgets bool // the eraser leaves everything as it is
	torn    bool // views that lost rows keep their checkpoint
}

func (p plant) append(ctx context.Context, m *memlog, stream string, at eventstore.Expected, events []eventstore.Event) (eventstore.Appended, error) {
	if p.store != nil {
		if done, took := p.store(m, stream, at, events); took {
			return done, nil
		}
	}
	return m.Append(ctx, stream, at, events...)
}

func (p plant) processes(list []processes.Process) []processes.Process {
	if p.list != nil {
		return p.list(list)
	}
	return list
}

// idle proves an erasure that it did not do.
type idle struct{}

func (idle) Erase(context.Context, string) (string, error) { return proof, nil }

func (p plant) eraser(honest processes.Eraser) processes.Eraser {
	if p.forgets {
		return idle{}
	}
	return honest
}

// failure is what a story ended with, and how to tell it again.
func (w *world) failure(err error) string {
	return fmt.Sprintf("seed %d: %v\n\nthe last moves:\n  %s\n\ntell it again: go test ./internal/sim -run TestSeeds -seed %d -v",
		w.seed, err, strings.Join(w.told, "\n  "), w.seed)
}

// Whatever goes wrong, in whatever order: what must hold holds, and everything
// comes to rest as it should.
func TestSeeds(t *testing.T) {
	if *oneSeed != 0 {
		w := newWorld(t, *oneSeed, plant{})
		w.verbose = t.Logf
		if err := w.run(); err != nil {
			t.Fatal(w.failure(err))
		}
		return
	}
	seen := map[string]int{}
	for i := range *seeds {
		seed := *first + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, seed, plant{})
			if err := w.run(); err != nil {
				t.Error(w.failure(err))
			}
			w.outcomes(seen)
		})
	}
	if *seeds < tamed {
		return
	}
	for _, kind := range []string{
		"candidacy.Approved", "candidacy.ApprovalFailed", "candidacy.ClosingDeferred", "candidacy.OfferDeclined", "candidacy.Superseded",
		"need.Reopened", "need.Expired", "need.RequirementChanged", "expert.Released", "expert.PersonalDataErased",
		"assignment.Started", "assignment.Extended", "assignment.Terminated", "programme.CountryHoldLifted",
	} {
		if seen[kind] == 0 {
			t.Errorf("no story came to %s: the world has become too tame", kind)
		}
	}
}

// tamed is how many stories are enough to come to everything.
const tamed = 200

// The same seed tells the same story, move by move.
func TestASeedTellsOneStory(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		var digests [2]uint64
		for i := range digests {
			w := newWorld(t, seed, plant{})
			if err := w.run(); err != nil {
				t.Fatal(w.failure(err))
			}
			digests[i] = w.digest
		}
		if digests[0] != digests[1] {
			t.Errorf("seed %d told two stories", seed)
		}
	}
}

// without takes event types away from a process.
func without(process string, deaf ...string) func([]processes.Process) []processes.Process {
	return func(list []processes.Process) []processes.Process {
		for i, p := range list {
			if p.Name == process {
				list[i].Types = slices.DeleteFunc(slices.Clone(p.Types), func(t string) bool { return slices.Contains(deaf, t) })
			}
		}
		return list
	}
}

// planted are mistakes of the program, each with words of what it leads to.
var planted = map[string]struct {
	plant
	tells string
}{
	"a withdrawn placement keeps its seat": {plant{list: without("placement", candidacy.Withdrawn{}.EventType())}, "the seats of need"},
	"nobody hears that the need ended":     {plant{list: without("closing-notices", need.Filled{}.EventType(), candidacy.Approved{}.EventType())}, "and its need is filled"},
	"an erasure that is proved, not done":  {plant{forgets: true}, "the key active"},
	"views that lose rows unnoticed":       {plant{torn: true}, "views"},
	"a store that takes no id for known":   {plant{store: twice}, "the event stands at"},
	"a store that forgets what it took":    {plant{store: nothing()}, "events of it are in the log"},
}

// twice stores what stands there already once more.
func twice(m *memlog, stream string, at eventstore.Expected, events []eventstore.Event) (eventstore.Appended, bool) {
	if _, known := m.repeated(m.streams[stream], at, events); !known {
		return eventstore.Appended{}, false
	}
	return m.store(stream, events), true
}

// nothing says of some appends that they were stored.
func nothing() func(*memlog, string, eventstore.Expected, []eventstore.Event) (eventstore.Appended, bool) {
	n := 0
	return func(m *memlog, stream string, at eventstore.Expected, _ []eventstore.Event) (eventstore.Appended, bool) {
		n++
		return eventstore.Appended{Revision: eventstore.Revision(at + 1), Position: m.head() + 1}, n%20 == 0
	}
}

// The simulation can fail: it finds each planted mistake, within some seeds, and
// says what it led to.
func TestPlantedMistakesAreFound(t *testing.T) {
	const enough = 60
	for name, mistake := range planted {
		t.Run(name, func(t *testing.T) {
			for seed := uint64(1); seed <= enough; seed++ {
				w := newWorld(t, seed, mistake.plant)
				if err := w.run(); err != nil {
					if told := w.failure(err); !strings.Contains(told, mistake.tells) || !strings.Contains(told, "-seed ") {
						t.Errorf("found, but told as: %s", told)
					}
					return
				}
			}
			t.Errorf("not found in %d stories", enough)
		})
	}
}
