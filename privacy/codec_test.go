package privacy_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/privacy/canary"
)

type remarked struct {
	Expert string        `json:"expert"`
	Remark personal.Text `json:"remark,omitzero"`
	Moved  personal.Text `json:"moved,omitzero"`
}

func (remarked) EventType() string { return "test.Remarked" }

var _ codec.Sealer = (*privacy.Keys)(nil)

const marker = "CANARY-remark-7f3a91c0"

func encode(t testing.TB, c *codec.Codec, subject string) eventstore.Recorded {
	t.Helper()
	stream := "test-" + subject
	e, err := c.Encode(ctx, stream, uuid.New(), remarked{Expert: subject, Remark: personal.Of(subject, marker)}, codec.Meta{At: noon})
	must(t, err)
	return eventstore.Recorded{Event: e, Stream: stream}
}

// What the codec stores shows no marker before the erasure, and nothing opens it
// after: not the running program, not the next one.
func TestCanaryThroughCodecAndKeys(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	c := codec.New(codec.NewRegistry(remarked{}), k)
	anna, bilal := encode(t, c, subject(1)), encode(t, c, subject(2))
	must(t, privacy.NewVault(k, recordNothing).Put(ctx, subject(1), "passport", privacy.Protect([]byte(marker)), noon))

	sweep, err := canary.New(marker)
	must(t, err)
	clean := func(when string) {
		t.Helper()
		found, err := sweep.Directory(r.dir)
		must(t, err)
		for _, b := range [][]byte{anna.Data, anna.Meta, bilal.Data, bilal.Meta} {
			found = append(found, sweep.Bytes("log", b)...)
		}
		if len(found) != 0 {
			t.Fatalf("%s: %v", when, found)
		}
	}
	read := func(rec eventstore.Recorded) (string, error) {
		t.Helper()
		d, err := c.Decode(ctx, rec)
		must(t, err)
		return personal.Open(d.Event.(remarked).Remark, personal.ToCaseWork)
	}
	clean("before")
	if s, err := read(anna); err != nil || s != marker {
		t.Fatalf("%q, %v", s, err)
	}
	must(t, k.Destroy(ctx, subject(1)))
	for range 2 {
		clean("after")
		if s, err := read(anna); !errors.Is(err, personal.ErrErased) || s != "" {
			t.Errorf("%q, %v", s, err)
		}
		if s, err := read(bilal); err != nil || s != marker {
			t.Errorf("%q, %v", s, err)
		}
		must(t, k.Close())
		k = r.open()
		c = codec.New(codec.NewRegistry(remarked{}), k)
	}
	if c.Corrupt() != 0 {
		t.Errorf("%d corrupt", c.Corrupt())
	}
}

func BenchmarkEnsure(b *testing.B) {
	for _, size := range []int{1, 1000} {
		b.Run(fmt.Sprintf("%d-a-call", size), func(b *testing.B) {
			k := newRoom(b).open()
			n := 0
			for b.Loop() {
				subjects := make([]string, size)
				for i := range subjects {
					subjects[i] = subject(n)
					n++
				}
				must(b, k.Ensure(ctx, subjects...))
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "keys/s")
		})
	}
	b.Run("64-callers", func(b *testing.B) {
		k := newRoom(b).open()
		b.SetParallelism(32)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				must(b, k.Ensure(context.Background(), uuid.NewString()))
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "keys/s")
	})
}

func BenchmarkSealOpen(b *testing.B) {
	k := newRoom(b).open()
	const many = 10_000
	all := make([]string, many)
	for i := range all {
		all[i] = subject(i)
	}
	must(b, k.Ensure(ctx, all...))
	sealed := make([][]byte, many)
	for i := range all {
		sealed[i] = seal(b, k, all[i], "Speaks from thirty years of practice.")
	}
	open := func(b *testing.B, cold bool) {
		n := 0
		for b.Loop() {
			i := n % many
			n++
			if cold {
				k.Evict(all[i])
			}
			if _, err := k.Open(ctx, all[i], aad, sealed[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("open-cached", func(b *testing.B) { open(b, false) })
	b.Run("open-from-file", func(b *testing.B) { open(b, true) })
	b.Run("warm-10000", func(b *testing.B) {
		for b.Loop() {
			if n, err := k.Warm(ctx, many); err != nil || n != many {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("seal-cached", func(b *testing.B) {
		for b.Loop() {
			seal(b, k, all[0], "Speaks from thirty years of practice.")
		}
	})
}

func BenchmarkDecodeWithKeys(b *testing.B) {
	c := codec.New(codec.NewRegistry(remarked{}), newRoom(b).open())
	r := encode(b, c, subject(1))
	b.SetBytes(int64(len(r.Data) + len(r.Meta)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Decode(ctx, r); err != nil {
			b.Fatal(err)
		}
	}
}
