package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/graph/model"
)

func (m mutation) institution(ctx context.Context, to model.ToInstitution, build func(domain.Stamp) institution.Command) (model.InstitutionResult, error) {
	return m.institutionPart(ctx, to, nil, build)
}

// institutionPart is for commands that add something with an id of its own.
func (m mutation) institutionPart(ctx context.Context, to model.ToInstitution, created *string, build func(domain.Stamp) institution.Command) (model.InstitutionResult, error) {
	d, r, err := run(ctx, m, &institution.Aggregate, string(to.Institution), to.CommandID, build)
	return answer(d, r, err, func(d done) (model.InstitutionResult, error) {
		o, err := d.Institution(to.Institution)
		position, command := d.at()
		return &model.InstitutionPayload{Institution: o, Created: created, Position: position, CommandID: command}, err
	})
}

func (m mutation) ProposeInstitution(ctx context.Context, in model.ProposeInstitutionInput) (model.InstitutionResult, error) {
	to := model.ToInstitution{New: in.New, Institution: newID[domain.InstitutionID](ctx, "institution", in.CommandID)}
	return m.institution(ctx, to, func(s domain.Stamp) institution.Command {
		in.Propose.Stamp, in.Propose.Institution = s, to.Institution
		return in.Propose
	})
}

func (m mutation) AddInstitutionUnit(ctx context.Context, in model.AddInstitutionUnitInput) (model.InstitutionResult, error) {
	id := newID[domain.UnitID](ctx, "unit", in.CommandID)
	return m.institutionPart(ctx, in.ToInstitution, pointer(id), func(s domain.Stamp) institution.Command {
		in.AddUnit.Stamp, in.AddUnit.Unit = s, id
		return in.AddUnit
	})
}

func (m mutation) NameHostContact(ctx context.Context, in model.NameHostContactInput) (model.InstitutionResult, error) {
	id := in.ID
	if id == "" {
		id = newID[domain.ContactID](ctx, "contact", in.CommandID)
	}
	c := in.Contact
	return m.institutionPart(ctx, in.ToInstitution, pointer(id), func(s domain.Stamp) institution.Command {
		return institution.NameHostContact{Stamp: s, Contact: institution.Contact{
			ID: id, Principal: deref(c.Principal), Unit: domain.UnitID(deref(c.Unit)),
			Name: personal.Of(id, c.Name), Email: personal.Of(id, deref(c.Email)),
			Phone: personal.Of(id, deref(c.Phone)), Function: personal.Of(id, deref(c.Function)),
		}}
	})
}

func (m mutation) RecordPlanItem(ctx context.Context, in model.RecordPlanItemInput) (model.InstitutionResult, error) {
	if in.Item == "" {
		in.Item = newID[domain.PlanItemID](ctx, "plan item", in.CommandID)
	}
	return m.institutionPart(ctx, in.ToInstitution, pointer(in.Item), func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.RecordPlanItem
	})
}

func (m mutation) AddLinkage(ctx context.Context, in model.AddLinkageInput) (model.InstitutionResult, error) {
	in.Linkage.ID = newID[domain.LinkageID](ctx, "linkage", in.CommandID)
	return m.institutionPart(ctx, in.ToInstitution, pointer(in.Linkage.ID), func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.AddLinkage
	})
}

func (m mutation) DescribeInstitution(ctx context.Context, in model.DescribeInstitutionInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.Describe
	})
}

func (m mutation) ReturnInstitution(ctx context.Context, in model.ReturnInstitutionInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.Return
	})
}

func (m mutation) ResubmitInstitution(ctx context.Context, in model.ResubmitInstitutionInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.Resubmit
	})
}

func (m mutation) ApproveInstitution(ctx context.Context, in model.ApproveInstitutionInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.Approve
	})
}

func (m mutation) RefuseInstitution(ctx context.Context, in model.RefuseInstitutionInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.Refuse
	})
}

func (m mutation) SuspendInstitution(ctx context.Context, in model.SuspendInstitutionInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.Suspend
	})
}

func (m mutation) ResumeInstitution(ctx context.Context, in model.ResumeInstitutionInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.Resume
	})
}

func (m mutation) CloseInstitution(ctx context.Context, in model.CloseInstitutionInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.Close
	})
}

func (m mutation) RenameInstitutionUnit(ctx context.Context, in model.RenameInstitutionUnitInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.RenameUnit
	})
}

func (m mutation) RetireInstitutionUnit(ctx context.Context, in model.RetireInstitutionUnitInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.RetireUnit
	})
}

func (m mutation) NameMissionFocalPoint(ctx context.Context, in model.NameMissionFocalPointInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.NameMissionFocalPoint
	})
}

func (m mutation) RemoveMissionFocalPoint(ctx context.Context, in model.RemoveMissionFocalPointInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.RemoveMissionFocalPoint
	})
}

func (m mutation) RemoveHostContact(ctx context.Context, in model.RemoveHostContactInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.RemoveHostContact
	})
}

func (m mutation) SetInstitutionCapacity(ctx context.Context, in model.SetInstitutionCapacityInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.SetCapacity
	})
}

func (m mutation) DescribeConnectivity(ctx context.Context, in model.DescribeConnectivityInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.DescribeConnectivity
	})
}

func (m mutation) DropPlanItem(ctx context.Context, in model.DropPlanItemInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.DropPlanItem
	})
}

func (m mutation) EndLinkage(ctx context.Context, in model.EndLinkageInput) (model.InstitutionResult, error) {
	return m.institution(ctx, in.ToInstitution, func(s domain.Stamp) institution.Command {
		in.Stamp = s
		return in.EndLinkage
	})
}
