package candidacy

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Bounds of a candidacy. At a bound the command is refused with input.too_long,
// input.too_many or input.range.
const (
	MaxNote        = 4_000 // bytes of a note, a reason, a motivation
	MaxVersion     = 100   // bytes of the version of a taxonomy
	MaxInterviews  = 10
	MaxLanguages   = 20 // languages confirmed in an interview
	MaxReminders   = 10
	MaxRank        = 1_000_000
	MaxAnswerDays  = 180 // the longest term for a host or an expert to answer
	MaxPeriodDays  = 3 * 366
	MaxConsentDays = 3 * 366 // how far ahead a consent may reach

	// MaxRankWithoutReason is the last rank that is approved without a written
	// reason.
	MaxRankWithoutReason = 3
	// DefaultHostDecisionDays is the term of a host to decide.
	DefaultHostDecisionDays = 14
	// DefaultOfferDays is the term of an expert to answer an offer.
	DefaultOfferDays = 14
)

// Decider is the candidacy as three functions.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  Decide,
	Evolve:  Evolve,
}

// Aggregate says how candidacies are stored and whom they concern.
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "candidacy",
	Decider:  Decider,
	Events: []Event{
		Suggested{}, Applied{}, Nominated{}, NominationAgreed{}, ConsentGiven{}, ConsentWithdrawn{}, Withdrawn{},
		Shortlisted{}, SharedWithHost{}, InterviewRecorded{}, HostAccepted{}, HostDeclined{}, HostDecisionReminded{},
		HostDecisionExpired{}, RecommendationMade{}, ApprovalRequested{}, Approved{}, ApprovalFailed{}, ManagerRefused{},
		Offered{}, OfferAccepted{}, OfferDeclined{}, PutInReserve{}, CalledFromReserve{}, Superseded{}, ClosingDeferred{}, Closed{},
	},
	Scope: scope,
}

func scope(s State, c Command) domain.Scope {
	r := Ref{Programme: s.Programme, Country: s.Country, Institution: s.Institution, Expert: s.Expert}
	if !s.Exists() {
		switch c := c.(type) {
		case Suggest:
			r = c.Ref
		case Apply:
			r = c.Ref
		case Nominate:
			r = c.Ref
		}
	}
	return domain.Scope{Programme: r.Programme, Country: r.Country, Institution: r.Institution, Expert: r.Expert}
}

// Decide answers a command with events, nothing (already so) or a refusal.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Suggest:
		return s.suggest(c)
	case Apply:
		return s.apply(c)
	case Nominate:
		return s.nominate(c)
	}
	if !s.Exists() {
		return nil, ErrNotFound
	}
	switch c := c.(type) {
	case AgreeToNomination:
		return s.agree(c)
	case GiveConsent:
		return s.giveConsent(c)
	case WithdrawConsent:
		return s.withdrawConsent(c)
	case Withdraw:
		return s.withdraw(c)
	case Shortlist:
		return s.shortlist(c)
	case ShareWithHost:
		return s.share(c)
	case RecordInterview:
		return s.interview(c)
	case HostDecide:
		return s.hostDecide(c)
	case RemindHost:
		return s.remind(c)
	case ExpireHostDecision:
		return s.expire(c)
	case Recommend:
		return s.recommend(c)
	}
	return s.decideEnd(c)
}

// decideEnd answers the commands from the manager's approval on.
func (s State) decideEnd(c Command) ([]Event, error) {
	switch c := c.(type) {
	case Approve:
		return s.approve(c)
	case ConfirmApproval:
		return s.confirm(c)
	case FailApproval:
		return s.fail(c)
	case Refuse:
		return s.refuse(c)
	case MakeOffer:
		return s.makeOffer(c)
	case AcceptOffer:
		return s.acceptOffer(c)
	case DeclineOffer:
		return s.declineOffer(c)
	case PlaceInReserve:
		return s.placeInReserve(c)
	case CallFromReserve:
		return s.callFromReserve(c)
	case Supersede:
		return s.supersede(c)
	case CloseWithNotice:
		return s.closeWithNotice(c)
	}
	return nil, ErrEnded
}

