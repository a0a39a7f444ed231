package disclosure

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Decider decides for the disclosures about one person.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  decide,
	Evolve:  evolve,
}

// Aggregate is how disclosures are stored: stream "disclosure-<expert id>".
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "disclosure",
	Decider:  Decider,
	Events:   []Event{Disclosed{}},
	Scope: func(s State, command Command) domain.Scope {
		if c, ok := command.(Record); ok {
			return domain.Scope{Expert: c.Expert, Institution: c.Institution}
		}
		return domain.Scope{Expert: s.Expert}
	},
}

// Purposes lists what others than the person may read for.
var Purposes = []personal.Purpose{personal.ToCaseWork, personal.ToConsented}

// Refusals of disclosure.
var (
	ErrExpert  = domain.Refuse(domain.Invalid, "disclosure.expert", "The person is not the one that this record is about.", "Send the command to that person's own record.")
	ErrConsent = domain.Refuse(domain.Invalid, "disclosure.consent", "Reading under a consent names the institution and the need that the consent was given for.", "Name both, or give another purpose.")
)

func decide(s State, command Command) ([]Event, error) {
	c, ok := command.(Record)
	if !ok {
		return nil, domain.ErrUnknown.With("Disclosure does not know this command.")
	}
	var checks domain.Checks
	domain.RequireID(&checks, "expert", c.Expert)
	domain.OptionalID(&checks, "institution", c.Institution)
	domain.OptionalID(&checks, "need", c.Need)
	domain.RequireListed(&checks, "purpose", c.Purpose, Purposes)
	if c.Purpose == personal.ToConsented {
		checks.Require(c.Institution != "" && c.Need != "", ErrConsent.At("purpose"))
	}
	checks.Require(len(c.Fields) > 0, domain.ErrRequired.At("fields"))
	checks.Count("fields", len(c.Fields), len(Fields))
	for i, f := range c.Fields {
		domain.RequireListed(&checks, domain.Index("fields", i), f, Fields)
	}
	checks.Require(s.Expert == "" || s.Expert == c.Expert, ErrExpert.At("expert"))
	if err := checks.Err(); err != nil {
		return nil, err
	}
	e := Disclosed{
		Expert: c.Expert, Reader: c.By, Role: c.Role, Purpose: c.Purpose,
		Institution: c.Institution, Need: c.Need, At: c.At.UTC().Round(0),
	}
	if e.Fields = s.fresh(c.Today(), e.reading(), c.Fields); len(e.Fields) == 0 {
		return nil, nil
	}
	return []Event{e}, nil
}
