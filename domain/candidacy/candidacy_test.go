package candidacy

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

const (
	expertID  = domain.ExpertID("11111111-1111-4111-8111-111111111111")
	needID    = domain.NeedID("22222222-2222-4222-8222-222222222222")
	consentID = domain.ConsentID("33333333-3333-4333-8333-333333333333")
	renewedID = domain.ConsentID("44444444-4444-4444-8444-444444444444")
	otherID   = domain.CandidacyID("55555555-5555-4555-8555-555555555555")
	listID    = domain.ShownID("88888888-8888-5888-8888-888888888888")
)

var (
	now      = time.Date(2027, time.January, 11, 9, 0, 0, 0, time.UTC)
	today    = domain.DateOf(now)
	byExpert = domain.Stamp{By: "expert", Role: domain.RoleExpert, At: now}
	byHost   = domain.Stamp{By: "host", Role: domain.RoleHost, At: now}
	byFocal  = domain.Stamp{By: "focal", Role: domain.RoleFocalPoint, At: now}
	byBoss   = domain.Stamp{By: "boss", Role: domain.RoleManager, At: now}
	byDeputy = domain.Stamp{By: "deputy", Role: domain.RoleManager, At: now}
	bySystem = domain.Stamp{By: "system", Role: domain.RoleSystem, At: now}

	ref = Ref{
		Need: needID, Expert: expertID, Programme: "66666666-6666-4666-8666-666666666666",
		Institution: "77777777-7777-4777-8777-777777777777", Country: "SO",
	}
	subject = Subject{
		Candidacy: domain.CandidacyIDFor(needID, expertID), Need: ref.Need, Expert: ref.Expert,
		Programme: ref.Programme, Institution: ref.Institution, Country: ref.Country,
	}
	consent = Consent{ID: consentID, Until: today + 100}
	renewed = Consent{ID: renewedID, Until: today + 200}
	score   = ScoreShown{Total: 7421, PolicyVersion: 2, TaxonomyVersion: "1", LogPosition: 4711}
	period  = domain.Period{From: today + 80, To: today + 140}

	suggested = Suggested{Subject: subject, Score: score, Rank: 2, By: "system", Role: domain.RoleSystem, At: now}
	applied   = Applied{Subject: subject, Motivation: about("I trained there."), Consent: consent, By: "expert", At: now}
	nominated = Nominated{Subject: subject, Reason: about("Known to the ward."), By: "focal", Role: domain.RoleFocalPoint, At: now}
	agreed    = NominationAgreed{Consent: consent, By: "expert", At: now}
	shared    = SharedWithHost{Consent: consent, DecideBy: today + DefaultHostDecisionDays, By: "focal", At: now}
	hostYes   = HostAccepted{Reason: SuitsTheNeed, By: "host", At: now}
	hostNo    = HostDeclined{Reason: DatesUnsuitable, By: "host", At: now}
	interview = InterviewRecorded{
		Date: today, Languages: []domain.LanguageClaim{{Language: "so", Level: domain.Native}},
		Recommendation: Recommended, Notes: about("Patient teacher."), By: "focal", At: now,
	}
	requested = ApprovalRequested{
		Subject: subject, Period: period, Modality: domain.Physical, NeedVersion: 3, Score: score, Rank: 2, By: "boss", At: now,
	}
	approved  = Approved{Period: period, Modality: domain.Physical, By: "boss", At: now}
	failed    = ApprovalFailed{Reason: ExpertBooked, At: now}
	offered   = Offered{Period: period, Modality: domain.Physical, AnswerBy: today + DefaultOfferDays, By: "boss", At: now}
	accepted  = OfferAccepted{Subject: subject, Period: period, Modality: domain.Physical, By: "expert", At: now}
	withdrawn = Withdrawn{Reason: EmployerRefuses, By: "expert", Role: domain.RoleExpert, At: now}
	reserved  = PutInReserve{By: "boss", At: now}
	closed    = Closed{Reason: NeedFilled, At: now}
)

func about(text string) personal.Text { return personal.Of(expertID, text) }

func after(s domain.Stamp, days int) domain.Stamp {
	s.At = s.At.AddDate(0, 0, days)
	return s
}

func history(events ...Event) []Event { return events }

// hosted is a candidate whom the host accepted; placed one whose approval is
// pending.
func hosted(more ...Event) []Event { return append(history(applied, shared, hostYes), more...) }
func placed(more ...Event) []Event { return append(hosted(requested), more...) }

func apply() Apply {
	return Apply{Stamp: byExpert, Ref: ref, Motivation: about("I trained there."), Consent: consent}
}

func approve(change ...func(*Approve)) Approve {
	c := Approve{Stamp: byBoss, Period: period, Modality: domain.Physical, NeedVersion: 3, Score: score, Rank: 2}
	for _, f := range change {
		f(&c)
	}
	return c
}

