//go:build linux

package matcher_test

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// timed is how long f kept a core busy: the processor time of its thread. On a
// quiet machine that is the time on the wall; on a shared one it leaves out what
// others took.
func timed(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun := threadTime()
	f()
	return threadTime() - begun
}

func threadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}
