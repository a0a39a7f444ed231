package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/exchange"
	"github.com/diaspora-match/diaspora/internal/platform"
)

type importCommand struct {
	logFlags
	Kind       string `arg:"" help:"What the file holds: institutions, needs or experts." enum:"institutions,needs,experts" placeholder:"KIND"`
	File       string `arg:"" help:"File to read; - is standard input." placeholder:"FILE"`
	Format     string `help:"csv or json; without it, by the end of the file's name." enum:",csv,json" default:"" placeholder:"FORMAT"`
	DryRun     bool   `help:"Judge every row and write nothing."`
	OnBehalfOf string `help:"Principal for whom you import, for the record of who did what." placeholder:"UUID"`
	JSON       bool   `help:"Print the result, or the faults, as JSON."`
}

// Help implements kong.HelpProvider.
func (importCommand) Help() string {
	return `Every row is judged first. When one is bad, all faults of all rows are told, nothing is written, and the command exits with 3. Importing the same file again adds nothing. An import drafts needs and proposes institutions; a manager approves them as always. docs/import.md describes the columns.

The platform must be stopped: one process writes to a data folder.

Examples:
  diaspora import institutions hosts.csv --dry-run
  diaspora import institutions hosts.csv && diaspora import needs needs.csv
  diaspora import experts people.json --data /srv/diaspora --json`
}

// imported is the result of an import.
type imported struct {
	Kind    string `json:"kind"`
	DryRun  bool   `json:"dryRun"`
	Written bool   `json:"written"`
	exchange.Summary
	Faults exchange.Faults `json:"faults"`
	More   int             `json:"more"` // faults beyond those that are told
}

// errRows refuses a file with bad rows.
var errRows = domain.Refuse(domain.Invalid, "import.rows", "The file has faults; nothing was written.", "Mend what is named, and try again with --dry-run.")

// Run implements the command.
func (c *importCommand) Run(ctx context.Context, s *session) (err error) {
	if c.OnBehalfOf != "" && !domain.ValidID(c.OnBehalfOf) {
		return domain.ErrFormat.At("on-behalf-of").With("A principal is a UUID.")
	}
	rows, faults, err := c.read(s)
	if err != nil {
		return err
	}
	out := imported{Kind: c.Kind, DryRun: c.DryRun, Summary: exchange.Summary{Rows: len(rows)}}
	if len(faults) > 0 {
		return c.refuse(s, out, faults)
	}
	folder, err := s.folder(c.Data)
	if err != nil {
		return err
	}
	if err := c.holds(folder); err != nil {
		return err
	}
	p, err := platform.Open(ctx, platform.Config{Folder: folder, NoReactions: true, EventStore: c.EventStore})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return s.running(ctx, p, func(ctx context.Context) error { return c.run(ctx, s, p, rows, out) })
}

// running runs a platform around what is done with it.
func (s *session) running(ctx context.Context, p *platform.Platform, do func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	select {
	case <-p.Runner.Ready():
	case err := <-ended:
		stop()
		return errors.Join(broken(err), ctx.Err())
	}
	err := do(ctx)
	stop()
	return errors.Join(err, <-ended)
}

func (c *importCommand) read(s *session) ([]exchange.Row, exchange.Faults, error) {
	format := exchange.Format(c.Format)
	if format == "" {
		format = exchange.CSV
		if strings.EqualFold(filepath.Ext(c.File), ".json") {
			format = exchange.JSON
		}
	}
	var in io.Reader = s.stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, nil, exchange.ErrFile.At("file").With("The file " + c.File + " cannot be opened.")
		}
		defer f.Close()
		in = f
	}
	return exchange.Read(in, exchange.Kind(c.Kind), format)
}

func (c *importCommand) run(ctx context.Context, s *session, p *platform.Platform, rows []exchange.Row, out imported) error {
	target := exchange.Target{
		Bus: p.Bus, Store: p.Store, Codec: p.Codec, Views: p.Views, Keys: p.Keys, Skills: p.Index.Taxonomy(), Now: s.now(), OnBehalfOf: domain.PrincipalID(c.OnBehalfOf),
	}
	plan, faults, err := target.Prepare(ctx, exchange.Kind(c.Kind), rows)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return c.refuse(s, out, faults)
	}
	out.Summary = plan.Summary
	if !c.DryRun {
		bar := s.progress("importing "+c.Kind, int64(plan.Rows))
		err := target.Run(ctx, plan, func(done, _ int) { bar.at(int64(done)) })
		bar.done()
		if err != nil {
			return err
		}
		out.Written = true
	}
	return c.print(s, out)
}

// refuse tells the faults, bounded, and exits as refused.
func (c *importCommand) refuse(s *session, out imported, faults exchange.Faults) error {
	told := faults[:min(len(faults), exchange.MaxFaults)]
	out.Faults, out.More = told, len(faults)-len(told)
	if c.JSON {
		if err := s.writeJSON(out); err != nil {
			return err
		}
		return errRows.With(fmt.Sprintf("The file has %s; nothing was written.", counted(len(faults), "fault")))
	}
	for _, f := range told {
		place := "file"
		if f.Row > 0 {
			place = fmt.Sprintf("row %d", f.Row)
		}
		if f.Field != "" {
			place += ", " + f.Field
		}
		if _, err := fmt.Fprintf(s.stdout, "%s: %s (%s)\n    %s\n", place, f.Message, f.Code, f.Cure); err != nil {
			return err
		}
	}
	if out.More > 0 {
		if _, err := fmt.Fprintf(s.stdout, "and %d more\n", out.More); err != nil {
			return err
		}
	}
	return errRows.With(fmt.Sprintf("The file has %s; nothing was written.", counted(len(faults), "fault")))
}

func (c *importCommand) print(s *session, out imported) error {
	if c.JSON {
		out.Faults = exchange.Faults{}
		return s.writeJSON(out)
	}
	verbs := "added %d, changed %d, left %d as they are"
	if c.DryRun {
		verbs = "would add %d, change %d, leave %d as they are"
	}
	_, err := fmt.Fprintf(s.stdout, "%s: "+verbs+"\n", counted(out.Rows, "row"), out.Added, out.Changed, out.Unchanged)
	return err
}

// counted writes "1 row" and "3 rows".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