func TestSuggest(t *testing.T) {
	spec := decider.For(t, Decider)
	suggest := Suggest{Stamp: bySystem, Ref: ref, Score: score, Rank: 2}
	spec.Given().When(suggest).Then(suggested)
	spec.Given(suggested).When(suggest).ThenNothing()
	spec.Given(applied).When(suggest).ThenNothing()
	spec.Given(applied, withdrawn).When(suggest).Refused(ErrEnded)
	spec.Given().When(Suggest{Stamp: byExpert, Ref: ref, Score: score}).Refused(ErrRole)
	spec.Given().When(Suggest{Stamp: bySystem, Ref: ref, Score: ScoreShown{Total: 10_001, PolicyVersion: 1, TaxonomyVersion: "1"}}).Refused(domain.ErrRange)
	spec.Given().When(Suggest{Stamp: bySystem, Ref: ref}).Refused(domain.ErrRequired)
	spec.Given().When(Suggest{Stamp: bySystem, Score: score}).Refused(domain.ErrRequired)
}

func TestApply(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given().When(apply()).Then(applied)
	spec.Given(applied).When(apply()).ThenNothing()
	spec.Given(suggested).When(apply()).Then(applied)
	spec.Given(nominated, agreed).When(apply()).ThenNothing()
	// After a withdrawal or a closing notice the same candidacy starts anew.
	spec.Given(applied, shared, withdrawn).When(apply()).Then(applied)
	spec.Given(applied, closed).When(apply()).Then(applied)
	spec.Given(hosted(ManagerRefused{Reason: NotSuitable})...).When(apply()).Refused(ErrEnded)

	bare := apply()
	bare.Consent = Consent{}
	spec.Given().When(bare).Refused(ErrNoConsent)
	bare.Consent = Consent{ID: consentID, Until: today - 1}
	spec.Given().When(bare).Refused(ErrNoConsent)
	bare.Consent = Consent{ID: consentID, Until: today + MaxConsentDays + 1}
	spec.Given().When(bare).Refused(domain.ErrRange)
	foreign := apply()
	foreign.Motivation = personal.Of("somebody else", "I trained there.")
	spec.Given().When(foreign).Refused(ErrSubject)
	long := apply()
	long.Motivation = about(strings.Repeat("x", MaxNote+1))
	spec.Given().When(long).Refused(domain.ErrTooLong)
	proxy := apply()
	proxy.Stamp = byBoss
	spec.Given().When(proxy).Refused(ErrRole)
}

func TestNominate(t *testing.T) {
	spec := decider.For(t, Decider)
	nominate := Nominate{Stamp: byFocal, Ref: ref, Reason: about("Known to the ward.")}
	agree := AgreeToNomination{byExpert, consent}
	spec.Given().When(nominate).Then(nominated)
	spec.Given(suggested).When(nominate).Then(nominated)
	spec.Given(nominated).When(nominate).ThenNothing()
	spec.Given(applied).When(nominate).ThenNothing()
	spec.Given(applied, closed).When(nominate).Then(nominated)
	spec.Given(applied, withdrawn).When(nominate).Refused(ErrEnded)
	spec.Given().When(Nominate{Stamp: byExpert, Ref: ref}).Refused(ErrRole)
	spec.Given().When(Nominate{Stamp: byFocal}).Refused(domain.ErrRequired)

	spec.Given(nominated).When(agree).Then(agreed)
	spec.Given(suggested).When(agree).Then(agreed)
	spec.Given(nominated, agreed).When(agree).ThenNothing()
	spec.Given(nominated).When(AgreeToNomination{Stamp: byExpert}).Refused(ErrNoConsent)
	spec.Given(nominated).When(AgreeToNomination{byFocal, consent}).Refused(ErrRole)
	spec.Given(nominated, withdrawn).When(agree).Refused(ErrEnded)
	spec.Given().When(agree).Refused(ErrNotFound)
}

