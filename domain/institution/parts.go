package institution

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// decideParts decides what may be said of an institution in every stage before
// its end: units, people, capacity, connectivity, plan and linkages.
func (s State) decideParts(command Command) ([]Event, error) {
	switch c := command.(type) {
	case AddUnit:
		return s.addUnit(c)
	case RenameUnit:
		return s.renameUnit(c)
	case RetireUnit:
		return s.retireUnit(c)
	case NameMissionFocalPoint:
		return s.nameFocalPoint(c)
	case RemoveMissionFocalPoint:
		if !slices.Contains(s.MissionFocalPoints, c.Principal) {
			return nil, nil
		}
		return []Event{MissionFocalPointRemoved{c.Principal}}, nil
	case NameHostContact:
		return s.nameContact(c)
	case RemoveHostContact:
		if _, ok := keyed.Find(s.Contacts, contactKey, c.Contact); !ok {
			return nil, nil
		}
		return []Event{HostContactRemoved{c.Contact}}, nil
	case SetCapacity:
		return s.setCapacity(c)
	case DescribeConnectivity:
		return s.describeConnectivity(c)
	case RecordPlanItem:
		return s.recordPlanItem(c)
	case DropPlanItem:
		if _, ok := s.PlanItem(c.Item); !ok {
			return nil, nil
		}
		return []Event{PlanItemDropped{c.Item}}, nil
	case AddLinkage:
		return s.addLinkage(c)
	case EndLinkage:
		return s.endLinkage(c)
	}
	return nil, domain.ErrUnknown.With("The institution does not know this command.")
}

func (s State) addUnit(c AddUnit) ([]Event, error) {
	var checks domain.Checks
	domain.RequireID(&checks, "unit", c.Unit)
	checks.Text("name", c.Name, MaxNameBytes)
	if u, ok := keyed.Find(s.Units, unitKey, c.Unit); ok {
		if u == (Unit{ID: c.Unit, Name: c.Name, Parent: c.Parent}) {
			return nil, nil
		}
		return nil, ErrUnitExists.At("unit")
	}
	checks.Count("unit", len(s.Units)+1, MaxUnits)
	if c.Parent != "" {
		_, ok := s.Unit(c.Parent)
		checks.Require(ok, ErrNoUnit.At("parent"))
		checks.Require(s.depth(c.Parent) < MaxUnitDepth, ErrUnitDepth.At("parent"))
	}
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return []Event{UnitAdded{c.Unit, c.Name, c.Parent}}, nil
}

// depth counts the units from this one to the top. A parent is always older
// than its child, so that the walk ends; the bound keeps it total on any log.
func (s State) depth(id domain.UnitID) int {
	n := 0
	for id != "" && n < MaxUnitDepth {
		u, _ := keyed.Find(s.Units, unitKey, id)
		id = u.Parent
		n++
	}
	return n
}

func (s State) renameUnit(c RenameUnit) ([]Event, error) {
	var checks domain.Checks
	u, ok := s.Unit(c.Unit)
	checks.Require(ok, ErrNoUnit.At("unit"))
	checks.Text("name", c.Name, MaxNameBytes)
	if err := checks.Err(); err != nil || u.Name == c.Name {
		return nil, err
	}
	return []Event{UnitRenamed{c.Unit, c.Name}}, nil
}

func (s State) retireUnit(c RetireUnit) ([]Event, error) {
	u, ok := keyed.Find(s.Units, unitKey, c.Unit)
	if !ok {
		return nil, ErrNoUnit.At("unit")
	}
	if u.Retired {
		return nil, nil
	}
	for _, below := range s.Units {
		if below.Parent == c.Unit && !below.Retired {
			return nil, ErrUnitInUse.At("unit")
		}
	}
	return []Event{UnitRetired{c.Unit}}, nil
}

func (s State) nameFocalPoint(c NameMissionFocalPoint) ([]Event, error) {
	if slices.Contains(s.MissionFocalPoints, c.Principal) {
		return nil, nil
	}
	var checks domain.Checks
	domain.RequireID(&checks, "principal", c.Principal)
	checks.Count("principal", len(s.MissionFocalPoints)+1, MaxFocalPoints)
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return []Event{MissionFocalPointNamed{c.Principal}}, nil
}

