package esdbtest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Defaults of a server.
const (
	// DefaultVersion is what the server says that it is.
	DefaultVersion = "23.10.0"
	// DefaultMaxAppendSize is that of the real server, in bytes. It counts data,
	// metadata and twice the length of the type of each event.
	DefaultMaxAppendSize = 1 << 20
)

// The client pings an idle connection every ten seconds; a server that enforces
// more than half of that hangs up on it.
const minPing = 5 * time.Second

// Options of a server. Only Store is needed.
type Options struct {
	// Store holds the events; it is not closed by the server.
	Store eventstore.Store
	// Address to listen on; 127.0.0.1 at a free port where empty.
	Address string
	// TLS makes the server present a certificate for 127.0.0.1 and localhost,
	// signed by an authority of its own: see Server.CAFile.
	TLS bool
	// Users are names with passwords. Where there are any, every call needs one.
	Users map[string]string
	// Version and MaxAppendSize are DefaultVersion and DefaultMaxAppendSize where
	// zero.
	Version       string
	MaxAppendSize int
	// BackwardsExcludes makes a read of $all backwards begin before the position
	// that it is asked for, as servers do that read their log physically.
	BackwardsExcludes bool
}

// Server is a running server. Its methods may be called from many goroutines.
type Server struct {
	options  Options
	identity *tls.Certificate
	caFile   string
	streams  *streamService
	faults   faults

	running sync.Mutex   // held while it starts or stops, never by a call
	grpc    *grpc.Server // nil while it is stopped
	serving sync.WaitGroup

	mu      sync.Mutex
	address string
	members []Member
	leader  string // where calls that require the leader are sent; here where empty
}

// Start starts a server.
func Start(options Options) (*Server, error) {
	options.Version = cmp.Or(options.Version, DefaultVersion)
	options.MaxAppendSize = cmp.Or(options.MaxAppendSize, DefaultMaxAppendSize)
	s := &Server{options: options, address: cmp.Or(options.Address, "127.0.0.1:0")}
	var err error
	if s.streams, err = newStreamService(s); err != nil {
		return nil, err
	}
	if options.TLS {
		if err := s.makeIdentity(); err != nil {
			return nil, err
		}
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	return s, nil
}

// Start starts a stopped server again, on the port that it had.
func (s *Server) Start() error {
	s.running.Lock()
	defer s.running.Unlock()
	if s.grpc != nil {
		return nil
	}
	listener, err := net.Listen("tcp", s.Address())
	if err != nil {
		return fmt.Errorf("esdbtest: %w", err)
	}
	s.mu.Lock()
	s.address = listener.Addr().String()
	s.mu.Unlock()
	options := []grpc.ServerOption{
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.MaxRecvMsgSize(16 << 20),
		grpc.WaitForHandlers(true),
	}
	if s.identity != nil {
		options = append(options, grpc.Creds(credentials.NewServerTLSFromCert(s.identity)))
	}
	s.grpc = grpc.NewServer(options...)
	streams.RegisterStreamsServer(s.grpc, s.streams)
	serverfeatures.RegisterServerFeaturesServer(s.grpc, featureService{server: s})
	gossip.RegisterGossipServer(s.grpc, gossipService{server: s})
	server := s.grpc
	s.serving.Go(func() { _ = server.Serve(&faultyListener{Listener: listener, faults: &s.faults}) })
	return nil
}

// Stop ends the server as a crash does: connections break, calls in flight end
// without an answer. What is stored stays.
func (s *Server) Stop() {
	s.running.Lock()
	defer s.running.Unlock()
	if s.grpc == nil {
		return
	}
	s.faults.close()
	s.grpc.Stop()
	s.serving.Wait()
	s.grpc = nil
}

// Restart stops the server and starts it on the same port.
func (s *Server) Restart() error {
	s.Stop()
	return s.Start()
}

// Close stops the server for good.
func (s *Server) Close() error {
	s.Stop()
	if s.caFile != "" {
		return os.RemoveAll(filepath.Dir(s.caFile))
	}
	return nil
}

// Address is host and port.
func (s *Server) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// ConnectionString is what a client connects with; settings are added as they
// are, for example "nodePreference=follower".
func (s *Server) ConnectionString(settings ...string) string {
	user := ""
	for name, password := range s.options.Users {
		user = name + ":" + password + "@"
		break
	}
	query := "?tls=false"
	if s.identity != nil {
		query = "?tls=true&tlsCaFile=" + s.caFile
	}
	for _, setting := range settings {
		query += "&" + setting
	}
	return "esdb://" + user + s.Address() + query
}

// Accepted counts the connections that were ever opened to the server.
func (s *Server) Accepted() int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.accepted
}

// Connected counts the connections that are open.
func (s *Server) Connected() int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return len(s.faults.conns)
}

func splitAddress(address string) (string, uint32, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return host, uint32(port), err
}

// storeError tells a client what a store has said, without hiding the end of the
// call itself.
func storeError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return statusOfContext(ctx)
	}
	switch {
	case errors.Is(err, eventstore.ErrTooLarge), errors.Is(err, eventstore.ErrBadEvent), errors.Is(err, eventstore.ErrBadStream):
		return invalid("%v", err)
	case errors.Is(err, eventstore.ErrClosed):
		return unavailable("the store is closed")
	}
	return internal("%v", err)
}
