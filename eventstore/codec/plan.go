package codec

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/diaspora-match/diaspora/domain/personal"
)

// plan says where the personal values of a Go type are, so that sealing and
// opening visit these places alone. A type without any has a nil plan.
type plan struct {
	kind   reflect.Kind // Struct, Slice, Array, Map, Pointer; Invalid for a Text itself
	fields []field      // of a Struct
	elem   *plan        // of the others
}

type field struct {
	index int
	name  string // in JSON; empty for an embedded struct, whose fields are promoted
	plan  *plan
}

var textType = reflect.TypeFor[personal.Text]()

// planOf finds the personal values of an event type. What cannot be sealed
// cannot be registered: interfaces, recursive types and personal map keys panic.
func planOf(t reflect.Type, event string) *plan { return findTexts(t, event, nil) }

func findTexts(t reflect.Type, at string, above []reflect.Type) *plan {
	if t == textType {
		return &plan{}
	}
	switch t.Kind() {
	case reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Uintptr:
		panic(fmt.Sprintf("codec: %s is a %s, which an event cannot hold", at, t))
	case reflect.Map:
		if t.Key() == textType {
			panic("codec: personal map key at " + at)
		}
		if t.Key().Kind() != reflect.String {
			return noTexts(t.Elem(), at, above)
		}
		return over(t, findTexts(t.Elem(), at+"{}", above))
	case reflect.Slice, reflect.Array:
		return over(t, findTexts(t.Elem(), at+"[]", above))
	case reflect.Pointer:
		return over(t, findTexts(t.Elem(), at, above))
	case reflect.Struct:
		return structTexts(t, at, above)
	}
	return nil
}

// noTexts demands that a type holds no personal values: the keys of its map have
// no text that could stand in a field path.
func noTexts(t reflect.Type, at string, above []reflect.Type) *plan {
	if findTexts(t, at, above) != nil {
		panic("codec: personal values under a map key that is not a string, at " + at)
	}
	return nil
}

func over(t reflect.Type, elem *plan) *plan {
	if elem == nil {
		return nil
	}
	return &plan{kind: t.Kind(), elem: elem}
}

func structTexts(t reflect.Type, at string, above []reflect.Type) *plan {
	for _, a := range above {
		if a == t {
			panic(fmt.Sprintf("codec: %s holds %s within itself", at, t))
		}
	}
	above = append(above, t)
	p := &plan{kind: reflect.Struct}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() && !f.Anonymous || f.Tag.Get("json") == "-" {
			continue
		}
		if name == "" && !f.Anonymous {
			name = f.Name
		}
		if sub := findTexts(f.Type, at+"."+f.Name, above); sub != nil {
			p.fields = append(p.fields, field{i, name, sub})
		}
	}
	if len(p.fields) == 0 {
		return nil
	}
	return p
}

// visit is called for each personal value with its path, which is valid during
// the call only: `name`, `notes[2].text`, `answers{"q1"}`.
type visit func(t *personal.Text, path []byte) error

// walk visits the personal values in an addressable value. With fresh set,
// whatever they share with another copy of the event (slices, maps, pointers) is
// copied first, so that the caller's event is never written to.
func (p *plan) walk(v reflect.Value, path []byte, fresh bool, f visit) error {
	switch p.kind {
	case reflect.Invalid:
		return f(v.Addr().Interface().(*personal.Text), path)
	case reflect.Struct:
		for i := range p.fields {
			sub := &p.fields[i]
			if err := sub.plan.walk(v.Field(sub.index), join(path, sub.name), fresh, f); err != nil {
				return err
			}
		}
	case reflect.Slice:
		if fresh && !v.IsNil() {
			c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(c, v)
			v.Set(c)
		}
		return p.walkList(v, path, fresh, f)
	case reflect.Array:
		return p.walkList(v, path, fresh, f)
	case reflect.Map:
		return p.walkMap(v, path, fresh, f)
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if fresh {
			c := reflect.New(v.Type().Elem())
			c.Elem().Set(v.Elem())
			v.Set(c)
		}
		return p.elem.walk(v.Elem(), path, fresh, f)
	}
	return nil
}

func (p *plan) walkList(v reflect.Value, path []byte, fresh bool, f visit) error {
	for i := range v.Len() {
		at := append(strconv.AppendInt(append(path, '['), int64(i), 10), ']')
		if err := p.elem.walk(v.Index(i), at, fresh, f); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) walkMap(v reflect.Value, path []byte, fresh bool, f visit) error {
	if v.IsNil() {
		return nil
	}
	into := v
	if fresh {
		into = reflect.MakeMapWithSize(v.Type(), v.Len())
	}
	for entries := v.MapRange(); entries.Next(); {
		c := reflect.New(v.Type().Elem()).Elem()
		c.Set(entries.Value())
		at := append(strconv.AppendQuote(append(path, '{'), entries.Key().String()), '}')
		if err := p.elem.walk(c, at, fresh, f); err != nil {
			return err
		}
		into.SetMapIndex(entries.Key(), c)
	}
	if fresh {
		v.Set(into)
	}
	return nil
}

func join(path []byte, name string) []byte {
	if name == "" {
		return path
	}
	if len(path) > 0 {
		path = append(path, '.')
	}
	return append(path, name...)
}
