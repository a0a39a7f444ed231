package access_test

import (
	"testing"
	"time"

	. "github.com/diaspora-match/diaspora/domain/access"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/decider/decidertest"
)

const (
	amina     = domain.PrincipalID("0198c0de-0000-5000-8000-0000000000b1")
	admin     = domain.PrincipalID("0198c0de-0000-5000-8000-0000000000b2")
	programme = domain.ProgrammeID("0198c0de-0000-7000-8000-000000000001")
	host      = domain.InstitutionID("0198c0de-0000-7000-8000-0000000000a1")
	person    = domain.ExpertID("0198c0de-0000-4000-8000-0000000000e1")
)

var (
	at        = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	inHalf    = at.AddDate(0, 6, 0)
	stamp     = domain.Stamp{By: admin, Role: domain.RoleAdministrator, At: at}
	later     = domain.Stamp{By: admin, Role: domain.RoleAdministrator, At: at.AddDate(0, 1, 0)}
	ofCD4D    = domain.Scope{Programme: programme}
	grant     = Grant{stamp, amina, domain.RoleManager, ofCD4D, inHalf, "Joins the programme."}
	grantID   = GrantIDFor(amina, domain.RoleManager, ofCD4D)
	given     = GrantGiven{grantID, amina, domain.RoleManager, ofCD4D, inHalf, "Joins the programme.", admin, at}
	revoked   = GrantRevoked{grantID, amina, "Left.", admin, at}
	asExpert  = Grant{stamp, amina, domain.RoleExpert, domain.Scope{Expert: person}, time.Time{}, "Registered."}
	officer   = Grant{stamp, amina, domain.RoleHost, domain.Scope{Institution: host}, time.Time{}, "Named by the host."}
	focal     = Grant{stamp, amina, domain.RoleFocalPoint, domain.Scope{Country: "SO"}, inHalf, "Works at the mission."}
	evaluator = Grant{stamp, amina, domain.RoleEvaluator, domain.Scope{}, inHalf, "Evaluates."}
)

func TestGranting(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given().When(grant).Then(given)
	spec.Given(given).When(grant).ThenNothing()
	extended := grant
	extended.Until = inHalf.AddDate(0, 1, 0)
	spec.Given(given).When(extended).Then(GrantGiven{grantID, amina, domain.RoleManager, ofCD4D, extended.Until, "Joins the programme.", admin, at})
	spec.Given(given, revoked).When(grant).Then(given)
}

func TestNobodyGrantsToThemselves(t *testing.T) {
	own := grant
	own.By = amina
	decider.For(t, Decider).Given().When(own).Refused(ErrSelfGrant)
}

func TestReachOverOthersIsTimeBoxed(t *testing.T) {
	spec := decider.For(t, Decider)
	open := grant
	open.Until = time.Time{}
	spec.Given().When(open).Refused(ErrTimeBox)
	open.Until = at.Add(MaxGrantTime + time.Second)
	spec.Given().When(open).Refused(ErrTimeBox)
	open.Until = at.Add(MaxGrantTime)
	if _, err := Decider.Decide(State{}, open); err != nil {
		t.Errorf("at the bound: %v", err)
	}
	open.Until = at
	spec.Given().When(open).Refused(ErrEnded)
	spec.Given().When(asExpert).Then(GrantGiven{GrantIDFor(amina, domain.RoleExpert, asExpert.Scope), amina, domain.RoleExpert, asExpert.Scope, time.Time{}, "Registered.", admin, at})
}

