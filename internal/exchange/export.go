package exchange

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// record is a row to write, by column. An empty value is no value.
type record map[string][]string

// Exported counts the rows of an export.
type Exported struct {
	Rows int
	// Protected are the rows left out because their country, host or need is
	// protected.
	Protected int
}

// ProtectedText tells how many rows were left out, without telling small counts.
func (e Exported) ProtectedText() string { return suppressed(e.Protected) }

// Export writes the rows of a kind as the views stand, in the order of their
// ids. An error is the reader's or the writer's.
func Export(r projections.Reader, k Kind, f Format, w io.Writer) (Exported, error) {
	x := exporter{reader: r}
	write := newCSV
	if f == JSON {
		write = newJSON
	}
	out, err := write(w, k)
	if err != nil {
		return Exported{}, err
	}
	var done Exported
	for row, err := range x.rows(k) {
		if err != nil {
			return done, err
		}
		if row == nil {
			done.Protected++
			continue
		}
		if err := out.row(row); err != nil {
			return done, fmt.Errorf("exchange: write: %w", err)
		}
		done.Rows++
	}
	if err := out.end(); err != nil {
		return done, fmt.Errorf("exchange: write: %w", err)
	}
	return done, nil
}

// exporter looks up what rows refer to.
type exporter struct{ reader projections.Reader }

// rows yields the records of a kind, nil for a protected row.
func (x exporter) rows(k Kind) iter.Seq2[record, error] {
	switch k {
	case Institutions:
		return each(views.Institutions.All(x.reader), x.institution)
	case Needs:
		return each(views.Needs.All(x.reader), x.need)
	case Experts:
		return each(views.Experts.All(x.reader), x.expert)
	case Candidacies:
		return each(views.Candidacies.All(x.reader), x.candidacy)
	}
	return each(views.Assignments.All(x.reader), x.assignment)
}

func each[T any](rows iter.Seq2[*T, error], write func(*T) (record, error)) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			r, err := write(row)
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (x exporter) institution(i *views.InstitutionRow) (record, error) {
	hidden, err := x.protected(i.Programme, i.Profile.Country, i)
	if hidden || err != nil {
		return nil, err
	}
	return writeInstitution(i), nil
}

func (x exporter) need(n *views.NeedRow) (record, error) {
	host, hidden, err := x.host(n.Programme, n.Country, n.Institution, n)
	if hidden || err != nil {
		return nil, err
	}
	return writeNeed(n, host), nil
}

// expert leaves out whom a protected country of heritage could identify.
func (x exporter) expert(e *views.ExpertRow) (record, error) {
	for _, c := range e.Countries() {
		for p, err := range views.Programmes.All(x.reader) {
			if err != nil {
				return nil, err
			}
			if country := p.Country(c); country != nil && country.Sensitivity == domain.Protected {
				return nil, nil
			}
		}
	}
	return writeExpert(e), nil
}

func (x exporter) candidacy(c *views.CandidacyRow) (record, error) {
	n, host, hidden, err := x.place(c.Programme, c.Country, c.Institution, c.Need)
	if hidden || err != nil {
		return nil, err
	}
	return writeCandidacy(c, n, host), nil
}

func (x exporter) assignment(a *views.AssignmentRow) (record, error) {
	n, host, hidden, err := x.place(a.Programme, a.Country, a.Institution, a.Need)
	if hidden || err != nil {
		return nil, err
	}
	return writeAssignment(a, n, host), nil
}

func (x exporter) place(p domain.ProgrammeID, c domain.Country, i domain.InstitutionID, id domain.NeedID) (*views.NeedRow, *views.InstitutionRow, bool, error) {
	n, err := views.Needs.Get(x.reader, string(id))
	if err != nil {
		return nil, nil, false, err
	}
	host, hidden, err := x.host(p, c, i, n)
	return n, host, hidden, err
}

