package codectest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Subject is the person in every personal value that Fill makes.
const Subject = "0b8f9c1e-0000-4000-8000-000000000001"

// Fill gives an event of the same type in which nothing is zero: every field,
// list, map and pointer holds something, and no two fields the same text. The
// same type always gives the same event.
func Fill(e decider.Event) decider.Event {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	f := filler{}
	f.fill(v)
	return v.Interface().(decider.Event)
}

// listEntries is how many entries a filled list or map has.
const listEntries = 2

type filler struct{ n int }

// small is 1, 2, 3, 1, …: inside the bounds of every scale of the domain.
func (f *filler) small() int64 { f.n++; return int64(f.n%3) + 1 }

func (f *filler) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case personal.Text:
		v.Set(reflect.ValueOf(personal.Of(Subject, fmt.Sprintf("personal text %d", f.next()))))
		return
	case domain.Date:
		v.Set(reflect.ValueOf(domain.NewDate(2026, time.November, 22).AddDays(f.next())))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, time.November, 22, 12, 0, f.next(), 0, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", f.next()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(f.small())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(f.small()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(f.small()) + 0.5)
	default:
		f.fillMany(v)
	}
}

func (f *filler) fillMany(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), listEntries, listEntries))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range listEntries {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	default:
		panic(fmt.Sprintf("codectest: an event cannot hold a %s", v.Type()))
	}
}

func (f *filler) next() int { f.n++; return f.n }
