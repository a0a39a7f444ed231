package redistest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Relay forwards connections to one server or another: the address that stays
// when a replica is promoted, and a network that can be cut.
type Relay struct {
	listener net.Listener

	mu    sync.Mutex
	to    string
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

// NewRelay forwards to a server; it ends with the test.
func NewRelay(t testing.TB, to *Server) *Relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{listener: l, to: to.Addr(), conns: map[net.Conn]bool{}}
	r.done.Go(r.accept)
	t.Cleanup(func() {
		_ = l.Close()
		r.To(nil)
		r.done.Wait()
	})
	return r
}

// URL is the relay's address for projections/redis.
func (r *Relay) URL() string { return "redis://" + r.listener.Addr().String() + "/0" }

// To cuts all connections and forwards new ones to another server; nil refuses
// them.
func (r *Relay) To(s *Server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = ""
	if s != nil {
		r.to = s.Addr()
	}
	for c := range r.conns {
		_ = c.Close()
	}
}

func (r *Relay) accept() {
	for {
		c, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.done.Go(func() { r.forward(c) })
	}
}

func (r *Relay) forward(from net.Conn) {
	defer from.Close()
	r.mu.Lock()
	to := r.to
	r.mu.Unlock()
	if to == "" {
		return
	}
	onto, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	r.mu.Lock()
	cut := r.to != to
	r.conns[from], r.conns[onto] = true, true
	r.mu.Unlock()
	defer func() {
		_ = onto.Close()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.conns, from)
		delete(r.conns, onto)
	}()
	if cut {
		return
	}
	r.done.Go(func() {
		_, _ = io.Copy(onto, from)
		_ = onto.Close()
	})
	_, _ = io.Copy(from, onto)
}
