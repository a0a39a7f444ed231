package institution_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/diaspora-match/diaspora/domain/institution"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/decider/decidertest"
	"github.com/diaspora-match/diaspora/domain/personal"
)

const (
	id        = domain.InstitutionID("0198c0de-0000-7000-8000-0000000000a1")
	otherID   = domain.InstitutionID("0198c0de-0000-7000-8000-0000000000a2")
	programme = domain.ProgrammeID("0198c0de-0000-7000-8000-000000000001")
	focal     = domain.PrincipalID("0198c0de-0000-5000-8000-0000000000b1")
	manager   = domain.PrincipalID("0198c0de-0000-5000-8000-0000000000b2")
	top       = domain.UnitID("0198c0de-0000-7000-8000-0000000000c1")
	ward      = domain.UnitID("0198c0de-0000-7000-8000-0000000000c2")
	yusuf     = domain.ContactID("0198c0de-0000-4000-8000-0000000000d1")
	item      = domain.PlanItemID("0198c0de-0000-7000-8000-0000000000e1")
	twin      = domain.LinkageID("0198c0de-0000-7000-8000-0000000000f1")
)

var (
	at      = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	byFocal = domain.Stamp{By: focal, Role: domain.RoleFocalPoint, At: at}
	stamp   = domain.Stamp{By: manager, Role: domain.RoleManager, At: at}
	profile = Profile{
		Name: "Hargeisa Group Hospital", Type: Hospital, Country: "SO", Area: "SO-WO", Location: "Hargeisa",
		Parent: otherID, Sensitivity: domain.Open, Sectors: []domain.Sector{domain.Health},
	}
	contact = Contact{
		ID: yusuf, Principal: focal, Name: personal.Of(yusuf, "Yusuf A."), Email: personal.Of(yusuf, "y@example.org"),
		Function: personal.Of(yusuf, "Head of nursing"),
	}
	linkage = Linkage{ID: twin, Partner: "KNCV", Kind: Exchange, Note: "A week in June."}

	proposed    = Proposed{id, programme, profile, focal, at}
	returned    = Returned{"The area is missing.", manager, at}
	resubmitted = Resubmitted{focal, at}
	approved    = Approved{manager, at}
	refused     = Refused{"Out of scope.", manager, at}
	suspended   = Suspended{"Flooded.", manager, at}
	resumed     = Resumed{manager, at}
	closed      = Closed{"Merged.", manager, at}
	unitTop     = UnitAdded{top, "Nursing", ""}
	unitWard    = UnitAdded{ward, "Maternity ward", top}
)

func TestProposing(t *testing.T) {
	spec := decider.For(t, Decider)
	propose := Propose{byFocal, id, programme, profile}
	spec.Given().When(propose).Then(proposed)
	spec.Given(proposed).When(propose).ThenNothing()
	other := profile
	other.Name = "Berbera Hospital"
	spec.Given(proposed).When(Propose{byFocal, id, programme, other}).Refused(ErrExists)
	spec.Given(proposed).When(Propose{byFocal, otherID, programme, Profile{Name: "x", Type: Court, Country: "SO", Sensitivity: domain.Open, Sectors: domain.Sectors}}).Refused(ErrExists)
	spec.Given(proposed, closed).When(Propose{byFocal, id, programme, other}).Refused(ErrExists)
	spec.Given().When(Approve{stamp}).Refused(ErrNotFound)
}

func TestAllFaultsOfAProfileAreToldAtOnce(t *testing.T) {
	_, err := Decider.Decide(State{}, Propose{byFocal, "hospital", "", Profile{
		Alias: "\x00", Type: "castle", Country: "so", Area: "IQ-KR", Location: strings.Repeat("x", MaxNameBytes+1),
		Parent: "p", Sensitivity: "secret", Sectors: []domain.Sector{"mining"},
	}})
	want := map[string]bool{}
	for _, f := range []string{"institution", "programme", "profile.name", "profile.alias", "profile.type", "profile.country",
		"profile.area", "profile.location", "profile.parent", "profile.sensitivity", "profile.sectors[0]"} {
		want[f] = true
	}
	for _, r := range domain.AsRefusals(err) {
		delete(want, r.Field)
	}
	if len(want) != 0 {
		t.Errorf("no refusal for %v in %v", want, err)
	}
}

