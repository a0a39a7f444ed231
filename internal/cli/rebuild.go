package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

type rebuildCommand struct {
	logFlags
	Expect string `help:"Digest of the views that must come out; a different one exits with 4." placeholder:"DIGEST"`
	JSON   bool   `help:"Print the result as JSON."`
}

// Help implements kong.HelpProvider.
func (rebuildCommand) Help() string {
	return `The embedded engine keeps no views on disk: it folds the log at every start. This command does the same and ends, beside a running platform if there is one. The digest covers every row and every index entry, so that two logs with the same past have the same digest, whichever engine keeps them.

Examples:
  diaspora rebuild
  diaspora rebuild --data /srv/diaspora --json
  diaspora rebuild --data /restored --expect 3f0a…
  diaspora rebuild --data /srv/diaspora --event-store 'esdb://localhost:2113?tls=false'`
}

// rebuilt is the result of a rebuild.
type rebuilt struct {
	Folder          string        `json:"folder"`
	Events          uint64        `json:"events"`
	Position        uint64        `json:"position"`
	Seconds         float64       `json:"seconds"`
	EventsPerSecond float64       `json:"eventsPerSecond"`
	Digest          string        `json:"digest"`
	Tables          []rebuiltRows `json:"tables"`
}

type rebuiltRows struct {
	Table string `json:"table"`
	Rows  int    `json:"rows"`
}

// Run implements the command.
func (c *rebuildCommand) Run(ctx context.Context, s *session) (err error) {
	r, err := s.read(ctx, c.logFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	head, err := r.store.Head(ctx)
	if err != nil {
		return err
	}
	out := rebuilt{Folder: r.folder, Position: uint64(head)}
	bar := s.progress("folding the log", int64(head))
	started := time.Now()
	engine, err := r.foldNumbered(ctx, head, 0, func(p eventstore.Position) { out.Events++; bar.at(int64(p)) })
	took := time.Since(started)
	bar.done()
	if err != nil {
		return broken(err)
	}
	out.Seconds = took.Seconds()
	out.EventsPerSecond = float64(out.Events) / max(took.Seconds(), time.Microsecond.Seconds())
	if out.Digest, err = digest(ctx, engine); err != nil {
		return err
	}
	if out.Tables, err = countRows(ctx, engine); err != nil {
		return err
	}
	if err := c.print(s, out); err != nil {
		return err
	}
	if c.Expect != "" && c.Expect != out.Digest {
		return errVerify.At("expect").With("The views are not those of the digest that was expected.")
	}
	return nil
}

func countRows(ctx context.Context, engine *memory.Engine) ([]rebuiltRows, error) {
	var out []rebuiltRows
	err := engine.Read(ctx, 0, func(r projections.Reader) error {
		for _, t := range views.Tables() {
			n, err := r.Len(t)
			if err != nil {
				return err
			}
			out = append(out, rebuiltRows{t.TableName(), n})
		}
		return nil
	})
	return out, err
}

func (c *rebuildCommand) print(s *session, out rebuilt) error {
	if c.JSON {
		return s.writeJSON(out)
	}
	rows := [][]string{{"TABLE", "ROWS"}}
	for _, t := range out.Tables {
		rows = append(rows, []string{t.Table, humanize.Comma(int64(t.Rows))})
	}
	if err := s.table(rows...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.stdout, "\n%s events in %.2f s, %s a second, up to position %d\ndigest %s\n",
		humanize.Comma(int64(out.Events)), out.Seconds, humanize.Comma(int64(out.EventsPerSecond)), out.Position, out.Digest)
	return err
}
