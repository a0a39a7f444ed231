package esdbtest_test

import (
	"errors"
	"io"
	"math"
	"path/filepath"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a server and connects the client library to it.
func start(t *testing.T) (*esdbtest.Server, *client.Client) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	server, err := esdbtest.Start(esdbtest.Options{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server, connect(t, server)
}

// connect makes a client, which must not see the server restart: it would leak.
func connect(t *testing.T, server *esdbtest.Server) *client.Client {
	t.Helper()
	config, err := client.ParseConnectionString(server.ConnectionString())
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = client.NoopLogging()
	c, err := client.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func events(n int) (es []client.EventData) {
	for range n {
		es = append(es, client.EventData{
			EventID: uuid.New(), EventType: "TestEvent", ContentType: client.ContentTypeJson,
			Data: []byte(`{"a":1}`), Metadata: []byte(`{"b":2}`),
		})
	}
	return es
}

func add(t *testing.T, c *client.Client, stream string, expected client.ExpectedRevision, es ...client.EventData) *client.WriteResult {
	t.Helper()
	r, err := c.AppendToStream(t.Context(), stream, client.AppendToStreamOptions{ExpectedRevision: expected}, es...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, c *client.Client, stream string, o client.ReadStreamOptions) (got []*client.RecordedEvent, err error) {
	t.Helper()
	s, err := c.ReadStream(t.Context(), stream, o, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for {
		e, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		got = append(got, e.OriginalEvent())
	}
}

func code(err error) client.ErrorCode {
	var own *client.Error
	if errors.As(err, &own) {
		return own.Code()
	}
	return -1
}

func TestEventsComeBackAsTheyWere(t *testing.T) {
	_, c := start(t)
	want := events(3)
	const stream = "name without a category" // which our own stores would refuse
	began := time.Now().Add(-time.Second)
	r := add(t, c, stream, client.NoStream{}, want...)
	got, err := read(t, c, stream, client.ReadStreamOptions{})
	if err != nil || len(got) != 3 {
		t.Fatalf("got %d events, %v", len(got), err)
	}
	for i, e := range got {
		if e.EventID != want[i].EventID || e.EventType != "TestEvent" || e.StreamID != stream || e.EventNumber != uint64(i) ||
			e.ContentType != "application/json" || string(e.Data) != `{"a":1}` || string(e.UserMetadata) != `{"b":2}` ||
			e.CreatedDate.Before(began) || e.CreatedDate.After(time.Now().Add(time.Second)) {
			t.Errorf("event %d came back as %+v", i, e)
		}
	}
	if r.NextExpectedVersion != 2 || r.CommitPosition != got[2].Position.Commit {
		t.Errorf("the append was answered with %+v", r)
	}
	if again := add(t, c, stream, client.NoStream{}, want...); *again != *r {
		t.Errorf("the repetition was answered with %+v, the first with %+v", again, r)
	}
	if _, err := c.AppendToStream(t.Context(), stream, client.AppendToStreamOptions{ExpectedRevision: client.Revision(7)}, events(1)...); code(err) != client.ErrorCodeWrongExpectedVersion {
		t.Errorf("at a wrong revision: %v", err)
	}
	back, err := read(t, c, stream, client.ReadStreamOptions{Direction: client.Backwards, From: client.End{}})
	if err != nil || len(back) != 3 || back[0].EventID != want[2].EventID {
		t.Errorf("backwards: %d events, %v", len(back), err)
	}
}

func TestDeletedStreamsGoOnWhereTheyEnded(t *testing.T) {
	server, c := start(t)
	add(t, c, "test-1", client.NoStream{}, events(3)...)
	if _, err := c.DeleteStream(t.Context(), "test-1", client.DeleteStreamOptions{ExpectedRevision: client.Revision(7)}); err == nil {
		t.Error("deleted at a wrong revision")
	}
	if _, err := c.DeleteStream(t.Context(), "test-1", client.DeleteStreamOptions{ExpectedRevision: client.Revision(2)}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time after a restart
		if _, err := read(t, c, "test-1", client.ReadStreamOptions{}); code(err) != client.ErrorCodeResourceNotFound {
			t.Errorf("a deleted stream: %v", err)
		}
		_ = c.Close()
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		c = connect(t, server)
	}
	if r := add(t, c, "test-1", client.NoStream{}, events(2)...); r.NextExpectedVersion != 4 {
		t.Errorf("the stream goes on at %+v", r)
	}
	if got, err := read(t, c, "test-1", client.ReadStreamOptions{}); err != nil || len(got) != 2 || got[0].EventNumber != 3 {
		t.Errorf("got %d events, %v", len(got), err)
	}
}

func TestTombstonesAreForGood(t *testing.T) {
	_, c := start(t)
	add(t, c, "test-1", client.NoStream{}, events(1)...)
	if _, err := c.TombstoneStream(t.Context(), "test-1", client.TombstoneStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, c, "test-1", client.ReadStreamOptions{}); code(err) != client.ErrorCodeStreamDeleted {
		t.Errorf("read: %v", err)
	}
	if _, err := c.AppendToStream(t.Context(), "test-1", client.AppendToStreamOptions{}, events(1)...); code(err) != client.ErrorCodeStreamDeleted {
		t.Errorf("append: %v", err)
	}
}

func TestMetadataTruncates(t *testing.T) {
	_, c := start(t)
	add(t, c, "test-1", client.NoStream{}, events(5)...)
	var meta client.StreamMetadata
	meta.SetTruncateBefore(3)
	if _, err := c.SetStreamMetadata(t.Context(), "test-1", client.AppendToStreamOptions{}, meta); err != nil {
		t.Fatal(err)
	}
	if got, err := read(t, c, "test-1", client.ReadStreamOptions{}); err != nil || len(got) != 2 || got[0].EventNumber != 3 {
		t.Errorf("got %d events, %v", len(got), err)
	}
	back, err := c.GetStreamMetadata(t.Context(), "test-1", client.ReadStreamOptions{Direction: client.Backwards, From: client.End{}})
	if err != nil || back.TruncateBefore() == nil || *back.TruncateBefore() != 3 {
		t.Errorf("the metadata came back as %+v, %v", back, err)
	}
}

func TestSubscriptionsTellInOrder(t *testing.T) {
	_, c := start(t)
	want := events(3)
	add(t, c, "test-1", client.NoStream{}, want...)
	add(t, c, "other-1", client.NoStream{}, events(2)...)
	sub, err := c.SubscribeToStream(t.Context(), "test-1", client.SubscribeToStreamOptions{From: client.Revision(0)})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for _, w := range want[1:] { // after revision 0
		if e := sub.Recv().EventAppeared; e == nil || e.OriginalEvent().EventID != w.EventID {
			t.Fatalf("got %+v", e)
		}
	}
	if sub.Recv().CaughtUp == nil {
		t.Error("it has not caught up")
	}
	more := events(1)
	add(t, c, "test-1", client.Revision(2), more...)
	if e := sub.Recv().EventAppeared; e == nil || e.OriginalEvent().EventID != more[0].EventID {
		t.Errorf("live: %+v", e)
	}

	filtered, err := c.SubscribeToAll(t.Context(), client.SubscribeToAllOptions{
		From: client.Start{}, Filter: &client.SubscriptionFilter{Type: client.StreamFilterType, Regex: "^other-"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer filtered.Close()
	var kinds []string
	for len(kinds) < 4 {
		switch e := filtered.Recv(); {
		case e.EventAppeared != nil:
			kinds = append(kinds, "event")
		case e.CheckPointReached != nil:
			kinds = append(kinds, "checkpoint")
		case e.CaughtUp != nil:
			kinds = append(kinds, "caught up")
		default:
			t.Fatalf("got %+v after %v", e, kinds)
		}
	}
	for i, w := range []string{"event", "event", "checkpoint", "caught up"} {
		if kinds[i] != w {
			t.Fatalf("told in the order %v", kinds)
		}
	}
}
