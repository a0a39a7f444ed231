package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/internal/authz"
)

func (m mutation) need(ctx context.Context, to model.ToNeed, build func(domain.Stamp) need.Command) (model.NeedResult, error) {
	d, r, err := run(ctx, m, &need.Aggregate, string(to.Need), to.CommandID, build)
	return answer(d, r, err, func(d done) (model.NeedResult, error) {
		o, err := d.Need(to.Need)
		position, command := d.at()
		return &model.NeedPayload{Need: o, Position: position, CommandID: command}, err
	})
}

func (m mutation) DraftNeed(ctx context.Context, in model.DraftNeedInput) (model.NeedResult, error) {
	host, err := one(ctx, in.Institution, (*model.Sight).Institution)
	if err != nil {
		return refused[model.NeedResult](err)
	}
	to := model.ToNeed{New: in.New, Need: newID[domain.NeedID](ctx, "need", in.CommandID)}
	return m.need(ctx, to, func(s domain.Stamp) need.Command {
		in.Draft.Stamp, in.Draft.Need, in.Draft.Country = s, to.Need, host.Country()
		return in.Draft
	})
}

func (m mutation) DuplicateNeed(ctx context.Context, in model.DuplicateNeedInput) (model.NeedResult, error) {
	from, err := one(ctx, in.Need, (*model.Sight).Need)
	if err != nil {
		return refused[model.NeedResult](err)
	}
	to := model.ToNeed{New: in.New, Need: newID[domain.NeedID](ctx, "need", in.CommandID)}
	return m.need(ctx, to, func(s domain.Stamp) need.Command {
		return need.Draft{
			Stamp: s, Need: to.Need, Programme: from.NeedRow.Programme, Institution: from.NeedRow.Institution,
			Country: from.Country, Terms: from.NeedRow.Terms, DuplicateOf: from.ID,
		}
	})
}

func (m mutation) PublishNeed(ctx context.Context, in model.PublishNeedInput) (model.NeedResult, error) {
	host, err := m.host(ctx, in.Need)
	if err != nil {
		return refused[model.NeedResult](err)
	}
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp, in.Host = s, host
		return in.Publish
	})
}

func (m mutation) ChangeNeedPublicText(ctx context.Context, in model.ChangeNeedPublicTextInput) (model.NeedResult, error) {
	host, err := m.host(ctx, in.Need)
	if err != nil {
		return refused[model.NeedResult](err)
	}
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp, in.Host = s, host
		return in.ChangePublicText
	})
}

// host is how the host of a need may be shown: protected when the institution,
// its area or its country is.
func (m mutation) host(ctx context.Context, id domain.NeedID) (need.Host, error) {
	n, err := one(ctx, id, (*model.Sight).Need)
	if err != nil {
		return need.Host{}, err
	}
	i, err := n.Institution()
	if err != nil {
		return need.Host{}, err
	}
	p, err := n.Programme()
	if err != nil {
		return need.Host{}, err
	}
	if i == nil || p == nil {
		return need.Host{}, authz.ErrHidden
	}
	host := need.Host{Name: i.Profile.Name, Alias: i.Profile.Alias, Protected: i.Profile.Sensitivity == domain.Protected}
	if c := p.ProgrammeRow.Country(n.Country); c != nil {
		host.Protected = host.Protected || c.Sensitivity == domain.Protected
		for _, a := range c.Areas {
			if a.Area == n.NeedRow.Terms.Area || a.Area == i.Profile.Area {
				host.Protected = host.Protected || a.Sensitivity == domain.Protected
			}
		}
	}
	return host, nil
}

// one is an object that the principal may see; ErrHidden when there is none.
func one[K ~string, T any](ctx context.Context, id K, look func(*model.Sight, K) (*T, error)) (*T, error) {
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	o, err := look(s, id)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, authz.ErrHidden
	}
	return o, nil
}

func (m mutation) ReviseNeed(ctx context.Context, in model.ReviseNeedInput) (model.NeedResult, error) {
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp = s
		return in.Revise
	})
}

func (m mutation) SubmitNeed(ctx context.Context, in model.SubmitNeedInput) (model.NeedResult, error) {
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp = s
		return in.Submit
	})
}

func (m mutation) ReturnNeed(ctx context.Context, in model.ReturnNeedInput) (model.NeedResult, error) {
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp = s
		return in.Return
	})
}

func (m mutation) ApproveNeed(ctx context.Context, in model.ApproveNeedInput) (model.NeedResult, error) {
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp = s
		return in.Approve
	})
}

func (m mutation) PauseNeed(ctx context.Context, in model.PauseNeedInput) (model.NeedResult, error) {
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp = s
		return in.Pause
	})
}

func (m mutation) ResumeNeed(ctx context.Context, in model.ResumeNeedInput) (model.NeedResult, error) {
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp = s
		return in.Resume
	})
}

func (m mutation) CloseNeed(ctx context.Context, in model.CloseNeedInput) (model.NeedResult, error) {
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp = s
		return in.Close
	})
}

func (m mutation) CancelNeed(ctx context.Context, in model.CancelNeedInput) (model.NeedResult, error) {
	return m.need(ctx, in.ToNeed, func(s domain.Stamp) need.Command {
		in.Stamp = s
		return in.Cancel
	})
}
