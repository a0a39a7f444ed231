package domain

import (
	"errors"
	"strings"
)

// Kind sorts refusals by what the caller can do about them. It maps once to
// GraphQL and once to the command line.
type Kind string

const (
	Invalid   Kind = "invalid"   // the input is malformed: mend the named field
	Refused   Kind = "refused"   // a rule of the domain forbids it in this state
	Conflict  Kind = "conflict"  // somebody was faster: load again and decide again
	NotFound  Kind = "not_found" // absent, or not yours to see: the same answer
	Forbidden Kind = "forbidden" // you are known, and may not do this
	Busy      Kind = "busy"      // a bound was reached: try again later
)

// Refusal is the only error that users see: a stable code, the field that it
// speaks of, what is wrong, and what would cure it. Packages declare their
// refusals as sentinels and return them as they are or through At and With;
// errors.Is compares codes.
//
// A refusal never carries personal data: it ends in logs and answers.
type Refusal struct {
	Code    string `json:"code"`            // "need.closed": package, dot, reason
	Kind    Kind   `json:"kind"`            // what sort of refusal
	Field   string `json:"field,omitempty"` // "skills[2].level", in the names of the input
	Message string `json:"message"`         // one sentence: what is wrong
	Cure    string `json:"cure"`            // one sentence: what to do
}

// Refuse declares a sentinel refusal.
func Refuse(kind Kind, code, message, cure string) *Refusal {
	return &Refusal{Code: code, Kind: kind, Message: message, Cure: cure}
}

func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString(r.Code)
	if r.Field != "" {
		b.WriteString(" [" + r.Field + "]")
	}
	b.WriteString(": " + r.Message)
	return b.String()
}

// Is compares codes, so that a refusal with a field still is its sentinel.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code
}

// At returns the refusal for a field.
func (r *Refusal) At(field string) *Refusal {
	c := *r
	c.Field = field
	return &c
}

// With returns the refusal with a more precise message.
func (r *Refusal) With(message string) *Refusal {
	c := *r
	c.Message = message
	return &c
}

// Refusals are several refusals of one command, so that a user mends all
// fields at once. errors.Is finds each.
type Refusals []*Refusal

func (rs Refusals) Error() string {
	parts := make([]string, len(rs))
	for i, r := range rs {
		parts[i] = r.Error()
	}
	return strings.Join(parts, "; ")
}

// Unwrap gives the single refusals to errors.Is and errors.As.
func (rs Refusals) Unwrap() []error {
	errs := make([]error, len(rs))
	for i, r := range rs {
		errs[i] = r
	}
	return errs
}

// Checks collects the refusals of one command.
type Checks struct{ refusals Refusals }

// Require adds the refusal unless ok.
func (c *Checks) Require(ok bool, r *Refusal) {
	if !ok {
		c.refusals = append(c.refusals, r)
	}
}

// Add takes over the refusals of err under a field prefix; an error that is no
// refusal is a programming mistake and panics.
func (c *Checks) Add(prefix string, err error) {
	if err == nil {
		return
	}
	rs := AsRefusals(err)
	if rs == nil {
		panic("domain: not a refusal: " + err.Error())
	}
	for _, r := range rs {
		f := prefix
		switch {
		case r.Field == "":
		case f == "" || r.Field[0] == '[':
			f += r.Field
		default:
			f += "." + r.Field
		}
		c.refusals = append(c.refusals, r.At(f))
	}
}

// Err is nil, the one refusal, or all of them.
func (c *Checks) Err() error {
	switch len(c.refusals) {
	case 0:
		return nil
	case 1:
		return c.refusals[0]
	}
	return c.refusals
}

// AsRefusals returns the refusals in err, or nil when err is something else.
func AsRefusals(err error) Refusals {
	var rs Refusals
	if errors.As(err, &rs) {
		return rs
	}
	var r *Refusal
	if errors.As(err, &r) {
		return Refusals{r}
	}
	return nil
}

// Refusals of shared values.
var (
	ErrRequired = Refuse(Invalid, "input.required", "A value is required here.", "Fill in this field.")
	ErrFormat   = Refuse(Invalid, "input.format", "The value is not of the expected form.", "Use the form that the documentation of this field shows.")
	ErrRange    = Refuse(Invalid, "input.range", "The value is out of range.", "Choose a value within the range that the documentation of this field gives.")
	ErrUnknown  = Refuse(Invalid, "input.unknown", "The value is not in the list.", "Choose one of the listed values.")
	ErrTooLong  = Refuse(Invalid, "input.too_long", "The text is too long.", "Shorten the text; docs/limits.md names the bound.")
	ErrTooMany  = Refuse(Invalid, "input.too_many", "There are too many entries.", "Send fewer entries; docs/limits.md names the bound.")
	ErrPeriod   = Refuse(Invalid, "input.period", "The period ends before it begins.", "Give a last day that is not before the first.")
)
