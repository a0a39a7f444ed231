package views_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

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
)

// drawInt is a number from 0 up to n, excluded.
func drawInt(t *rapid.T, n int, what string) int { return rapid.IntRange(0, n-1).Draw(t, what) }

// history makes a random valid history: random commands in a small world, of
// which the refused ones leave no trace.
func (w *world) history(t *rapid.T, steps int) {
	w.openProgramme(0)
	w.approveHost(0)
	w.toPublished(0, 0)
	w.registerExpert(0)
	for range steps {
		w.now = w.now.Add(time.Duration(drawInt(t, 30, "hours")) * time.Hour)
		n, x := drawInt(t, 3, "need"), drawInt(t, 4, "expert")
		switch drawInt(t, 17, "what") {
		case 0, 1, 2, 3:
			w.advance(t, n, x)
		case 4, 5:
			w.randomCandidacy(t, n, x)
		case 6, 7:
			w.randomExpert(t, x)
		case 8:
			w.randomNeed(t, n)
		case 9:
			w.randomHost(t)
		case 10, 12, 13:
			if len(w.planned) > 0 {
				at := w.planned[drawInt(t, len(w.planned), "assignment")]
				w.randomAssignment(t, at[0], at[1])
			}
		case 11:
			w.randomRest(t, x)
		case 14, 15:
			w.randomRound(t, n, x)
		case 16:
			w.randomLook(t, n, x)
		}
	}
}

// advance does the next step of a placement.
func (w *world) advance(t *rapid.T, n, x int) {
	switch w.stage(n, x) {
	case "":
		w.candidacy(n, x, candidacy.Suggest{Stamp: w.as(manager2, domain.RoleManager), Ref: w.ref(n, x), Score: w.shown(), Rank: 1 + drawInt(t, 5, "rank")})
	case candidacy.StageSuggested, candidacy.StageNominated:
		w.candidacy(n, x, candidacy.Apply{Stamp: w.asExpert(x), Ref: w.ref(n, x), Motivation: about(x, "because"), Consent: w.consent(len(w.log))})
	case candidacy.StageApplied:
		w.candidacy(n, x, candidacy.ShareWithHost{Stamp: w.asManager(), Consent: w.consent(len(w.log))})
	case candidacy.StageAwaitingHost, candidacy.StageInterviewed:
		w.candidacy(n, x, candidacy.HostDecide{Stamp: w.asHost(), Accept: true, Reason: candidacy.SuitsTheNeed})
	case candidacy.StageHostAccepted:
		w.place(n, x)
	case candidacy.StageApproved:
		w.candidacy(n, x, candidacy.MakeOffer{Stamp: w.asManager()})
	case candidacy.StageOffered:
		if drawInt(t, 3, "no") == 0 {
			w.candidacy(n, x, candidacy.DeclineOffer{Stamp: w.asExpert(x), Reason: candidacy.NotAvailable, Note: about(x, "busy")})
		}
		if w.candidacy(n, x, candidacy.AcceptOffer{Stamp: w.asExpert(x)}) {
			w.plan(n, x)
		}
	case candidacy.StageAccepted:
		w.prepare(n, x)
		w.now = max2(w.now, w.period(n).From.Time().Add(time.Hour))
		w.assignment(n, x, assignment.Start{Stamp: w.asManager()})
	}
}

