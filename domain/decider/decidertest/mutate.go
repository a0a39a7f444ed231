package decidertest

import (
	"math"
	"reflect"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain/personal"
)

// Mutations draws commands near examples: an example as it is, or with fields
// exchanged for values of the same type from other examples, emptied, or
// malformed. Examples that together drive an aggregate through its whole life,
// over a few ids, give histories that go deep and still stumble.
func Mutations[C any](examples ...C) *rapid.Generator[C] {
	pool := map[reflect.Type][]reflect.Value{}
	for _, e := range examples {
		collect(pool, reflect.ValueOf(e))
	}
	return rapid.Custom(func(t *rapid.T) C {
		example := examples[rapid.IntRange(0, len(examples)-1).Draw(t, "example")]
		if rapid.IntRange(0, 2).Draw(t, "as it is") > 0 {
			return example
		}
		src := reflect.ValueOf(deepCopy(example))
		v := reflect.New(src.Type()).Elem()
		v.Set(src)
		mutator{pool, t}.mutate(v)
		return v.Interface().(C)
	})
}

// opaque types are exchanged as a whole: their insides are not the commands'.
func opaque(t reflect.Type) bool {
	return t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[personal.Text]()
}

func collect(pool map[reflect.Type][]reflect.Value, v reflect.Value) {
	pool[v.Type()] = append(pool[v.Type()], v)
	switch {
	case opaque(v.Type()):
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			collect(pool, v.Field(i))
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			collect(pool, v.Index(i))
		}
	}
}

type mutator struct {
	pool map[reflect.Type][]reflect.Value
	t    *rapid.T
}

// mutate changes about one field in four below v.
func (m mutator) mutate(v reflect.Value) {
	if v.Kind() == reflect.Struct && !opaque(v.Type()) {
		for i := range v.NumField() {
			m.mutate(v.Field(i))
		}
		return
	}
	switch rapid.IntRange(0, 9).Draw(m.t, "mutation") {
	case 0:
		v.SetZero()
	case 1:
		same := m.pool[v.Type()]
		v.Set(reflect.ValueOf(deepCopy(same[rapid.IntRange(0, len(same)-1).Draw(m.t, "from")].Interface())))
	case 2:
		m.malform(v)
	default:
		if v.Kind() == reflect.Slice {
			for i := range v.Len() {
				m.mutate(v.Index(i))
			}
		}
	}
}

func (m mutator) malform(v reflect.Value) {
	extreme := rapid.Bool().Draw(m.t, "extreme")
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"?", "\x00", "\xff\xfe", " ", "-1", strings.Repeat("é", 40_000)}).Draw(m.t, "text"))
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := int64(-1)
		if extreme {
			n = math.MaxInt64 >> (64 - v.Type().Bits())
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(math.MaxUint64 >> (64 - v.Type().Bits()))
	case reflect.Slice:
		if v.Len() > 0 { // the same entry twice
			v.Set(reflect.Append(v, v.Index(0)))
		}
	case reflect.Map:
		v.SetZero()
	}
}
