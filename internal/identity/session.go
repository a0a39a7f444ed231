package identity

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"sync"
	"time"
)

const (
	// sessionIdle ends a session that is not used.
	sessionIdle = time.Hour
	// sessionAbsolute ends every session.
	sessionAbsolute = 12 * time.Hour
	// sessionsMax bounds the open sessions; the one unused for longest ends.
	sessionsMax = 10_000
	// sessionSecretBytes is the entropy of a session's secret.
	sessionSecretBytes = 32
)

// The cookie names. The __Host- prefix makes browsers refuse the cookie unless
// it is Secure, of this host and of path "/". A browser does not take Secure
// cookies over plain HTTP, so that loopback without TLS uses the other name.
const (
	secureCookie   = "__Host-diaspora-session"
	loopbackCookie = "diaspora-session"
	secureLogin    = "__Host-diaspora-login"
	loopbackLogin  = "diaspora-login"
)

// SessionConfig bounds browser sessions. The zero value has the defaults and is
// for HTTPS.
type SessionConfig struct {
	Loopback bool          // plain HTTP on loopback: cookies without Secure and __Host-
	Idle     time.Duration // 0: 1 h
	Absolute time.Duration // 0: 12 h; the token's own end comes first when earlier
	Max      int           // 0: 10,000
	Now      func() time.Time
	Endings  *Endings // needed
}

// Sessions are the browser sessions of this process. The cookie holds a random
// secret and the server remembers its hash, so that neither a dump of the memory
// nor a log gives a session away. Safe for concurrent use.
type Sessions struct {
	cfg SessionConfig

	mu   sync.Mutex
	open map[[sha256.Size]byte]*list.Element
	used *list.List // of *session, most recently used first
}

type session struct {
	key  [sha256.Size]byte
	id   Identity
	seen time.Time
}

// NewSessions makes an empty set of sessions.
func NewSessions(cfg SessionConfig) *Sessions {
	if cfg.Idle == 0 {
		cfg.Idle = sessionIdle
	}
	if cfg.Absolute == 0 {
		cfg.Absolute = sessionAbsolute
	}
	if cfg.Max == 0 {
		cfg.Max = sessionsMax
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Sessions{cfg: cfg, open: map[[sha256.Size]byte]*list.Element{}, used: list.New()}
}

func (s *Sessions) cookieName() string {
	if s.cfg.Loopback {
		return loopbackCookie
	}
	return secureCookie
}

func (s *Sessions) loginCookieName() string {
	if s.cfg.Loopback {
		return loopbackLogin
	}
	return secureLogin
}

// cookie makes a cookie that scripts cannot read and that other sites' requests
// do not carry, except a link that leads here.
func (s *Sessions) cookie(name, value string, maxAge time.Duration) *http.Cookie {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: !s.cfg.Loopback,
		SameSite: http.SameSiteLaxMode, MaxAge: int(maxAge.Seconds())}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// Begin opens a session for an identity under a fresh secret, ending the one
// that the browser had: a secret that somebody planted before the sign-in is
// worth nothing after it.
func (s *Sessions) Begin(w http.ResponseWriter, r *http.Request, id Identity) {
	secret := randomText(sessionSecretBytes)
	key := sha256.Sum256([]byte(secret))
	now := s.cfg.Now()
	if end := now.Add(s.cfg.Absolute); id.Expires.After(end) {
		id.Expires = end.UTC()
	}
	// The browser's session is a sign-in of its own: signing out here does not
	// end the token that the same person uses elsewhere.
	id.Session = "browser:" + hex.EncodeToString(key[:16])

	s.mu.Lock()
	s.drop(s.key(r))
	s.open[key] = s.used.PushFront(&session{key: key, id: id, seen: now})
	for len(s.open) > s.cfg.Max {
		s.drop(s.used.Back().Value.(*session).key, true)
	}
	s.mu.Unlock()
	http.SetCookie(w, s.cookie(s.cookieName(), secret, id.Expires.Sub(now)))
}

// Identity returns who the browser is signed in as; ErrMissing without a
// session, ErrExpired or ErrEnded after one.
func (s *Sessions) Identity(r *http.Request) (Identity, error) {
	key, ok := s.key(r)
	if !ok {
		return Identity{}, ErrMissing
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.open[key]
	if e == nil {
		return Identity{}, ErrExpired
	}
	now := s.cfg.Now()
	open := e.Value.(*session)
	switch {
	case !now.Before(open.id.Expires) || now.Sub(open.seen) >= s.cfg.Idle:
		s.drop(key, true)
		return Identity{}, ErrExpired
	case s.cfg.Endings.Ended(open.id):
		s.drop(key, true)
		return Identity{}, ErrEnded
	}
	open.seen = now
	s.used.MoveToFront(e)
	return open.id, nil
}

// End closes the browser's session and tells its watchers.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.drop(s.key(r))
	s.mu.Unlock()
	http.SetCookie(w, s.cookie(s.cookieName(), "", 0))
}

// drop forgets a session, and ends the subscriptions that were opened with it.
func (s *Sessions) drop(key [sha256.Size]byte, ok bool) {
	e := s.open[key]
	if !ok || e == nil {
		return
	}
	s.used.Remove(e)
	delete(s.open, key)
	s.cfg.Endings.EndSession(e.Value.(*session).id.Session)
}

// key is the hash of the secret in the request; false without exactly one.
func (s *Sessions) key(r *http.Request) (key [sha256.Size]byte, ok bool) {
	cookies := r.CookiesNamed(s.cookieName())
	if len(cookies) != 1 || len(cookies[0].Value) != base64.RawURLEncoding.EncodedLen(sessionSecretBytes) {
		return key, false
	}
	return sha256.Sum256([]byte(cookies[0].Value)), true
}

// randomText is n random bytes as URL-safe text.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}
