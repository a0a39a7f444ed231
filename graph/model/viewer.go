package model

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	ruleViewer    = rule("Query.viewer")
	ruleNotices   = rule("Notice")
	ruleGrants    = rule("Query.grants")
	ruleDashboard = rule("Dashboard")
)

// Viewer is who is asking.
type Viewer struct {
	ID domain.PrincipalID
	s  *Sight
}

// Viewer is the principal; nil when nobody is signed in.
func (s *Sight) Viewer() *Viewer {
	if !s.decide(ruleViewer, authz.Object{}).Allowed {
		return nil
	}
	return &Viewer{s.who.ID, s}
}

// Grants are those in force.
func (v *Viewer) Grants() ([]Grant, error) {
	all, err := v.s.Grants(v.ID)
	if err != nil {
		return nil, err
	}
	in := []Grant{}
	for _, g := range all {
		if g.grant.InForce(v.s.now) {
			in = append(in, g)
		}
	}
	return in, nil
}

// Expert is the own profile, or nil.
func (v *Viewer) Expert() (*Expert, error) {
	own := v.s.who.Expert()
	if own == "" {
		return nil, nil
	}
	return v.s.Expert(own)
}

// Institutions are those that the viewer is an officer of.
func (v *Viewer) Institutions() ([]*Institution, error) {
	return inOrder(v.s.who.Institutions(), v.s.institutionsByID)
}

// Programmes are those in which the viewer has a grant.
func (v *Viewer) Programmes() ([]*Programme, error) {
	var ids []domain.ProgrammeID
	for _, g := range v.s.who.Grants {
		if g.Scope.Programme != "" {
			ids = distinct(ids, g.Scope.Programme)
		}
	}
	return inOrder(ids, v.s.programmesByID)
}

func inOrder[K ~string, T any](ids []K, load func([]K) (map[K]*T, error)) ([]*T, error) {
	found, err := load(ids)
	if err != nil {
		return nil, err
	}
	out := make([]*T, 0, len(ids))
	for _, id := range ids {
		if o := found[id]; o != nil {
			out = append(out, o)
		}
	}
	return out, nil
}

// Notices lists what the platform tells the viewer, the latest first.
func (v *Viewer) Notices(first *int, after *string, last *int, before *string) (*NoticeConnection, error) {
	if !v.s.decide(ruleNotices, authz.Object{Principal: v.ID}).Allowed {
		return emptyNotices(), nil
	}
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	notices, err := v.s.notices()
	if err != nil {
		return nil, err
	}
	slices.Reverse(notices)
	return slice(notices, func(n views.Notice) eventstore.Position { return n.Position }, paging, notice)
}

func emptyNotices() *NoticeConnection {
	return &NoticeConnection{Nodes: []*Notice{}, PageInfo: &PageInfo{}}
}

// notices are all that the principal's inboxes keep, the latest first.
func (s *Sight) notices() ([]views.Notice, error) {
	to := []views.Recipient{views.ToPrincipal(s.who.ID)}
	if own := s.who.Expert(); own != "" {
		to = append(to, views.ToExpert(own))
	}
	var all []views.Notice
	err := s.read(func(r projections.Reader) error {
		all = nil
		before := eventstore.Position(0)
		for {
			some, more, err := views.NoticesFor(r, before, projections.MaxPage, to...)
			all = append(all, some...)
			if err != nil || !more {
				return err
			}
			before = some[len(some)-1].Position
		}
	})
	return all, err
}

// NoticesAfter are the notices of the principal after a position, in order.
func (s *Sight) NoticesAfter(position eventstore.Position) ([]*Notice, error) {
	if !s.decide(ruleNotices, authz.Object{Principal: s.who.ID}).Allowed {
		return nil, nil
	}
	all, err := s.notices()
	if err != nil {
		return nil, err
	}
	var out []*Notice
	for _, n := range slices.Backward(all) {
		if n.Position > position {
			out = append(out, notice(n))
		}
	}
	return out, nil
}

// Notice is something that the platform tells a person.
type Notice struct{ views.Notice }

func notice(n views.Notice) *Notice { return &Notice{n} }

// ID is the place of the fact in the log.
func (n *Notice) ID() eventstore.Position { return n.Position }

// Text is what it says.
func (n *Notice) Text() string { return noticeText(n.Kind) }

