package edge

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/diaspora-match/diaspora/domain"
)

// once is GraphQL over HTTP: one request, one answer, or one stream of events
// where the client accepts text/event-stream (graphql-sse, distinct
// connections). gqlgen's own transports echo malformed bodies, answer faults of
// the document with other statuses than the specification's, and write data
// entries where there are none; so this one replaces them.
type once struct{ *server }

var _ graphql.Transport = once{}

// Supports takes everything that is not an upgrade, in order to refuse what is
// not GraphQL over HTTP by its proper status.
func (once) Supports(r *http.Request) bool { return r.Header.Get("Upgrade") == "" }

// Do serves one request.
func (o once) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	ctx := r.Context()
	m, ok := negotiate(r.Header.Values("Accept"))
	if !ok {
		o.refuse(ctx, w, r, ErrAccept)
		return
	}
	start := graphql.Now()
	params, err := readParams(w, r, o.cfg.Limits)
	if err != nil {
		o.refuse(ctx, w, r, err)
		return
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}

	op, errs := exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		resp := exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		o.countRefusal(resp.Errors)
		write(w, statusOf(resp.Errors, m), m, resp, false)
		return
	}
	kind := op.Operation.Operation
	switch {
	case r.Method == http.MethodGet && kind != ast.Query:
		o.refuse(ctx, w, r, ErrGetMutation)
	case m == mediaStream:
		o.stream(w, r, exec, op)
	case kind == ast.Subscription:
		o.refuse(ctx, w, r, ErrAccept.With("A subscription is answered as a stream."))
	default:
		respond, ctx := exec.DispatchOperation(ctx, op)
		resp := respond(ctx)
		if resp == nil { // its time was over before it began
			o.refuse(ctx, w, r, ended(ctx))
			return
		}
		write(w, http.StatusOK, m, resp, true)
	}
}

func (o once) countRefusal(errs gqlerror.List) {
	if len(errs) > 0 {
		if code, ok := errs[0].Extensions["code"].(string); ok {
			o.cfg.Metrics.EdgeRefused(code)
		}
	}
}

// ended tells why a context is over.
func ended(ctx context.Context) *domain.Refusal {
	if rs := domain.AsRefusals(context.Cause(ctx)); len(rs) > 0 {
		return rs[0]
	}
	return ErrCancelled
}

// stream answers with server-sent events: "next" for each response, and
// "complete" at the end. One response is made ahead of the one being written; a
// reader that takes longer than the write timeout for one event is cut off.
func (o once) stream(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	id := Identity(r.Context())
	leave, refusal := o.gate.connect(id, r)
	if refusal != nil {
		o.refuse(r.Context(), w, r, refusal)
		return
	}
	defer leave()
	defer o.cfg.Metrics.SubscriptionOpened("sse")()
	ctx, cancel := o.live(r.Context(), id)
	defer cancel()

	events := &eventWriter{w: w, control: http.NewResponseController(w), timeout: o.cfg.Limits.WriteTimeout}
	h := w.Header()
	h.Set("Content-Type", string(mediaStream)+"; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if events.send(":\n\n") != nil {
		return
	}

	respond, opCtx := exec.DispatchOperation(ctx, op)
	responses := make(chan *graphql.Response)
	go func() {
		defer close(responses)
		defer func() {
			if thrown := recover(); thrown != nil {
				_ = Recoverer(o.cfg.Log)(opCtx, thrown)
				cancel()
			}
		}()
		for resp := respond(opCtx); resp != nil; resp = respond(opCtx) {
			// gqlgen writes the next response over this one's bytes.
			resp.Data = bytes.Clone(resp.Data)
			select {
			case responses <- resp:
			case <-ctx.Done(): // the stream's; opCtx is over with its response
				return
			}
		}
	}()
	// The operation must be over before the handler returns and the request's
	// resources go.
	defer func() {
		cancel()
		for range responses {
		}
	}()
	o.pump(ctx, events, responses)
}

func (o once) pump(ctx context.Context, events *eventWriter, responses <-chan *graphql.Response) {
	ping := time.NewTicker(o.cfg.Limits.Ping)
	defer ping.Stop()
	for {
		select {
		case resp, more := <-responses:
			if !more {
				if ctx.Err() != nil {
					events.goodbye(ctx)
				}
				_ = events.send("event: complete\ndata:\n\n")
				return
			}
			b, err := appendResponse([]byte("event: next\ndata: "), resp, true)
			if err != nil || events.send(string(b)+"\n\n") != nil {
				return
			}
		case <-ping.C:
			if events.send(": ping\n\n") != nil {
				return
			}
		case <-ctx.Done():
			events.goodbye(ctx)
			_ = events.send("event: complete\ndata:\n\n")
			return
		}
	}
}

// eventWriter writes events under a deadline each.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
}

func (e *eventWriter) send(s string) error {
	// A writer without deadlines is a test's recorder.
	_ = e.control.SetWriteDeadline(time.Now().Add(e.timeout))
	if _, err := e.w.Write([]byte(s)); err != nil {
		return err
	}
	return e.control.Flush()
}

// goodbye tells why the stream ends, unless the client has left.
func (e *eventWriter) goodbye(ctx context.Context) {
	refusal := ended(ctx)
	if refusal == ErrCancelled {
		return
	}
	out := &gqlerror.Error{}
	fill(ctx, out, domain.Refusals{refusal})
	if b, err := appendResponse([]byte("event: next\ndata: "), &graphql.Response{Errors: gqlerror.List{out}}, false); err == nil {
		_ = e.send(string(b) + "\n\n")
	}
}
