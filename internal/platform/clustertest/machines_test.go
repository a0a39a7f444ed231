package clustertest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/cli"
)

// as tells a process that was started from this test's binary what to be.
const as = "DIASPORA_CLUSTERTEST_AS"

func TestMain(m *testing.M) {
	switch os.Getenv(as) {
	case "node":
		os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
	case "eventstore":
		if err := serveEvents(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// serveEvents is an EventStoreDB over a file, until it is killed.
func serveEvents(address, path string) error {
	log, err := sqlite.Open(context.Background(), sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	if _, err := esdbtest.Start(esdbtest.Options{Store: log, Address: address}); err != nil {
		return err
	}
	select {}
}

// machine is a process that can be killed and started again.
type machine struct {
	t     *testing.T
	name  string
	kind  string // what this binary is to be
	args  []string
	probe func() error // nil when it can do its work
	log   string
	cmd   *exec.Cmd
}

func (m *machine) start() {
	m.t.Helper()
	out, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Close()
	m.cmd = exec.Command(os.Args[0], m.args...)
	m.cmd.Env = append(os.Environ(), as+"="+m.kind)
	m.cmd.Stdout, m.cmd.Stderr = out, out
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
}

// kill ends it as a power cut does.
func (m *machine) kill() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.cmd = nil
}

func (m *machine) ready() {
	m.t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if err = m.probe(); err == nil {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	text, _ := os.ReadFile(m.log)
	m.t.Fatalf("%s does not get ready: %v\n%s", m.name, err, text)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (p *place) machine(name, kind string, probe func() error, args ...string) *machine {
	m := &machine{t: p.t, name: name, kind: kind, args: args, probe: probe, log: filepath.Join(p.logs, name+".log")}
	p.t.Cleanup(m.kill)
	return m
}

func (p *place) eventStore() *machine {
	address := freeAddress(p.t)
	p.events = "esdb://" + address + "?tls=false"
	return p.machine("eventstore", "eventstore", func() error {
		c, err := net.Dial("tcp", address)
		if err == nil {
			err = c.Close()
		}
		return err
	}, address, filepath.Join(p.t.TempDir(), "events.db"))
}

// node is a node of the platform; its url is of the API, where it has one.
func (p *place) node(name, role string) (m *machine, url string) {
	api, ops := freeAddress(p.t), freeAddress(p.t)
	return p.machine(name, "node", func() error {
		resp, err := http.Get("http://" + ops + "/readyz")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz answers %d", resp.StatusCode)
		}
		return nil
	}, "serve", "--roles", role, "--data", p.folder, "--event-store", p.events, "--redis", p.redis.URL(),
		"--issuer", p.issuer.URL, "--audience", "api", "--party", "web", "--administrator", "admin",
		"--listen", api, "--operations", ops, "--log-level", "info"), "http://" + api + "/graphql"
}
