package expert

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
	"github.com/diaspora-match/diaspora/domain/personal"
)

func (s State) register(c Register) ([]Event, error) {
	if s.Fenced {
		return nil, ErrErased
	}
	var checks domain.Checks
	domain.RequireID(&checks, "expert", c.Expert)
	domain.OptionalID(&checks, "programme", c.Programme)
	domain.OptionalID(&checks, "principal", c.Principal)
	checks.Require(validHash(c.Processing.TextHash), domain.ErrFormat.At("processing.textHash"))
	checks.Require(c.Processing.Language.Valid(), domain.ErrFormat.At("processing.language"))
	switch err := checks.Err(); {
	case err != nil:
		return nil, err
	case !onBehalf(c.Role) && c.Principal != c.By:
		return nil, ErrOwnProfile.At("principal")
	case s.ID == "":
		return []Event{Registered{c.Expert, c.Programme, c.Principal, c.Processing, c.By, c.At}}, nil
	case s.ID == c.Expert && s.Programme == c.Programme && s.Principal == c.Principal && s.Processing == c.Processing:
		return nil, nil
	}
	return nil, ErrExists
}

// onBehalf tells roles that register somebody else.
func onBehalf(r domain.Role) bool {
	return r == domain.RoleFocalPoint || r == domain.RoleManager || r == domain.RoleSystem
}

// validHash checks the form of a SHA-256 digest: 64 lower-case hex digits.
func validHash(h string) bool {
	for i := 0; i < len(h); i++ {
		if (h[i] < '0' || h[i] > '9') && (h[i] < 'a' || h[i] > 'f') {
			return false
		}
	}
	return len(h) == 64
}

func (s State) linkPrincipal(c LinkPrincipal) ([]Event, error) {
	var checks domain.Checks
	domain.RequireID(&checks, "principal", c.Principal)
	checks.Require(s.Principal == "" || s.Principal == c.Principal, ErrLinked.At("principal"))
	checks.Require(c.Principal != c.By || c.Role == domain.RoleSystem, ErrLinkOther.At("principal"))
	return decided(&checks, s.Principal == c.Principal, PrincipalLinked{c.Principal})
}

func (s State) declareHeritage(c DeclareHeritage) ([]Event, error) {
	var checks domain.Checks
	_, known := s.Link(c.Country)
	checks.Require(c.Country.Valid(), domain.ErrFormat.At("country"))
	if !known {
		checks.Count("country", len(s.Heritage)+1, MaxHeritage)
	}
	return decided(&checks, known, HeritageDeclared{c.Country})
}

func (s State) withdrawHeritage(c WithdrawHeritage) ([]Event, error) {
	if _, known := s.Link(c.Country); !known {
		return nil, nil
	}
	return []Event{HeritageWithdrawn{c.Country}}, nil
}

func (s State) checkHeritage(c CheckHeritage) ([]Event, error) {
	already, err := s.lookAt(c.Country, c.How, LinkChecked, c.By)
	if err != nil || already {
		return nil, err
	}
	return []Event{HeritageChecked{c.Country, c.How, c.By, c.At}}, nil
}

func (s State) refuseHeritage(c RefuseHeritage) ([]Event, error) {
	already, err := s.lookAt(c.Country, c.How, LinkRefused, c.By)
	if err != nil || already {
		return nil, err
	}
	return []Event{HeritageRefused{c.Country, c.How, c.By, c.At}}, nil
}

// lookAt holds a check of a link to its rules, and reports whether the same
// person came to the same result in the same way before.
func (s State) lookAt(country domain.Country, how CheckMethod, result LinkStatus, by domain.PrincipalID) (already bool, _ error) {
	if s.isOwn(by) {
		return false, ErrOwnCheck
	}
	var checks domain.Checks
	link, known := s.Link(country)
	checks.Require(known, ErrNoLink.At("country"))
	domain.RequireListed(&checks, "how", how, CheckMethods)
	return link.Status == result && link.How == how && link.By == by, checks.Err()
}

func (s State) isOwn(by domain.PrincipalID) bool { return s.Principal != "" && s.Principal == by }

