package views

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// CandidacyRow is one expert considered for one need, with the four decisions.
type CandidacyRow struct {
	ID          domain.CandidacyID   `json:"id"`
	Need        domain.NeedID        `json:"need"`
	Expert      domain.ExpertID      `json:"expert,omitzero"` // empty after an erasure
	Programme   domain.ProgrammeID   `json:"programme"`
	Institution domain.InstitutionID `json:"institution"`
	Country     domain.Country       `json:"country"`

	Stage      candidacy.Stage `json:"stage"`
	StageSince time.Time       `json:"stageSince"`
	BegunAt    time.Time       `json:"begunAt"`
	// Origin is how it began: suggested, applied or nominated.
	Origin   candidacy.Stage    `json:"origin"`
	OriginBy domain.PrincipalID `json:"originBy,omitzero"`
	// Willing tells that the expert applied or agreed.
	Willing bool `json:"willing,omitzero"`

	Score *Shown `json:"score,omitzero"` // shown when it was suggested

	Consent        candidacy.Consent  `json:"consent,omitzero"` // zero when withdrawn
	ShortlistedAt  time.Time          `json:"shortlistedAt,omitzero"`
	ShortlistedBy  domain.PrincipalID `json:"shortlistedBy,omitzero"`
	Shared         *Sharing           `json:"shared,omitzero"`
	Interviews     []Interview        `json:"interviews,omitempty"`
	Host           *Decision          `json:"host,omitzero"`           // the host's acceptance
	Recommendation *Recommendation    `json:"recommendation,omitzero"` // the mission focal point's
	Approval       *Approval          `json:"approval,omitzero"`       // the programme manager's
	Offer          *Offer             `json:"offer,omitzero"`          // and the expert's answer

	Reserve    bool                    `json:"reserve,omitzero"`
	Ended      *Ending                 `json:"ended,omitzero"`
	Deferred   candidacy.ClosingReason `json:"deferred,omitzero"` // closes so, should the approval fail
	InFavourOf domain.CandidacyID      `json:"inFavourOf,omitzero"`
}

// Shown is the score that a pair had when somebody acted on it, with its rank (0:
// not ranked), and the list that this person had seen last.
type Shown struct {
	candidacy.ScoreShown
	Rank int            `json:"rank,omitzero"`
	Seen candidacy.Seen `json:"seen,omitzero"`
}

// shownAs is nil where nothing was shown and the pair could not be scored.
func shownAs(s candidacy.Shown) *Shown {
	if s == (candidacy.Shown{}) {
		return nil
	}
	return &Shown{s.Score, s.Rank, s.Seen}
}

// Sharing is a disclosure to the host that it is to decide upon.
type Sharing struct {
	By        domain.PrincipalID `json:"by"`
	At        time.Time          `json:"at"`
	DecideBy  domain.Date        `json:"decideBy"`
	Reminders int                `json:"reminders,omitzero"`
	// EndedAt is when the host lost sight of the profile: time ran out, the
	// consent was withdrawn, the candidacy ended.
	EndedAt time.Time `json:"endedAt,omitzero"`
	// Expired tells that the host did not decide in time.
	Expired bool `json:"expired,omitzero"`
}

// Interview is the outcome of an interview; its notes stand in People.
type Interview struct {
	Date           domain.Date              `json:"date"`
	Languages      []domain.LanguageClaim   `json:"languages,omitempty"`
	Recommendation candidacy.Recommendation `json:"recommendation"`
	By             domain.PrincipalID       `json:"by"`
	At             time.Time                `json:"at"`
}

// Decision is a yes or no with its reason category; a note stands in People.
type Decision struct {
	Accepted bool               `json:"accepted"`
	Reason   string             `json:"reason,omitzero"`
	By       domain.PrincipalID `json:"by"`
	At       time.Time          `json:"at"`
	Score    *Shown             `json:"score,omitzero"` // when it was taken
}

