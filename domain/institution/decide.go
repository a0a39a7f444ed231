package institution

import (
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// Decider decides for one institution.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  decide,
	Evolve:  evolve,
}

// Aggregate is how institutions are stored and whom they concern.
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "institution",
	Decider:  Decider,
	Events: []Event{
		Proposed{}, Described{}, Returned{}, Resubmitted{}, Approved{}, Refused{}, Suspended{}, Resumed{}, Closed{},
		UnitAdded{}, UnitRenamed{}, UnitRetired{}, MissionFocalPointNamed{}, MissionFocalPointRemoved{},
		HostContactNamed{}, HostContactRemoved{}, CapacitySet{}, ConnectivityDescribed{},
		PlanItemRecorded{}, PlanItemDropped{}, LinkageAdded{}, LinkageEnded{},
	},
	Scope: func(s State, command Command) domain.Scope {
		if c, ok := command.(Propose); ok && s.Stage == StageNone {
			return domain.Scope{Programme: c.Programme, Country: c.Profile.Country, Institution: c.Institution}
		}
		return domain.Scope{Programme: s.Programme, Country: s.Profile.Country, Institution: s.ID}
	},
}

// Bounds, listed in docs/limits.md.
const (
	MaxNameBytes     = 300   // name, alias, location; name of a unit, tool or partner
	MaxReasonBytes   = 2_000 // a reason or note
	MaxPlanItemBytes = 4_000
	MaxUnits         = 300 // retired ones included
	MaxUnitDepth     = 8
	MaxFocalPoints   = 20 // mission focal points
	MaxContacts      = 50
	MaxContactBytes  = 300 // each text about a contact
	MaxConcurrent    = 100 // assignments at once
	MaxPlanItems     = 100
	MaxLinkages      = 100 // ended ones included
)

// Refusals of an institution.
var (
	ErrNotFound      = domain.Refuse(domain.NotFound, "institution.not_found", "There is no such institution.", "Check the id, or propose the institution first.")
	ErrExists        = domain.Refuse(domain.Refused, "institution.exists", "An institution with this id was proposed already.", "Describe the existing institution, or propose one under a new id.")
	ErrClosed        = domain.Refuse(domain.Refused, "institution.closed", "The institution is closed, or its proposal was refused.", "Propose it anew under a new id.")
	ErrNotProposed   = domain.Refuse(domain.Refused, "institution.not_proposed", "No proposal is waiting for a decision.", "Put a returned proposal forward again first.")
	ErrNotReturned   = domain.Refuse(domain.Refused, "institution.not_returned", "The proposal was not returned.", "Only a returned proposal is put forward again.")
	ErrNotApproved   = domain.Refuse(domain.Refused, "institution.not_approved", "The institution is not approved.", "Approve the proposal first.")
	ErrOwnProposal   = domain.Refuse(domain.Forbidden, "institution.own_proposal", "Nobody approves what they proposed.", "Ask another programme manager.")
	ErrAlias         = domain.Refuse(domain.Invalid, "institution.alias", "A protected institution needs an alias other than its name.", "Give an alias that does not tell who it is.")
	ErrAreaElsewhere = domain.Refuse(domain.Invalid, "institution.area_elsewhere", "The area does not lie in the country.", "Give an area whose code begins with the country's.")
	ErrCountryFixed  = domain.Refuse(domain.Refused, "institution.country_fixed", "An approved institution stays in its country.", "Close it and propose it in the other country.")
	ErrOwnParent     = domain.Refuse(domain.Invalid, "institution.own_parent", "The institution cannot be its own parent.", "Name the body above it, or none.")
	ErrUnitExists    = domain.Refuse(domain.Refused, "institution.unit_exists", "A unit with this id was added already.", "Rename it, or add a unit under a new id.")
	ErrNoUnit        = domain.Refuse(domain.Refused, "institution.no_unit", "There is no such unit in use.", "Choose a unit that is in use, or add it first.")
	ErrUnitInUse     = domain.Refuse(domain.Refused, "institution.unit_in_use", "There are units below this one.", "Retire the units below it first.")
	ErrUnitDepth     = domain.Refuse(domain.Refused, "institution.unit_depth", "The units would be nested too deep.", "Add the unit further up; docs/limits.md names the bound.")
	ErrLinkageExists = domain.Refuse(domain.Refused, "institution.linkage_exists", "A linkage with this id was recorded already.", "End it and record the new one under a new id.")
	ErrNoLinkage     = domain.Refuse(domain.Refused, "institution.no_linkage", "There is no such linkage.", "Check the id; the institution lists its linkages.")
)

func decide(s State, command Command) ([]Event, error) {
	if c, ok := command.(Propose); ok {
		return s.propose(c)
	}
	if s.Stage == StageNone {
		return nil, ErrNotFound
	}
	if s.Stage == StageClosed || s.Stage == StageRefused {
		return s.decideEnded(command)
	}
	switch c := command.(type) {
	case Describe:
		return s.describe(c)
	case Return:
		return s.sendBack(c)
	case Resubmit:
		return s.resubmit(c)
	case Approve:
		return s.approve(c)
	case Refuse:
		return s.refuse(c)
	case Suspend:
		return s.suspend(c)
	case Resume:
		return s.resume(c)
	case Close:
		return s.close(c)
	}
	return s.decideParts(command)
}

// decideEnded says "already so" to what ended it, and no to all else.
func (s State) decideEnded(command Command) ([]Event, error) {
	switch command.(type) {
	case Close:
		if s.Stage == StageClosed {
			return nil, nil
		}
	case Refuse:
		if s.Stage == StageRefused {
			return nil, nil
		}
	}
	return nil, ErrClosed
}

