package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/observe"
)

// Bounds of a look at readiness, listed in docs/limits.md.
const (
	readyTimeout  = 5 * time.Second
	maxReadyBytes = 64 << 10 // of the answer
)

// errNotReady: a server is not there, or not ready.
var errNotReady = domain.Refuse(domain.Busy, "ready.not_yet", "The platform is not ready.", "Wait, and look at its log if it stays so.")

type readyCommand struct {
	Operations string `help:"Address of health and metrics of the running platform." default:"127.0.0.1:8081" placeholder:"HOST:PORT"`
	JSON       bool   `help:"Print the checks as JSON."`
}

// Help implements kong.HelpProvider.
func (readyCommand) Help() string {
	return `Asks a running platform whether it can serve and exits with 0 or 5: for health checks in containers, which hold no other program.

Examples:
  diaspora ready
  diaspora ready --operations 127.0.0.1:9081 --json`
}

// readiness is the answer of /readyz.
type readiness struct {
	Status string          `json:"status"`
	Checks []observe.State `json:"checks"`
}

// Run implements the command.
func (c *readyCommand) Run(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Operations+"/readyz", nil)
	if err != nil {
		return domain.ErrFormat.At("operations").With(fmt.Sprintf("%q is no address.", c.Operations))
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return errNotReady.At("operations").With("Nothing answers at " + c.Operations + ".")
	}
	defer resp.Body.Close()
	var out readiness
	if err := json.UnmarshalRead(io.LimitReader(resp.Body, maxReadyBytes), &out); err != nil {
		return errNotReady.At("operations").With("What answers at " + c.Operations + " is no platform.")
	}
	if c.JSON {
		if err := s.writeJSON(out); err != nil {
			return err
		}
	}
	var not []string
	for _, check := range out.Checks {
		if !check.Ready {
			not = append(not, check.Name+": "+check.Reason)
		}
	}
	if resp.StatusCode != http.StatusOK {
		return errNotReady.With("The platform is not ready: " + strings.Join(not, "; ") + ".")
	}
	return nil
}
