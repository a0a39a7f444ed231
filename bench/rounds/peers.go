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
func (p *Peers) Lemon(ctx context.Context, problem *certificate.Problem) (total int64, took time.Duration, err error) {
	head := []int32{int32(len(problem.Capacity)), int32(len(problem.Seats)), int32(len(problem.Edges)), 1}
	return run(exec.CommandContext(ctx, p.lemon), head, problem.Capacity, problem.Seats, problem.Edges)
}

// SciPy assigns a square table once.
func (p *Peers) SciPy(ctx context.Context, n int, scores []int32) (total int64, took time.Duration, err error) {
	return run(exec.CommandContext(ctx, p.python, p.scipy), []int32{int32(n), int32(n), 1}, scores)
}

func run(c *exec.Cmd, input ...any) (total int64, took time.Duration, err error) {
	var in bytes.Buffer
	for _, part := range input {
		if err := binary.Write(&in, binary.NativeEndian, part); err != nil {
			return 0, 0, err
		}
	}
	c.Stdin, c.Stderr = &in, os.Stderr
	out, err := c.Output()
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", filepath.Base(c.Path), err)
	}
	var seconds float64
	if _, err := fmt.Sscan(string(out), &total, &seconds); err != nil {
		return 0, 0, fmt.Errorf("%s answered %q: %w", filepath.Base(c.Path), out, err)
	}
	return total, time.Duration(seconds * float64(time.Second)), nil
}
