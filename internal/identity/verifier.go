package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// tokenBytesMax bounds an access token.
	tokenBytesMax = 8 << 10
	// leeway is how far the issuer's clock may be ahead of ours.
	leeway = 60 * time.Second
	// tokenLifetimeMax is the longest life of a token when the configuration
	// names none.
	tokenLifetimeMax = 24 * time.Hour
	// verifiedMax bounds the remembered verified tokens; the least recently used
	// one is verified anew.
	verifiedMax = 10_000
	// subjectBytesMax is the bound of OpenID Connect Core, section 2.
	subjectBytesMax = 255
	// discoverEvery is the pause after a failed discovery.
	discoverEvery = 2 * time.Second
)

// Algorithms are the signature algorithms that may be accepted.
var Algorithms = []string{oidc.RS256, oidc.ES256, oidc.EdDSA}

// Config says which tokens to accept.
type Config struct {
	Issuer      string            // exact issuer URL: HTTPS, or HTTP on loopback
	Name        string            // what principals derive from; empty means Issuer. An issuer that moves keeps it
	Audiences   []string          // at least one of them is in the token's aud; none of them is a party
	Parties     []string          // client ids that may have been given the token (azp, else client_id)
	Algorithms  []string          // a subset of Algorithms; empty means all of them
	MaxLifetime time.Duration     // longest exp − iat; 0 means 24 h
	Hosts       []string          // further hosts of the issuer's endpoints (host[:port])
	Transport   http.RoundTripper // nil: one that checks addresses after resolution
	Now         func() time.Time  // nil: time.Now
	Endings     *Endings          // nil: a new one
}

// Verifier verifies access tokens of one issuer. It is safe for concurrent use.
// It reaches the issuer at the first token, or at Discover.
type Verifier struct {
	cfg     Config
	client  *http.Client
	endings *Endings

	verified *lru.Cache[[sha256.Size]byte, Identity]

	ready      atomic.Pointer[discovered]
	discover   sync.Mutex
	failedAt   time.Time // guarded by discover
	failedWith error     // guarded by discover
}

// discovered is what the issuer's discovery document gave.
type discovered struct {
	provider *oidc.Provider
	keys     oidc.KeySet
	access   *oidc.IDTokenVerifier
}

// NewVerifier checks the configuration; it does not reach the issuer.
func NewVerifier(cfg Config) (*Verifier, error) {
	issuer, err := url.Parse(cfg.Issuer)
	if err != nil || issuer.Host == "" || !secureURL(issuer) || issuer.RawQuery != "" || issuer.Fragment != "" {
		return nil, fmt.Errorf("identity: the issuer %q is not an HTTPS URL, nor an HTTP URL of this machine", cfg.Issuer)
	}
	if len(cfg.Audiences) == 0 || len(cfg.Parties) == 0 {
		return nil, errors.New("identity: name at least one audience and one authorised party")
	}
	for _, a := range cfg.Audiences {
		// An ID token's audience is the client: were the two the same, an ID
		// token could pass for an access token.
		if a == "" || slices.Contains(cfg.Parties, a) {
			return nil, fmt.Errorf("identity: the audience %q is empty or also an authorised party", a)
		}
	}
	for _, a := range cfg.Algorithms {
		if !slices.Contains(Algorithms, a) {
			return nil, fmt.Errorf("identity: the algorithm %q is not accepted", a)
		}
	}
	if len(cfg.Algorithms) == 0 {
		cfg.Algorithms = Algorithms
	}
	if cfg.Name == "" {
		cfg.Name = cfg.Issuer
	}
	if cfg.MaxLifetime == 0 {
		cfg.MaxLifetime = tokenLifetimeMax
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Endings == nil {
		cfg.Endings = NewEndings(cfg.MaxLifetime)
	}
	verified, err := lru.New[[sha256.Size]byte, Identity](verifiedMax)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return &Verifier{cfg: cfg, client: newClient(issuer, cfg.Hosts, cfg.Transport, cfg.Now), endings: cfg.Endings, verified: verified}, nil
}

// Issuer is the issuer's URL.
func (v *Verifier) Issuer() string { return v.cfg.Issuer }

// Endings is where sign-ins are ended.
func (v *Verifier) Endings() *Endings { return v.endings }

// Discover reaches the issuer unless that was done before. It suits a readiness
// check. The error is ErrUnavailable, joined with the cause for operators.
func (v *Verifier) Discover(ctx context.Context) error {
	_, err := v.discovered(ctx)
	return err
}

func (v *Verifier) discovered(ctx context.Context) (*discovered, error) {
	if d := v.ready.Load(); d != nil {
		return d, nil
	}
	v.discover.Lock()
	defer v.discover.Unlock()
	if d := v.ready.Load(); d != nil {
		return d, nil
	}
	if !v.failedAt.IsZero() && v.cfg.Now().Sub(v.failedAt) < discoverEvery {
		return nil, v.failedWith
	}
	// One caller discovers for all: that it goes away must not fail the others.
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), v.client), fetchTimeout)
	defer cancel()
	d, err := v.reach(ctx)
	if err != nil {
		v.failedAt, v.failedWith = v.cfg.Now(), errors.Join(ErrUnavailable, fmt.Errorf("identity: discovery: %w", err))
		return nil, v.failedWith
	}
	v.ready.Store(d)
	return d, nil
}