// Grant is a role over a scope.
type Grant struct {
	Principal domain.PrincipalID
	grant     views.Grant
}

// Grants are those of a principal, the past included; nil when one may not read
// them. They lie in the places that they are bound to.
func (s *Sight) Grants(id domain.PrincipalID) ([]Grant, error) {
	rows, err := many(s, views.Principals, []domain.PrincipalID{id})
	if err != nil {
		return nil, err
	}
	o, out := authz.Object{Principal: id}, []Grant{}
	if row := rows[id]; row != nil {
		for _, g := range row.Grants {
			o.Programmes = distinct(o.Programmes, g.Scope.Programme)
			o.Countries = distinct(o.Countries, g.Scope.Country)
			out = append(out, Grant{id, g})
		}
	}
	if !s.decide(ruleGrants, o).Allowed {
		return nil, nil
	}
	return out, nil
}

// The fields of a grant, and the scope that it is bound to.
func (g *Grant) ID() domain.GrantID                { return g.grant.ID }
func (g *Grant) Role() domain.Role                 { return g.grant.Role }
func (g *Grant) Programme() domain.ProgrammeID     { return g.grant.Scope.Programme }
func (g *Grant) Country() domain.Country           { return g.grant.Scope.Country }
func (g *Grant) Institution() domain.InstitutionID { return g.grant.Scope.Institution }
func (g *Grant) Expert() domain.ExpertID           { return g.grant.Scope.Expert }
func (g *Grant) Until() time.Time                  { return g.grant.Until }
func (g *Grant) Reason() string                    { return g.grant.Reason }
func (g *Grant) GrantedAt() time.Time              { return g.grant.At }
func (g *Grant) RevokedAt() time.Time              { return g.grant.RevokedAt }

// Node is the object of a global id, or nil.
func (s *Sight) Node(id scalar.GlobalID) (Node, error) {
	switch id.Type {
	case scalar.TypeProgramme:
		return node(s.Programme(domain.ProgrammeID(id.UUID)))
	case scalar.TypeInstitution:
		return node(s.Institution(domain.InstitutionID(id.UUID)))
	case scalar.TypeExpert:
		return node(s.Expert(domain.ExpertID(id.UUID)))
	case scalar.TypeNeed:
		return node(s.Need(domain.NeedID(id.UUID)))
	case scalar.TypePublished:
		return node(s.Published(domain.NeedID(id.UUID)))
	case scalar.TypeCandidacy:
		return node(s.Candidacy(domain.CandidacyID(id.UUID)))
	case scalar.TypeRound:
		return node(s.Round(domain.RoundID(id.UUID)))
	case scalar.TypeAssignment:
		return node(s.Assignment(domain.AssignmentID(id.UUID)))
	}
	return nil, nil
}

// node keeps a nil pointer from becoming an interface that is not nil.
func node[T any, P interface {
	*T
	Node
}](o P, err error) (Node, error) {
	if o == nil || err != nil {
		return nil, err
	}
	return o, nil
}

// HistoryOf lists what happened to the object of a global id; nil when one may
// not read it.
func (s *Sight) HistoryOf(id scalar.GlobalID, first *int, after *string, last *int, before *string) (*HistoryConnection, error) {
	n, err := s.Node(id)
	if err != nil {
		return nil, err
	}
	const place = "Query.history"
	switch o := n.(type) {
	case *Institution:
		return s.historyOf(place, "institution", id.UUID, institutionObject(o.InstitutionRow), first, after, last, before)
	case *Programme:
		return s.historyOf(place, "programme", id.UUID, programmeObject(o.ProgrammeRow), first, after, last, before)
	case *Expert:
		return s.historyOf(place, "expert", id.UUID, o.object, first, after, last, before)
	case *Need:
		return s.historyOf(place, "need", id.UUID, needObject(o.NeedRow), first, after, last, before)
	case *Candidacy:
		return s.historyOf(place, "candidacy", id.UUID, candidacyObject(o.CandidacyRow), first, after, last, before)
	case *Assignment:
		return s.historyOf(place, "assignment", id.UUID, assignmentObject(o.AssignmentRow), first, after, last, before)
	case *Round:
		return s.historyOf(place, "round", id.UUID, authz.Object{Scope: o.Scope()}, first, after, last, before)
	}
	return nil, nil
}
