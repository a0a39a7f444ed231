package domain

import "fmt"

// Score is a fixed-point number in units of 1e-4: 10000 is 1. Integers, so that
// the parts of a score sum exactly to its total on every machine.
type Score int32

// One is the score 1.0000.
const One Score = 10000

func (s Score) String() string {
	sign := ""
	if s < 0 {
		sign, s = "-", -s
	}
	return fmt.Sprintf("%s%d.%04d", sign, s/One, s%One)
}
