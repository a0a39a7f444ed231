package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"reflect"

	"github.com/diaspora-match/diaspora/domain/events"
)

// shape is a digest of how events are stored: a world of another shape is not
// read any more.
func shape() string {
	digest := sha256.New()
	for _, e := range events.Registry() {
		fmt.Fprintln(digest, e.EventType())
		describe(digest, reflect.TypeOf(e))
	}
	return hex.EncodeToString(digest.Sum(nil)[:4])
}

func describe(to hash.Hash, t reflect.Type) {
	fmt.Fprintln(to, t.Kind(), t.Name())
	switch t.Kind() {
	case reflect.Struct:
		for f := range fields(t) {
			fmt.Fprintln(to, f.Name, f.Tag)
			describe(to, f.Type)
		}
	case reflect.Slice, reflect.Array, reflect.Pointer:
		describe(to, t.Elem())
	case reflect.Map:
		describe(to, t.Key())
		describe(to, t.Elem())
	}
}

func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && !yield(f) {
				return
			}
		}
	}
}
