package demo_test

import (
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/internal/demo"
)

func cast() demo.Cast {
	id := func(s string) domain.PrincipalID { return domain.PrincipalID(domain.DeriveID([16]byte{1}, s)) }
	return demo.Cast{
		Programme: demo.ProgrammeID(), Manager: id("manager"), FocalPoint: id("focal point"), HostOfficer: id("host"), Start: start,
	}
}

// run decides the commands one after the other. Each must be accepted and add
// something; said twice, it must add nothing.
func run[S any, C decider.Command, E decider.Event](t *testing.T, d decider.Decider[S, C, E], commands []C) S {
	t.Helper()
	s := d.Initial()
	for _, c := range commands {
		events, err := d.Decide(s, c)
		if err != nil {
			t.Fatalf("%s: %v", c.CommandType(), err)
		}
		if len(events) == 0 {
			t.Errorf("%s adds nothing", c.CommandType())
		}
		s = d.Fold(s, events...)
	}
	return s
}

func TestTheDecidersAcceptTheDemonstration(t *testing.T) {
	c := cast()
	opened := run(t, programme.Decider, c.OpenProgramme())
	if opened.ID != c.Programme {
		t.Errorf("programme %+v", opened)
	}
	for _, i := range demo.Institutions() {
		if s := run(t, institution.Decider, c.Host(i)); s.Stage != institution.StageActive || s.Profile.Name != i.Name {
			t.Errorf("%s: %+v", i.Name, s)
		}
	}
	for _, tor := range demo.Terms(start) {
		s := run(t, need.Decider, c.Need(tor))
		if s.Status != need.StatusPublished || s.Left() != tor.Positions || s.ID != tor.ID {
			t.Errorf("%s is %s with %d seats", tor.Reference, s.Status, s.Left())
		}
		if tor.Country == "AF" && (!s.Public.HostHidden || s.Public.HostShownAs == tor.Host) {
			t.Errorf("%s shows its protected host: %+v", tor.Reference, s.Public)
		}
	}
	for i, p := range demo.Generate(3, 400, start) {
		owner := domain.PrincipalID("")
		if i%2 == 0 {
			owner = domain.PrincipalID(domain.DeriveID([16]byte{2}, string(p.ID)))
		}
		s := run(t, expert.Decider, c.Expert(p, owner))
		m := p.Matching()
		if s.ID != p.ID || s.Principal != owner || s.ConfirmedOn != m.Confirmed || s.Residence != m.Residence || s.Occupation != m.Occupations[0] {
			t.Errorf("%s: %+v", p.ID, s)
		}
		if len(s.Skills) != len(m.Skills) || len(s.Languages) != len(m.Languages) || !slices.Equal(s.Availability, m.Available) {
			t.Errorf("%s: the profile is not what was drawn", p.ID)
		}
		for _, h := range m.Heritage {
			if link, ok := s.Link(h.Country); !ok || (link.Status == expert.LinkChecked) != h.Checked {
				t.Errorf("%s: link %+v, drawn %+v", p.ID, link, h)
			}
		}
	}
}
