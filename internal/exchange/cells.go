package exchange

import (
	"slices"
	"strconv"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// cells reads the values of a row into the domain's types and collects what is
// wrong with them, column by column.
type cells struct {
	row    Row
	known  *taxonomy.Taxonomy // skills that may be named
	checks domain.Checks
}

func (c *cells) refuse(name string, r *domain.Refusal) { c.checks.Require(false, r.At(name)) }

func (c *cells) has(name string) bool { return len(c.row.values[name]) > 0 }

func (c *cells) list(name string) []string { return c.row.values[name] }

func (c *cells) text(name string) string {
	if v := c.row.values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// required is text, and refuses an empty cell.
func (c *cells) required(name string) string {
	v := c.text(name)
	c.checks.Require(v != "", domain.ErrRequired.At(name))
	return v
}

// lower is text in the lower case of code lists.
func (c *cells) lower(name string) string { return strings.ToLower(c.text(name)) }

func (c *cells) upper(name string) string { return strings.ToUpper(c.text(name)) }

func (c *cells) id(name string) string {
	v := c.lower(name)
	if v != "" && !domain.ValidID(v) {
		c.refuse(name, domain.ErrFormat.With("The id is not a UUID."))
		return ""
	}
	return v
}

func (c *cells) date(name string) domain.Date {
	d, err := domain.ParseDate(c.text(name))
	if err != nil {
		c.refuse(name, domain.ErrFormat.With("The date is not like 2026-11-22."))
	}
	return d
}

// number reads a whole number within bounds; an empty cell is 0.
func (c *cells) number(name string, low, high int) int {
	v := c.text(name)
	if v == "" {
		return 0
	}
	return c.parse(name, v, low, high)
}

func (c *cells) parse(name, v string, low, high int) int {
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		c.refuse(name, domain.ErrRange.With("A whole number from "+strconv.Itoa(low)+" to "+strconv.Itoa(high)+" is needed here."))
		return 0
	}
	return n
}

var yesNo = map[string]bool{
	"yes": true, "y": true, "true": true, "1": true, "x": true, "ja": true,
	"no": false, "n": false, "false": false, "0": false, "nee": false, "": false,
}

func (c *cells) yes(name string) bool {
	v, ok := yesNo[c.lower(name)]
	if !ok {
		c.refuse(name, domain.ErrUnknown.With("Yes or no is needed here."))
	}
	return v
}

// parts takes an entry like "en:B2:work" apart into at most n parts, at least
// least of them.
func (c *cells) parts(name string, i int, entry, separator string, least, n int) ([]string, bool) {
	parts := strings.Split(entry, separator)
	for j := range parts {
		parts[j] = strings.TrimSpace(parts[j])
	}
	if len(parts) < least || len(parts) > n || slices.Contains(parts[:min(least, len(parts))], "") {
		col := domain.Index(name, i)
		c.refuse(col, domain.ErrFormat.With("The entry is not of the form that docs/import.md shows for this column."))
		return nil, false
	}
	for len(parts) < n {
		parts = append(parts, "")
	}
	return parts, true
}

// typed lists the values of a column as a type of the domain; valid may be nil.
func typed[T ~string](c *cells, name string, valid func(T) bool) []T {
	var out []T
	for i, v := range c.list(name) {
		t := T(v)
		if valid != nil && !valid(t) {
			c.refuse(domain.Index(name, i), domain.ErrUnknown.With("The value is not in the list of this column, or not of its form."))
			continue
		}
		out = append(out, t)
	}
	return out
}

// cefr reads a language level; none given is left to the rules of the domain.
func (c *cells) cefr(name, v string) domain.CEFR {
	if v == "" {
		return 0
	}
	if strings.EqualFold(v, "native") {
		return domain.Native
	}
	l, err := domain.ParseCEFR(strings.ToUpper(v))
	if err != nil {
		c.refuse(name, domain.ErrUnknown.With("The language level is none of A1, A2, B1, B2, C1, C2, native."))
	}
	return l
}

// level reads a level of a skill; none given is left to the rules of the domain.
func (c *cells) level(name, v string) domain.SkillLevel {
	if v == "" {
		return 0
	}
	if i := slices.Index(domain.SkillLevelNames[:], strings.ToLower(v)); i > 0 {
		return domain.SkillLevel(i)
	}
	c.refuse(name, domain.ErrUnknown.With("The level is none of basic, working, proficient, expert."))
	return 0
}
