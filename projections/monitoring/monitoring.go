// Package monitoring is the one room in which gender and year of birth are opened
// to be counted. It turns what a person told into the group in which figures of
// fairness count them, and nothing else.
//
// What always holds: matching cannot see this room, directly or through others (a
// test in internal/rules follows every import), so that no score can depend on
// what it knows; what cannot be opened counts as not told, so that a person who
// was erased counts as one who never told.
//
// What it must not know: programmes, candidacies, figures. It keeps nothing.
package monitoring

import (
	"slices"
	"strconv"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Gender is the group that a declared gender counts in; empty when none was told.
type Gender string

const (
	Women   Gender = "women"
	Men     Gender = "men"
	Another Gender = "another"
)

// Decade is the decade of birth, "1980-1989"; empty when no year was told. It is
// a decade of birth and no age, because an age changes while nothing happens.
type Decade string

// Attributes are the groups of one person.
type Attributes struct {
	Gender Gender
	Born   Decade
}

// Kept is how a row keyed by the person remembers them: as text about the person,
// so that an engine that keeps rows elsewhere seals it.
type Kept struct {
	Gender personal.Text `json:"gender,omitzero"`
	Born   personal.Text `json:"born,omitzero"`
}

// Keep makes text of what is known of a person.
func Keep(id domain.ExpertID, a Attributes) Kept {
	return Kept{personal.Of(id, string(a.Gender)), personal.Of(id, string(a.Born))}
}

// Attributes are those that were kept.
func (k Kept) Attributes() Attributes {
	return Attributes{Gender(open(k.Gender)), Decade(open(k.Born))}
}

// The words of the forms, in the languages of the platform, that count as women
// and as men.
var (
	women = []string{"female", "woman", "f", "vrouw", "v"}
	men   = []string{"male", "man", "m"}
)

// Of opens what a person declared for monitoring.
func Of(i expert.Identity) Attributes {
	return Attributes{Gender: genderOf(open(i.Gender)), Born: decadeOf(open(i.BirthYear))}
}

// open is the text in lower case; empty when it is not given or cannot be opened.
func open(t personal.Text) string {
	plain, err := personal.Open(t, personal.ToMonitor)
	if err != nil {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(plain))
}

func genderOf(word string) Gender {
	switch {
	case word == "":
		return ""
	case slices.Contains(women, word):
		return Women
	case slices.Contains(men, word):
		return Men
	}
	return Another
}

func decadeOf(year string) Decade {
	n, err := strconv.Atoi(year)
	if err != nil {
		return ""
	}
	first := n - n%10
	return Decade(strconv.Itoa(first) + "-" + strconv.Itoa(first+9))
}
