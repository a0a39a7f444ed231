package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// issuer is an OpenID Connect issuer that signs whatever a test asks for.
type issuer struct {
	*httptest.Server
	keys    map[jose.SignatureAlgorithm]jose.JSONWebKey
	fetches atomic.Int64 // of the key set
	down    atomic.Bool
	mu      sync.Mutex
	public  jose.JSONWebKeySet
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	is := &issuer{keys: map[jose.SignatureAlgorithm]jose.JSONWebKey{}}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	for alg, key := range map[jose.SignatureAlgorithm]crypto.Signer{jose.RS256: rsaKey, jose.PS256: rsaKey, jose.ES256: ecKey, jose.EdDSA: edKey} {
		is.keys[alg] = jose.JSONWebKey{Key: key, KeyID: string(alg), Algorithm: string(alg)}
		is.public.Keys = append(is.public.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: string(alg), Algorithm: string(alg)})
	}
	is.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if is.down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			_ = json.NewEncoder(w).Encode(map[string]any{"issuer": is.URL, "jwks_uri": is.URL + "/keys",
				"authorization_endpoint": is.URL + "/a", "token_endpoint": is.URL + "/t"})
		case "/keys":
			is.fetches.Add(1)
			is.mu.Lock()
			defer is.mu.Unlock()
			_ = json.NewEncoder(w).Encode(is.public)
		}
	}))
	t.Cleanup(is.Close)
	return is
}

func (is *issuer) sign(t testing.TB, alg jose.SignatureAlgorithm, typ string, claims map[string]any) string {
	t.Helper()
	opts := &jose.SignerOptions{}
	if typ != "" {
		opts.WithType(jose.ContentType(typ))
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: is.keys[alg]}, opts)
	if err != nil {
		t.Fatal(err)
	}
	s, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func (is *issuer) claims() map[string]any {
	return map[string]any{"iss": is.URL, "sub": "s-1", "aud": []string{"other", "api"}, "azp": "web",
		"iat": epoch.Unix(), "exp": epoch.Add(time.Hour).Unix(), "sid": "session-1"}
}

type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time      { return epoch.Add(time.Duration(c.at.Load())) }
func (c *clock) set(d time.Duration) { c.at.Store(int64(d)) }

func newTestVerifier(t testing.TB, is *issuer) (*Verifier, *clock) {
	t.Helper()
	c := &clock{}
	client := &http.Transport{}
	t.Cleanup(client.CloseIdleConnections)
	v, err := NewVerifier(Config{Issuer: is.URL, Audiences: []string{"api"}, Parties: []string{"web", "cli"}, Now: c.now, Transport: client})
	if err != nil {
		t.Fatal(err)
	}
	v.endings.now = c.now
	return v, c
}

