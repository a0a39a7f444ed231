package devissuer

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/internal/identity"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// platform is the issuer on a loopback listener, with the platform's own
// verifier, sessions and sign-in beside it, as in production.
type platform struct {
	*httptest.Server
	issuer   *Issuer
	verifier *identity.Verifier
	sessions *identity.Sessions
	auth     identity.Authenticator
	moved    atomic.Int64 // how far the issuer's clock is ahead
}

func start(t *testing.T) *platform {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{}
	now := func() time.Time { return time.Now().Add(time.Duration(p.moved.Load())) }
	p.issuer, err = New(Config{Listen: listener.Addr().String(), Folder: t.TempDir(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	cfg := p.issuer.VerifierConfig()
	outbound := &http.Transport{}
	cfg.Transport = outbound
	p.verifier, err = identity.NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.sessions = identity.NewSessions(identity.SessionConfig{Loopback: true, Endings: p.verifier.Endings()})
	p.auth = identity.Authenticator{Verifier: p.verifier, Sessions: p.sessions}
	mux := http.NewServeMux()
	mux.Handle(Path+"/", p.issuer.Handler())
	login, err := identity.NewLogin(identity.LoginConfig{Verifier: p.verifier, Sessions: p.sessions, ClientID: ClientID,
		RedirectURL: "http://" + listener.Addr().String() + "/callback"})
	if err != nil {
		t.Fatal(err)
	}
	login.Register(mux)
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		id, err := p.auth.Authenticate(r)
		if err != nil {
			identity.WriteRefusal(w, err)
			return
		}
		_, _ = io.WriteString(w, string(id.Principal))
	})
	protect, err := identity.CrossOrigin()
	if err != nil {
		t.Fatal(err)
	}
	p.Server = httptest.NewUnstartedServer(protect(mux))
	_ = p.Listener.Close()
	p.Listener = listener
	p.Start()
	t.Cleanup(func() { outbound.CloseIdleConnections(); p.Client().CloseIdleConnections(); p.Close() })
	return p
}

// browser keeps cookies and does not follow redirects.
func (p *platform) browser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: p.Client().Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func fetch(t *testing.T, c *http.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := c.Do(req.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func get(t *testing.T, c *http.Client, u string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, u, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fetch(t, c, req)
}

func post(t *testing.T, c *http.Client, u string, form url.Values) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, u, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return fetch(t, c, req)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// pick fills in the sign-in page's form as a browser would.
func pick(page string, persona Persona) url.Values {
	form := url.Values{"persona": {string(persona)}}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], strings.NewReplacer("&#43;", "+", "&amp;", "&").Replace(m[2]))
	}
	return form
}

func TestNewRefusesToServeOffLoopback(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:8080", ":8080", "[::]:8080", "192.168.1.5:8080", "example.org:8080", "127.0.0.1.evil.example:80", "8080", ""} {
		folder := t.TempDir()
		if _, err := New(Config{Listen: listen, Folder: folder}); err == nil {
			t.Errorf("%q passed", listen)
		}
		if files, _ := os.ReadDir(folder); len(files) != 0 {
			t.Errorf("%q: a refused start left %v", listen, files)
		}
	}
	for _, listen := range []string{"127.0.0.1:8080", "[::1]:8080", "localhost:8080", "127.8.9.1:1"} {
		if _, err := New(Config{Listen: listen, Folder: t.TempDir()}); err != nil {
			t.Errorf("%q: %v", listen, err)
		}
	}
}

func TestHandlerServesThisMachineAlone(t *testing.T) {
	i, err := New(Config{Listen: "127.0.0.1:8080", Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		host, peer string
		status     int
	}{
		{"127.0.0.1:8080", "127.0.0.1:5000", 200}, {"localhost:8080", "[::1]:5000", 200}, {"[::1]:8080", "[::1]:5000", 200},
		{"evil.example", "127.0.0.1:5000", 403}, {"127.0.0.1:8080", "10.0.0.7:5000", 403}, {"", "127.0.0.1:5000", 403},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", Path+"/jwks", nil)
		r.Host, r.RemoteAddr = c.host, c.peer
		w := httptest.NewRecorder()
		i.Handler().ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%+v: %d", c, w.Code)
		}
		if strings.Contains(w.Body.String(), `"d"`) {
			t.Fatal("the private key is served")
		}
	}
}