func TestNothingIsSharedWithoutConsent(t *testing.T) {
	spec := decider.For(t, Decider)
	share := ShareWithHost{Stamp: byFocal, Consent: consent}
	noConsent := ConsentWithdrawn{consentID, now}
	spec.Given(applied).When(share).Then(shared)
	spec.Given(applied, shared).When(share).ThenNothing()
	spec.Given(applied, shared).When(ShareWithHost{byFocal, consent, today + 30}).Then(SharedWithHost{consent, today + 30, "focal", now})
	spec.Given(applied).When(ShareWithHost{Stamp: byFocal}).Refused(ErrNoConsent)
	spec.Given(applied).When(ShareWithHost{Stamp: after(byFocal, 101), Consent: consent}).Refused(ErrNoConsent)
	spec.Given(applied).When(ShareWithHost{byFocal, consent, today - 1}).Refused(domain.ErrRange)
	spec.Given(applied, withdrawn).When(share).Refused(ErrEnded)

	spec.Given(applied, shared).When(WithdrawConsent{Stamp: byExpert}).Then(noConsent)
	spec.Given(applied, shared, noConsent).When(WithdrawConsent{Stamp: byExpert}).ThenNothing()
	spec.Given(applied, withdrawn).When(WithdrawConsent{bySystem, consentID}).Then(noConsent)
	spec.Given(applied, ConsentGiven{renewed, now}).When(WithdrawConsent{bySystem, consentID}).ThenNothing()
	spec.Given(applied).When(WithdrawConsent{Stamp: byFocal}).Refused(ErrRole)
	spec.Given(applied, shared, noConsent).When(share).Refused(ErrNoConsent)
	spec.Given(applied, shared, noConsent).When(HostDecide{Stamp: byHost, Accept: true}).Refused(ErrNotShared)
	// A withdrawn consent is not remembered into validity by starting anew.
	spec.Given(applied, noConsent, withdrawn).When(apply()).Refused(ErrNoConsent)
	again := applied
	again.Consent = renewed
	spec.Given(applied, noConsent, withdrawn, again).When(GiveConsent{byExpert, consent}).Refused(ErrNoConsent)

	spec.Given(applied, noConsent).When(GiveConsent{byExpert, renewed}).Then(ConsentGiven{renewed, now})
	spec.Given(applied, noConsent).When(GiveConsent{byExpert, consent}).Refused(ErrNoConsent)
	spec.Given(applied).When(GiveConsent{byExpert, consent}).ThenNothing()
	spec.Given(applied).When(GiveConsent{byFocal, renewed}).Refused(ErrRole)
	spec.Given(applied, closed).When(GiveConsent{byExpert, renewed}).Refused(ErrEnded)
	spec.Given(applied, noConsent).When(ShareWithHost{Stamp: byFocal, Consent: renewed}).Then(SharedWithHost{renewed, shared.DecideBy, "focal", now})
}

func TestWithdraw(t *testing.T) {
	spec := decider.For(t, Decider)
	withdraw := Withdraw{Stamp: byExpert, Reason: EmployerRefuses}
	held := withdrawn
	held.HeldPlace = true
	spec.Given(applied).When(withdraw).Then(withdrawn)
	spec.Given(placed()...).When(withdraw).Then(held)
	spec.Given(placed(approved, offered)...).When(withdraw).Then(held)
	spec.Given(applied, withdrawn).When(Withdraw{Stamp: byExpert, Reason: HealthReason}).ThenNothing()
	spec.Given(applied, closed).When(withdraw).Refused(ErrEnded)
	spec.Given(placed(approved, offered, accepted)...).When(withdraw).Refused(ErrAccepted)
	spec.Given(applied).When(Withdraw{Stamp: byExpert}).Refused(domain.ErrRequired)
	spec.Given(applied).When(Withdraw{Stamp: byHost, Reason: EmployerRefuses}).Refused(ErrRole)
	spec.Given(applied).When(Withdraw{byExpert, OtherWithdrawal, personal.Of("x", "y")}).Refused(ErrSubject)
}

func TestShortlistAndInterview(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(suggested).When(Shortlist{byFocal}).Then(Shortlisted{"focal", now})
	spec.Given(suggested, Shortlisted{"focal", now}).When(Shortlist{byBoss}).ThenNothing()
	spec.Given(applied, withdrawn).When(Shortlist{byFocal}).Refused(ErrEnded)

	record := RecordInterview{byFocal, today, interview.Languages, Recommended, interview.Notes}
	spec.Given(applied).When(record).Then(interview)
	spec.Given(applied, interview).When(record).ThenNothing()
	spec.Given(hosted()...).When(record).Then(interview)
	spec.Given(suggested).When(record).Refused(ErrNotWilling)
	spec.Given(applied, withdrawn).When(record).Refused(ErrEnded)
	spec.Given(applied).When(RecordInterview{Stamp: byFocal, Date: today + 1, Recommendation: Recommended}).Refused(domain.ErrRange)
	spec.Given(applied).When(RecordInterview{Stamp: byFocal, Recommendation: Recommended}).Refused(domain.ErrRequired)
	spec.Given(applied).When(RecordInterview{Stamp: byFocal, Date: today, Recommendation: "fine"}).Refused(domain.ErrUnknown)
	twice := record
	twice.Languages = append(slices.Clone(record.Languages), record.Languages...)
	spec.Given(applied).When(twice).Refused(domain.ErrTwice)
	full := history(applied)
	for i := range MaxInterviews {
		full = append(full, InterviewRecorded{Date: today - domain.Date(i) - 1, Recommendation: Recommended})
	}
	spec.Given(full...).When(record).Refused(domain.ErrTooMany)
}