func TestAProtectedInstitutionShowsItsAlias(t *testing.T) {
	spec := decider.For(t, Decider)
	p := profile
	p.Sensitivity = domain.Protected
	for _, alias := range []string{"", " ", " hargeisa group hospital"} {
		p.Alias = alias
		spec.Given(proposed).When(Describe{stamp, p}).Refused(ErrAlias)
	}
	p.Alias = "A hospital in the north"
	spec.Given(proposed).When(Describe{stamp, p}).Then(Described{p})
	if got := p.ShownName(); got != p.Alias {
		t.Errorf("shown: %q", got)
	}
	if got := profile.ShownName(); got != profile.Name {
		t.Errorf("shown: %q", got)
	}
}

func TestDescribing(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(proposed).When(Describe{stamp, profile}).ThenNothing()
	moved := profile
	moved.Country, moved.Area = "IQ", ""
	spec.Given(proposed).When(Describe{byFocal, moved}).Then(Described{moved})
	spec.Given(proposed, approved).When(Describe{byFocal, moved}).Refused(ErrCountryFixed)
	own := profile
	own.Parent = id
	spec.Given(proposed).When(Describe{byFocal, own}).Refused(ErrOwnParent)
}

func TestDecidingOnAProposal(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(proposed).When(Approve{stamp}).Then(approved)
	spec.Given(proposed, approved).When(Approve{stamp}).ThenNothing()
	spec.Given(proposed).When(Approve{byFocal}).Refused(ErrOwnProposal)
	spec.Given(proposed, returned).When(Approve{stamp}).Refused(ErrNotProposed)

	spec.Given(proposed).When(Return{stamp, returned.Reason}).Then(returned)
	spec.Given(proposed, returned).When(Return{stamp, "Again."}).ThenNothing()
	spec.Given(proposed).When(Return{stamp, ""}).Refused(domain.ErrRequired)
	spec.Given(proposed, approved).When(Return{stamp, "Late."}).Refused(ErrNotProposed)

	spec.Given(proposed, returned).When(Resubmit{byFocal}).Then(resubmitted)
	spec.Given(proposed, returned, resubmitted).When(Resubmit{byFocal}).ThenNothing()
	spec.Given(proposed, approved).When(Resubmit{byFocal}).Refused(ErrNotReturned)
	spec.Given(proposed, returned, Resubmitted{manager, at}).When(Approve{stamp}).Refused(ErrOwnProposal)

	spec.Given(proposed).When(Refuse{stamp, refused.Reason}).Then(refused)
	spec.Given(proposed, refused).When(Refuse{stamp, "Again."}).ThenNothing()
	spec.Given(proposed).When(Refuse{stamp, " "}).Refused(domain.ErrRequired)
	spec.Given(proposed, approved).When(Refuse{stamp, "Late."}).Refused(ErrNotProposed)
	spec.Given(proposed, refused).When(Approve{stamp}).Refused(ErrClosed)
}

func TestSuspendingAndClosing(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(proposed, approved).When(Suspend{stamp, suspended.Reason}).Then(suspended)
	spec.Given(proposed, approved, suspended).When(Suspend{stamp, "Again."}).ThenNothing()
	spec.Given(proposed).When(Suspend{stamp, "Early."}).Refused(ErrNotApproved)
	spec.Given(proposed, approved).When(Suspend{stamp, ""}).Refused(domain.ErrRequired)

	spec.Given(proposed, approved, suspended).When(Resume{stamp}).Then(resumed)
	spec.Given(proposed, approved).When(Resume{stamp}).ThenNothing()
	spec.Given(proposed).When(Resume{stamp}).Refused(ErrNotApproved)

	spec.Given(proposed, approved).When(Close{stamp, closed.Reason}).Then(closed)
	spec.Given(proposed, approved, closed).When(Close{stamp, ""}).ThenNothing()
	spec.Given(proposed, approved).When(Close{stamp, ""}).Refused(domain.ErrRequired)
	spec.Given(proposed, approved, closed).When(SetCapacity{stamp, 3}).Refused(ErrClosed)
	spec.Given(proposed, approved, closed).When(Refuse{stamp, "x"}).Refused(ErrClosed)
}