func (s State) recordEligibility(c RecordEligibility) ([]Event, error) {
	if s.isOwn(c.By) {
		return nil, ErrOwnCheck
	}
	var checks domain.Checks
	domain.RequireID(&checks, "programme", c.Programme)
	checks.Require(c.RuleVersion >= 1, domain.ErrRange.At("ruleVersion"))
	checks.Count("failed", len(c.Failed), MaxFailedRules)
	for i, r := range c.Failed {
		checks.Require(validRule(r), domain.ErrFormat.At(domain.Index("failed", i)))
	}
	domain.RequireDistinct(&checks, "failed", c.Failed, keyed.Self)
	last, known := s.Verdict(c.Programme)
	checks.Require(c.RuleVersion >= last.RuleVersion, ErrOldRules.At("ruleVersion"))
	if !known {
		checks.Count("programme", len(s.Verdicts)+1, MaxVerdicts)
	}
	already := known && last.RuleVersion == c.RuleVersion && slices.Equal(last.Failed, c.Failed)
	if len(c.Failed) > 0 {
		return decided(&checks, already, EligibilityRefused{c.Programme, c.RuleVersion, c.Failed, c.By, c.At})
	}
	return decided(&checks, already, EligibilityConfirmed{c.Programme, c.RuleVersion, c.By, c.At})
}

func validRule(r Rule) bool {
	for i := 0; i < len(r); i++ {
		if (r[i] < 'a' || r[i] > 'z') && r[i] != '_' {
			return false
		}
	}
	return r != "" && len(r) <= MaxSkillBytes
}

func (s State) giveConsent(c GiveConsent) ([]Event, error) {
	n := c.Consent
	if before, ok := keyed.Find(s.Consents, consentKey, n.ID); ok {
		if before.Consent == n && !before.Withdrawn {
			return nil, nil
		}
		return nil, ErrConsentTaken.At("consent.id")
	}
	var checks domain.Checks
	domain.RequireID(&checks, "consent.id", n.ID)
	domain.RequireListed(&checks, "consent.purpose", n.Purpose, Purposes)
	domain.OptionalID(&checks, "consent.institution", n.Institution)
	domain.OptionalID(&checks, "consent.programme", n.Programme)
	domain.OptionalID(&checks, "consent.need", n.Need)
	switch n.Purpose {
	case ShareWithHost:
		checks.Require(n.Institution != "", domain.ErrRequired.At("consent.institution"))
		checks.Require(n.Need != "", domain.ErrRequired.At("consent.need"))
	case ShareWithProgramme:
		checks.Require(n.Programme != "", domain.ErrRequired.At("consent.programme"))
	}
	checks.Require(validHash(n.TextHash), domain.ErrFormat.At("consent.textHash"))
	checks.Require(n.Language.Valid(), domain.ErrFormat.At("consent.language"))
	checks.Require(c.Today() <= n.Until && n.Until <= c.Today().AddDays(MaxConsentDays), ErrConsentEnds.At("consent.until"))
	checks.Count("consent", len(s.Consents)+1, MaxConsents)
	return decided(&checks, false, ConsentGiven{n, c.At})
}

func (s State) withdrawConsent(c WithdrawConsent) ([]Event, error) {
	h, ok := keyed.Find(s.Consents, consentKey, c.Consent)
	if !ok {
		return nil, ErrNoConsent.At("consent")
	}
	if h.Withdrawn {
		return nil, nil
	}
	n := h.Consent
	return []Event{ConsentWithdrawn{n.ID, n.Purpose, n.Institution, n.Programme, n.Need, c.At}}, nil
}

func (s State) declareConflict(c DeclareConflict) ([]Event, error) {
	var checks domain.Checks
	checks.Count("institutions", len(c.Institutions), MaxConflicts)
	for i, id := range c.Institutions {
		domain.RequireID(&checks, domain.Index("institutions", i), id)
	}
	domain.RequireDistinct(&checks, "institutions", c.Institutions, keyed.Self)
	sorted := slices.Sorted(slices.Values(c.Institutions))
	return decided(&checks, slices.Equal(sorted, s.Conflicts), ConflictDeclared{sorted})
}

func (s State) reconfirm(c Reconfirm) ([]Event, error) {
	if !s.Dormant && s.ConfirmedOn >= c.Today() {
		return nil, nil
	}
	return []Event{Reconfirmed{max(c.Today(), s.ConfirmedOn)}}, nil
}