func TestHostDecides(t *testing.T) {
	spec := decider.For(t, Decider)
	yes, no := HostDecide{Stamp: byHost, Accept: true}, HostDecide{Stamp: byHost, Reason: DatesUnsuitable}
	spec.Given(applied, shared).When(yes).Then(hostYes)
	spec.Given(applied, shared).When(no).Then(hostNo)
	spec.Given(hosted()...).When(yes).ThenNothing()
	spec.Given(applied, shared, hostNo).When(no).ThenNothing()
	spec.Given(applied, shared, hostNo).When(yes).Then(hostYes)
	spec.Given(hosted()...).When(no).Then(hostNo)
	spec.Given(placed()...).When(no).Refused(ErrPlaced)
	spec.Given(applied).When(yes).Refused(ErrNotShared)
	spec.Given(applied, shared).When(HostDecide{Stamp: after(byHost, 101), Accept: true}).Refused(ErrNoConsent)
	spec.Given(applied, shared).When(HostDecide{Stamp: byHost}).Refused(domain.ErrRequired)
	spec.Given(applied, shared).When(HostDecide{Stamp: byFocal, Accept: true}).Refused(ErrRole)
	spec.Given(applied, shared, withdrawn).When(yes).Refused(ErrEnded)
	// The host may decide before the expert does.
	spec.Given(nominated, shared).When(yes).Then(hostYes)
	spec.Given(nominated, shared, hostYes).When(AgreeToNomination{byExpert, consent}).Then(agreed)
}

func TestASilentHostIsRemindedAndTimesOut(t *testing.T) {
	spec := decider.For(t, Decider)
	late := after(bySystem, DefaultHostDecisionDays+1)
	timedOut := HostDecisionExpired{late.At}
	reminded := HostDecisionReminded{1, now}
	spec.Given(applied, shared).When(RemindHost{bySystem, 1}).Then(reminded)
	spec.Given(applied, shared, reminded).When(RemindHost{bySystem, 1}).ThenNothing()
	spec.Given(applied, shared, reminded).When(RemindHost{bySystem, 2}).Then(HostDecisionReminded{2, now})
	spec.Given(hosted()...).When(RemindHost{bySystem, 1}).ThenNothing()
	spec.Given(applied, shared).When(RemindHost{bySystem, MaxReminders + 1}).Refused(domain.ErrRange)
	spec.Given(applied, shared).When(RemindHost{byBoss, 1}).Refused(ErrRole)

	spec.Given(applied, shared).When(ExpireHostDecision{late}).Then(timedOut)
	spec.Given(applied, shared).When(ExpireHostDecision{after(bySystem, DefaultHostDecisionDays)}).Refused(ErrNotDue)
	spec.Given(hosted()...).When(ExpireHostDecision{late}).ThenNothing()
	spec.Given(applied, shared).When(ExpireHostDecision{after(byBoss, 30)}).Refused(ErrRole)
	spec.Given(applied, shared, timedOut).When(HostDecide{Stamp: byHost, Accept: true}).Refused(ErrNotShared)
	spec.Given(applied, shared, timedOut).When(ShareWithHost{Stamp: byFocal, Consent: consent}).Then(shared)
}

func TestFocalPointRecommends(t *testing.T) {
	spec := decider.For(t, Decider)
	recommend := Recommend{Stamp: byFocal, Recommendation: Recommended, Reason: about("Fits the ward.")}
	made := RecommendationMade{Recommendation: Recommended, Reason: about("Fits the ward."), By: "focal", At: now}
	spec.Given(applied).When(recommend).Then(made)
	spec.Given(hosted()...).When(recommend).Then(made)
	spec.Given(applied, made).When(recommend).ThenNothing()
	spec.Given(applied, made).When(Recommend{Stamp: byFocal, Recommendation: NotRecommended, Reason: about("Too short.")}).Then(
		RecommendationMade{Recommendation: NotRecommended, Reason: about("Too short."), By: "focal", At: now})
	spec.Given(applied).When(Recommend{Stamp: byFocal, Recommendation: Recommended}).Refused(domain.ErrRequired)
	spec.Given(applied).When(Recommend{Stamp: byFocal, Recommendation: "perhaps", Reason: about("x")}).Refused(domain.ErrUnknown)
	spec.Given(applied).When(Recommend{Stamp: byBoss, Recommendation: Recommended, Reason: about("x")}).Refused(ErrRole)
	spec.Given(placed()...).When(recommend).Refused(ErrPlaced)
	spec.Given(applied, closed).When(recommend).Refused(ErrEnded)
}

