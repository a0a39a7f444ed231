package codec

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/diaspora-match/diaspora/domain/personal"
)

// Rows makes bytes of rows of views and rows of bytes, for engines that keep
// rows outside the process. Personal texts are sealed as in events, under the key
// of their subject, so that destroying the key erases them there too.
type Rows struct {
	keys    Sealer
	corrupt func(table string)
	plans   sync.Map // reflect.Type → *plan
}

// NewRows seals and opens with keys; corrupt is told of a text that does not open
// under an existing key, and may be nil. It is told the table: what stands in a
// place before the first zero byte.
func NewRows(keys Sealer, corrupt func(table string)) *Rows {
	return &Rows{keys: keys, corrupt: corrupt}
}

var rowOptions = json.JoinOptions(
	json.Deterministic(true), json.FormatNilSliceAsNull(true), json.FormatNilMapAsNull(true),
)

// rowClass sets the associated data of rows apart from that of events, whose
// class no zero byte follows at once.
const rowClass = class + "\x00row\x00"

func rowBound(place, subject string, path []byte) []byte {
	b := make([]byte, 0, len(rowClass)+len(place)+len(subject)+len(path)+2)
	b = append(append(append(b, rowClass...), place...), 0)
	b = append(append(b, subject...), 0)
	return append(b, path...)
}

func (r *Rows) plan(t reflect.Type) *plan {
	if p, ok := r.plans.Load(t); ok {
		return p.(*plan)
	}
	p := planOf(t, t.String())
	r.plans.Store(t, p)
	return p
}

// Encode makes the stored form of a row, which row points to; row is not written
// to. Place says where it belongs (table and key) and must be given again to
// read it. A text whose subject's key seals no more is stored as erased.
func (r *Rows) Encode(ctx context.Context, place string, row any) ([]byte, error) {
	v := reflect.ValueOf(row).Elem()
	if p := r.plan(v.Type()); p != nil {
		copied := reflect.New(v.Type())
		copied.Elem().Set(v)
		if err := r.seal(ctx, p, place, copied.Elem()); err != nil {
			return nil, err
		}
		row = copied.Interface()
	}
	data, err := json.Marshal(row, rowOptions)
	if err != nil {
		return nil, fmt.Errorf("codec: encode a row as %s%s", v.Type(), where(err))
	}
	return data, nil
}

func (r *Rows) seal(ctx context.Context, p *plan, place string, v reflect.Value) error {
	return p.walk(v, nil, true, func(text *personal.Text, path []byte) error {
		_, err := personal.Open(*text, personal.ToCompare)
		if errors.Is(err, personal.ErrErased) {
			return erase(text)
		}
		sealed, err := text.SealWith(func(subject string, plain []byte) ([]byte, error) {
			return r.keys.Seal(ctx, subject, rowBound(place, subject, path), plain)
		})
		if errors.Is(err, personal.ErrErased) {
			return erase(text)
		}
		if err != nil {
			return fmt.Errorf("codec: seal %s of a row: %w", path, err)
		}
		*text = sealed
		return nil
	})
}

// erase leaves of a text that it was there, and about whom: a sealed form without
// sealed bytes.
func erase(text *personal.Text) error {
	return text.UnmarshalText([]byte("sealed:" + text.Subject() + ":"))
}

// Decode reads a stored row into what row points to. It reports whether a text
// was lost since the row was stored, because its subject's key was destroyed.
func (r *Rows) Decode(ctx context.Context, place string, data []byte, row any) (lost bool, err error) {
	if err := json.Unmarshal(data, row, rowOptions); err != nil {
		return false, fmt.Errorf("codec: a stored row is no %T%s", row, where(err))
	}
	v := reflect.ValueOf(row).Elem()
	p := r.plan(v.Type())
	if p == nil {
		return false, nil
	}
	err = p.walk(v, nil, false, func(text *personal.Text, path []byte) error {
		opened, err := text.OpenWith(func(subject string, sealed []byte) ([]byte, error) {
			if len(sealed) == 0 {
				return nil, personal.ErrErased
			}
			plain, err := r.keys.Open(ctx, subject, rowBound(place, subject, path), sealed)
			lost = lost || errors.Is(err, personal.ErrErased)
			if errors.Is(err, personal.ErrCorrupt) && r.corrupt != nil {
				table, _, _ := strings.Cut(place, "\x00")
				r.corrupt(table)
			}
			return plain, err
		})
		if err != nil {
			return fmt.Errorf("codec: open %s of a row: %w", path, err)
		}
		*text = opened
		return nil
	})
	return lost, err
}
