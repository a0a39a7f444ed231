package graph_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	coderws "github.com/coder/websocket"

	"github.com/diaspora-match/diaspora/domain"
)

// frame is a message of graphql-transport-ws.
type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// socket is a connection that one person opened.
type socket struct {
	w    *world
	conn *coderws.Conn
}

func (w *world) dial(as domain.PrincipalID) *socket {
	w.t.Helper()
	conn, _, err := coderws.Dial(w.t.Context(), w.server.URL, &coderws.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: w.server.Client()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	s := &socket{w, conn}
	s.send(frame{Type: "connection_init", Payload: json.RawMessage(`{"Authorization":"Bearer ` + string(as) + `"}`)})
	if f := s.receive(); f.Type != "connection_ack" {
		w.t.Fatalf("not acknowledged: %+v", f)
	}
	return s
}

func (s *socket) send(f frame) {
	s.w.t.Helper()
	b, err := json.Marshal(f)
	if err == nil {
		err = s.conn.Write(s.w.t.Context(), coderws.MessageText, b)
	}
	if err != nil {
		s.w.t.Fatal(err)
	}
}

func (s *socket) receive() (f frame) {
	s.w.t.Helper()
	_, b, err := s.conn.Read(s.w.t.Context())
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		s.w.t.Fatal(err)
	}
	return f
}

func (s *socket) subscribe(id, query string, variables object) {
	s.w.t.Helper()
	b, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		s.w.t.Fatal(err)
	}
	s.send(frame{ID: id, Type: "subscribe", Payload: b})
}

// events are the data that one subscription brings, until it completes.
func (s *socket) events() <-chan object {
	out := make(chan object, 100)
	go func() {
		defer close(out)
		for {
			var f frame
			_, b, err := s.conn.Read(s.w.t.Context())
			if err != nil || json.Unmarshal(b, &f) != nil || f.Type == "complete" {
				return
			}
			var a answer
			if f.Type == "next" && json.Unmarshal(f.Payload, &a) == nil && a.Data != nil {
				out <- a.Data
			}
		}
	}()
	return out
}

// stir changes something again and again until an event is as wanted: a socket
// does not say from when on it listens.
func (w *world) stir(events <-chan object, what string, change func(), wanted func(object) bool) object {
	w.t.Helper()
	late := time.After(patience)
	for {
		change()
		select {
		case e, open := <-events:
			if !open {
				w.t.Fatalf("the subscription ended before %s", what)
			}
			if wanted(e) {
				return e
			}
		case <-late:
			w.t.Fatalf("no event: %s", what)
		default:
		}
	}
}

// Both transports, over the whole schema: a socket brings what a stream of events
// brings, and refuses what it refuses.
func TestSubscriptionsOverASocket(t *testing.T) {
	c := newCast(t)
	need := c.published()
	heads := c.dial(c.manager)
	heads.subscribe("head", "subscription($id:ID!){strongCandidates(need:$id,first:50){matches{rank expert{id}} entered{rank expert{id}}}}", object{"id": need})
	known := map[string]bool{}
	entered := c.stir(heads.events(), "a strong candidate", func() {
		_, id := c.expert("Amina Warsame")
		known[id] = true
	}, func(e object) bool { return len(e.list("strongCandidates", "entered")) > 0 })
	for _, m := range entered.list("strongCandidates", "entered") {
		if !known[m.str("expert", "id")] {
			t.Errorf("a stranger has come in: %v", m)
		}
	}

	round := c.do(c.manager, "openRound", "RoundPayload", "round{id}", object{"programme": c.programme, "mode": "BEST"}).str("round", "id")
	const progress = "subscription($id:ID!){roundProgress(round:$id){position round{id stage quotas{upper} solution{certificate{valid}}}}}"
	watch := c.dial(c.manager)
	watch.subscribe("round", progress, object{"id": round})
	events, upper := watch.events(), 0
	c.stir(events, "a quota", func() {
		upper++
		c.do(c.manager, "setRoundQuota", "RoundPayload", "round{id}", object{"round": round, "country": "SO", "lower": 0, "upper": 1 + upper%800})
	}, func(e object) bool { return e.str("roundProgress", "round", "id") == round })
	c.do(c.manager, "solveRound", "RoundPayload", "round{stage}", object{"round": round})
	solved := c.until(events, "the plan", func(e object) bool { return e.str("roundProgress", "round", "stage") == "PROPOSED" })
	if solved.at("roundProgress", "round", "solution", "certificate", "valid") != true {
		t.Errorf("%v", solved)
	}
	watch.send(frame{ID: "round", Type: "complete"})
	if _, open := <-events; open {
		for range events { // what was on its way
		}
	}

	for _, who := range []domain.PrincipalID{c.host, c.focal, somebody()} {
		s := c.dial(who)
		s.subscribe("1", progress, object{"id": round})
		if f := s.receive(); f.ID != "1" || strings.Contains(string(f.Payload), `"stage"`) || !strings.Contains(string(f.Payload), "object.not_found") {
			t.Errorf("%s hears of the round: %s %s", who, f.Type, f.Payload)
		}
	}
}
