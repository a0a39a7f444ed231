package roundfile

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// file is what a file says.
type file struct {
	problem rounds.Problem
	mode    rounds.Mode
	lines   []int32            // of each edge
	others  map[string][]int32 // of each entry of another list, by the name of the list
	keys    map[string]int     // of the keys of a JSON file
}

// note remembers the line of the next entry of a list that is not the edges.
func (f *file) note(list string, line int) {
	if f.others == nil {
		f.others = map[string][]int32{}
	}
	f.others[list] = append(f.others[list], int32(line))
}

// jsonReader reads the JSON form token by token.
type jsonReader struct {
	dec      *jsontext.Decoder
	lines    *lineCounter
	file     *file
	experts  int64 // -1 while unknown
	capacity int64 // of all, -1 when it is a list
	seen     map[string]bool
}

func readJSON(r io.Reader) (*file, error) {
	lines := &lineCounter{r: r, line: 1}
	j := &jsonReader{dec: jsontext.NewDecoder(lines, jsontext.AllowDuplicateNames(true)), lines: lines, file: &file{keys: map[string]int{}}, experts: -1, capacity: 1, seen: map[string]bool{}}
	if err := j.object(j.key); err != nil {
		return nil, err
	}
	if _, err := j.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, j.refuse(domain.ErrFormat, "Something follows the round.")
	}
	return j.file, j.finish()
}

// key reads the value of one key of the outer object.
func (j *jsonReader) key(name string) error {
	j.seen[name] = true
	j.file.keys[name] = j.line()
	p := &j.file.problem
	switch name {
	case "experts":
		n, err := j.integer(0, rounds.MaxNodes)
		j.experts = n
		return err
	case "expert_capacity":
		if j.dec.PeekKind() != '[' {
			n, err := j.integer(0, math.MaxInt32)
			j.capacity = n
			return err
		}
		j.capacity = -1
		return j.numbers(&p.Capacity, rounds.MaxNodes)
	case "seats":
		return j.numbers(&p.Seats, rounds.MaxNodes)
	case "edges":
		return j.array(rounds.MaxEdges, j.edge)
	case "locks":
		return j.array(rounds.MaxEdges, func() error { return j.pair("locks", &p.Locks) })
	case "vetoes":
		return j.array(rounds.MaxEdges, func() error { return j.pair("vetoes", &p.Vetoes) })
	case "groups":
		return j.array(maxGroups, j.group)
	case "seed":
		n, err := j.integer(0, math.MaxInt64)
		p.Seed = uint64(n)
		return err
	case "mode":
		s, err := j.text()
		j.file.mode = rounds.Mode(s)
		return err
	}
	return j.refuse(domain.ErrUnknown, "A round has no key of this name.")
}

// maxGroups is how many groups a file may have.
const maxGroups = 10_000

func (j *jsonReader) edge() error {
	var x [4]int64
	n := 0
	line := 0
	err := j.array(len(x), func() (err error) {
		low, high := int64(0), int64(math.MaxInt32)
		if n >= 2 {
			low = math.MinInt32
		}
		if x[n], err = j.integer(low, high); n == 0 {
			line = j.line()
		}
		n++
		return err
	})
	if err != nil {
		return err
	}
	p := &j.file.problem
	if n < 3 || (n == 4) != (p.Wishes != nil) && len(p.Edges) > 0 {
		return j.refuse(domain.ErrFormat, "An edge is [expert, need, score], or with a fourth number in all of them.")
	}
	if n == 4 {
		p.Wishes = append(p.Wishes, int32(x[3]))
	}
	p.Edges = append(p.Edges, rounds.Edge{Expert: int32(x[0]), Need: int32(x[1]), Score: int32(x[2])})
	j.file.lines = append(j.file.lines, int32(line))
	return nil
}

func (j *jsonReader) pair(list string, to *[]rounds.Pair) error {
	var x []int32
	err := j.numbers(&x, 2)
	if err != nil {
		return err
	}
	j.file.note(list, j.line())
	if len(x) != 2 {
		return j.refuse(domain.ErrFormat, "A pair is [expert, need].")
	}
	*to = append(*to, rounds.Pair{Expert: x[0], Need: x[1]})
	return nil
}

func (j *jsonReader) group() error {
	g := rounds.Group{Upper: math.MaxInt32}
	err := j.object(func(name string) error {
		var n int64
		var s string
		var err error
		switch name {
		case "name":
			g.Name, err = j.text()
		case "side":
			switch s, err = j.text(); s {
			case "needs":
				g.Side = certificate.Needs
			case "experts":
				g.Side = certificate.Experts
			default:
				if err == nil {
					err = j.refuse(domain.ErrUnknown, `A side is "needs" or "experts".`)
				}
			}
		case "members":
			err = j.numbers(&g.Members, rounds.MaxNodes)
		case "lower":
			n, err = j.integer(0, math.MaxInt32)
			g.Lower = int32(n)
		case "upper":
			n, err = j.integer(0, math.MaxInt32)
			g.Upper = int32(n)
		default:
			err = j.refuse(domain.ErrUnknown, "A group has no key of this name.")
		}
		return err
	})
	j.file.problem.Groups = append(j.file.problem.Groups, g)
	j.file.note("groups", j.line())
	return err
}

