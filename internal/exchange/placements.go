package exchange

import (
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/projections/views"
)

var candidacyColumns = []Column{
	{Name: "id", way: outOnly, About: "UUID of the candidacy."},
	{Name: "need", way: outOnly, About: "UUID of the need."},
	{Name: "title", way: outOnly, About: "What the need asks for."},
	{Name: "host", way: outOnly, About: "How the host is shown."},
	{Name: "country", way: outOnly, About: "Country of the need."},
	{Name: "programme", way: outOnly, About: "UUID of the programme."},
	{Name: "expert", way: outOnly, About: "Random id of the expert; empty after an erasure."},
	{Name: "label", way: outOnly, About: "The expert's pseudonym."},
	{Name: "stage", way: outOnly, About: "Where it stands."},
	{Name: "since", way: outOnly, About: "Since which day."},
	{Name: "origin", way: outOnly, About: "How it began: suggested, applied or nominated."},
	{Name: "begun", way: outOnly, About: "On which day."},
	{Name: "willing", way: outOnly, About: "yes when the expert applied or agreed."},
	{Name: "score", way: outOnly, About: "The score that was shown, where one was."},
	{Name: "interviews", form: number, way: outOnly, About: "Interviews held."},
	{Name: "decide_by", way: outOnly, About: "Day by which the host is asked to decide."},
	{Name: "host_decision", way: outOnly, About: "accepted or declined, with its reason."},
	{Name: "recommendation", way: outOnly, About: "The focal point's opinion."},
	{Name: "approval", way: outOnly, About: "Where the manager's approval stands."},
	{Name: "period", way: outOnly, About: "First day/last day, once approved."},
	{Name: "modality", way: outOnly, About: "How, once approved."},
	{Name: "offer", way: outOnly, About: "made, accepted or declined."},
	{Name: "ended", way: outOnly, About: "How it ended, with its reason."},
}

var assignmentColumns = []Column{
	{Name: "id", way: outOnly, About: "UUID of the assignment."},
	{Name: "candidacy", way: outOnly, About: "UUID of the candidacy that it came from."},
	{Name: "need", way: outOnly, About: "UUID of the need."},
	{Name: "title", way: outOnly, About: "What the need asks for."},
	{Name: "host", way: outOnly, About: "How the host is shown."},
	{Name: "country", way: outOnly, About: "Country of the need."},
	{Name: "programme", way: outOnly, About: "UUID of the programme."},
	{Name: "sector", way: outOnly, About: "Sector of the need."},
	{Name: "crs", way: outOnly, About: "DAC purpose code of the need."},
	{Name: "expert", way: outOnly, About: "Random id of the expert; empty after an erasure."},
	{Name: "label", way: outOnly, About: "The expert's pseudonym."},
	{Name: "status", way: outOnly, About: "Where it stands."},
	{Name: "since", way: outOnly, About: "Since which day."},
	{Name: "from", way: outOnly, About: "First planned day."},
	{Name: "to", way: outOnly, About: "Last planned day."},
	{Name: "modality", way: outOnly, About: "How it is carried out."},
	{Name: "agreement", way: outOnly, About: "Day of the agreement."},
	{Name: "started", way: outOnly, About: "First day of work."},
	{Name: "ended", way: outOnly, About: "Last day of work."},
	{Name: "activities", form: number, way: outOnly, About: "Entries of the log of activities."},
	{Name: "hours", form: number, way: outOnly, About: "Hours in it."},
	{Name: "participants", way: outOnly, About: "Colleagues reached, all entries together; fewer than 5 are told as <5."},
	{Name: "reports", form: codes, way: outOnly, About: "Report:status."},
	{Name: "follows", way: outOnly, About: "UUID of the earlier assignment in the chain."},
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return domain.DateOf(t).String()
}

// because joins what was decided and why.
func because(what, why string) string { return strings.TrimSuffix(what+": "+why, ": ") }

// writeCandidacy is the row of an export. Need and host may be nil.
func writeCandidacy(c *views.CandidacyRow, n *views.NeedRow, host *views.InstitutionRow) record {
	r := record{
		"id": {string(c.ID)}, "need": {string(c.Need)}, "title": {titleOf(n)}, "host": {shownAs(host)}, "country": {string(c.Country)},
		"programme": {string(c.Programme)}, "expert": {string(c.Expert)}, "label": {views.ExpertLabel(c.Expert)},
		"stage": {string(c.Stage)}, "since": {day(c.StageSince)}, "origin": {string(c.Origin)}, "begun": {day(c.BegunAt)},
		"willing": {yesText(c.Willing)}, "interviews": {num(len(c.Interviews))},
	}
	if c.Score != nil {
		r["score"] = []string{c.Score.Total.String()}
	}
	if c.Shared != nil {
		r["decide_by"] = []string{c.Shared.DecideBy.String()}
	}
	if c.Host != nil {
		r["host_decision"] = []string{because(decided(c.Host.Accepted), c.Host.Reason)}
	}
	if c.Recommendation != nil {
		r["recommendation"] = []string{string(c.Recommendation.Grade)}
	}
	if c.Approval != nil {
		r["approval"] = []string{because(string(c.Approval.State), c.Approval.Reason)}
		if c.Approval.Period.From != 0 {
			r["period"], r["modality"] = []string{c.Approval.Period.String()}, []string{string(c.Approval.Modality)}
		}
	}
	if c.Offer != nil {
		r["offer"] = []string{"made"}
		if c.Offer.Answer != nil {
			r["offer"] = []string{because(decided(c.Offer.Answer.Accepted), c.Offer.Answer.Reason)}
		}
	}
	if c.Ended != nil {
		r["ended"] = []string{because(string(c.Ended.As), c.Ended.Reason)}
	}
	return r
}

func decided(accepted bool) string {
	if accepted {
		return "accepted"
	}
	return "declined"
}

func titleOf(n *views.NeedRow) string {
	if n == nil {
		return ""
	}
	return n.Terms.Title
}

// writeAssignment is the row of an export. Need and host may be nil.
func writeAssignment(a *views.AssignmentRow, n *views.NeedRow, host *views.InstitutionRow) record {
	hours, participants := 0, 0
	for _, entry := range a.Activities {
		hours, participants = hours+entry.Hours, participants+entry.Participants
	}
	r := record{
		"id": {string(a.ID)}, "candidacy": {string(a.Candidacy)}, "need": {string(a.Need)}, "title": {titleOf(n)}, "host": {shownAs(host)},
		"country": {string(a.Country)}, "programme": {string(a.Programme)}, "expert": {string(a.Expert)}, "label": {views.ExpertLabel(a.Expert)},
		"status": {string(a.Status)}, "since": {day(a.StatusSince)}, "from": {a.Period.From.String()}, "to": {a.Period.To.String()},
		"modality": {string(a.Modality)}, "agreement": {a.AgreementOn.String()}, "started": {a.StartedOn.String()}, "ended": {a.EndedOn.String()},
		"activities": {num(len(a.Activities))}, "hours": {num(hours)}, "participants": {suppressed(participants)}, "follows": {string(a.Follows)},
	}
	if n != nil {
		r["sector"], r["crs"] = []string{string(n.Terms.Sector)}, []string{string(n.Terms.CRS)}
	}
	for _, report := range a.Reports {
		r["reports"] = append(r["reports"], string(report.Kind)+":"+string(report.Status))
	}
	return r
}
