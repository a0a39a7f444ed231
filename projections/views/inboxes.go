package views

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// InboxRow holds the notices of one recipient, oldest first, at most MaxNotices:
// the oldest make room.
type InboxRow struct {
	Recipient Recipient `json:"recipient"`
	Notices   []Notice  `json:"notices"`
}

// MaxNotices bounds the notices that an inbox keeps (docs/limits.md).
const MaxNotices = 500

// Recipient is an expert ("expert:<id>") or a principal ("principal:<id>").
type Recipient string

// ToExpert addresses an expert, whoever signs in for them.
func ToExpert(id domain.ExpertID) Recipient { return Recipient("expert:" + id) }

// ToPrincipal addresses who signs in.
func ToPrincipal(id domain.PrincipalID) Recipient { return Recipient("principal:" + id) }

// Notice tells a person that something happened to something of theirs. It
// holds ids and categories only; texts are made of them where they are shown.
type Notice struct {
	Position eventstore.Position `json:"position"`
	Kind     string              `json:"kind"`            // the event's type: "candidacy.HostDeclined"
	Reason   string              `json:"reason,omitzero"` // its category or open reason
	At       time.Time           `json:"at"`
	// Day is a day that the notice speaks of: to decide, to answer, to end.
	Day         domain.Date          `json:"day,omitzero"`
	Programme   domain.ProgrammeID   `json:"programme,omitzero"`
	Institution domain.InstitutionID `json:"institution,omitzero"`
	Need        domain.NeedID        `json:"need,omitzero"`
	Candidacy   domain.CandidacyID   `json:"candidacy,omitzero"`
	Assignment  domain.AssignmentID  `json:"assignment,omitzero"`
}

// Inboxes is keyed by recipient.
var Inboxes = &projections.Table[InboxRow]{
	Name: "inboxes", Version: 1,
	Key: func(r *InboxRow) string { return string(r.Recipient) },
	Related: func(r *InboxRow) projections.Related {
		var out projections.Related
		if id, ok := cutPrefix(r.Recipient, "expert:"); ok {
			out.Expert = domain.ExpertID(id)
		}
		if id, ok := cutPrefix(r.Recipient, "principal:"); ok {
			out.Principal = domain.PrincipalID(id)
		}
		return out
	},
}

func cutPrefix(r Recipient, prefix string) (string, bool) {
	if len(r) > len(prefix) && string(r[:len(prefix)]) == prefix {
		return string(r[len(prefix):]), true
	}
	return "", false
}

// NoticesFor merges the inboxes of recipients, newest first: those before a
// position (0: from the newest), at most limit of them, limit at most
// projections.MaxPage. more tells that older ones exist.
func NoticesFor(r projections.Reader, before eventstore.Position, limit int, recipients ...Recipient) (notices []Notice, more bool, err error) {
	if limit <= 0 || limit > projections.MaxPage {
		return nil, false, projections.ErrPage
	}
	for _, recipient := range recipients {
		row, err := Inboxes.Get(r, string(recipient))
		if err != nil {
			return nil, false, err
		}
		if row == nil {
			continue
		}
		for _, n := range row.Notices {
			if before == 0 || n.Position < before {
				notices = append(notices, n)
			}
		}
	}
	slices.SortStableFunc(notices, func(a, b Notice) int { return int(b.Position) - int(a.Position) })
	// One event may reach the same person twice, as expert and as principal.
	notices = slices.CompactFunc(notices, func(a, b Notice) bool { return a.Position == b.Position })
	if len(notices) > limit {
		return notices[:limit:limit], true, nil
	}
	return notices, false, nil
}

var inboxesView = projections.View{
	Name: "inboxes", Tables: []projections.Schema{Inboxes},
	Categories: []string{"expert", "institution", "need", "candidacy", "assignment"}, Fold: foldInboxes,
}

func foldInboxes(tx *projections.Tx, e *codec.Decoded) error {
	n := Notice{Position: e.Position, Kind: e.Event.EventType(), Reason: reasonOf(e.Event), At: e.Meta.At}
	switch e.Event.(type) {
	case expert.Event:
		noticeExpert(tx, e, n)
	case institution.Event:
		noticeInstitution(tx, e, n)
	case need.Event:
		noticeNeed(tx, e, n)
	case candidacy.Event:
		noticeCandidacy(tx, e, n)
	case assignment.Event:
		noticeAssignment(tx, e, n)
	}
	return nil
}

// deliver puts a notice into an inbox. Who caused an event is not told of it.
func deliver(tx *projections.Tx, to Recipient, n Notice) {
	row := Inboxes.Ensure(tx, string(to), func() InboxRow { return InboxRow{Recipient: to} })
	// Cutting off the front and appending copies only when the room behind is
	// used up, not for every notice.
	row.Notices = append(row.Notices[max(len(row.Notices)-MaxNotices+1, 0):], n)
}

func tellExpert(tx *projections.Tx, e *codec.Decoded, id domain.ExpertID, n Notice) {
	if id != "" && e.Meta.Role != domain.RoleExpert && !erased(tx, id) {
		deliver(tx, ToExpert(id), n)
	}
}

func tellPrincipals(tx *projections.Tx, e *codec.Decoded, n Notice, ids ...domain.PrincipalID) {
	for i, id := range ids {
		if id != "" && id != e.Meta.Actor && !slices.Contains(ids[:i], id) {
			deliver(tx, ToPrincipal(id), n)
		}
	}
}