func TestVerify(t *testing.T) {
	is := newIssuer(t)
	v, _ := newTestVerifier(t, is)
	with := func(change map[string]any) map[string]any {
		c := is.claims()
		maps.Copy(c, change)
		for k, val := range change {
			if val == nil {
				delete(c, k)
			}
		}
		return c
	}
	at := func(d time.Duration) int64 { return epoch.Add(d).Unix() }
	for _, c := range []struct {
		name  string
		alg   jose.SignatureAlgorithm
		typ   string
		claim map[string]any
		want  *domain.Refusal
	}{
		{"RS256", jose.RS256, "at+jwt", nil, nil},
		{"ES256", jose.ES256, "JWT", nil, nil},
		{"EdDSA", jose.EdDSA, "application/at+jwt", nil, nil},
		{"PS256 is not listed", jose.PS256, "JWT", nil, ErrAlgorithm},
		{"client_id for azp", jose.ES256, "at+jwt", map[string]any{"azp": nil, "client_id": "cli"}, nil},
		{"single audience", jose.ES256, "at+jwt", map[string]any{"aud": "api"}, nil},
		{"other issuer", jose.ES256, "JWT", map[string]any{"iss": "https://evil.example"}, ErrInvalid},
		{"other audience", jose.ES256, "JWT", map[string]any{"aud": "other"}, ErrAudience},
		{"no audience", jose.ES256, "JWT", map[string]any{"aud": nil}, ErrAudience},
		{"other party", jose.ES256, "JWT", map[string]any{"azp": "rogue"}, ErrParty},
		{"other party, known client", jose.ES256, "JWT", map[string]any{"azp": "rogue", "client_id": "web"}, ErrParty},
		{"no party", jose.ES256, "JWT", map[string]any{"azp": nil}, ErrParty},
		{"no subject", jose.ES256, "JWT", map[string]any{"sub": nil}, ErrSubject},
		{"blank subject", jose.ES256, "JWT", map[string]any{"sub": " "}, ErrSubject},
		{"long subject", jose.ES256, "JWT", map[string]any{"sub": strings.Repeat("x", subjectBytesMax+1)}, ErrSubject},
		{"longest subject", jose.ES256, "JWT", map[string]any{"sub": strings.Repeat("x", subjectBytesMax)}, nil},
		{"expired", jose.ES256, "JWT", map[string]any{"iat": at(-time.Hour), "exp": at(-time.Second)}, ErrExpired},
		{"expires now", jose.ES256, "JWT", map[string]any{"exp": at(0)}, ErrExpired},
		{"no expiry", jose.ES256, "JWT", map[string]any{"exp": nil}, ErrExpired},
		{"no iat", jose.ES256, "JWT", map[string]any{"iat": nil}, ErrInvalid},
		{"iat within leeway", jose.ES256, "JWT", map[string]any{"iat": at(60 * time.Second)}, nil},
		{"iat beyond leeway", jose.ES256, "JWT", map[string]any{"iat": at(61 * time.Second)}, ErrNotYet},
		{"nbf within leeway", jose.ES256, "JWT", map[string]any{"nbf": at(60 * time.Second)}, nil},
		{"nbf beyond leeway", jose.ES256, "JWT", map[string]any{"nbf": at(61 * time.Second)}, ErrNotYet},
		{"lives too long", jose.ES256, "JWT", map[string]any{"exp": at(24*time.Hour + time.Second)}, ErrInvalid},
		{"lives longest", jose.ES256, "JWT", map[string]any{"exp": at(24 * time.Hour)}, nil},
		{"no typ", jose.ES256, "", nil, ErrNotAccess},
		{"typ of a logout token", jose.ES256, "logout+jwt", nil, ErrNotAccess},
		{"nonce", jose.ES256, "JWT", map[string]any{"nonce": "n"}, ErrNotAccess},
		{"at_hash", jose.ES256, "JWT", map[string]any{"at_hash": "h"}, ErrNotAccess},
		{"c_hash", jose.ES256, "JWT", map[string]any{"c_hash": "h"}, ErrNotAccess},
		{"typ claim ID", jose.ES256, "JWT", map[string]any{"typ": "ID"}, ErrNotAccess},
		{"typ claim Refresh", jose.ES256, "JWT", map[string]any{"typ": "Refresh"}, ErrNotAccess},
		{"typ claim Bearer", jose.ES256, "JWT", map[string]any{"typ": "Bearer"}, nil},
		{"token_use id", jose.ES256, "JWT", map[string]any{"token_use": "id"}, ErrNotAccess},
		{"token_use access", jose.ES256, "JWT", map[string]any{"token_use": "access"}, nil},
		{"logout events", jose.ES256, "JWT", map[string]any{"events": map[string]any{}}, ErrNotAccess},
	} {
		t.Run(c.name, func(t *testing.T) {
			claims := with(c.claim)
			id, err := v.Verify(t.Context(), is.sign(t, c.alg, c.typ, claims))
			if c.want == nil {
				sub, _ := claims["sub"].(string)
				if err != nil || id.Principal != PrincipalFor(is.URL, sub) || id.Session != "session-1" || id.Expires.Location() != time.UTC {
					t.Fatalf("%+v %v", id, err)
				}
				return
			}
			if !errors.Is(err, c.want) || !id.IsZero() {
				t.Fatalf("%+v %v, want %v", id, err, c.want)
			}
		})
	}
}