// Recommendation is the focal point's opinion; its reason stands in People.
type Recommendation struct {
	Grade candidacy.Recommendation `json:"grade"`
	By    domain.PrincipalID       `json:"by"`
	At    time.Time                `json:"at"`
	Score *Shown                   `json:"score,omitzero"` // when it was made
}

// ApprovalState is where the manager's approval stands.
type ApprovalState string

const (
	ApprovalPending   ApprovalState = "pending" // the placement is under way
	ApprovalConfirmed ApprovalState = "confirmed"
	ApprovalFailed    ApprovalState = "failed"
	ApprovalRefused   ApprovalState = "refused"
)

// Approval is the manager's decision, with what was approved and what was shown.
type Approval struct {
	State       ApprovalState       `json:"state"`
	Reason      string              `json:"reason,omitzero"` // of a refusal or a failure
	By          domain.PrincipalID  `json:"by"`
	At          time.Time           `json:"at"` // when it was asked for, or refused
	ConfirmedAt time.Time           `json:"confirmedAt,omitzero"`
	Period      domain.Period       `json:"period,omitzero"`
	Modality    domain.Modality     `json:"modality,omitzero"`
	NeedVersion int                 `json:"needVersion,omitzero"`
	Score       *Shown              `json:"score,omitzero"`
	Override    bool                `json:"override,omitzero"` // a reason was given; it stands in People
	Follows     domain.AssignmentID `json:"follows,omitzero"`
}

// Offer is what the expert was asked to accept, and the answer.
type Offer struct {
	Period   domain.Period      `json:"period"`
	Modality domain.Modality    `json:"modality"`
	AnswerBy domain.Date        `json:"answerBy"`
	By       domain.PrincipalID `json:"by"`
	At       time.Time          `json:"at"`
	Answer   *Decision          `json:"answer,omitzero"`
}

// Ending says how a candidacy ended.
type Ending struct {
	As     candidacy.Stage    `json:"as"` // withdrawn, superseded or closed
	Reason string             `json:"reason,omitzero"`
	By     domain.PrincipalID `json:"by,omitzero"`
	Role   domain.Role        `json:"role,omitzero"`
	At     time.Time          `json:"at"`
}

// Scope locates the row for authorisation.
func (r *CandidacyRow) Scope() domain.Scope {
	return domain.Scope{Programme: r.Programme, Country: r.Country, Institution: r.Institution, Expert: r.Expert}
}

// Visible reports whether the host may see the profile now.
func (r *CandidacyRow) Visible() bool { return r.Shared != nil && r.Shared.EndedAt.IsZero() }

// Over reports whether nothing more can be decided.
func (r *CandidacyRow) Over() bool {
	return r.Ended != nil || r.Approval != nil && r.Approval.State == ApprovalRefused ||
		r.Offer != nil && r.Offer.Answer != nil && !r.Offer.Answer.Accepted
}

// Placed reports whether a seat and a booking are held or being sought.
func (r *CandidacyRow) Placed() bool {
	return !r.Over() && r.Approval != nil && (r.Approval.State == ApprovalPending || r.Approval.State == ApprovalConfirmed)
}

// AwaitsHost reports whether the host is asked and has not decided.
func (r *CandidacyRow) AwaitsHost() bool {
	return !r.Over() && !r.Placed() && r.Visible() && r.Host == nil
}

// Indexes of Candidacies. Buckets of the first five are "id" and "id|stage";
// the order is newest first, by beginning.
const (
	CandidaciesOfNeed        = "need"
	CandidaciesOfExpert      = "expert"
	CandidaciesOfInstitution = "institution"
	CandidaciesOfProgramme   = "programme"
	CandidaciesOfCountry     = "country"
	// CandidaciesByScore is by need, the highest score first, those without one
	// last.
	CandidaciesByScore = "score"
	// CandidaciesAwaitingHost is by programme, and "" for all, in the order of
	// the day by which the host is to decide.
	CandidaciesAwaitingHost = "awaiting_host"
	// CandidaciesAwaitingAnswer is the same for offers and experts.
	CandidaciesAwaitingAnswer = "awaiting_answer"
)

