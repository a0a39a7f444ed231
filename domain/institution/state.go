package institution

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
)

// Stage is where an institution stands.
type Stage string

const (
	StageNone      Stage = "" // not proposed yet
	StageProposed  Stage = "proposed"
	StageReturned  Stage = "returned"
	StageRefused   Stage = "refused"
	StageActive    Stage = "active"
	StageSuspended Stage = "suspended"
	StageClosed    Stage = "closed"
)

// State is an institution as its events tell it. It is a value: folding never
// writes into what an older state holds.
type State struct {
	ID        domain.InstitutionID
	Programme domain.ProgrammeID
	Stage     Stage
	Profile   Profile
	// ProposedBy and ResubmittedBy put the proposal forward: neither approves it.
	ProposedBy    domain.PrincipalID
	ResubmittedBy domain.PrincipalID

	Units              []Unit               // by id, retired ones included
	MissionFocalPoints []domain.PrincipalID // in order
	Contacts           []Contact            // by id
	MaxConcurrent      uint8                // 0: never set, and no bound
	Connectivity       Connectivity         // without a quality: never described
	Plan               []PlanItem           // by id
	Linkages           []HeldLinkage        // by id, ended ones included
}

// HeldLinkage is a tie with the moments of its life.
type HeldLinkage struct {
	Linkage Linkage
	Since   time.Time
	Ended   bool
	EndedAt time.Time
}

// Unit returns a unit that is in use.
func (s State) Unit(id domain.UnitID) (Unit, bool) {
	u, ok := keyed.Find(s.Units, unitKey, id)
	return u, ok && !u.Retired
}

// PlanItem returns an item of the development plan.
func (s State) PlanItem(id domain.PlanItemID) (PlanItem, bool) {
	return keyed.Find(s.Plan, itemKey, id)
}

// ShownName is the name that may be shown: the alias of a protected institution.
func (p Profile) ShownName() string {
	if p.Sensitivity == domain.Protected {
		return p.Alias
	}
	return p.Name
}

func unitKey(u Unit) domain.UnitID              { return u.ID }
func contactKey(c Contact) domain.ContactID     { return c.ID }
func itemKey(i PlanItem) domain.PlanItemID      { return i.ID }
func linkageKey(l HeldLinkage) domain.LinkageID { return l.Linkage.ID }

func evolve(s State, event Event) State {
	switch e := event.(type) {
	case Proposed:
		s.ID, s.Programme, s.Profile, s.ProposedBy, s.Stage = e.Institution, e.Programme, e.Profile, e.By, StageProposed
	case Described:
		s.Profile = e.Profile
	case Returned:
		s.Stage = StageReturned
	case Resubmitted:
		s.Stage, s.ResubmittedBy = StageProposed, e.By
	case Approved, Resumed:
		s.Stage = StageActive
	case Refused:
		s.Stage = StageRefused
	case Suspended:
		s.Stage = StageSuspended
	case Closed:
		s.Stage = StageClosed
	case CapacitySet:
		s.MaxConcurrent = e.MaxConcurrent
	case ConnectivityDescribed:
		s.Connectivity = e.Connectivity
	default:
		return evolveLists(s, event)
	}
	return s
}

func evolveLists(s State, event Event) State {
	switch e := event.(type) {
	case UnitAdded:
		s.Units = keyed.Put(s.Units, unitKey, Unit{ID: e.Unit, Name: e.Name, Parent: e.Parent})
	case UnitRenamed:
		u, _ := keyed.Find(s.Units, unitKey, e.Unit)
		u.ID, u.Name = e.Unit, e.Name
		s.Units = keyed.Put(s.Units, unitKey, u)
	case UnitRetired:
		u, _ := keyed.Find(s.Units, unitKey, e.Unit)
		u.ID, u.Retired = e.Unit, true
		s.Units = keyed.Put(s.Units, unitKey, u)
	case MissionFocalPointNamed:
		s.MissionFocalPoints = keyed.Put(s.MissionFocalPoints, keyed.Self, e.Principal)
	case MissionFocalPointRemoved:
		s.MissionFocalPoints = keyed.Drop(s.MissionFocalPoints, keyed.Self, e.Principal)
	case HostContactNamed:
		s.Contacts = keyed.Put(s.Contacts, contactKey, e.Contact)
	case HostContactRemoved:
		s.Contacts = keyed.Drop(s.Contacts, contactKey, e.Contact)
	case PlanItemRecorded:
		s.Plan = keyed.Put(s.Plan, itemKey, PlanItem{e.Item, e.Text})
	case PlanItemDropped:
		s.Plan = keyed.Drop(s.Plan, itemKey, e.Item)
	case LinkageAdded:
		s.Linkages = keyed.Put(s.Linkages, linkageKey, HeldLinkage{Linkage: e.Linkage, Since: e.At})
	case LinkageEnded:
		l, _ := keyed.Find(s.Linkages, linkageKey, e.Linkage)
		l.Linkage.ID, l.Ended, l.EndedAt = e.Linkage, true, e.At
		s.Linkages = keyed.Put(s.Linkages, linkageKey, l)
	}
	return s
}