func TestVerifyMalformed(t *testing.T) {
	is := newIssuer(t)
	v, _ := newTestVerifier(t, is)
	good := is.sign(t, jose.ES256, "JWT", is.claims())
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	forged := func(mutate func(map[string]any)) string {
		b, _ := base64.RawURLEncoding.DecodeString(parts[1])
		var c map[string]any
		_ = json.Unmarshal(b, &c)
		mutate(c)
		b, _ = json.Marshal(c)
		return parts[0] + "." + encode(b) + "." + parts[2]
	}
	for name, c := range map[string]struct {
		token string
		want  *domain.Refusal
	}{
		"empty":             {"", ErrMissing},
		"no dots":           {"abc", ErrInvalid},
		"four parts":        {good + ".x", ErrInvalid},
		"opaque":            {"a.b.c", ErrInvalid},
		"too long":          {strings.Repeat("x", tokenBytesMax+1), ErrTooLong},
		"at the bound":      {strings.Repeat("x", tokenBytesMax), ErrInvalid},
		"none":              {encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + ".", ErrAlgorithm},
		"HMAC":              {encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + parts[1] + "." + parts[2], ErrAlgorithm},
		"critical header":   {encode([]byte(`{"alg":"ES256","typ":"JWT","crit":["x"],"x":1}`)) + "." + parts[1] + "." + parts[2], ErrInvalid},
		"changed subject":   {forged(func(c map[string]any) { c["sub"] = "admin" }), ErrInvalid},
		"cut signature":     {good[:len(good)-4], ErrInvalid},
		"header exchanged":  {encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + parts[1] + "." + parts[2], ErrInvalid},
		"unlisted key":      {func() string { other := newIssuer(t); return other.sign(t, jose.ES256, "JWT", is.claims()) }(), ErrInvalid},
		"control character": {good + "\x00", ErrInvalid},
	} {
		if id, err := v.Verify(t.Context(), c.token); !errors.Is(err, c.want) || !id.IsZero() {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if _, err := v.Verify(t.Context(), c.token); domain.AsRefusals(err)[0].Kind != domain.Forbidden || strings.Contains(err.Error(), "s-1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknownKeysDoNotMakeUsKnock(t *testing.T) {
	is := newIssuer(t)
	v, c := newTestVerifier(t, is)
	for i := range 50 {
		claims := is.claims()
		claims["jti"] = fmt.Sprint(i)
		token := newForgery(t, claims)
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, ErrInvalid) {
			t.Fatal(err)
		}
	}
	if n := is.fetches.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
	// A rotated key is seen after the pause.
	fresh, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	is.mu.Lock()
	is.keys[jose.ES256] = jose.JSONWebKey{Key: fresh, KeyID: "new"}
	is.public.Keys = append(is.public.Keys, jose.JSONWebKey{Key: &fresh.PublicKey, KeyID: "new", Algorithm: "ES256"})
	is.mu.Unlock()
	token := is.sign(t, jose.ES256, "JWT", is.claims())
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, ErrInvalid) {
		t.Errorf("before the pause: %v", err)
	}
	c.set(fetchEvery)
	_, err := v.Verify(t.Context(), token)
	// The library lets callers join a fetch that is just ending: who comes in that
	// moment gets the old keys once.
	for range 1000 {
		if err == nil {
			break
		}
		runtime.Gosched()
		_, err = v.Verify(t.Context(), token)
	}
	if err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func newForgery(t *testing.T, claims map[string]any) string {
	t.Helper()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "forged"}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestIssuerAway(t *testing.T) {
	is := newIssuer(t)
	v, c := newTestVerifier(t, is)
	is.down.Store(true)
	token := is.sign(t, jose.ES256, "JWT", is.claims())
	for range 2 {
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, ErrUnavailable) || StatusOf(err) != 503 {
			t.Fatalf("at discovery: %v", err)
		}
	}
	is.down.Store(false)
	if err := v.Discover(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("no pause after a failed discovery: %v", err)
	}
	c.set(discoverEvery)
	if err := v.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	is.down.Store(true)
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, ErrUnavailable) {
		t.Errorf("at the keys: %v", err)
	}
	is.down.Store(false)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Error(err)
	}
	is.down.Store(true) // what was verified needs no issuer
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Error(err)
	}
}

