package scalar

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
)

const uuidText = "0b8f9c1e-0000-4000-8000-000000000001"

func written(m graphql.Marshaler) string {
	var b bytes.Buffer
	m.MarshalGQL(&b)
	return b.String()
}

// read decodes JSON as the transport does, with numbers kept as texts.
func read(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func roundTrip[T comparable](t *testing.T, v T, text string, marshal func(T) graphql.Marshaler, unmarshal func(any) (T, error)) {
	t.Helper()
	if got := written(marshal(v)); got != text {
		t.Errorf("%v is written %s, want %s", v, got, text)
	}
	if got, err := unmarshal(read(t, text)); err != nil || got != v {
		t.Errorf("%s is read %v, %v, want %v", text, got, err, v)
	}
	var zero T
	if got, err := unmarshal(nil); err != nil || got != zero {
		t.Errorf("null is read %v, %v", got, err)
	}
}

func TestScalarsComeBack(t *testing.T) {
	roundTrip(t, domain.NewDate(2026, time.November, 22), `"2026-11-22"`, MarshalDate, UnmarshalDate)
	roundTrip(t, time.Date(2026, 11, 22, 9, 30, 0, 5e6, time.UTC), `"2026-11-22T09:30:00.005Z"`, MarshalDateTime, UnmarshalDateTime)
	roundTrip(t, domain.Score(7312), `0.7312`, MarshalScore, UnmarshalScore)
	roundTrip(t, domain.Score(-1), `-0.0001`, MarshalScore, UnmarshalScore)
	roundTrip(t, eventstore.Position(1<<53+1), `"9007199254740993"`, MarshalPosition, UnmarshalPosition)
	roundTrip(t, domain.RuleOfLaw, `"RULE_OF_LAW"`, MarshalSector, UnmarshalSector)
	roundTrip(t, domain.Native, `"NATIVE"`, MarshalCEFR, UnmarshalCEFR)
	roundTrip(t, domain.Language("ckb"), `"ckb"`, MarshalLanguageTag, UnmarshalLanguageTag)
	roundTrip(t, domain.Skill("health.midwifery"), `"health.midwifery"`, MarshalSkillCode, UnmarshalSkillCode)
	roundTrip(t, domain.NeedID(uuidText), `"`+GlobalID{TypeNeed, uuidText}.String()+`"`, MarshalNeedID, UnmarshalNeedID)
	roundTrip(t, PublishedID(uuidText), `"`+GlobalID{TypePublished, uuidText}.String()+`"`, MarshalPublishedID, UnmarshalPublishedID)
	roundTrip(t, domain.CommandID(uuidText), `"`+uuidText+`"`, MarshalCommandID, UnmarshalCommandID)
}

func TestWhatHasNotTheFormIsRefused(t *testing.T) {
	refuses := func(name string, err error) {
		t.Helper()
		if domain.AsRefusals(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, v := range []any{"", "22-11-2026", 5, true} {
		_, err := UnmarshalDate(v)
		refuses("date", err)
	}
	for _, v := range []any{json.Number("0.73125"), json.Number("1e300"), "0.5", true} {
		_, err := UnmarshalScore(v)
		refuses("score", err)
	}
	for _, v := range []any{"-1", "9223372036854775808", "x", 5} {
		_, err := UnmarshalPosition(v)
		refuses("position", err)
	}
	for _, v := range []any{"rule_of_law", "", 5} {
		_, err := UnmarshalSector(v)
		refuses("sector", err)
	}
	for _, v := range []any{json.Number("9"), json.Number("-1"), "six"} {
		_, err := UnmarshalEducationLevel(v)
		refuses("education", err)
	}
	for _, v := range []any{"health.Midwifery", `a"b`, strings.Repeat("a", maxSkillCode+1)} {
		_, err := UnmarshalSkillCode(v)
		refuses("skill", err)
	}
	need := GlobalID{TypeNeed, uuidText}.String()
	for _, v := range []any{need, uuidText, "", strings.Repeat("A", 1<<20), GlobalID{"", uuidText}.String(), need + "="} {
		_, err := UnmarshalExpertID(v)
		refuses("expert id", err)
	}
}

func FuzzGlobalID(f *testing.F) {
	f.Add(GlobalID{TypeNeed, uuidText}.String())
	f.Add("Tm90IGFuIGlk")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ParseID(text)
		if err != nil {
			return
		}
		again, err := ParseID(g.String())
		if err != nil || again != g {
			t.Errorf("%q is %v, which is %v, %v", text, g, again, err)
		}
		if written(MarshalGlobalID(g)) != `"`+g.String()+`"` {
			t.Errorf("%v is written %s", g, written(MarshalGlobalID(g)))
		}
	})
}