// Candidacies is keyed by candidacy.
var Candidacies = &projections.Table[CandidacyRow]{
	Name: "candidacies", Version: 1,
	Key:     func(r *CandidacyRow) string { return string(r.ID) },
	Indexes: candidacyIndexes,
	Related: func(r *CandidacyRow) projections.Related {
		return projections.Related{Scope: r.Scope(), Need: r.Need, Candidacy: r.ID}
	},
}

func candidacyIndexes(r *CandidacyRow, entries []projections.IndexEntry) []projections.IndexEntry {
	newest, stage := projections.SortNewest(r.BegunAt), string(r.Stage)
	by := func(index, id string) {
		if id != "" {
			entries = append(entries, entry(index, id, newest), entry(index, bucket(id, stage), newest))
		}
	}
	by(CandidaciesOfNeed, string(r.Need))
	by(CandidaciesOfExpert, string(r.Expert))
	by(CandidaciesOfInstitution, string(r.Institution))
	by(CandidaciesOfProgramme, string(r.Programme))
	by(CandidaciesOfCountry, string(r.Country))
	score := int64(-1)
	if r.Score != nil {
		score = int64(r.Score.Total)
	}
	entries = append(entries, entry(CandidaciesByScore, string(r.Need), projections.SortDescending(score)))
	due := func(index string, day domain.Date) {
		sort := projections.SortDate(day)
		entries = append(entries, entry(index, "", sort), entry(index, string(r.Programme), sort))
	}
	if r.AwaitsHost() {
		due(CandidaciesAwaitingHost, r.Shared.DecideBy)
	}
	if r.Stage == candidacy.StageOffered {
		due(CandidaciesAwaitingAnswer, r.Offer.AnswerBy)
	}
	return entries
}

// CandidacyQuery chooses candidacies by one place, and perhaps a stage.
type CandidacyQuery struct {
	Index string // one of the first five: CandidaciesOfNeed, …
	ID    string // of that need, expert, institution, programme or country
	Stage candidacy.Stage
	Keep  func(*CandidacyRow) bool // further restriction, may be nil
}

// FindCandidacies lists candidacies, the newest first.
func FindCandidacies(r projections.Reader, q CandidacyQuery, p projections.Paging) (projections.Page[CandidacyRow], error) {
	name := q.ID
	if q.Stage != "" {
		name = bucket(q.ID, string(q.Stage))
	}
	return Candidacies.Filter(r, q.Index, name, p, q.Keep)
}

var candidaciesView = projections.View{
	Name: "candidacies", Tables: []projections.Schema{Candidacies},
	Categories: []string{"candidacy"}, Fold: foldCandidacies,
}

func foldCandidacies(tx *projections.Tx, e *codec.Decoded) error {
	row := Candidacies.Edit(tx, idOf(e))
	before := candidacy.Stage("")
	if row != nil {
		before = row.Stage
	}
	switch ev := e.Event.(type) {
	case candidacy.Suggested:
		row = begin(tx, row, ev.Subject, candidacy.StageSuggested, ev.By, ev.At)
		row.Score = &Shown{ev.Score, ev.Rank, ev.Seen}
	case candidacy.Applied:
		row = begin(tx, row, ev.Subject, candidacy.StageApplied, ev.By, ev.At)
		row.Willing, row.Consent = true, ev.Consent
	case candidacy.Nominated:
		row = begin(tx, row, ev.Subject, candidacy.StageNominated, ev.By, ev.At)
	default:
		if row == nil {
			return missing(e)
		}
		if !foldWillingness(row, e) && !foldHostSide(row, e) && !foldApproval(row, e) {
			foldOffer(row, e)
		}
	}
	if stage := row.stage(); stage != before || row.StageSince.IsZero() {
		row.Stage, row.StageSince = stage, e.Meta.At
		countCandidate(tx, row.Need, before, stage)
	}
	return nil
}

