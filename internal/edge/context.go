package edge

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/identity"
)

// correlationHeader carries the correlation id in both directions.
const correlationHeader = "X-Correlation-Id"

type contextKey int

const (
	correlationKey contextKey = iota
	identityKey
	recordKey
	socketKey
)

// Correlation is the id that joins a request's answer, its log lines and the
// events that it stored; "" outside a request.
func Correlation(ctx context.Context) string {
	id, _ := ctx.Value(correlationKey).(string)
	return id
}

// Identity is who asks; the zero Identity for nobody.
func Identity(ctx context.Context) identity.Identity {
	id, _ := ctx.Value(identityKey).(identity.Identity)
	return id
}

// WithIdentity returns a context in which id asks.
func WithIdentity(ctx context.Context, id identity.Identity) context.Context {
	return context.WithValue(ctx, identityKey, id)
}

// WithCorrelation returns a context with a correlation id.
func WithCorrelation(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, correlationKey, id)
}

// correlate takes the caller's correlation id when it is a UUID, which cannot
// carry anything else into the log, and makes one otherwise.
func correlate(r *http.Request) string {
	if id := strings.ToLower(r.Header.Get(correlationHeader)); domain.ValidID(id) {
		return id
	}
	return uuid.NewString()
}

// record gathers what the log line of a request or an operation tells. Field
// resolvers run at once, so that it has a lock.
type record struct {
	mu        sync.Mutex
	kind      string // query, mutation, subscription, or "none" before one is known
	operation string // bounded name
	hash      string // of the document
	code      string // of the first refusal
}

func (r *record) refused(code string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.code == "" {
		r.code = code
	}
}

func (r *record) started(kind, operation, hash string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kind, r.operation, r.hash = kind, operation, hash
}

func (r *record) read() (kind, operation, hash, code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind = r.kind
	if kind == "" {
		kind = "none"
	}
	return kind, r.operation, r.hash, r.code
}

func recordOf(ctx context.Context) *record {
	r, _ := ctx.Value(recordKey).(*record)
	return r
}
