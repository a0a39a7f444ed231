package edge

import (
	"testing"

	"github.com/diaspora-match/diaspora/internal/httpaudit"
)

// TestGraphQLOverHTTPAudits runs all audits of the specification: the MUSTs, and
// the SHOULDs and MAYs as well.
func TestGraphQLOverHTTPAudits(t *testing.T) {
	server, _, _ := serve(t, Config{Explorable: true})
	httpaudit.Run(t, server.URL, "alice")
}
