package views

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// PersonRow is everything personal that the platform knows of an expert, or of
// a respondent of an evaluation (whose row has nothing but Texts). It is deleted
// at the fence of an erasure and never comes back.
type PersonRow struct {
	ID         domain.ExpertID    `json:"id"` // or the respondent's pseudonym
	Identity   expert.Identity    `json:"identity,omitzero"`
	Motivation personal.Text      `json:"motivation,omitzero"`
	CV         personal.Text      `json:"cv,omitzero"`
	References []expert.Reference `json:"references,omitempty"`
	Texts      []PersonText       `json:"texts,omitempty"`
}

// PersonText is one text about the person, written in the course of a candidacy
// or an assignment, or at a suspension.
type PersonText struct {
	Kind   TextKind           `json:"kind"`
	Object string             `json:"object,omitzero"` // candidacy or assignment
	At     time.Time          `json:"at"`
	By     domain.PrincipalID `json:"by,omitzero"`
	Text   personal.Text      `json:"text"`
}

// TextKind says what a text is.
type TextKind string

const (
	SuspensionNote     TextKind = "suspension_note"
	ReinstatementNote  TextKind = "reinstatement_note"
	ApplicationText    TextKind = "application_motivation"
	NominationReason   TextKind = "nomination_reason"
	WithdrawalNote     TextKind = "withdrawal_note"
	InterviewNotes     TextKind = "interview_notes"
	HostDecisionNote   TextKind = "host_decision_note"
	RecommendationText TextKind = "recommendation_reason"
	ApprovalOverride   TextKind = "approval_override"
	RefusalNote        TextKind = "refusal_note"
	DeclineNote        TextKind = "decline_note"
	SuspendedWorkNote  TextKind = "assignment_suspension_note"
	CheckInNotes       TextKind = "check_in_notes"
	ReportText         TextKind = "report"
	ReportReturnReason TextKind = "report_return_reason"
	TerminationNote    TextKind = "termination_note"
	EvaluationComment  TextKind = "evaluation_comment"
	WaiverReason       TextKind = "waiver_reason"
	SwitchReason       TextKind = "modality_switch_reason"
	ExtensionReason    TextKind = "extension_reason"
	FollowUpReason     TextKind = "follow_up_reason"
	LockReason         TextKind = "round_lock_reason"
	VetoReason         TextKind = "round_veto_reason"
	UnlockReason       TextKind = "round_unlock_reason"
	ProposalReason     TextKind = "round_approval_reason"
	ProposalNote       TextKind = "round_refusal_note"
)

// TextsOf lists the texts of one candidacy or assignment, oldest first.
func (r *PersonRow) TextsOf(object string) []PersonText {
	var out []PersonText
	for _, t := range r.Texts {
		if t.Object == object {
			out = append(out, t)
		}
	}
	return out
}

// People is keyed by person. It has no index: nothing about a person may be
// found by what it says.
var People = &projections.Table[PersonRow]{
	Name: "people", Version: 1,
	Key: func(r *PersonRow) string { return string(r.ID) },
	Related: func(r *PersonRow) projections.Related {
		return projections.Related{Scope: domain.Scope{Expert: r.ID}}
	},
}

// ContactRow is a contact person of a host institution.
type ContactRow struct {
	ID          domain.ContactID     `json:"id"`
	Institution domain.InstitutionID `json:"institution"`
	Principal   domain.PrincipalID   `json:"principal,omitzero"`
	Unit        domain.UnitID        `json:"unit,omitzero"`
	Name        personal.Text        `json:"name,omitzero"`
	Email       personal.Text        `json:"email,omitzero"`
	Phone       personal.Text        `json:"phone,omitzero"`
	Function    personal.Text        `json:"function,omitzero"`
}

// Contacts is keyed by contact.
var Contacts = &projections.Table[ContactRow]{
	Name: "contacts", Version: 1,
	Key: func(r *ContactRow) string { return string(r.ID) },
	Related: func(r *ContactRow) projections.Related {
		return projections.Related{Scope: domain.Scope{Institution: r.Institution}}
	},
}

