package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"
)

const (
	// fetchTimeout bounds one request to the identity provider.
	fetchTimeout = 5 * time.Second
	// fetchBytesMax bounds one answer of the identity provider.
	fetchBytesMax = 1 << 20
	// fetchEvery bounds how often one document is fetched: tokens with unknown
	// key ids must not make the platform knock at the provider for each. A new
	// key is seen this much later at most.
	fetchEvery = 10 * time.Second
	// fetchedMax bounds the remembered documents (discovery and keys are two).
	fetchedMax = 8
)

// fetcher is the only way out to the identity provider: to the configured hosts
// alone, with bounded answers, and with a pause between fetches of one document.
type fetcher struct {
	next  http.RoundTripper
	hosts map[string]bool // host[:port], as URLs have it
	now   func() time.Time

	mu      sync.Mutex
	fetched map[string]fetched
}

type fetched struct {
	at     time.Time
	status int
	header http.Header
	body   []byte
}

// newClient makes the HTTP client for an issuer. Redirects are not followed: a
// provider that moved is configured anew.
func newClient(issuer *url.URL, hosts []string, next http.RoundTripper, now func() time.Time) *http.Client {
	if next == nil {
		dialer := &net.Dialer{Timeout: fetchTimeout, Control: refuseOddAddresses(isLoopbackHost(issuer.Hostname()))}
		next = &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConns: 4,
			IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: fetchTimeout}
	}
	f := &fetcher{next: next, hosts: map[string]bool{issuer.Host: true}, now: now, fetched: map[string]fetched{}}
	for _, h := range hosts {
		f.hosts[h] = true
	}
	return &http.Client{Transport: f, Timeout: fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

var errHost = errors.New("identity: this host is not configured")

// RoundTrip refuses other hosts and plain HTTP off loopback, answers a repeated
// GET from memory for a while, and bounds the body.
func (f *fetcher) RoundTrip(r *http.Request) (*http.Response, error) {
	if !f.hosts[r.URL.Host] || !secureURL(r.URL) {
		return nil, fmt.Errorf("%w: %s", errHost, r.URL.Host)
	}
	if r.Method != http.MethodGet {
		return f.bounded(r)
	}
	key := r.URL.String()
	f.mu.Lock()
	doc, ok := f.fetched[key]
	f.mu.Unlock()
	if ok && f.now().Sub(doc.at) < fetchEvery {
		return doc.response(r), nil
	}
	resp, err := f.bounded(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		// bounded has read the whole body into memory.
		body, _ := io.ReadAll(resp.Body)
		doc = fetched{at: f.now(), status: resp.StatusCode, header: resp.Header, body: body}
		f.mu.Lock()
		if len(f.fetched) >= fetchedMax {
			clear(f.fetched)
		}
		f.fetched[key] = doc
		f.mu.Unlock()
		return doc.response(r), nil
	}
	return resp, nil
}

func (f *fetcher) bounded(r *http.Request) (*http.Response, error) {
	resp, err := f.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, fetchBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("identity: reading the provider's answer: %w", err)
	}
	if len(body) > fetchBytesMax {
		return nil, errors.New("identity: the provider's answer is too long")
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func (d fetched) response(r *http.Request) *http.Response {
	return &http.Response{Status: http.StatusText(d.status), StatusCode: d.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: d.header.Clone(), Body: io.NopCloser(bytes.NewReader(d.body)), ContentLength: int64(len(d.body)), Request: r}
}

// refuseOddAddresses checks the address after resolution: link-local (where
// clouds keep their credentials), multicast and unspecified addresses are never
// an identity provider's, and loopback only that of a loopback issuer.
func refuseOddAddresses(loopbackOK bool) func(network, address string, c syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("identity: address: %w", err)
		}
		a := ap.Addr().Unmap()
		if a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a.IsLoopback() && !loopbackOK {
			return fmt.Errorf("identity: refusing to connect to %s", a)
		}
		return nil
	}
}

// secureURL reports HTTPS, or plain HTTP to this machine.
func secureURL(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopbackHost(u.Hostname())
}

func isLoopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
