package exchange

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// Kind is what a file is about.
type Kind string

const (
	Needs        Kind = "needs"
	Institutions Kind = "institutions"
	Experts      Kind = "experts"
	Candidacies  Kind = "candidacies"
	Assignments  Kind = "assignments"
)

// Importable and Exportable list the kinds in their fixed order.
var (
	Importable = []Kind{Institutions, Needs, Experts}
	Exportable = []Kind{Needs, Institutions, Candidacies, Assignments, Experts}
)

// Format is how a file is written.
type Format string

const (
	CSV  Format = "csv"
	JSON Format = "json"
)

// form is how a column holds its values.
type form int

const (
	one     form = iota // one value
	number              // one number
	codes               // values separated by ";" in CSV, an array in JSON
	entries             // one value a line in CSV, an array in JSON
)

// way says in which direction a column goes.
type way int

const (
	both    way = iota
	inOnly      // an import reads it
	outOnly     // an export writes it; an import passes over it
)

// Column of a table.
type Column struct {
	Name     string
	Required bool // an import demands a value
	About    string
	Example  string
	form     form
	way      way
}

// Columns lists the columns of a kind in the order in which they are written.
func Columns(k Kind) []Column { return tables[k] }

// Imported reports whether an import reads the column.
func (c Column) Imported() bool { return c.way != outOnly }

// Exported reports whether an export writes the column.
func (c Column) Exported() bool { return c.way != inOnly }

// Several says how a column takes several values; "" for one that does not.
func (c Column) Several() string {
	switch c.form {
	case codes:
		return "separated by ;"
	case entries:
		return "one a line"
	}
	return ""
}

func column(k Kind, name string) (Column, bool) {
	i := slices.IndexFunc(tables[k], func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return tables[k][i], true
}

var tables = map[Kind][]Column{
	Needs: needColumns, Institutions: institutionColumns, Experts: expertColumns,
	Candidacies: candidacyColumns, Assignments: assignmentColumns,
}

// Row is one row by column; Number is what a spreadsheet shows beside it (the
// header is row 1), or the place in a JSON array, from 1.
type Row struct {
	Number int
	values map[string][]string
}

// Fault is one thing wrong with a file. Row is 0 where it concerns the file.
type Fault struct {
	Row     int    `json:"row"`
	Field   string `json:"field,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Cure    string `json:"cure"`
}

// Faults are everything that is wrong, in the order of the rows.
type Faults []Fault

func (fs *Faults) add(row int, refusals ...*domain.Refusal) {
	for _, r := range refusals {
		*fs = append(*fs, Fault{row, r.Field, r.Code, r.Message, r.Cure})
	}
}

// Bounds, listed in docs/limits.md.
const (
	MaxFileBytes = 64 << 20
	MaxRows      = 50_000
	MaxFaults    = 1_000 // reported; the rest are counted
)

// Refusals of files.
var (
	ErrFile     = domain.Refuse(domain.Invalid, "import.file", "The file cannot be read.", "Save it as CSV in UTF-8, or as a JSON array of objects.")
	ErrTooLarge = domain.Refuse(domain.Invalid, "import.too_large", "The file is too large.", "Split it; docs/limits.md names the bound.")
	ErrColumn   = domain.Refuse(domain.Invalid, "import.column", "There is no such column.", "Use the names in docs/import.md; take the column out if it is not meant for the platform.")
	ErrMissing  = domain.Refuse(domain.Invalid, "import.column_missing", "A required column is not there.", "Add the column; docs/import.md describes it.")
	ErrTwice    = domain.Refuse(domain.Invalid, "import.row_twice", "Two rows have the same key.", "Keep one of them, or give the other its own id or reference.")
	ErrKey      = domain.Refuse(domain.Invalid, "import.key", "The row has no key.", "Give an id (a UUID), or a reference of your own that stays the same.")
	ErrPerson   = domain.Refuse(domain.Invalid, "import.person_id", "A person needs a random id.", "Give a UUID, for example from uuidgen, and keep it in your file; nothing about the person may go into it.")
	ErrUnknown  = domain.Refuse(domain.NotFound, "import.unknown", "The platform does not know this.", "Check the id or the name; import institutions before their needs.")
	ErrSeveral  = domain.Refuse(domain.Invalid, "import.ambiguous", "The name is not the name of one institution alone.", "Give its id instead.")
	ErrPast     = domain.Refuse(domain.Refused, "import.past_draft", "The need has been submitted since; a file does not change it any more.", "Change it on the platform, where its readers are told.")
)
