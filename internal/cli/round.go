package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/roundfile"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

type roundCommand struct {
	Solve roundSolveCommand `cmd:"" help:"Solve a round from a file, without the platform, with a proof."`
}

type roundSolveCommand struct {
	File   string `arg:"" help:"JSON or CSV file of edges and capacities; '-' reads standard input."`
	Mode   string `help:"What to solve for; the file's own mode goes before best." enum:",best,stable,fairest" default:"" placeholder:"best|stable|fairest"`
	Prices bool   `help:"Add the prices that prove the plan, so that others can check it."`
	Format string `help:"Form of the file; it is told by its first character otherwise." enum:",json,csv" default:"" placeholder:"json|csv"`
}

// Help implements kong.HelpProvider.
func (roundSolveCommand) Help() string {
	return `The answer goes to standard output as JSON: who is assigned to what, the certificate that the plan is the best of its kind, and the greedy, stable and best plans beside it. A plan without a valid certificate is an error and is never printed.

A JSON file: {"experts": N, "expert_capacity": 1 or [..], "seats": [..], "edges": [[expert, need, score], …]}, indexes from 0, scores whole numbers. docs/rounds.md tells the rest.

Examples:
  diaspora round solve round.json
  diaspora round solve round.csv --mode stable
  diaspora round solve round.json --prices > plan.json
  generate | diaspora round solve - > plan.json`
}

// Run implements the command.
func (c *roundSolveCommand) Run(ctx context.Context, s *session) error {
	var in io.Reader = s.stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return domain.ErrFormat.At("file").With(fmt.Sprintf("The file cannot be read: %v.", err))
		}
		defer f.Close()
		in = f
	}
	return roundfile.Solve(ctx, in, s.stdout, roundfile.Options{Format: c.Format, Mode: rounds.Mode(c.Mode), Prices: c.Prices, Now: s.now})
}