// What the platform showed stands in the decision; a pair that cannot be scored
// holds nobody up.
func TestDecisionsKeepWhatWasShown(t *testing.T) {
	spec := decider.For(t, Decider)
	was := Shown{Score: score, Rank: 2, Seen: Seen{List: listID, Rank: 5, Total: 6_900}}
	spec.Given(applied, shared).When(HostDecide{Stamp: byHost, Accept: true, Shown: was}).Then(
		HostAccepted{Reason: SuitsTheNeed, Shown: was, By: "host", At: now})
	spec.Given(applied, shared).When(HostDecide{Stamp: byHost, Reason: DatesUnsuitable, Shown: was}).Then(
		HostDeclined{Reason: DatesUnsuitable, Shown: was, By: "host", At: now})
	spec.Given(applied).When(Recommend{Stamp: byFocal, Recommendation: Recommended, Reason: about("Fits."), Shown: was}).Then(
		RecommendationMade{Recommendation: Recommended, Reason: about("Fits."), Shown: was, By: "focal", At: now})
	spec.Given(hosted()...).When(Refuse{Stamp: byBoss, Reason: NotSuitable, Shown: was}).Then(
		ManagerRefused{Reason: NotSuitable, Shown: was, By: "boss", At: now})
	for _, wrong := range []Shown{
		{Score: ScoreShown{Total: 10_001, PolicyVersion: 1, TaxonomyVersion: "1"}}, {Rank: -1}, {Seen: Seen{Rank: MaxRank + 1}},
		{Seen: Seen{Total: -1}},
	} {
		spec.Given(applied, shared).When(HostDecide{Stamp: byHost, Accept: true, Shown: wrong}).Refused(domain.ErrRange)
	}
	spec.Given(applied, shared).When(HostDecide{Stamp: byHost, Accept: true, Shown: Shown{Seen: Seen{List: "yesterday's"}}}).Refused(domain.ErrFormat)
}

// Refusing one of the best for none of the listed reasons is an override.
func TestPassingOverTheBestNeedsAReason(t *testing.T) {
	spec := decider.For(t, Decider)
	refuse := func(rank, seen int, reason RefusalReason, note string) Refuse {
		r := Refuse{Stamp: byBoss, Reason: reason, Shown: Shown{Rank: rank, Seen: Seen{Rank: seen}}}
		if note != "" {
			r.Note = about(note)
		}
		return r
	}
	for _, c := range []struct{ rank, seen int }{{1, 0}, {MaxRankWithoutReason, 9}, {9, MaxRankWithoutReason}} {
		spec.Given(hosted()...).When(refuse(c.rank, c.seen, OtherRefusalReason, "")).Refused(ErrPassedOver)
		spec.Given(hosted()...).When(refuse(c.rank, c.seen, OtherRefusalReason, "The ward closes.")).Then(ManagerRefused{
			Reason: OtherRefusalReason, Note: about("The ward closes."), Shown: Shown{Rank: c.rank, Seen: Seen{Rank: c.seen}}, By: "boss", At: now})
		spec.Given(hosted()...).When(refuse(c.rank, c.seen, NotSuitable, "")).Then(ManagerRefused{
			Reason: NotSuitable, Shown: Shown{Rank: c.rank, Seen: Seen{Rank: c.seen}}, By: "boss", At: now})
	}
	for _, c := range []struct{ rank, seen int }{{0, 0}, {MaxRankWithoutReason + 1, 0}, {0, MaxRankWithoutReason + 1}} {
		spec.Given(hosted()...).When(refuse(c.rank, c.seen, OtherRefusalReason, "")).Then(ManagerRefused{
			Reason: OtherRefusalReason, Shown: Shown{Rank: c.rank, Seen: Seen{Rank: c.seen}}, By: "boss", At: now})
	}
}

func TestManagerApproves(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(hosted()...).When(approve()).Then(requested)
	spec.Given(placed()...).When(approve()).ThenNothing()
	spec.Given(placed(failed)...).When(approve()).Then(requested)
	spec.Given(hosted(reserved)...).When(approve()).Then(requested)
	spec.Given(nominated, shared, hostYes, agreed).When(approve()).Then(requested)

	spec.Given(applied, shared).When(approve()).Refused(ErrHostPending)
	spec.Given(applied, shared, hostNo).When(approve()).Refused(ErrHostPending)
	spec.Given(nominated, shared, hostYes).When(approve()).Refused(ErrNotWilling)
	spec.Given(hosted(ConsentWithdrawn{consentID, now})...).When(approve()).Refused(ErrNoConsent)
	spec.Given(hosted()...).When(approve(func(c *Approve) { c.Stamp = after(byBoss, 101) })).Refused(ErrNoConsent)
	spec.Given(hosted(withdrawn)...).When(approve()).Refused(ErrEnded)
	for field, change := range map[string]func(*Approve){
		"period.to":             func(c *Approve) { c.Period.To = c.Period.From - 1 },
		"modality":              func(c *Approve) { c.Modality = "remote" },
		"needVersion":           func(c *Approve) { c.NeedVersion = 0 },
		"score.policyVersion":   func(c *Approve) { c.Score.PolicyVersion = 0 },
		"score.taxonomyVersion": func(c *Approve) { c.Score.TaxonomyVersion = "" },
		"rank":                  func(c *Approve) { c.Rank = -1 },
		"follows":               func(c *Approve) { c.Follows = "the last one" },
		"override":              func(c *Approve) { c.Override = personal.Of("x", "y") },
	} {
		_, err := Decide(Decider.Fold(State{}, hosted()...), approve(change))
		if rs := domain.AsRefusals(err); !slices.ContainsFunc(rs, func(r *domain.Refusal) bool { return r.Field == field }) {
			t.Errorf("%s: got %v", field, err)
		}
	}
	_, err := Decide(Decider.Fold(State{}, suggested), approve(func(c *Approve) { c.Rank = 0 }))
	for _, want := range []error{ErrNotWilling, ErrHostPending, ErrNoConsent, ErrOverride} {
		if !errors.Is(err, want) {
			t.Errorf("an approval far too early lacks %v: %v", want, err)
		}
	}
}