func TestCachedTokensStillExpireAndEnd(t *testing.T) {
	is := newIssuer(t)
	v, c := newTestVerifier(t, is)
	token := is.sign(t, jose.ES256, "JWT", is.claims())
	other := is.claims()
	other["sid"] = "session-2"
	second := is.sign(t, jose.ES256, "JWT", other)
	for _, s := range []string{token, second} {
		if _, err := v.Verify(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	v.Endings().EndSession("session-1")
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, ErrEnded) {
		t.Errorf("ended session: %v", err)
	}
	if _, err := v.Verify(t.Context(), second); err != nil {
		t.Errorf("another session of the same person: %v", err)
	}
	v.Endings().EndPrincipal(PrincipalFor(is.URL, "s-1"))
	if _, err := v.Verify(t.Context(), second); !errors.Is(err, ErrEnded) {
		t.Errorf("ended principal: %v", err)
	}
	later := is.claims()
	later["sid"], later["iat"] = "session-3", epoch.Add(time.Second).Unix()
	c.set(2 * time.Second)
	third := is.sign(t, jose.ES256, "JWT", later)
	if _, err := v.Verify(t.Context(), third); err != nil {
		t.Errorf("a later sign-in: %v", err)
	}
	c.set(time.Hour)
	if _, err := v.Verify(t.Context(), third); !errors.Is(err, ErrExpired) {
		t.Errorf("a cached token after its end: %v", err)
	}
}

func TestEndingsTellWatchersAndNeverForget(t *testing.T) {
	e := NewEndings(time.Hour)
	now := epoch
	e.now = func() time.Time { return now }
	id := Identity{Principal: "p", Issued: epoch, Session: "s"}
	ended, release := e.Watch(id)
	defer release()
	_, gone := e.Watch(Identity{Principal: "q", Issued: epoch})
	gone()
	e.EndSession("")
	e.EndPrincipal("")
	e.EndSession("other")
	select {
	case <-ended:
		t.Fatal("told too early")
	default:
	}
	e.EndSession("s")
	<-ended
	if again, r := e.Watch(id); true {
		<-again
		r()
	}
	if len(e.watches) != 0 {
		t.Errorf("%d watches are left", len(e.watches))
	}
	for i := range endingsMax {
		e.EndSession(fmt.Sprint(i))
	}
	if len(e.sessions) > endingsMax || !e.Ended(id) || !e.Ended(Identity{Principal: "x", Issued: epoch, Session: "0"}) {
		t.Error("a full memory let an ended sign-in in again")
	}
	if e.Ended(Identity{Principal: "x", Issued: epoch.Add(time.Second), Session: "fresh"}) {
		t.Error("a new sign-in is refused")
	}
}

func TestNewVerifierRefusesUnsafeConfigurations(t *testing.T) {
	good := Config{Issuer: "https://login.example.org", Audiences: []string{"api"}, Parties: []string{"web"}}
	if _, err := NewVerifier(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"plain HTTP":          func(c *Config) { c.Issuer = "http://login.example.org" },
		"no URL":              func(c *Config) { c.Issuer = "login" },
		"query":               func(c *Config) { c.Issuer += "?x=1" },
		"no audience":         func(c *Config) { c.Audiences = nil },
		"empty audience":      func(c *Config) { c.Audiences = []string{""} },
		"no party":            func(c *Config) { c.Parties = nil },
		"audience is a party": func(c *Config) { c.Audiences = []string{"web"} },
		"HMAC":                func(c *Config) { c.Algorithms = []string{"HS256"} },
		"none":                func(c *Config) { c.Algorithms = []string{"none"} },
	} {
		c := good
		change(&c)
		if _, err := NewVerifier(c); err == nil {
			t.Errorf("%s passed", name)
		}
	}
}

func TestFetcherGoesNowhereElse(t *testing.T) {
	is := newIssuer(t)
	issuerURL, _ := url.Parse(is.URL)
	client := newClient(issuerURL, nil, nil, time.Now)
	t.Cleanup(func() { client.Transport.(*fetcher).next.(*http.Transport).CloseIdleConnections() })
	resp, err := client.Get(is.URL + "/keys")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	for _, u := range []string{"http://169.254.169.254/latest", "https://example.org/", strings.Replace(is.URL, "http:", "ftp:", 1)} {
		if resp, err := client.Get(u); err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s was reached", u)
		}
	}
	for address, loopbackIssuer := range map[string]bool{"127.0.0.1:80": false, "[::1]:80": false, "169.254.169.254:80": true, "[fe80::1]:80": true, "0.0.0.0:80": true, "224.0.0.1:80": true, "[::ffff:169.254.169.254]:80": true} {
		if refuseOddAddresses(loopbackIssuer)("tcp", address, nil) == nil {
			t.Errorf("%s was allowed", address)
		}
	}
	if err := refuseOddAddresses(false)("tcp", "93.184.215.14:443", nil); err != nil {
		t.Error(err)
	}
	big := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, fetchBytesMax+1)) }))
	defer big.Close()
	bigURL, _ := url.Parse(big.URL)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	if resp, err := newClient(bigURL, nil, transport, time.Now).Get(big.URL); err == nil {
		_ = resp.Body.Close()
		t.Error("an oversized answer was taken")
	}
}

