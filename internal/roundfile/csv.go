package roundfile

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

var header = []string{"kind", "expert", "need", "value"}

// csvReader reads the CSV form row by row.
type csvReader struct {
	csv  *csv.Reader
	file *file
	row  []string
}

func readCSV(r io.Reader) (*file, error) {
	c := &csvReader{csv: csv.NewReader(r), file: &file{}}
	c.csv.ReuseRecord, c.csv.FieldsPerRecord = true, -1
	for n := 0; ; n++ {
		row, err := c.csv.Read()
		if errors.Is(err, io.EOF) {
			if n == 0 {
				return nil, domain.ErrRequired.At("kind").With("The file is empty.")
			}
			return c.file, nil
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return nil, at(domain.ErrFormat, broken.Line, "", "The row is not valid CSV.")
		}
		if err != nil {
			return nil, err
		}
		c.row = row
		if n == 0 {
			if !slices.Equal(row, header) {
				return nil, at(domain.ErrFormat, 1, "kind", "The first row must be kind,expert,need,value.")
			}
			continue
		}
		if len(row) != len(header) {
			return nil, c.refuse(0, domain.ErrFormat, "A row has four cells.")
		}
		if err := c.read(); err != nil {
			return nil, err
		}
	}
}

func (c *csvReader) read() error {
	p := &c.file.problem
	kind := c.row[0]
	var x [4]int64
	for k := 1; k < 4; k++ {
		if wanted := wants(kind, k); !wanted {
			if c.row[k] != "" {
				return c.refuse(k, domain.ErrFormat, "This kind of row leaves the cell empty.")
			}
			continue
		}
		n, ok := parse([]byte(c.row[k]))
		low, high := int64(0), int64(rounds.MaxNodes-1)
		if k == 3 {
			if high = math.MaxInt32; kind == "edge" {
				low = math.MinInt32
			}
		}
		if !ok || n < low || n > high {
			return c.refuse(k, domain.ErrRange, "Expected an integer within range.")
		}
		x[k] = n
	}
	if wants(kind, 1) {
		p.Capacity = grow(p.Capacity, x[1])
	}
	if wants(kind, 2) {
		p.Seats = grow(p.Seats, x[2])
	}
	pair := rounds.Pair{Expert: int32(x[1]), Need: int32(x[2])}
	switch kind {
	case "expert":
		p.Capacity[x[1]] = int32(x[3])
	case "need":
		p.Seats[x[2]] = int32(x[3])
	case "edge":
		if len(p.Edges) == rounds.MaxEdges {
			return c.refuse(0, domain.ErrTooMany, "The file has too many edges.")
		}
		line, _ := c.csv.FieldPos(0)
		p.Edges = append(p.Edges, rounds.Edge{Expert: pair.Expert, Need: pair.Need, Score: int32(x[3])})
		c.file.lines = append(c.file.lines, int32(line))
	case "lock":
		p.Locks = append(p.Locks, pair)
		c.note("locks")
	case "veto":
		p.Vetoes = append(p.Vetoes, pair)
		c.note("vetoes")
	default:
		return c.refuse(0, domain.ErrUnknown, "A row is of the kind expert, need, edge, lock or veto.")
	}
	return nil
}

// wants reports whether a kind of row has something in the cell. Of a kind that
// nobody knows nothing is asked before it is refused.
func wants(kind string, cell int) bool {
	switch kind {
	case "expert":
		return cell != 2
	case "need":
		return cell != 1
	case "edge":
		return true
	case "lock", "veto":
		return cell != 3
	}
	return false
}

// grow makes room for an index; those not named have a capacity of 1.
func grow(s []int32, index int64) []int32 {
	for int64(len(s)) <= index {
		s = append(s, 1)
	}
	return s
}

func (c *csvReader) note(list string) {
	line, _ := c.csv.FieldPos(0)
	c.file.note(list, line)
}

func (c *csvReader) refuse(cell int, r *domain.Refusal, message string) error {
	line, _ := c.csv.FieldPos(min(cell, len(c.row)-1))
	return at(r, line, header[cell], message)
}
