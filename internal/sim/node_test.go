package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/processes"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// ask is where a task stands and waits for the scheduler: before an append, or for
// views that are behind.
type ask struct {
	stream   string
	events   []eventstore.Event // of the append
	at       eventstore.Expected
	views    *folder // or else views
	position eventstore.Position
}

// verdict is what the scheduler lets an append, or a wait, come to.
type verdict int

const (
	goOn       verdict = iota
	unstored           // the outcome is unknown, and it was not stored
	unanswered         // the outcome is unknown, and it was stored
	late               // the outcome is unknown, and it is stored later
	behind             // the views are behind for too long
)

// task is work in flight on a node, held between two of its steps.
type task struct {
	name    string
	node    *node
	next    func() (ask, bool)
	stop    func()
	yield   func(ask) bool
	verdict verdict
	asked   ask
	err     error // of the work, once it is done
	died    bool
	delayed bool              // an append of it may be stored later
	done    func(error) error // told of the error of the work; not when it died
	gone    func()            // told when it died
}

type taskKey struct{}

// pause hands an ask to the scheduler and waits. It returns nil when the task may
// go on, ErrBehind, or that its node is no more. Outside a task it returns at once.
func pause(ctx context.Context, a ask) error {
	t, ok := ctx.Value(taskKey{}).(*task)
	if !ok {
		return fmt.Errorf("sim: %w outside a task", projections.ErrBehind)
	}
	if t.died || !t.yield(a) {
		t.died = true
		return eventstore.ErrClosed
	}
	if a.views != nil && t.verdict == behind {
		return projections.ErrBehind
	}
	return nil
}

// start begins the work of a task and brings it to its first stop.
func (w *world) start(t *task, work func(context.Context) error) error {
	t.next, t.stop = iter.Pull(func(yield func(ask) bool) {
		t.yield = yield
		t.err = work(context.WithValue(w.ctx, taskKey{}, t))
	})
	w.tasks = append(w.tasks, t)
	return w.advance(t)
}

// advance lets a task run to its next stop, or to its end.
func (w *world) advance(t *task) error {
	asked, more := t.next()
	if more {
		t.asked = asked
		return nil
	}
	for i, other := range w.tasks {
		if other == t {
			w.tasks = append(w.tasks[:i], w.tasks[i+1:]...)
			break
		}
	}
	return t.done(t.err)
}

// wire is the way from a node to the log: each append stops in the scheduler.
type wire struct {
	*memlog
	world *world
}

func (s wire) Append(ctx context.Context, stream string, at eventstore.Expected, events ...eventstore.Event) (eventstore.Appended, error) {
	t, ok := ctx.Value(taskKey{}).(*task)
	if !ok {
		return s.memlog.Append(ctx, stream, at, events...)
	}
	if err := pause(ctx, ask{stream: stream, at: at, events: events}); err != nil {
		return eventstore.Appended{}, err
	}
	switch t.verdict {
	case unstored:
		return eventstore.Appended{}, errLost
	case late:
		t.delayed = true
		s.world.delayed = append(s.world.delayed, ask{stream: stream, at: at, events: events})
		return eventstore.Appended{}, errLost
	}
	done, err := s.world.plant.append(ctx, s.memlog, stream, at, events)
	if err == nil && t.verdict == unanswered {
		return eventstore.Appended{}, errLost
	}
	return done, err
}

// node is a replica of the program: a bus with a memory of its own, its views, a
// reader of each process. When it dies it keeps its views and its checkpoints.
type node struct {
	name    string
	world   *world
	bus     *commands.Bus
	views   *folder
	readers []*reader
	stalled int // moves that it takes no part in
}

// reader delivers the log to one process of a node.
type reader struct {
	node    *node
	process processes.Process
	through eventstore.Position // the checkpoint
	sub     eventstore.Subscription
	queue   []eventstore.Recorded
	upTo    eventstore.Position // where the delivery in the queue ends
	busy    bool
}

// openDoor lets everybody act in the role that they name: who may do what is not
// what goes wrong here.
type openDoor struct{}

func (openDoor) Authorise(_ context.Context, c commands.Caller, _, _, _ string, _ domain.Scope) (domain.Role, error) {
	if c.System && c.ActAs == "" {
		return domain.RoleSystem, nil
	}
	return c.ActAs, nil
}

// boot starts the program of a node with nothing in memory.
func (n *node) boot() {
	w := n.world
	store := wire{w.log, w}
	n.bus = commands.New(store, w.codec, openDoor{}, w.clock, nil)
	with := processes.Platform{Bus: n.bus, Store: store, Views: n.views}
	list := w.plant.processes([]processes.Process{
		processes.Placement(with), processes.ClosingNotices(with), processes.Departure(with),
		processes.CountryHolds(with), processes.Erasure(with, w.plant.eraser(eraser{n})),
	})
	for i, p := range list {
		if i == len(n.readers) {
			n.readers = append(n.readers, &reader{node: n})
		}
		r := n.readers[i]
		r.process, r.sub, r.queue, r.busy = p, nil, nil, false
	}
}

