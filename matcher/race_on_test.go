//go:build race

package matcher_test

import "time"

// slowdown is what the race detector may cost.
const slowdown time.Duration = 20
