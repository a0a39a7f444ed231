package cli

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// writeJSON writes an indented JSON value and a line feed to stdout.
func (s *session) writeJSON(v any) error {
	if err := json.MarshalWrite(s.stdout, v, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return fmt.Errorf("cli: write the answer: %w", err)
	}
	_, err := fmt.Fprintln(s.stdout)
	return err
}

// note tells something on stderr that is no part of the result.
func (s *session) note(format string, args ...any) { fmt.Fprintf(s.stderr, format+"\n", args...) }

// table writes aligned columns to stdout.
func (s *session) table(rows ...[]string) error { return writeTable(s.stdout, rows) }

func writeTable(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				_, _ = io.WriteString(t, "\t")
			}
			_, _ = io.WriteString(t, cell)
		}
		_, _ = io.WriteString(t, "\n")
	}
	return t.Flush() // which has seen every error before
}

// progress is a bar on stderr when that is a terminal, and nothing otherwise.
type progress struct{ bar *progressbar.ProgressBar }

func (s *session) progress(what string, total int64) progress {
	f, ok := s.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return progress{}
	}
	return progress{progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())}
}

// at moves the bar. The bar's own errors are of its drawing and matter to nobody.
func (p progress) at(done int64) {
	if p.bar != nil {
		_ = p.bar.Set64(done)
	}
}

func (p progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
