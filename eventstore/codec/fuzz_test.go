package codec_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/codectest"
)

// Whatever stands in the log, decoding gives an event or a named poison event.
// What it gives encodes to something that decodes to the same.
func FuzzDecode(f *testing.F) {
	c := codec.New(codec.NewRegistry(filed{}, opened{}), codectest.NewKeys())
	good := store(f, c, aFiled())
	f.Add("test.Filed", good.Data, good.Meta)
	f.Add("test.Opened", []byte(`{"need":"n"}`), []byte(`{"schema":1}`))
	f.Add("test.Filed", []byte(`{"name":"sealed:x:AAAA","notes":[null],"pair":["",""],"answers":{"":"sealed::"}}`), good.Meta)
	f.Add("", []byte("\xff"), []byte(`[`))
	f.Fuzz(func(t *testing.T, name string, data, meta []byte) {
		r := eventstore.Recorded{Event: eventstore.Event{ID: eventID, Type: name, Data: data, Meta: meta}, Stream: stream}
		d, err := c.Decode(ctx, r)
		if err != nil {
			if !errors.Is(err, codec.ErrPoison) || d.Event != nil {
				t.Fatalf("%v, %v", d, err)
			}
			return
		}
		enc, err := c.Encode(ctx, stream, eventID, d.Event, d.Meta)
		if errors.Is(err, codec.ErrReseal) {
			return // the bytes hold a seal that does not open
		}
		if err != nil {
			t.Fatalf("decodes from %s, and does not encode: %v", data, err)
		}
		again, err := c.Decode(ctx, eventstore.Recorded{Event: enc, Stream: stream})
		if err != nil || !reflect.DeepEqual(again.Event, d.Event) {
			t.Fatalf("%#v became %#v, %v", d.Event, again.Event, err)
		}
	})
}

// Any event that encodes comes back equal, and no personal text shows in it.
func FuzzRoundTrip(f *testing.F) {
	c := codec.New(codec.NewRegistry(filed{}), codectest.NewKeys())
	f.Add(anna, "Anna Example", "first remark", "q1", "yes", "health", int32(20_000), int64(1_795_000_000), uint8(3))
	f.Add("x", "<&>\u2028\x00", "", "", "\"", "\\", int32(-1), int64(0), uint8(0))
	const canary = "PERSONAL-5d3a"
	f.Fuzz(func(t *testing.T, subject, name, remark, question, answer, skill string, day int32, at int64, n uint8) {
		e := filed{
			Expert: domain.ExpertID(subject), Name: personal.Of(subject, canary+name),
			Skills: []domain.SkillClaim{{Skill: domain.Skill(skill), Level: domain.SkillLevel(n), Years: n}},
			From:   domain.Date(day), At: time.Unix(at, 0).UTC(),
			Answers: map[string]personal.Text{question: personal.Of(subject, answer)},
		}
		for range n % 4 {
			e.Notes = append(e.Notes, note{personal.Of(subject, remark), skill})
		}
		id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(name))
		if strings.Contains(subject+question+skill, canary) {
			return
		}
		enc, err := c.Encode(ctx, stream, id, e, meta)
		if err != nil {
			return // not UTF-8, not an id, a year beyond 9999: refused as a whole
		}
		if bytes.Contains(enc.Data, []byte(canary)) {
			t.Fatalf("personal text shows in %s", enc.Data)
		}
		d, err := c.Decode(ctx, eventstore.Recorded{Event: enc, Stream: stream})
		if err != nil || !reflect.DeepEqual(d.Event, any(e)) {
			t.Fatalf("%#v became %#v, %v", e, d.Event, err)
		}
	})
}
