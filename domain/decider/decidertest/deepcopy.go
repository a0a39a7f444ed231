package decidertest

import (
	"reflect"
	"time"
	"unsafe"
)

// deepCopy copies everything that v can reach, unexported fields included, so
// that a later write through a shared slice, map or pointer shows.
func deepCopy(v any) any {
	if v == nil {
		return nil
	}
	src := reflect.ValueOf(v)
	dst := reflect.New(src.Type()).Elem()
	dst.Set(src)
	unshare(dst)
	return dst.Interface()
}

// unshare replaces what an addressable value shares by copies of it.
func unshare(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		for i := range c.Len() {
			unshare(c.Index(i))
		}
		v.Set(c)
	case reflect.Array:
		for i := range v.Len() {
			unshare(v.Index(i))
		}
	case reflect.Map:
		unshareMap(v)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		c := reflect.New(v.Elem().Type()).Elem()
		c.Set(v.Elem())
		unshare(c)
		if v.Kind() == reflect.Pointer {
			v.Set(c.Addr())
		} else {
			v.Set(c)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return // its pointer leads to a shared, immutable location
		}
		for i := range v.NumField() {
			f := v.Field(i)
			unshare(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem())
		}
	}
}

func unshareMap(v reflect.Value) {
	if v.IsNil() {
		return
	}
	c := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(it.Value())
		unshare(value)
		c.SetMapIndex(it.Key(), value)
	}
	v.Set(c)
}
