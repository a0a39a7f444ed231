package views

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// InstitutionRow is a host institution.
type InstitutionRow struct {
	ID            domain.InstitutionID     `json:"id"`
	Programme     domain.ProgrammeID       `json:"programme"`
	Profile       institution.Profile      `json:"profile"`
	Stage         institution.Stage        `json:"stage"`
	StageReason   string                   `json:"stageReason,omitzero"`
	StageSince    time.Time                `json:"stageSince"`
	ProposedBy    domain.PrincipalID       `json:"proposedBy"`
	ProposedAt    time.Time                `json:"proposedAt"`
	ApprovedAt    time.Time                `json:"approvedAt,omitzero"`
	Units         []Unit                   `json:"units,omitempty"`
	FocalPoints   []domain.PrincipalID     `json:"focalPoints,omitempty"` // of the country mission
	Contacts      []ContactRef             `json:"contacts,omitempty"`    // of the host; texts stand in Contacts
	MaxConcurrent uint8                    `json:"maxConcurrent,omitzero"`
	Connectivity  institution.Connectivity `json:"connectivity,omitzero"`
	Plan          []PlanItem               `json:"plan,omitempty"`
	Linkages      []Linkage                `json:"linkages,omitempty"`
	// Load counts the assignments that are planned, prepared, active or
	// suspended.
	Load int `json:"load"`
}

// Unit is a directorate, department or ward; Parent is empty at the top.
type Unit struct {
	ID      domain.UnitID `json:"id"`
	Name    string        `json:"name"`
	Parent  domain.UnitID `json:"parent,omitzero"`
	Retired bool          `json:"retired,omitzero"`
}

// ContactRef is a contact person without any text about the person.
type ContactRef struct {
	ID        domain.ContactID   `json:"id"`
	Principal domain.PrincipalID `json:"principal,omitzero"`
	Unit      domain.UnitID      `json:"unit,omitzero"`
}

// PlanItem is an item of the institution's development plan.
type PlanItem struct {
	ID   domain.PlanItemID `json:"id"`
	Text string            `json:"text"`
}

// Linkage is a tie with an institution in the Netherlands; EndedAt is zero while
// it stands.
type Linkage struct {
	institution.Linkage
	Since   time.Time `json:"since"`
	EndedAt time.Time `json:"endedAt,omitzero"`
}

// AtCapacity reports whether the institution carries as many assignments as it
// said it could. Without a capacity set it never is.
func (r *InstitutionRow) AtCapacity() bool {
	return r.MaxConcurrent > 0 && r.Load >= int(r.MaxConcurrent)
}

// ShownAs is the name to show: the alias of a protected institution.
func (r *InstitutionRow) ShownAs() string {
	return r.Profile.ShownName()
}

// Scope locates the row for authorisation.
func (r *InstitutionRow) Scope() domain.Scope {
	return domain.Scope{Programme: r.Programme, Country: r.Profile.Country, Institution: r.ID}
}

// Indexes of Institutions, all in the order of names.
const (
	// InstitutionsBoard has a bucket for every choice of programme, country and
	// stage.
	InstitutionsBoard = "board"
	// InstitutionsOfFocalPoint is by principal of the mission's focal point.
	InstitutionsOfFocalPoint = "focal_point"
	// InstitutionsBelow is by parent institution.
	InstitutionsBelow = "parent"
)

// Institutions is keyed by institution.
var Institutions = &projections.Table[InstitutionRow]{
	Name: "institutions", Version: 1,
	Key: func(r *InstitutionRow) string { return string(r.ID) },
	Indexes: func(r *InstitutionRow, entries []projections.IndexEntry) []projections.IndexEntry {
		name := r.ShownAs()
		entries = combinations(entries, InstitutionsBoard, name, string(r.Programme), string(r.Profile.Country), string(r.Stage))
		for _, p := range r.FocalPoints {
			entries = append(entries, entry(InstitutionsOfFocalPoint, string(p), name))
		}
		if r.Profile.Parent != "" {
			entries = append(entries, entry(InstitutionsBelow, string(r.Profile.Parent), name))
		}
		return entries
	},
	Related: func(r *InstitutionRow) projections.Related { return projections.Related{Scope: r.Scope()} },
}

// InstitutionQuery chooses institutions; empty fields do not restrict.
type InstitutionQuery struct {
	Programme domain.ProgrammeID
	Country   domain.Country
	Stage     institution.Stage
	Keep      func(*InstitutionRow) bool // further restriction, may be nil
}

// FindInstitutions lists institutions in the order of their names.
func FindInstitutions(r projections.Reader, q InstitutionQuery, p projections.Paging) (projections.Page[InstitutionRow], error) {
	return Institutions.Filter(r, InstitutionsBoard, bucket(string(q.Programme), string(q.Country), string(q.Stage)), p, q.Keep)
}

