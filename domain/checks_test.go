package domain

import (
	"errors"
	"strings"
	"testing"
)

func TestChecksNameTheFieldAndTheFault(t *testing.T) {
	const id = "0198c0de-0000-7000-8000-000000000001"
	for name, tc := range map[string]struct {
		check func(*Checks)
		want  error
		field string
	}{
		"text":               {func(c *Checks) { c.Text("name", "Edna", 4) }, nil, ""},
		"blank text":         {func(c *Checks) { c.Text("name", " \n", 4) }, ErrRequired, "name"},
		"long text":          {func(c *Checks) { c.Text("name", "Ednas", 4) }, ErrTooLong, "name"},
		"broken UTF-8":       {func(c *Checks) { c.Text("name", "\xff", 4) }, ErrFormat, "name"},
		"control characters": {func(c *Checks) { c.OptionalText("name", "a\x00b", 4) }, ErrFormat, "name"},
		"lines and tabs":     {func(c *Checks) { c.OptionalText("name", "a\n\tb", 4) }, nil, ""},
		"no optional text":   {func(c *Checks) { c.OptionalText("name", "", 4) }, nil, ""},
		"full list":          {func(c *Checks) { c.Count("skills", 3, 3) }, nil, ""},
		"overfull list":      {func(c *Checks) { c.Count("skills", 4, 3) }, ErrTooMany, "skills"},
		"number at bound":    {func(c *Checks) { c.Range("years", 60, 0, 60) }, nil, ""},
		"number over bound":  {func(c *Checks) { c.Range("years", 61, 0, 60) }, ErrRange, "years"},
		"id":                 {func(c *Checks) { RequireID(c, "need", NeedID(id)) }, nil, ""},
		"no id":              {func(c *Checks) { RequireID(c, "need", NeedID("")) }, ErrRequired, "need"},
		"upper-case id":      {func(c *Checks) { RequireID(c, "need", NeedID(strings.ToUpper(id))) }, ErrFormat, "need"},
		"no optional id":     {func(c *Checks) { OptionalID(c, "need", NeedID("")) }, nil, ""},
		"listed":             {func(c *Checks) { RequireListed(c, "sector", Health, Sectors) }, nil, ""},
		"not given":          {func(c *Checks) { RequireListed(c, "sector", "", Sectors) }, ErrRequired, "sector"},
		"not listed":         {func(c *Checks) { RequireListed(c, "sector", "war", Sectors) }, ErrUnknown, "sector"},
		"twice": {func(c *Checks) {
			RequireDistinct(c, "sectors", []Sector{Health, RuleOfLaw, Health}, func(s Sector) Sector { return s })
		}, ErrTwice, "sectors[2]"},
	} {
		var c Checks
		tc.check(&c)
		err := c.Err()
		if tc.want == nil {
			if err != nil {
				t.Errorf("%s: refused with %v", name, err)
			}
			continue
		}
		if !errors.Is(err, tc.want) || AsRefusals(err)[0].Field != tc.field {
			t.Errorf("%s: got %v, want %v at %q", name, err, tc.want, tc.field)
		}
	}
}