// one is a single event.
func one(e Event) ([]Event, error) { return []Event{e}, nil }

// only refuses every role but the listed ones.
func only(by domain.Stamp, roles ...domain.Role) error {
	if slices.Contains(roles, by.Role) {
		return nil
	}
	return ErrRole
}

// undecided refuses when the candidacy ended or a placement is under way.
func (s State) undecided() error {
	switch {
	case s.Ended():
		return ErrEnded
	case s.Placed():
		return ErrPlaced
	}
	return nil
}

// note holds personal text to its bound and its subject.
func note(k *domain.Checks, field string, t personal.Text, about domain.ExpertID) {
	k.Require(t.Len() <= MaxNote, domain.ErrTooLong.At(field))
	k.Require(t.IsZero() || t.Subject() == string(about), ErrSubject.At(field))
}

// usable holds a consent to its form, to the day, and to the withdrawn ones.
func (s State) usable(k *domain.Checks, c Consent, today domain.Date) {
	if c.ID == "" {
		k.Require(false, ErrNoConsent.At("consent.id"))
		return
	}
	domain.OptionalID(k, "consent.id", c.ID)
	k.Require(c.Until <= today+MaxConsentDays, domain.ErrRange.At("consent.until"))
	k.Require(c.ValidOn(today) && !slices.Contains(s.Withdrawn, c.ID), ErrNoConsent.At("consent"))
}

// subject checks what a creating command is about.
func (r Ref) subject(k *domain.Checks) Subject {
	domain.RequireID(k, "need", r.Need)
	domain.RequireID(k, "expert", r.Expert)
	domain.RequireID(k, "programme", r.Programme)
	domain.RequireID(k, "institution", r.Institution)
	k.Require(r.Country.Valid(), domain.ErrFormat.At("country"))
	return Subject{
		Candidacy: domain.CandidacyIDFor(r.Need, r.Expert), Need: r.Need, Expert: r.Expert,
		Programme: r.Programme, Institution: r.Institution, Country: r.Country,
	}
}

// score checks a score that was shown.
func (v ScoreShown) check(k *domain.Checks, field string) {
	k.Range(field+".total", int(v.Total), 0, int(domain.One))
	k.Require(v.PolicyVersion > 0, domain.ErrRequired.At(field+".policyVersion"))
	k.Text(field+".taxonomyVersion", v.TaxonomyVersion, MaxVersion)
	k.OptionalText(field+".engine", v.Engine, MaxVersion)
	k.OptionalText(field+".parts", v.Parts, MaxVersion)
	k.OptionalText(field+".verdict", v.Verdict, MaxVersion)
}

// ranked checks where a candidate stood, now and in the list seen last.
func ranked(k *domain.Checks, prefix string, rank int, seen Seen) {
	k.Range(prefix+"rank", rank, 0, MaxRank)
	domain.OptionalID(k, prefix+"seen.list", seen.List)
	k.Range(prefix+"seen.rank", seen.Rank, 0, MaxRank)
	k.Range(prefix+"seen.total", int(seen.Total), 0, int(domain.One))
}

// check checks what was shown; a pair that could not be scored is no mistake of
// who decides.
func (v Shown) check(k *domain.Checks, field string) {
	if v.Score != (ScoreShown{}) {
		v.Score.check(k, field+".score")
	}
	ranked(k, field+".", v.Rank, v.Seen)
}

func (s State) suggest(c Suggest) ([]Event, error) {
	if s.Exists() && !s.Ended() {
		return nil, nil
	}
	if s.Ended() {
		return nil, ErrEnded
	}
	if c.Role == domain.RoleExpert {
		return nil, ErrRole
	}
	var k domain.Checks
	subject := c.subject(&k)
	c.Score.check(&k, "score")
	ranked(&k, "", c.Rank, c.Seen)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Suggested{Subject: subject, Score: c.Score, Rank: c.Rank, Seen: c.Seen, By: c.By, Role: c.Role, At: c.At})
}

