package institution

import "github.com/diaspora-match/diaspora/domain"

// Command asks something of an institution's stream.
//
//sumtype:decl
type Command interface {
	CommandType() string
	Stamped() domain.Stamp
	command()
}

type (
	// Propose creates an institution under the id of its stream.
	Propose struct {
		domain.Stamp
		Institution domain.InstitutionID
		Programme   domain.ProgrammeID
		Profile     Profile
	}
	// Describe replaces the profile. The country stays once it is approved.
	Describe struct {
		domain.Stamp
		Profile Profile
	}
	// Return sends a proposal back to be mended.
	Return struct {
		domain.Stamp
		Reason string
	}
	// Resubmit puts a returned proposal forward again.
	Resubmit struct {
		domain.Stamp
	}
	// Approve makes a proposal a host institution.
	Approve struct {
		domain.Stamp
	}
	// Refuse ends a proposal.
	Refuse struct {
		domain.Stamp
		Reason string
	}
	// Suspend stops new steps at the institution.
	Suspend struct {
		domain.Stamp
		Reason string
	}
	// Resume ends the suspension.
	Resume struct {
		domain.Stamp
	}
	// Close ends the institution's part for good.
	Close struct {
		domain.Stamp
		Reason string
	}

	// AddUnit adds a unit below another, or at the top.
	AddUnit struct {
		domain.Stamp
		Unit   domain.UnitID
		Name   string
		Parent domain.UnitID
	}
	// RenameUnit gives a unit another name.
	RenameUnit struct {
		domain.Stamp
		Unit domain.UnitID
		Name string
	}
	// RetireUnit takes a unit without living units below it out of use.
	RetireUnit struct {
		domain.Stamp
		Unit domain.UnitID
	}

	// NameMissionFocalPoint names who answers for it in the country mission.
	NameMissionFocalPoint struct {
		domain.Stamp
		Principal domain.PrincipalID
	}
	// RemoveMissionFocalPoint ends that.
	RemoveMissionFocalPoint struct {
		domain.Stamp
		Principal domain.PrincipalID
	}
	// NameHostContact names a contact person, or replaces what is known of one.
	NameHostContact struct {
		domain.Stamp
		Contact Contact
	}
	// RemoveHostContact ends that.
	RemoveHostContact struct {
		domain.Stamp
		Contact domain.ContactID
	}

	// SetCapacity says how many assignments it can carry at once.
	SetCapacity struct {
		domain.Stamp
		MaxConcurrent uint8
	}
	// DescribeConnectivity replaces what virtual work would rest on.
	DescribeConnectivity struct {
		domain.Stamp
		Connectivity Connectivity
	}
	// RecordPlanItem adds an item of the development plan or replaces its text.
	RecordPlanItem struct {
		domain.Stamp
		Item domain.PlanItemID
		Text string
	}
	// DropPlanItem takes an item out of the plan.
	DropPlanItem struct {
		domain.Stamp
		Item domain.PlanItemID
	}
	// AddLinkage records a tie with an institution in the Netherlands.
	AddLinkage struct {
		domain.Stamp
		Linkage Linkage
	}
	// EndLinkage ends a tie.
	EndLinkage struct {
		domain.Stamp
		Linkage domain.LinkageID
	}
)

func (Propose) CommandType() string                 { return "institution.Propose" }
func (Describe) CommandType() string                { return "institution.Describe" }
func (Return) CommandType() string                  { return "institution.Return" }
func (Resubmit) CommandType() string                { return "institution.Resubmit" }
func (Approve) CommandType() string                 { return "institution.Approve" }
func (Refuse) CommandType() string                  { return "institution.Refuse" }
func (Suspend) CommandType() string                 { return "institution.Suspend" }
func (Resume) CommandType() string                  { return "institution.Resume" }
func (Close) CommandType() string                   { return "institution.Close" }
func (AddUnit) CommandType() string                 { return "institution.AddUnit" }
func (RenameUnit) CommandType() string              { return "institution.RenameUnit" }
func (RetireUnit) CommandType() string              { return "institution.RetireUnit" }
func (NameMissionFocalPoint) CommandType() string   { return "institution.NameMissionFocalPoint" }
func (RemoveMissionFocalPoint) CommandType() string { return "institution.RemoveMissionFocalPoint" }
func (NameHostContact) CommandType() string         { return "institution.NameHostContact" }
func (RemoveHostContact) CommandType() string       { return "institution.RemoveHostContact" }
func (SetCapacity) CommandType() string             { return "institution.SetCapacity" }
func (DescribeConnectivity) CommandType() string    { return "institution.DescribeConnectivity" }
func (RecordPlanItem) CommandType() string          { return "institution.RecordPlanItem" }
func (DropPlanItem) CommandType() string            { return "institution.DropPlanItem" }
func (AddLinkage) CommandType() string              { return "institution.AddLinkage" }
func (EndLinkage) CommandType() string              { return "institution.EndLinkage" }

func (Propose) command()                 {}
func (Describe) command()                {}
func (Return) command()                  {}
func (Resubmit) command()                {}
func (Approve) command()                 {}
func (Refuse) command()                  {}
func (Suspend) command()                 {}
func (Resume) command()                  {}
func (Close) command()                   {}
func (AddUnit) command()                 {}
func (RenameUnit) command()              {}
func (RetireUnit) command()              {}
func (NameMissionFocalPoint) command()   {}
func (RemoveMissionFocalPoint) command() {}
func (NameHostContact) command()         {}
func (RemoveHostContact) command()       {}
func (SetCapacity) command()             {}
func (DescribeConnectivity) command()    {}
func (RecordPlanItem) command()          {}
func (DropPlanItem) command()            {}
func (AddLinkage) command()              {}
func (EndLinkage) command()              {}
