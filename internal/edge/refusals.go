package edge

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/diaspora-match/diaspora/domain"
)

// Refusals of the edge. Codes are stable; docs/api.md lists them.
var (
	ErrMethod        = domain.Refuse(domain.Invalid, "edge.method", "This method is not served here.", "Use POST, or GET for queries.")
	ErrGetMutation   = domain.Refuse(domain.Invalid, "edge.get_mutation", "GET serves queries alone.", "Send mutations and subscriptions by POST.")
	ErrMediaType     = domain.Refuse(domain.Invalid, "edge.media_type", "The body is not of an accepted media type.", "Send application/json in UTF-8, uncompressed.")
	ErrAccept        = domain.Refuse(domain.Invalid, "edge.accept", "None of the accepted media types can be served.", "Accept application/graphql-response+json, application/json or text/event-stream.")
	ErrTooLarge      = domain.Refuse(domain.Invalid, "edge.too_large", "The request is too large.", "Send a smaller request; docs/limits.md names the bound.")
	ErrJSON          = domain.Refuse(domain.Invalid, "edge.json", "The body is not strict JSON.", "Send one JSON object in UTF-8, with no name twice and no lone surrogate.")
	ErrParams        = domain.Refuse(domain.Invalid, "edge.params", "A parameter is missing or of the wrong kind.", "Send query and operationName as strings, variables and extensions as objects.")
	ErrSyntax        = domain.Refuse(domain.Invalid, "edge.syntax", "The document is not GraphQL.", "Mend the document at the location named.")
	ErrDocument      = domain.Refuse(domain.Invalid, "edge.document", "The document or its variables do not fit the schema.", "Compare the document with the schema.")
	ErrTokens        = domain.Refuse(domain.Invalid, "edge.tokens", "The document has too many tokens.", "Split the document; docs/limits.md names the bound.")
	ErrDepth         = domain.Refuse(domain.Invalid, "edge.depth", "The document is nested too deeply.", "Ask in several steps; docs/limits.md names the bound.")
	ErrAliases       = domain.Refuse(domain.Invalid, "edge.aliases", "The document has too many aliases.", "Split the document; docs/limits.md names the bound.")
	ErrDirectives    = domain.Refuse(domain.Invalid, "edge.directives", "The document has too many directives.", "Use fewer directives; docs/limits.md names the bound.")
	ErrFields        = domain.Refuse(domain.Invalid, "edge.fields", "The document selects too many fields.", "Split the document; docs/limits.md names the bound.")
	ErrComplexity    = domain.Refuse(domain.Invalid, "edge.complexity", "The operation would cost too much.", "Ask for smaller pages or fewer fields; docs/limits.md names the bound.")
	ErrIntrospection = domain.Refuse(domain.Forbidden, "edge.introspection", "The schema is not told here.", "Read the schema in the documentation.")
	ErrRate          = domain.Refuse(domain.Busy, "edge.rate", "There are too many requests from you.", "Wait for the time that Retry-After names.")
	ErrConcurrent    = domain.Refuse(domain.Busy, "edge.concurrency", "There are too many requests of yours under way.", "Wait for some of them to be answered.")
	ErrConnections   = domain.Refuse(domain.Busy, "edge.connections", "There are too many open subscriptions.", "Close one, or try again later.")
	ErrOperations    = domain.Refuse(domain.Busy, "edge.operations", "There are too many operations under way on this connection.", "Complete one first; docs/limits.md names the bound.")
	ErrTimeout       = domain.Refuse(domain.Busy, "edge.timeout", "The operation took too long.", "Ask for less, or try again later.")
	ErrCancelled     = domain.Refuse(domain.Busy, "edge.cancelled", "The operation was cancelled.", "Ask again.")
	ErrOrigin        = domain.Refuse(domain.Forbidden, "edge.origin", "The connection comes from another site.", "Use the platform's own pages, or have the site's origin registered.")
	ErrProtocol      = domain.Refuse(domain.Invalid, "edge.protocol", "This WebSocket protocol is not spoken here.", "Use the subprotocol graphql-transport-ws.")
	ErrShutdown      = domain.Refuse(domain.Busy, "edge.shutdown", "The server is going away.", "Connect again.")
	ErrInternal      = domain.Refuse(domain.Refused, "internal", "Something went wrong here.", "Try again; give the correlation id to the operators if it stays.")
)

// statuses are the HTTP statuses of refusals before an operation runs. What is
// not listed is a fault of the document, whose status depends on the media type
// that is answered.
var statuses = map[string]int{
	ErrMethod.Code:      http.StatusMethodNotAllowed,
	ErrGetMutation.Code: http.StatusMethodNotAllowed,
	ErrMediaType.Code:   http.StatusUnsupportedMediaType,
	ErrAccept.Code:      http.StatusNotAcceptable,
	ErrTooLarge.Code:    http.StatusRequestEntityTooLarge,
	ErrJSON.Code:        http.StatusBadRequest,
	ErrParams.Code:      http.StatusBadRequest,
	ErrRate.Code:        http.StatusTooManyRequests,
	ErrConcurrent.Code:  http.StatusTooManyRequests,
	ErrConnections.Code: http.StatusTooManyRequests,
	ErrOrigin.Code:      http.StatusForbidden,
	ErrProtocol.Code:    http.StatusBadRequest,
	ErrTimeout.Code:     http.StatusServiceUnavailable,
	ErrCancelled.Code:   http.StatusServiceUnavailable,
	ErrShutdown.Code:    http.StatusServiceUnavailable,
	ErrInternal.Code:    http.StatusInternalServerError,
}

// gqlgen's WebSocket presents an error before execution only when its code is a
// protocol error; any other it sends as it is, past the presenter.
func init() {
	for _, r := range []*domain.Refusal{ErrSyntax, ErrDocument, ErrTokens, ErrDepth, ErrAliases, ErrDirectives, ErrFields,
		ErrIntrospection, ErrRate} {
		errcode.RegisterErrorType(r.Code, errcode.KindProtocol)
	}
	errcode.RegisterErrorType(complexityCode, errcode.KindProtocol)
}

// complexityCode is what gqlgen's complexity extension sets.
const complexityCode = "COMPLEXITY_LIMIT_EXCEEDED"

// asGraphQL wraps a refusal for gqlgen's hooks.
func asGraphQL(r *domain.Refusal) *gqlerror.Error {
	return &gqlerror.Error{Err: r, Message: r.Message, Extensions: map[string]any{"code": r.Code}}
}
