package views

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/matcher/planning"
	"github.com/diaspora-match/diaspora/projections"
)

// PlanningInput is what a round of a programme plans on a day, as the views
// stand: the published needs that take candidates, with the seats that nobody
// holds; how many more each host can carry; and the pairs whose candidacy has
// ended or holds a place.
func PlanningInput(r projections.Reader, id domain.ProgrammeID, terms planning.Terms, today domain.Date) (planning.Input, error) {
	in := planning.Input{Terms: terms, Today: today}
	hosts := map[domain.InstitutionID]bool{}
	for n, err := range Needs.Walk(r, string(ByDeadline), bucket("prog", string(id), string(need.StatusPublished)), "") {
		if err != nil {
			return in, err
		}
		if !n.TakesCandidates(today) {
			continue
		}
		if len(in.Openings) > round.MaxNeeds {
			return in, planning.ErrTooLarge
		}
		in.Openings = append(in.Openings, planning.Opening{
			Need: n.ID, Country: n.Country, Sector: n.Terms.Sector, Institution: n.Institution, Seats: n.SeatsLeft(),
		})
		if !hosts[n.Institution] {
			hosts[n.Institution] = true
			if err := room(r, n.Institution, &in); err != nil {
				return in, err
			}
		}
		for c, err := range Candidacies.Walk(r, CandidaciesOfNeed, string(n.ID), "") {
			if err != nil {
				return in, err
			}
			if c.Expert != "" && (c.Over() || c.Placed()) {
				in.Taken = append(in.Taken, round.Pair{Need: n.ID, Expert: c.Expert})
			}
		}
	}
	return in, nil
}

// room adds what a host with a limit can still carry: its assignments and the
// placements on their way to one are taken off.
func room(r projections.Reader, id domain.InstitutionID, in *planning.Input) error {
	host, err := Institutions.Get(r, string(id))
	if err != nil || host == nil || host.MaxConcurrent == 0 {
		return err
	}
	left := int(host.MaxConcurrent) - host.Load
	for _, stage := range []candidacy.Stage{candidacy.StageApprovalPending, candidacy.StageApproved, candidacy.StageOffered} {
		n, err := Candidacies.Count(r, CandidaciesOfInstitution, bucket(string(id), string(stage)))
		if err != nil {
			return err
		}
		left -= n
	}
	in.Hosts = append(in.Hosts, planning.Host{Institution: id, Room: max(left, 0)})
	return nil
}
