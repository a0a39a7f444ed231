package graph

import (
	"cmp"
	"slices"
	"sync"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// maxPending bounds the objects that wait for one slow subscriber; beyond it the
// subscription ends, and its client asks anew (docs/limits.md).
const maxPending = 1000

// Hub tells subscribers what changed. It is the Notifier of the projections'
// runner: telling never blocks. Several changes of one object before its
// subscriber looks are one.
type Hub struct {
	mu          sync.Mutex
	subscribers map[*listener]struct{}
}

// NewHub makes a hub without subscribers.
func NewHub() *Hub { return &Hub{subscribers: map[*listener]struct{}{}} }

var _ projections.Missing = (*Hub)(nil)

// Missed implements projections.Missing: subscriptions end, and their clients ask
// anew.
func (h *Hub) Missed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.subscribers {
		l.end()
	}
}

// Notify implements projections.Notifier.
func (h *Hub) Notify(changes []projections.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.subscribers {
		for i := range changes {
			if c := &changes[i]; !c.Deleted && l.wants(c) {
				l.add(c)
			}
		}
	}
}

// listen subscribes; stop ends it.
func (h *Hub) listen(wants func(*projections.Change) bool) (l *listener, stop func()) {
	l = &listener{wants: wants, wake: make(chan struct{}, 1), pending: map[string]eventstore.Position{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subscribers[l] = struct{}{}
	return l, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subscribers, l)
	}
}

// listener is one subscription's list of changed objects.
type listener struct {
	wants func(*projections.Change) bool
	wake  chan struct{}

	mu      sync.Mutex
	pending map[string]eventstore.Position
	over    bool // more changed than may wait
}

func (l *listener) add(c *projections.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.pending[c.Key]; !known && len(l.pending) == maxPending {
		l.over = true
	}
	if !l.over {
		l.pending[c.Key] = c.Position
	}
	select {
	case l.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// end makes the subscriber give up.
func (l *listener) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	select {
	case l.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// changed is an object that changed.
type changed struct {
	key      string
	position eventstore.Position
}

// take empties the list, in the order of the log; false when the subscriber was
// too slow.
func (l *listener) take() ([]changed, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil, false
	}
	out := make([]changed, 0, len(l.pending))
	for k, p := range l.pending {
		out = append(out, changed{k, p})
	}
	clear(l.pending)
	slices.SortFunc(out, func(a, b changed) int {
		return cmp.Or(cmp.Compare(a.position, b.position), cmp.Compare(a.key, b.key))
	})
	return out, true
}
