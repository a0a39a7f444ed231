package edge

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkQuery is what the edge costs around an operation that costs nothing.
func BenchmarkQuery(b *testing.B) {
	h := NewGraphQL(newTinySchema(), Config{Auth: newFakeAuth(), Limits: Limits{Rate: 1e9, Burst: 1e9}})
	body := query("query Who($a: Boolean = true) { who @include(if: $a) name }")
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer alice")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Body.String())
		}
	}
}