func (s State) apply(c Apply) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleExpert); err != nil {
		return nil, err
	}
	switch {
	case s.Ended() && !s.restartable():
		return nil, ErrEnded
	case s.Exists() && !s.Ended() && s.Willing:
		return nil, nil
	}
	var k domain.Checks
	subject := c.subject(&k)
	note(&k, "motivation", c.Motivation, c.Expert)
	s.usable(&k, c.Consent, c.Today())
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Applied{Subject: subject, Motivation: c.Motivation, Consent: c.Consent, By: c.By, At: c.At})
}

func (s State) nominate(c Nominate) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleFocalPoint, domain.RoleHost, domain.RoleManager); err != nil {
		return nil, err
	}
	switch {
	case s.Ended() && (s.Left || !s.restartable()):
		return nil, ErrEnded
	case s.Exists() && !s.Ended() && (s.Willing || s.Nominated):
		return nil, nil
	}
	var k domain.Checks
	subject := c.subject(&k)
	note(&k, "reason", c.Reason, c.Expert)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Nominated{Subject: subject, Reason: c.Reason, By: c.By, Role: c.Role, At: c.At})
}

func (s State) agree(c AgreeToNomination) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleExpert); err != nil {
		return nil, err
	}
	switch {
	case s.Ended():
		return nil, ErrEnded
	case s.Willing:
		return nil, nil
	}
	var k domain.Checks
	s.usable(&k, c.Consent, c.Today())
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(NominationAgreed{Consent: c.Consent, By: c.By, At: c.At})
}

func (s State) giveConsent(c GiveConsent) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleExpert); err != nil {
		return nil, err
	}
	switch {
	case s.Ended():
		return nil, ErrEnded
	case s.Consent == c.Consent && c.Consent.ID != "":
		return nil, nil
	}
	var k domain.Checks
	s.usable(&k, c.Consent, c.Today())
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(ConsentGiven{Consent: c.Consent, At: c.At})
}

// withdrawConsent works at any time: the right to withdraw does not end with the
// candidacy.
func (s State) withdrawConsent(c WithdrawConsent) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleExpert, domain.RoleSystem); err != nil {
		return nil, err
	}
	if s.Consent.ID == "" || c.Consent != "" && c.Consent != s.Consent.ID {
		return nil, nil
	}
	return one(ConsentWithdrawn{Consent: s.Consent.ID, At: c.At})
}

// withdraw lets staff record what an expert told them; the metadata says on
// whose behalf.
func (s State) withdraw(c Withdraw) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleExpert, domain.RoleFocalPoint, domain.RoleManager, domain.RoleSystem); err != nil {
		return nil, err
	}
	switch {
	case s.Left:
		return nil, nil
	case s.Ended():
		return nil, ErrEnded
	case s.Offer == OfferTaken:
		return nil, ErrAccepted
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, WithdrawalReasons)
	note(&k, "note", c.Note, s.Expert)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Withdrawn{Reason: c.Reason, Note: c.Note, By: c.By, Role: c.Role, At: c.At, HeldPlace: s.Placed()})
}

func (s State) shortlist(c Shortlist) ([]Event, error) {
	if s.Ended() {
		return nil, ErrEnded
	}
	if s.Shortlisted {
		return nil, nil
	}
	return one(Shortlisted{By: c.By, At: c.At})
}

func (s State) share(c ShareWithHost) ([]Event, error) {
	if s.Ended() {
		return nil, ErrEnded
	}
	today := c.Today()
	by := c.DecideBy
	if by == 0 {
		by = today.AddDays(DefaultHostDecisionDays)
	}
	var k domain.Checks
	s.usable(&k, c.Consent, today)
	k.Require(by >= today && by <= today+MaxAnswerDays, domain.ErrRange.At("decideBy"))
	if err := k.Err(); err != nil {
		return nil, err
	}
	if s.Shared && s.Consent == c.Consent && (c.DecideBy == 0 || c.DecideBy == s.DecideBy) {
		return nil, nil
	}
	return one(SharedWithHost{Consent: c.Consent, DecideBy: by, By: c.By, At: c.At})
}

