//go:build race

package cli

// raced tells that the race detector slows everything down, about tenfold.
const raced = true
