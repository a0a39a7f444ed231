package candidacy

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// approve starts the placement. It names everything that stands against it at
// once, so that the manager need not try again and again.
func (s State) approve(c Approve) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleManager); err != nil {
		return nil, err
	}
	switch {
	case s.Ended():
		return nil, ErrEnded
	case s.Placed():
		return nil, nil
	case slices.Contains(s.Proposers, c.By) || c.By == s.HostBy || c.By == s.RecommendedBy:
		return nil, ErrOwnProposal
	}
	var k domain.Checks
	k.Period("period", c.Period, MaxPeriodDays)
	k.Require(c.Modality.Valid(), domain.ErrUnknown.At("modality"))
	k.Require(c.NeedVersion > 0, domain.ErrRequired.At("needVersion"))
	c.Score.check(&k, "score")
	ranked(&k, "", c.Rank, c.Seen)
	domain.OptionalID(&k, "follows", c.Follows)
	note(&k, "override", c.Override, s.Expert)
	k.Require(s.Willing, ErrNotWilling)
	k.Require(s.Host == HostYes, ErrHostPending)
	k.Require(s.Consent.ValidOn(c.Today()), ErrNoConsent)
	k.Require(!s.needsReason(c.Rank, c.Seen) || !c.Override.IsZero(), ErrOverride.At("override"))
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(ApprovalRequested{
		Subject: s.Subject, Period: c.Period, Modality: c.Modality, NeedVersion: c.NeedVersion,
		Score: c.Score, Rank: c.Rank, Seen: c.Seen, Override: c.Override, Follows: c.Follows, By: c.By, At: c.At,
	})
}

// needsReason reports whether an approval departs from what the manager was
// shown: a rank too low or missing, or a focal point who advised against. A rank
// is too low when it is so now, or was in the list that the manager had before
// them: looking again makes a newer list.
func (s State) needsReason(rank int, seen Seen) bool {
	return rank == 0 || max(rank, seen.Rank) > MaxRankWithoutReason || s.Recommendation == NotRecommended
}

// passesOver reports whether refusing departs from what was shown and names no
// reason for it: one of the best ranked, and none of the listed reasons.
func (c Refuse) passesOver() bool {
	best := func(rank int) bool { return rank > 0 && rank <= MaxRankWithoutReason }
	return c.Reason == OtherRefusalReason && (best(c.Shown.Rank) || best(c.Shown.Seen.Rank))
}

// confirm refuses when nothing is pending any more, the expert having withdrawn
// meanwhile: the placement process then undoes its steps.
func (s State) confirm(c ConfirmApproval) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleSystem); err != nil {
		return nil, err
	}
	switch {
	case s.Ended() || s.Approval != ApprovalPending && s.Approval != ApprovalMade:
		return nil, ErrNotPending
	case s.Approval == ApprovalMade:
		return nil, nil
	}
	return one(Approved{Period: s.Requested.Period, Modality: s.Requested.Modality, By: s.Requested.By, At: c.At})
}

// fail leaves an approval that already failed, or a candidacy that ended, alone.
func (s State) fail(c FailApproval) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleSystem); err != nil {
		return nil, err
	}
	switch {
	case s.Ended() || s.Approval == ApprovalUndone:
		return nil, nil
	case s.Approval != ApprovalPending:
		return nil, ErrNotPending
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, FailureReasons)
	if err := k.Err(); err != nil {
		return nil, err
	}
	events := []Event{ApprovalFailed{Reason: c.Reason, At: c.At}}
	if s.ClosesIfFail != "" {
		events = append(events, Closed{Reason: s.ClosesIfFail, At: c.At})
	}
	return events, nil
}

func (s State) refuse(c Refuse) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleManager); err != nil {
		return nil, err
	}
	if s.Approval == ApprovalRefused {
		return nil, nil
	}
	if err := s.undecided(); err != nil {
		return nil, err
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, RefusalReasons)
	note(&k, "note", c.Note, s.Expert)
	c.Shown.check(&k, "shown")
	k.Require(!c.passesOver() || !c.Note.IsZero(), ErrPassedOver.At("note"))
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(ManagerRefused{Reason: c.Reason, Note: c.Note, Shown: c.Shown, By: c.By, At: c.At})
}