func max2(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (w *world) randomCandidacy(t *rapid.T, n, x int) {
	candidate := []candidacy.Command{
		candidacy.Nominate{Stamp: w.asFocal(), Ref: w.ref(n, x), Reason: about(x, "known")},
		candidacy.AgreeToNomination{Stamp: w.asExpert(x), Consent: w.consent(len(w.log))},
		candidacy.GiveConsent{Stamp: w.asExpert(x), Consent: w.consent(len(w.log))},
		candidacy.WithdrawConsent{Stamp: w.asExpert(x)},
		candidacy.Withdraw{Stamp: w.asExpert(x), Reason: candidacy.FamilyReason, Note: about(x, "family")},
		candidacy.Shortlist{Stamp: w.asManager()},
		candidacy.RecordInterview{Stamp: w.asFocal(), Date: w.today(), Recommendation: candidacy.Recommended, Notes: about(x, "fine")},
		candidacy.HostDecide{Stamp: w.asHost(), Reason: candidacy.SkillsMissing, Note: about(x, "no")},
		candidacy.RemindHost{Stamp: w.asSystem(), Number: 1},
		candidacy.ExpireHostDecision{Stamp: w.asSystem()},
		candidacy.Recommend{Stamp: w.asFocal(), Recommendation: candidacy.WithReservations, Reason: about(x, "hm")},
		candidacy.Refuse{Stamp: w.asManager(), Reason: candidacy.NotSuitable, Note: about(x, "no")},
		candidacy.DeclineOffer{Stamp: w.asExpert(x), Reason: candidacy.NotAvailable, Note: about(x, "busy")},
		candidacy.PlaceInReserve{Stamp: w.asManager()},
		candidacy.CallFromReserve{Stamp: w.asManager()},
		candidacy.Supersede{Stamp: w.asManager(), Candidacy: domain.CandidacyIDFor(needID((n+1)%3), expertID(x))},
		candidacy.CloseWithNotice{Stamp: w.asSystem(), Reason: candidacy.NeedFilled},
	}
	w.candidacy(n, x, candidate[drawInt(t, len(candidate), "candidacy command")])
}

func (w *world) randomExpert(t *rapid.T, x int) {
	stamp := w.asExpert(x)
	country := []domain.Country{"SO", "IQ"}[drawInt(t, 2, "country")]
	commands := []expert.Command{
		expert.Register{Stamp: stamp, Expert: expertID(x), Principal: expertPrincipal(x), Processing: expert.Processing{TextHash: hash, Language: "en"}},
		expert.Register{Stamp: w.asManager(), Expert: expertID(x), Programme: programmeID(0), Processing: expert.Processing{TextHash: hash, Language: "nl"}},
		expert.LinkPrincipal{Stamp: w.asSystem(), Principal: expertPrincipal(x)},
		expert.DeclareIdentity{Stamp: stamp, Identity: expert.Identity{
			Name: about(x, "N"), Gender: about(x, []string{"female", "male"}[drawInt(t, 2, "gender")]), BirthYear: about(x, []string{"1979", "1980"}[drawInt(t, 2, "year")]),
		}},
		expert.DeclareMotivation{Stamp: stamp, Motivation: about(x, "I want to help")},
		expert.DeclareCV{Stamp: stamp, CV: about(x, "a life")},
		expert.DeclareSkills{Stamp: stamp, Skills: []domain.SkillClaim{{Skill: "health.midwifery", Level: domain.SkillLevel(1 + drawInt(t, 4, "level")), Years: 4}}},
		expert.WithdrawSkills{Stamp: stamp, Skills: []domain.Skill{"health.midwifery"}},
		expert.DeclareLanguages{Stamp: stamp, Languages: []domain.LanguageClaim{{Language: "so", Level: domain.C1}}},
		expert.DeclareEducation{Stamp: stamp, Education: []domain.Education{{Level: 7, Field: "0913"}}},
		expert.DeclareExperience{Stamp: stamp, Experience: expert.Experience{Years: 9, Sectors: []expert.SectorExperience{{Sector: domain.Health, Years: 9}}}},
		expert.DeclareResidence{Stamp: stamp, Country: "NL"},
		expert.DeclareAvailability{Stamp: stamp, Windows: []domain.Availability{{Period: domain.Period{From: w.today(), To: w.today().AddDays(300)}}}},
		expert.DeclarePreferences{Stamp: stamp, Preferences: expert.Preferences{Modalities: []domain.Modality{domain.Physical}}},
		expert.DeclareReferences{Stamp: stamp, References: []expert.Reference{{Name: about(x, "Ref"), Contact: about(x, "mail"), Relation: about(x, "boss")}}},
		expert.WithdrawPart{Stamp: stamp, Part: expert.Parts[drawInt(t, len(expert.Parts), "part")]},
		expert.DeclareHeritage{Stamp: stamp, Country: country},
		expert.WithdrawHeritage{Stamp: stamp, Country: country},
		expert.CheckHeritage{Stamp: w.asFocal(), Country: country, How: expert.ByInterview},
		expert.RefuseHeritage{Stamp: w.asFocal(), Country: country, How: expert.ByEmbassy},
		expert.RecordEligibility{Stamp: w.asManager(), Programme: programmeID(0), RuleVersion: 1},
		expert.RecordEligibility{Stamp: w.asManager(), Programme: programmeID(0), RuleVersion: 1, Failed: []expert.Rule{"residence"}},
		expert.GiveConsent{Stamp: stamp, Consent: expert.Consent{ID: consentID(1000 + x), Purpose: expert.ShareWithHost, Institution: hostID(0), Need: needID(0), TextHash: hash, Language: "en", Until: w.today().AddDays(90)}},
		expert.WithdrawConsent{Stamp: stamp, Consent: consentID(1000 + x)},
		expert.DeclareConflict{Stamp: stamp, Institutions: []domain.InstitutionID{hostID(1)}},
		expert.Reconfirm{Stamp: stamp},
		expert.MakeDormant{Stamp: w.asSystem(), UnconfirmedSince: w.today().AddDays(1)},
		expert.Suspend{Stamp: w.asManager(), Reason: expert.SuspendedForConduct, Note: about(x, "note")},
		expert.Reinstate{Stamp: w.asManager(), Note: about(x, "fine again")},
	}
	w.expert(x, commands[drawInt(t, len(commands), "expert command")])
}

func (w *world) randomNeed(t *rapid.T, n int) {
	terms := w.terms()
	terms.Positions = 1 + drawInt(t, 3, "positions")
	terms.Sector = domain.Sectors[drawInt(t, len(domain.Sectors), "sector")]
	commands := []need.Command{
		need.Revise{Stamp: w.asHost(), Terms: terms, Reason: "more people"},
		need.Return{Stamp: w.asManager(), Reason: "say more"},
		need.Submit{Stamp: w.asHost()}, need.Approve{Stamp: w.asManager()},
		need.Pause{Stamp: w.asManager(), Reason: "rain"}, need.Resume{Stamp: w.asManager()},
		need.Expire{Stamp: w.asSystem()}, need.Close{Stamp: w.asManager(), Reason: "done"},
		need.Cancel{Stamp: w.asHost(), Reason: need.FundingReason, Note: "no money"},
	}
	if !w.draftNeed(n, drawInt(t, 2, "host")) && !w.publish(n) {
		w.need(n, commands[drawInt(t, len(commands), "need command")])
	}
}

func (w *world) randomHost(t *rapid.T) {
	n := drawInt(t, 2, "host")
	contact := institution.Contact{ID: contactID(n), Principal: officer, Name: personal.Of(contactID(n), "Contact")}
	commands := []institution.Command{
		institution.Propose{Stamp: w.asHost(), Institution: hostID(n), Programme: programmeID(0), Profile: institution.Profile{
			Name: "University", Type: institution.University, Country: "SO", Sensitivity: domain.Open, Sectors: []domain.Sector{domain.Health}}},
		institution.Approve{Stamp: w.asManager()}, institution.Suspend{Stamp: w.asManager(), Reason: "audit"}, institution.Resume{Stamp: w.asManager()},
		institution.AddUnit{Stamp: w.asHost(), Unit: id[domain.UnitID](8, 0), Name: "Ward"},
		institution.RenameUnit{Stamp: w.asHost(), Unit: id[domain.UnitID](8, 0), Name: "Maternity ward"},
		institution.RetireUnit{Stamp: w.asHost(), Unit: id[domain.UnitID](8, 0)},
		institution.NameMissionFocalPoint{Stamp: w.asManager(), Principal: focal},
		institution.RemoveMissionFocalPoint{Stamp: w.asManager(), Principal: focal},
		institution.NameHostContact{Stamp: w.asHost(), Contact: contact}, institution.RemoveHostContact{Stamp: w.asHost(), Contact: contactID(n)},
		institution.SetCapacity{Stamp: w.asFocal(), MaxConcurrent: uint8(1 + drawInt(t, 3, "capacity"))},
		institution.DescribeConnectivity{Stamp: w.asHost(), Connectivity: institution.Connectivity{Quality: institution.FairConnection}},
		institution.RecordPlanItem{Stamp: w.asHost(), Item: id[domain.PlanItemID](9, 0), Text: "Better wards"},
	}
	w.host(n, commands[drawInt(t, len(commands), "host command")])
}

func (w *world) randomAssignment(t *rapid.T, n, x int) {
	respondent := "aaaaaaaa-0000-4000-8000-000000000001"
	commands := []assignment.Command{
		assignment.RecordAgreement{Stamp: w.asManager(), On: w.today()},
		assignment.ProposeWorkPlan{Stamp: w.asHost(), Items: []assignment.PlanItem{{Output: 1, Activity: "Teach"}}},
		assignment.AgreeWorkPlan{Stamp: w.asExpert(x), Version: 1},
		assignment.CompleteItem{Stamp: w.asManager(), Item: assignment.Items[drawInt(t, len(assignment.Items), "item")]},
		assignment.WaiveItem{Stamp: w.asManager(), Item: assignment.Items[drawInt(t, len(assignment.Items), "item")], Reason: about(x, "has one")},
		assignment.SwitchModality{Stamp: w.asManager(), To: domain.Modalities[drawInt(t, 3, "modality")], Reason: about(x, "roads")},
		assignment.Suspend{Stamp: w.asManager(), Reason: assignment.SuspendedSecurity, Note: about(x, "left")},
		assignment.Resume{Stamp: w.asManager()},
		assignment.Extend{Stamp: w.asManager(), To: w.period(n).To.AddDays(20), Reason: about(x, "more to do")},
		assignment.UndoExtension{Stamp: w.asSystem(), From: w.period(n).To, To: w.period(n).To.AddDays(20), AskedBy: w.asManager().By},
		assignment.CheckIn{Stamp: w.asFocal(), Concern: true, Notes: about(x, "tired")},
		assignment.LogActivity{Stamp: w.asExpert(x), Activity: assignment.ActivityID(fmt.Sprintf("bbbbbbbb-0000-4000-8000-%012x", len(w.log))), Date: w.today(), Method: "lecturing", Hours: 3, Participants: 9, Level: assignment.Creation},
		assignment.SubmitReport{Stamp: w.asExpert(x), Kind: assignment.ReportKinds[drawInt(t, 3, "kind")], Text: about(x, "report")},
		assignment.AcceptReport{Stamp: w.asManager(), Kind: assignment.FinalReport},
		assignment.ReturnReport{Stamp: w.asManager(), Kind: assignment.ArrivalReport, Reason: about(x, "more")},
		assignment.Complete{Stamp: w.asManager()},
		assignment.Terminate{Stamp: w.asManager(), Reason: assignment.HostStepsBack, Note: about(x, "sad")},
		assignment.AnswerEvaluation{Stamp: w.asExpert(x), Wave: assignment.Before, Respondent: assignment.ExpertRespondent, Answers: assignment.Answers{Transmission: 3, Creation: 3, Organisational: 3}, Comment: about(x, "good")},
		assignment.AnswerEvaluation{Stamp: w.asHost(), Wave: assignment.After, Respondent: assignment.ColleagueRespondent, RespondentID: respondent, Answers: assignment.Answers{Transmission: 3, Creation: 2, Organisational: 1}, Comment: personal.Of(respondent, "helpful")},
		assignment.ProposeFollowUp{Stamp: w.asHost(), Kind: assignment.FollowUpExchange, Reason: about(x, "again")},
		assignment.Close{Stamp: w.asManager()},
	}
	w.assignment(n, x, commands[drawInt(t, len(commands), "assignment command")])
}

func (w *world) randomRest(t *rapid.T, x int) {
	who := []domain.PrincipalID{officer, focal, expertPrincipal(x)}[drawInt(t, 3, "principal")]
	grant := access.Grant{Stamp: w.as(admin, domain.RoleAdministrator), Principal: who, Role: domain.RoleHost, Scope: domain.Scope{Institution: hostID(0)}, Reason: "works there"}
	switch drawInt(t, 7, "rest") {
	case 0:
		do(w, access.Aggregate, string(who), access.Command(grant))
	case 1:
		do(w, access.Aggregate, string(who), access.Command(access.EndSessions{Stamp: w.as(admin, domain.RoleAdministrator), Principal: who, Reason: "lost device"}))
	case 2:
		if _, ok := w.states["access-"+string(who)]; ok {
			for _, e := range w.live {
				if g, ok := e.Event.(access.GrantGiven); ok && g.Principal == who {
					do(w, access.Aggregate, string(who), access.Command(access.Revoke{Stamp: w.as(admin, domain.RoleAdministrator), GrantID: g.GrantID, Reason: "left"}))
				}
			}
		}
	case 3:
		if s, ok := w.states["expert-"+string(expertID(x))].(expert.State); ok && !s.Fenced {
			do(w, disclosure.Aggregate, string(expertID(x)), disclosure.Command(disclosure.Record{
				Stamp: w.asManager(), Expert: expertID(x), Purpose: personal.ToCaseWork, Fields: []disclosure.Field{disclosure.Name}}))
		}
	case 4:
		w.programme(0, programme.PlaceCountryHold{Stamp: w.asManager(), Country: "SO", Reason: programme.HoldSecurity})
	case 5:
		w.programme(0, programme.LiftCountryHold{Stamp: w.asManager(), Country: "SO"})
	case 6:
		if drawInt(t, 3, "really") == 0 {
			w.erase(x)
		}
	}
}

// erasedExperts lists who was erased.
func (w *world) erasedExperts() []domain.ExpertID {
	var out []domain.ExpertID
	for _, e := range w.live {
		if _, ok := e.Event.(expert.ErasureRequested); ok {
			out = append(out, domain.ExpertID(e.Stream[len("expert-"):]))
		}
	}
	slices.Sort(out)
	return out
}