var peopleView = projections.View{
	Name: "people", Tables: []projections.Schema{People, Contacts},
	Categories: []string{"expert", "institution", "candidacy", "assignment", "round"},
	Fold:       foldPeople,
}

func foldPeople(tx *projections.Tx, e *codec.Decoded) error {
	switch ev := e.Event.(type) {
	case expert.Event:
		return foldOwnTexts(tx, e)
	case institution.HostContactNamed:
		c := ev.Contact
		Contacts.Put(tx, ContactRow{
			ID: c.ID, Institution: domain.InstitutionID(idOf(e)), Principal: c.Principal, Unit: c.Unit,
			Name: own(c.ID, c.Name), Email: own(c.ID, c.Email), Phone: own(c.ID, c.Phone), Function: own(c.ID, c.Function),
		})
	case institution.HostContactRemoved:
		Contacts.Delete(tx, string(ev.Contact))
	case candidacy.Event:
		foldCandidacyTexts(tx, e)
	case assignment.Event:
		foldAssignmentTexts(tx, e)
	case round.Event:
		foldRoundTexts(tx, e)
	}
	return nil
}

// own rebinds an opened text to the id that the row has anyway: the text as it
// was decoded keeps the whole sealed form in memory, for its subject's sake.
func own[S ~string](id S, t personal.Text) personal.Text {
	if t.Subject() != string(id) {
		return t
	}
	if plain, err := personal.Open(t, personal.ToCompare); err == nil {
		return personal.Of(id, plain)
	}
	return t
}

func foldOwnTexts(tx *projections.Tx, e *codec.Decoded) error {
	if ev, ok := e.Event.(expert.Registered); ok {
		person(tx, ev.Expert)
		return nil
	}
	// Most events of an expert say nothing personal: leave the row alone.
	switch e.Event.(type) {
	case expert.IdentityDeclared, expert.MotivationDeclared, expert.CVDeclared, expert.ReferencesDeclared,
		expert.PartWithdrawn, expert.Suspended, expert.Reinstated:
	default:
		return nil
	}
	row := People.Edit(tx, idOf(e))
	if row == nil {
		return missing(e) // the fence lets none of these through
	}
	switch ev := e.Event.(type) {
	case expert.IdentityDeclared:
		i := ev.Identity
		row.Identity = expert.Identity{
			Name: own(row.ID, i.Name), Email: own(row.ID, i.Email), Phone: own(row.ID, i.Phone),
			BirthYear: own(row.ID, i.BirthYear), Gender: own(row.ID, i.Gender),
		}
	case expert.MotivationDeclared:
		row.Motivation = own(row.ID, ev.Motivation)
	case expert.CVDeclared:
		row.CV = own(row.ID, ev.CV)
	case expert.ReferencesDeclared:
		row.References = make([]expert.Reference, len(ev.References))
		for i, r := range ev.References {
			row.References[i] = expert.Reference{
				Name: own(row.ID, r.Name), Contact: own(row.ID, r.Contact), Relation: own(row.ID, r.Relation),
			}
		}
	case expert.PartWithdrawn:
		switch ev.Part {
		case expert.PartIdentity:
			row.Identity = expert.Identity{}
		case expert.PartMotivation:
			row.Motivation = personal.Text{}
		case expert.PartCV:
			row.CV = personal.Text{}
		case expert.PartReferences:
			row.References = nil
		}
	case expert.Suspended:
		row.add(PersonText{SuspensionNote, "", ev.At, ev.By, ev.Note})
	case expert.Reinstated:
		row.add(PersonText{ReinstatementNote, "", ev.At, ev.By, ev.Note})
	}
	return nil
}

func (r *PersonRow) add(t PersonText) {
	if !t.Text.IsZero() {
		t.Text = own(r.ID, t.Text)
		r.Texts = append(r.Texts, t)
	}
}

