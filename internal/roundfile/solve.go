package roundfile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// Options say how a file is solved.
type Options struct {
	Format string           // "json", "csv", or empty to tell by the first character
	Mode   rounds.Mode      // empty takes the file's, or best
	Now    func() time.Time // nil is time.Now; for the seconds of the answer
}

// Answer is what is written, scores in the units of the file.
type Answer struct {
	Mode          rounds.Mode        `json:"mode"`
	Total         int64              `json:"total"`
	Assigned      [][3]int32         `json:"assigned"`       // expert, need, score
	UnfilledSeats int64              `json:"unfilled_seats"` // of all needs
	Certificate   Certificate        `json:"certificate"`
	Plans         map[string]Figures `json:"plans"` // greedy, stable, best
	Seconds       Seconds            `json:"seconds"`
}

// Certificate is the verdict of the separate checker.
type Certificate struct {
	Dual  int64 `json:"dual"` // no plan of this kind has a greater total; 0 for stable
	Gap   int64 `json:"gap"`
	Valid bool  `json:"valid"` // always true: a plan that is not proved is an error
}

// Figures are one plan, to compare.
type Figures struct {
	Total    int64 `json:"total"`
	Smallest int32 `json:"smallest"`
	Filled   int   `json:"filled"`
	Blocking int   `json:"blocking_pairs"`
	Slack    []struct {
		AboveLower int64 `json:"above_lower"`
		BelowUpper int64 `json:"below_upper"`
	} `json:"quota_slack,omitempty"`
}

// Seconds are how long each part took. Certify is the check done once more, by
// itself, since solving includes it.
type Seconds struct {
	Read    float64 `json:"read"`
	Solve   float64 `json:"solve"`
	Certify float64 `json:"certify"`
}

// Solve reads a round, solves it and writes the answer. Bad input, and a round
// that has no plan, are *domain.Refusal; a reader or writer that fails gives its
// own error, and a context that ends its cause.
func Solve(ctx context.Context, r io.Reader, w io.Writer, o Options) error {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	begin := now()
	f, err := read(r, o.Format)
	if err != nil {
		return err
	}
	seconds := Seconds{Read: now().Sub(begin).Seconds()}
	mode := f.mode
	if o.Mode != "" {
		mode = o.Mode
	}
	begin = now()
	round, err := rounds.Solve(&f.problem, rounds.Options{Mode: mode, Stop: func() bool { return ctx.Err() != nil }})
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return f.locate(err)
	}
	seconds.Solve = now().Sub(begin).Seconds()
	begin = now()
	v, err := certificate.Check(round.Problem, round.Plan, round.Proof, nil)
	if err != nil {
		return err
	}
	seconds.Certify = now().Sub(begin).Seconds()
	c, err := round.Compare()
	if err != nil {
		return err
	}
	return write(w, answer(round, v, c, seconds))
}

func answer(r *rounds.Round, v certificate.Verdict, c *rounds.Comparison, s Seconds) *Answer {
	a := &Answer{
		Mode: r.Mode, Total: v.Total, Assigned: make([][3]int32, 0, len(r.Plan)), UnfilledSeats: c.Chosen.Unfilled,
		Certificate: Certificate{Dual: v.Bound, Gap: v.Gap, Valid: true}, Seconds: s,
		Plans: map[string]Figures{"greedy": figures(c.Greedy), "stable": figures(c.Stable), "best": figures(c.Best)},
	}
	for _, e := range r.Plan {
		a.Assigned = append(a.Assigned, [3]int32{e.Expert, e.Need, e.Score})
	}
	return a
}

func figures(f rounds.Figures) Figures {
	out := Figures{Total: f.Total, Smallest: f.Smallest, Filled: f.Pairs, Blocking: f.Blocking}
	for _, s := range f.Slack {
		out.Slack = append(out.Slack, struct {
			AboveLower int64 `json:"above_lower"`
			BelowUpper int64 `json:"below_upper"`
		}(s))
	}
	return out
}

func write(w io.Writer, a *Answer) error {
	if err := json.MarshalWrite(w, a, json.Deterministic(true)); err != nil {
		return fmt.Errorf("roundfile: write the answer: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// ErrFormat is for a format that is neither JSON nor CSV.
var ErrFormat = domain.Refuse(domain.Invalid, "round.format", "There is no such format.", "Use json or csv.")

func read(r io.Reader, format string) (*file, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	switch format {
	case "":
		if first(b) == 'k' { // of the header of CSV
			return readCSV(b)
		}
		return readJSON(b)
	case "json":
		return readJSON(b)
	case "csv":
		return readCSV(b)
	}
	return nil, ErrFormat.At("format")
}

// first is the first character that is no space, as far as one can look ahead;
// 0 when there is none.
func first(b *bufio.Reader) byte {
	for n := 1; ; n++ {
		p, err := b.Peek(n)
		if err != nil {
			return 0
		}
		if c := p[n-1]; strings.IndexByte(" \t\r\n", c) < 0 {
			return c
		}
	}
}

// locate adds the line to refusals about an edge.
func (f *file) locate(err error) error {
	var r *domain.Refusal
	if !errors.As(err, &r) {
		return err
	}
	index, ok := strings.CutPrefix(r.Field, "edges[")
	if !ok {
		return err
	}
	k, wrong := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if wrong != nil || k >= len(f.lines) {
		return err
	}
	return at(r, int(f.lines[k]), r.Field, r.Message)
}