func TestUnits(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(proposed).When(AddUnit{stamp, top, "Nursing", ""}).Then(unitTop)
	spec.Given(proposed, unitTop).When(AddUnit{stamp, top, "Nursing", ""}).ThenNothing()
	spec.Given(proposed, unitTop).When(AddUnit{stamp, top, "Surgery", ""}).Refused(ErrUnitExists)
	spec.Given(proposed, unitTop).When(AddUnit{stamp, ward, "Maternity ward", top}).Then(unitWard)
	spec.Given(proposed).When(AddUnit{stamp, ward, "Maternity ward", top}).Refused(ErrNoUnit)
	spec.Given(proposed, unitTop, UnitRetired{top}).When(AddUnit{stamp, ward, "Maternity ward", top}).Refused(ErrNoUnit)
	spec.Given(proposed).When(AddUnit{stamp, "ward", "", ""}).Refused(domain.ErrRequired)

	spec.Given(proposed, unitTop).When(RenameUnit{stamp, top, "Nursing and midwifery"}).Then(UnitRenamed{top, "Nursing and midwifery"})
	spec.Given(proposed, unitTop).When(RenameUnit{stamp, top, "Nursing"}).ThenNothing()
	spec.Given(proposed).When(RenameUnit{stamp, top, "Nursing"}).Refused(ErrNoUnit)

	spec.Given(proposed, unitTop).When(RetireUnit{stamp, top}).Then(UnitRetired{top})
	spec.Given(proposed, unitTop, UnitRetired{top}).When(RetireUnit{stamp, top}).ThenNothing()
	spec.Given(proposed, unitTop, unitWard).When(RetireUnit{stamp, top}).Refused(ErrUnitInUse)
	spec.Given(proposed, unitTop, unitWard, UnitRetired{ward}).When(RetireUnit{stamp, top}).Then(UnitRetired{top})
	spec.Given(proposed).When(RetireUnit{stamp, top}).Refused(ErrNoUnit)
}

func TestUnitsNestOnlySoDeep(t *testing.T) {
	s := Decider.Fold(State{}, proposed)
	parent := domain.UnitID("")
	for depth := range MaxUnitDepth + 1 {
		unit := domain.UnitID(domain.DeriveID([16]byte{}, string(parent)))
		events, err := Decider.Decide(s, AddUnit{stamp, unit, "Unit", parent})
		if (err == nil) != (depth < MaxUnitDepth) {
			t.Fatalf("depth %d: %v", depth+1, err)
		}
		s, parent = Decider.Fold(s, events...), unit
	}
}

func TestFocalPointsOfBothKinds(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(proposed).When(NameMissionFocalPoint{stamp, focal}).Then(MissionFocalPointNamed{focal})
	spec.Given(proposed, MissionFocalPointNamed{focal}).When(NameMissionFocalPoint{stamp, focal}).ThenNothing()
	spec.Given(proposed).When(NameMissionFocalPoint{stamp, "yusuf"}).Refused(domain.ErrFormat)
	spec.Given(proposed, MissionFocalPointNamed{focal}).When(RemoveMissionFocalPoint{stamp, focal}).Then(MissionFocalPointRemoved{focal})
	spec.Given(proposed).When(RemoveMissionFocalPoint{stamp, focal}).ThenNothing()

	spec.Given(proposed).When(NameHostContact{stamp, contact}).Then(HostContactNamed{contact})
	spec.Given(proposed, HostContactNamed{contact}).When(NameHostContact{stamp, contact}).ThenNothing()
	inUnit := contact
	inUnit.Unit = top
	spec.Given(proposed).When(NameHostContact{stamp, inUnit}).Refused(ErrNoUnit)
	spec.Given(proposed, unitTop, HostContactNamed{contact}).When(NameHostContact{stamp, inUnit}).Then(HostContactNamed{inUnit})
	foreign := contact
	foreign.Phone = personal.Of("somebody else", "+31 6 1")
	spec.Given(proposed).When(NameHostContact{stamp, foreign}).Refused(personal.ErrSubject)
	nameless := contact
	nameless.Name = personal.Text{}
	spec.Given(proposed).When(NameHostContact{stamp, nameless}).Refused(domain.ErrRequired)
	spec.Given(proposed, HostContactNamed{contact}).When(RemoveHostContact{stamp, yusuf}).Then(HostContactRemoved{yusuf})
	spec.Given(proposed).When(RemoveHostContact{stamp, yusuf}).ThenNothing()
}

