//go:build !linux

package matcher_test

import "time"

// timed is how long f took, where a thread's own time cannot be read.
func timed(f func()) time.Duration {
	begun := time.Now()
	f()
	return time.Since(begun)
}