func (v *Verifier) reach(ctx context.Context) (*discovered, error) {
	provider, err := oidc.NewProvider(ctx, v.cfg.Issuer)
	if err != nil {
		return nil, err
	}
	var endpoints struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := provider.Claims(&endpoints); err != nil {
		return nil, err
	}
	keys := watchedKeys{oidc.NewRemoteKeySet(ctx, endpoints.JWKS)}
	return &discovered{provider: provider, keys: keys, access: oidc.NewVerifier(v.cfg.Issuer, keys, &oidc.Config{
		SupportedSigningAlgs: v.cfg.Algorithms,
		SkipClientIDCheck:    true, // several audiences: checked in claims.check
		Now:                  v.cfg.Now,
	})}, nil
}

// watchedKeys notes when keys could not be fetched: go-oidc flattens that error
// into text, and a caller must be able to tell "try again" from "sign in again".
type watchedKeys struct{ oidc.KeySet }

type keyFaultKey struct{}

func (k watchedKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, jwt)
	if fault, ok := ctx.Value(keyFaultKey{}).(*bool); ok && err != nil {
		*fault = strings.HasPrefix(err.Error(), "fetching keys")
	}
	return payload, err
}

// Verify returns the identity of an access token, or a refusal. A token that
// was verified before costs one hash and one lookup.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	if len(token) > tokenBytesMax {
		return Identity{}, ErrTooLong
	}
	if token == "" {
		return Identity{}, ErrMissing
	}
	key := sha256.Sum256([]byte(token))
	id, known := v.verified.Get(key)
	if !known {
		var err error
		if id, err = v.verify(ctx, token); err != nil {
			return Identity{}, err
		}
	}
	if !v.cfg.Now().Before(id.Expires) {
		v.verified.Remove(key)
		return Identity{}, ErrExpired
	}
	if v.endings.Ended(id) {
		return Identity{}, ErrEnded
	}
	if !known {
		v.verified.Add(key, id)
	}
	return id, nil
}

func (v *Verifier) verify(ctx context.Context, raw string) (Identity, error) {
	head, err := parseHeader(raw)
	if err != nil {
		return Identity{}, err
	}
	if !slices.Contains(v.cfg.Algorithms, head.Algorithm) {
		return Identity{}, ErrAlgorithm
	}
	d, err := v.discovered(ctx)
	if err != nil {
		return Identity{}, err
	}
	token, err := verifyWith(ctx, d.access, raw)
	if err != nil {
		return Identity{}, err
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return Identity{}, ErrInvalid
	}
	if err := c.check(token, head, v.cfg); err != nil {
		return Identity{}, err
	}
	session := c.Session
	if session == "" {
		session = c.ID
	}
	return Identity{Principal: PrincipalFor(v.cfg.Name, token.Subject), Issued: token.IssuedAt.UTC(),
		Expires: token.Expiry.UTC(), Session: session}, nil
}