func TestApprovingAgainstTheRankingNeedsAReason(t *testing.T) {
	spec := decider.For(t, Decider)
	against := RecommendationMade{Recommendation: NotRecommended, Reason: about("Too short."), By: "focal", At: now}
	for _, rank := range []int{0, MaxRankWithoutReason + 1} {
		spec.Given(hosted()...).When(approve(func(c *Approve) { c.Rank = rank })).Refused(ErrOverride)
		want := requested
		want.Rank, want.Override = rank, about("Speaks the dialect.")
		spec.Given(hosted()...).When(approve(func(c *Approve) { c.Rank, c.Override = rank, about("Speaks the dialect.") })).Then(want)
	}
	spec.Given(hosted(against)...).When(approve()).Refused(ErrOverride)
	// The list that the manager saw counts like the rank of the moment.
	spec.Given(hosted()...).When(approve(func(c *Approve) { c.Seen = Seen{List: listID, Rank: MaxRankWithoutReason + 1} })).Refused(ErrOverride)
	seen := requested
	seen.Seen = Seen{List: listID, Rank: MaxRankWithoutReason, Total: 6_900}
	spec.Given(hosted()...).When(approve(func(c *Approve) { c.Seen = seen.Seen })).Then(seen)
	third := requested
	third.Rank = MaxRankWithoutReason
	spec.Given(hosted()...).When(approve(func(c *Approve) { c.Rank = MaxRankWithoutReason })).Then(third)
}

func TestNobodyApprovesTheirOwnProposal(t *testing.T) {
	spec := decider.For(t, Decider)
	by := func(s domain.Stamp) func(*Approve) { return func(c *Approve) { c.Stamp = s } }
	ownSuggestion, ownNomination := suggested, nominated
	ownSuggestion.By, ownNomination.By = "boss", "boss"
	spec.Given(ownSuggestion, applied, shared, hostYes).When(approve()).Refused(ErrOwnProposal)
	spec.Given(ownNomination, agreed, shared, hostYes).When(approve()).Refused(ErrOwnProposal)
	// A second proposer does not hide the first.
	spec.Given(ownSuggestion, nominated, agreed, shared, hostYes).When(approve()).Refused(ErrOwnProposal)
	want := requested
	want.By = "deputy"
	spec.Given(ownNomination, agreed, shared, hostYes).When(approve(by(byDeputy))).Then(want)
	// The four decisions are four people's where one person has several roles.
	ownHost := hostYes
	ownHost.By = "boss"
	spec.Given(applied, shared, ownHost).When(approve()).Refused(ErrOwnProposal)
	spec.Given(hosted(RecommendationMade{Recommendation: Recommended, Reason: about("x"), By: "boss", At: now})...).When(approve()).Refused(ErrOwnProposal)
	for _, s := range []domain.Stamp{byExpert, byHost, byFocal, bySystem} {
		spec.Given(hosted()...).When(approve(by(s))).Refused(ErrRole)
	}
}

func TestPlacementConfirmsOrFails(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(placed()...).When(ConfirmApproval{bySystem}).Then(approved)
	spec.Given(placed(approved)...).When(ConfirmApproval{bySystem}).ThenNothing()
	spec.Given(placed()...).When(ConfirmApproval{byBoss}).Refused(ErrRole)
	spec.Given(hosted()...).When(ConfirmApproval{bySystem}).Refused(ErrNotPending)
	spec.Given(placed(withdrawn)...).When(ConfirmApproval{bySystem}).Refused(ErrNotPending)

	spec.Given(placed()...).When(FailApproval{bySystem, ExpertBooked}).Then(failed)
	spec.Given(placed(failed)...).When(FailApproval{bySystem, NoSeatLeft}).ThenNothing()
	spec.Given(placed(withdrawn)...).When(FailApproval{bySystem, NoSeatLeft}).ThenNothing()
	spec.Given(placed(approved)...).When(FailApproval{bySystem, NoSeatLeft}).Refused(ErrNotPending)
	spec.Given(placed()...).When(FailApproval{byBoss, NoSeatLeft}).Refused(ErrRole)
	spec.Given(placed()...).When(FailApproval{bySystem, "luck"}).Refused(domain.ErrUnknown)
}

