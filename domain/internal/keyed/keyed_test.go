package keyed

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type entry struct{ k, v int }

func key(e entry) int { return e.k }

func TestAListBehavesAsAMapAndLeavesOlderListsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		model := map[int]int{}
		var list []entry
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			before, copied := list, slices.Clone(list)
			k := rapid.IntRange(0, 9).Draw(t, "key")
			if rapid.Bool().Draw(t, "drop") {
				list = Drop(list, key, k)
				delete(model, k)
			} else {
				v := rapid.IntRange(0, 99).Draw(t, "value")
				list = Put(list, key, entry{k, v}, entry{k + 1, v})
				model[k], model[k+1] = v, v
			}
			if !slices.Equal(before, copied) {
				t.Fatalf("an older list changed from %v to %v", copied, before)
			}
			var want []entry
			for _, k := range slices.Sorted(maps.Keys(model)) {
				want = append(want, entry{k, model[k]})
			}
			if !slices.Equal(list, want) {
				t.Fatalf("got %v, want %v", list, want)
			}
			got, ok := Find(list, key, k)
			if v, in := model[k]; ok != in || got.v != v {
				t.Fatalf("find %d: got %v, %v", k, got, ok)
			}
		}
	})
}
