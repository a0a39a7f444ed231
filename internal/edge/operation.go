package edge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"go.opentelemetry.io/otel/attribute"

	"github.com/diaspora-match/diaspora/internal/observe"
)

// operations is the gqlgen extension that runs around each operation, whatever
// carried it: its time, its span, its metrics and its log line.
type operations struct {
	limits        Limits
	introspection bool
	log           *slog.Logger
	metrics       *observe.Metrics
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
	graphql.OperationInterceptor
} = operations{}

// ExtensionName names the extension for gqlgen.
func (operations) ExtensionName() string { return "Operations" }

// Validate accepts every schema.
func (operations) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext permits introspection where it is configured.
func (o operations) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlError {
	op.DisableIntrospection = !o.introspection
	recordOf(ctx).started(string(op.Operation.Operation), boundedName(op.Operation.Name), hashOf(op.RawQuery))
	return nil
}

// InterceptOperation bounds queries and mutations in time. A subscription lives
// as long as its connection.
func (o operations) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation == ast.Subscription {
		return next(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.limits.Operation, ErrTimeout)
	ctx, span := observe.StartSpan(ctx, "graphql "+string(op.Operation.Operation),
		attribute.String("graphql.document.hash", hashOf(op.RawQuery)))
	respond := next(ctx)
	return func(ctx context.Context) *graphql.Response {
		defer cancel()
		resp := respond(ctx)
		var err error
		if resp == nil || len(resp.Errors) > 0 {
			err = errFailed
		}
		observe.EndSpan(span, err)
		return resp
	}
}

// finish writes the log line and the metrics of a request or socket operation.
func (o operations) finish(ctx context.Context, transport, method string, status int, start time.Time) {
	kind, operation, hash, code := recordOf(ctx).read()
	took := time.Since(start)
	outcome := "ok"
	switch code {
	case "":
	case ErrInternal.Code:
		outcome = "failed"
	default:
		outcome = "refused"
	}
	if transport != "ws" || kind != "none" { // how long a socket was open is no operation's time
		o.metrics.Request(transport, kind, outcome, took)
	}
	o.log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("correlationId", Correlation(ctx)), slog.String("principal", string(Identity(ctx).Principal)),
		slog.String("transport", transport), slog.String("method", method), slog.Int("status", status),
		slog.String("operationKind", kind), slog.String("operation", operation), slog.String("operationHash", hash),
		slog.String("code", code), slog.Duration("duration", took))
}

// boundedName cuts an operation's name, which the parser has held to letters,
// digits and underscores.
func boundedName(s string) string { return s[:min(len(s), operationNameMax)] }

// hashOf names a document in logs and traces without telling it.
func hashOf(document string) string {
	h := sha256.Sum256([]byte(document))
	return hex.EncodeToString(h[:8])
}
