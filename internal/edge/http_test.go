package edge

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/observe"
)

type answer struct {
	status int
	header http.Header
	raw    string
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Locations  []any
		Extensions map[string]any
	}
}

func (a answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	code, _ := a.Errors[0].Extensions["code"].(string)
	return code
}

func do(t *testing.T, server *httptest.Server, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer alice")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(b)}
	if method != http.MethodHead {
		if err := json.Unmarshal(b, &a); err != nil {
			t.Fatalf("not JSON: %s", b)
		}
	}
	return a
}

func query(q string) string {
	b, _ := json.Marshal(map[string]string{"query": q})
	return string(b)
}

const wantsResponse = "application/graphql-response+json"

func TestHTTPRules(t *testing.T) {
	server, _, _ := serve(t, Config{Explorable: true, Limits: Limits{BodyBytes: 1000, QueryBytes: 500}})
	get := func(q string) string { return "/?query=" + url.QueryEscape(q) }
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code                     string
	}{
		{"query", "POST", "/", query("{ name }"), nil, 200, ""},
		{"charset", "POST", "/", query("{ name }"), []string{"Content-Type", "application/json; charset=UTF-8"}, 200, ""},
		{"get", "GET", get("{ name }"), "", nil, 200, ""},
		{"get mutation", "GET", get("mutation { change }"), "", nil, 405, "edge.get_mutation"},
		{"get subscription", "GET", get("subscription { ticks }"), "", []string{"Accept", "text/event-stream"}, 405, "edge.get_mutation"},
		{"get nothing", "GET", "/", "", nil, 400, "edge.params"},
		{"get twice", "GET", get("{ name }") + "&query=x", "", nil, 400, "edge.params"},
		{"get bad escape", "GET", "/?query=%zz", "", nil, 400, "edge.params"},
		{"get bad variables", "GET", get("{ name }") + "&variables=[1]", "", nil, 400, "edge.params"},
		{"get duplicate variables", "GET", get("{ name }") + `&variables=` + url.QueryEscape(`{"a":1,"a":2}`), "", nil, 400, "edge.params"},
		{"get at the bound", "GET", "/?query=%7Bname%7D&x=" + strings.Repeat("y", 500-len("query=%7Bname%7D&x=")), "", nil, 200, ""},
		{"get above the bound", "GET", "/?query=%7Bname%7D&x=" + strings.Repeat("y", 501-len("query=%7Bname%7D&x=")), "", nil, 413, "edge.too_large"},
		{"put", "PUT", "/", "", nil, 405, "edge.method"},
		{"options", "OPTIONS", "/", "", nil, 405, "edge.method"},
		{"head", "HEAD", "/", "", nil, 405, ""},
		{"form", "POST", "/", "query=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "edge.media_type"},
		{"multipart", "POST", "/", "x", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415, "edge.media_type"},
		{"graphql", "POST", "/", "{ name }", []string{"Content-Type", "application/graphql"}, 415, "edge.media_type"},
		{"text", "POST", "/", query("{ name }"), []string{"Content-Type", "text/plain"}, 415, "edge.media_type"},
		{"no type", "POST", "/", query("{ name }"), []string{"Content-Type", ""}, 415, "edge.media_type"},
		{"latin", "POST", "/", query("{ name }"), []string{"Content-Type", "application/json; charset=latin1"}, 415, "edge.media_type"},
		{"packed", "POST", "/", zipped(query("{ name }")), []string{"Content-Encoding", "gzip"}, 415, "edge.media_type"},
		{"accept nothing of ours", "POST", "/", query("{ name }"), []string{"Accept", "text/html"}, 406, "edge.accept"},
		{"at the bound", "POST", "/", padded(1000), nil, 200, ""},
		{"above the bound", "POST", "/", padded(1001), nil, 413, "edge.too_large"},
		{"empty", "POST", "/", "", nil, 400, "edge.json"},
		{"batch", "POST", "/", `[{"query":"{ name }"}]`, nil, 400, "edge.params"},
		{"wrong kind", "POST", "/", `{"query":"{ name }","variables":[1]}`, nil, 400, "edge.params"},
		{"syntax, json", "POST", "/", query("{"), nil, 200, "edge.syntax"},
		{"syntax, response", "POST", "/", query("{"), []string{"Accept", wantsResponse}, 400, "edge.syntax"},
		{"field, response", "POST", "/", query("{ nam }"), []string{"Accept", wantsResponse}, 400, "edge.document"},
		{"operation name", "POST", "/", `{"query":"query A { name } query B { name }","operationName":"C"}`, []string{"Accept", wantsResponse}, 400, "edge.document"},
		{"nobody", "POST", "/", query("{ name }"), []string{"Authorization", ""}, 401, "auth.missing"},
		{"bad token", "POST", "/", query("{ name }"), []string{"Authorization", "Bearer mallory"}, 401, "auth.invalid"},
		{"issuer away", "POST", "/", query("{ name }"), []string{"Authorization", "Bearer away"}, 503, "auth.unavailable"},
		{"subscription without a stream", "POST", "/", query("subscription { ticks }"), nil, 406, "edge.accept"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := do(t, server, c.method, c.path, c.body, c.headers...)
			if a.status != c.status || a.code() != c.code {
				t.Errorf("%d %q, want %d %q: %s", a.status, a.code(), c.status, c.code, a.raw)
			}
			if strings.Contains(a.raw, secret) {
				t.Errorf("an internal message left: %s", a.raw)
			}
			if a.header.Get("Cache-Control") != "no-store" || a.header.Get("X-Content-Type-Options") != "nosniff" || !domain.ValidID(a.header.Get("X-Correlation-Id")) {
				t.Errorf("headers: %v", a.header)
			}
			if c.code != "" && a.Errors[0].Extensions["correlationId"] != a.header.Get("X-Correlation-Id") {
				t.Errorf("the error does not name the request: %s", a.raw)
			}
			if c.code != "" && strings.Contains(a.raw, `"data"`) {
				t.Errorf("a fault of the request has data: %s", a.raw)
			}
			if c.status == 405 && a.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
}

func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

// padded is a query in a body of n bytes.
func padded(n int) string {
	frame := `{"query":"{ name }","extensions":{"x":""}}`
	return strings.Replace(frame, `""`, `"`+strings.Repeat("y", n-len(frame))+`"`, 1)
}

func TestOversizedBodyWithoutALength(t *testing.T) {
	h := NewGraphQL(newTinySchema(), Config{Auth: newFakeAuth(), Limits: Limits{BodyBytes: 1000}})
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/", struct{ io.Reader }{strings.NewReader(padded(5000))})
	r.Header.Set("Authorization", "Bearer alice")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 413 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestMalformedBodiesAreRefusedAndNeverEchoed(t *testing.T) {
	server, _, _ := serve(t, Config{})
	for name, body := range map[string]string{
		"invalid UTF-8":       "{\"query\":\"{ name }\",\"variables\":{\"x\":\"ZANZIBAR\xff\"}}",
		"duplicate key":       `{"query":"{ name }","query":"ZANZIBAR"}`,
		"deep duplicate key":  `{"query":"{ name }","variables":{"a":{"ZANZIBAR":1,"ZANZIBAR":2}}}`,
		"lone high surrogate": `{"query":"{ name }","variables":{"x":"ZANZIBAR\ud800"}}`,
		"lone low surrogate":  `{"query":"{ name }","variables":{"x":"ZANZIBAR\udc00"}}`,
		"two values":          `{"query":"{ name }"} {"ZANZIBAR":1}`,
		"broken off":          `{"query":"ZANZIBAR`,
		"comment":             `{"query":"{ name }" /* ZANZIBAR */}`,
		"NaN":                 `{"query":"{ name }","variables":{"ZANZIBAR":NaN}}`,
	} {
		a := do(t, server, "POST", "/", body)
		if a.status != 400 || a.code() != "edge.json" || strings.Contains(a.raw, "ZANZIBAR") {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	a := do(t, server, "POST", "/", `{"query":{"ZANZIBAR":1}}`)
	if a.status != 400 || a.code() != "edge.params" || a.Errors[0].Extensions["field"] != "query" || strings.Contains(a.raw, "ZANZIBAR") {
		t.Errorf("wrong kind: %d %s", a.status, a.raw)
	}
}

func FuzzDecodeParams(f *testing.F) {
	for _, s := range []string{`{"query":"{a}"}`, `{"query":"{a}","variables":{"n":12345678901234567890,"l":[1,2.5e3,null,true]}}`,
		`{"query":"a","query":"b"}`, `{"query":"\ud83d\ude00"}`, `{"query":"\ud83d"}`, "{\"query\":\"\xff\"}", `{"QUERY":1}`, `[]`, `null`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decodeParams(body)
		if err != nil {
			rs := domain.AsRefusals(err)
			if len(rs) != 1 || rs[0].Code != ErrJSON.Code && rs[0].Code != ErrParams.Code {
				t.Fatalf("not a refusal of ours: %v", err)
			}
			if rs[0].Message != ErrJSON.Message && rs[0].Message != ErrParams.Message {
				t.Fatalf("the refusal tells more than it should: %v", err)
			}
			return
		}
		// What passes the strict reader, the standard library reads too, and
		// reads the same: two readers that differ are how filters are passed.
		var std struct {
			Query         string
			OperationName string
			Variables     map[string]any
		}
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatalf("passed, and is not JSON: %v", err)
		}
		exact := map[string]json.RawMessage{}
		for _, name := range []string{"query", "operationName", "variables"} {
			if v, ok := members[name]; ok {
				exact[name] = v
			}
		}
		b, _ := json.Marshal(exact)
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.UseNumber()
		if err := dec.Decode(&std); err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(p.Variables)
		want, _ := json.Marshal(std.Variables)
		if p.Query != std.Query || p.OperationName != std.OperationName || !bytes.Equal(got, want) {
			t.Fatalf("read %q %s, the standard library %q %s", p.Query, got, std.Query, want)
		}
	})
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	p, err := decodeParams([]byte(`{"query":"{a}","variables":{"n":9007199254740993,"l":[1.10]}}`))
	if err != nil || fmt.Sprint(p.Variables["n"]) != "9007199254740993" || fmt.Sprint(p.Variables["l"]) != "[1.10]" {
		t.Errorf("%v %v", p, err)
	}
	server, _, _ := serve(t, Config{})
	a := do(t, server, "POST", "/", `{"query":"query($n: Int!) { big(n: $n) }","variables":{"n":2147483647}}`)
	if a.Data["big"] != 2147483647.0 {
		t.Errorf("%s", a.raw)
	}
}

func TestNegotiation(t *testing.T) {
	for accept, want := range map[string]media{
		"":                      mediaJSON,
		"*/*":                   mediaJSON,
		"application/*":         mediaJSON,
		"application/json":      mediaJSON,
		wantsResponse:           mediaResponse,
		wantsResponse + ", */*": mediaResponse,
		"application/json;q=0.5," + wantsResponse + ";q=0.9":              mediaResponse,
		wantsResponse + ";q=0.3, application/json":                        mediaJSON,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": mediaJSON,
		"text/event-stream":             mediaStream,
		"text/event-stream;q=0":         "",
		"text/html":                     "",
		"application/json;charset=utf8": "",
		"application/json;q=7":          "",
		";;;":                           "",
	} {
		if got, ok := negotiate([]string{accept}); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", accept, got, ok, want)
		}
	}
}

func TestErrorsTellWhatUsersMayRead(t *testing.T) {
	var log bytes.Buffer
	server, _, _ := serve(t, Config{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	a := do(t, server, "POST", "/", query("{ refused }"))
	e := a.Errors[0]
	if a.status != 200 || a.code() != "input.range" || e.Extensions["kind"] != "invalid" || e.Extensions["field"] != "skills[2].level" ||
		e.Extensions["cure"] == "" || len(e.Path) != 1 || len(e.Locations) != 1 || e.Message != domain.ErrRange.Message {
		t.Errorf("refused: %s", a.raw)
	}
	a = do(t, server, "POST", "/", query("{ several }"))
	if rs, _ := a.Errors[0].Extensions["refusals"].([]any); a.code() != "input.required" || len(rs) != 2 {
		t.Errorf("several: %s", a.raw)
	}
	for _, field := range []string{"broken", "panics"} {
		log.Reset()
		a = do(t, server, "POST", "/", query("{ "+field+" }"), "X-Correlation-Id", "0F5A7C9E-0000-4000-8000-000000000001")
		if a.status != 200 || a.code() != "internal" || strings.Contains(a.raw, secret) || a.Errors[0].Message != ErrInternal.Message {
			t.Errorf("%s: %s", field, a.raw)
		}
		if id := a.Errors[0].Extensions["correlationId"]; id != "0f5a7c9e-0000-4000-8000-000000000001" || !strings.Contains(log.String(), id.(string)) {
			t.Errorf("%s: correlation %v, log %s", field, id, log.String())
		}
	}
	if strings.Contains(log.String(), secret) {
		t.Errorf("the log repeats what was thrown: %s", log.String())
	}
	if a = do(t, server, "POST", "/", query("{ name }"), "X-Correlation-Id", "<script>"); !domain.ValidID(a.header.Get("X-Correlation-Id")) {
		t.Errorf("a correlation id that is no UUID was taken: %v", a.header)
	}
}

func TestOperationTimeout(t *testing.T) {
	server, _, _ := serve(t, Config{Limits: Limits{Operation: 20 * time.Millisecond}})
	a := do(t, server, "POST", "/", query("{ slow }"))
	if a.code() != "edge.timeout" {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestProductionTellsNoNames(t *testing.T) {
	quiet, _, _ := serve(t, Config{})
	open, _, _ := serve(t, Config{Explorable: true})
	for _, q := range []string{"{ nam }", "{ echo(tex: 1) }", "{ colour(c: REDD) }", "{ node }", "{ ... on Nod { name } }"} {
		a := do(t, quiet, "POST", "/", query(q))
		if a.code() != "edge.document" || strings.Contains(a.raw, "Did you mean") || strings.Contains(a.raw, `"RED"`) {
			t.Errorf("%s: %s", q, a.raw)
		}
	}
	if a := do(t, open, "POST", "/", query("{ nam }")); !strings.Contains(a.raw, "Did you mean") {
		t.Errorf("the open mode does not suggest: %s", a.raw)
	}
	for _, q := range []string{"{ __schema { types { name } } }", `{ __type(name: "Query") { name } }`, "{ ...F } fragment F on Query { __schema { types { name } } }"} {
		if a := do(t, quiet, "POST", "/", query(q)); a.code() != "edge.introspection" {
			t.Errorf("%s: %s", q, a.raw)
		}
		if a := do(t, open, "POST", "/", query(q)); a.status != 200 || a.code() != "" {
			t.Errorf("%s: %s", q, a.raw)
		}
	}
	if a := do(t, quiet, "POST", "/", query("{ __typename }")); a.Data["__typename"] != "Query" {
		t.Errorf("__typename: %s", a.raw)
	}
}

func TestRequestLogHoldsNothingPersonal(t *testing.T) {
	var log bytes.Buffer
	reg := prometheus.NewRegistry()
	server, _, _ := serve(t, Config{Log: observe.NewLogger(&log, observe.LogConfig{JSON: true, Production: true}), Metrics: observe.NewMetrics(reg)})
	do(t, server, "POST", "/?note=CANARY", `{"query":"query Find($t: String!) { echo(text: $t) other: echo(text: \"CANARY\") }","variables":{"t":"CANARY"},"operationName":"Find"}`)
	do(t, server, "POST", "/", query(`{ echo(text: "CANARY") canary }`))
	do(t, server, "POST", "/", `{"query":"CANARY`)
	if strings.Contains(log.String(), "CANARY") {
		t.Fatalf("log: %s", log.String())
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(strings.SplitN(log.String(), "\n", 2)[0]), &line); err != nil {
		t.Fatal(err)
	}
	if line["operation"] != "Find" || line["operationKind"] != "query" || line["principal"] != string(alice) || line["status"] != 200.0 || line["operationHash"] == "" || line["duration"] == "[redacted]" {
		t.Errorf("line: %v", line)
	}
	families, err := reg.Gather()
	if err != nil || strings.Contains(fmt.Sprint(families), "CANARY") || !strings.Contains(fmt.Sprint(families), "diaspora_edge_refusals_total") {
		t.Errorf("metrics: %v %v", families, err)
	}
}

func TestRateAndConcurrency(t *testing.T) {
	server, schema, _ := serve(t, Config{Limits: Limits{Rate: 0.001, Burst: 3, Concurrent: 1}})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r, _ := http.NewRequestWithContext(ctx, "POST", server.URL, strings.NewReader(query("{ slow }")))
		r.Header.Set("Authorization", "Bearer alice")
		r.Header.Set("Content-Type", "application/json")
		if resp, err := server.Client().Do(r); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-schema.started
	if a := do(t, server, "POST", "/", query("{ name }")); a.status != 429 || a.code() != "edge.concurrency" || a.header.Get("Retry-After") == "" {
		t.Errorf("concurrency: %d %s", a.status, a.raw)
	}
	if a := do(t, server, "POST", "/", query("{ name }"), "Authorization", "Bearer bob"); a.status != 200 {
		t.Errorf("bob pays for alice: %s", a.raw)
	}
	cancel()
	<-gone
	var last answer
	for range 5 {
		last = do(t, server, "POST", "/", query("{ name }"), "Authorization", "Bearer bob")
	}
	if last.status != 429 || last.code() != "edge.rate" || last.header.Get("Retry-After") == "" {
		t.Errorf("rate: %d %s", last.status, last.raw)
	}
	for range 5 {
		last = do(t, server, "POST", "/", query("{ name }"), "Authorization", "Bearer guess")
	}
	if last.status != 429 {
		t.Errorf("guessing tokens is not bounded: %d %s", last.status, last.raw)
	}
}

func TestPagesHaveANonce(t *testing.T) {
	h := Pages(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, Nonce(r.Context())) }), true)
	seen := map[string]bool{}
	for range 2 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
		nonce := w.Body.String()
		csp := w.Header().Get("Content-Security-Policy")
		if nonce == "" || seen[nonce] || !strings.Contains(csp, "script-src 'nonce-"+nonce+"'") || strings.Contains(csp, "unsafe-eval") ||
			w.Header().Get("Strict-Transport-Security") == "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("nonce %q, headers %v", nonce, w.Header())
		}
		seen[nonce] = true
	}
}