func (s State) propose(c Propose) ([]Event, error) {
	var checks domain.Checks
	domain.RequireID(&checks, "institution", c.Institution)
	domain.RequireID(&checks, "programme", c.Programme)
	checks.Add("profile", checkProfile(c.Institution, c.Profile))
	switch err := checks.Err(); {
	case err != nil:
		return nil, err
	case s.Stage == StageNone:
		return []Event{Proposed{c.Institution, c.Programme, c.Profile, c.By, c.At}}, nil
	case s.ID == c.Institution && s.Programme == c.Programme && equalProfiles(s.Profile, c.Profile):
		return nil, nil
	}
	return nil, ErrExists
}

func (s State) describe(c Describe) ([]Event, error) {
	var checks domain.Checks
	checks.Add("profile", checkProfile(s.ID, c.Profile))
	if s.approved() {
		checks.Require(c.Profile.Country == s.Profile.Country, ErrCountryFixed.At("profile.country"))
	}
	if err := checks.Err(); err != nil || equalProfiles(s.Profile, c.Profile) {
		return nil, err
	}
	return []Event{Described{c.Profile}}, nil
}

func (s State) sendBack(c Return) ([]Event, error) {
	if s.Stage == StageReturned {
		return nil, nil
	}
	if s.Stage != StageProposed {
		return nil, ErrNotProposed
	}
	if err := checkReason(c.Reason); err != nil {
		return nil, err
	}
	return []Event{Returned{c.Reason, c.By, c.At}}, nil
}

func (s State) resubmit(c Resubmit) ([]Event, error) {
	switch s.Stage {
	case StageReturned:
		return []Event{Resubmitted{c.By, c.At}}, nil
	case StageProposed:
		return nil, nil
	}
	return nil, ErrNotReturned
}

func (s State) approve(c Approve) ([]Event, error) {
	switch {
	case s.Stage == StageActive:
		return nil, nil
	case s.Stage != StageProposed:
		return nil, ErrNotProposed
	case c.By == s.ProposedBy || c.By == s.ResubmittedBy:
		return nil, ErrOwnProposal
	}
	return []Event{Approved{c.By, c.At}}, nil
}

func (s State) refuse(c Refuse) ([]Event, error) {
	if s.approved() {
		return nil, ErrNotProposed
	}
	if err := checkReason(c.Reason); err != nil {
		return nil, err
	}
	return []Event{Refused{c.Reason, c.By, c.At}}, nil
}

func (s State) suspend(c Suspend) ([]Event, error) {
	if s.Stage == StageSuspended {
		return nil, nil
	}
	if s.Stage != StageActive {
		return nil, ErrNotApproved
	}
	if err := checkReason(c.Reason); err != nil {
		return nil, err
	}
	return []Event{Suspended{c.Reason, c.By, c.At}}, nil
}

func (s State) resume(c Resume) ([]Event, error) {
	switch s.Stage {
	case StageSuspended:
		return []Event{Resumed{c.By, c.At}}, nil
	case StageActive:
		return nil, nil
	}
	return nil, ErrNotApproved
}

func (s State) close(c Close) ([]Event, error) {
	if err := checkReason(c.Reason); err != nil {
		return nil, err
	}
	return []Event{Closed{c.Reason, c.By, c.At}}, nil
}

func (s State) approved() bool { return s.Stage == StageActive || s.Stage == StageSuspended }

func checkReason(reason string) error {
	var checks domain.Checks
	checks.Text("reason", reason, MaxReasonBytes)
	return checks.Err()
}

func checkProfile(id domain.InstitutionID, p Profile) error {
	var checks domain.Checks
	checks.Text("name", p.Name, MaxNameBytes)
	checks.OptionalText("alias", p.Alias, MaxNameBytes)
	domain.RequireListed(&checks, "type", p.Type, Types)
	checks.Require(p.Country.Valid(), domain.ErrFormat.At("country"))
	if p.Area != "" {
		checks.Require(p.Area.Valid(), domain.ErrFormat.At("area"))
		checks.Require(strings.HasPrefix(string(p.Area), string(p.Country)+"-"), ErrAreaElsewhere.At("area"))
	}
	checks.OptionalText("location", p.Location, MaxNameBytes)
	domain.OptionalID(&checks, "parent", p.Parent)
	checks.Require(p.Parent == "" || p.Parent != id, ErrOwnParent.At("parent"))
	checks.Require(p.Sensitivity.Valid(), domain.ErrUnknown.At("sensitivity"))
	if p.Sensitivity == domain.Protected {
		alias := strings.TrimSpace(p.Alias)
		checks.Require(alias != "" && !strings.EqualFold(alias, strings.TrimSpace(p.Name)), ErrAlias.At("alias"))
	}
	checks.Require(len(p.Sectors) > 0, domain.ErrRequired.At("sectors"))
	for i, sector := range p.Sectors {
		domain.RequireListed(&checks, domain.Index("sectors", i), sector, domain.Sectors)
	}
	domain.RequireDistinct(&checks, "sectors", p.Sectors, func(s domain.Sector) domain.Sector { return s })
	return checks.Err()
}

func equalProfiles(a, b Profile) bool {
	return a.Name == b.Name && a.Alias == b.Alias && a.Type == b.Type && a.Country == b.Country &&
		a.Area == b.Area && a.Location == b.Location && a.Parent == b.Parent &&
		a.Sensitivity == b.Sensitivity && slices.Equal(a.Sectors, b.Sectors)
}