func TestAuthenticator(t *testing.T) {
	is := newIssuer(t)
	v, _ := newTestVerifier(t, is)
	a := Authenticator{Verifier: v}
	token := is.sign(t, jose.ES256, "JWT", is.claims())
	request := func(values ...string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		for _, val := range values {
			r.Header.Add("Authorization", val)
		}
		return r
	}
	for name, c := range map[string]struct {
		values []string
		want   error
	}{
		"bearer":       {[]string{"Bearer " + token}, nil},
		"lower case":   {[]string{"bearer " + token}, nil},
		"nothing":      {nil, ErrMissing},
		"basic":        {[]string{"Basic " + token}, ErrInvalid},
		"two":          {[]string{"Bearer " + token, "Bearer " + token}, ErrInvalid},
		"bare":         {[]string{token}, ErrInvalid},
		"empty bearer": {[]string{"Bearer "}, ErrMissing},
	} {
		if _, err := a.Authenticate(request(c.values...)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	id, _ := a.Bearer(t.Context(), "Bearer "+token)
	ended, release := a.Watch(id)
	defer release()
	v.Endings().EndPrincipal(id.Principal)
	<-ended
}

func TestPrincipalIsStable(t *testing.T) {
	// Part of the storage contract: grants name principals.
	if p := PrincipalFor("https://login.example.org", "s-1"); p != "74c02633-b42c-5cda-87de-a4ce436ed15f" {
		t.Errorf("%s", p)
	}
	if PrincipalFor("a", "b") == PrincipalFor("a", "c") || PrincipalFor("a", "b") == PrincipalFor("b", "b") {
		t.Error("two subjects are one principal")
	}
}

func BenchmarkVerifyAgain(b *testing.B) {
	c := &clock{}
	v, err := NewVerifier(Config{Issuer: "https://login.example.org", Audiences: []string{"api"}, Parties: []string{"web"}, Now: c.now})
	if err != nil {
		b.Fatal(err)
	}
	token := strings.Repeat("x", 1200)
	key := sha(token)
	v.verified.Add(key, Identity{Principal: "p", Issued: epoch, Expires: epoch.Add(time.Hour), Session: "s"})
	ctx := context.Background()
	for b.Loop() {
		if _, err := v.Verify(ctx, token); err != nil {
			b.Fatal(err)
		}
	}
}
