package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/graph/schema"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// The objects of events are guarded where they come into being; that is asked
// again for every event.
var (
	ruleOfNeed        = schema.Claim("Subscription.candidaciesOfNeed")
	_                 = schema.Claim("Subscription.myCandidacies")
	_                 = schema.Claim("Subscription.myAssignments")
	ruleStreamNotices = schema.Claim("Subscription.myNotices")
	_                 = schema.Claim("Subscription.roundProgress")
)

// subscription resolves the fields of Subscription.
type subscription resolvers

// stream makes events of changes until ctx ends, the subscriber is too slow, or
// looking fails. Each event is looked at with the grants of its moment.
func stream[E any](ctx context.Context, d *Deps, wants func(*projections.Change) bool, look func(*model.Sight, changed) ([]*E, error)) <-chan *E {
	l, stop := d.Hub.listen(wants)
	return follow(ctx, d, l, stop, look)
}

// follow is stream for a listener that listens already.
func follow[E any](ctx context.Context, d *Deps, l *listener, stop func(), look func(*model.Sight, changed) ([]*E, error)) <-chan *E {
	events := make(chan *E)
	go func() {
		defer close(events)
		defer stop()
		for {
			select {
			case <-l.wake:
			case <-ctx.Done():
				return
			}
			changes, ok := l.take()
			if !ok {
				return
			}
			for _, c := range changes {
				s, err := d.look(ctx)
				if err != nil {
					return
				}
				found, err := look(s, c)
				if err != nil {
					return
				}
				for _, e := range found {
					select {
					case events <- e:
					case <-ctx.Done():
						return
					}
				}
			}
		}
	}()
	return events
}

func candidacyEvent(s *model.Sight, c changed) ([]*model.CandidacyEvent, error) {
	o, err := s.Candidacy(domain.CandidacyID(c.key))
	if o == nil || err != nil {
		return nil, err
	}
	return []*model.CandidacyEvent{{Candidacy: o, Position: c.position}}, nil
}

func assignmentEvent(s *model.Sight, c changed) ([]*model.AssignmentEvent, error) {
	o, err := s.Assignment(domain.AssignmentID(c.key))
	if o == nil || err != nil {
		return nil, err
	}
	return []*model.AssignmentEvent{{Assignment: o, Position: c.position}}, nil
}

// own is the principal's own profile, or a refusal.
func own(ctx context.Context) (domain.ExpertID, error) {
	s, err := sight(ctx)
	if err != nil {
		return "", err
	}
	if id := s.Who().Expert(); id != "" {
		return id, nil
	}
	return "", ErrNoProfile
}

func (r subscription) CandidaciesOfNeed(ctx context.Context, id scalar.GlobalID) (<-chan *model.CandidacyEvent, error) {
	n, err := find(ctx, id, (*model.Sight).Need, scalar.TypeNeed)
	if err != nil {
		return nil, err
	}
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	if n == nil || !s.Who().Decide(ruleOfNeed, authz.Object{Scope: n.Scope()}).Allowed {
		return nil, authz.ErrHidden
	}
	of := n.ID
	return stream(ctx, r.Deps, func(c *projections.Change) bool {
		return c.Table == views.Candidacies.Name && c.Related.Need == of
	}, candidacyEvent), nil
}

func (r subscription) MyCandidacies(ctx context.Context) (<-chan *model.CandidacyEvent, error) {
	expert, err := own(ctx)
	if err != nil {
		return nil, err
	}
	return stream(ctx, r.Deps, func(c *projections.Change) bool {
		return c.Table == views.Candidacies.Name && c.Related.Expert == expert
	}, candidacyEvent), nil
}

func (r subscription) MyAssignments(ctx context.Context) (<-chan *model.AssignmentEvent, error) {
	expert, err := own(ctx)
	if err != nil {
		return nil, err
	}
	return stream(ctx, r.Deps, func(c *projections.Change) bool {
		return c.Table == views.Assignments.Name && c.Related.Expert == expert
	}, assignmentEvent), nil
}

func (r subscription) MyNotices(ctx context.Context) (<-chan *model.NoticeEvent, error) {
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	who := s.Who()
	if !who.Decide(ruleStreamNotices, authz.Object{Principal: who.ID}).Allowed {
		return nil, authz.ErrSignedOut
	}
	told, err := s.Position()
	if err != nil {
		return nil, err
	}
	inboxes := map[string]bool{string(views.ToPrincipal(who.ID)): true, string(views.ToExpert(who.Expert())): who.Expert() != ""}
	return stream(ctx, r.Deps, func(c *projections.Change) bool {
		return c.Table == views.Inboxes.Name && inboxes[c.Key]
	}, func(s *model.Sight, _ changed) ([]*model.NoticeEvent, error) {
		return noticeEvents(s, &told)
	}), nil
}

// noticeEvents are the notices after the last one told.
func noticeEvents(s *model.Sight, told *eventstore.Position) ([]*model.NoticeEvent, error) {
	notices, err := s.NoticesAfter(*told)
	if err != nil {
		return nil, err
	}
	events := make([]*model.NoticeEvent, len(notices))
	for i, n := range notices {
		events[i] = &model.NoticeEvent{Notice: n, Position: n.Position}
		*told = n.Position
	}
	return events, nil
}