func TestCapacityAndConnectivity(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(proposed).When(SetCapacity{stamp, 3}).Then(CapacitySet{3})
	spec.Given(proposed, CapacitySet{3}).When(SetCapacity{stamp, 3}).ThenNothing()
	spec.Given(proposed).When(SetCapacity{stamp, 0}).Refused(domain.ErrRange)
	spec.Given(proposed).When(SetCapacity{stamp, MaxConcurrent + 1}).Refused(domain.ErrRange)
	spec.Given(proposed).When(SetCapacity{stamp, MaxConcurrent}).Then(CapacitySet{MaxConcurrent})

	fair := Connectivity{FairConnection, 12, "Zoom"}
	spec.Given(proposed).When(DescribeConnectivity{stamp, fair}).Then(ConnectivityDescribed{fair})
	spec.Given(proposed, ConnectivityDescribed{fair}).When(DescribeConnectivity{stamp, fair}).ThenNothing()
	spec.Given(proposed).When(DescribeConnectivity{stamp, Connectivity{Quality: "splendid"}}).Refused(domain.ErrUnknown)
	spec.Given(proposed).When(DescribeConnectivity{stamp, Connectivity{}}).Refused(domain.ErrRequired)
}

func TestDevelopmentPlan(t *testing.T) {
	spec := decider.For(t, Decider)
	recorded := PlanItemRecorded{item, "Lower maternal deaths."}
	spec.Given(proposed).When(RecordPlanItem{stamp, item, recorded.Text}).Then(recorded)
	spec.Given(proposed, recorded).When(RecordPlanItem{stamp, item, recorded.Text}).ThenNothing()
	spec.Given(proposed, recorded).When(RecordPlanItem{stamp, item, "Halve maternal deaths."}).Then(PlanItemRecorded{item, "Halve maternal deaths."})
	spec.Given(proposed).When(RecordPlanItem{stamp, item, ""}).Refused(domain.ErrRequired)
	spec.Given(proposed, recorded).When(DropPlanItem{stamp, item}).Then(PlanItemDropped{item})
	spec.Given(proposed).When(DropPlanItem{stamp, item}).ThenNothing()
}

func TestLinkages(t *testing.T) {
	spec := decider.For(t, Decider)
	added, ended := LinkageAdded{linkage, at}, LinkageEnded{twin, at}
	spec.Given(proposed).When(AddLinkage{stamp, linkage}).Then(added)
	spec.Given(proposed, added).When(AddLinkage{stamp, linkage}).ThenNothing()
	spec.Given(proposed, added, ended).When(AddLinkage{stamp, linkage}).Refused(ErrLinkageExists)
	spec.Given(proposed).When(AddLinkage{stamp, Linkage{ID: twin, Kind: "rivalry"}}).Refused(domain.ErrUnknown)
	spec.Given(proposed, added).When(EndLinkage{stamp, twin}).Then(ended)
	spec.Given(proposed, added, ended).When(EndLinkage{stamp, twin}).ThenNothing()
	spec.Given(proposed).When(EndLinkage{stamp, twin}).Refused(ErrNoLinkage)
}

