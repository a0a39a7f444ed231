package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/diaspora-match/diaspora/internal/docrun"
)

const (
	// startTimeout bounds a start, the build included.
	startTimeout = 4 * time.Minute
	// stopTimeout bounds the end after Ctrl-C.
	stopTimeout = 20 * time.Second
	// knockEvery is the pause between two looks at readiness.
	knockEvery = 100 * time.Millisecond
)

// demo starts demonstrations over one folder.
type demo struct {
	folder     string
	operations []docrun.Example
	starts     int
	first      string // what the first start counted
}

// check starts the command, uses it, and ends it.
func (d *demo) check(ctx context.Context, command string) (err error) {
	api, err := freeAddress()
	if err != nil {
		return err
	}
	ops, err := freeAddress()
	if err != nil {
		return err
	}
	c := exec.Command("bash", "-c", "exec "+command)
	c.Env = append(os.Environ(), "DIASPORA_DATA="+d.folder, "DIASPORA_LISTEN="+api, "DIASPORA_OPERATIONS="+ops)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C goes to all of a group
	out := &lockedBuffer{}
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	stopped := false
	defer func() { // whatever goes wrong, nothing runs on
		if !stopped {
			_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
			err = fmt.Errorf("%w\n%s", err, out)
		}
	}()
	if err := ready(ctx, "http://"+ops+"/readyz", ended); err != nil {
		return err
	}
	if err := d.use(ctx, out); err != nil {
		return err
	}
	if err := syscall.Kill(-c.Process.Pid, syscall.SIGINT); err != nil {
		return err
	}
	select {
	case err := <-ended:
		stopped = true
		if err = d.endedWell(command, err, out.String()); err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
		return err
	case <-time.After(stopTimeout):
		return fmt.Errorf("it still runs %s after Ctrl-C", stopTimeout)
	}
}

// endedWell judges the exit after Ctrl-C. The program answers 0; but make, itself
// interrupted, dies of the signal, and go run answers 1. Both would tell if what
// they run had failed.
func (d *demo) endedWell(command string, err error, out string) error {
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status, ok := exit.Sys().(syscall.WaitStatus)
		makeDied := strings.HasPrefix(command, "make ") && ok && status.Signaled() && status.Signal() == syscall.SIGINT
		goAnswered := strings.HasPrefix(command, "go run ") && exit.ExitCode() == 1
		if makeDied && !strings.Contains(out, "Error ") || goAnswered && !strings.Contains(out, "exit status") {
			return nil
		}
	}
	return fmt.Errorf("after Ctrl-C: %w", err)
}

// ready waits until the platform is.
func ready(ctx context.Context, url string, ended <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(knockEvery)
	defer tick.Stop()
	for {
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(q); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case err := <-ended:
			return fmt.Errorf("it ended before it was ready: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("it was not ready within %s", startTimeout)
		}
	}
}

// use runs the operations of the page, and compares what is there with what the
// first start made.
func (d *demo) use(ctx context.Context, out *lockedBuffer) error {
	if err := greeted(ctx, out); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(d.folder, "tokens.json"))
	if err != nil {
		return err
	}
	var g struct {
		Page, GraphQL string
		Tokens        map[string]string
	}
	if err := json.Unmarshal(text, &g); err != nil {
		return err
	}
	r := docrun.Runner{URL: g.GraphQL, Tokens: g.Tokens, Today: time.Now()}
	defer r.Close()
	for _, e := range d.operations {
		if err := r.Run(ctx, e); err != nil {
			return err
		}
	}
	count, err := r.Ask(ctx, "programme_manager", "{ needs(first: 1) { totalCount } viewer { programmes { id name institutions { totalCount } } } }")
	if err != nil {
		return err
	}
	d.starts++
	if d.first == "" {
		d.first = count
	}
	if count != d.first {
		return fmt.Errorf("start %d finds %s, the first start made %s", d.starts, count, d.first)
	}
	return page(ctx, g.Page)
}

// greeted waits for the last line of what a start prints.
func greeted(ctx context.Context, out *lockedBuffer) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	tick := time.NewTicker(knockEvery)
	defer tick.Stop()
	for !strings.Contains(out.String(), "Ctrl-C ends it") {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("it is ready and says nothing")
		}
	}
	return nil
}

// page demands that the start page is there.
func page(ctx context.Context, url string) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/html") {
		return fmt.Errorf("%s answers %s with %s", url, response.Status, kind)
	}
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// lockedBuffer is written by a command and read meanwhile.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
