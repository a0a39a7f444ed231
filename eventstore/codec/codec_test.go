package codec_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/codectest"
)

// Events of the tests: every shape that a personal value can stand in.

type note struct {
	Text personal.Text `json:"text,omitzero"`
	Kind string        `json:"kind"`
}

type contact struct {
	Mail personal.Text `json:"mail,omitzero"`
}

type filed struct {
	Expert  domain.ExpertID          `json:"expert"`
	Name    personal.Text            `json:"name,omitzero"`
	Notes   []note                   `json:"notes,omitempty"`
	Answers map[string]personal.Text `json:"answers,omitempty"`
	Referee *contact                 `json:"referee,omitzero"`
	Pair    [2]personal.Text         `json:"pair"`
	contact
	Skills  []domain.SkillClaim          `json:"skills,omitempty"`
	Weights map[domain.Skill]domain.Date `json:"weights,omitempty"`
	From    domain.Date                  `json:"from,omitzero"`
	At      time.Time                    `json:"at"`
}

func (filed) EventType() string { return "test.Filed" }

type opened struct {
	Need   domain.NeedID `json:"need"`
	Reason string        `json:"reason,omitzero"`
}

func (opened) EventType() string { return "test.Opened" }

const (
	anna   = "0b8f9c1e-0000-4000-8000-000000000001"
	bilal  = "0b8f9c1e-0000-4000-8000-000000000002"
	stream = "test-0b8f9c1e-0000-4000-8000-00000000000a"
)

var (
	ctx     = context.Background()
	eventID = uuid.MustParse("7f1c6d0e-8a4b-5c00-9d00-000000000001")
	noon    = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)
	meta    = codec.Meta{
		Command: "0b8f9c1e-0000-4000-8000-0000000000c1", Causation: "0b8f9c1e-0000-4000-8000-0000000000c1",
		Correlation: "0b8f9c1e-0000-4000-8000-0000000000c2", Actor: "0b8f9c1e-0000-4000-8000-0000000000f1",
		Role: domain.RoleManager, OnBehalfOf: anna, At: noon,
		Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Action: "test.File",
	}
)

func aFiled() filed {
	return filed{
		Expert: anna, Name: personal.Of(anna, "Anna SECRET"),
		Notes:   []note{{personal.Of(anna, "first SECRET"), "a"}, {personal.Text{}, "b"}, {personal.Of(bilal, "third SECRET"), "c"}},
		Answers: map[string]personal.Text{"q1": personal.Of(anna, "yes SECRET"), `q"}`: personal.Of(bilal, "no SECRET")},
		Referee: &contact{personal.Of(bilal, "b@SECRET.example")},
		Pair:    [2]personal.Text{personal.Of(anna, "left SECRET"), {}},
		contact: contact{personal.Of(anna, "a@SECRET.example")},
		Skills:  []domain.SkillClaim{{Skill: "health.midwifery", Level: 3, Years: 7}},
		Weights: map[domain.Skill]domain.Date{"b": 3, "a": 4},
		From:    domain.NewDate(2026, 11, 22), At: noon,
	}
}

func registry() *codec.Registry { return codec.NewRegistry(filed{}, opened{}) }

func store(t testing.TB, c *codec.Codec, e decider.Event) eventstore.Recorded {
	t.Helper()
	enc, err := c.Encode(ctx, stream, eventID, e, meta)
	if err != nil {
		t.Fatal(err)
	}
	return eventstore.Recorded{Event: enc, Stream: stream, Revision: 4, Position: 17, Time: noon}
}

