package esdbtest

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// Stage is where in a call a fault may strike.
type Stage int

const (
	// Began is before the server looks at the call.
	Began Stage = iota
	// Stored is after an append, a deletion or a tombstone is stored and before
	// it is answered.
	Stored
	// Sent is after each message of a read or a subscription.
	Sent
)

// Moment is where a call stands.
type Moment struct {
	Method string // "append", "read", "subscribe", "delete", "tombstone", "features", "gossip"
	Stream string // "$all" for the log, empty where there is none
	Stage  Stage
	Sent   int // events that the call has sent
}

// Fault is called at each moment of each call. It may wait, until ctx ends at
// most; what it returns, other than nil, ends the call as that error.
type Fault func(ctx context.Context, at Moment) error

// Inject sets the fault of the server; nil takes it away.
func (s *Server) Inject(f Fault) { s.faults.inject(f) }

// Interject makes the next call of a method, "read" or "subscribe", send a message
// that does not belong there, before its events and after a confirmation.
func (s *Server) Interject(method string, m *streams.ReadResp) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.oddMethod, s.faults.odd = method, m
}

func (f *faults) interjected(method string) *streams.ReadResp {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.oddMethod != method {
		return nil
	}
	m := f.odd
	f.oddMethod, f.odd = "", nil
	return m
}

// Slow makes each moment of each call take longer.
func Slow(by time.Duration) Fault {
	return func(ctx context.Context, _ Moment) error {
		select {
		case <-time.After(by):
			return nil
		case <-ctx.Done():
			return statusOfContext(ctx)
		}
	}
}

// Times lets a fault strike at the first n moments that match.
func Times(n int, match func(Moment) bool, f Fault) Fault {
	var struck atomic.Int64
	return func(ctx context.Context, at Moment) error {
		if !match(at) || struck.Add(1) > int64(n) {
			return nil
		}
		return f(ctx, at)
	}
}

// Refuse ends calls with Unavailable, as a server does that is not ready.
func Refuse(context.Context, Moment) error { return unavailable("the server is not ready") }

// Hang waits until the caller gives up.
func Hang(ctx context.Context, _ Moment) error {
	<-ctx.Done()
	return statusOfContext(ctx)
}

// Die stops the server, in the middle of the call.
func (s *Server) Die(ctx context.Context, at Moment) error {
	go s.Stop() // it waits for this call
	return Hang(ctx, at)
}

// DropConnections closes every connection, as a network does; the server goes on.
func (s *Server) DropConnections() { s.faults.close() }

// ResetConnections aborts every connection with a TCP reset.
func (s *Server) ResetConnections() {
	for _, c := range s.faults.open() {
		if t, ok := c.Conn.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
	}
}

// Stall lets no byte through, in either direction and on no connection, until
// Resume: connections stay open, and new ones are accepted by the system.
func (s *Server) Stall() { s.faults.stall() }

// Resume ends a stall.
func (s *Server) Resume() { s.faults.resume() }

// faults is what is wrong with a server now.
type faults struct {
	mu        sync.Mutex
	fault     Fault
	conns     map[*faultyConn]struct{}
	accepted  int
	odd       *streams.ReadResp // of the next call of oddMethod
	oddMethod string
	stalled   chan struct{} // closed by resume; nil while bytes flow
}

func (f *faults) inject(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

func (f *faults) at(ctx context.Context, m Moment) error {
	f.mu.Lock()
	fault := f.fault
	f.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(ctx, m)
}

func (f *faults) open() []*faultyConn {
	f.mu.Lock()
	defer f.mu.Unlock()
	conns := make([]*faultyConn, 0, len(f.conns))
	for c := range f.conns {
		conns = append(conns, c)
	}
	return conns
}

func (f *faults) close() {
	for _, c := range f.open() {
		_ = c.Close()
	}
}

func (f *faults) stall() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stalled == nil {
		f.stalled = make(chan struct{})
	}
}

func (f *faults) resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stalled != nil {
		close(f.stalled)
		f.stalled = nil
	}
}

func (f *faults) add(c *faultyConn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conns == nil {
		f.conns = map[*faultyConn]struct{}{}
	}
	f.conns[c] = struct{}{}
	f.accepted++
}

func (f *faults) remove(c *faultyConn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, c)
}

// faultyListener gives out connections that can be made to fail.
type faultyListener struct {
	net.Listener
	faults *faults
}

func (l *faultyListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &faultyConn{Conn: c, faults: l.faults, closed: make(chan struct{})}
	conn.faults.add(conn)
	return conn, nil
}

type faultyConn struct {
	net.Conn
	faults *faults
	once   sync.Once
	closed chan struct{}
}

// flow waits while the server is stalled.
func (c *faultyConn) flow() {
	c.faults.mu.Lock()
	stalled := c.faults.stalled
	c.faults.mu.Unlock()
	if stalled == nil {
		return
	}
	select {
	case <-stalled:
	case <-c.closed:
	}
}

func (c *faultyConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.flow()
	return n, err
}

func (c *faultyConn) Write(p []byte) (int, error) {
	c.flow()
	return c.Conn.Write(p)
}

func (c *faultyConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	c.faults.remove(c)
	return c.Conn.Close()
}
