package identity

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/diaspora-match/diaspora/domain"
)

const (
	// loginTimeout is how long a sign-in may take at the provider.
	loginTimeout = 10 * time.Minute
	// loginsMax bounds the sign-ins under way; the oldest are forgotten.
	loginsMax = 1_000
	// returnBytesMax bounds the path to return to.
	returnBytesMax = 1_024
	// exchangeTimeout bounds the exchange of a code for tokens.
	exchangeTimeout = 10 * time.Second
)

// LoginConfig registers the platform as a client of the issuer.
type LoginConfig struct {
	Verifier     *Verifier
	Sessions     *Sessions
	ClientID     string // one of the verifier's Parties
	ClientSecret string // empty for a public client, which PKCE protects
	RedirectURL  string // the absolute URL of /callback, as registered at the issuer
	Scopes       []string
	Extra        map[string]string // further parameters of the authorisation request, such as "audience"
}

// Login signs browsers in by the authorisation code flow with PKCE (S256),
// state and nonce, each bound to the browser by a cookie.
type Login struct {
	cfg  LoginConfig
	home *url.URL // of RedirectURL

	mu      sync.Mutex
	pending map[string]pendingLogin // by state
	order   []string                // states, oldest first
}

type pendingLogin struct {
	verifier, nonce, returnTo string
	began                     time.Time
}

// NewLogin checks the configuration.
func NewLogin(cfg LoginConfig) (*Login, error) {
	home, err := url.Parse(cfg.RedirectURL)
	if err != nil || home.Host == "" || !secureURL(home) || home.Path != "/callback" {
		return nil, fmt.Errorf("identity: the redirect URL %q is not an HTTPS (or loopback) URL with the path /callback", cfg.RedirectURL)
	}
	known := false
	for _, p := range cfg.Verifier.cfg.Parties {
		known = known || p == cfg.ClientID
	}
	if !known {
		return nil, errors.New("identity: the client id is not among the verifier's authorised parties")
	}
	if len(cfg.Scopes) == 0 {
		cfg.Scopes = []string{oidc.ScopeOpenID}
	}
	return &Login{cfg: cfg, home: home, pending: map[string]pendingLogin{}}, nil
}

// Register serves GET /login (with ?return=/path), GET /callback and POST
// /logout. Put CrossOrigin around the mux, which keeps other sites from
// signing people out.
func (l *Login) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /login", l.begin)
	mux.HandleFunc("GET /callback", l.callback)
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		l.cfg.Sessions.End(w, r)
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
}

func (l *Login) oauth(d *discovered) *oauth2.Config {
	endpoint := d.provider.Endpoint()
	if l.cfg.ClientSecret == "" {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: l.cfg.ClientID, ClientSecret: l.cfg.ClientSecret, Endpoint: endpoint,
		RedirectURL: l.cfg.RedirectURL, Scopes: l.cfg.Scopes}
}

func (l *Login) begin(w http.ResponseWriter, r *http.Request) {
	returnTo := localPath(r.URL.Query().Get("return"))
	if r.Host != l.home.Host {
		// Another name of this host has other cookies: sign in under the one
		// that the issuer will lead back to.
		to := url.URL{Scheme: l.home.Scheme, Host: l.home.Host, Path: "/login", RawQuery: url.Values{"return": {returnTo}}.Encode()}
		http.Redirect(w, r, to.String(), http.StatusFound)
		return
	}
	d, err := l.cfg.Verifier.discovered(r.Context())
	if err != nil {
		WriteRefusal(w, err)
		return
	}
	state := randomText(32)
	p := pendingLogin{verifier: oauth2.GenerateVerifier(), nonce: randomText(32), returnTo: returnTo, began: l.cfg.Verifier.cfg.Now()}
	l.remember(state, p)
	opts := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(p.verifier), oidc.Nonce(p.nonce)}
	for k, v := range l.cfg.Extra {
		opts = append(opts, oauth2.SetAuthURLParam(k, v))
	}
	sessions := l.cfg.Sessions
	http.SetCookie(w, sessions.cookie(sessions.loginCookieName(), state, loginTimeout))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, l.oauth(d).AuthCodeURL(state, opts...), http.StatusFound)
}

func (l *Login) remember(state string, p pendingLogin) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.order) >= loginsMax {
		delete(l.pending, l.order[0])
		l.order = l.order[1:]
	}
	l.pending[state] = p
	l.order = append(l.order, state)
}

// take returns a sign-in under way, once.
func (l *Login) take(state string) (pendingLogin, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.pending[state]
	delete(l.pending, state)
	return p, ok && l.cfg.Verifier.cfg.Now().Sub(p.began) < loginTimeout
}

