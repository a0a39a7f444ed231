//go:build !race

package matcher_test

import "time"

// slowdown is what the race detector may cost: here it is off.
const slowdown time.Duration = 1
