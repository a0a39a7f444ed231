package domain

import (
	"errors"
	"testing"
)

func TestChecksPeriod(t *testing.T) {
	for _, c := range []struct {
		name string
		p    Period
		want error
	}{
		{"one day", Period{100, 100}, nil},
		{"at the bound", Period{100, 109}, nil},
		{"over the bound", Period{100, 110}, ErrRange},
		{"beyond the horizon", Period{Horizon, Horizon + 1}, ErrRange},
		{"before the epoch", Period{-5, -1}, ErrRange},
		{"backwards", Period{100, 99}, ErrPeriod},
		{"without an end", Period{From: 100}, ErrRequired},
	} {
		var k Checks
		k.Period("period", c.p, 10)
		if err := k.Err(); c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: want %v, got %v", c.name, c.want, err)
		}
	}
}
