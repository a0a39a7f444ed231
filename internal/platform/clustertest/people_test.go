package clustertest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
)

type object = map[string]any

// issuer signs whoever is named in.
type issuer struct {
	*httptest.Server
	signer jose.Signer
	tokens sync.Map // by subject
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	is := &issuer{signer: signer}
	is.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/keys" {
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "ES256"}}})
			return
		}
		_ = json.NewEncoder(w).Encode(object{"issuer": is.URL, "jwks_uri": is.URL + "/keys", "authorization_endpoint": is.URL + "/a", "token_endpoint": is.URL + "/t"})
	}))
	t.Cleanup(is.Close)
	return is
}

func (is *issuer) token(subject string) string {
	if known, ok := is.tokens.Load(subject); ok {
		return known.(string)
	}
	now := time.Now()
	text, err := jwt.Signed(is.signer).Claims(object{"iss": is.URL, "sub": subject, "aud": "api", "azp": "web",
		"iat": now.Unix(), "exp": now.Add(2 * time.Hour).Unix()}).Serialize()
	if err != nil {
		panic(err) // a fixed key and fixed claims
	}
	is.tokens.Store(subject, text)
	return text
}

// crowd sends commands through all nodes, and remembers what was acknowledged.
type crowd struct {
	t      *testing.T
	issuer *issuer
	urls   []string
	next   atomic.Int64
	sent   atomic.Int64 // commands that had a final answer

	mu    sync.Mutex
	acked map[domain.CommandID]string // the mutation
	codes map[string]int              // refusals, by mutation and code
}

// result is the payload of a mutation, or the code of its refusal.
type result struct {
	payload object
	code    string
}

func (r result) str(path ...string) string {
	var v any = r.payload
	for _, name := range path {
		m, _ := v.(object)
		v = m[name]
	}
	s, _ := v.(string)
	return s
}

// passing are refusals that the same command may not meet again: what a node decides
// upon is a moment old while the writer of the views changes.
func passing(code string) bool {
	return strings.HasPrefix(code, "auth.") || strings.HasPrefix(code, "view.") || strings.HasPrefix(code, "edge.") ||
		strings.HasPrefix(code, "command.") || code == "consent.not_given" || code == "viewer.no_profile" || code == "need.not_open"
}

// do sends a command until it has a final answer, to one node after the other, under
// one command id.
func (c *crowd) do(who, name, payload, fields string, input object) result {
	id := uuid.NewString()
	input["commandId"] = id
	kind := strings.ToUpper(name[:1]) + name[1:] + "Input"
	query := "mutation($in:" + kind + "!){r:" + name + "(input:$in){__typename ...on " + payload + "{position commandId " + fields + "} ...on Refused{refusals{code message}}}}"
	began, why := time.Now(), ""
	for time.Since(began) < patience {
		r, err := c.post(c.urls[int(c.next.Add(1))%len(c.urls)], who, query, input)
		switch {
		case err != nil:
			why = err.Error()
		case r.code == "":
			c.mu.Lock()
			c.acked[domain.CommandID(id)] = name
			c.mu.Unlock()
			// It has acted. While nobody writes the views the answer lacks what it
			// made; the same command again tells.
			if object, _, _ := strings.Cut(fields, "{"); r.payload[object] != nil {
				c.sent.Add(1)
				return r
			}
			why = "the answer lacks its object"
		case !passing(r.code), time.Since(began) > refusalStands:
			c.mu.Lock()
			c.codes[name+" "+r.code]++
			c.mu.Unlock()
			c.sent.Add(1)
			return r
		default:
			why = r.code
		}
		<-time.After(50 * time.Millisecond) // as a client does
	}
	c.t.Errorf("%s has no answer within %v: %s", name, patience, why)
	return result{code: "none"}
}

// must is do for a command that nothing speaks against.
func (c *crowd) must(who, name, payload, fields string, input object) result {
	r := c.do(who, name, payload, fields, input)
	if r.code != "" {
		c.t.Errorf("%s was refused: %s", name, r.code)
	}
	return r
}

func (c *crowd) request(ctx context.Context, url, who, query string, variables object) (*http.Response, error) {
	body, err := json.Marshal(object{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.issuer.token(who))
	if strings.HasPrefix(query, "subscription") {
		r.Header.Set("Accept", "text/event-stream")
	}
	return http.DefaultClient.Do(r)
}

func (c *crowd) post(url, who, query string, input object) (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	resp, err := c.request(ctx, url, who, query, object{"in": input})
	if err != nil {
		return result{}, err
	}
	defer resp.Body.Close()
	var answer struct {
		Data   struct{ R object }
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return result{}, err
	}
	if len(answer.Errors) > 0 || answer.Data.R == nil {
		return result{}, fmt.Errorf("%d %v", resp.StatusCode, answer.Errors)
	}
	if list, ok := answer.Data.R["refusals"].([]any); ok && len(list) > 0 {
		code, _ := list[0].(object)["code"].(string)
		return result{code: code}, nil
	}
	return result{payload: answer.Data.R}, nil
}

// heard is what a subscriber to a need heard.
type heard struct {
	Position  string
	Candidacy struct{ ID, Stage string }
}

// listener is a subscription to the candidacies of a need.
type listener struct {
	need  string
	since eventstore.Position // it listens to all that comes after
	stop  context.CancelFunc
	done  chan struct{}

	mu    sync.Mutex
	heard []heard
}

// listen subscribes at one node.
func (c *crowd) listen(url, who, need string) *listener {
	c.t.Helper()
	ctx, stop := context.WithCancel(c.t.Context())
	l := &listener{need: need, stop: stop, done: make(chan struct{})}
	resp, err := c.request(ctx, url, who, "subscription($id:ID!){candidaciesOfNeed(need:$id){position candidacy{id stage}}}", object{"id": need})
	if err != nil {
		c.t.Fatal(err)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Scan() // the opening comment: the subscription listens
	go func() {
		defer close(l.done)
		defer resp.Body.Close()
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data:")
			var e struct {
				Data struct{ CandidaciesOfNeed heard }
			}
			if ok && json.Unmarshal([]byte(data), &e) == nil && e.Data.CandidaciesOfNeed.Position != "" {
				l.mu.Lock()
				l.heard = append(l.heard, e.Data.CandidaciesOfNeed)
				l.mu.Unlock()
			}
		}
	}()
	return l
}

// all is what was heard so far, in order.
func (l *listener) all() []heard {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]heard(nil), l.heard...)
}

// open reports whether it still listens.
func (l *listener) open() bool {
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}
