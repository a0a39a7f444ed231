//go:build !race

package seed_test

// raced tells that the race detector slows everything down, about tenfold.
const raced = false