// verifyWith runs go-oidc's checks (form, algorithm, signature, issuer, expiry,
// and the audience where the verifier has one) and maps its errors.
func verifyWith(ctx context.Context, verifier *oidc.IDTokenVerifier, raw string) (*oidc.IDToken, error) {
	var fault bool
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, keyFaultKey{}, &fault), fetchTimeout)
	defer cancel()
	token, err := verifier.Verify(ctx, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case err == nil:
		return token, nil
	case errors.As(err, &expired):
		return nil, ErrExpired
	case fault:
		return nil, ErrUnavailable
	}
	return nil, ErrInvalid
}

// header is what of a token's JOSE header decides before its signature is
// looked at.
type header struct {
	Algorithm string   `json:"alg"`
	Type      string   `json:"typ"`
	Critical  []string `json:"crit"`
}

func parseHeader(token string) (header, error) {
	var h header
	first, rest, ok := strings.Cut(token, ".")
	if !ok || strings.Count(rest, ".") != 1 {
		return h, ErrInvalid
	}
	b, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil || json.Unmarshal(b, &h) != nil || len(h.Critical) > 0 {
		return h, ErrInvalid
	}
	return h, nil
}

// claims are those that go-oidc leaves to its caller.
type claims struct {
	Party      string          `json:"azp"`
	Client     string          `json:"client_id"` // RFC 9068, section 2.2
	NotBefore  *float64        `json:"nbf"`
	Session    string          `json:"sid"`
	ID         string          `json:"jti"`
	CodeHash   string          `json:"c_hash"`
	Type       string          `json:"typ"`       // Keycloak: Bearer, ID, Refresh
	Use        string          `json:"token_use"` // Cognito: access, id
	Events     json.RawMessage `json:"events"`    // a logout token
	ClaimNames json.RawMessage `json:"_claim_names"`
}

func (c claims) check(token *oidc.IDToken, head header, cfg Config) error {
	if !c.isAccess(token, head) {
		return ErrNotAccess
	}
	if !slices.ContainsFunc(token.Audience, func(a string) bool { return slices.Contains(cfg.Audiences, a) }) {
		return ErrAudience
	}
	party := c.Party
	if party == "" {
		party = c.Client
	}
	if !slices.Contains(cfg.Parties, party) {
		return ErrParty
	}
	if strings.TrimSpace(token.Subject) == "" || len(token.Subject) > subjectBytesMax {
		return ErrSubject
	}
	now := cfg.Now()
	if token.IssuedAt.IsZero() || token.Expiry.Sub(token.IssuedAt) > cfg.MaxLifetime {
		return ErrInvalid
	}
	if token.IssuedAt.After(now.Add(leeway)) || c.NotBefore != nil && *c.NotBefore > float64(now.Add(leeway).Unix()) {
		return ErrNotYet
	}
	return nil
}

// isAccess tells access tokens from the other tokens that the same issuer signs
// with the same keys (RFC 9068, section 2.1; OpenID Connect Core, section 2).
func (c claims) isAccess(token *oidc.IDToken, head header) bool {
	switch strings.ToLower(head.Type) {
	case "at+jwt", "application/at+jwt", "jwt":
	default:
		return false
	}
	return token.Nonce == "" && token.AccessTokenHash == "" && c.CodeHash == "" && c.Events == nil && c.ClaimNames == nil &&
		(c.Type == "" || strings.EqualFold(c.Type, "Bearer")) &&
		(c.Use == "" || strings.EqualFold(c.Use, "access"))
}
