package sqlite

import (
	"context"
	"sync"

	"github.com/diaspora-match/diaspora/eventstore"
)

// pool lends read-only connections, the one given back last first: a scan then
// stays with one connection, whose pages are warm and are mapped once. Taking
// turns among them all would map as much of the file for each.
type pool struct {
	free chan struct{} // one for each idle connection
	mu   sync.Mutex
	idle []*reader
}

func newPool(size int) *pool { return &pool{free: make(chan struct{}, size)} }

// take waits for a connection. It returns eventstore.ErrClosed when closed is.
func (p *pool) take(ctx context.Context, closed <-chan struct{}) (*reader, error) {
	select {
	case <-p.free:
		return p.pop(), nil
	case <-closed:
		return nil, eventstore.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// wait takes a connection however long it takes: none is lent for longer than a
// page.
func (p *pool) wait() *reader {
	<-p.free
	return p.pop()
}

func (p *pool) pop() *reader {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	r := p.idle[last]
	p.idle = p.idle[:last]
	return r
}

func (p *pool) give(r *reader) {
	p.mu.Lock()
	p.idle = append(p.idle, r)
	p.mu.Unlock()
	p.free <- struct{}{} // after the connection is there to pop; never blocks
}

// size is how many connections are idle.
func (p *pool) size() int { return len(p.free) }