// finish brings number and capacity of experts together.
func (j *jsonReader) finish() error {
	p := &j.file.problem
	for _, name := range []string{"experts", "seats", "edges"} {
		if !j.seen[name] {
			return domain.ErrRequired.At(name).With("The round has no " + name + ".")
		}
	}
	if j.capacity >= 0 {
		p.Capacity = make([]int32, j.experts)
		for i := range p.Capacity {
			p.Capacity[i] = int32(j.capacity)
		}
	}
	if int64(len(p.Capacity)) != j.experts {
		return at(rounds.ErrParallel, j.file.keys["expert_capacity"], "expert_capacity",
			"The list has "+strconv.Itoa(len(p.Capacity))+" entries for "+strconv.FormatInt(j.experts, 10)+" experts.")
	}
	return nil
}

func (j *jsonReader) object(key func(string) error) error {
	if err := j.open('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for j.dec.PeekKind() != '}' {
		t, err := j.token()
		if err != nil {
			return err
		}
		name := t.String()
		if seen[name] {
			return j.refuse(domain.ErrFormat, "The key stands here twice.")
		}
		seen[name] = true
		if err := key(name); err != nil {
			return err
		}
	}
	_, err := j.token()
	return err
}

func (j *jsonReader) array(most int, item func() error) error {
	if err := j.open('['); err != nil {
		return err
	}
	for n := 0; j.dec.PeekKind() != ']'; n++ {
		if n == most {
			return j.refuse(domain.ErrTooMany, "The list has more entries than "+strconv.Itoa(most)+".")
		}
		if err := item(); err != nil {
			return err
		}
	}
	_, err := j.token()
	return err
}

func (j *jsonReader) open(kind jsontext.Kind) error {
	if k := j.dec.PeekKind(); k != kind && k != 0 {
		return j.refuse(domain.ErrFormat, "Expected "+map[jsontext.Kind]string{'{': "an object.", '[': "a list."}[kind])
	}
	_, err := j.token()
	return err
}

func (j *jsonReader) numbers(to *[]int32, most int) error {
	return j.array(most, func() error {
		n, err := j.integer(0, math.MaxInt32)
		*to = append(*to, int32(n))
		return err
	})
}

// integer reads a number without fraction or exponent.
func (j *jsonReader) integer(low, high int64) (int64, error) {
	if k := j.dec.PeekKind(); k != '0' && k != 0 {
		return 0, j.refuse(domain.ErrFormat, "Expected a whole number.")
	}
	v, err := j.dec.ReadValue()
	if err != nil {
		return 0, j.broken(err)
	}
	n, ok := parse(v)
	if !ok && bytes.ContainsAny(v, ".eE") {
		return 0, j.refuse(domain.ErrFormat, "Expected a whole number, without a fraction or an exponent.")
	}
	if !ok || n < low || n > high {
		return 0, j.refuse(domain.ErrRange, "The number must be from "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10)+".")
	}
	return n, nil
}

// parse reads decimal digits with an optional sign; no more than fit.
func parse(v []byte) (n int64, ok bool) {
	digits := bytes.TrimPrefix(v, []byte("-"))
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(v) {
		n = -n
	}
	return n, true
}

func (j *jsonReader) text() (string, error) {
	if k := j.dec.PeekKind(); k != '"' && k != 0 {
		return "", j.refuse(domain.ErrFormat, "Expected a text.")
	}
	t, err := j.token()
	if err != nil {
		return "", err
	}
	return t.String(), nil
}

func (j *jsonReader) token() (jsontext.Token, error) {
	t, err := j.dec.ReadToken()
	if err != nil {
		return t, j.broken(err)
	}
	return t, nil
}

// broken tells text that is not JSON from a reader that failed.
func (j *jsonReader) broken(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return j.refuse(domain.ErrFormat, "The text is not valid JSON, or ends too early.")
	}
	return err
}

// refuse names the line and, from the decoder's place, the field.
func (j *jsonReader) refuse(r *domain.Refusal, message string) error {
	return at(r, j.line(), field(string(j.dec.StackPointer())), message)
}

func (j *jsonReader) line() int { return j.lines.at(j.dec.InputOffset()) }

// field turns a JSON pointer into the way that the project writes fields.
func field(pointer string) string {
	var b strings.Builder
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if _, ok := parse([]byte(part)); ok {
			b.WriteString("[" + part + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
	}
	return b.String()
}

func at(r *domain.Refusal, line int, field, message string) *domain.Refusal {
	return r.At(field).With("Line " + strconv.Itoa(line) + ": " + message)
}

// lineCounter remembers where lines end, as far as the decoder has not yet passed
// them.
type lineCounter struct {
	r     io.Reader
	read  int64
	line  int     // of the first offset that is not passed
	ends  []int64 // offsets of newlines that are not passed
	again int
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for k, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(k))
		}
	}
	l.read += int64(n)
	return n, err
}

// at is the line of an offset that is not before that of the last call.
func (l *lineCounter) at(offset int64) int {
	k := l.again
	for k < len(l.ends) && l.ends[k] < offset {
		k++
	}
	l.line += k - l.again
	if l.again = k; k == len(l.ends) || k > 4096 {
		l.ends, l.again = append(l.ends[:0], l.ends[k:]...), 0
	}
	return l.line
}
