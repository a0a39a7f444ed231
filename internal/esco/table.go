package esco

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/diaspora-match/diaspora/domain"
)

// rowsBetweenChecks is how many rows are read before the context is asked again.
const rowsBetweenChecks = 4096

// faults gathers what is wrong with the rows, up to MaxFaults.
type faults struct{ rows domain.Refusals }

// errEnough ends the reading once MaxFaults rows are named.
var errEnough = errors.New("esco: enough faults")

func (f *faults) add(r *domain.Refusal) error {
	f.rows = append(f.rows, r)
	if len(f.rows) >= MaxFaults {
		return errEnough
	}
	return nil
}

func (f *faults) err() error {
	if len(f.rows) == 0 {
		return nil
	}
	return f.rows
}

// row is one row of a table under the columns that were asked for. It is valid
// until the next row is read; cell copies.
type row struct {
	file   string
	header []string
	at     []int // place in the record of each asked column
	record []string
	csv    *csv.Reader
}

// cell is a copy of a cell, without blanks around it.
func (r *row) cell(column int) string {
	return strings.Clone(strings.TrimSpace(r.record[r.at[column]]))
}

// fault names a cell: file, line, column of the table.
func (r *row) fault(column int, message string) *domain.Refusal {
	line, _ := r.csv.FieldPos(r.at[column])
	return ErrRow.At(fmt.Sprintf("%s:%d:%s", r.file, line, r.header[r.at[column]])).With(message)
}

// table reads the rows of one CSV file. each is called for every row; what it
// refuses is gathered. Rows of another length, cells that are not UTF-8 or are
// too long, and quotes that do not close are refused here.
func table(ctx context.Context, name string, in io.Reader, columns []string, bad *faults, each func(*row) *domain.Refusal) error {
	limited := &io.LimitedReader{R: in, N: MaxFileBytes + 1}
	buffered := bufio.NewReaderSize(limited, 1<<16)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		buffered.Discard(3)
	}
	reader := csv.NewReader(buffered)
	reader.ReuseRecord = true
	r := &row{file: name, csv: reader}
	if err := r.begin(columns); err != nil {
		return tooLong(name, limited, err)
	}
	for n := 0; ; n++ {
		if n%rowsBetweenChecks == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		record, err := reader.Read()
		if err == io.EOF {
			return tooLong(name, limited, nil)
		}
		var refusal *domain.Refusal
		var parse *csv.ParseError
		switch {
		case errors.As(err, &parse):
			refusal = ErrRow.At(fmt.Sprintf("%s:%d", name, parse.Line)).With(unparsed(parse))
			if !errors.Is(err, csv.ErrFieldCount) { // after a broken quote nothing can be trusted
				return tooLong(name, limited, bad.add(refusal))
			}
		case err != nil:
			return fmt.Errorf("esco: read %s: %w", name, err)
		default:
			r.record = record
			if refusal = r.check(); refusal == nil {
				refusal = each(r)
			}
		}
		if refusal != nil {
			if err := bad.add(refusal); err != nil {
				return err
			}
		}
	}
}

// tooLong turns the end at the bound into a refusal: a file that was cut there
// seems to end well, or breaks in mid-row.
func tooLong(name string, limited *io.LimitedReader, otherwise error) error {
	if limited.N <= 0 {
		return ErrPackage.At(name).With(fmt.Sprintf("The file has more than %d bytes.", MaxFileBytes))
	}
	return otherwise
}

func unparsed(e *csv.ParseError) string {
	if errors.Is(e, csv.ErrFieldCount) {
		return "The row has more or fewer cells than the header."
	}
	return fmt.Sprintf("The quotes of this row do not fit (character %d).", e.Column)
}

// begin reads the header and finds the asked columns in it.
func (r *row) begin(columns []string) error {
	header, err := r.csv.Read()
	if err != nil {
		return ErrRow.At(r.file + ":1").With("The file has no header that can be read.")
	}
	r.header = slices.Clone(header) // strings stay: only the slice is used again
	for _, want := range columns {
		found := -1
		for i, h := range r.header {
			if h != want {
				continue
			}
			if found >= 0 {
				return ErrRow.At(r.file + ":1:" + want).With("The header has this column twice.")
			}
			found = i
		}
		if found < 0 {
			return ErrRow.At(r.file + ":1:" + want).With("The header has no such column.")
		}
		r.at = append(r.at, found)
	}
	return nil
}

func (r *row) check() *domain.Refusal {
	for c, i := range r.at {
		switch {
		case len(r.record[i]) > MaxFieldBytes:
			return r.fault(c, fmt.Sprintf("The cell has more than %d bytes.", MaxFieldBytes))
		case !utf8.ValidString(r.record[i]) || strings.ContainsRune(r.record[i], 0):
			return r.fault(c, "The cell is not text in UTF-8.")
		}
	}
	return nil
}
