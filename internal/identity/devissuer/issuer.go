package devissuer

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/identity"
)

const (
	// Path is where the issuer lives on the API's listener.
	Path = "/dev/oidc"
	// Audience is the aud of its access tokens when the configuration names none.
	Audience = "diaspora-api"
	// ClientID is its one client, a public one, when the configuration names none.
	ClientID = "diaspora-web"
	// TokenLifetime is the life of access tokens, minted or exchanged.
	TokenLifetime = 7 * 24 * time.Hour
	// idTokenLifetime is the life of ID tokens, which are used at once.
	idTokenLifetime = 5 * time.Minute
)

// Config says where the issuer lives.
type Config struct {
	Listen   string           // the API's listen address, "127.0.0.1:8080"; anything off loopback is refused
	Folder   string           // the data folder, for the key
	Audience string           // "" is Audience
	ClientID string           // "" is ClientID
	Now      func() time.Time // nil: time.Now
}

// Issuer is the development issuer. It is safe for concurrent use.
type Issuer struct {
	url      string
	audience string
	client   string
	now      func() time.Time
	key      jose.JSONWebKey // private
	keys     jose.JSONWebKeySet

	mu    sync.Mutex
	codes map[string]grant // by code
}

// New opens the issuer for an API that listens on cfg.Listen. The error says so
// when that address is not of this machine alone.
func New(cfg Config) (*Issuer, error) {
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("devissuer: listen address: %w", err)
	}
	if !loopback(host) {
		return nil, fmt.Errorf("devissuer: refusing to start: %q is reachable from other machines, and here anybody may be anybody; listen on 127.0.0.1, or configure a real issuer", cfg.Listen)
	}
	if cfg.Audience == "" {
		cfg.Audience = Audience
	}
	if cfg.ClientID == "" {
		cfg.ClientID = ClientID
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	key, err := loadOrMakeKey(cfg.Folder)
	if err != nil {
		return nil, err
	}
	kid, err := keyID(key)
	if err != nil {
		return nil, err
	}
	return &Issuer{
		url:      "http://" + net.JoinHostPort(host, port) + Path,
		audience: cfg.Audience,
		client:   cfg.ClientID,
		now:      cfg.Now,
		key:      jose.JSONWebKey{Key: key, KeyID: kid},
		keys:     jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: kid, Algorithm: string(jose.ES256), Use: "sig"}}},
		codes:    map[string]grant{},
	}, nil
}

// URL is the issuer's URL: of the listen address, under Path.
func (i *Issuer) URL() string { return i.url }

// VerifierConfig is the configuration by which identity.NewVerifier accepts
// this issuer's tokens.
func (i *Issuer) VerifierConfig() identity.Config {
	return identity.Config{Issuer: i.url, Name: name, Audiences: []string{i.audience}, Parties: []string{i.client}, MaxLifetime: TokenLifetime}
}

// name is what the personas' principals derive from, whatever the port.
const name = "urn:diaspora-match:development"

// Principal is the principal that a persona signs in as, at any address.
func (i *Issuer) Principal(p Persona) domain.PrincipalID {
	return identity.PrincipalFor(name, string(p))
}

// Mint makes an access token for a persona, good for TokenLifetime.
func (i *Issuer) Mint(p Persona) (string, error) {
	if !p.Valid() {
		return "", fmt.Errorf("devissuer: no persona %q", string(p))
	}
	return i.accessToken(p)
}

func (i *Issuer) accessToken(p Persona) (string, error) {
	now := i.now()
	return i.sign("at+jwt", map[string]any{
		"iss": i.url, "sub": string(p), "aud": i.audience, "azp": i.client, "client_id": i.client,
		"iat": now.Unix(), "exp": now.Add(TokenLifetime).Unix(), "jti": randomText(),
	})
}

func (i *Issuer) idToken(p Persona, nonce, access string) (string, error) {
	now := i.now()
	half := sha256.Sum256([]byte(access))
	c := map[string]any{
		"iss": i.url, "sub": string(p), "aud": i.client, "azp": i.client,
		"iat": now.Unix(), "exp": now.Add(idTokenLifetime).Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(half[:len(half)/2]),
	}
	if nonce != "" {
		c["nonce"] = nonce
	}
	return i.sign("JWT", c)
}

func (i *Issuer) sign(typ string, c map[string]any) (string, error) {
	opts := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: i.key}, opts)
	if err != nil {
		return "", fmt.Errorf("devissuer: signer: %w", err)
	}
	token, err := jwt.Signed(signer).Claims(c).Serialize()
	if err != nil {
		return "", fmt.Errorf("devissuer: signing: %w", err)
	}
	return token, nil
}

// loopback reports a host that only this machine reaches.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

func loopbackURL(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	return u, err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.Fragment == "" &&
		!strings.Contains(s, "#") && u.Opaque == "" && loopback(u.Hostname())
}

func randomText() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}
