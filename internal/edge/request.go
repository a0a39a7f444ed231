package edge

import (
	stdjson "encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/diaspora-match/diaspora/domain"
)

// readParams reads an operation from a request of GraphQL over HTTP, by POST or
// GET. Every fault is a refusal that repeats nothing of the input.
func readParams(w http.ResponseWriter, r *http.Request, limits Limits) (*graphql.RawParams, error) {
	switch r.Method {
	case http.MethodPost:
		return readPost(w, r, limits)
	case http.MethodGet:
		return readGet(r, limits)
	}
	return nil, ErrMethod
}

func readPost(w http.ResponseWriter, r *http.Request, limits Limits) (*graphql.RawParams, error) {
	types := r.Header.Values("Content-Type")
	if len(types) != 1 || !isJSON(types[0]) || r.Header.Get("Content-Encoding") != "" {
		return nil, ErrMediaType
	}
	if r.ContentLength > int64(limits.BodyBytes) {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limits.BodyBytes)))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, ErrTooLarge
	}
	if err != nil {
		return nil, ErrJSON // the body broke off
	}
	return decodeParams(body)
}

// isJSON accepts application/json, in UTF-8 where it says so.
func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != "application/json" {
		return false
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}

// keepNumbers reads numbers as json.Number, as gqlgen expects them: as float64
// large integers would change.
var keepNumbers = json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *any) error {
	if dec.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	value, err := dec.ReadValue()
	*v = stdjson.Number(value)
	return err
}))

// decodeParams reads the JSON object of a request. The decoder refuses invalid
// UTF-8, lone surrogates, names given twice and anything after the object.
func decodeParams(body []byte) (*graphql.RawParams, error) {
	var in struct {
		Query         *string        `json:"query"`
		OperationName *string        `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
	if err := json.Unmarshal(body, &in, keepNumbers); err != nil {
		return nil, jsonRefusal(err)
	}
	if in.Query == nil || *in.Query == "" {
		return nil, ErrParams.At("query")
	}
	p := &graphql.RawParams{Query: *in.Query, Variables: in.Variables, Extensions: in.Extensions}
	if in.OperationName != nil {
		p.OperationName = *in.OperationName
	}
	return p, nil
}

// jsonRefusal tells a parameter of the wrong kind from a body that is no JSON.
// It names a field only when that is one of ours.
func jsonRefusal(err error) *domain.Refusal {
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return ErrJSON
	}
	for token := range semantic.JSONPointer.Tokens() {
		if slices.Contains([]string{"query", "operationName", "variables", "extensions"}, token) {
			return ErrParams.At(token)
		}
		break
	}
	return ErrParams
}

func readGet(r *http.Request, limits Limits) (*graphql.RawParams, error) {
	if len(r.URL.RawQuery) > limits.QueryBytes {
		return nil, ErrTooLarge
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, ErrParams
	}
	for _, name := range []string{"query", "operationName", "variables", "extensions"} {
		if len(values[name]) > 1 || !isText(values.Get(name)) {
			return nil, ErrParams.At(name)
		}
	}
	p := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	if p.Query == "" {
		return nil, ErrParams.At("query")
	}
	if p.Variables, err = decodeObject(values.Get("variables")); err != nil {
		return nil, ErrParams.At("variables")
	}
	if p.Extensions, err = decodeObject(values.Get("extensions")); err != nil {
		return nil, ErrParams.At("extensions")
	}
	return p, nil
}

func isText(s string) bool { return strings.ToValidUTF8(s, "") == s }

// decodeObject reads the JSON object (or null) of a GET's parameter.
func decodeObject(s string) (m map[string]any, err error) {
	if s != "" {
		err = json.Unmarshal([]byte(s), &m, keepNumbers)
	}
	return m, err
}
