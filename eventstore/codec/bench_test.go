package codec_test

import (
	stdjson "encoding/json"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/codectest"
)

// declared is of the size and shape of a usual event: about 430 bytes with its
// metadata and no personal value; spoken is one with a sealed remark.
type declared struct {
	Expert    domain.ExpertID    `json:"expert"`
	Programme domain.ProgrammeID `json:"programme"`
	Country   domain.Country     `json:"country"`
	Skill     domain.SkillClaim  `json:"skill"`
	Until     domain.Date        `json:"until,omitzero"`
}

func (declared) EventType() string { return "test.Declared" }

type spoken struct {
	Expert domain.ExpertID `json:"expert"`
	Remark personal.Text   `json:"remark,omitzero"`
}

func (spoken) EventType() string { return "test.Spoken" }

func benchmarkEvents(b *testing.B) (c *codec.Codec, plain, sealed eventstore.Recorded) {
	c = codec.New(codec.NewRegistry(declared{}, spoken{}), codectest.NewKeys())
	plain = store(b, c, declared{
		Expert: anna, Programme: bilal, Country: "SO",
		Skill: domain.SkillClaim{Skill: "health.midwifery", Level: domain.Proficient, Years: 7}, Until: domain.NewDate(2027, 1, 31),
	})
	sealed = store(b, c, spoken{Expert: anna, Remark: personal.Of(anna, "Speaks from thirty years of practice.")})
	return c, plain, sealed
}

func BenchmarkDecode(b *testing.B) {
	c, plain, sealed := benchmarkEvents(b)
	for name, r := range map[string]eventstore.Recorded{"plain": plain, "sealed": sealed} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(r.Data) + len(r.Meta)))
			for b.Loop() {
				if _, err := c.Decode(ctx, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("encoding-json-beside-plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var e declared
			var m codec.Meta
			if err := stdjson.Unmarshal(plain.Data, &e); err != nil {
				b.Fatal(err)
			}
			if err := stdjson.Unmarshal(plain.Meta, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	c, plain, sealed := benchmarkEvents(b)
	for name, r := range map[string]eventstore.Recorded{"plain": plain, "sealed": sealed} {
		d, err := c.Decode(ctx, r)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Encode(ctx, stream, eventID, d.Event, meta); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