func TestMintedTokensPassTheProductionPath(t *testing.T) {
	p := start(t)
	seen := map[string]bool{}
	for _, persona := range Personas {
		token, err := p.issuer.Mint(persona)
		if err != nil {
			t.Fatal(err)
		}
		id, err := p.auth.Bearer(t.Context(), "Bearer "+token)
		if err != nil || id.Principal != p.issuer.Principal(persona) || id.Session == "" {
			t.Errorf("%s: %+v %v", persona, id, err)
		}
		if seen[string(id.Principal)] || persona.Label() == "" || persona.About() == "" {
			t.Errorf("%s is not somebody of their own", persona)
		}
		seen[string(id.Principal)] = true
	}
	if _, err := p.issuer.Mint("persona:root"); err == nil {
		t.Error("a token for nobody")
	}
}

func TestTokensSurviveARestart(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "data")
	first, err := New(Config{Listen: "127.0.0.1:8080", Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	second, err := New(Config{Listen: "127.0.0.1:8080", Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(first.keys)
	b, _ := json.Marshal(second.keys)
	if string(a) != string(b) {
		t.Error("the key changed")
	}
	path := filepath.Join(folder, keyFile)
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if files, _ := os.ReadDir(folder); len(files) != 1 {
		t.Errorf("left over: %v", files)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Listen: "127.0.0.1:8080", Folder: folder}); err == nil {
		t.Error("a key that others may read was used")
	}
	if err := os.WriteFile(path, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(path, 0o600)
	if _, err := New(Config{Listen: "127.0.0.1:8080", Folder: folder}); err == nil {
		t.Error("a broken key was used")
	}
}

func TestTwoStartsAgreeOnOneKey(t *testing.T) {
	folder := t.TempDir()
	var keys [8]string
	var wg sync.WaitGroup
	for n := range keys {
		wg.Go(func() {
			i, err := New(Config{Listen: "127.0.0.1:8080", Folder: folder})
			if err != nil {
				t.Error(err)
				return
			}
			keys[n] = i.key.KeyID
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Fatalf("keys: %v", keys)
		}
	}
}

func TestBrowserSignsInAndOut(t *testing.T) {
	p := start(t)
	b := p.browser(t)
	if resp, _ := get(t, b, p.URL+"/who"); resp.StatusCode != 401 {
		t.Fatalf("before: %d", resp.StatusCode)
	}
	resp, _ := get(t, b, p.URL+"/login?return=/who")
	authorize := resp.Header.Get("Location")
	if resp.StatusCode != 302 || !strings.HasPrefix(authorize, p.issuer.URL()+"/authorize?") || !strings.Contains(authorize, "code_challenge_method=S256") {
		t.Fatalf("%d %s", resp.StatusCode, authorize)
	}
	resp, page := get(t, b, authorize)
	csp := resp.Header.Get("Content-Security-Policy")
	if resp.StatusCode != 200 || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") || strings.Contains(csp, "unsafe") {
		t.Fatalf("%d %s", resp.StatusCode, csp)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "http-equiv") || strings.Contains(page, " src=") || !strings.Contains(page, "Programme manager") {
		t.Errorf("page: %s", page)
	}
	resp, _ = post(t, b, p.issuer.URL()+"/authorize", pick(page, FocalPoint))
	callback := resp.Header.Get("Location")
	if resp.StatusCode != 303 || !strings.HasPrefix(callback, p.URL+"/callback?") {
		t.Fatalf("%d %s", resp.StatusCode, callback)
	}
	resp, body := get(t, b, callback)
	if resp.StatusCode != 303 || resp.Header.Get("Location") != "/who" {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	if resp, body = get(t, b, p.URL+"/who"); body != string(p.issuer.Principal(FocalPoint)) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if resp, _ = get(t, b, callback); resp.StatusCode != 403 {
		t.Errorf("the callback worked twice: %d", resp.StatusCode)
	}
	if resp, _ = get(t, b, p.URL+"/logout"); resp.StatusCode != 405 {
		t.Errorf("a link signs people out: %d", resp.StatusCode)
	}
	req, _ := http.NewRequest(http.MethodPost, p.URL+"/logout", nil)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if resp, _ = fetch(t, b, req); resp.StatusCode != 403 {
		t.Errorf("another site signs people out: %d", resp.StatusCode)
	}
	if resp, _ = post(t, b, p.URL+"/logout", nil); resp.StatusCode != 303 {
		t.Errorf("sign-out: %d", resp.StatusCode)
	}
	if resp, _ = get(t, b, p.URL+"/who"); resp.StatusCode != 401 {
		t.Errorf("after: %d", resp.StatusCode)
	}
}

func TestSignInGoesToTheHostThatItReturnsTo(t *testing.T) {
	p := start(t)
	req, _ := http.NewRequest(http.MethodGet, p.URL+"/login?return=/x", nil)
	req.Host = "localhost:" + p.Listener.Addr().String()[strings.LastIndex(p.Listener.Addr().String(), ":")+1:]
	if resp, _ := fetch(t, p.browser(t), req); resp.Header.Get("Location") != p.URL+"/login?return=%2Fx" {
		t.Errorf("%d %s", resp.StatusCode, resp.Header.Get("Location"))
	}
}

func TestSignInOfAnotherBrowserIsRefused(t *testing.T) {
	p := start(t)
	attacker, victim := p.browser(t), p.browser(t)
	resp, _ := get(t, attacker, p.URL+"/login")
	_, page := get(t, attacker, resp.Header.Get("Location"))
	resp, _ = post(t, attacker, p.issuer.URL()+"/authorize", pick(page, Expert))
	callback := resp.Header.Get("Location")
	if resp, body := get(t, victim, callback); resp.StatusCode != 403 || !strings.Contains(body, "auth.login") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if resp, _ := get(t, victim, p.URL+"/who"); resp.StatusCode != 401 {
		t.Error("the victim is signed in as the attacker")
	}
	get(t, victim, p.URL+"/login")
	if resp, _ := get(t, victim, callback); resp.StatusCode != 403 {
		t.Error("a state of another sign-in passed")
	}
}

const verifierText = "a-verifier-of-forty-three-characters-or-more-0"

func challenge() string {
	sum := sha256.Sum256([]byte(verifierText))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func authorizeForm() url.Values {
	return url.Values{"client_id": {ClientID}, "redirect_uri": {"http://127.0.0.1:9/cb?x=1"}, "response_type": {"code"}, "scope": {"openid"},
		"state": {"s"}, "nonce": {"n"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}, "persona": {string(Expert)}}
}

func TestAuthorizeChecksItsRequest(t *testing.T) {
	p := start(t)
	b := p.browser(t)
	for _, c := range []struct {
		name, key, value string
		status           int
		refused          string
	}{
		{"good", "", "", 303, ""},
		{"other client", "client_id", "rogue", 400, ""},
		{"redirect elsewhere", "redirect_uri", "https://evil.example/cb", 400, ""},
		{"redirect by user part", "redirect_uri", "http://127.0.0.1@evil.example/", 400, ""},
		{"redirect with a password", "redirect_uri", "http://a:b@127.0.0.1/", 400, ""},
		{"redirect scheme", "redirect_uri", "javascript://127.0.0.1/%0aalert(1)", 400, ""},
		{"redirect fragment", "redirect_uri", "http://127.0.0.1/#x", 400, ""},
		{"redirect empty", "redirect_uri", "", 400, ""},
		{"redirect on ::1", "redirect_uri", "http://[::1]:9/cb", 303, ""},
		{"implicit flow", "response_type", "token", 303, "unsupported_response_type"},
		{"no openid", "scope", "profile", 303, "invalid_scope"},
		{"plain challenge", "code_challenge_method", "plain", 303, "invalid_request"},
		{"no challenge", "code_challenge", "", 303, "invalid_request"},
		{"short challenge", "code_challenge", "abc", 303, "invalid_request"},
		{"nobody", "persona", "persona:root", 303, "access_denied"},
		{"long state", "state", strings.Repeat("x", paramBytesMax+1), 400, ""},
	} {
		form := authorizeForm()
		if c.key != "" {
			form.Set(c.key, c.value)
		}
		resp, body := post(t, b, p.issuer.URL()+"/authorize", form)
		to, _ := url.Parse(resp.Header.Get("Location"))
		if resp.StatusCode != c.status || to.Query().Get("error") != c.refused {
			t.Errorf("%s: %d %s %s", c.name, resp.StatusCode, to, body)
		}
		if c.status == 303 && (to.Query().Get("state") != "s" || to.Query().Get("iss") != p.issuer.URL() || (to.Query().Get("code") == "") != (c.refused != "")) {
			t.Errorf("%s: %s", c.name, to)
		}
		form.Del("persona")
		if resp, _ := get(t, b, p.issuer.URL()+"/authorize?"+form.Encode()); c.status == 400 && resp.StatusCode != 400 {
			t.Errorf("%s: the page is shown: %d", c.name, resp.StatusCode)
		}
	}
	req, _ := http.NewRequest(http.MethodPost, p.issuer.URL()+"/authorize", strings.NewReader(authorizeForm().Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if resp, _ := fetch(t, b, req); resp.StatusCode != 403 {
		t.Errorf("another site picks a persona: %d", resp.StatusCode)
	}
	form := authorizeForm()
	form.Set("persona", "")
	form.Set("state", `"><script>alert(1)</script>`)
	if _, page := get(t, b, p.issuer.URL()+"/authorize?"+form.Encode()); strings.Contains(page, "<script") {
		t.Error("the page repeats markup")
	}
}

func (p *platform) code(t *testing.T) url.Values {
	t.Helper()
	resp, _ := post(t, p.browser(t), p.issuer.URL()+"/authorize", authorizeForm())
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {"http://127.0.0.1:9/cb?x=1"},
		"client_id": {ClientID}, "code_verifier": {verifierText}}
}

func TestCodesAreSingleUseAndBound(t *testing.T) {
	p := start(t)
	c := p.Client()
	token := p.issuer.URL() + "/token"
	form := p.code(t)
	resp, body := post(t, c, token, form)
	var tokens struct {
		Access string `json:"access_token"`
		ID     string `json:"id_token"`
	}
	if err := json.Unmarshal([]byte(body), &tokens); err != nil || resp.StatusCode != 200 || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	if _, err := p.verifier.Verify(t.Context(), tokens.Access); err != nil {
		t.Error(err)
	}
	if _, err := p.verifier.Verify(t.Context(), tokens.ID); !errors.Is(err, identity.ErrNotAccess) {
		t.Errorf("an ID token passed for an access token: %v", err)
	}
	if resp, body := post(t, c, token, form); resp.StatusCode != 400 || !strings.Contains(body, "invalid_grant") {
		t.Errorf("a second use: %d %s", resp.StatusCode, body)
	}
	for name, change := range map[string][2]string{
		"other redirect": {"redirect_uri", "http://127.0.0.1:9/other"}, "other verifier": {"code_verifier", "x" + verifierText},
		"no verifier": {"code_verifier", ""}, "other client": {"client_id", "rogue"}, "unknown code": {"code", "x"},
	} {
		form := p.code(t)
		good := form.Get(change[0])
		form.Set(change[0], change[1])
		if resp, body := post(t, c, token, form); resp.StatusCode < 400 || strings.Contains(body, "access_token") {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
		form.Set(change[0], good)
		if resp, _ := post(t, c, token, form); name != "unknown code" && resp.StatusCode != 400 {
			t.Errorf("%s: the code outlived a wrong try", name)
		}
	}
	form = p.code(t)
	p.moved.Store(int64(codeLifetime))
	if resp, _ := post(t, c, token, form); resp.StatusCode != 400 {
		t.Errorf("an old code: %d", resp.StatusCode)
	}
	p.moved.Store(0)
	if resp, body := post(t, c, token, url.Values{"grant_type": {"password"}}); resp.StatusCode != 400 || !strings.Contains(body, "unsupported_grant_type") {
		t.Errorf("password grant: %d %s", resp.StatusCode, body)
	}
}

func TestCodesAreBounded(t *testing.T) {
	i, err := New(Config{Listen: "127.0.0.1:8080", Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	i.now = func() time.Time { return at }
	for n := range codesMax {
		if _, ok := i.issueCode(grant{expires: at.Add(codeLifetime)}); !ok {
			t.Fatal(n)
		}
	}
	if _, ok := i.issueCode(grant{}); ok {
		t.Error("one more than the bound")
	}
	at = at.Add(codeLifetime)
	if _, ok := i.issueCode(grant{}); !ok || len(i.codes) != 1 {
		t.Errorf("old codes block new ones: %d", len(i.codes))
	}
}

func TestSubjectsAreStable(t *testing.T) {
	want := "[persona:expert persona:host-officer persona:focal-point persona:programme-manager persona:administrator persona:evaluator]"
	if got := fmt.Sprint(Personas); got != want {
		t.Errorf("%s", got)
	}
}
