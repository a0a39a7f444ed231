package identity

import (
	"sync"
	"time"

	"github.com/diaspora-match/diaspora/domain"
)

// endingsMax bounds the remembered endings of sessions and of principals, each.
const endingsMax = 100_000

// Endings remembers which sign-ins were ended before they expired, for as long
// as a token of theirs could live, and tells those who watch. It is safe for
// concurrent use.
type Endings struct {
	keep time.Duration
	now  func() time.Time

	mu         sync.RWMutex
	sessions   map[string]time.Time             // session → when it was ended
	principals map[domain.PrincipalID]time.Time // tokens issued up to then are refused
	floor      time.Time                        // tokens of anybody issued up to then are refused
	watches    map[*watch]struct{}
}

type watch struct {
	id    Identity
	ended chan struct{}
}

// NewEndings remembers an ending for keep, which must be at least the longest
// life of a token.
func NewEndings(keep time.Duration) *Endings {
	return &Endings{
		keep:       keep,
		now:        time.Now,
		sessions:   map[string]time.Time{},
		principals: map[domain.PrincipalID]time.Time{},
		watches:    map[*watch]struct{}{},
	}
}

// EndSession ends one sign-in by its Identity.Session.
func (e *Endings) EndSession(session string) {
	if session == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	remember(e, e.sessions, session)
	e.tell()
}

// EndPrincipal ends every sign-in of a principal up to now; a later sign-in is
// a new one.
func (e *Endings) EndPrincipal(p domain.PrincipalID) { e.EndPrincipalAt(p, e.now()) }

// EndPrincipalAt is EndPrincipal for sign-ins up to a moment: for endings that
// are read back from the log. An earlier moment than a known one changes nothing.
func (e *Endings) EndPrincipalAt(p domain.PrincipalID, at time.Time) {
	if p == "" || e.now().Sub(at) > e.keep {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := e.principals[p]; ok && !known.Before(at) {
		return
	}
	remember(e, e.principals, p)
	if _, ok := e.principals[p]; ok {
		e.principals[p] = at
	}
	e.tell()
}

// remember adds an ending. When the memory is full even after the old ones are
// forgotten, everybody's tokens end: forgetting one would let it in again.
func remember[K comparable](e *Endings, m map[K]time.Time, key K) {
	now := e.now()
	if _, known := m[key]; !known && len(m) >= endingsMax {
		for k, at := range m {
			if now.Sub(at) > e.keep {
				delete(m, k)
			}
		}
		if len(m) >= endingsMax {
			clear(m)
			e.floor = now
		}
	}
	m[key] = now
}

func (e *Endings) tell() {
	for w := range e.watches {
		if e.isEnded(w.id) {
			close(w.ended)
			delete(e.watches, w)
		}
	}
}

// Ended reports whether an identity was ended.
func (e *Endings) Ended(id Identity) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.isEnded(id)
}

func (e *Endings) isEnded(id Identity) bool {
	if _, ok := e.sessions[id.Session]; ok {
		return true
	}
	if at, ok := e.principals[id.Principal]; ok && !id.Issued.After(at) {
		return true
	}
	return !e.floor.IsZero() && !id.Issued.After(e.floor)
}

// Watch returns a channel that closes when the identity is ended, at once when
// it already is. Call release when done with it.
func (e *Endings) Watch(id Identity) (ended <-chan struct{}, release func()) {
	w := &watch{id: id, ended: make(chan struct{})}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.isEnded(id) {
		close(w.ended)
		return w.ended, func() {}
	}
	e.watches[w] = struct{}{}
	return w.ended, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.watches, w)
	}
}
