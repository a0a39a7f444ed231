package eventstore_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

func recorded() eventstore.Recorded {
	return eventstore.Recorded{
		Event: eventstore.Event{
			ID:   uuid.MustParse("0192f0c1-2b3c-7d4e-8f50-a1b2c3d4e5f6"),
			Type: "need.Drafted",
			Data: []byte(`{"title":"Soil laboratory"}`),
			Meta: []byte(`{"$commandId":"1"}`),
		},
		Stream:   "need-1",
		Revision: 3,
		Position: 7,
		Time:     time.Date(2026, 11, 22, 14, 30, 0, 123456000, time.UTC),
	}
}

// The chain is a storage contract: logs that are written hold these hashes. The
// values here are of this Python, and must never change:
//
//	f = lambda b: len(b).to_bytes(8, "big") + b
//	n = lambda i: f(i.to_bytes(8, "big"))
//	h = sha256(previous + n(7) + f(b"need-1") + n(3) + f(id) + f(b"need.Drafted") + f(data) + f(meta) + n(1795357800123456)).digest()
func TestChainIsAStorageContract(t *testing.T) {
	const first = "66c7925d03c8aedaf7713cb3fb95c521cd48a7b01ab7ef1b252daf9c42983fe6"
	const second = "ea6dfab1edd8fee7687e49802511298a7b3ea7935c668aa82e6f1649b97160fe"
	var chain eventstore.Chain
	for i, want := range []string{first, second} {
		if got := chain.Add(recorded()); hex.EncodeToString(got[:]) != want || got != chain.Head() {
			t.Errorf("hash %d is %x, want %s", i+1, got, want)
		}
	}
}

func TestChainCoversEveryField(t *testing.T) {
	seen := map[[32]byte]string{}
	for name, change := range map[string]func(*eventstore.Recorded){
		"nothing":           func(*eventstore.Recorded) {},
		"position":          func(r *eventstore.Recorded) { r.Position++ },
		"stream":            func(r *eventstore.Recorded) { r.Stream = "need-2" },
		"revision":          func(r *eventstore.Recorded) { r.Revision++ },
		"id":                func(r *eventstore.Recorded) { r.ID[15]++ },
		"type":              func(r *eventstore.Recorded) { r.Type = "need.Drafter" },
		"data":              func(r *eventstore.Recorded) { r.Data[3] ^= 1 },
		"metadata":          func(r *eventstore.Recorded) { r.Meta[3] ^= 1 },
		"time":              func(r *eventstore.Recorded) { r.Time = r.Time.Add(time.Microsecond) },
		"type against data": func(r *eventstore.Recorded) { r.Type, r.Data = r.Type+string(r.Data[0]), r.Data[1:] },
		"data against meta": func(r *eventstore.Recorded) { r.Data, r.Meta = append(r.Data, r.Meta...), nil },
	} {
		r := recorded()
		change(&r)
		var chain eventstore.Chain
		hash := chain.Add(r)
		if other, ok := seen[hash]; ok {
			t.Errorf("%s and %s give the same hash", name, other)
		}
		seen[hash] = name
	}
	first := eventstore.Chain{}
	first.Add(recorded())
	again := eventstore.ChainAt(first.Head())
	if again.Add(recorded()) != first.Add(recorded()) {
		t.Error("a chain that is continued is another chain")
	}
}
