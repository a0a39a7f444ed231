package disclosure

import (
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/decider/decidertest"
	"github.com/diaspora-match/diaspora/domain/personal"
)

const (
	amina   domain.ExpertID      = "0b8f9c1e-0000-4000-8000-000000000001"
	hassan  domain.ExpertID      = "0b8f9c1e-0000-4000-8000-000000000002"
	host    domain.InstitutionID = "0b8f9c1e-0000-7000-8000-000000000011"
	need    domain.NeedID        = "0b8f9c1e-0000-7000-8000-000000000021"
	manager domain.PrincipalID   = "0b8f9c1e-0000-5000-8000-000000000031"
	officer domain.PrincipalID   = "0b8f9c1e-0000-5000-8000-000000000032"
)

var (
	noon    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	evening = noon.Add(8 * time.Hour)
	morrow  = noon.Add(24 * time.Hour)
)

func caseWork(at time.Time, fields ...Field) Record {
	return Record{Stamp: domain.Stamp{By: manager, Role: domain.RoleManager, At: at}, Expert: amina, Purpose: personal.ToCaseWork, Fields: fields}
}

func consented(at time.Time, fields ...Field) Record {
	return Record{Stamp: domain.Stamp{By: officer, Role: domain.RoleHost, At: at}, Expert: amina, Purpose: personal.ToConsented,
		Fields: fields, Institution: host, Need: need}
}

func disclosed(c Record, fields ...Field) Disclosed {
	return Disclosed{Expert: c.Expert, Reader: c.By, Role: c.Role, Purpose: c.Purpose, Fields: fields, Institution: c.Institution, Need: c.Need, At: c.At}
}

func TestRecord(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given().When(caseWork(noon, Contact, Name)).Then(disclosed(caseWork(noon), Name, Contact))
	spec.Given().When(consented(noon, CV, CV)).Then(disclosed(consented(noon), CV))

	first := disclosed(caseWork(noon), Name, Contact)
	spec.Given(first).When(caseWork(evening, Name)).ThenNothing()
	spec.Given(first).When(caseWork(evening, Name, CV)).Then(disclosed(caseWork(evening), CV))
	spec.Given(first).When(caseWork(morrow, Name)).Then(disclosed(caseWork(morrow), Name))
	spec.Given(first).When(consented(evening, Name)).Then(disclosed(consented(evening), Name))
	// A record that comes late, of a day that is over, is kept all the same.
	spec.Given(first, disclosed(caseWork(morrow), Name)).When(caseWork(evening, Name)).Then(disclosed(caseWork(evening), Name))
}

func TestRefusals(t *testing.T) {
	spec := decider.For(t, Decider)
	with := func(c Record, change func(*Record)) Record { change(&c); return c }
	spec.Given().When(caseWork(noon)).Refused(domain.ErrRequired)
	spec.Given().When(caseWork(noon, "shoe_size")).Refused(domain.ErrUnknown)
	spec.Given().When(with(caseWork(noon, Name), func(c *Record) { c.Purpose = personal.ToSubject })).Refused(domain.ErrUnknown)
	spec.Given().When(with(caseWork(noon, Name), func(c *Record) { c.Expert = "amina" })).Refused(domain.ErrFormat)
	spec.Given().When(with(consented(noon, Name), func(c *Record) { c.Need = "" })).Refused(ErrConsent)
	spec.Given().When(with(consented(noon, Name), func(c *Record) { c.Institution = "" })).Refused(ErrConsent)
	spec.Given().When(caseWork(noon, append(Fields, Name)...)).Refused(domain.ErrTooMany)
	spec.Given(disclosed(caseWork(noon), Name)).When(with(caseWork(noon, CV), func(c *Record) { c.Expert = hassan })).Refused(ErrExpert)
}

func TestScopeIsThePersonAndTheReadersInstitution(t *testing.T) {
	if got := Aggregate.Scope(State{}, consented(noon, Name)); got != (domain.Scope{Expert: amina, Institution: host}) {
		t.Errorf("%+v", got)
	}
}

func TestProperties(t *testing.T) {
	decidertest.Contract(t, Aggregate)
	decidertest.Properties(t, Decider, decidertest.Mutations[Command](
		caseWork(noon, Name, Contact), caseWork(evening, Name, CV), caseWork(morrow, Name),
		consented(noon, Name), consented(morrow, Travel, Protection),
	))
}