func noticeExpert(tx *projections.Tx, e *codec.Decoded, n Notice) {
	switch ev := e.Event.(type) {
	case expert.HeritageChecked, expert.HeritageRefused, expert.BecameDormant, expert.Suspended, expert.Reinstated:
	case expert.EligibilityConfirmed:
		n.Programme = ev.Programme
	case expert.EligibilityRefused:
		n.Programme = ev.Programme
	default:
		return
	}
	tellExpert(tx, e, domain.ExpertID(idOf(e)), n)
}

func noticeInstitution(tx *projections.Tx, e *codec.Decoded, n Notice) {
	switch e.Event.(type) {
	case institution.Returned, institution.Approved, institution.Refused, institution.Suspended, institution.Resumed, institution.Closed:
		if row := Institutions.Peek(tx, idOf(e)); row != nil {
			n.Institution, n.Programme = row.ID, row.Programme
			tellPrincipals(tx, e, n, append(hostSide(row, row.ProposedBy), row.FocalPoints...)...)
		}
	}
}

// hostSide lists who at the host is told of something: the first, and the
// contacts who sign in.
func hostSide(row *InstitutionRow, first domain.PrincipalID) []domain.PrincipalID {
	out := []domain.PrincipalID{first}
	for _, c := range row.Contacts {
		out = append(out, c.Principal)
	}
	return out
}

// hostOf lists who is told of a need at its host.
func hostOf(tx *projections.Tx, n *NeedRow) []domain.PrincipalID {
	if row := Institutions.Peek(tx, string(n.Institution)); row != nil {
		return hostSide(row, n.Owner)
	}
	return []domain.PrincipalID{n.Owner}
}

func noticeNeed(tx *projections.Tx, e *codec.Decoded, n Notice) {
	switch ev := e.Event.(type) {
	case need.Returned, need.Approved, need.Paused, need.Resumed, need.Filled, need.Reopened,
		need.Expired, need.Closed, need.Cancelled, need.RequirementChanged:
	case need.Published:
		n.Day = ev.Deadline
	default:
		return
	}
	if row := Needs.Peek(tx, idOf(e)); row != nil {
		n.Need, n.Institution, n.Programme = row.ID, row.Institution, row.Programme
		tellPrincipals(tx, e, n, hostOf(tx, row)...)
	}
}

func noticeCandidacy(tx *projections.Tx, e *codec.Decoded, n Notice) {
	row := Candidacies.Peek(tx, idOf(e))
	if row == nil {
		return
	}
	n.Candidacy, n.Need, n.Institution, n.Programme = row.ID, row.Need, row.Institution, row.Programme
	toExpert, toHost := false, false
	switch ev := e.Event.(type) {
	case candidacy.Suggested, candidacy.Nominated, candidacy.Shortlisted, candidacy.ManagerRefused, candidacy.PutInReserve,
		candidacy.CalledFromReserve, candidacy.Superseded, candidacy.Closed, candidacy.InterviewRecorded:
		toExpert = true
	case candidacy.HostAccepted, candidacy.HostDeclined:
		toExpert = true
	case candidacy.Approved:
		toExpert, toHost = true, true
	case candidacy.Offered:
		toExpert, n.Day = true, ev.AnswerBy
	case candidacy.SharedWithHost:
		toExpert, toHost, n.Day = true, true, ev.DecideBy
	case candidacy.HostDecisionReminded:
		toHost = true
		if row.Shared != nil {
			n.Day = row.Shared.DecideBy
		}
	case candidacy.HostDecisionExpired:
		toExpert, toHost = true, true
	case candidacy.Applied, candidacy.Withdrawn, candidacy.OfferAccepted, candidacy.OfferDeclined:
		toHost = row.Shared != nil // a host hears of candidates whom it was shown
	}
	if toExpert {
		tellExpert(tx, e, row.Expert, n)
	}
	if toHost {
		if on := Needs.Peek(tx, string(row.Need)); on != nil {
			tellPrincipals(tx, e, n, hostOf(tx, on)...)
		}
	}
}

func noticeAssignment(tx *projections.Tx, e *codec.Decoded, n Notice) {
	switch e.Event.(type) {
	case assignment.AgreementSigned, assignment.ChecklistItemDone, assignment.ActivityLogged,
		assignment.EvaluationAnswered, assignment.FollowUpLinked:
		return // the work itself; nobody waits for these
	}
	row := Assignments.Peek(tx, idOf(e))
	if row == nil {
		return
	}
	n.Assignment, n.Candidacy, n.Need, n.Institution, n.Programme = row.ID, row.Candidacy, row.Need, row.Institution, row.Programme
	switch e.Event.(type) {
	case assignment.Planned, assignment.Started:
		n.Day = row.Period.From
	case assignment.Extended, assignment.ExtensionUndone, assignment.Completed, assignment.Terminated:
		n.Day = row.Period.To
	}
	tellExpert(tx, e, row.Expert, n)
	if on := Needs.Peek(tx, string(row.Need)); on != nil {
		tellPrincipals(tx, e, n, hostOf(tx, on)...)
	}
	if undone, ok := e.Event.(assignment.ExtensionUndone); ok {
		tellPrincipals(tx, e, n, undone.AskedBy)
	}
}
