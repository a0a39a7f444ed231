package authz

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// Relation is how a principal stands to an object.
type Relation string

const (
	Always       Relation = "always"          // any object
	Self         Relation = "self"            // the person's own record
	OwnHost      Relation = "own institution" // the officer's institution
	OfCandidate  Relation = "candidate"       // an expert who is a candidate at the officer's institution
	OfConsent    Relation = "consent"         // an expert who consents to share with that institution
	OwnCountry   Relation = "own country"     // within the focal point's country, and programme when bound to one
	OwnProgramme Relation = "own programme"   // within the manager's programme
	Published    Relation = "published"       // a need whose public text is out
	InScope      Relation = "in scope"        // within every bound that the grant sets
	OwnRecord    Relation = "own record"      // the principal's own grants, notices and sign-in
	Newcomer     Relation = "newcomer"        // a profile that the principal makes of themself, the first; evaluators stay outside
)

// anyone is every signed-in principal, whatever the grants.
const anyone domain.Role = "*"

// holds reports whether the relation stands between the principal, by this
// grant, and the object.
func (r Relation) holds(p Principal, g Grant, o Object) bool {
	switch r {
	case Always:
		return true
	case Self:
		return o.Expert != "" && g.Scope.Expert == o.Expert
	case OwnHost:
		return o.Institution != "" && g.Scope.Institution == o.Institution
	case OfCandidate:
		return slices.Contains(o.Candidate, g.Scope.Institution)
	case OfConsent:
		return slices.Contains(o.Consented, g.Scope.Institution)
	case OwnCountry:
		return g.Scope.Country != "" && o.inCountry(g.Scope.Country) &&
			(g.Scope.Programme == "" || o.inProgramme(g.Scope.Programme) || o.noProgramme())
	case OwnProgramme:
		return g.Scope.Programme != "" && o.inProgramme(g.Scope.Programme)
	case Published:
		return o.Published
	case InScope:
		return (g.Scope.Programme == "" || o.inProgramme(g.Scope.Programme)) &&
			(g.Scope.Country == "" || o.inCountry(g.Scope.Country))
	case OwnRecord:
		return o.Principal != "" && o.Principal == p.ID
	case Newcomer:
		return o.Principal == p.ID && p.Expert() == "" && !p.Has(domain.RoleEvaluator)
	}
	return false
}

func (o Object) inProgramme(id domain.ProgrammeID) bool {
	return o.Programme == id || slices.Contains(o.Programmes, id)
}

func (o Object) noProgramme() bool { return o.Programme == "" && len(o.Programmes) == 0 }

func (o Object) inCountry(c domain.Country) bool {
	return o.Country == c || slices.Contains(o.Countries, c)
}