// die drops what is in flight and in memory, and boots anew.
func (n *node) die() {
	w := n.world
	var alive []*task
	for _, t := range w.tasks {
		if t.node != n {
			alive = append(alive, t)
			continue
		}
		t.died = true
		t.stop()
		t.gone()
	}
	w.tasks = alive
	n.boot()
}

// pending reports whether the log holds something that the reader has not seen,
// and no other reader of the process is at work: one holds the claim at a time.
func (r *reader) pending() bool {
	w := r.node.world
	if r.busy || r.through >= w.log.head() {
		return false
	}
	for _, n := range w.nodes {
		for _, other := range n.readers {
			if other.busy && other.process.Name == r.process.Name && !*overlap {
				return false
			}
		}
	}
	return true
}

// deliver hands the next event to the process, or notes that there is none.
func (r *reader) deliver() error {
	w := r.node.world
	for len(r.queue) == 0 {
		if r.sub == nil {
			sub, err := w.log.Subscribe(w.ctx, r.through, eventstore.Filter{TypePrefixes: r.process.Types})
			if err != nil {
				return err
			}
			r.sub = sub
		}
		if r.through >= w.log.head() {
			return nil
		}
		d, err := r.sub.Next(w.ctx)
		if err != nil {
			return err
		}
		if r.queue, r.upTo = d.Events, d.Through; len(r.queue) == 0 {
			r.through = max(r.through, d.Through)
		}
	}
	event := r.queue[0]
	r.busy = true
	w.tell("%s gives %s to %s", r.node.name, short(event), r.process.Name)
	t := &task{
		name: fmt.Sprintf("%s of %s at %d", r.process.Name, r.node.name, event.Position), node: r.node,
		done: func(err error) error { return r.handled(event, err) }, gone: func() {},
	}
	return w.start(t, func(ctx context.Context) error {
		d, err := w.codec.Decode(ctx, event)
		if err != nil {
			return err
		}
		return r.process.Handle(ctx, d)
	})
}

// handled moves the checkpoint on, or leaves the event at the head of the queue.
func (r *reader) handled(event eventstore.Recorded, err error) error {
	r.busy = false
	if err != nil {
		r.node.world.tell("%s of %s tries %d again: %v", r.process.Name, r.node.name, event.Position, err)
		return unexpected(err)
	}
	if r.queue = r.queue[1:]; len(r.queue) == 0 {
		r.through = r.upTo
	} else {
		r.through = event.Position
	}
	return nil
}

// rewind gives the checkpoint of an earlier moment back, as a lost one does.
func (r *reader) rewind(events int) {
	r.through = max(r.node.world.begun, r.through-min(r.through, eventstore.Position(events)))
	r.sub, r.queue = nil, nil
}

// unexpected is an error that no fault of the simulation explains.
func unexpected(err error) error {
	var incomplete *privacy.Incomplete
	if errors.Is(err, errLost) || errors.Is(err, projections.ErrBehind) || errors.Is(err, commands.ErrContention) || errors.As(err, &incomplete) {
		return nil
	}
	return err
}

// eraser joins the mechanics of privacy to a node, as the platform does.
type eraser struct{ node *node }

func (e eraser) Erase(ctx context.Context, subject string) (string, error) {
	w := e.node.world
	if err := e.rowsGone(ctx, subject); err != nil {
		return "", err
	}
	mechanics := &privacy.Eraser{
		Keys: w.keys, Ledger: w.ledger, Now: w.clock,
		Held: func(context.Context, string) (string, error) { return "", nil },
		Evict: func(_ context.Context, s string) error {
			for _, n := range w.nodes {
				n.bus.Forget("expert-" + s)
			}
			return nil
		},
		DeleteRows: e.rowsGone, Sweep: e.left,
	}
	if _, err := mechanics.Erase(ctx, privacy.ErasureRequest{Subject: subject, Request: subject}); err != nil {
		return "", err
	}
	return proof, nil
}

// proof stands for the digest of a receipt.
const proof = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// rowsGone waits until all views that the keys belong to hold everything, at once:
// none is left that would have to take back what it can no longer open.
func (e eraser) rowsGone(ctx context.Context, _ string) error {
	w := e.node.world
	for _, n := range w.nodes {
		if err := n.views.WaitFor(ctx, w.log.head()); err != nil {
			return err
		}
	}
	for _, n := range w.nodes {
		if n.views.at < w.log.head() {
			return projections.ErrBehind // moved, or lost, while the other was waited for
		}
	}
	return nil
}

func (e eraser) left(ctx context.Context, subject string) (left []string, err error) {
	err = e.node.views.Read(ctx, 0, func(r projections.Reader) error {
		for _, table := range []projections.Schema{views.People, views.Experts} {
			row, err := r.Get(table, subject)
			if err != nil {
				return err
			}
			if row != nil {
				left = append(left, table.TableName())
			}
		}
		return nil
	})
	return left, err
}
