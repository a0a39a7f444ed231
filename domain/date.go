package domain

import (
	"fmt"
	"time"
)

// Date is a civil day, counted from 1970-01-01. The zero value means "not
// given" and writes as the empty text; 1970-01-01 itself cannot be expressed.
type Date int32

const secondsPerDay = 24 * 60 * 60

// NewDate is the day of a year, month and day.
func NewDate(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf is the UTC day of a moment.
func DateOf(t time.Time) Date {
	s := t.Unix()
	if s < 0 {
		s -= secondsPerDay - 1
	}
	return Date(s / secondsPerDay)
}

// ParseDate reads "2026-11-22"; the empty text is the zero Date. It returns
// ErrFormat for anything else.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, ErrFormat.With(fmt.Sprintf("%q is not a date like 2026-11-22.", s))
	}
	return DateOf(t), nil
}

// IsZero reports whether no date is given.
func (d Date) IsZero() bool { return d == 0 }

// Time is midnight UTC of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// AddDays moves by n days.
func (d Date) AddDays(n int) Date { return d + Date(n) }

func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// MarshalText writes the ISO 8601 day.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO 8601 day.
func (d *Date) UnmarshalText(b []byte) error {
	v, err := ParseDate(string(b))
	if err == nil {
		*d = v
	}
	return err
}

// Period runs from its first to its last day, both included.
type Period struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// Check returns ErrRequired or ErrPeriod, or nil for a period with both days
// in order.
func (p Period) Check() error {
	var c Checks
	c.Require(p.From != 0, ErrRequired.At("from"))
	c.Require(p.To != 0, ErrRequired.At("to"))
	if p.From != 0 && p.To != 0 {
		c.Require(p.From <= p.To, ErrPeriod.At("to"))
	}
	return c.Err()
}

// Horizon is the last day that a plan may reach. Computed days (a year after the
// end) then still write as four-digit years.
var Horizon = NewDate(2100, time.December, 31)

// Period holds a period to both of its days, their order, a number of days, and
// the Horizon.
func (c *Checks) Period(field string, p Period, maxDays int) {
	if err := p.Check(); err != nil {
		c.Add(field, err)
		return
	}
	c.Require(p.From > 0 && p.To <= Horizon && p.Days() <= maxDays, ErrRange.At(field+".to").With("The period is too long or too far away."))
}

// Days counts the days of the period, both ends included.
func (p Period) Days() int {
	if p.To < p.From {
		return 0
	}
	return int(p.To-p.From) + 1
}

// Overlaps reports whether the two periods share a day.
func (p Period) Overlaps(q Period) bool { return p.From <= q.To && q.From <= p.To }

// Contains reports whether the day lies in the period.
func (p Period) Contains(d Date) bool { return p.From <= d && d <= p.To }

// Covers reports whether q lies wholly in p.
func (p Period) Covers(q Period) bool { return p.From <= q.From && q.To <= p.To }

// Intersect is the shared part; its Days are 0 when there is none.
func (p Period) Intersect(q Period) Period { return Period{max(p.From, q.From), min(p.To, q.To)} }

func (p Period) String() string { return p.From.String() + "/" + p.To.String() }