func TestManagerRefuses(t *testing.T) {
	spec := decider.For(t, Decider)
	refuse := Refuse{Stamp: byBoss, Reason: NotSuitable}
	refused := ManagerRefused{Reason: NotSuitable, By: "boss", At: now}
	spec.Given(hosted()...).When(refuse).Then(refused)
	spec.Given(hosted(refused)...).When(Refuse{Stamp: byBoss, Reason: BudgetConstraint}).ThenNothing()
	spec.Given(placed()...).When(refuse).Refused(ErrPlaced)
	spec.Given(applied, closed).When(refuse).Refused(ErrEnded)
	spec.Given(hosted()...).When(Refuse{Stamp: byBoss}).Refused(domain.ErrRequired)
	spec.Given(hosted()...).When(Refuse{Stamp: byFocal, Reason: NotSuitable}).Refused(ErrRole)
	spec.Given(hosted(refused)...).When(approve()).Refused(ErrEnded)
}

func TestOffer(t *testing.T) {
	spec := decider.For(t, Decider)
	declined := OfferDeclined{Reason: FamilyReason, By: "expert", At: now}
	spec.Given(placed(approved)...).When(MakeOffer{Stamp: byBoss}).Then(offered)
	spec.Given(placed(approved, offered)...).When(MakeOffer{Stamp: byBoss}).ThenNothing()
	spec.Given(placed()...).When(MakeOffer{Stamp: byBoss}).Refused(ErrNotApproved)
	spec.Given(placed(approved)...).When(MakeOffer{byBoss, today - 1}).Refused(domain.ErrRange)
	spec.Given(placed(approved)...).When(MakeOffer{Stamp: byFocal}).Refused(ErrRole)
	spec.Given(placed(approved, withdrawn)...).When(MakeOffer{Stamp: byBoss}).Refused(ErrEnded)

	spec.Given(placed(approved, offered)...).When(AcceptOffer{byExpert}).Then(accepted)
	spec.Given(placed(approved, offered, accepted)...).When(AcceptOffer{byExpert}).ThenNothing()
	spec.Given(placed(approved)...).When(AcceptOffer{byExpert}).Refused(ErrNoOffer)
	spec.Given(placed(approved, offered)...).When(AcceptOffer{byBoss}).Refused(ErrRole)
	spec.Given(placed(approved, offered, withdrawn)...).When(AcceptOffer{byExpert}).Refused(ErrEnded)

	decline := DeclineOffer{Stamp: byExpert, Reason: FamilyReason}
	spec.Given(placed(approved, offered)...).When(decline).Then(declined)
	spec.Given(placed(approved, offered, declined)...).When(decline).ThenNothing()
	spec.Given(placed(approved)...).When(decline).Refused(ErrNoOffer)
	spec.Given(placed(approved, offered, accepted)...).When(decline).Refused(ErrAccepted)
	spec.Given(placed(approved, offered, withdrawn)...).When(decline).Refused(ErrEnded)
	spec.Given(placed(approved, offered)...).When(DeclineOffer{Stamp: byExpert}).Refused(domain.ErrRequired)
	spec.Given(placed(approved, offered)...).When(DeclineOffer{Stamp: byHost, Reason: FamilyReason}).Refused(ErrRole)
}

func TestReserve(t *testing.T) {
	spec := decider.For(t, Decider)
	called := CalledFromReserve{"boss", now}
	spec.Given(applied).When(PlaceInReserve{byBoss}).Then(reserved)
	spec.Given(applied, reserved).When(PlaceInReserve{byBoss}).ThenNothing()
	spec.Given(suggested).When(PlaceInReserve{byBoss}).Refused(ErrNotWilling)
	spec.Given(placed()...).When(PlaceInReserve{byBoss}).Refused(ErrPlaced)
	spec.Given(applied, closed).When(PlaceInReserve{byBoss}).Refused(ErrEnded)
	spec.Given(applied).When(PlaceInReserve{byHost}).Refused(ErrRole)
	spec.Given(applied, reserved).When(CallFromReserve{byBoss}).Then(called)
	spec.Given(applied, reserved, called).When(CallFromReserve{byBoss}).ThenNothing()
	spec.Given(applied, reserved).When(CallFromReserve{byExpert}).Refused(ErrRole)
	spec.Given(applied, reserved, withdrawn).When(CallFromReserve{byBoss}).Refused(ErrEnded)
}

func TestSupersede(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(applied).When(Supersede{byBoss, otherID}).Then(Superseded{InFavourOf: otherID, At: now})
	spec.Given(placed()...).When(Supersede{bySystem, otherID}).Then(Superseded{InFavourOf: otherID, At: now, HeldPlace: true})
	spec.Given(applied, Superseded{InFavourOf: otherID}).When(Supersede{byBoss, otherID}).ThenNothing()
	spec.Given(applied).When(Supersede{byBoss, subject.Candidacy}).Refused(ErrSelf)
	spec.Given(applied).When(Supersede{byFocal, otherID}).Refused(ErrRole)
	spec.Given(applied, closed).When(Supersede{byBoss, otherID}).Refused(ErrEnded)
	spec.Given(placed(approved, offered, accepted)...).When(Supersede{byBoss, otherID}).Refused(ErrAccepted)
}