var institutionsView = projections.View{
	Name: "institutions", Tables: []projections.Schema{Institutions},
	Categories: []string{"institution", "assignment"}, Fold: foldInstitutions,
}

func foldInstitutions(tx *projections.Tx, e *codec.Decoded) error {
	switch ev := e.Event.(type) {
	case institution.Proposed:
		Institutions.Put(tx, InstitutionRow{
			ID: ev.Institution, Programme: ev.Programme, Profile: ev.Profile,
			Stage: institution.StageProposed, StageSince: ev.At, ProposedBy: ev.By, ProposedAt: ev.At,
		})
		return nil
	case assignment.Event:
		foldLoad(tx, e)
		return nil
	}
	row := Institutions.Edit(tx, idOf(e))
	if row == nil {
		return missing(e)
	}
	if !foldInstitutionStage(row, e) {
		foldInstitutionParts(row, e)
	}
	return nil
}

// foldLoad counts the assignments that an institution carries. The row of the
// assignment is not folded yet: its status is the one before the event.
func foldLoad(tx *projections.Tx, e *codec.Decoded) {
	var id domain.InstitutionID
	by := 0
	switch ev := e.Event.(type) {
	case assignment.Planned:
		id, by = ev.Institution, 1
	case assignment.Completed, assignment.Terminated:
		if a := Assignments.Peek(tx, idOf(e)); a != nil {
			id, by = a.Institution, -1
		}
	}
	if by == 0 {
		return
	}
	if row := Institutions.Edit(tx, string(id)); row != nil {
		row.Load += by
	}
}

func foldInstitutionStage(row *InstitutionRow, e *codec.Decoded) bool {
	to := func(s institution.Stage, reason string, at time.Time) {
		row.Stage, row.StageReason, row.StageSince = s, reason, at
	}
	switch ev := e.Event.(type) {
	case institution.Returned:
		to(institution.StageReturned, ev.Reason, ev.At)
	case institution.Resubmitted:
		to(institution.StageProposed, "", ev.At)
	case institution.Approved:
		to(institution.StageActive, "", ev.At)
		row.ApprovedAt = ev.At
	case institution.Refused:
		to(institution.StageRefused, ev.Reason, ev.At)
	case institution.Suspended:
		to(institution.StageSuspended, ev.Reason, ev.At)
	case institution.Resumed:
		to(institution.StageActive, "", ev.At)
	case institution.Closed:
		to(institution.StageClosed, ev.Reason, ev.At)
	default:
		return false
	}
	return true
}

func foldInstitutionParts(row *InstitutionRow, e *codec.Decoded) {
	unitID := func(u Unit) domain.UnitID { return u.ID }
	contactID := func(c ContactRef) domain.ContactID { return c.ID }
	itemID := func(i PlanItem) domain.PlanItemID { return i.ID }
	linkageID := func(l Linkage) domain.LinkageID { return l.ID }
	switch ev := e.Event.(type) {
	case institution.Described:
		row.Profile = ev.Profile
	case institution.UnitAdded:
		row.Units = upsert(row.Units, unitID, Unit{ID: ev.Unit, Name: ev.Name, Parent: ev.Parent})
	case institution.UnitRenamed:
		row.Units = edited(row.Units, unitID, ev.Unit, func(u *Unit) { u.Name = ev.Name })
	case institution.UnitRetired:
		row.Units = edited(row.Units, unitID, ev.Unit, func(u *Unit) { u.Retired = true })
	case institution.MissionFocalPointNamed:
		row.FocalPoints = upsert(row.FocalPoints, self, ev.Principal)
	case institution.MissionFocalPointRemoved:
		row.FocalPoints = without(row.FocalPoints, self, ev.Principal)
	case institution.HostContactNamed:
		row.Contacts = upsert(row.Contacts, contactID, ContactRef{ev.Contact.ID, ev.Contact.Principal, ev.Contact.Unit})
	case institution.HostContactRemoved:
		row.Contacts = without(row.Contacts, contactID, ev.Contact)
	case institution.CapacitySet:
		row.MaxConcurrent = ev.MaxConcurrent
	case institution.ConnectivityDescribed:
		row.Connectivity = ev.Connectivity
	case institution.PlanItemRecorded:
		row.Plan = upsert(row.Plan, itemID, PlanItem{ev.Item, ev.Text})
	case institution.PlanItemDropped:
		row.Plan = without(row.Plan, itemID, ev.Item)
	case institution.LinkageAdded:
		row.Linkages = upsert(row.Linkages, linkageID, Linkage{Linkage: ev.Linkage, Since: ev.At})
	case institution.LinkageEnded:
		row.Linkages = edited(row.Linkages, linkageID, ev.Linkage, func(l *Linkage) { l.EndedAt = ev.At })
	}
}