func (s State) nameContact(c NameHostContact) ([]Event, error) {
	p := c.Contact
	var checks domain.Checks
	domain.RequireID(&checks, "contact.id", p.ID)
	domain.OptionalID(&checks, "contact.principal", p.Principal)
	before, known := keyed.Find(s.Contacts, contactKey, p.ID)
	if p.Unit != "" {
		_, ok := s.Unit(p.Unit)
		checks.Require(ok, ErrNoUnit.At("contact.unit"))
	}
	checks.Require(!p.Name.IsZero(), domain.ErrRequired.At("contact.name"))
	personal.Check(&checks, "contact.name", p.Name, p.ID, MaxContactBytes)
	personal.CheckEmail(&checks, "contact.email", p.Email, p.ID, MaxContactBytes)
	personal.Check(&checks, "contact.phone", p.Phone, p.ID, MaxContactBytes)
	personal.Check(&checks, "contact.function", p.Function, p.ID, MaxContactBytes)
	if !known {
		checks.Count("contact", len(s.Contacts)+1, MaxContacts)
	}
	if err := checks.Err(); err != nil || known && equalContacts(before, p) {
		return nil, err
	}
	return []Event{HostContactNamed{p}}, nil
}

func equalContacts(a, b Contact) bool {
	return a.ID == b.ID && a.Principal == b.Principal && a.Unit == b.Unit && a.Name.Equal(b.Name) &&
		a.Email.Equal(b.Email) && a.Phone.Equal(b.Phone) && a.Function.Equal(b.Function)
}

func (s State) setCapacity(c SetCapacity) ([]Event, error) {
	var checks domain.Checks
	checks.Range("maxConcurrent", int(c.MaxConcurrent), 1, MaxConcurrent)
	if err := checks.Err(); err != nil || c.MaxConcurrent == s.MaxConcurrent {
		return nil, err
	}
	return []Event{CapacitySet{c.MaxConcurrent}}, nil
}

func (s State) describeConnectivity(c DescribeConnectivity) ([]Event, error) {
	var checks domain.Checks
	domain.RequireListed(&checks, "connectivity.quality", c.Connectivity.Quality, Qualities)
	checks.OptionalText("connectivity.tool", c.Connectivity.Tool, MaxNameBytes)
	if err := checks.Err(); err != nil || c.Connectivity == s.Connectivity {
		return nil, err
	}
	return []Event{ConnectivityDescribed{c.Connectivity}}, nil
}

func (s State) recordPlanItem(c RecordPlanItem) ([]Event, error) {
	var checks domain.Checks
	domain.RequireID(&checks, "item", c.Item)
	checks.Text("text", c.Text, MaxPlanItemBytes)
	before, known := s.PlanItem(c.Item)
	if !known {
		checks.Count("item", len(s.Plan)+1, MaxPlanItems)
	}
	if err := checks.Err(); err != nil || known && before.Text == c.Text {
		return nil, err
	}
	return []Event{PlanItemRecorded{c.Item, c.Text}}, nil
}

func (s State) addLinkage(c AddLinkage) ([]Event, error) {
	l := c.Linkage
	if before, ok := keyed.Find(s.Linkages, linkageKey, l.ID); ok {
		if before.Linkage == l && !before.Ended {
			return nil, nil
		}
		return nil, ErrLinkageExists.At("linkage.id")
	}
	var checks domain.Checks
	domain.RequireID(&checks, "linkage.id", l.ID)
	checks.Text("linkage.partner", l.Partner, MaxNameBytes)
	domain.RequireListed(&checks, "linkage.kind", l.Kind, LinkageKinds)
	checks.OptionalText("linkage.note", l.Note, MaxReasonBytes)
	checks.Count("linkage", len(s.Linkages)+1, MaxLinkages)
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return []Event{LinkageAdded{l, c.At}}, nil
}

func (s State) endLinkage(c EndLinkage) ([]Event, error) {
	l, ok := keyed.Find(s.Linkages, linkageKey, c.Linkage)
	if !ok {
		return nil, ErrNoLinkage.At("linkage")
	}
	if l.Ended {
		return nil, nil
	}
	return []Event{LinkageEnded{c.Linkage, c.At}}, nil
}