func TestClosingNotice(t *testing.T) {
	spec := decider.For(t, Decider)
	notice := CloseWithNotice{bySystem, NeedFilled}
	deferred := ClosingDeferred{NeedFilled, now}
	for _, open := range [][]Event{
		{suggested}, {applied}, {nominated}, hosted(), {applied, shared, hostNo}, placed(failed),
	} {
		spec.Given(open...).When(notice).Then(closed)
	}
	for _, decided := range [][]Event{
		{applied, withdrawn}, {applied, closed}, hosted(ManagerRefused{Reason: NotSuitable}),
		placed(approved), placed(approved, offered), placed(approved, offered, accepted),
	} {
		spec.Given(decided...).When(notice).ThenNothing()
	}
	// The reserve waits for a drop-out while the need is filled, not longer.
	spec.Given(applied, reserved).When(notice).ThenNothing()
	spec.Given(applied, reserved).When(CloseWithNotice{bySystem, NeedClosed}).Then(Closed{NeedClosed, now})
	// A pending approval decides first.
	spec.Given(placed()...).When(notice).Then(deferred)
	spec.Given(placed(deferred)...).When(CloseWithNotice{bySystem, NeedClosed}).ThenNothing()
	spec.Given(placed(deferred)...).When(FailApproval{bySystem, NoSeatLeft}).Then(ApprovalFailed{NoSeatLeft, now}, closed)
	spec.Given(placed(deferred)...).When(ConfirmApproval{bySystem}).Then(approved)

	spec.Given(applied).When(CloseWithNotice{byBoss, NeedFilled}).Refused(ErrRole)
	spec.Given(applied).When(CloseWithNotice{Stamp: bySystem}).Refused(domain.ErrRequired)
}

func TestStages(t *testing.T) {
	for want, events := range map[Stage][]Event{
		"":                   nil,
		StageSuggested:       {suggested},
		StageApplied:         {suggested, applied},
		StageNominated:       {suggested, agreed},
		StageShortlisted:     {applied, Shortlisted{}},
		StageAwaitingHost:    {applied, shared},
		StageInterviewed:     {applied, shared, interview},
		StageHostAccepted:    hosted(interview),
		StageHostDeclined:    {applied, shared, hostNo},
		StageApprovalPending: placed(),
		StageApproved:        placed(approved),
		StageManagerRefused:  hosted(ManagerRefused{}),
		StageApprovalFailed:  placed(failed),
		StageOffered:         placed(approved, offered),
		StageAccepted:        placed(approved, offered, accepted),
		StageDeclined:        placed(approved, offered, OfferDeclined{}),
		StageReserve:         hosted(reserved),
		StageWithdrawn:       placed(approved, withdrawn),
		StageSuperseded:      {applied, Superseded{InFavourOf: otherID}},
		StageClosed:          {applied, closed},
	} {
		if got := Decider.Fold(State{}, events...).Stage(); got != want {
			t.Errorf("stage is %q, want %q", got, want)
		}
	}
}

func TestScope(t *testing.T) {
	want := domain.Scope{Programme: ref.Programme, Country: "SO", Institution: ref.Institution, Expert: expertID}
	for _, c := range []Command{apply(), Suggest{Ref: ref}, Nominate{Ref: ref}} {
		if got := Aggregate.Scope(State{}, c); got != want {
			t.Errorf("scope of %s is %+v", c.CommandType(), got)
		}
	}
	if got := Aggregate.Scope(Decider.Fold(State{}, applied), Shortlist{}); got != want {
		t.Errorf("scope of a candidacy is %+v", got)
	}
}

func TestLifecycleReachesEveryStage(t *testing.T) {
	reached, shown := map[string]bool{}, map[string]bool{}
	for _, tr := range Lifecycle() {
		reached[tr.To], shown[tr.Event] = true, true
	}
	for _, s := range Stages {
		if !reached[string(s)] {
			t.Errorf("no transition leads to %s", s)
		}
	}
	for _, e := range Aggregate.Events {
		if !shown[e.EventType()] {
			t.Errorf("no transition shows %s", e.EventType())
		}
	}
}

func TestBranchesOfAHistoryDoNotShareLists(t *testing.T) {
	at := func(d int) InterviewRecorded { return InterviewRecorded{Date: today - domain.Date(d)} }
	base := Decider.Fold(State{}, applied, at(5), at(4), at(3))
	one, other := Evolve(base, at(2)), Evolve(base, at(1))
	if got := one.Interviews[3].Date; got != today-2 || other.Interviews[3].Date != today-1 {
		t.Errorf("one branch reads %v from the other", got)
	}
}
