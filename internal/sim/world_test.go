package sim

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/history"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/processes"
)

const (
	maxMoves    = 500   // of a story, before it comes to rest
	maxRest     = 20000 // steps within which a world comes to rest
	lastMoves   = 40    // that a failure shows
	deliveries  = 3     // to different readers in one move
	inFlight    = 4     // commands of people at once
	experts     = 4
	needsOpened = 3
)

// world is a platform of two nodes over one log, in the hands of a scheduler.
type world struct {
	ctx    context.Context
	seed   uint64
	rng    *rand.Rand
	now    time.Time
	log    *memlog
	keys   *privacy.Keys
	ledger *privacy.Ledger
	codec  *codec.Codec
	nodes  []*node
	plant  plant
	begun  eventstore.Position // where the story begins, after what was before it

	people []demo.Person
	needs  []demo.TermsOfReference

	tasks   []*task
	delayed []ask    // appends that arrive later
	unsure  []*order // whose sender does not know the outcome
	acked   []*order
	refused []*order
	book    *book

	verbose func(string, ...any)
	told    []string // the last moves
	digest  uint64   // of all moves
}

func (w *world) clock() time.Time { return w.now }

// tell notes a move.
func (w *world) tell(format string, args ...any) {
	line := fmt.Sprintf("%s  ", w.now.Format("2006-01-02 15:04:05.000")) + fmt.Sprintf(format, args...)
	h := fnv.New64a()
	fmt.Fprintf(h, "%d%s", w.digest, line)
	w.digest = h.Sum64()
	if w.told = append(w.told, line); len(w.told) > lastMoves {
		w.told = w.told[1:]
	}
	if w.verbose != nil {
		w.verbose("%s", line)
	}
}

