package edge

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/identity"
)

// gate bounds what one caller may ask for at once and a second. A caller is a
// principal, or an address while nobody is signed in; the two are remembered
// apart, so that strangers cannot push principals out.
type gate struct {
	limits Limits
	now    func() time.Time

	mu         sync.Mutex
	principals *lru.Cache[string, *caller]
	addresses  *lru.Cache[string, *caller]
	open       int // connections of everybody
}

type caller struct {
	rate        *rate.Limiter
	underWay    int
	connections int
}

func newGate(limits Limits, now func() time.Time) *gate {
	principals, err := lru.New[string, *caller](callersMax)
	if err != nil {
		panic(err) // the size is a positive constant
	}
	addresses, err := lru.New[string, *caller](callersMax)
	if err != nil {
		panic(err)
	}
	return &gate{limits: limits, now: now, principals: principals, addresses: addresses}
}

// caller is called with the lock held.
func (g *gate) caller(id identity.Identity, r *http.Request) *caller {
	cache, key := g.addresses, addressOf(r)
	if !id.IsZero() {
		cache, key = g.principals, string(id.Principal)
	}
	c, ok := cache.Get(key)
	if !ok {
		c = &caller{rate: rate.NewLimiter(rate.Limit(g.limits.Rate), g.limits.Burst)}
		cache.Add(key, c)
	}
	return c
}

// enter counts a request in; leave counts it out. The refusal comes with the
// time to wait.
func (g *gate) enter(id identity.Identity, r *http.Request) (leave func(), wait time.Duration, refusal *domain.Refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.caller(id, r)
	if c.underWay >= g.limits.Concurrent {
		return nil, time.Second, ErrConcurrent
	}
	if wait := g.spend(c); wait > 0 {
		return nil, wait, ErrRate
	}
	c.underWay++
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		c.underWay--
	}), 0, nil
}

// operation spends one operation of a caller that is connected already.
func (g *gate) operation(id identity.Identity, r *http.Request) *domain.Refusal {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.spend(g.caller(id, r)) > 0 {
		return ErrRate
	}
	return nil
}

// spend takes a token of the caller's rate, or tells how long to wait for one.
func (g *gate) spend(c *caller) time.Duration {
	now := g.now()
	if c.rate.AllowN(now, 1) {
		return 0
	}
	missing := 1 - c.rate.TokensAt(now)
	return max(time.Millisecond, time.Duration(missing/g.limits.Rate*float64(time.Second)))
}

// connect counts an open WebSocket or stream in.
func (g *gate) connect(id identity.Identity, r *http.Request) (leave func(), refusal *domain.Refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.caller(id, r)
	if c.connections >= g.limits.Connections || g.open >= g.limits.ConnectionsTotal {
		return nil, ErrConnections
	}
	c.connections++
	g.open++
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		c.connections--
		g.open--
	}), nil
}

// addressOf is the peer's address; of IPv6 the first 64 bits, because that is
// what one household gets.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