func TestListsAreBounded(t *testing.T) {
	nth := func(n int) string { return domain.DeriveID([16]byte{1}, string(rune('a'+n))) }
	for name, tc := range map[string]struct {
		bound   int
		command func(n int) Command
	}{
		"units":        {MaxUnits, func(n int) Command { return AddUnit{stamp, domain.UnitID(nth(n)), "Unit", ""} }},
		"focal points": {MaxFocalPoints, func(n int) Command { return NameMissionFocalPoint{stamp, domain.PrincipalID(nth(n))} }},
		"contacts": {MaxContacts, func(n int) Command {
			return NameHostContact{stamp, Contact{ID: domain.ContactID(nth(n)), Name: personal.Of(nth(n), "Y")}}
		}},
		"plan items": {MaxPlanItems, func(n int) Command { return RecordPlanItem{stamp, domain.PlanItemID(nth(n)), "Item"} }},
		"linkages": {MaxLinkages, func(n int) Command {
			return AddLinkage{stamp, Linkage{ID: domain.LinkageID(nth(n)), Partner: "P", Kind: Twinning}}
		}},
	} {
		s := Decider.Fold(State{}, proposed)
		for n := range tc.bound {
			events, err := Decider.Decide(s, tc.command(n))
			if err != nil {
				t.Fatalf("%s: %d of %d: %v", name, n+1, tc.bound, err)
			}
			s = Decider.Fold(s, events...)
		}
		if _, err := Decider.Decide(s, tc.command(tc.bound)); domain.AsRefusals(err) == nil || !domain.ErrTooMany.Is(domain.AsRefusals(err)[0]) {
			t.Errorf("%s: over the bound: %v", name, err)
		}
	}
}

func TestScope(t *testing.T) {
	want := domain.Scope{Programme: programme, Country: "SO", Institution: id}
	if got := Aggregate.Scope(State{}, Propose{byFocal, id, programme, profile}); got != want {
		t.Errorf("propose: %+v", got)
	}
	if got := Aggregate.Scope(Decider.Fold(State{}, proposed), Approve{stamp}); got != want {
		t.Errorf("approve: %+v", got)
	}
}

func TestProperties(t *testing.T) {
	inUnit := contact
	inUnit.Unit = top
	protected := profile
	protected.Sensitivity, protected.Alias = domain.Protected, "A hospital"
	examples := []Command{
		Propose{byFocal, id, programme, profile}, Propose{byFocal, id, programme, profile}, Describe{stamp, protected},
		Return{stamp, "Mend it."}, Resubmit{byFocal}, Approve{stamp}, Refuse{stamp, "No."}, Suspend{stamp, "Flood."}, Resume{stamp}, Close{stamp, "Merged."},
		AddUnit{stamp, top, "Nursing", ""}, AddUnit{stamp, ward, "Maternity", top}, RenameUnit{stamp, ward, "Ward 3"}, RetireUnit{stamp, ward}, RetireUnit{stamp, top},
		NameMissionFocalPoint{stamp, focal}, RemoveMissionFocalPoint{stamp, focal}, NameHostContact{stamp, contact}, NameHostContact{stamp, inUnit}, RemoveHostContact{stamp, yusuf},
		SetCapacity{stamp, 3}, DescribeConnectivity{stamp, Connectivity{PoorConnection, 2, "Zoom"}},
		RecordPlanItem{stamp, item, "Lower deaths."}, DropPlanItem{stamp, item}, AddLinkage{stamp, linkage}, EndLinkage{stamp, twin},
	}
	decidertest.Contract(t, Aggregate, examples...)
	decidertest.Properties(t, Decider, decidertest.Mutations(examples...))
}

func TestLifecycle(t *testing.T) {
	steps := Lifecycle()
	for _, want := range []domain.Transition{
		{From: "", Event: "institution.Proposed", To: "proposed"},
		{From: "proposed", Event: "institution.Returned", To: "returned"},
		{From: "returned", Event: "institution.Resubmitted", To: "proposed"},
		{From: "proposed", Event: "institution.Approved", To: "active"},
		{From: "proposed", Event: "institution.Refused", To: "refused"},
		{From: "active", Event: "institution.Suspended", To: "suspended"},
		{From: "suspended", Event: "institution.Resumed", To: "active"},
		{From: "suspended", Event: "institution.Closed", To: "closed"},
	} {
		if !slices.Contains(steps, want) {
			t.Errorf("missing: %+v", want)
		}
	}
	for _, step := range steps {
		if step.From == "closed" || step.From == "refused" {
			t.Errorf("after the end: %+v", step)
		}
	}
}
