// Package benchpeer starts what benchmarks measure beside our own code: the raw
// append-only file that is the limit of the disk, and PostgreSQL. Tests and
// benchmarks alone import it.
package benchpeer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// StartPostgres starts a server of its own on 127.0.0.1, durable as PostgreSQL is
// by default (fsync and synchronous_commit on), and returns where to connect. The
// server and its folder go with the test. Without PostgreSQL's Debian package it
// skips, and with CI=true it fails.
func StartPostgres(tb testing.TB) (dsn string) {
	tb.Helper()
	bin, err := postgresBin()
	if err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
	dir, err := os.MkdirTemp("", "benchpeer")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	owner, err := unprivileged(dir)
	if err != nil {
		tb.Fatal(err)
	}
	port, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	data, log := filepath.Join(dir, "data"), filepath.Join(dir, "log")
	run := func(program string, args ...string) {
		tb.Helper()
		c := exec.Command(filepath.Join(bin, program), args...)
		c.Dir, c.SysProcAttr = dir, owner
		if out, err := c.CombinedOutput(); err != nil {
			written, _ := os.ReadFile(log)
			tb.Fatalf("%s: %v\n%s%s", program, err, out, written)
		}
	}
	run("initdb", "--pgdata", data, "--username", "bench", "--auth", "trust", "--locale", "C", "--encoding", "UTF8", "--no-sync")
	run("pg_ctl", "--pgdata", data, "--log", log, "--wait", "--options",
		fmt.Sprintf("-h 127.0.0.1 -p %d -k %s -c fsync=on -c synchronous_commit=on -c max_connections=100 -c shared_buffers=256MB", port, dir), "start")
	tb.Cleanup(func() { run("pg_ctl", "--pgdata", data, "--wait", "--mode", "immediate", "stop") })
	return fmt.Sprintf("postgres://bench@127.0.0.1:%d/postgres?sslmode=disable", port)
}

func postgresBin() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("this benchmark needs PostgreSQL beside it: apt-get install postgresql")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// unprivileged gives the folder to the user postgres when the test runs as root,
// as whom PostgreSQL refuses to run.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, uid, gid)
}

func freePort() (int, error) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