func TestScopeFitsTheRole(t *testing.T) {
	full := domain.Scope{Programme: programme, Country: "SO", Institution: host, Expert: person}
	for role, good := range map[domain.Role]domain.Scope{
		domain.RoleExpert:        {Expert: person},
		domain.RoleHost:          {Institution: host, Country: "SO"},
		domain.RoleFocalPoint:    {Country: "SO", Programme: programme},
		domain.RoleManager:       {Programme: programme},
		domain.RoleAdministrator: {},
		domain.RoleEvaluator:     {Programme: programme},
	} {
		c := Grant{stamp, amina, role, good, inHalf, "For the work."}
		if _, err := Decider.Decide(State{}, c); err != nil {
			t.Errorf("%s over %+v: %v", role, good, err)
		}
		c.Scope = full
		decider.For(t, Decider).Given().When(c).Refused(ErrScope)
		if role != domain.RoleAdministrator && role != domain.RoleEvaluator {
			c.Scope = domain.Scope{}
			decider.For(t, Decider).Given().When(c).Refused(ErrScope)
		}
	}
}

func TestMalformedGrants(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given().When(Grant{Stamp: stamp}).Refused(domain.ErrRequired)
	spec.Given().When(Grant{stamp, "amina", domain.RoleExpert, domain.Scope{Expert: person}, time.Time{}, "x"}).Refused(domain.ErrFormat)
	spec.Given().When(Grant{stamp, amina, domain.RoleSystem, domain.Scope{}, inHalf, "x"}).Refused(domain.ErrUnknown)
	elsewhere := grant
	elsewhere.Principal = "0198c0de-0000-5000-8000-0000000000b9"
	spec.Given(given).When(elsewhere).Refused(ErrPrincipal)
}

func TestRevoking(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(given).When(Revoke{stamp, grantID, "Left."}).Then(revoked)
	spec.Given(given, revoked).When(Revoke{later, grantID, "Left."}).ThenNothing()
	spec.Given().When(Revoke{stamp, grantID, "Left."}).Refused(ErrNotFound)
	spec.Given(given).When(Revoke{stamp, grantID, ""}).Refused(domain.ErrRequired)
}

func TestEndingSessions(t *testing.T) {
	spec := decider.For(t, Decider)
	ended := SessionsEnded{amina, "Country hold.", at}
	spec.Given().When(EndSessions{stamp, amina, "Country hold."}).Then(ended)
	spec.Given(given, ended).When(EndSessions{stamp, amina, "Country hold."}).ThenNothing()
	spec.Given(ended).When(EndSessions{later, amina, "Again."}).Then(SessionsEnded{amina, "Again.", later.At})
	spec.Given(given).When(EndSessions{stamp, admin, "Wrong record."}).Refused(ErrPrincipal)
}

func TestGrantsInForce(t *testing.T) {
	s := Decider.Fold(State{}, given)
	if got := s.InForce(at); len(got) != 1 || got[0].ID != grantID {
		t.Errorf("after granting: %+v", got)
	}
	if got := s.InForce(inHalf); len(got) != 0 {
		t.Errorf("at its end: %+v", got)
	}
	if got := Decider.Fold(s, revoked).InForce(at); len(got) != 0 {
		t.Errorf("revoked: %+v", got)
	}
}

func TestScopeOfCommands(t *testing.T) {
	s := Decider.Fold(State{}, given)
	if got := Aggregate.Scope(State{}, grant); got != ofCD4D {
		t.Errorf("grant: %+v", got)
	}
	if got := Aggregate.Scope(s, Revoke{stamp, grantID, ""}); got != ofCD4D {
		t.Errorf("revoke: %+v", got)
	}
	if got := Aggregate.Scope(s, EndSessions{}); got != (domain.Scope{}) {
		t.Errorf("end sessions: %+v", got)
	}
}

func TestProperties(t *testing.T) {
	examples := []Command{
		grant, asExpert, officer, focal, evaluator, Revoke{stamp, grantID, "Left."},
		Revoke{later, GrantIDFor(amina, domain.RoleExpert, asExpert.Scope), "Left."},
		EndSessions{stamp, amina, "Hold."}, EndSessions{later, amina, "Hold."},
	}
	decidertest.Contract(t, Aggregate, examples...)
	decidertest.Properties(t, Decider, decidertest.Mutations(examples...))
}