// begin starts a candidacy, or says how a standing one goes on: a suggested
// expert applies, a withdrawn one applies anew.
func begin(tx *projections.Tx, row *CandidacyRow, s candidacy.Subject, as candidacy.Stage, by domain.PrincipalID, at time.Time) *CandidacyRow {
	fresh := CandidacyRow{
		ID: s.Candidacy, Need: s.Need, Expert: s.Expert, Programme: s.Programme, Institution: s.Institution, Country: s.Country,
		BegunAt: at, Origin: as, OriginBy: by,
	}
	if row == nil {
		if erased(tx, s.Expert) {
			fresh.Expert = ""
		}
		return Candidacies.Put(tx, fresh)
	}
	if row.Over() {
		fresh.Stage, fresh.StageSince, fresh.Score = row.Stage, row.StageSince, row.Score
		*row = fresh
		return row
	}
	if as == candidacy.StageApplied || row.Origin == candidacy.StageSuggested {
		row.Origin, row.OriginBy = as, by
	}
	return row
}

// countCandidate moves a candidacy from stage to stage in its need's counts.
func countCandidate(tx *projections.Tx, id domain.NeedID, from, to candidacy.Stage) {
	n := Needs.Edit(tx, string(id))
	if n == nil {
		return
	}
	if i := StageIndex(from); i >= 0 && n.Candidates[i] > 0 {
		n.Candidates[i]--
	}
	if i := StageIndex(to); i >= 0 {
		n.Candidates[i]++
	}
}

// stage derives the stage from the facets, as candidacy.State does; a property
// test holds the two together.
func (r *CandidacyRow) stage() candidacy.Stage {
	switch {
	case r.Ended != nil:
		return r.Ended.As
	case r.Offer != nil && r.Offer.Answer != nil && r.Offer.Answer.Accepted:
		return candidacy.StageAccepted
	case r.Offer != nil && r.Offer.Answer != nil:
		return candidacy.StageDeclined
	case r.Offer != nil:
		return candidacy.StageOffered
	case r.Approval != nil && r.Approval.State == ApprovalConfirmed:
		return candidacy.StageApproved
	case r.Approval != nil && r.Approval.State == ApprovalPending:
		return candidacy.StageApprovalPending
	case r.Approval != nil && r.Approval.State == ApprovalRefused:
		return candidacy.StageManagerRefused
	case r.Reserve:
		return candidacy.StageReserve
	case r.Approval != nil:
		return candidacy.StageApprovalFailed
	case r.Host != nil && r.Host.Accepted:
		return candidacy.StageHostAccepted
	case r.Host != nil:
		return candidacy.StageHostDeclined
	case len(r.Interviews) > 0:
		return candidacy.StageInterviewed
	case r.Visible():
		return candidacy.StageAwaitingHost
	case !r.ShortlistedAt.IsZero():
		return candidacy.StageShortlisted
	}
	return r.Origin
}

func foldWillingness(row *CandidacyRow, e *codec.Decoded) bool {
	switch ev := e.Event.(type) {
	case candidacy.NominationAgreed:
		row.Willing, row.Consent = true, ev.Consent
		if row.Origin == candidacy.StageSuggested {
			row.Origin = candidacy.StageNominated // agreeing to a suggestion makes it one
		}
	case candidacy.ConsentGiven:
		row.Consent = ev.Consent
	case candidacy.ConsentWithdrawn:
		row.Consent = candidacy.Consent{}
		row.hide(ev.At)
	case candidacy.Withdrawn:
		row.hide(ev.At)
		row.Ended = &Ending{candidacy.StageWithdrawn, string(ev.Reason), ev.By, ev.Role, ev.At}
	case candidacy.Superseded:
		row.InFavourOf = ev.InFavourOf
		row.hide(ev.At)
		row.Ended = &Ending{As: candidacy.StageSuperseded, At: ev.At}
	case candidacy.ClosingDeferred:
		row.Deferred = ev.Reason
	case candidacy.Closed:
		row.hide(ev.At)
		row.Ended = &Ending{As: candidacy.StageClosed, Reason: string(ev.Reason), At: ev.At}
	case candidacy.PutInReserve:
		row.Reserve = true
	case candidacy.CalledFromReserve:
		row.Reserve = false
	default:
		return false
	}
	return true
}