func (l *Login) callback(w http.ResponseWriter, r *http.Request) {
	sessions := l.cfg.Sessions
	state := r.URL.Query().Get("state")
	bound := r.CookiesNamed(sessions.loginCookieName())
	http.SetCookie(w, sessions.cookie(sessions.loginCookieName(), "", 0))
	w.Header().Set("Cache-Control", "no-store")
	if state == "" || len(bound) != 1 || subtle.ConstantTimeCompare([]byte(bound[0].Value), []byte(state)) != 1 {
		WriteRefusal(w, ErrLogin)
		return
	}
	p, ok := l.take(state)
	if !ok {
		WriteRefusal(w, ErrLogin)
		return
	}
	id, err := l.exchange(r.Context(), r.URL.Query().Get("code"), p)
	if err != nil {
		WriteRefusal(w, err)
		return
	}
	sessions.Begin(w, r, id)
	http.Redirect(w, r, p.returnTo, http.StatusSeeOther)
}

// exchange swaps a code for tokens. The ID token proves this very sign-in (its
// nonce), the access token is verified like any other, and both must name the
// same person.
func (l *Login) exchange(ctx context.Context, code string, p pendingLogin) (Identity, error) {
	if code == "" {
		return Identity{}, ErrLogin
	}
	v := l.cfg.Verifier
	d, err := v.discovered(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, v.client), exchangeTimeout)
	defer cancel()
	tokens, err := l.oauth(d).Exchange(ctx, code, oauth2.VerifierOption(p.verifier))
	if err != nil {
		// The provider's text may name the person: only the kind goes on.
		return Identity{}, ErrLogin
	}
	raw, _ := tokens.Extra("id_token").(string)
	if len(raw) > tokenBytesMax {
		return Identity{}, ErrLogin
	}
	idToken, err := verifyWith(ctx, oidc.NewVerifier(v.cfg.Issuer, d.keys, &oidc.Config{
		ClientID: l.cfg.ClientID, SupportedSigningAlgs: v.cfg.Algorithms, Now: v.cfg.Now}), raw)
	if err != nil {
		return Identity{}, ErrLogin
	}
	var c claims
	if err := idToken.Claims(&c); err != nil || c.Party != "" && c.Party != l.cfg.ClientID || len(idToken.Audience) > 1 && c.Party == "" {
		return Identity{}, ErrLogin
	}
	if subtle.ConstantTimeCompare([]byte(idToken.Nonce), []byte(p.nonce)) != 1 {
		return Identity{}, ErrLogin
	}
	if idToken.AccessTokenHash != "" && idToken.VerifyAccessToken(tokens.AccessToken) != nil {
		return Identity{}, ErrLogin
	}
	id, err := v.Verify(ctx, tokens.AccessToken)
	if err != nil {
		return Identity{}, err
	}
	if id.Principal != PrincipalFor(v.cfg.Name, idToken.Subject) {
		return Identity{}, ErrLogin
	}
	return id, nil
}

// localPath returns a path of this host to return to, "/" for anything that a
// browser could read as another host.
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > returnBytesMax || u.IsAbs() || u.Host != "" || !strings.HasPrefix(s, "/") ||
		strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return u.String()
}

// CrossOrigin refuses state-changing requests that a browser sends from another
// origin, unless the origin ("https://console.example.org") is trusted.
func CrossOrigin(trusted ...string) (func(http.Handler) http.Handler, error) {
	p := http.NewCrossOriginProtection()
	for _, origin := range trusted {
		if err := p.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("identity: trusted origin: %w", err)
		}
	}
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { WriteRefusal(w, ErrCrossOrigin) }))
	return p.Handler, nil
}

// StatusOf is the HTTP status of a refusal before any operation ran: 401 for
// whoever has to sign in, 403, 503 for a provider that is away, 500 otherwise.
func StatusOf(err error) int {
	rs := domain.AsRefusals(err)
	switch {
	case len(rs) == 0:
		return http.StatusInternalServerError
	case rs[0].Kind == domain.Busy:
		return http.StatusServiceUnavailable
	case errors.Is(err, ErrCrossOrigin) || errors.Is(err, ErrLogin):
		return http.StatusForbidden
	}
	return http.StatusUnauthorized
}

// WriteRefusal answers a browser or a script with a refusal in JSON; an error
// that is none is answered without its text.
func WriteRefusal(w http.ResponseWriter, err error) {
	body := domain.Refusal{Code: "internal", Kind: domain.Refused, Message: "Something went wrong here.", Cure: "Try again; tell the operators if it stays."}
	if rs := domain.AsRefusals(err); len(rs) > 0 {
		body = *rs[0]
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	status := StatusOf(err)
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="diaspora", error="invalid_token"`)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}