// addText files a text with the person it is about. After the fence of an
// erasure nothing is filed any more.
func addText(tx *projections.Tx, t PersonText) {
	if t.Text.IsZero() {
		return
	}
	if subject := domain.ExpertID(t.Text.Subject()); !erased(tx, subject) {
		person(tx, subject).add(t)
	}
}

func person(tx *projections.Tx, id domain.ExpertID) *PersonRow {
	return People.Ensure(tx, string(id), func() PersonRow { return PersonRow{ID: id} })
}

func foldCandidacyTexts(tx *projections.Tx, e *codec.Decoded) {
	text := func(kind TextKind, at time.Time, by domain.PrincipalID, t personal.Text) {
		addText(tx, PersonText{kind, idOf(e), at, by, t})
	}
	switch ev := e.Event.(type) {
	case candidacy.Applied:
		text(ApplicationText, ev.At, ev.By, ev.Motivation)
	case candidacy.Nominated:
		text(NominationReason, ev.At, ev.By, ev.Reason)
	case candidacy.Withdrawn:
		text(WithdrawalNote, ev.At, ev.By, ev.Note)
	case candidacy.InterviewRecorded:
		text(InterviewNotes, ev.At, ev.By, ev.Notes)
	case candidacy.HostAccepted:
		text(HostDecisionNote, ev.At, ev.By, ev.Note)
	case candidacy.HostDeclined:
		text(HostDecisionNote, ev.At, ev.By, ev.Note)
	case candidacy.RecommendationMade:
		text(RecommendationText, ev.At, ev.By, ev.Reason)
	case candidacy.ApprovalRequested:
		text(ApprovalOverride, ev.At, ev.By, ev.Override)
	case candidacy.ManagerRefused:
		text(RefusalNote, ev.At, ev.By, ev.Note)
	case candidacy.OfferDeclined:
		text(DeclineNote, ev.At, ev.By, ev.Note)
	}
}

func foldAssignmentTexts(tx *projections.Tx, e *codec.Decoded) {
	text := func(kind TextKind, at time.Time, by domain.PrincipalID, t personal.Text) {
		addText(tx, PersonText{kind, idOf(e), at, by, t})
	}
	switch ev := e.Event.(type) {
	case assignment.Suspended:
		text(SuspendedWorkNote, ev.At, ev.By, ev.Note)
	case assignment.CheckInRecorded:
		text(CheckInNotes, ev.At, ev.By, ev.Notes)
	case assignment.ReportSubmitted:
		text(ReportText, ev.At, ev.By, ev.Text)
	case assignment.ReportReturned:
		text(ReportReturnReason, ev.At, ev.By, ev.Reason)
	case assignment.ChecklistItemWaived:
		text(WaiverReason, ev.At, ev.By, ev.Reason)
	case assignment.ModalitySwitched:
		text(SwitchReason, ev.At, ev.By, ev.Reason)
	case assignment.Extended:
		text(ExtensionReason, ev.At, ev.By, ev.Reason)
	case assignment.FollowUpProposed:
		text(FollowUpReason, ev.At, ev.By, ev.Reason)
	case assignment.Terminated:
		text(TerminationNote, ev.At, ev.By, ev.Note)
	case assignment.EvaluationAnswered:
		text(EvaluationComment, ev.At, "", ev.Comment)
	}
}

func foldRoundTexts(tx *projections.Tx, e *codec.Decoded) {
	text := func(kind TextKind, at time.Time, by domain.PrincipalID, t personal.Text) {
		addText(tx, PersonText{kind, idOf(e), at, by, t})
	}
	switch ev := e.Event.(type) {
	case round.PairLocked:
		text(LockReason, ev.At, ev.By, ev.Reason)
	case round.PairVetoed:
		text(VetoReason, ev.At, ev.By, ev.Reason)
	case round.PairUnlocked:
		text(UnlockReason, ev.At, ev.By, ev.Reason)
	case round.ProposalApproved:
		text(ProposalReason, ev.At, ev.By, ev.Reason)
	case round.ProposalRefused:
		text(ProposalNote, ev.At, ev.By, ev.Note)
	}
}
