package codec

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func TestPlacesAreThoseOfTheStruct(t *testing.T) {
	fields := reflect.TypeFor[Meta]()
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		if place([]byte(name)) != i+1 {
			t.Errorf("%s is member %d, and place says %d", name, i+1, place([]byte(name)))
		}
	}
	if fields.NumField() != schemaPlace {
		t.Errorf("Meta has %d members", fields.NumField())
	}
}

func full() Meta {
	return Meta{
		Command: "c", Causation: "ca", Correlation: "co", Actor: "a", Role: "host", OnBehalfOf: "b",
		At: time.Date(2026, 11, 22, 9, 30, 0, 123456000, time.UTC), Traceparent: "00-aa-bb-01", Action: "need.Submit", Schema: 12,
	}
}

func TestScanReadsWhatEncodeWrites(t *testing.T) {
	same := full()
	same.Correlation = string(same.Command)
	for _, m := range []Meta{full(), same, {Schema: 1}} {
		b, err := json.Marshal(&m, metaOptions)
		if err != nil {
			t.Fatal(err)
		}
		var got Meta
		if !got.scan(b, new(words)) || got != m {
			t.Errorf("%s was read as %+v", b, got)
		}
	}
}

// What scan takes, the JSON library takes too, and reads the same in it.
func FuzzScan(f *testing.F) {
	m := full()
	b, _ := json.Marshal(&m, metaOptions)
	for _, seed := range []string{
		string(b), `{"schema":1}`, `{"schema":01}`, `{"schema":1.0}`, `{"schema":-1}`, `{"schema":1 }`, `{"schema":12345678901234567890}`,
		`{"actor":"a","actor":"b","schema":1}`, `{"role":"r","actor":"a","schema":1}`, `{"Actor":"a","schema":1}`, `{"other":"a","schema":1}`,
		`{"actor":"\u0061","schema":1}`, "{\"actor\":\"\x01\",\"schema\":1}", "{\"actor\":\"\xff\",\"schema\":1}", `{"actor":"é","schema":1}`,
		`{"at":"2026-11-22T09:30:00+01:00","schema":1}`, `{"at":"2026-11-22T9:30:00Z","schema":1}`, `{"at":"2026-11-22T09:30:00,5Z","schema":1}`,
		`{"at":"","schema":1}`, `{"actor":null,"schema":1}`, `{"actor":"a"}`, `{}`, `{`, ``, `null`, `{"schema":1}}`, `{"schema":1},{"schema":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, want Meta
		if !got.scan(b, new(words)) {
			return
		}
		if err := json.Unmarshal(b, &want, metaOptions); err != nil {
			t.Fatalf("%q was taken: %v", b, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q was read as %+v, not %+v", b, got, want)
		}
	})
}