// host finds the institution of a row and tells whether the row is protected.
func (x exporter) host(p domain.ProgrammeID, c domain.Country, i domain.InstitutionID, n *views.NeedRow) (*views.InstitutionRow, bool, error) {
	host, err := views.Institutions.Get(x.reader, string(i))
	if err != nil {
		return nil, false, err
	}
	if n != nil && n.Terms.Sensitivity == domain.Protected {
		return host, true, nil
	}
	hidden, err := x.protected(p, c, host)
	return host, hidden, err
}

func (x exporter) protected(p domain.ProgrammeID, c domain.Country, host *views.InstitutionRow) (bool, error) {
	if host != nil && host.Profile.Sensitivity == domain.Protected {
		return true, nil
	}
	programme, err := views.Programmes.Get(x.reader, string(p))
	if err != nil || programme == nil {
		return false, err
	}
	country := programme.Country(c)
	return country != nil && country.Sensitivity == domain.Protected, nil
}

// file writes records.
type file interface {
	row(record) error
	end() error
}

func exported(k Kind) []Column {
	var out []Column
	for _, c := range tables[k] {
		if c.Exported() {
			out = append(out, c)
		}
	}
	return out
}

// csvFile writes a header and a line a record.
type csvFile struct {
	w       *csv.Writer
	columns []Column
}

func newCSV(w io.Writer, k Kind) (file, error) {
	f := csvFile{csv.NewWriter(w), exported(k)}
	header := make([]string, len(f.columns))
	for i, c := range f.columns {
		header[i] = c.Name
	}
	return f, f.w.Write(header)
}

func (f csvFile) row(r record) error {
	line := make([]string, len(f.columns))
	for i, c := range f.columns {
		line[i] = strings.Join(safe(c, r[c.Name]), map[form]string{codes: ";", entries: "\n"}[c.form])
	}
	return f.w.Write(line)
}

func (f csvFile) end() error {
	f.w.Flush()
	return f.w.Error()
}

// safe guards values against formulas, and gives an entry of a list one line.
func safe(c Column, values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		if c.form == entries {
			v = strings.Join(strings.Fields(strings.ReplaceAll(v, "\n", " ")), " ")
		}
		out[i] = guard(v)
	}
	return out
}

// jsonFile writes an array of objects, a member a column, without empty ones.
type jsonFile struct {
	e       *jsontext.Encoder
	w       io.Writer
	columns []Column
}

func newJSON(w io.Writer, k Kind) (file, error) {
	f := jsonFile{jsontext.NewEncoder(w, jsontext.WithIndent("  ")), w, exported(k)}
	return f, f.e.WriteToken(jsontext.BeginArray)
}

func (f jsonFile) row(r record) error {
	if err := f.e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, c := range f.columns {
		values := safe(c, r[c.Name])
		if len(values) == 0 || c.form <= number && values[0] == "" {
			continue
		}
		if err := f.member(c, values); err != nil {
			return err
		}
	}
	return f.e.WriteToken(jsontext.EndObject)
}

func (f jsonFile) member(c Column, values []string) error {
	tokens := []jsontext.Token{jsontext.String(c.Name)}
	switch c.form {
	case number:
		return f.number(c, values[0])
	case one:
		tokens = append(tokens, jsontext.String(values[0]))
	default:
		tokens = append(tokens, jsontext.BeginArray)
		for _, v := range values {
			tokens = append(tokens, jsontext.String(v))
		}
		tokens = append(tokens, jsontext.EndArray)
	}
	for _, t := range tokens {
		if err := f.e.WriteToken(t); err != nil {
			return err
		}
	}
	return nil
}

func (f jsonFile) number(c Column, value string) error {
	if err := f.e.WriteToken(jsontext.String(c.Name)); err != nil {
		return err
	}
	return f.e.WriteValue(jsontext.Value(value))
}

// end closes the array; the encoder ends the file with a line feed.
func (f jsonFile) end() error { return f.e.WriteToken(jsontext.EndArray) }
