package exchange

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Read reads the rows of a file. Faults name everything that is wrong with its
// shape; the rows are then of no use. An error is the reader's own.
func Read(r io.Reader, k Kind, f Format) ([]Row, Faults, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("exchange: read: %w", err)
	}
	var faults Faults
	switch {
	case len(b) > MaxFileBytes:
		faults.add(0, ErrTooLarge.With(fmt.Sprintf("The file has more than %d bytes.", MaxFileBytes)))
	case !utf8.Valid(b):
		faults.add(0, ErrFile.With("The file is not in UTF-8."))
	case f == JSON:
		rows, faults := readJSON(b, k)
		return rows, faults, nil
	default:
		rows, faults := readCSV(b, k)
		return rows, faults, nil
	}
	return nil, faults, nil
}

// readCSV reads comma or semicolon separated values: spreadsheets of half of
// Europe write the latter.
func readCSV(b []byte, k Kind) ([]Row, Faults) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	if first, _, _ := bytes.Cut(b, []byte("\n")); bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		r.Comma = ';'
	}
	var faults Faults
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		faults.add(0, ErrFile.With("The file is empty."))
		return nil, faults
	}
	if err != nil {
		faults.add(1, ErrFile.With("The header is not CSV: "+csvReason(err)+"."))
		return nil, faults
	}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	faults = checkHeader(header, k)
	var rows []Row
	for number := 2; ; number++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			faults.add(number, ErrFile.With("The row is not CSV: "+csvReason(err)+"."))
			return nil, faults // what follows cannot be told apart any more
		}
		if blank(cells) {
			continue
		}
		if len(cells) > len(header) {
			faults.add(number, ErrFile.With("The row has more cells than the header."))
			continue
		}
		if rows = append(rows, csvRow(k, number, header, cells)); len(rows) > MaxRows {
			faults.add(number, ErrTooLarge.With(fmt.Sprintf("The file has more than %d rows.", MaxRows)))
			return nil, faults
		}
	}
	return rows, faults
}

func csvReason(err error) string {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return parse.Err.Error()
	}
	return "it cannot be read"
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

func csvRow(k Kind, number int, header, cells []string) Row {
	row := Row{Number: number, values: map[string][]string{}}
	for i, cell := range cells {
		c, _ := column(k, header[i])
		if values := split(c.form, cell); len(values) > 0 {
			row.values[header[i]] = values
		}
	}
	return row
}

// split takes a cell apart into its values, without the empty ones.
func split(f form, cell string) []string {
	separator := ""
	switch f {
	case codes:
		separator = ";"
	case entries:
		separator = "\n"
	default:
		if cell = strings.TrimSpace(cell); cell == "" {
			return nil
		}
		return []string{unguard(cell)}
	}
	var out []string
	for v := range strings.SplitSeq(cell, separator) {
		if v = unguard(strings.TrimSpace(v)); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func checkHeader(header []string, k Kind) Faults {
	var faults Faults
	for i, name := range header {
		switch _, known := column(k, name); {
		case slices.Contains(header[:i], name):
			faults.add(1, ErrColumn.At(name).With("The column is there twice."))
		case !known:
			faults.add(1, ErrColumn.At(name))
		}
	}
	for _, c := range tables[k] {
		if c.Required && c.Imported() && !slices.Contains(header, c.Name) {
			faults.add(1, ErrMissing.At(c.Name))
		}
	}
	return faults
}

// readJSON reads an array of objects whose members are columns: a string, a
// number, true or false, an array of those, or null.
func readJSON(b []byte, k Kind) ([]Row, Faults) {
	var faults Faults
	var objects []map[string]jsontext.Value
	if err := json.Unmarshal(b, &objects); err != nil {
		faults.add(0, ErrFile.With("The file is not a JSON array of objects"+jsonPlace(err)+"."))
		return nil, faults
	}
	if len(objects) > MaxRows {
		faults.add(0, ErrTooLarge.With(fmt.Sprintf("The file has more than %d rows.", MaxRows)))
		return nil, faults
	}
	var rows []Row
	for i, o := range objects {
		row := Row{Number: i + 1, values: map[string][]string{}}
		for _, name := range sortedNames(o) {
			c, known := column(k, name)
			if !known {
				faults.add(row.Number, ErrColumn.At(name))
				continue
			}
			values, ok := jsonValues(o[name])
			if !ok || len(values) > 1 && c.form <= number {
				faults.add(row.Number, ErrFile.At(name).With("The value is not one that this column takes."))
				continue
			}
			if len(values) > 0 {
				row.values[name] = values
			}
		}
		rows = append(rows, row)
	}
	return rows, faults
}

func jsonPlace(err error) string {
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fmt.Sprintf(": byte %d", syntactic.ByteOffset)
	}
	return ""
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// jsonValues reads a scalar or an array of scalars.
func jsonValues(v jsontext.Value) ([]string, bool) {
	if v.Kind() == '[' {
		var list []jsontext.Value
		if err := json.Unmarshal(v, &list); err != nil {
			return nil, false
		}
		var out []string
		for _, item := range list {
			s, ok := jsonScalar(item)
			if !ok {
				return nil, false
			}
			if s != "" {
				out = append(out, s)
			}
		}
		return out, true
	}
	s, ok := jsonScalar(v)
	if s == "" {
		return nil, ok
	}
	return []string{s}, ok
}

func jsonScalar(v jsontext.Value) (string, bool) {
	switch v.Kind() {
	case '"':
		var s string
		err := json.Unmarshal(v, &s)
		return unguard(strings.TrimSpace(s)), err == nil
	case '0':
		return string(v), true
	case 't':
		return "yes", true
	case 'f':
		return "no", true
	case 'n':
		return "", true
	}
	return "", false
}
