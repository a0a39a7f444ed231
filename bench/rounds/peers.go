package rounds

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

//go:embed peers/lemon.cc
var lemonSource []byte

//go:embed peers/assignment.py
var scipySource []byte

// Peers are the programs to measure beside, in a folder of their own.
type Peers struct{ lemon, scipy, python string }

// debianPython is where Debian's packages are importable, whatever python3 is.
const debianPython = "/usr/bin/python3"

// NewPeers builds them in the folder.
func NewPeers(ctx context.Context, folder string) (*Peers, error) {
	p := &Peers{lemon: filepath.Join(folder, "lemon-rounds"), scipy: filepath.Join(folder, "assignment.py"), python: debianPython}
	source := filepath.Join(folder, "lemon.cc")
	if err := os.WriteFile(source, lemonSource, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(p.scipy, scipySource, 0o600); err != nil {
		return nil, err
	}
	if out, err := exec.CommandContext(ctx, "g++", "-O2", "-DNDEBUG", "-o", p.lemon, source).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the benchmark of rounds needs LEMON beside it (apt-get install g++ liblemon-dev): %w\n%s", err, out)
	}
	if out, err := exec.CommandContext(ctx, p.python, "-c", "import scipy.optimize").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the benchmark of rounds needs SciPy beside it (apt-get install python3-scipy): %w\n%s", err, out)
	}
	return p, nil
}

// Lemon solves a round once.
func (p *Peers) Lemon(ctx context.Context, problem *certificate.Problem) (total int64, took Took, err error) {
	head := []int32{int32(len(problem.Capacity)), int32(len(problem.Seats)), int32(len(problem.Edges)), 1}
	return run(exec.CommandContext(ctx, p.lemon), head, problem.Capacity, problem.Seats, problem.Edges)
}

// SciPy assigns a square table once.
func (p *Peers) SciPy(ctx context.Context, n int, scores []int32) (total int64, took Took, err error) {
	return run(exec.CommandContext(ctx, p.python, p.scipy), []int32{int32(n), int32(n), 1}, scores)
}

func run(c *exec.Cmd, input ...any) (total int64, took Took, err error) {
	var in bytes.Buffer
	for _, part := range input {
		if err := binary.Write(&in, binary.NativeEndian, part); err != nil {
			return 0, Took{}, err
		}
	}
	c.Stdin, c.Stderr = &in, os.Stderr
	out, err := c.Output()
	if err != nil {
		return 0, Took{}, fmt.Errorf("%s: %w", filepath.Base(c.Path), err)
	}
	var clock, cpu float64
	if _, err := fmt.Sscan(string(out), &total, &clock, &cpu); err != nil {
		return 0, Took{}, fmt.Errorf("%s answered %q: %w", filepath.Base(c.Path), out, err)
	}
	seconds := func(x float64) time.Duration { return time.Duration(x * float64(time.Second)) }
	return total, Took{seconds(clock), seconds(cpu)}, nil
}

// Took is how long something took by the clock, and of the processor, its threads
// together: the two differ where other programs want the processor too.
type Took struct{ Clock, CPU time.Duration }

// stopwatch starts one for this process.
func stopwatch() func() Took {
	begin, before := time.Now(), cpu()
	return func() Took { return Took{time.Since(begin), cpu() - before} }
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
