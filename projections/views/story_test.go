package views_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// story is a world with one need that was filled by expert 0, from the draft to
// the plan of the assignment.
func story(t *testing.T) *world {
	w := newWorld(t)
	w.openProgramme(0)
	w.approveHost(0)
	w.registerExpert(0)
	w.registerExpert(1)
	w.toPublished(0, 0)
	w.must(w.expert(0, expert.RecordEligibility{Stamp: w.asManager(), Programme: programmeID(0), RuleVersion: 1}), "eligible")
	w.must(w.expert(1, expert.RecordEligibility{Stamp: w.asManager(), Programme: programmeID(0), RuleVersion: 1}), "eligible")
	w.toAccepted(0, 0)
	return w
}

func (w *world) view(t *testing.T, fn func(projections.Reader)) {
	t.Helper()
	read(t, fold(t, w.live, 16), func(r projections.Reader) error {
		fn(r)
		return nil
	})
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var ten = projections.Paging{First: 10}

func TestExperts(t *testing.T) {
	w := newWorld(t)
	w.registerExpert(0)
	w.registerExpert(1)
	w.must(w.expert(0, expert.DeclareSkills{Stamp: w.asExpert(0), Skills: []domain.SkillClaim{{Skill: "health.midwifery", Level: domain.Expert, Years: 7}}}), "skills")
	w.must(w.expert(0, expert.DeclareHeritage{Stamp: w.asExpert(0), Country: "SO"}), "heritage")
	w.must(w.expert(1, expert.Suspend{Stamp: w.asManager(), Reason: expert.SuspendedForConduct}), "suspend")
	w.view(t, func(r projections.Reader) {
		row := must[*views.ExpertRow](t)(views.Experts.Get(r, string(expertID(0))))
		same(t, "label", row.Label(), "Expert A000")
		same(t, "skills", row.Skills, []domain.SkillClaim{{Skill: "health.midwifery", Level: domain.Expert, Years: 7}})
		same(t, "countries", row.Countries(), []domain.Country{"SO"})
		same(t, "stage", row.Stage(), expert.StageRegistered)
		same(t, "missing parts", len(row.Completeness()), len(expert.Parts)-3)
		find := func(q views.ExpertQuery) int {
			return len(must[projections.Page[views.ExpertRow]](t)(views.FindExperts(r, q, ten)).Rows)
		}
		same(t, "all", find(views.ExpertQuery{}), 2)
		same(t, "by country", find(views.ExpertQuery{Country: "SO"}), 1)
		same(t, "suspended", find(views.ExpertQuery{Stage: expert.StageSuspended}), 1)
		same(t, "suspended in country", find(views.ExpertQuery{Stage: expert.StageSuspended, Country: "SO"}), 0)
		same(t, "eligible", find(views.ExpertQuery{Programme: programmeID(0)}), 0)
	})
}

func TestPeopleHoldTheTexts(t *testing.T) {
	w := story(t)
	w.must(w.host(0, institution.NameHostContact{Stamp: w.asHost(), Contact: institution.Contact{ID: contactID(0), Principal: officer, Name: personal.Of(contactID(0), "CANARY-contact")}}), "contact")
	w.view(t, func(r projections.Reader) {
		row := must[*views.PersonRow](t)(views.People.Get(r, string(expertID(0))))
		same(t, "name", must[string](t)(personal.Open(row.Identity.Name, personal.ToSubject)), "CANARY-name-0")
		var kinds []views.TextKind
		for _, text := range row.TextsOf(string(domain.CandidacyIDFor(needID(0), expertID(0)))) {
			kinds = append(kinds, text.Kind)
		}
		same(t, "texts", kinds, []views.TextKind{views.ApplicationText, views.InterviewNotes, views.HostDecisionNote, views.RecommendationText})
		contact := must[*views.ContactRow](t)(views.Contacts.Get(r, string(contactID(0))))
		same(t, "contact", must[string](t)(personal.Open(contact.Name, personal.ToCaseWork)), "CANARY-contact")
		host := must[*views.InstitutionRow](t)(views.Institutions.Get(r, string(hostID(0))))
		same(t, "contact of the host", host.Contacts, []views.ContactRef{{ID: contactID(0), Principal: officer}})
	})
	w.must(w.host(0, institution.RemoveHostContact{Stamp: w.asHost(), Contact: contactID(0)}), "remove contact")
	w.view(t, func(r projections.Reader) {
		same(t, "removed contact", must[*views.ContactRow](t)(views.Contacts.Get(r, string(contactID(0)))), nil)
	})
}

func TestNeedsBoard(t *testing.T) {
	w := newWorld(t)
	w.openProgramme(0)
	w.approveHost(0)
	w.toPublished(0, 0)
	w.now = w.now.Add(time.Hour)
	w.must(w.draftNeed(1, 0), "draft")
	w.view(t, func(r projections.Reader) {
		find := func(q views.NeedQuery) []domain.NeedID {
			var ids []domain.NeedID
			for _, row := range must[projections.Page[views.NeedRow]](t)(views.FindNeeds(r, q, ten)).Rows {
				ids = append(ids, row.ID)
			}
			return ids
		}
		first, second := needID(0), needID(1)
		same(t, "all by deadline", find(views.NeedQuery{}), []domain.NeedID{first, second})
		same(t, "all by newest", find(views.NeedQuery{Order: views.ByNewest}), []domain.NeedID{second, first})
		same(t, "published health in Somalia", find(views.NeedQuery{Status: need.StatusPublished, Sector: domain.Health, Country: "SO"}), []domain.NeedID{first})
		same(t, "drafts of the host", find(views.NeedQuery{Institution: hostID(0), Status: need.StatusDraft}), []domain.NeedID{second})
		same(t, "of the programme in another country", find(views.NeedQuery{Programme: programmeID(0), Country: "IQ"}), nil)
		same(t, "one word", find(views.NeedQuery{Text: "Hargeisa"}), []domain.NeedID{first, second})
		same(t, "words of title and public text", find(views.NeedQuery{Text: "midwives NORTH"}), []domain.NeedID{first})
		same(t, "a label of a skill", len(find(views.NeedQuery{Text: "midwifery"})), 2)
		same(t, "unknown word", find(views.NeedQuery{Text: "midwives submarine"}), nil)
		row := must[*views.NeedRow](t)(views.Needs.Get(r, string(first)))
		if !row.TakesCandidates(w.today()) || row.TakesCandidates(row.Deadline+1) || row.SeatsLeft() != 2 || row.SubmittedBy != officer {
			t.Fatalf("need: %+v", row)
		}
	})
}

func TestCandidacyHasFourDecisions(t *testing.T) {
	w := story(t)
	w.view(t, func(r projections.Reader) {
		c := must[*views.CandidacyRow](t)(views.Candidacies.Get(r, string(domain.CandidacyIDFor(needID(0), expertID(0)))))
		if c.Host == nil || !c.Host.Accepted || c.Host.By != officer || c.Host.Reason != string(candidacy.SuitsTheNeed) {
			t.Fatalf("host: %+v", c.Host)
		}
		if c.Recommendation == nil || c.Recommendation.By != focal {
			t.Fatalf("focal point: %+v", c.Recommendation)
		}
		if c.Approval == nil || c.Approval.By != manager || c.Approval.State != views.ApprovalConfirmed || c.Approval.Score.Total != 7345 {
			t.Fatalf("manager: %+v", c.Approval)
		}
		if c.Offer == nil || c.Offer.Answer == nil || !c.Offer.Answer.Accepted || c.Offer.Answer.By != expertPrincipal(0) {
			t.Fatalf("expert: %+v", c.Offer)
		}
		same(t, "stage", c.Stage, candidacy.StageAccepted)
		same(t, "score shown", c.Score.Rank, 1)
		n := must[*views.NeedRow](t)(views.Needs.Get(r, string(needID(0))))
		same(t, "counts of the need", []int{n.CandidatesAt(candidacy.StageAccepted), n.CandidatesTotal(), n.SeatsLeft()}, []int{1, 1, 1})
		for _, q := range []views.CandidacyQuery{
			{Index: views.CandidaciesOfNeed, ID: string(needID(0))},
			{Index: views.CandidaciesOfExpert, ID: string(expertID(0)), Stage: candidacy.StageAccepted},
			{Index: views.CandidaciesOfInstitution, ID: string(hostID(0))},
			{Index: views.CandidaciesOfProgramme, ID: string(programmeID(0)), Stage: candidacy.StageAccepted},
			{Index: views.CandidaciesOfCountry, ID: "SO"},
		} {
			same(t, q.Index, len(must[projections.Page[views.CandidacyRow]](t)(views.FindCandidacies(r, q, ten)).Rows), 1)
		}
	})
}

func TestAssignmentCourse(t *testing.T) {
	w := story(t)
	w.prepare(0, 0)
	w.now = w.period(0).From.Time().Add(10 * time.Hour)
	w.must(w.assignment(0, 0, assignment.Start{Stamp: w.asManager()}), "start")
	w.must(w.assignment(0, 0, assignment.SubmitReport{Stamp: w.asExpert(0), Kind: assignment.ArrivalReport, Text: about(0, "arrived")}), "report")
	w.view(t, func(r projections.Reader) {
		id := domain.AssignmentIDFor(domain.CandidacyIDFor(needID(0), expertID(0)))
		a := must[*views.AssignmentRow](t)(views.Assignments.Get(r, string(id)))
		same(t, "status", a.Status, assignment.StatusActive)
		same(t, "open items", a.OpenItems(), nil)
		same(t, "reports due", a.ReportsDue(), []views.Due{
			{What: "mid_term", By: a.StartedOn + 28}, {What: "final", By: a.Period.To + views.FinalReportDays},
		})
		same(t, "load of the host", must[*views.InstitutionRow](t)(views.Institutions.Get(r, string(hostID(0)))).Load, 1)
		m := must[views.Metrics](t)(views.MetricsOf(r, programmeID(0), a.Period.To.Time().AddDate(0, 0, views.FinalReportDays+1)))
		same(t, "overdue", []int{m.ReportsOverdue, m.ActiveAssignments, m.EvaluationsOverdue}, []int{1, 1, 1})
		m = must[views.Metrics](t)(views.MetricsOf(r, programmeID(0), a.StartedOn.Time()))
		same(t, "not overdue on the first day", m.ReportsOverdue, 0)
	})
	w.must(w.assignment(0, 0, assignment.Terminate{Stamp: w.asManager(), Reason: assignment.TerminatedSecurity}), "terminate")
	w.view(t, func(r projections.Reader) {
		same(t, "load after the end", must[*views.InstitutionRow](t)(views.Institutions.Get(r, string(hostID(0)))).Load, 0)
	})
}

func TestDashboard(t *testing.T) {
	w := story(t)
	w.now = w.now.Add(24 * time.Hour)
	w.view(t, func(r projections.Reader) {
		m := must[views.Metrics](t)(views.MetricsOf(r, programmeID(0), w.now))
		same(t, "to approval", m.ToApproved.Mean(), 48*time.Hour)
		same(t, "to publication", m.ToPublished.Mean(), 48*time.Hour)
		same(t, "host decision", m.HostDecision.Mean(), 72*time.Hour)
		same(t, "planned", m.Planned, 1)
		same(t, "by country", m.ByCountry, []views.Count{{Name: "SO", Count: 1}})
		same(t, "by sector", m.BySector, []views.Count{{Name: "health", Count: 1}})
		same(t, "never suggested", m.NeverSuggested, 1)
		same(t, "women", m.Women, [4]views.Share{{Women: 1, Known: 1, Total: 1}, {Women: 1, Known: 1, Total: 1}, {Women: 1, Known: 1, Total: 1}, {Women: 1, Known: 1, Total: 1}})
		same(t, "age of published needs", m.NeedAges, []views.Age{{State: "published", Count: 1, Median: 96 * time.Hour, Oldest: 96 * time.Hour}})
		if _, ok := m.Women[0].Permille(); ok {
			t.Fatal("a share of one person is shown")
		}
	})
	w.must(w.erase(0), "erase")
	w.view(t, func(r projections.Reader) {
		m := must[views.Metrics](t)(views.MetricsOf(r, programmeID(0), w.now))
		same(t, "women after the erasure", m.Women[0], views.Share{Total: 1})
	})
}

func TestSuppression(t *testing.T) {
	for _, c := range []struct {
		share views.Share
		want  int
		shown bool
	}{
		{views.Share{Women: 5, Known: 20}, 250, true},
		{views.Share{Women: 0, Known: 5}, 0, true},
		{views.Share{Women: 4, Known: 20}, 0, false},
		{views.Share{Women: 16, Known: 20}, 0, false},
		{views.Share{Women: 0, Known: 4}, 0, false},
	} {
		if got, ok := c.share.Permille(); got != c.want || ok != c.shown {
			t.Errorf("%+v: %d, %v", c.share, got, ok)
		}
	}
}

func TestHistorySaysWhoWhenWhy(t *testing.T) {
	w := story(t)
	w.must(w.need(0, need.Cancel{Stamp: w.asHost(), Reason: need.FundingReason}) || w.need(0, need.Close{Stamp: w.asManager(), Reason: "the ward closed"}), "close")
	w.view(t, func(r projections.Reader) {
		entries := must[[]views.HistoryEntry](t)(views.HistoryOf(r, "need", string(needID(0))))
		last := entries[len(entries)-1]
		if last.What != "need.Closed" || last.Actor != manager || last.Role != domain.RoleManager || last.Reason != "the ward closed" || !last.At().Equal(w.now) {
			t.Fatalf("last entry: %+v", last)
		}
		same(t, "first", entries[0].What, "need.Drafted")
		same(t, "of nothing", len(must[[]views.HistoryEntry](t)(views.HistoryOf(r, "need", "x"))), 0)
	})
}

func TestNotices(t *testing.T) {
	w := story(t)
	kinds := func(list []views.Notice) (out []string) {
		for _, n := range list {
			out = append(out, n.Kind)
		}
		return out
	}
	w.view(t, func(r projections.Reader) {
		mine, more, err := views.NoticesFor(r, 0, 3, views.ToExpert(expertID(0)), views.ToPrincipal(expertPrincipal(0)))
		if err != nil || !more {
			t.Fatalf("%v, %v", more, err)
		}
		same(t, "newest first", kinds(mine), []string{"assignment.Planned", "candidacy.Offered", "candidacy.Approved"})
		older, _, err := views.NoticesFor(r, mine[2].Position, 100, views.ToExpert(expertID(0)))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "older ones", kinds(older), []string{"candidacy.HostAccepted", "candidacy.InterviewRecorded", "candidacy.SharedWithHost", "candidacy.Shortlisted", "candidacy.Suggested", "expert.EligibilityConfirmed"})
		hosts, _, err := views.NoticesFor(r, 0, 100, views.ToPrincipal(officer))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "of the host", kinds(hosts), []string{"assignment.Planned", "candidacy.OfferAccepted", "candidacy.Approved", "candidacy.SharedWithHost", "need.Published", "need.Approved", "institution.Approved"})
		if _, _, err := views.NoticesFor(r, 0, projections.MaxPage+1); !errors.Is(err, projections.ErrPage) {
			t.Fatalf("too long a page: %v", err)
		}
	})
}

