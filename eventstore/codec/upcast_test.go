package codec_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/codectest"
)

// Three generations of one event. First it was test.Visited with one remark;
// then the remark became a list; then the type was renamed and the country came.

type visited1 struct {
	Expert domain.ExpertID `json:"expert"`
	Remark personal.Text   `json:"remark,omitzero"`
}

func (visited1) EventType() string { return "test.Visited" }

type visited2 struct {
	Expert  domain.ExpertID `json:"expert"`
	Remarks []personal.Text `json:"remarks"`
}

func (visited2) EventType() string { return "test.Visited" }

type calledOn struct {
	Expert  domain.ExpertID `json:"expert"`
	Country domain.Country  `json:"country"`
	Said    struct {
		Remarks []personal.Text `json:"remarks"`
	} `json:"said"`
}

func (calledOn) EventType() string { return "test.CalledOn" }

// members rewrites the members of a JSON object.
func members(change func(map[string]json.RawMessage)) func(jsontext.Value) (jsontext.Value, error) {
	return func(raw jsontext.Value) (jsontext.Value, error) {
		m := map[string]json.RawMessage{}
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, err
		}
		change(m)
		return json.Marshal(m)
	}
}

var (
	toList = codec.Upcast{
		Type: "test.Visited", From: 1,
		Change: members(func(m map[string]json.RawMessage) {
			m["remarks"] = fmt.Appendf(nil, "[%s]", m["remark"])
			delete(m, "remark")
		}),
		SealedAt: func(path string) string {
			if path == "remarks[0]" {
				return "remark"
			}
			return path
		},
	}
	toCalledOn = codec.Upcast{
		Type: "test.Visited", From: 2, To: "test.CalledOn",
		Change: members(func(m map[string]json.RawMessage) {
			m["said"] = fmt.Appendf(nil, `{"remarks":%s}`, m["remarks"])
			m["country"] = []byte(`"SO"`)
			delete(m, "remarks")
		}),
		SealedAt: func(path string) string { return strings.TrimPrefix(path, "said.") },
	}
)

func written(t *testing.T, reg *codec.Registry, e decider.Event) eventstore.Recorded {
	t.Helper()
	return store(t, codec.New(reg, codectest.NewKeys()), e)
}

// secondGeneration is the program of the time when the remark was a list.
func secondGeneration() *codec.Registry {
	reg := codec.NewRegistry(visited2{})
	reg.Upcast(toList)
	return reg
}

func thirdGeneration() *codec.Registry {
	reg := codec.NewRegistry(calledOn{})
	reg.Upcast(toList)
	reg.Upcast(toCalledOn)
	return reg
}

func TestUpcastersCarryRecordedEventsToThePresent(t *testing.T) {
	remark := personal.Of(anna, "First of all")
	logs := []eventstore.Recorded{
		written(t, codec.NewRegistry(visited1{}), visited1{Expert: anna, Remark: remark}),
		written(t, secondGeneration(), visited2{Expert: anna, Remarks: []personal.Text{remark}}),
		written(t, thirdGeneration(), func() calledOn {
			e := calledOn{Expert: anna, Country: "SO"}
			e.Said.Remarks = []personal.Text{remark}
			return e
		}()),
	}
	c := codec.New(thirdGeneration(), codectest.NewKeys())
	for i, r := range logs {
		d, err := c.Decode(ctx, r)
		if err != nil {
			t.Fatalf("generation %d: %v", i+1, err)
		}
		e, ok := d.Event.(calledOn)
		if !ok || e.Expert != anna || e.Country != "SO" || len(e.Said.Remarks) != 1 {
			t.Fatalf("generation %d: %#v", i+1, d.Event)
		}
		if text, err := personal.Open(e.Said.Remarks[0], personal.ToCaseWork); err != nil || text != "First of all" {
			t.Errorf("generation %d: the seal does not open after the move: %q, %v", i+1, text, err)
		}
		if want := []int{1, 2, 1}[i]; d.Meta.Schema != want {
			t.Errorf("generation %d: schema %d", i+1, d.Meta.Schema)
		}
	}
	if c.Corrupt() != 0 {
		t.Errorf("%d corrupt", c.Corrupt())
	}
}

func TestNewerProgramsEventsAreNamedByOlderPrograms(t *testing.T) {
	older := codec.New(codec.NewRegistry(visited1{}), codectest.NewKeys())
	r := written(t, secondGeneration(), visited2{Expert: anna})
	if _, err := older.Decode(ctx, r); !errors.As(err, new(*codec.UnknownSchema)) {
		t.Errorf("a newer schema: %v", err)
	}
	r = written(t, thirdGeneration(), calledOn{Expert: anna})
	if _, err := older.Decode(ctx, r); !errors.As(err, new(*codec.UnknownType)) {
		t.Errorf("a newer type: %v", err)
	}
}

func TestFailingUpcasterIsPoison(t *testing.T) {
	broken := errors.New("cannot")
	reg := codec.NewRegistry(visited2{})
	reg.Upcast(codec.Upcast{Type: "test.Visited", From: 1, Change: func(jsontext.Value) (jsontext.Value, error) { return nil, broken }})
	_, err := codec.New(reg, codectest.NewKeys()).Decode(ctx, written(t, codec.NewRegistry(visited1{}), visited1{}))
	if !errors.Is(err, codec.ErrPoison) || !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestUpcastersThatLeadNowherePanicAtStart(t *testing.T) {
	same := func(v jsontext.Value) (jsontext.Value, error) { return v, nil }
	for name, upcasts := range map[string][]codec.Upcast{
		"twice":        {toList, toList},
		"backwards":    {{Type: "test.Visited", From: 2, ToSchema: 1, Change: same}},
		"no change":    {{Type: "test.Visited", From: 1}},
		"unregistered": {{Type: "test.Visited", From: 1, To: "test.Gone", Change: same}},
		"not current":  {{Type: "test.Old", From: 1, To: "test.Visited", ToSchema: 1, Change: same}, {Type: "test.Older", From: 1, To: "test.Visited", ToSchema: 3, Change: same}},
		"circle":       {{Type: "test.A", From: 1, To: "test.B", Change: same}, {Type: "test.B", From: 1, To: "test.A", Change: same}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("taken")
				}
			}()
			reg := codec.NewRegistry(visited2{})
			for _, u := range upcasts {
				reg.Upcast(u)
			}
			codec.New(reg, codectest.NewKeys())
		})
	}
}