// newID is a UUID that the seed chose.
func (w *world) newID() string {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(w.rng.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// chance is true so many times of a hundred.
func (w *world) chance(percent int) bool { return w.rng.IntN(100) < percent }

// newWorld opens the files and brings the programme to where its people act.
func newWorld(t testing.TB, seed uint64, p plant) *world {
	t.Helper()
	w := &world{
		ctx: t.Context(), seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), plant: p,
		now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
	}
	w.log = newMemlog(w.clock)
	folderOfKeys := t.TempDir()
	kek, err := privacy.KeyEncryptionFromFile(filepath.Join(folderOfKeys, "kek"))
	check(t, err)
	w.keys, err = privacy.Open(w.ctx, privacy.Config{Path: filepath.Join(folderOfKeys, "keys.db"), KeyEncryption: kek})
	check(t, err)
	w.ledger, err = privacy.OpenLedger(filepath.Join(folderOfKeys, "ledger"))
	check(t, err)
	t.Cleanup(func() { check(t, errors.Join(w.ledger.Close(), w.keys.Close())) })
	w.codec = codec.New(history.Registry(), w.keys)
	w.book = newBook()
	for _, name := range []string{"A", "B"} {
		n := &node{name: name, world: w, views: newFolder(codec.NewRows(w.keys, nil))}
		n.views.torn = p.torn
		n.boot()
		w.nodes = append(w.nodes, n)
	}
	check(t, w.populate())
	w.begun = w.log.head()
	for _, n := range w.nodes {
		for _, r := range n.readers {
			r.through = w.begun
		}
		check(t, w.foldThrough(n.views, w.begun))
	}
	check(t, w.observe())
	return w
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// move is something that can happen; it reports whether it could.
type move struct {
	weight int
	do     func(*world) (bool, error)
}

var moves = []move{
	{44, (*world).step},
	{26, (*world).somebodyActs},
	{30, (*world).somethingIsDelivered},
	{10, (*world).somethingIsFolded},
	{3, (*world).deadlinesAreSwept},
	{4, (*world).somebodyAsksAgain},
	{2, (*world).somebodyRepeats},
	{3, (*world).aLateAppendArrives},
	{1, (*world).aNodeDies},
	{1, (*world).aNodeStalls},
	{1, (*world).aCheckpointIsLost},
	{2, (*world).viewsAreLost},
	{3, (*world).timePasses},
}

// run tells the story of the seed: it returns what does not hold.
func (w *world) run() error {
	total := 0
	for _, m := range moves {
		total += m.weight
	}
	for range maxMoves {
		w.now = w.now.Add(time.Duration(1+w.rng.IntN(5000)) * time.Millisecond)
		for _, n := range w.nodes {
			n.stalled = max(n.stalled-1, 0)
		}
		at := w.rng.IntN(total)
		for _, m := range moves {
			if at -= m.weight; at < 0 {
				if _, err := m.do(w); err != nil {
					return err
				}
				break
			}
		}
		if err := w.observe(); err != nil {
			return err
		}
	}
	if err := w.rest(); err != nil {
		return err
	}
	return w.atRest()
}

// step lets one of the tasks go on, with a verdict on what it asks.
func (w *world) step() (bool, error) {
	var ready []*task
	for _, t := range w.tasks {
		if t.node.stalled == 0 {
			ready = append(ready, t)
		}
	}
	if len(ready) == 0 {
		return false, nil
	}
	t := ready[w.rng.IntN(len(ready))]
	t.verdict = goOn
	if t.asked.views != nil {
		if w.chance(10) {
			t.verdict = behind
		}
		return true, w.goOn(t)
	}
	switch n := w.rng.IntN(100); {
	case n < 5:
		t.verdict = unanswered
	case n < 9:
		t.verdict = unstored
	case n < 12:
		t.verdict = late
	}
	return true, w.goOn(t)
}

// goOn carries a verdict out.
func (w *world) goOn(t *task) error {
	if v := t.asked.views; v != nil {
		if t.verdict == goOn {
			if err := w.foldThrough(v, t.asked.position); err != nil {
				return err
			}
		}
		w.tell("%s waited for views at %d: %s", t.name, t.asked.position, t.verdict)
		return w.advance(t)
	}
	types := make([]string, len(t.asked.events))
	for i, e := range t.asked.events {
		types[i] = e.Type
	}
	w.tell("%s appends %s to %s at %v: %s", t.name, strings.Join(types, ", "), brief(t.asked.stream), t.asked.at, t.verdict)
	return w.advance(t)
}

func (v verdict) String() string {
	return [...]string{"done", "lost", "stored, unanswered", "lost, to be stored later", "too far behind"}[v]
}

func (w *world) somethingIsDelivered() (bool, error) {
	var waiting []*reader
	for _, n := range w.nodes {
		for _, r := range n.readers {
			if n.stalled == 0 && r.pending() {
				waiting = append(waiting, r)
			}
		}
	}
	w.rng.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
	did := false
	for _, r := range waiting[:min(len(waiting), deliveries)] {
		if !r.pending() {
			continue // another reader of the process has just begun
		}
		did = true
		if err := r.deliver(); err != nil {
			return true, err
		}
	}
	return did, nil
}

func (w *world) anyNode() *node { return w.nodes[w.rng.IntN(len(w.nodes))] }

func (w *world) somethingIsFolded() (bool, error) {
	n := w.anyNode()
	return true, w.fold(n.views, 1+w.rng.IntN(20), 1+w.rng.IntN(5))
}

func (w *world) deadlinesAreSwept() (bool, error) {
	n := w.anyNode()
	if n.stalled > 0 {
		return false, nil
	}
	return true, w.sweep(n)
}

func (w *world) sweep(n *node) error {
	d := processes.Deadlines{Platform: processes.Platform{Bus: n.bus, Store: wire{w.log, w}, Views: n.views}, Clock: w.clock}
	w.tell("%s sweeps deadlines", n.name)
	return w.start(&task{name: "deadlines of " + n.name, node: n, done: unexpected, gone: func() {}}, d.Sweep)
}

func (w *world) aLateAppendArrives() (bool, error) {
	if len(w.delayed) == 0 {
		return false, nil
	}
	i := w.rng.IntN(len(w.delayed))
	a := w.delayed[i]
	w.delayed = append(w.delayed[:i], w.delayed[i+1:]...)
	_, err := w.log.Append(w.ctx, a.stream, a.at, a.events...)
	w.tell("a late append of %s to %s at %v: %v", a.events[0].Type, brief(a.stream), a.at, err)
	var wrong *eventstore.WrongRevision
	if errors.As(err, &wrong) {
		return true, nil
	}
	return true, err
}

func (w *world) aNodeDies() (bool, error) {
	n := w.anyNode()
	w.tell("%s dies and starts again", n.name)
	n.die()
	for _, r := range n.readers {
		if w.chance(30) {
			r.rewind(w.rng.IntN(20))
		}
	}
	return true, nil
}

func (w *world) aNodeStalls() (bool, error) {
	n := w.anyNode()
	n.stalled = 5 + w.rng.IntN(30)
	w.tell("%s stalls for %d moves", n.name, n.stalled)
	return true, nil
}

func (w *world) aCheckpointIsLost() (bool, error) {
	n := w.anyNode()
	r := n.readers[w.rng.IntN(len(n.readers))]
	if r.busy {
		return false, nil
	}
	r.rewind(1 + w.rng.IntN(120))
	w.tell("%s of %s begins again after %d", r.process.Name, n.name, r.through)
	return true, nil
}

func (w *world) viewsAreLost() (bool, error) {
	f, k := w.anyNode().views, 1+w.rng.IntN(12)
	switch w.rng.IntN(3) {
	case 0:
		f.losing, f.lost = w.rng.IntN(3), k
	case 1:
		f.mute = true
	default:
		w.tell("views at %d lose %d batches", f.at, k)
		return true, f.lose(w.ctx, k)
	}
	return true, nil
}

// timePasses jumps: mostly ahead, and sometimes back as a clock that was set right.
func (w *world) timePasses() (bool, error) {
	jump := time.Duration(1+w.rng.IntN(36)) * time.Hour
	switch n := w.rng.IntN(10); {
	case n == 0:
		jump = -time.Duration(w.rng.IntN(300_000)) * time.Millisecond
	case n == 1:
		jump = time.Duration(5+w.rng.IntN(25)) * 24 * time.Hour
	}
	w.now = w.now.Add(jump)
	w.tell("the clock jumps by %v", jump)
	return true, nil
}

// rest ends all faults and lets everything come to an end.
func (w *world) rest() error {
	w.tell("faults end")
	for _, n := range w.nodes {
		n.stalled, n.views.losing, n.views.mute = 0, -1, false
	}
	for range maxRest {
		w.now = w.now.Add(time.Millisecond)
		more, err := w.calmly()
		if err == nil {
			err = w.observe()
		}
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	return fmt.Errorf("the world does not come to rest within %d steps", maxRest)
}

// calmly does the next thing without a fault, and reports whether there was one.
func (w *world) calmly() (bool, error) {
	if len(w.tasks) > 0 {
		t := w.tasks[0]
		t.verdict = goOn
		return true, w.goOn(t)
	}
	for _, do := range []func() (bool, error){w.aLateAppendArrives, w.somebodyAsksAgain, w.somethingIsDelivered} {
		if did, err := do(); did || err != nil {
			return true, err
		}
	}
	return false, nil
}