func TestInboxIsBounded(t *testing.T) {
	w := newWorld(t)
	w.registerExpert(0)
	w.must(w.expert(0, expert.DeclareHeritage{Stamp: w.asExpert(0), Country: "SO"}), "heritage")
	for i := range views.MaxNotices + 20 {
		if i%2 == 0 {
			w.must(w.expert(0, expert.Suspend{Stamp: w.asManager(), Reason: expert.SuspendedForOther}), "suspend")
		} else {
			w.must(w.expert(0, expert.Reinstate{Stamp: w.asManager()}), "reinstate")
		}
	}
	w.view(t, func(r projections.Reader) {
		row := must[*views.InboxRow](t)(views.Inboxes.Get(r, string(views.ToExpert(expertID(0)))))
		same(t, "notices kept", len(row.Notices), views.MaxNotices)
		same(t, "the last one", row.Notices[len(row.Notices)-1].Position, w.live[len(w.live)-1].Position)
	})
}

func TestGrants(t *testing.T) {
	w := story(t)
	grant := access.Grant{Stamp: w.as(admin, domain.RoleAdministrator), Principal: focal, Role: domain.RoleFocalPoint, Scope: domain.Scope{Country: "SO"}, Until: w.now.Add(time.Hour), Reason: "mission"}
	w.must(do(w, access.Aggregate, string(focal), access.Command(grant)), "grant")
	w.view(t, func(r projections.Reader) {
		row := must[*views.PrincipalRow](t)(views.Principals.Get(r, string(focal)))
		same(t, "in force", len(row.InForce(w.now)), 1)
		same(t, "after its end", len(row.InForce(w.now.Add(time.Hour))), 0)
		own := must[*views.PrincipalRow](t)(views.Principals.Get(r, string(expertPrincipal(0))))
		same(t, "own profile", own.Expert, expertID(0))
		same(t, "implied", own.InForce(w.now)[0].Scope, domain.Scope{Expert: expertID(0)})
		host := must[*views.PrincipalRow](t)(views.Principals.Get(r, string(officer)))
		same(t, "proposer", host.InForce(w.now)[0].Scope, domain.Scope{Institution: hostID(0)})
		same(t, "experts", must[int](t)(views.Principals.Count(r, views.PrincipalsByRole, string(domain.RoleExpert))), 2)
	})
}

