package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// Bounds, listed in docs/limits.md.
const (
	// CacheRows bounds the committed rows that the writer remembers, a few hundred
	// bytes to some KB each; the least recently used go first.
	CacheRows = 131_072
	// DialTimeout and CallTimeout bound what is waited for Redis.
	DialTimeout = 2 * time.Second
	CallTimeout = 5 * time.Second
	// PoolConnections bounds the connections to one server.
	PoolConnections = 32
	// Grace is how long the views of other tables stay after their last sign of
	// life.
	Grace = 10 * time.Minute
)

// Options of an engine. URL and Tables are needed.
type Options struct {
	// URL of a server, of sentinels or of a cluster: see Open.
	URL string
	// Namespace sets platforms that share a Redis apart: small letters, digits and
	// hyphens. Empty is "main".
	Namespace string
	Tables    []projections.Schema
	// Basis names what the folds depend on besides the tables: views upon another
	// basis are built beside, as those of other tables are.
	Basis string
	// Log tells views of this log from those of another: of one that was restored
	// from an older copy since, or moved to another engine. Those are built anew. Nil
	// does not look.
	Log LogMarks
	// Told are the tables of whose changes the other machines are told; see Tail.
	Told []projections.Schema
	// Rows seals what is personal. Tables without personal text need none.
	Rows   *codec.Rows
	Logger *slog.Logger // discarded
	// CacheRows below the bound of that name; 0 is the bound.
	CacheRows int
	// Grace before the views of other tables are removed; 0 is the bound of that
	// name.
	Grace time.Duration
	Now   func() time.Time // for that grace; time.Now
}

// LogMarks knows a log by what stands in it.
type LogMarks interface {
	// Head is the last position.
	Head(context.Context) (eventstore.Position, error)
	// Mark names the last event up to a position, so that another log has another
	// name there.
	Mark(context.Context, eventstore.Position) (string, error)
}

var namespaces = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

func (o Options) withDefaults() (Options, error) {
	if o.Namespace == "" {
		o.Namespace = "main"
	}
	if !namespaces.MatchString(o.Namespace) {
		return o, errors.New("redis: a namespace is 1 to 40 small letters, digits and hyphens")
	}
	if len(o.Tables) == 0 {
		return o, errors.New("redis: an engine needs tables")
	}
	if o.Rows == nil {
		o.Rows = codec.NewRows(nil, nil)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.CacheRows <= 0 || o.CacheRows > CacheRows {
		o.CacheRows = CacheRows
	}
	if o.Grace <= 0 {
		o.Grace = Grace
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// noRetries: go-redis would send a script twice after a lost reply. The runner
// knows from the checkpoint whether it was applied; reads are repeated by Read.
const noRetries = -1

// Connect makes a client of a URL:
//
//	redis://user:password@host:6379/0                                 one server
//	rediss://…                                                        the same with TLS
//	redis://host1:26379?addr=host2:26379&master_name=views            sentinels
//	redis://host1:6379?addr=host2:6379                                a cluster
//
// A password never comes back in an error.
func Connect(address string) (goredis.UniversalClient, error) {
	silence()
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("redis: the address is not a URL")
	}
	q := u.Query()
	switch {
	case q.Has("master_name"):
		o, err := goredis.ParseFailoverURL(address)
		if err != nil {
			return nil, badURL(u)
		}
		o.MaxRetries, o.ContextTimeoutEnabled, o.DialerRetries = noRetries, true, 1
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = DialTimeout, CallTimeout, CallTimeout, CallTimeout
		o.PoolSize, o.TLSConfig = PoolConnections, modern(o.TLSConfig)
		return goredis.NewFailoverClient(o), nil
	case q.Has("addr"):
		o, err := goredis.ParseClusterURL(address)
		if err != nil {
			return nil, badURL(u)
		}
		o.MaxRetries, o.ContextTimeoutEnabled, o.DialerRetries = noRetries, true, 1
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = DialTimeout, CallTimeout, CallTimeout, CallTimeout
		o.PoolSize, o.TLSConfig = PoolConnections, modern(o.TLSConfig)
		o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
		return goredis.NewClusterClient(o), nil
	}
	o, err := goredis.ParseURL(address)
	if err != nil {
		return nil, badURL(u)
	}
	o.MaxRetries, o.ContextTimeoutEnabled, o.DialerRetries = noRetries, true, 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = DialTimeout, CallTimeout, CallTimeout, CallTimeout
	o.PoolSize, o.TLSConfig = PoolConnections, modern(o.TLSConfig)
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return goredis.NewClient(o), nil
}

// silent drops what go-redis would print beside our logs: what goes wrong comes
// back from the calls.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

var silence = sync.OnceFunc(func() { goredis.SetLogger(silent{}) })

func badURL(u *url.URL) error {
	return fmt.Errorf("redis: %q is not an address of Redis: give redis://host:port/0, with ?addr= for a cluster, with ?master_name= for sentinels", u.Redacted())
}

func modern(c *tls.Config) *tls.Config {
	if c != nil {
		c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	}
	return c
}
