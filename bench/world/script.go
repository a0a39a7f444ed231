package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/internal/demo"
)

// today is the day of the world: everything before it has happened.
var today = domain.NewDate(2026, time.November, 22)

const (
	seed = 20261122
	// completes is the share of experts who complete their profile, in percent;
	// the others stop after the first session.
	completes = 30
	// owned is the share that signs in themselves; the others were imported.
	owned = 80
	// candidateEvery is which of the complete profiles become candidates.
	candidateEvery = 4
)

var namespace = [16]byte{0x77, 0x6f, 0x72, 0x6c, 0x64}

func idOf[T ~string](kind string, n int) T {
	return T(domain.DeriveID(namespace, fmt.Sprintf("%s|%d", kind, n)))
}

// host is an institution with its needs.
type host struct {
	demo.Institution
	cast demo.Cast
}

// script plays the world from the first day to today.
type script struct {
	size     Size
	ledger   *ledger
	managers []domain.PrincipalID
	hosts    []host
	needs    []*life[need.State, need.Command, need.Event]
	// candidates are experts whose lives go on.
	candidates []*life[expert.State, expert.Command, expert.Event]
	people     []demo.Person // of the candidates
	owners     []domain.PrincipalID
	chance     *rand.Rand
	consents   int
}

func newScript(size Size, l *ledger) *script {
	s := &script{size: size, ledger: l, chance: rand.New(rand.NewPCG(seed, 1))}
	for i := range 5 {
		s.managers = append(s.managers, idOf[domain.PrincipalID]("manager", i))
	}
	examples := demo.Institutions()
	for i := range size.Institutions {
		h := host{Institution: examples[i%len(examples)]}
		if i >= len(examples) {
			h.ID = idOf[domain.InstitutionID]("institution", i)
			h.Name = fmt.Sprintf("%s %d", h.Name, i/len(examples)+1)
			h.Units = nil
		}
		h.cast = demo.Cast{
			Programme: demo.ProgrammeID(), Manager: s.managers[i%len(s.managers)], Start: today.AddDays(-700 + i%300),
			FocalPoint:  domain.PrincipalID(domain.DeriveID(namespace, "focal|"+string(h.Country))),
			HostOfficer: idOf[domain.PrincipalID]("officer", i),
		}
		s.hosts = append(s.hosts, h)
	}
	return s
}

// owner is who signs in for expert i; empty for an imported one.
func (s *script) owner(i int) domain.PrincipalID {
	if i%100 >= owned {
		return ""
	}
	return idOf[domain.PrincipalID]("owner", i)
}

// subjects lists everybody whose personal values are sealed.
func (s *script) subjects() []string {
	out := make([]string, s.size.Experts)
	for i := range out {
		out[i] = string(demo.ExpertID(seed, i))
	}
	return out
}

func (s *script) play() error {
	for _, act := range []func(){s.open, s.publish, s.register, s.complete, s.place, s.confirm} {
		act()
		if err := s.ledger.flush(); err != nil {
			return err
		}
	}
	if s.ledger.events != s.size.Events {
		return fmt.Errorf("%d events came out, not %d", s.ledger.events, s.size.Events)
	}
	return nil
}

// open opens the programme, names its staff and approves the institutions.
func (s *script) open() {
	first := s.hosts[0].cast
	p := begin(&programme.Aggregate, string(first.Programme))
	for _, c := range first.OpenProgramme() {
		p.do(c)
	}
	p.end(s.ledger)
	admin := domain.Stamp{By: idOf[domain.PrincipalID]("administrator", 0), Role: domain.RoleAdministrator, At: today.AddDays(-10).Time()}
	grant := func(who domain.PrincipalID, role domain.Role, scope domain.Scope) {
		a := begin(&access.Aggregate, string(who))
		until := time.Time{}
		if role != domain.RoleHost {
			until = admin.At.AddDate(0, 11, 0)
		}
		a.do(access.Grant{Stamp: admin, Principal: who, Role: role, Scope: scope, Until: until, Reason: "Works for the programme"})
		a.end(s.ledger)
	}
	for _, m := range s.managers {
		grant(m, domain.RoleManager, domain.Scope{Programme: first.Programme})
	}
	var named []domain.PrincipalID
	for _, h := range s.hosts {
		i := begin(&institution.Aggregate, string(h.ID))
		for _, c := range h.cast.Host(h.Institution) {
			i.do(c)
		}
		i.end(s.ledger)
		grant(h.cast.HostOfficer, domain.RoleHost, domain.Scope{Institution: h.ID})
		if !slices.Contains(named, h.cast.FocalPoint) {
			named = append(named, h.cast.FocalPoint)
			grant(h.cast.FocalPoint, domain.RoleFocalPoint, domain.Scope{Country: h.Country})
		}
	}
}