func TestDisclosures(t *testing.T) {
	w := story(t)
	w.must(do(w, disclosure.Aggregate, string(expertID(0)), disclosure.Command(disclosure.Record{Stamp: w.asManager(), Expert: expertID(0), Purpose: personal.ToCaseWork, Fields: []disclosure.Field{disclosure.Name}})), "record")
	w.view(t, func(r projections.Reader) {
		list := must[[]views.Disclosure](t)(views.DisclosuresOf(r, expertID(0)))
		same(t, "number", len(list), 2)
		same(t, "shared", []any{list[0].Kind, list[0].Institution, list[0].By}, []any{views.SharedProfile, hostID(0), manager})
		same(t, "shown", []any{list[1].Kind, list[1].Fields, list[1].Purpose}, []any{views.ShownFields, []disclosure.Field{disclosure.Name}, personal.ToCaseWork})
	})
}

func TestProgrammes(t *testing.T) {
	w := newWorld(t)
	w.openProgramme(0)
	w.must(w.programme(0, programme.PlaceCountryHold{Stamp: w.asManager(), Country: "SO", Reason: programme.HoldSecurity}), "hold")
	check := func(held bool) {
		t.Helper()
		w.view(t, func(r projections.Reader) {
			row := must[*views.ProgrammeRow](t)(views.Programmes.Get(r, string(programmeID(0))))
			same(t, "held", row.Held("SO"), held)
			rules, ok := row.EligibilityOn(w.today())
			same(t, "rules in force", []any{rules.Version, ok}, []any{1, true})
			_, ok = row.EligibilityOn(w.today() - 1)
			same(t, "rules before", ok, false)
			same(t, "default policy", row.ScoringOn(w.today()).Version, 1)
		})
	}
	check(true)
	w.must(w.programme(0, programme.LiftCountryHold{Stamp: w.asManager(), Country: "SO"}), "lift")
	check(false)
}

