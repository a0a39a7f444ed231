package edge

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// media is a media type that the edge answers with.
type media string

const (
	mediaJSON     media = "application/json"
	mediaResponse media = "application/graphql-response+json"
	mediaStream   media = "text/event-stream"
)

// negotiate picks the answer's media type by the Accept header (RFC 9110,
// section 12.5.1; GraphQL over HTTP, section "Accept"). Clients that name
// nothing or anything get application/json, which old ones read. The stream is
// served to those alone who name it. ok is false when nothing fits.
func negotiate(accept []string) (m media, ok bool) {
	joined := strings.Join(accept, ",")
	if strings.TrimSpace(joined) == "" {
		return mediaJSON, true
	}
	best := 0.0
	for part := range strings.SplitSeq(joined, ",") {
		name, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		quality := 1.0
		if q, given := params["q"]; given {
			if quality, err = strconv.ParseFloat(q, 64); err != nil || quality < 0 || quality > 1 {
				continue
			}
		}
		if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
			continue
		}
		if quality <= best {
			continue
		}
		switch name {
		case string(mediaJSON), "*/*", "application/*":
			m, best = mediaJSON, quality
		case string(mediaResponse):
			m, best = mediaResponse, quality
		case string(mediaStream):
			m, best = mediaStream, quality
		}
	}
	return m, best > 0
}

// appendResponse writes an answer as JSON. withData is false for faults of the
// request, whose answer has no data entry at all. gqlgen's data is JSON already
// and goes in as it is.
func appendResponse(b []byte, resp *graphql.Response, withData bool) ([]byte, error) {
	b = append(b, '{')
	start := len(b)
	if len(resp.Errors) > 0 {
		errs, err := json.Marshal(resp.Errors[:min(len(resp.Errors), errorsMax)])
		if err != nil {
			return nil, err
		}
		b = append(append(b, `"errors":`...), errs...)
	}
	if withData {
		if len(b) > start {
			b = append(b, ',')
		}
		b = append(b, `"data":`...)
		if resp.Data == nil {
			b = append(b, "null"...)
		} else {
			b = append(b, resp.Data...)
		}
	}
	if len(resp.Extensions) > 0 {
		ext, err := json.Marshal(resp.Extensions)
		if err != nil {
			return nil, err
		}
		if len(b) > start {
			b = append(b, ',')
		}
		b = append(append(b, `"extensions":`...), ext...)
	}
	return append(b, '}'), nil
}

// statusOf is the status of an answer to a fault of the request. A media type
// of its own lets GraphQL use HTTP's statuses; application/json keeps to 200 for
// faults of the document, as GraphQL over HTTP asks.
func statusOf(errs gqlerror.List, m media) int {
	if len(errs) == 0 {
		return http.StatusOK
	}
	code, _ := errs[0].Extensions["code"].(string)
	if status, ok := statuses[code]; ok {
		return status
	}
	if strings.HasPrefix(code, "auth.") {
		return http.StatusUnauthorized
	}
	if m == mediaJSON {
		return http.StatusOK
	}
	return http.StatusBadRequest
}

// write sends one answer.
func write(w http.ResponseWriter, status int, m media, resp *graphql.Response, withData bool) {
	b, err := appendResponse(make([]byte, 0, len(resp.Data)+512), resp, withData)
	if err != nil {
		// Only an extension value that is no JSON can do this.
		status, b = http.StatusInternalServerError, []byte(`{"errors":[{"message":"Something went wrong here.","extensions":{"code":"internal"}}]}`)
	}
	if m == mediaStream {
		m = mediaJSON
	}
	h := w.Header()
	h.Set("Content-Type", string(m)+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client may be gone
}