func (s State) makeDormant(c MakeDormant) ([]Event, error) {
	if s.Dormant || c.UnconfirmedSince != 0 && s.ConfirmedOn >= c.UnconfirmedSince {
		return nil, nil
	}
	return []Event{BecameDormant{c.Today()}}, nil
}

func (s State) suspend(c Suspend) ([]Event, error) {
	var checks domain.Checks
	domain.RequireListed(&checks, "reason", c.Reason, SuspensionReasons)
	personal.Check(&checks, "note", c.Note, s.ID, MaxNoteBytes)
	return decided(&checks, s.Suspended, Suspended{c.Reason, c.Note, c.By, c.At})
}

func (s State) reinstate(c Reinstate) ([]Event, error) {
	if s.Suspended && s.isOwn(c.By) {
		return nil, ErrOwnCheck
	}
	var checks domain.Checks
	personal.Check(&checks, "note", c.Note, s.ID, MaxNoteBytes)
	return decided(&checks, !s.Suspended, Reinstated{c.Note, c.By, c.At})
}

func (s State) book(c Book) ([]Event, error) {
	if b, ok := s.Booking(c.Candidacy); ok {
		if b.Period == c.Period {
			return nil, nil
		}
		return nil, ErrBooked.At("period")
	}
	var checks domain.Checks
	domain.RequireID(&checks, "candidacy", c.Candidacy)
	checks.Require(!s.Suspended, ErrSuspended)
	s.checkPeriod(&checks, c.Candidacy, c.Period)
	checks.Count("bookings", len(s.Bookings)+1, MaxBookings)
	return decided(&checks, false, Booked{c.Candidacy, c.Period})
}

func (s State) rebook(c Rebook) ([]Event, error) {
	b, ok := s.Booking(c.Candidacy)
	if !ok {
		return nil, ErrNotBooked.At("candidacy")
	}
	var checks domain.Checks
	s.checkPeriod(&checks, c.Candidacy, c.Period)
	return decided(&checks, b.Period == c.Period, Rebooked{c.Candidacy, c.Period})
}

// checkPeriod holds a period to its form and to the other bookings. The refusal
// names the shared days: not whose they are.
func (s State) checkPeriod(checks *domain.Checks, candidacy domain.CandidacyID, p domain.Period) {
	checks.Period("period", p, MaxBookingDays)
	for _, b := range s.Bookings {
		if b.Candidacy != candidacy && b.Period.Overlaps(p) {
			shared := b.Period.Intersect(p)
			checks.Require(false, ErrOverlap.At("period").With("The expert is taken from "+shared.From.String()+" to "+shared.To.String()+"."))
			return
		}
	}
}

func (s State) release(c Release) ([]Event, error) {
	b, ok := s.Booking(c.Candidacy)
	if !ok {
		return nil, nil
	}
	return []Event{Released(b)}, nil
}

func (s State) recordService(c RecordService) ([]Event, error) {
	var checks domain.Checks
	domain.RequireID(&checks, "institution", c.Institution)
	domain.RequireID(&checks, "assignment", c.Assignment)
	_, known := keyed.Find(s.Served, serviceKey, c.Assignment)
	if !known {
		checks.Count("assignment", len(s.Served)+1, MaxServed)
	}
	return decided(&checks, known, ServiceRecorded{c.Institution, c.Assignment})
}

func (s State) requestErasure(c RequestErasure) ([]Event, error) {
	switch {
	case s.ID == "":
		return nil, ErrNotFound
	case s.Fenced:
		return nil, nil
	}
	return []Event{ErasureRequested{c.By, c.At}}, nil
}

func (s State) completeErasure(c CompleteErasure) ([]Event, error) {
	var checks domain.Checks
	switch {
	case s.ID == "":
		return nil, ErrNotFound
	case !s.Fenced:
		return nil, ErrNotRequested
	case s.Proof != "" && s.Proof != c.Proof:
		return nil, ErrErased
	}
	checks.Require(validHash(c.Proof), domain.ErrFormat.At("proof"))
	return decided(&checks, s.Proof == c.Proof, PersonalDataErased{c.Proof, c.At})
}
