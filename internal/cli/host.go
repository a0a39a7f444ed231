package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/internal/observe"
	"github.com/diaspora-match/diaspora/internal/platform"
)

// addresses are where a server listens.
type addresses struct {
	Listen     string `help:"Address of the API." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Operations string `help:"Address of health and metrics, for operators." default:"127.0.0.1:8081" placeholder:"HOST:PORT"`
}

// listeners are open addresses; api is nil where none is served.
type listeners struct{ api, ops net.Listener }

// open opens both, or that for operators alone.
func (a addresses) open(api bool) (l listeners, err error) {
	if api {
		if l.api, err = listen("listen", a.Listen); err != nil {
			return listeners{}, err
		}
	}
	if l.ops, err = listen("operations", a.Operations); err != nil {
		if l.api != nil {
			err = errors.Join(err, l.api.Close())
		}
		return listeners{}, err
	}
	return l, nil
}

// close closes what no server has taken over yet.
func (l listeners) close() {
	if l.api != nil {
		_ = l.api.Close()
	}
	_ = l.ops.Close()
}

func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		r := errPort.At(flag).With("Another program listens on " + address + ".")
		r.Cure = "Stop the other program, or choose another address: --" + flag + " 127.0.0.1:9080."
		return nil, r
	case err != nil:
		return nil, domain.ErrFormat.At(flag).With(fmt.Sprintf("Nothing can listen on %q: %v.", address, errors.Unwrap(err)))
	}
	return l, nil
}

// loopbackOnly refuses addresses that other machines reach.
func (a addresses) loopbackOnly() error {
	var k domain.Checks
	for _, at := range []struct{ flag, address string }{{"listen", a.Listen}, {"operations", a.Operations}} {
		host, _, err := net.SplitHostPort(at.address)
		ip, parseErr := netip.ParseAddr(host)
		k.Require(err == nil && (host == "localhost" || parseErr == nil && ip.IsLoopback()), errLoopback.At(at.flag))
	}
	return k.Err()
}

// hosting is a platform with what it takes to serve it.
type hosting struct {
	*platform.Platform
	hub *graph.Hub
}

// logger logs as text for people, and as JSON without anything personal in
// production.
func (s *session) logger(level string, production bool) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // held to the list by the grammar
	return observe.NewLogger(s.stderr, observe.LogConfig{JSON: production, Level: l, Production: production})
}

// openHosting opens a platform with metrics, for serving.
func openHosting(ctx context.Context, cfg platform.Config) (hosting, error) {
	registry, hub := prometheus.NewRegistry(), graph.NewHub()
	cfg.Registry, cfg.Metrics, cfg.Notifier = registry, observe.NewMetrics(registry), hub
	p, err := platform.Open(ctx, cfg)
	return hosting{p, hub}, err
}

// serve serves until ctx ends, and calls ready once the views are there.
func (h hosting) serve(ctx context.Context, cfg platform.ServerConfig, ready func() error) error {
	server, err := platform.NewServer(h.Platform, h.hub, cfg)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	select {
	case <-h.Ready():
		if err := ready(); err != nil {
			stop()
			return errors.Join(err, <-ended)
		}
		return <-ended
	case err := <-ended:
		return broken(err)
	}
}
