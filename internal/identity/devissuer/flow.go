package devissuer

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// codeLifetime is how long a code may be exchanged.
	codeLifetime = time.Minute
	// codesMax bounds the codes that wait; further sign-ins are refused meanwhile.
	codesMax = 1_000
	// formBytesMax bounds a posted form.
	formBytesMax = 16 << 10
	// paramBytesMax bounds one parameter of an authorisation request.
	paramBytesMax = 1_024
)

// grant is what a code stands for. It binds the code to the client, the
// redirect and the PKCE challenge of the request.
type grant struct {
	persona   Persona
	client    string
	redirect  string
	challenge string
	nonce     string
	expires   time.Time
}

// Handler serves the issuer. Mount it at Path+"/" with the path as it comes.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"/.well-known/openid-configuration", i.serveDiscovery)
	mux.HandleFunc("GET "+Path+"/jwks", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, i.keys) })
	mux.HandleFunc("GET "+Path+"/authorize", i.serveSignIn)
	mux.HandleFunc("POST "+Path+"/authorize", i.servePicked)
	mux.HandleFunc("POST "+Path+"/token", i.serveToken)
	return onlyThisMachine(http.NewCrossOriginProtection().Handler(mux))
}

// onlyThisMachine answers peers of this machine that ask for a name of it.
func onlyThisMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, _, err := net.SplitHostPort(r.RemoteAddr)
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if err != nil || !loopback(peer) || !loopback(strings.Trim(host, "[]")) {
			http.Error(w, "The development issuer serves this machine alone.", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
		next.ServeHTTP(w, r)
	})
}

func (i *Issuer) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                         i.url,
		"authorization_endpoint":                         i.url + "/authorize",
		"token_endpoint":                                 i.url + "/token",
		"jwks_uri":                                       i.url + "/jwks",
		"response_types_supported":                       []string{"code"},
		"grant_types_supported":                          []string{"authorization_code"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"scopes_supported":                               []string{"openid"},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	})
}

// request is an authorisation request (RFC 6749 section 4.1.1, RFC 7636).
type request struct {
	client, redirect, state, nonce, challenge string
}

// readRequest checks a request. With fault set, the client or the redirect is
// not to be trusted and the browser must not be sent there; with refused set,
// the redirect may be told so.
func (i *Issuer) readRequest(v url.Values) (q request, fault, refused string) {
	q = request{client: v.Get("client_id"), redirect: v.Get("redirect_uri"), state: v.Get("state"), nonce: v.Get("nonce"), challenge: v.Get("code_challenge")}
	for name, values := range v {
		if len(values) > 1 || len(values[0]) > paramBytesMax {
			return q, "A parameter is given twice or is too long: " + strings.ToValidUTF8(name[:min(len(name), 40)], ""), ""
		}
	}
	if q.client != i.client {
		return q, "The client is not registered.", ""
	}
	if _, ok := loopbackURL(q.redirect); !ok {
		return q, "The redirect is not an address of this machine.", ""
	}
	digest, err := base64.RawURLEncoding.DecodeString(q.challenge)
	switch {
	case v.Get("response_type") != "code":
		return q, "", "unsupported_response_type"
	case !strings.Contains(" "+v.Get("scope")+" ", " openid "):
		return q, "", "invalid_scope"
	case v.Get("code_challenge_method") != "S256" || err != nil || len(digest) != sha256.Size:
		return q, "", "invalid_request"
	}
	return q, "", ""
}

// sendBack leads the browser to the client with the answer's parameters.
func (i *Issuer) sendBack(w http.ResponseWriter, r *http.Request, q request, answer url.Values) {
	to, _ := url.Parse(q.redirect) // parsed by readRequest
	params := to.Query()
	for k := range answer {
		params.Set(k, answer.Get(k))
	}
	if q.state != "" {
		params.Set("state", q.state)
	}
	params.Set("iss", i.url) // RFC 9207
	to.RawQuery = params.Encode()
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

func (i *Issuer) serveSignIn(w http.ResponseWriter, r *http.Request) {
	q, fault, refused := i.readRequest(r.URL.Query())
	switch {
	case fault != "":
		http.Error(w, fault, http.StatusBadRequest)
	case refused != "":
		i.sendBack(w, r, q, url.Values{"error": {refused}})
	default:
		i.writePage(w, r.URL.Query(), q)
	}
}

// servePicked takes the persona that was picked on the page. The request's
// parameters come again in the form and are checked again: nothing is trusted
// for having been shown.
func (i *Issuer) servePicked(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be read.", http.StatusBadRequest)
		return
	}
	q, fault, refused := i.readRequest(r.PostForm)
	persona := Persona(r.PostForm.Get("persona"))
	switch {
	case fault != "":
		http.Error(w, fault, http.StatusBadRequest)
		return
	case refused == "" && !persona.Valid():
		refused = "access_denied"
	}
	if refused != "" {
		i.sendBack(w, r, q, url.Values{"error": {refused}})
		return
	}
	code, ok := i.issueCode(grant{persona: persona, client: q.client, redirect: q.redirect, challenge: q.challenge,
		nonce: q.nonce, expires: i.now().Add(codeLifetime)})
	if !ok {
		i.sendBack(w, r, q, url.Values{"error": {"temporarily_unavailable"}})
		return
	}
	i.sendBack(w, r, q, url.Values{"code": {code}})
}

func (i *Issuer) issueCode(g grant) (string, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.codes) >= codesMax {
		now := i.now()
		for code, old := range i.codes {
			if !now.Before(old.expires) {
				delete(i.codes, code)
			}
		}
		if len(i.codes) >= codesMax {
			return "", false
		}
	}
	code := randomText()
	i.codes[code] = g
	return code, true
}

// redeem takes a code out, whatever comes of it: a second try never succeeds.
func (i *Issuer) redeem(code string) (grant, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	g, ok := i.codes[code]
	delete(i.codes, code)
	return g, ok && i.now().Before(g.expires)
}

// serveToken exchanges a code (RFC 6749 section 4.1.3) under its PKCE verifier
// (RFC 7636 section 4.6).
func (i *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code string) { writeJSON(w, status, map[string]string{"error": code}) }
	if err := r.ParseForm(); err != nil {
		refuse(http.StatusBadRequest, "invalid_request")
		return
	}
	f := r.PostForm
	if f.Get("grant_type") != "authorization_code" {
		refuse(http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	g, ok := i.redeem(f.Get("code"))
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	switch {
	case f.Get("client_id") != i.client:
		refuse(http.StatusUnauthorized, "invalid_client")
		return
	case !ok || g.client != f.Get("client_id") || g.redirect != f.Get("redirect_uri") ||
		subtle.ConstantTimeCompare([]byte(challenge), []byte(g.challenge)) != 1:
		refuse(http.StatusBadRequest, "invalid_grant")
		return
	}
	access, err := i.accessToken(g.persona)
	if err != nil {
		refuse(http.StatusInternalServerError, "server_error")
		return
	}
	id, err := i.idToken(g.persona, g.nonce, access)
	if err != nil {
		refuse(http.StatusInternalServerError, "server_error")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "id_token": id, "token_type": "Bearer", "expires_in": int(TokenLifetime.Seconds()), "scope": "openid",
	})
}
