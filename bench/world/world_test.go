package world_test

import (
	"testing"

	"github.com/diaspora-match/diaspora/bench/world"
	"github.com/diaspora-match/diaspora/eventstore"
)

func TestASmallWorldIsWholeAndKept(t *testing.T) {
	below := t.TempDir()
	w, err := world.Make(t.Context(), below, world.Small)
	if err != nil {
		t.Fatal(err)
	}
	store, keys, c, err := w.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	defer keys.Close()
	n, kinds := 0, map[string]int{}
	for r, err := range store.ReadAll(t.Context(), 0, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Decode(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		n, kinds[r.Category()] = n+1, kinds[r.Category()]+1
	}
	if n != world.Small.Events {
		t.Errorf("%d events", n)
	}
	for _, kind := range []string{"programme", "access", "institution", "need", "expert", "candidacy", "assignment"} {
		if kinds[kind] == 0 {
			t.Errorf("no events of %s", kind)
		}
	}
	again, err := world.Make(t.Context(), below, world.Small)
	if err != nil || again != w {
		t.Errorf("made again: %+v %v", again, err)
	}
}