func TestSweep(t *testing.T) {
	w := story(t)
	sweep := func() (left []string) {
		w.view(t, func(r projections.Reader) { left = must[[]string](t)(views.Sweep(r, expertID(0))) })
		return left
	}
	same(t, "before", sweep(), []string{"experts", "people", "monitoring", "disclosures", "inboxes", "history", "candidacies", "assignments", "involvements"})
	w.must(w.erase(0), "erase")
	same(t, "after", sweep(), nil)
}

// The feed, led batch by batch, holds what one that is loaded at the end holds.
func TestFeedFollowsAsItLoads(t *testing.T) {
	w := story(t)
	w.must(w.host(0, institution.SetCapacity{Stamp: w.asFocal(), MaxConcurrent: 1}), "capacity")
	w.must(w.programme(0, programme.PlaceCountryHold{Stamp: w.asManager(), Country: "SO", Reason: programme.HoldSecurity}), "hold")
	loaded := matcher.NewIndex(matcher.Policy{})
	engine := fold(t, w.live, 64)
	read(t, engine, func(r projections.Reader) error {
		return views.NewFeed(loaded, w.today()).Load(context.Background(), r)
	})
	n, ok := loaded.Need(needID(0))
	if !ok || !n.HostAtCapacity || !n.CountryHold || n.Seats != 1 {
		t.Fatalf("need: %+v, %v", n, ok)
	}
	e, ok := loaded.Expert(expertID(0))
	if !ok || len(e.Booked) != 1 || !e.Consent || !e.Active {
		t.Fatalf("expert: %+v, %v", e, ok)
	}
	followed := matcher.NewIndex(matcher.Policy{})
	feed := views.NewFeed(followed, w.today())
	read(t, fold(t, nil, 1), func(r projections.Reader) error { return feed.Load(context.Background(), r) })
	read(t, engine, func(r projections.Reader) error {
		var changes []projections.Change
		for _, table := range []projections.Schema{views.Needs, views.Experts, views.Institutions, views.Programmes} {
			for row, err := range r.Rows(table) {
				if err != nil {
					return err
				}
				changes = append(changes, projections.Change{Schema: table, Key: table.RowKey(row), Row: row})
			}
		}
		return feed.Follow(context.Background(), changes, r.Position())
	})
	m, _ := followed.Need(needID(0))
	same(t, "need, followed and loaded", m, n)
	same(t, "position", followed.Position(), loaded.Position())
	gone := projections.Change{Schema: views.Experts, Key: string(expertID(0))}
	if err := feed.Follow(context.Background(), []projections.Change{gone}, 999_999); err != nil {
		t.Fatal(err)
	}
	if _, ok := followed.Expert(expertID(0)); ok {
		t.Fatal("an erased expert is still ranked")
	}
}