func foldHostSide(row *CandidacyRow, e *codec.Decoded) bool {
	switch ev := e.Event.(type) {
	case candidacy.Shortlisted:
		row.ShortlistedAt, row.ShortlistedBy = ev.At, ev.By
	case candidacy.SharedWithHost:
		row.Shared = &Sharing{By: ev.By, At: ev.At, DecideBy: ev.DecideBy}
	case candidacy.InterviewRecorded:
		row.Interviews = append(row.Interviews, Interview{ev.Date, ev.Languages, ev.Recommendation, ev.By, ev.At})
	case candidacy.HostAccepted:
		row.Host = &Decision{true, string(ev.Reason), ev.By, ev.At, shownAs(ev.Shown)}
	case candidacy.HostDeclined:
		row.Host = &Decision{false, string(ev.Reason), ev.By, ev.At, shownAs(ev.Shown)}
	case candidacy.HostDecisionReminded:
		row.share(func(s *Sharing) { s.Reminders = ev.Number })
	case candidacy.HostDecisionExpired:
		row.share(func(s *Sharing) { s.EndedAt, s.Expired, s.Reminders = ev.At, true, 0 })
	case candidacy.RecommendationMade:
		row.Recommendation = &Recommendation{ev.Recommendation, ev.By, ev.At, shownAs(ev.Shown)}
	default:
		return false
	}
	return true
}

func (r *CandidacyRow) share(change func(*Sharing)) {
	if r.Shared != nil {
		s := *r.Shared
		change(&s)
		r.Shared = &s
	}
}

// hide ends the sharing with the host.
func (r *CandidacyRow) hide(at time.Time) {
	if r.Visible() {
		r.share(func(s *Sharing) { s.EndedAt = at })
	}
}

func foldApproval(row *CandidacyRow, e *codec.Decoded) bool {
	amend := func(change func(*Approval)) {
		var a Approval
		if row.Approval != nil {
			a = *row.Approval
		}
		change(&a)
		row.Approval = &a
	}
	switch ev := e.Event.(type) {
	case candidacy.ApprovalRequested:
		row.Reserve = false
		row.Approval = &Approval{
			State: ApprovalPending, By: ev.By, At: ev.At, Period: ev.Period, Modality: ev.Modality, NeedVersion: ev.NeedVersion,
			Score: &Shown{ev.Score, ev.Rank, ev.Seen}, Override: !ev.Override.IsZero(), Follows: ev.Follows,
		}
	case candidacy.Approved:
		row.Deferred = ""
		amend(func(a *Approval) {
			a.State, a.Reason, a.ConfirmedAt, a.Period, a.Modality = ApprovalConfirmed, "", ev.At, ev.Period, ev.Modality
		})
	case candidacy.ApprovalFailed:
		amend(func(a *Approval) { a.State, a.Reason = ApprovalFailed, string(ev.Reason) })
	case candidacy.ManagerRefused:
		row.Approval = &Approval{
			State: ApprovalRefused, Reason: string(ev.Reason), By: ev.By, At: ev.At, Score: shownAs(ev.Shown),
		}
	default:
		return false
	}
	return true
}

func foldOffer(row *CandidacyRow, e *codec.Decoded) {
	answer := func(d Decision) {
		var o Offer
		if row.Offer != nil {
			o = *row.Offer
		}
		o.Answer = &d
		row.Offer = &o
	}
	switch ev := e.Event.(type) {
	case candidacy.Offered:
		row.Offer = &Offer{Period: ev.Period, Modality: ev.Modality, AnswerBy: ev.AnswerBy, By: ev.By, At: ev.At}
	case candidacy.OfferAccepted:
		answer(Decision{Accepted: true, By: ev.By, At: ev.At})
	case candidacy.OfferDeclined:
		answer(Decision{Reason: string(ev.Reason), By: ev.By, At: ev.At})
	}
}