func (s State) makeOffer(c MakeOffer) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleManager); err != nil {
		return nil, err
	}
	switch {
	case s.Ended():
		return nil, ErrEnded
	case s.Approval != ApprovalMade:
		return nil, ErrNotApproved
	case s.Offer != NoOffer:
		return nil, nil
	}
	today := c.Today()
	by := c.AnswerBy
	if by == 0 {
		by = today.AddDays(DefaultOfferDays)
	}
	if by < today || by > today+MaxAnswerDays {
		return nil, domain.ErrRange.At("answerBy")
	}
	return one(Offered{Period: s.Requested.Period, Modality: s.Requested.Modality, AnswerBy: by, By: c.By, At: c.At})
}

// acceptOffer also takes a late yes: the offer stands until it is taken back.
func (s State) acceptOffer(c AcceptOffer) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleExpert); err != nil {
		return nil, err
	}
	switch {
	case s.Ended():
		return nil, ErrEnded
	case s.Offer == OfferTaken:
		return nil, nil
	case s.Offer != OfferOpen:
		return nil, ErrNoOffer
	}
	r := s.Requested
	return one(OfferAccepted{Subject: s.Subject, Period: r.Period, Modality: r.Modality, Follows: r.Follows, By: c.By, At: c.At})
}

func (s State) declineOffer(c DeclineOffer) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleExpert); err != nil {
		return nil, err
	}
	switch {
	case s.Offer == OfferRejected:
		return nil, nil
	case s.Ended():
		return nil, ErrEnded
	case s.Offer == OfferTaken:
		return nil, ErrAccepted
	case s.Offer != OfferOpen:
		return nil, ErrNoOffer
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, WithdrawalReasons)
	note(&k, "note", c.Note, s.Expert)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(OfferDeclined{Reason: c.Reason, Note: c.Note, By: c.By, At: c.At})
}

func (s State) placeInReserve(c PlaceInReserve) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleManager, domain.RoleFocalPoint); err != nil {
		return nil, err
	}
	if err := s.undecided(); err != nil {
		return nil, err
	}
	switch {
	case s.Reserve:
		return nil, nil
	case !s.Willing:
		return nil, ErrNotWilling
	}
	return one(PutInReserve{By: c.By, At: c.At})
}

func (s State) callFromReserve(c CallFromReserve) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleManager, domain.RoleFocalPoint, domain.RoleSystem); err != nil {
		return nil, err
	}
	if s.Ended() {
		return nil, ErrEnded
	}
	if !s.Reserve {
		return nil, nil
	}
	return one(CalledFromReserve{By: c.By, At: c.At})
}

func (s State) supersede(c Supersede) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleManager, domain.RoleSystem); err != nil {
		return nil, err
	}
	switch {
	case s.InFavourOf != "":
		return nil, nil
	case s.Ended():
		return nil, ErrEnded
	case s.Offer == OfferTaken:
		return nil, ErrAccepted
	}
	var k domain.Checks
	domain.RequireID(&k, "candidacy", c.Candidacy)
	k.Require(c.Candidacy != s.Candidacy, ErrSelf.At("candidacy"))
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Superseded{InFavourOf: c.Candidacy, At: c.At, HeldPlace: s.Placed()})
}

// closeWithNotice never refuses for the sake of the candidacy's state: the
// process that sends it asks every candidacy of a need that ended.
func (s State) closeWithNotice(c CloseWithNotice) ([]Event, error) {
	if err := only(c.Stamp, domain.RoleSystem); err != nil {
		return nil, err
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, ClosingReasons)
	if err := k.Err(); err != nil {
		return nil, err
	}
	switch {
	case s.Ended() || s.Approval == ApprovalMade:
		return nil, nil
	case s.Approval == ApprovalPending:
		if s.ClosesIfFail != "" {
			return nil, nil
		}
		return one(ClosingDeferred{Reason: c.Reason, At: c.At})
	case s.Reserve && c.Reason == NeedFilled:
		// A filled need may open again when somebody drops out: that is what the
		// reserve is for.
		return nil, nil
	}
	return one(Closed{Reason: c.Reason, At: c.At})
}
