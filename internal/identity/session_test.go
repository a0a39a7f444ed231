package identity

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func sha(s string) [sha256.Size]byte { return sha256.Sum256([]byte(s)) }

func begin(t *testing.T, s *Sessions, id Identity, old ...*http.Cookie) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	s.Begin(w, withCookies(t, old...), id)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("cookies: %v", cookies)
	}
	return cookies[0]
}

func withCookies(t *testing.T, cookies ...*http.Cookie) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return r
}

func TestSessions(t *testing.T) {
	c := &clock{}
	endings := NewEndings(time.Hour)
	s := NewSessions(SessionConfig{Now: c.now, Endings: endings})
	id := Identity{Principal: "p", Issued: epoch, Expires: epoch.Add(100 * time.Hour), Session: "token"}
	cookie := begin(t, s, id)
	if cookie.Name != "__Host-diaspora-session" || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("cookie: %+v", cookie)
	}
	got, err := s.Identity(withCookies(t, cookie))
	if err != nil || got.Principal != "p" || !got.Expires.Equal(epoch.Add(sessionAbsolute)) || got.Session == "token" {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := s.Identity(withCookies(t)); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
	if _, err := s.Identity(withCookies(t, cookie, cookie)); !errors.Is(err, ErrMissing) {
		t.Errorf("two cookies: %v", err)
	}
	forged := *cookie
	forged.Value = strings.Repeat("A", len(cookie.Value))
	if _, err := s.Identity(withCookies(t, &forged)); !errors.Is(err, ErrExpired) {
		t.Error(err)
	}

	// Signing in again rotates the secret and ends the old session.
	ended, release := endings.Watch(got)
	defer release()
	next := begin(t, s, id, cookie)
	<-ended
	if next.Value == cookie.Value {
		t.Error("the secret was kept")
	}
	if _, err := s.Identity(withCookies(t, cookie)); err == nil {
		t.Error("the old secret still signs in")
	}

	// Signing out.
	w := httptest.NewRecorder()
	s.End(w, withCookies(t, next))
	if out := w.Result().Cookies(); len(out) != 1 || out[0].MaxAge >= 0 {
		t.Errorf("cookies: %v", out)
	}
	if _, err := s.Identity(withCookies(t, next)); err == nil {
		t.Error("signed out and still in")
	}
}

func TestSessionTimeouts(t *testing.T) {
	c := &clock{}
	endings := NewEndings(time.Hour)
	s := NewSessions(SessionConfig{Now: c.now, Endings: endings, Loopback: true})
	cookie := begin(t, s, Identity{Principal: "p", Issued: epoch, Expires: epoch.Add(100 * time.Hour)})
	if cookie.Name != "diaspora-session" || cookie.Secure {
		t.Errorf("cookie: %+v", cookie)
	}
	for i := range 14 { // in use all the time
		c.set(time.Duration(i) * 59 * time.Minute)
		_, err := s.Identity(withCookies(t, cookie))
		if inTime := c.now().Before(epoch.Add(sessionAbsolute)); (err == nil) != inTime {
			t.Fatalf("after %s: %v", c.now().Sub(epoch), err)
		}
	}
	c.set(0)
	cookie = begin(t, s, Identity{Principal: "p", Issued: epoch, Expires: epoch.Add(100 * time.Hour)})
	c.set(sessionIdle)
	if _, err := s.Identity(withCookies(t, cookie)); !errors.Is(err, ErrExpired) {
		t.Errorf("idle: %v", err)
	}
	c.set(0)
	cookie = begin(t, s, Identity{Principal: "p", Issued: epoch, Expires: epoch.Add(time.Minute)})
	c.set(time.Minute)
	if _, err := s.Identity(withCookies(t, cookie)); !errors.Is(err, ErrExpired) {
		t.Errorf("after the token's end: %v", err)
	}
	c.set(0)
	cookie = begin(t, s, Identity{Principal: "p", Issued: epoch, Expires: epoch.Add(time.Hour)})
	endings.now = c.now
	endings.EndPrincipal("p")
	if _, err := s.Identity(withCookies(t, cookie)); !errors.Is(err, ErrEnded) {
		t.Errorf("ended principal: %v", err)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	s := NewSessions(SessionConfig{Now: (&clock{}).now, Endings: NewEndings(time.Hour), Max: 3})
	var cookies []*http.Cookie
	for i := range 4 {
		cookies = append(cookies, begin(t, s, Identity{Principal: "p", Issued: epoch, Expires: epoch.Add(time.Hour), Session: fmt.Sprint(i)}))
		if i == 2 {
			_, _ = s.Identity(withCookies(t, cookies[0])) // in use: the second is now the oldest
		}
	}
	for i, want := range []bool{true, false, true, true} {
		if _, err := s.Identity(withCookies(t, cookies[i])); (err == nil) != want {
			t.Errorf("session %d: %v", i, err)
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	protect, err := CrossOrigin("https://console.example.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CrossOrigin("console"); err == nil {
		t.Error("a trusted origin that is none passed")
	}
	h := protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	for _, c := range []struct {
		method, site, origin string
		status               int
	}{
		{"POST", "same-origin", "", 204}, {"POST", "", "", 204}, {"GET", "cross-site", "", 204},
		{"POST", "cross-site", "https://evil.example", 403}, {"POST", "", "https://evil.example", 403},
		{"POST", "cross-site", "https://console.example.org", 204},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "http://example.com/logout", nil)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || c.status == 403 && !strings.Contains(w.Body.String(), "auth.cross_origin") {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}

func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{
		"/needs?x=1": "/needs?x=1", "": "/", "needs": "/", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/",
		"/\tevil": "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x": "/", "/" + strings.Repeat("x", returnBytesMax): "/",
	} {
		if got := localPath(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
