package monitoring_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/projections/monitoring"
)

const somebody domain.ExpertID = "a0007f3a-0000-4000-8000-000000000000"

func TestOf(t *testing.T) {
	for _, c := range []struct {
		gender, year string
		want         monitoring.Attributes
	}{
		{"", "", monitoring.Attributes{}},
		{"female", "1984", monitoring.Attributes{Gender: monitoring.Women, Born: "1980-1989"}},
		{" Vrouw ", "1990", monitoring.Attributes{Gender: monitoring.Women, Born: "1990-1999"}},
		{"Man", "1979", monitoring.Attributes{Gender: monitoring.Men, Born: "1970-1979"}},
		{"non-binary", "", monitoring.Attributes{Gender: monitoring.Another}},
		{"", "long ago", monitoring.Attributes{}},
	} {
		got := monitoring.Of(expert.Identity{Gender: personal.Of(somebody, c.gender), BirthYear: personal.Of(somebody, c.year)})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q, %q: %s", c.gender, c.year, diff)
		}
		if diff := cmp.Diff(c.want, monitoring.Keep(somebody, got).Attributes()); diff != "" {
			t.Errorf("%q, %q, kept: %s", c.gender, c.year, diff)
		}
	}
}

// What can no longer be opened counts as not told.
func TestErasedPeopleCountAsNotTold(t *testing.T) {
	sealed, err := personal.Of(somebody, "female").SealWith(func(_ string, text []byte) ([]byte, error) { return text, nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		open func(string, []byte) ([]byte, error)
		want monitoring.Gender
	}{
		{func(_ string, text []byte) ([]byte, error) { return text, nil }, monitoring.Women},
		{func(string, []byte) ([]byte, error) { return nil, personal.ErrErased }, ""},
		{func(string, []byte) ([]byte, error) { return nil, personal.ErrCorrupt }, ""},
	} {
		opened, err := sealed.OpenWith(c.open)
		if err != nil {
			t.Fatal(err)
		}
		if got := monitoring.Of(expert.Identity{Gender: opened}).Gender; got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
