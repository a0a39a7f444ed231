package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/diaspora-match/diaspora/domain"
)

// Presenter returns gqlgen's error presenter: refusals are told in full, faults
// of the document with their location, and everything else becomes "internal",
// with its text in the log alone, under the same correlation id.
func Presenter(log *slog.Logger, production bool) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		if err == nil {
			return nil
		}
		out := &gqlerror.Error{Err: err}
		var g *gqlerror.Error
		if errors.As(err, &g) {
			out.Path, out.Locations = g.Path, g.Locations
		}
		if out.Path == nil {
			out.Path = graphql.GetPath(ctx)
		}
		refusals := refusalsOf(ctx, err, g, production)
		if refusals == nil {
			refusals = domain.Refusals{ErrInternal}
			log.LogAttrs(ctx, slog.LevelError, "operation failed", slog.String("correlationId", Correlation(ctx)),
				slog.String("path", out.Path.String()), slog.Any("error", err))
		}
		fill(ctx, out, refusals)
		recordOf(ctx).refused(refusals[0].Code)
		return out
	}
}

// refusalsOf tells what of an error users may read; nil for an internal one.
func refusalsOf(ctx context.Context, err error, g *gqlerror.Error, production bool) domain.Refusals {
	if rs := domain.AsRefusals(err); len(rs) > 0 {
		return rs
	}
	if g != nil {
		if r := documentRefusal(g, production); r != nil {
			return domain.Refusals{r}
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		// The cause may name a reason of ours: the operation's time, the end of
		// the sign-in, the end of the server.
		if rs := domain.AsRefusals(context.Cause(ctx)); len(rs) > 0 {
			return rs
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return domain.Refusals{ErrTimeout}
		}
		return domain.Refusals{ErrCancelled}
	case strings.HasSuffix(err.Error(), "introspection disabled"): // gqlgen has no sentinel for it
		return domain.Refusals{ErrIntrospection}
	}
	return nil
}

// documentRefusal maps the codes of gqlgen's parser, validator and complexity
// limit. Their messages speak of the caller's own document.
func documentRefusal(g *gqlerror.Error, production bool) *domain.Refusal {
	code, _ := g.Extensions["code"].(string)
	switch code {
	case errcode.ParseFailed:
		if strings.HasPrefix(g.Message, "exceeded token limit") {
			return ErrTokens
		}
		return ErrSyntax.With(clip(g.Message))
	case errcode.ValidationFailed:
		message := g.Message
		if i := strings.Index(message, "Did you mean"); i >= 0 && production {
			message = message[:i]
		}
		return ErrDocument.With(clip(strings.TrimSpace(message)))
	case complexityCode:
		return ErrComplexity
	}
	return nil
}

// fill writes refusals into an error: the first one as the error itself, and
// all of them, where there are several, in the extension "refusals".
func fill(ctx context.Context, out *gqlerror.Error, rs domain.Refusals) {
	first := rs[0]
	out.Message = first.Message
	out.Extensions = map[string]any{"code": first.Code, "kind": string(first.Kind), "cure": first.Cure}
	if first.Field != "" {
		out.Extensions["field"] = first.Field
	}
	if id := Correlation(ctx); id != "" {
		out.Extensions["correlationId"] = id
	}
	if len(rs) > 1 {
		out.Extensions["refusals"] = rs
	}
}

func clip(s string) string {
	if len(s) <= messageMax {
		return s
	}
	return strings.ToValidUTF8(s[:messageMax], "") + "…"
}

var errPanic = errors.New("edge: a resolver panicked")

// Recoverer returns gqlgen's recover function. It logs where it happened; the
// value that was thrown may hold anything, so that only faults of the runtime
// are logged by their text.
func Recoverer(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, thrown any) error {
		what := fmt.Sprintf("%T", thrown)
		if fault, ok := thrown.(runtime.Error); ok {
			what = fault.Error()
		}
		log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("correlationId", Correlation(ctx)),
			slog.String("kind", what), slog.String("stack", string(debug.Stack())))
		return errPanic
	}
}