func TestRoundTrip(t *testing.T) {
	c := codec.New(registry(), codectest.NewKeys())
	want := aFiled()
	r := store(t, c, want)
	if !reflect.DeepEqual(want, aFiled()) {
		t.Fatal("Encode wrote to the caller's event")
	}
	if bytes.Contains(r.Data, []byte("SECRET")) || bytes.Contains(r.Meta, []byte("SECRET")) {
		t.Fatalf("plain personal text is stored: %s", r.Data)
	}
	if r.Type != "test.Filed" || r.ID != eventID {
		t.Fatalf("stored as %q %v", r.Type, r.ID)
	}
	d, err := c.Decode(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(d.Event, decider.Event(want)) {
		t.Fatalf("got %#v\nwant %#v", d.Event, want)
	}
	wantMeta := meta
	wantMeta.Schema = 1
	if d.Meta != wantMeta || d.Stream != stream || d.ID != eventID || d.Revision != 4 || d.Position != 17 || !d.Stored.Equal(noon) {
		t.Fatalf("got %+v", d)
	}
}

func TestEncodingIsDeterministicAndKeepsNilApartFromEmpty(t *testing.T) {
	c := codec.New(registry(), codectest.NewKeys())
	first := store(t, c, aFiled())
	for range 20 {
		if again := store(t, c, aFiled()); !bytes.Equal(first.Data, again.Data) {
			t.Fatalf("same event, other bytes:\n%s\n%s", first.Data, again.Data)
		}
	}
	type list = struct{ filed }
	for _, e := range []list{{filed{Notes: nil}}, {filed{Skills: nil, Pair: [2]personal.Text{}}}} {
		d, err := c.Decode(ctx, store(t, c, e.filed))
		if err != nil || !reflect.DeepEqual(d.Event, decider.Event(e.filed)) {
			t.Fatalf("%#v, %v", d.Event, err)
		}
	}
}

func TestErasedSubjectIsErasedAndOthersStayReadable(t *testing.T) {
	keys := codectest.NewKeys()
	c := codec.New(registry(), keys)
	r := store(t, c, aFiled())
	keys.Erase(anna)
	d, err := c.Decode(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	e := d.Event.(filed)
	for name, text := range map[string]personal.Text{"name": e.Name, "note": e.Notes[0].Text, "answer": e.Answers["q1"], "pair": e.Pair[0], "mail": e.Mail} {
		if s, err := personal.Open(text, personal.ToCaseWork); s != "" || !errors.Is(err, personal.ErrErased) {
			t.Errorf("%s: %q, %v", name, s, err)
		}
	}
	if s, err := personal.Open(e.Referee.Mail, personal.ToCaseWork); err != nil || s != "b@SECRET.example" {
		t.Errorf("another subject: %q, %v", s, err)
	}
	if c.Corrupt() != 0 {
		t.Error("erased counts as corrupt")
	}
	if _, err := c.Encode(ctx, stream, eventID, aFiled(), meta); !errors.Is(err, personal.ErrErased) {
		t.Errorf("an erased subject is not fenced: %v", err)
	}
}

func TestMovedFieldIsCorruptAndAlarms(t *testing.T) {
	c := codec.New(registry(), codectest.NewKeys())
	var alarms []codec.Corruption
	c.OnCorrupt(func(x codec.Corruption) { alarms = append(alarms, x) })
	r := store(t, c, filed{Name: personal.Of(anna, "Anna SECRET"), Pair: [2]personal.Text{personal.Of(anna, "left")}})

	check := func(what string, r eventstore.Recorded, text func(filed) personal.Text) {
		t.Helper()
		before := c.Corrupt()
		d, err := c.Decode(ctx, r)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if _, err := personal.Open(text(d.Event.(filed)), personal.ToCaseWork); !errors.Is(err, personal.ErrCorrupt) {
			t.Errorf("%s: opens with %v", what, err)
		}
		if c.Corrupt() == before {
			t.Errorf("%s: not counted", what)
		}
		if _, err := c.Encode(ctx, stream, eventID, d.Event, meta); !errors.Is(err, codec.ErrReseal) {
			t.Errorf("%s: corrupt value stored again: %v", what, err)
		}
	}
	name := func(e filed) personal.Text { return e.Name }

	moved := r
	moved.ID = uuid.MustParse("7f1c6d0e-8a4b-5c00-9d00-000000000002")
	check("another event", moved, name)

	moved = r
	moved.Data = bytes.Replace(r.Data, []byte(`"name":`), []byte(`"mail":`), 1)
	check("another field", moved, func(e filed) personal.Text { return e.Mail })

	moved.Data = bytes.Replace(r.Data, []byte(anna), []byte(bilal), 1)
	check("another subject", moved, name)

	pair := string(r.Data[bytes.Index(r.Data, []byte(`"pair":[`))+len(`"pair":[`):])
	first, _, _ := strings.Cut(pair, ",")
	moved.Data = bytes.Replace(r.Data, []byte(first+`,""`), []byte(`"",`+first), 1)
	check("another index", moved, func(e filed) personal.Text { return e.Pair[1] })

	if len(alarms) != int(c.Corrupt()) || alarms[0].Path != "name" || alarms[0].Stream != stream || alarms[len(alarms)-1].Path != "pair[1]" {
		t.Errorf("alarms %+v", alarms)
	}
}

func TestKeyStoreAwayIsNeitherErasedNorPoison(t *testing.T) {
	keys := codectest.NewKeys()
	c := codec.New(registry(), keys)
	r := store(t, c, aFiled())
	away := errors.New("key store is away")
	keys.Fail(away)
	if _, err := c.Decode(ctx, r); !errors.Is(err, away) || errors.Is(err, codec.ErrPoison) {
		t.Errorf("Decode: %v", err)
	}
	if _, err := c.Encode(ctx, stream, eventID, aFiled(), meta); !errors.Is(err, away) {
		t.Errorf("Encode: %v", err)
	}
}

func TestPoisonEventsAreNamed(t *testing.T) {
	c := codec.New(registry(), codectest.NewKeys())
	good := store(t, c, opened{Need: "n1", Reason: "SECRET"})
	with := func(change func(*eventstore.Recorded)) eventstore.Recorded {
		r := good
		change(&r)
		return r
	}
	data := func(s string) eventstore.Recorded { return with(func(r *eventstore.Recorded) { r.Data = []byte(s) }) }
	cases := map[string]struct {
		r    eventstore.Recorded
		want any
	}{
		"unknown type":     {with(func(r *eventstore.Recorded) { r.Type = "test.Gone" }), new(*codec.UnknownType)},
		"newer schema":     {with(func(r *eventstore.Recorded) { r.Meta = []byte(`{"schema":2}`) }), new(*codec.UnknownSchema)},
		"no schema":        {with(func(r *eventstore.Recorded) { r.Meta = []byte(`{}`) }), new(*codec.UnknownSchema)},
		"bad metadata":     {with(func(r *eventstore.Recorded) { r.Meta = []byte(`{"schema":1`) }), new(*codec.Malformed)},
		"doubled metadata": {with(func(r *eventstore.Recorded) { r.Meta = []byte(`{"schema":1,"schema":1}`) }), new(*codec.Malformed)},
		"empty":            {data(``), new(*codec.Malformed)},
		"trailing":         {data(string(good.Data) + `{}`), new(*codec.Malformed)},
		"bad UTF-8":        {data("{\"need\":\"\xff\"}"), new(*codec.Malformed)},
		"lone surrogate":   {data(`{"need":"\ud800"}`), new(*codec.Malformed)},
		"duplicate names":  {data(`{"need":"SECRET","need":"b"}`), new(*codec.Malformed)},
		"unknown member":   {data(`{"need":"a","SECRET":1}`), new(*codec.Malformed)},
		"other case":       {data(`{"Need":"a"}`), new(*codec.Malformed)},
		"wrong kind":       {data(`{"need":{"SECRET":1}}`), new(*codec.Malformed)},
		"plain personal": {with(func(r *eventstore.Recorded) {
			r.Type, r.Data = "test.Filed", []byte(`{"name":"Anna","pair":["",""],"at":"2026-11-22T12:00:00Z"}`)
		}), new(*codec.Malformed)},
	}
	for name, tc := range cases {
		d, err := c.Decode(ctx, tc.r)
		if !errors.As(err, tc.want) || !errors.Is(err, codec.ErrPoison) || d.Event != nil {
			t.Errorf("%s: %v, %v", name, d.Event, err)
			continue
		}
		if s := err.Error(); !strings.Contains(s, fmt.Sprintf("%q at 17, %q revision 4", tc.r.Type, stream)) || strings.Contains(s, "Anna") {
			t.Errorf("%s: error does not name the event alone: %s", name, s)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	c := codec.New(codec.NewRegistry(filed{}), codectest.NewKeys())
	for name, tc := range map[string]struct {
		stream string
		e      decider.Event
		want   error
	}{
		"bad stream":     {"nostream", filed{}, eventstore.ErrBadStream},
		"not registered": {stream, opened{}, codec.ErrUnregistered},
		"pointer":        {stream, &filed{}, codec.ErrUnregistered},
		"nil":            {stream, nil, codec.ErrUnregistered},
	} {
		if _, err := c.Encode(ctx, tc.stream, eventID, tc.e, meta); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, e := range map[string]filed{
		"bad UTF-8 in a personal text": {Name: personal.Of(anna, "SECRET\xff")},
		"subject that is no id":        {Name: personal.Of("a:b", "SECRET")},
		"bad UTF-8 in plain text":      {Expert: "SECRET\xff"},
	} {
		if _, err := c.Encode(ctx, stream, eventID, e, meta); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Events that must not be registered.

type badName struct{}

func (badName) EventType() string { return "TestBad" }

type twin struct{}

func (twin) EventType() string { return "test.Opened" }

type anyHolder struct {
	X any `json:"x"`
}

func (anyHolder) EventType() string { return "test.Any" }

type keyed struct {
	X map[personal.Text]int `json:"x"`
}

func (keyed) EventType() string { return "test.Keyed" }

type numbered struct {
	X map[int]personal.Text `json:"x"`
}

func (numbered) EventType() string { return "test.Numbered" }

type nested struct {
	Inner *nested       `json:"inner"`
	Text  personal.Text `json:"text"`
}

func (nested) EventType() string { return "test.Nested" }

func TestRegistryPanicsAtStart(t *testing.T) {
	for name, events := range map[string][]decider.Event{
		"name":             {badName{}},
		"pointer":          {&opened{}},
		"duplicate name":   {opened{}, twin{}},
		"duplicate type":   {opened{}, opened{}},
		"interface":        {anyHolder{}},
		"personal key":     {keyed{}},
		"key without text": {numbered{}},
		"recursive":        {nested{}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("registered")
				}
			}()
			codec.NewRegistry(events...)
		})
	}
}
