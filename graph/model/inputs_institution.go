package model

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/institution"
)

// Inputs of the mutations of an institution: the target and the command. A field beside the command is
// what the command cannot take from a caller as it is: personal text, which
// names its subject, or a reference that is looked up.
type (
	ProposeInstitutionInput struct {
		New
		institution.Propose
	}
	DescribeInstitutionInput struct {
		ToInstitution
		institution.Describe
	}
	ReturnInstitutionInput struct {
		ToInstitution
		institution.Return
	}
	ResubmitInstitutionInput struct {
		ToInstitution
		institution.Resubmit
	}
	ApproveInstitutionInput struct {
		ToInstitution
		institution.Approve
	}
	RefuseInstitutionInput struct {
		ToInstitution
		institution.Refuse
	}
	SuspendInstitutionInput struct {
		ToInstitution
		institution.Suspend
	}
	ResumeInstitutionInput struct {
		ToInstitution
		institution.Resume
	}
	CloseInstitutionInput struct {
		ToInstitution
		institution.Close
	}
	AddInstitutionUnitInput struct {
		ToInstitution
		institution.AddUnit
	}
	RenameInstitutionUnitInput struct {
		ToInstitution
		institution.RenameUnit
	}
	RetireInstitutionUnitInput struct {
		ToInstitution
		institution.RetireUnit
	}
	NameMissionFocalPointInput struct {
		ToInstitution
		institution.NameMissionFocalPoint
	}
	RemoveMissionFocalPointInput struct {
		ToInstitution
		institution.RemoveMissionFocalPoint
	}
	NameHostContactInput struct {
		ToInstitution
		ID      domain.ContactID
		Contact HostContactInput
		institution.NameHostContact
	}
	RemoveHostContactInput struct {
		ToInstitution
		institution.RemoveHostContact
	}
	SetInstitutionCapacityInput struct {
		ToInstitution
		institution.SetCapacity
	}
	DescribeConnectivityInput struct {
		ToInstitution
		institution.DescribeConnectivity
	}
	RecordPlanItemInput struct {
		ToInstitution
		institution.RecordPlanItem
	}
	DropPlanItemInput struct {
		ToInstitution
		institution.DropPlanItem
	}
	AddLinkageInput struct {
		ToInstitution
		institution.AddLinkage
	}
	EndLinkageInput struct {
		ToInstitution
		institution.EndLinkage
	}
)
