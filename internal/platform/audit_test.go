package platform_test

import (
	"testing"

	"github.com/diaspora-match/diaspora/internal/httpaudit"
	"github.com/diaspora-match/diaspora/internal/identity/devissuer"
)

// TestGraphQLOverHTTPAudits runs all audits of the specification against the
// platform as it is served.
func TestGraphQLOverHTTPAudits(t *testing.T) {
	served := serve(t)
	httpaudit.Run(t, served.url+"/graphql", served.tokens[devissuer.ProgrammeManager])
}
