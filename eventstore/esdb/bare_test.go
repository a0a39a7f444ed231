package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

// bare is the client library as it comes.
func bare(t testing.TB, url string) *client.Client {
	t.Helper()
	c, err := newBare(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newBare(url string) (*client.Client, error) {
	config, err := client.ParseConnectionString(url)
	if err != nil {
		return nil, err
	}
	config.Logger = client.NoopLogging()
	return client.NewClient(config)
}

func bareEvent() client.EventData {
	return client.EventData{EventID: uuid.New(), EventType: "test.Happened", Data: []byte(`{}`)}
}

func bareAppend(ctx context.Context, c *client.Client) error {
	_, err := c.AppendToStream(ctx, "test-"+uuid.NewString(), client.AppendToStreamOptions{}, bareEvent())
	return err
}

// What the bare client leaks stays until its process ends, so that some of its
// defects are shown in a child.
const childVariable = "ESDB_TEST_CHILD"

var children = map[string]func() error{"panic": childPanics, "leak": childLeaks}

// inChild runs a child and returns what it prints.
func inChild(t *testing.T, name string) string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+name)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return strings.TrimSpace(string(out))
}

func childServer() (*esdbtest.Server, func(), error) {
	folder, err := os.MkdirTemp("", "esdb")
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(folder, "log.db")})
	if err != nil {
		return nil, nil, err
	}
	server, err := esdbtest.Start(esdbtest.Options{Store: store})
	return server, func() {
		_ = server.Close()
		_ = store.Close()
		_ = os.RemoveAll(folder)
	}, err
}

// childPanics lets a call of the bare client fail after Close, once a failed
// discovery has made it forget its connection.
func childPanics() error {
	server, end, err := childServer()
	if err != nil {
		return err
	}
	defer end()
	c, err := newBare(server.ConnectionString("maxDiscoverAttempts=1"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	arrived, release := make(chan struct{}), make(chan struct{})
	server.Inject(esdbtest.Times(1, began("append"), func(ctx context.Context, at esdbtest.Moment) error {
		close(arrived)
		<-release
		return esdbtest.Refuse(ctx, at)
	}))
	died := make(chan any, 1)
	go func() {
		defer func() { died <- recover() }()
		_ = bareAppend(ctx, c)
	}()
	<-arrived
	server.Inject(esdbtest.Refuse)
	for range 2 { // the first loses the connection, the second finds none
		if bareAppend(ctx, c) == nil {
			return errors.New("the server refuses, and an append succeeds")
		}
	}
	_ = c.Close()
	close(release)
	fmt.Println(<-died)
	return nil
}

// childLeaks makes a bare client reconnect, again and again, and prints how many
// connections it holds in the end.
func childLeaks() error {
	server, end, err := childServer()
	if err != nil {
		return err
	}
	defer end()
	c, err := newBare(server.ConnectionString())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range reconnections {
		server.Inject(esdbtest.Times(1, began("append"), esdbtest.Refuse))
		if bareAppend(ctx, c) == nil {
			return errors.New("the server refuses, and an append succeeds")
		}
		if err := bareAppend(ctx, c); err != nil {
			return err
		}
	}
	fmt.Println(server.Connected())
	return nil
}

const reconnections = 20

func leaked(t *testing.T) int {
	n, err := strconv.Atoi(inChild(t, "leak"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// began matches the beginning of a method's calls.
func began(method string) func(esdbtest.Moment) bool {
	return func(at esdbtest.Moment) bool { return at.Method == method && at.Stage == esdbtest.Began }
}
