package load_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/diaspora-match/diaspora/bench/load"
)

func TestClosedLoopCountsAndTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := load.Run{Clients: 4, Lasts: time.Second, Do: func(context.Context, int, int) error {
			<-time.After(10 * time.Millisecond)
			return nil
		}}.Measure(t.Context())
		if err != nil || r.Count != 400 || r.PerSecond() != 400 || r.Percentile(50) != 10*time.Millisecond || r.Percentile(99) != 10*time.Millisecond {
			t.Errorf("%+v %v", r.Count, err)
		}
	})
}

// A server that stalls must not hide it: what was due meanwhile counts from when
// it was due.
func TestOfferedRateCountsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := load.Run{Clients: 1, Lasts: time.Second, Rate: 100, Do: func(_ context.Context, _, n int) error {
			if n == 0 {
				<-time.After(500 * time.Millisecond)
			}
			return nil
		}}.Measure(t.Context())
		if err != nil || r.Count != 100 || r.Percentile(100) != 500*time.Millisecond || r.Percentile(25) < 240*time.Millisecond && r.Percentile(75) < 240*time.Millisecond {
			t.Errorf("%d operations, longest %v, median %v, %v", r.Count, r.Percentile(100), r.Percentile(50), err)
		}
	})
}

func TestErrorsEndIt(t *testing.T) {
	wrong := errors.New("wrong")
	if _, err := (load.Run{Clients: 2, Lasts: time.Hour, Do: func(context.Context, int, int) error { return wrong }}).Measure(t.Context()); !errors.Is(err, wrong) {
		t.Error(err)
	}
}

func TestCountsTheProcessorTimeOfAProcess(t *testing.T) {
	r, err := load.Run{Clients: 1, Lasts: 200 * time.Millisecond, Process: os.Getpid(), Do: func(context.Context, int, int) error { return nil }}.Measure(t.Context())
	if err != nil || r.CPU <= 0 || r.CPUEach() > r.CPU {
		t.Errorf("%v %v", r.CPU, err)
	}
}

func TestMedian(t *testing.T) {
	if load.Median(3, 1, 2) != 2 || load.Median(4, 1, 2, 3) != 2 || load.Median() != 0 {
		t.Error("median")
	}
}