func (s State) interview(c RecordInterview) ([]Event, error) {
	if s.Ended() {
		return nil, ErrEnded
	}
	e := InterviewRecorded{Date: c.Date, Recommendation: c.Recommendation, Notes: c.Notes, By: c.By, At: c.At}
	if len(c.Languages) > 0 {
		e.Languages = slices.Clone(c.Languages)
	}
	if slices.ContainsFunc(s.Interviews, e.same) {
		return nil, nil
	}
	var k domain.Checks
	k.Require(s.Willing, ErrNotWilling)
	k.Require(c.Date != 0, domain.ErrRequired.At("date"))
	k.Require(c.Date <= c.Today(), domain.ErrRange.At("date").With("The interview lies in the future."))
	k.Require(c.Recommendation.Valid(), domain.ErrUnknown.At("recommendation"))
	k.Count("languages", len(c.Languages), MaxLanguages)
	for i, l := range c.Languages {
		k.Require(l.Language.Valid(), domain.ErrFormat.At(domain.Index("languages", i)+".language"))
		k.Require(l.Level.Valid(), domain.ErrRange.At(domain.Index("languages", i)+".level"))
	}
	domain.RequireDistinct(&k, "languages", c.Languages, func(l domain.LanguageClaim) domain.Language { return l.Language })
	note(&k, "notes", c.Notes, s.Expert)
	k.Count("interviews", len(s.Interviews)+1, MaxInterviews)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(e)
}

// same reports whether two records tell of the same interview in the same words.
func (e InterviewRecorded) same(o InterviewRecorded) bool {
	return e.Date == o.Date && e.Recommendation == o.Recommendation && e.Notes.Equal(o.Notes) && slices.Equal(e.Languages, o.Languages)
}

func (s State) hostDecide(c HostDecide) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleHost); err != nil {
		return nil, err
	}
	if s.Ended() {
		return nil, ErrEnded
	}
	if c.Accept && s.Host == HostYes || !c.Accept && s.Host == HostNo {
		return nil, nil
	}
	if s.Placed() {
		return nil, ErrPlaced
	}
	reason := c.Reason
	if c.Accept && reason == "" {
		reason = SuitsTheNeed
	}
	var k domain.Checks
	k.Require(s.Shared, ErrNotShared)
	k.Require(!s.Shared || s.Consent.ValidOn(c.Today()), ErrNoConsent)
	domain.RequireListed(&k, "reason", reason, HostReasons)
	note(&k, "note", c.Note, s.Expert)
	c.Shown.check(&k, "shown")
	if err := k.Err(); err != nil {
		return nil, err
	}
	if c.Accept {
		return one(HostAccepted{Reason: reason, Note: c.Note, Shown: c.Shown, By: c.By, At: c.At})
	}
	return one(HostDeclined{Reason: reason, Note: c.Note, Shown: c.Shown, By: c.By, At: c.At})
}

func (s State) remind(c RemindHost) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleSystem); err != nil {
		return nil, err
	}
	if !s.AwaitsHost() {
		return nil, nil
	}
	var k domain.Checks
	k.Range("number", c.Number, 1, MaxReminders)
	if err := k.Err(); err != nil {
		return nil, err
	}
	if c.Number <= s.Reminders {
		return nil, nil
	}
	return one(HostDecisionReminded{Number: c.Number, At: c.At})
}

func (s State) expire(c ExpireHostDecision) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleSystem); err != nil {
		return nil, err
	}
	if !s.AwaitsHost() {
		return nil, nil
	}
	if c.Today() <= s.DecideBy {
		return nil, ErrNotDue
	}
	return one(HostDecisionExpired{At: c.At})
}

func (s State) recommend(c Recommend) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleFocalPoint); err != nil {
		return nil, err
	}
	if s.Ended() {
		return nil, ErrEnded
	}
	if s.Recommendation == c.Recommendation && c.Recommendation != "" {
		return nil, nil
	}
	if s.Placed() {
		return nil, ErrPlaced
	}
	var k domain.Checks
	k.Require(c.Recommendation.Valid(), domain.ErrUnknown.At("recommendation"))
	k.Require(!c.Reason.IsZero(), domain.ErrRequired.At("reason"))
	note(&k, "reason", c.Reason, s.Expert)
	c.Shown.check(&k, "shown")
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(RecommendationMade{Recommendation: c.Recommendation, Reason: c.Reason, Shown: c.Shown, By: c.By, At: c.At})
}
