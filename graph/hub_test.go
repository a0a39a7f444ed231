package graph

import (
	"fmt"
	"testing"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

func all(*projections.Change) bool { return true }

func TestHubJoinsChangesOfOneObject(t *testing.T) {
	h := NewHub()
	l, stop := h.listen(all)
	h.Notify([]projections.Change{{Key: "b", Position: 1}, {Key: "a", Position: 2}})
	h.Notify([]projections.Change{{Key: "b", Position: 3}, {Key: "gone", Position: 4, Deleted: true}})
	<-l.wake
	got, ok := l.take()
	if want := []changed{{"a", 2}, {"b", 3}}; !ok || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v %v, want %v", got, ok, want)
	}
	stop()
	h.Notify([]projections.Change{{Key: "c", Position: 5}})
	if got, _ := l.take(); len(got) != 0 {
		t.Errorf("after the end: %v", got)
	}
}

func TestHubEndsWhoIsTooSlow(t *testing.T) {
	h := NewHub()
	l, stop := h.listen(all)
	defer stop()
	change := func(i int) { h.Notify([]projections.Change{{Key: fmt.Sprint(i), Position: eventstore.Position(i)}}) }
	for i := range maxPending {
		change(i)
	}
	if got, ok := l.take(); !ok || len(got) != maxPending {
		t.Fatalf("%d changes at the bound, %v", len(got), ok)
	}
	for i := range maxPending + 1 {
		change(i)
	}
	if _, ok := l.take(); ok {
		t.Error("beyond the bound the subscriber goes on")
	}
}

func TestHubEndsWhoMayHaveMissedChanges(t *testing.T) {
	h := NewHub()
	l, stop := h.listen(all)
	defer stop()
	h.Missed()
	<-l.wake
	if _, ok := l.take(); ok {
		t.Error("the subscriber goes on as if it had heard everything")
	}
}
