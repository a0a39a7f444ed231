package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/exchange"
	"github.com/diaspora-match/diaspora/projections"
)

type exportCommand struct {
	logFlags
	Kind   string `arg:"" help:"What to write: needs, institutions, candidacies, assignments or experts." enum:"needs,institutions,candidacies,assignments,experts" placeholder:"KIND"`
	Out    string `help:"File to write, readable by its owner alone; without it, standard output." short:"o" placeholder:"FILE"`
	Format string `help:"csv or json; without it, by the end of the file's name, else csv." enum:",csv,json" default:"" placeholder:"FORMAT"`
	JSON   bool   `help:"The same as --format json."`
}

// Help implements kong.HelpProvider.
func (exportCommand) Help() string {
	return `Experts are written under pseudonyms, and no personal text is ever written. Rows of protected countries, hosts and needs are left out; counts of people below 5 are told as <5. A text that a spreadsheet would run as a formula begins with an apostrophe, which 'diaspora import' takes off. It runs beside a running platform.

Examples:
  diaspora export needs --out needs.csv
  diaspora export assignments --format json | jq '.[].status'
  diaspora export candidacies --data /srv/diaspora -o candidacies.csv`
}

// Run implements the command.
func (c *exportCommand) Run(ctx context.Context, s *session) (err error) {
	r, err := s.read(ctx, c.logFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	engine, err := s.snapshot(ctx, r)
	if err != nil {
		return broken(err)
	}
	var done exchange.Exported
	err = c.write(s, func(w io.Writer) error {
		return engine.Read(ctx, 0, func(r projections.Reader) error {
			done, err = exchange.Export(r, exchange.Kind(c.Kind), c.format(), w)
			return err
		})
	})
	if err != nil {
		return err
	}
	if done.Protected > 0 {
		s.note("%s of protected countries, hosts or needs left out", done.ProtectedText())
	}
	return nil
}

func (c *exportCommand) format() exchange.Format {
	switch {
	case c.Format != "":
		return exchange.Format(c.Format)
	case c.JSON || strings.EqualFold(filepath.Ext(c.Out), ".json"):
		return exchange.JSON
	}
	return exchange.CSV
}

// write writes to stdout, or to a file that appears whole or not at all.
func (c *exportCommand) write(s *session, do func(io.Writer) error) error {
	if c.Out == "" {
		w := bufio.NewWriter(s.stdout)
		return errors.Join(do(w), w.Flush())
	}
	return writeFile(c.Out, do)
}

// writeFile writes a file for its owner's eyes under a temporary name, and puts
// it in its place when it is whole.
func writeFile(path string, do func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return domain.ErrFormat.At("out").With("The file " + path + " cannot be written.")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	w := bufio.NewWriter(f)
	if err = errors.Join(do(w), w.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