// publish takes the needs to their publication: copies of the examples at every
// institution of the country.
func (s *script) publish() {
	byCountry := map[domain.Country][]host{}
	for _, h := range s.hosts {
		byCountry[h.Country] = append(byCountry[h.Country], h)
	}
	for i := range s.size.Needs {
		drafted := today.AddDays(-60 + i%50)
		terms := demo.Terms(drafted)
		t := terms[i%len(terms)]
		h := byCountry[t.Country][i/len(terms)%len(byCountry[t.Country])]
		if i >= len(terms) {
			t.ID = idOf[domain.NeedID]("need", i)
			t.Title = fmt.Sprintf("%s (%d)", t.Title, i/len(terms)+1)
		}
		t.Institution, t.Host, t.Unit = h.ID, h.Name, ""
		t.Positions = 1 + i%3
		cast := h.cast
		cast.Start = drafted
		n := begin(&need.Aggregate, string(t.ID))
		for _, c := range cast.Need(t) {
			if p, ok := c.(need.Publish); ok && p.Host.Protected {
				p.Host.Alias = "A public institution"
				c = p
			}
			n.do(c)
		}
		n.end(s.ledger)
		s.needs = append(s.needs, n)
	}
}

func (s *script) completed(i int) bool { return i*37%100 < completes }

// register is the first session of every expert: who they are and what they can.
func (s *script) register() {
	for i := range s.size.Experts {
		cast, p := s.hosts[i%len(s.hosts)].cast, demo.One(seed, i, today)
		x := begin(&expert.Aggregate, string(p.ID))
		for _, c := range cast.Expert(p, s.owner(i)) {
			switch c.(type) {
			case expert.Register, expert.DeclareIdentity, expert.DeclareResidence, expert.DeclareSkills,
				expert.DeclareLanguages, expert.DeclareHeritage:
				x.do(c)
			}
		}
		x.end(s.ledger)
	}
}

// complete is a later session of those who complete their profile, in another
// order than they came; the focal point then checks links, the manager gives a
// verdict.
func (s *script) complete() {
	for _, i := range s.chance.Perm(s.size.Experts) {
		if !s.completed(i) {
			continue
		}
		cast, p := s.hosts[i%len(s.hosts)].cast, demo.One(seed, i, today)
		x := begin(&expert.Aggregate, string(p.ID))
		var later []expert.Command
		for _, c := range cast.Expert(p, s.owner(i)) {
			switch c.(type) {
			case expert.Register, expert.DeclareIdentity, expert.DeclareResidence, expert.DeclareSkills,
				expert.DeclareLanguages, expert.DeclareHeritage:
				x.do(c)
			default:
				later = append(later, c)
			}
		}
		x.facts = nil // stored by the first session
		for _, c := range later {
			x.do(c)
		}
		x.end(s.ledger)
		x.do(expert.RecordEligibility{
			Stamp:     domain.Stamp{By: cast.Manager, Role: domain.RoleManager, At: today.AddDays(-20).Time()},
			Programme: cast.Programme, RuleVersion: 1,
		})
		x.end(s.ledger)
		if i%candidateEvery == 0 && s.owner(i) != "" {
			s.candidates, s.people, s.owners = append(s.candidates, x), append(s.people, p), append(s.owners, s.owner(i))
		}
	}
}

// confirm fills the log up: experts confirm that their profile is still right.
func (s *script) confirm() {
	for i := 0; s.ledger.events < s.size.Events; i++ {
		id := demo.ExpertID(seed, i%s.size.Experts)
		who, role := s.owner(i%s.size.Experts), domain.RoleExpert
		if who == "" {
			who, role = s.managers[0], domain.RoleManager
		}
		x := begin(&expert.Aggregate, string(id))
		x.state = expert.State{ID: id}
		x.do(expert.Reconfirm{Stamp: domain.Stamp{By: who, Role: role, At: today.AddDays(-1 - i/s.size.Experts).Time()}})
		x.end(s.ledger)
	}
}

func about(id domain.ExpertID, text string) personal.Text { return personal.Of(id, text) }
