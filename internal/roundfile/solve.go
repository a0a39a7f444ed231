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
	Prices bool             // writes the prices of the proof, so that others can check it
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

// Certificate is the verdict of the separate checker. A stable plan has no dual
// and no gap: what is proved of it is that no pair blocks it.
type Certificate struct {
	Dual   *int64  `json:"dual"` // no plan of this kind has a greater total
	Gap    *int64  `json:"gap"`
	Valid  bool    `json:"valid"` // always true: a plan that is not proved is an error
	Prices *Prices `json:"prices,omitzero"`
	// Of a fairest plan with prices: its smallest score that no lock fixed, and the
	// prices that prove that no plan fills more seats, and none as many above it.
	Floor *int32  `json:"floor,omitzero"`
	Most  *Prices `json:"most,omitzero"`
	Above *Prices `json:"above,omitzero"`
}

// Prices prove a bound: parallel to experts, needs and groups.
type Prices struct {
	Expert []int64 `json:"expert"`
	Need   []int64 `json:"need"`
	Upper  []int64 `json:"upper"`
	Lower  []int64 `json:"lower"`
	Size   int64   `json:"size"`
}

func pricesOf(d certificate.Duals) *Prices {
	return &Prices{Expert: d.Expert, Need: d.Need, Upper: d.Upper, Lower: d.Lower, Size: d.Size}
}

func certificateOf(r *rounds.Round, v certificate.Verdict, prices bool) Certificate {
	c := Certificate{Valid: true}
	if r.Mode == certificate.Stable {
		return c
	}
	c.Dual, c.Gap = &v.Bound, &v.Gap
	if !prices {
		return c
	}
	c.Prices = pricesOf(r.Proof.Duals)
	if r.Mode == certificate.Fairest {
		c.Floor, c.Most, c.Above = &r.Proof.Floor, pricesOf(r.Proof.Most), pricesOf(r.Proof.Above)
	}
	return c
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
	return write(w, answer(round, v, c, seconds, o.Prices))
}

func answer(r *rounds.Round, v certificate.Verdict, c *rounds.Comparison, s Seconds, prices bool) *Answer {
	a := &Answer{
		Mode: r.Mode, Total: v.Total, Assigned: make([][3]int32, 0, len(r.Plan)), UnfilledSeats: c.Chosen.Unfilled,
		Certificate: certificateOf(r, v, prices), Seconds: s,
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

// locate adds the line to what is refused of a file that could be read: that of
// the entry of a list, or else that of the key.
func (f *file) locate(err error) error {
	var r *domain.Refusal
	if !errors.As(err, &r) {
		return err
	}
	list, rest, _ := strings.Cut(r.Field, "[")
	index, _, _ := strings.Cut(rest, "]")
	lines := f.others[list]
	if list == "edges" {
		lines = f.lines
	}
	if k, wrong := strconv.Atoi(index); wrong == nil && k < len(lines) {
		return at(r, int(lines[k]), r.Field, r.Message)
	}
	if line := f.keys[list]; line > 0 {
		return at(r, line, r.Field, r.Message)
	}
	return err
}
