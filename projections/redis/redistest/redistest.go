// Package redistest starts real Redis servers for tests and benchmarks: on
// loopback, on ports of their own, each in a folder that goes with the test. It
// needs the program redis-server; Valkey's is taken where DIASPORA_REDIS_SERVER
// names it.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Program is the variable that names another program than redis-server.
const Program = "DIASPORA_REDIS_SERVER"

// startWait bounds how long a server may take to answer.
const startWait = 20 * time.Second

// Server is a server that runs.
type Server struct {
	Folder string
	addr   string
	args   []string
	conf   string // of a sentinel
	t      testing.TB
	cmd    *exec.Cmd
	ended  chan error
}

// Find is the server's program. Without it the test is skipped; with CI=true it
// fails.
func Find(t testing.TB) string {
	t.Helper()
	name := os.Getenv(Program)
	if name == "" {
		name = "redis-server"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is needed here (scripts/need.sh installs it): %v", name, err)
		}
		t.Skipf("skipped: %s is not installed; scripts/need.sh installs it", name)
	}
	return path
}

// Start starts a server that answers, with further settings as on its command
// line ("--maxmemory", "10mb"). It is stopped with the test.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	Find(t)
	s := &Server{Folder: t.TempDir(), addr: freeAddr(t), t: t, args: settings}
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Addr is host and port.
func (s *Server) Addr() string { return s.addr }

// URL is the address for projections/redis.
func (s *Server) URL() string { return "redis://" + s.addr + "/0" }

// Start starts it again after Kill or Stop, on the same port and folder.
func (s *Server) Start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	var args []string
	if s.conf != "" {
		args = append(args, s.conf, "--sentinel")
	}
	args = append(args, []string{
		"--bind", "127.0.0.1", "--port", port, "--dir", s.Folder, "--save", "", "--daemonize", "no",
		"--logfile", filepath.Join(s.Folder, "server.log"), "--enable-debug-command", "yes", "--rdbcompression", "no",
		"--repl-diskless-sync-delay", "0",
	}...)
	args = append(args, s.args...)
	s.cmd = exec.Command(Find(s.t), args...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.ended = make(chan error, 1)
	go func(cmd *exec.Cmd, ended chan error) { ended <- cmd.Wait() }(s.cmd, s.ended)
	client := s.Client()
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return
		}
		select {
		case err := <-s.ended:
			s.t.Fatalf("redis-server ended: %v\n%s", err, s.Log())
		case <-ctx.Done():
			s.t.Fatalf("redis-server does not answer: %v\n%s", err, s.Log())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// StartSentinel starts a sentinel that alone decides over a primary.
func StartSentinel(t testing.TB, name string, primary *Server) *Server {
	t.Helper()
	Find(t)
	s := &Server{Folder: t.TempDir(), addr: freeAddr(t), t: t}
	host, port, _ := net.SplitHostPort(primary.addr)
	conf := filepath.Join(s.Folder, "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor %s %s %s 1\nsentinel down-after-milliseconds %s 500\nsentinel failover-timeout %s 5000\n", name, host, port, name, name)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.conf = conf
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

// Log is what the server has logged.
func (s *Server) Log() string {
	b, _ := os.ReadFile(filepath.Join(s.Folder, "server.log"))
	return string(b)
}

// Kill ends it at once, as kill -9 does.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.ended
	s.cmd = nil
}

// Client is a plain client of the server. The caller closes it.
func (s *Server) Client() *goredis.Client {
	return goredis.NewClient(&goredis.Options{Addr: s.addr, MaxRetries: -1, ContextTimeoutEnabled: true})
}

// Do sends a command, as redis-cli would, and returns its answer.
func (s *Server) Do(args ...string) any {
	s.t.Helper()
	client := s.Client()
	defer client.Close()
	anys := make([]any, len(args))
	for i, a := range args {
		anys[i] = a
	}
	answer, err := client.Do(context.Background(), anys...).Result()
	if err != nil {
		s.t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return answer
}

// Follow makes the server a replica of another and waits until it is in step.
func (s *Server) Follow(of *Server) {
	s.t.Helper()
	host, port, _ := net.SplitHostPort(of.addr)
	s.Do("REPLICAOF", host, port)
	s.Until("the replica is in step", func() bool {
		return strings.Contains(fmt.Sprint(s.Do("INFO", "replication")), "master_link_status:up")
	})
}

// Until waits until something is done.
func (s *Server) Until(what string, done func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(startWait); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("not within %v: %s", startWait, what)
		}
	}
}
