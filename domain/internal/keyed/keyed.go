// Package keyed keeps small lists sorted by a key and never writes into a list
// that it was given: states of aggregates are values, and an older one may still
// be read. Lists of this size beat maps, and their order is their key's.
package keyed

import (
	"cmp"
	"slices"
)

// Find returns the entry with the key.
func Find[T any, K cmp.Ordered](list []T, key func(T) K, k K) (T, bool) {
	i, ok := search(list, key, k)
	if !ok {
		var zero T
		return zero, false
	}
	return list[i], true
}

// Put returns a list in which the entries stand in the place of those with the
// same key.
func Put[T any, K cmp.Ordered](list []T, key func(T) K, entries ...T) []T {
	out := make([]T, len(list), len(list)+len(entries))
	copy(out, list)
	for _, e := range entries {
		i, ok := search(out, key, key(e))
		if ok {
			out[i] = e
		} else {
			out = slices.Insert(out, i, e)
		}
	}
	return out
}

// Drop returns a list without the entries of these keys; nil when none is left.
func Drop[T any, K cmp.Ordered](list []T, key func(T) K, keys ...K) []T {
	var out []T
	for _, e := range list {
		if !slices.Contains(keys, key(e)) {
			out = append(out, e)
		}
	}
	return out
}

// Self is the key of entries that are their own key.
func Self[K cmp.Ordered](k K) K { return k }

func search[T any, K cmp.Ordered](list []T, key func(T) K, k K) (int, bool) {
	return slices.BinarySearchFunc(list, k, func(e T, k K) int { return cmp.Compare(key(e), k) })
}
