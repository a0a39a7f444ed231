package assignment

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

const (
	expertID    = domain.ExpertID("11111111-1111-4111-8111-111111111111")
	needID      = domain.NeedID("22222222-2222-4222-8222-222222222222")
	candidacyID = domain.CandidacyID("33333333-3333-4333-8333-333333333333")
	institution = domain.InstitutionID("44444444-4444-4444-8444-444444444444")
	programme   = domain.ProgrammeID("55555555-5555-4555-8555-555555555555")
	nextID      = domain.AssignmentID("66666666-6666-4666-8666-666666666666")
	colleague   = "77777777-7777-4777-8777-777777777777"
	entry       = ActivityID("88888888-8888-4888-8888-888888888888")
)

var (
	now      = time.Date(2027, time.April, 1, 9, 0, 0, 0, time.UTC)
	first    = domain.DateOf(now) // of the assignment
	last     = first + 60
	period   = domain.Period{From: first, To: last}
	byExpert = domain.Stamp{By: "expert", Role: domain.RoleExpert, At: now}
	byHost   = domain.Stamp{By: "host", Role: domain.RoleHost, At: now}
	byFocal  = domain.Stamp{By: "focal", Role: domain.RoleFocalPoint, At: now}
	byBoss   = domain.Stamp{By: "boss", Role: domain.RoleManager, At: now}
	bySystem = domain.Stamp{By: "system", Role: domain.RoleSystem, At: now}

	planItems = []PlanItem{{Output: 1, Activity: "Write the protocols", Due: first + 30}}
	proposed  = WorkPlanProposed{Version: 1, Items: planItems, By: "focal", Role: domain.RoleFocalPoint, At: now}
	agreed    = []Event{
		proposed,
		WorkPlanConsented{1, ExpertParty, "expert", now},
		WorkPlanConsented{1, HostParty, "host", now},
		WorkPlanAgreed{1, now},
	}
	started   = Started{On: first, By: "boss", At: now}
	suspended = Suspended{Reason: SuspendedSecurity, By: "boss", At: now}
	report    = ReportSubmitted{Kind: FinalReport, Version: 1, Text: about("Five protocols are in use."), By: "expert", At: now}
	acceptedR = ReportAccepted{Kind: FinalReport, Version: 1, By: "boss", At: now}
	returnedR = ReportReturned{Kind: FinalReport, Version: 1, Reason: about("Add the numbers."), By: "boss", At: now}
)

func about(text string) personal.Text { return personal.Of(expertID, text) }

func after(s domain.Stamp, days int) domain.Stamp {
	s.At = s.At.AddDate(0, 0, days)
	return s
}

func plan(m domain.Modality) Plan {
	return Plan{
		Stamp: bySystem, Need: needID, Candidacy: candidacyID, Expert: expertID, Institution: institution,
		Programme: programme, Country: "SO", Period: period, Modality: m,
	}
}

func planned(m domain.Modality) Planned {
	return Planned{
		Assignment: domain.AssignmentIDFor(candidacyID), Need: needID, Candidacy: candidacyID, Expert: expertID,
		Institution: institution, Programme: programme, Country: "SO", Period: period, Modality: m,
		Checklist: Checklist(m), Evaluations: EvaluationSchedule(period), At: now,
	}
}

// prepared is an assignment whose checklist is settled; active one that began.
func prepared(m domain.Modality, more ...Event) []Event {
	events := append([]Event{planned(m)}, agreed...)
	for _, i := range Checklist(m) {
		if i != WorkPlan {
			events = append(events, ChecklistItemDone{i, first, "boss"})
		}
	}
	return append(events, more...)
}

func active(more ...Event) []Event {
	return append(prepared(domain.Physical, started), more...)
}

func completed() Completed {
	return Completed{
		Need: needID, Candidacy: candidacyID, Expert: expertID, On: last,
		Evaluations: EvaluationSchedule(period), By: "boss", At: after(byBoss, 60).At,
	}
}

func terminated(s bool, on domain.Date, stamp domain.Stamp) Terminated {
	t := Terminated{
		Need: needID, Candidacy: candidacyID, Expert: expertID, Started: s, On: on,
		Reason: HostStepsBack, By: stamp.By, At: stamp.At,
	}
	if s {
		t.Evaluations = EvaluationSchedule(domain.Period{From: first, To: on})
	}
	return t
}

func TestPlan(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given().When(plan(domain.Physical)).Then(planned(domain.Physical))
	spec.Given(planned(domain.Physical)).When(plan(domain.Physical)).ThenNothing()
	other := plan(domain.Virtual)
	other.Candidacy = "99999999-9999-4999-8999-999999999999"
	spec.Given(planned(domain.Physical)).When(other).Refused(ErrExists)
	byHand := plan(domain.Virtual)
	byHand.Stamp = byBoss
	spec.Given().When(byHand).Refused(ErrRole)
	spec.Given().When(Plan{Stamp: bySystem}).Refused(domain.ErrRequired)
	circular := plan(domain.Virtual)
	circular.Follows = domain.AssignmentIDFor(candidacyID)
	spec.Given().When(circular).Refused(ErrSelf)
	long := plan(domain.Virtual)
	long.Period.To = first + MaxPeriodDays
	spec.Given().When(long).Refused(domain.ErrRange)
	remote := plan("remote")
	spec.Given().When(remote).Refused(domain.ErrUnknown)
	spec.Given().When(Start{Stamp: byBoss}).Refused(ErrNotFound)
}

func TestTheChecklistDependsOnTheModality(t *testing.T) {
	common := []Item{PreDepartureTraining, HostBriefing, WorkPlan, CounterpartIntroduction}
	for m, more := range map[domain.Modality][]Item{
		domain.Virtual:  {ConnectivityCheck},
		domain.Physical: {Insurance, Visa, SecurityBriefing},
		domain.Hybrid:   {ConnectivityCheck, Insurance, Visa, SecurityBriefing},
	} {
		if got, want := Checklist(m), slices.Concat(common, more); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", m, got, want)
		}
	}
}

func TestWorkPlan(t *testing.T) {
	spec := decider.For(t, Decider)
	base := planned(domain.Virtual)
	propose := ProposeWorkPlan{byFocal, planItems}
	expertYes := WorkPlanConsented{1, ExpertParty, "expert", now}
	hostYes := WorkPlanConsented{1, HostParty, "host", now}

	spec.Given(base).When(propose).Then(proposed)
	spec.Given(base, proposed).When(propose).ThenNothing()
	own := proposed
	own.By, own.Role = "expert", domain.RoleExpert
	spec.Given(base).When(ProposeWorkPlan{byExpert, planItems}).Then(own, expertYes)
	spec.Given(base).When(ProposeWorkPlan{Stamp: byFocal}).Refused(domain.ErrRequired)
	spec.Given(base).When(ProposeWorkPlan{byFocal, []PlanItem{{Output: 0, Activity: "x"}}}).Refused(domain.ErrRange)
	spec.Given(base).When(ProposeWorkPlan{byFocal, []PlanItem{{Output: 1}}}).Refused(domain.ErrRequired)
	spec.Given(base).When(ProposeWorkPlan{byFocal, slices.Repeat(planItems, MaxPlanItems+1)}).Refused(domain.ErrTooMany)
	spec.Given(base, terminated(false, first, byBoss)).When(propose).Refused(ErrEnded)

	spec.Given(base, proposed).When(AgreeWorkPlan{byExpert, 1}).Then(expertYes)
	spec.Given(base, proposed, expertYes).When(AgreeWorkPlan{byExpert, 1}).ThenNothing()
	spec.Given(base, proposed, expertYes).When(AgreeWorkPlan{byHost, 1}).Then(hostYes, WorkPlanAgreed{1, now})
	spec.Given(base, proposed, hostYes).When(AgreeWorkPlan{byExpert, 1}).Then(expertYes, WorkPlanAgreed{1, now})
	spec.Given(base, proposed).When(AgreeWorkPlan{byBoss, 1}).Refused(ErrRole)
	spec.Given(base, proposed).When(AgreeWorkPlan{byHost, 2}).Refused(ErrVersion)
	spec.Given(base).When(AgreeWorkPlan{byHost, 1}).Refused(ErrNoWorkPlan)
	spec.Given(base, proposed, terminated(false, first, byBoss)).When(AgreeWorkPlan{byHost, 1}).Refused(ErrEnded)
	// A new version needs both parties again.
	second := WorkPlanProposed{Version: 2, Items: append(slices.Clone(planItems), PlanItem{Output: 2, Activity: "Train"})}
	spec.Given(base, proposed, expertYes, second).When(AgreeWorkPlan{byHost, 2}).Then(WorkPlanConsented{2, HostParty, "host", now})
}

func TestChecklistItems(t *testing.T) {
	spec := decider.For(t, Decider)
	base := planned(domain.Virtual)
	trained := ChecklistItemDone{PreDepartureTraining, first, "focal"}
	waived := ChecklistItemWaived{HostBriefing, about("Same host as last year."), "boss", now}

	spec.Given(base).When(CompleteItem{Stamp: byFocal, Item: PreDepartureTraining}).Then(trained)
	spec.Given(base, trained).When(CompleteItem{Stamp: byFocal, Item: PreDepartureTraining}).ThenNothing()
	spec.Given(base, waived).When(CompleteItem{Stamp: byFocal, Item: HostBriefing}).Then(ChecklistItemDone{HostBriefing, first, "focal"})
	spec.Given(base).When(CompleteItem{byFocal, PreDepartureTraining, first + 1}).Refused(ErrFuture)
	spec.Given(base).When(CompleteItem{Stamp: byFocal, Item: WorkPlan}).Refused(ErrByAgreement)
	spec.Given(base).When(CompleteItem{Stamp: byFocal, Item: Visa}).Refused(ErrNotListed)
	spec.Given(base).When(CompleteItem{Stamp: byFocal, Item: "vaccination"}).Refused(domain.ErrUnknown)
	spec.Given(base, terminated(false, first, byBoss)).When(CompleteItem{Stamp: byFocal, Item: HostBriefing}).Refused(ErrEnded)

	spec.Given(base).When(WaiveItem{byBoss, HostBriefing, about("Same host as last year.")}).Then(waived)
	spec.Given(base, waived).When(WaiveItem{byBoss, HostBriefing, about("Again.")}).ThenNothing()
	spec.Given(base).When(WaiveItem{byBoss, PreDepartureTraining, about("In a hurry.")}).Refused(ErrObligatory)
	spec.Given(base).When(WaiveItem{byBoss, WorkPlan, about("In a hurry.")}).Refused(ErrObligatory)
	spec.Given(base).When(WaiveItem{Stamp: byBoss, Item: HostBriefing}).Refused(domain.ErrRequired)
	spec.Given(base).When(WaiveItem{byBoss, Insurance, about("Not travelling.")}).Refused(ErrNotListed)
	spec.Given(base, terminated(false, first, byBoss)).When(WaiveItem{byBoss, HostBriefing, about("x")}).Refused(ErrEnded)

	spec.Given(base).When(RecordAgreement{Stamp: byBoss}).Then(AgreementSigned{first})
	spec.Given(base, AgreementSigned{first}).When(RecordAgreement{Stamp: byBoss}).ThenNothing()
	spec.Given(base).When(RecordAgreement{byBoss, first + 1}).Refused(ErrFuture)
	spec.Given(base, terminated(false, first, byBoss)).When(RecordAgreement{Stamp: byBoss}).Refused(ErrEnded)
}

func TestNobodyStartsUnprepared(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(prepared(domain.Physical)...).When(Start{Stamp: byBoss}).Then(started)
	spec.Given(active()...).When(Start{Stamp: byBoss}).ThenNothing()
	spec.Given(active(suspended)...).When(Start{Stamp: byBoss}).Refused(ErrStatus)
	spec.Given(prepared(domain.Physical)...).When(Start{Stamp: after(byBoss, -1)}).Refused(ErrOutside)
	spec.Given(prepared(domain.Physical)...).When(Start{Stamp: after(byBoss, 61)}).Refused(ErrOutside)
	spec.Given(prepared(domain.Physical)...).When(Start{byBoss, first + 1}).Refused(ErrFuture)
	late := after(byBoss, 7)
	spec.Given(prepared(domain.Physical)...).When(Start{late, first + 5}).Then(Started{first + 5, "boss", late.At})
	spec.Given(prepared(domain.Physical, terminated(false, first, byBoss))...).When(Start{Stamp: byBoss}).Refused(ErrEnded)

	_, err := Decide(Decider.Fold(State{}, planned(domain.Physical)), Start{Stamp: byBoss})
	var missing []Item
	for _, r := range domain.AsRefusals(err) {
		if r.Is(ErrNotPrepared) {
			missing = append(missing, Item(r.Field))
		}
	}
	if want := Checklist(domain.Physical); !slices.Equal(missing, want) {
		t.Errorf("open items are %v, want %v", missing, want)
	}
	// Each single open item holds the start back.
	for _, i := range Checklist(domain.Physical) {
		events := slices.DeleteFunc(prepared(domain.Physical), func(e Event) bool {
			d, ok := e.(ChecklistItemDone)
			_, plan := e.(WorkPlanAgreed)
			return ok && d.Item == i || plan && i == WorkPlan
		})
		spec.Given(events...).When(Start{Stamp: byBoss}).Refused(ErrNotPrepared)
	}
}

func TestSwitchModality(t *testing.T) {
	spec := decider.For(t, Decider)
	travel := []Item{Insurance, Visa, SecurityBriefing}
	toPhysical := ModalitySwitched{domain.Virtual, domain.Physical, about("Travel is possible."), Checklist(domain.Physical), travel, "boss", now}
	toVirtual := ModalitySwitched{domain.Physical, domain.Virtual, about("The airport closed."), Checklist(domain.Virtual), []Item{ConnectivityCheck}, "boss", now}
	goes := SwitchModality{byBoss, domain.Physical, about("Travel is possible.")}
	home := SwitchModality{byBoss, domain.Virtual, about("The airport closed.")}
	held := Suspended{Reason: SuspendedTravelPrep, By: "boss", At: now}

	spec.Given(planned(domain.Virtual)).When(goes).Then(toPhysical)
	spec.Given(planned(domain.Physical)).When(goes).ThenNothing()
	// Work away from travel goes on at once; work that is to travel waits for its papers.
	spec.Given(active()...).When(home).Then(toVirtual)
	spec.Given(prepared(domain.Virtual, started)...).When(goes).Then(toPhysical, held)
	spec.Given(prepared(domain.Virtual, started, toPhysical, held)...).When(Resume{byBoss}).Refused(ErrNotPrepared)
	ready := prepared(domain.Virtual, started, toPhysical, held)
	for _, i := range travel {
		ready = append(ready, ChecklistItemDone{i, first, "boss"})
	}
	spec.Given(ready...).When(Resume{byBoss}).Then(Resumed{"boss", now})
	// What was settled for an earlier leg stays settled.
	back := toPhysical
	back.Added = nil
	spec.Given(active(toVirtual)...).When(goes).Then(back)
	// A switch before the start drops what no longer applies.
	spec.Given(prepared(domain.Virtual, toPhysical, toVirtual)...).When(Start{Stamp: byBoss}).Then(started)

	spec.Given(active()...).When(SwitchModality{byBoss, "remote", about("x")}).Refused(domain.ErrUnknown)
	spec.Given(active()...).When(SwitchModality{Stamp: byBoss, To: domain.Virtual}).Refused(domain.ErrRequired)
	spec.Given(active(completed())...).When(home).Refused(ErrEnded)
}

func TestSuspendResumeExtend(t *testing.T) {
	spec := decider.For(t, Decider)
	resumed := Resumed{"boss", now}
	spec.Given(active()...).When(Suspend{Stamp: byBoss, Reason: SuspendedSecurity}).Then(suspended)
	spec.Given(active(suspended)...).When(Suspend{Stamp: byBoss, Reason: SuspendedPersonal}).ThenNothing()
	spec.Given(planned(domain.Virtual)).When(Suspend{Stamp: byBoss, Reason: SuspendedSecurity}).Refused(ErrStatus)
	spec.Given(active()...).When(Suspend{Stamp: byBoss}).Refused(domain.ErrRequired)
	spec.Given(active()...).When(Suspend{byBoss, SuspendedPersonal, personal.Of("x", "y")}).Refused(ErrSubject)
	spec.Given(active(suspended)...).When(Resume{byBoss}).Then(resumed)
	spec.Given(active(suspended, resumed)...).When(Resume{byBoss}).ThenNothing()
	spec.Given(planned(domain.Virtual)).When(Resume{byBoss}).Refused(ErrStatus)

	longer := domain.Period{From: first, To: last + 30}
	extended := Extended{
		Expert: expertID, Candidacy: candidacyID, From: last, To: last + 30, Reason: about("The ward asks for it."),
		Evaluations: EvaluationSchedule(longer), By: "boss", At: now,
	}
	extend := Extend{byBoss, last + 30, about("The ward asks for it.")}
	spec.Given(active()...).When(extend).Then(extended)
	spec.Given(active(extended)...).When(extend).ThenNothing()
	spec.Given(active(suspended)...).When(extend).Then(extended)
	spec.Given(active()...).When(Extend{byBoss, last - 1, about("x")}).Refused(ErrNotLater)
	spec.Given(active()...).When(Extend{byBoss, first + MaxPeriodDays, about("x")}).Refused(domain.ErrRange)
	spec.Given(active()...).When(Extend{Stamp: byBoss, To: last + 1}).Refused(domain.ErrRequired)
	spec.Given(planned(domain.Virtual)).When(extend).Refused(ErrStatus)
	spec.Given(active(completed())...).When(extend).Refused(ErrEnded)

	undo := UndoExtension{Stamp: byBoss, From: last, To: last + 30, AskedBy: "boss"}
	undone := ExtensionUndone{From: last + 30, To: last, AskedBy: "boss", Evaluations: EvaluationSchedule(domain.Period{From: first, To: last}), At: now}
	spec.Given(active(extended)...).When(undo).Then(undone)
	spec.Given(active(extended, undone)...).When(undo).ThenNothing()
	spec.Given(active(extended, completed())...).When(undo).ThenNothing()
}

func TestCheckIn(t *testing.T) {
	spec := decider.For(t, Decider)
	month := after(byFocal, 30)
	recorded := CheckInRecorded{On: first + 30, Concern: true, Notes: about("Team work is hard."), By: "focal", At: month.At}
	checkIn := CheckIn{Stamp: month, Concern: true, Notes: about("Team work is hard.")}
	spec.Given(active()...).When(checkIn).Then(recorded)
	spec.Given(active(recorded)...).When(checkIn).ThenNothing()
	spec.Given(active(recorded)...).When(CheckIn{Stamp: month}).Refused(ErrCheckInTwice)
	spec.Given(active()...).When(CheckIn{Stamp: month, On: first + 31}).Refused(ErrFuture)
	spec.Given(active()...).When(CheckIn{Stamp: month, On: first - 1}).Refused(ErrOutside)
	spec.Given(active()...).When(CheckIn{Stamp: month, Notes: about(strings.Repeat("x", MaxNote+1))}).Refused(domain.ErrTooLong)
	spec.Given(planned(domain.Virtual)).When(checkIn).Refused(ErrStatus)
}

func TestLogActivity(t *testing.T) {
	spec := decider.For(t, Decider)
	log := LogActivity{byExpert, entry, first, "coaching_mentoring", 3, 4, Creation, 1}
	logged := ActivityLogged{entry, first, "coaching_mentoring", 3, 4, Creation, 1, "expert"}
	spec.Given(active()...).When(log).Then(logged)
	spec.Given(active(logged)...).When(log).ThenNothing()
	spec.Given(active(completed())...).When(log).Then(logged)
	spec.Given(planned(domain.Virtual)).When(log).Refused(ErrStatus)
	spec.Given(active(completed(), Closed{})...).When(log).Refused(ErrEnded)
	for name, c := range map[string]struct {
		change func(*LogActivity)
		want   error
	}{
		"an id of another form": {func(l *LogActivity) { l.Activity = "1" }, domain.ErrFormat},
		"no day":                {func(l *LogActivity) { l.Date = 0 }, domain.ErrRequired},
		"tomorrow":              {func(l *LogActivity) { l.Date = first + 1 }, ErrFuture},
		"before the start":      {func(l *LogActivity) { l.Date = first - 1 }, ErrOutside},
		"an unknown method":     {func(l *LogActivity) { l.Method = "telepathy" }, domain.ErrUnknown},
		"more than a day":       {func(l *LogActivity) { l.Hours = MaxHours + 1 }, domain.ErrRange},
		"fewer than nobody":     {func(l *LogActivity) { l.Participants = -1 }, domain.ErrRange},
		"no level":              {func(l *LogActivity) { l.Level = "" }, domain.ErrRequired},
		"an output too far":     {func(l *LogActivity) { l.Output = MaxOutput + 1 }, domain.ErrRange},
	} {
		bad := log
		c.change(&bad)
		t.Run(name, func(t *testing.T) { decider.For(t, Decider).Given(active()...).When(bad).Refused(c.want) })
	}
}

func TestReports(t *testing.T) {
	spec := decider.For(t, Decider)
	submit := SubmitReport{byExpert, FinalReport, about("Five protocols are in use.")}
	spec.Given(active()...).When(submit).Then(report)
	spec.Given(active(report)...).When(submit).ThenNothing()
	spec.Given(active(report)...).When(SubmitReport{byExpert, FinalReport, about("Better.")}).Refused(ErrReportOpen)
	second := report
	second.Version = 2
	spec.Given(active(report, returnedR)...).When(submit).Then(second)
	spec.Given(active(report, acceptedR)...).When(submit).Refused(ErrReportSettled)
	spec.Given(active()...).When(SubmitReport{Stamp: byExpert, Kind: FinalReport}).Refused(domain.ErrRequired)
	spec.Given(active()...).When(SubmitReport{byExpert, "weekly", about("x")}).Refused(domain.ErrUnknown)
	spec.Given(active()...).When(SubmitReport{byExpert, FinalReport, about(strings.Repeat("x", MaxReport+1))}).Refused(domain.ErrTooLong)
	spec.Given(planned(domain.Virtual)).When(submit).Refused(ErrStatus)
	spec.Given(active(terminated(true, first, byBoss), Closed{})...).When(submit).Refused(ErrEnded)

	spec.Given(active(report)...).When(AcceptReport{byBoss, FinalReport}).Then(acceptedR)
	spec.Given(active(report, acceptedR)...).When(AcceptReport{byBoss, FinalReport}).ThenNothing()
	spec.Given(active(report)...).When(AcceptReport{byExpert, FinalReport}).Refused(ErrOwnReport)
	spec.Given(active(report)...).When(AcceptReport{byBoss, MidTermReport}).Refused(ErrNoReport)
	spec.Given(active(report, returnedR)...).When(AcceptReport{byBoss, FinalReport}).Refused(ErrNoReport)

	spec.Given(active(report)...).When(ReturnReport{byBoss, FinalReport, about("Add the numbers.")}).Then(returnedR)
	spec.Given(active(report, returnedR)...).When(ReturnReport{byBoss, FinalReport, about("Again.")}).ThenNothing()
	spec.Given(active(report)...).When(ReturnReport{byExpert, FinalReport, about("x")}).Refused(ErrOwnReport)
	spec.Given(active(report)...).When(ReturnReport{Stamp: byBoss, Kind: FinalReport}).Refused(domain.ErrRequired)
	spec.Given(active()...).When(ReturnReport{byBoss, FinalReport, about("x")}).Refused(ErrNoReport)
	spec.Given(active(report, acceptedR)...).When(ReturnReport{byBoss, FinalReport, about("x")}).Refused(ErrReportSettled)
}

func TestTheEnds(t *testing.T) {
	spec := decider.For(t, Decider)
	end := after(byBoss, 60)
	spec.Given(active(report, acceptedR)...).When(Complete{Stamp: end}).Then(completed())
	spec.Given(active(report, acceptedR, completed())...).When(Complete{Stamp: end}).ThenNothing()
	spec.Given(active(report)...).When(Complete{Stamp: end}).Refused(ErrFinalReport)
	spec.Given(active(report, acceptedR)...).When(Complete{end, last + 1}).Refused(ErrOutside)
	spec.Given(active(report, acceptedR)...).When(Complete{end, first - 1}).Refused(ErrOutside)
	spec.Given(planned(domain.Virtual)).When(Complete{Stamp: end}).Refused(ErrStatus)
	spec.Given(active(terminated(true, first, byBoss))...).When(Complete{Stamp: end}).Refused(ErrEnded)

	spec.Given(planned(domain.Virtual)).When(Terminate{Stamp: byBoss, Reason: HostStepsBack}).Then(terminated(false, first, byBoss))
	spec.Given(active()...).When(Terminate{Stamp: after(byBoss, 10), Reason: HostStepsBack}).Then(terminated(true, first+10, after(byBoss, 10)))
	spec.Given(active()...).When(Terminate{Stamp: after(byBoss, 90), Reason: HostStepsBack}).Then(terminated(true, last, after(byBoss, 90)))
	spec.Given(active(terminated(true, first, byBoss))...).When(Terminate{Stamp: byBoss, Reason: TerminatedConduct}).ThenNothing()
	spec.Given(active()...).When(Terminate{Stamp: byBoss}).Refused(domain.ErrRequired)
	spec.Given(active(completed())...).When(Terminate{Stamp: byBoss, Reason: HostStepsBack}).Refused(ErrEnded)

	spec.Given(active(report, acceptedR, completed())...).When(Close{byBoss}).Then(Closed{"boss", now})
	spec.Given(active(terminated(true, first, byBoss))...).When(Close{byBoss}).Then(Closed{"boss", now})
	spec.Given(active(completed(), Closed{"boss", now})...).When(Close{byBoss}).ThenNothing()
	spec.Given(active(report, terminated(true, first, byBoss))...).When(Close{byBoss}).Refused(ErrReportOpen)
	spec.Given(active()...).When(Close{byBoss}).Refused(ErrStatus)
}

func TestEvaluationsOpenWaveByWave(t *testing.T) {
	spec := decider.For(t, Decider)
	answer := func(w Wave, days int) AnswerEvaluation {
		return AnswerEvaluation{after(byExpert, days), w, ExpertRespondent, "", Answers{4, 3, 2}, about("Good team.")}
	}
	answered := func(w Wave, days int) EvaluationAnswered {
		return EvaluationAnswered{w, ExpertRespondent, "", Answers{4, 3, 2}, about("Good team."), after(byExpert, days).At}
	}
	done := active(report, acceptedR, completed())
	year := int(EvaluationSchedule(period)[2].Opens - first)

	spec.Given(planned(domain.Virtual)).When(answer(Before, -10)).Then(answered(Before, -10))
	spec.Given(planned(domain.Virtual), answered(Before, -10)).When(answer(Before, -10)).ThenNothing()
	other := answer(Before, -10)
	other.Answers.Creation = 5
	spec.Given(planned(domain.Virtual), answered(Before, -10)).When(other).Refused(ErrAnswered)
	spec.Given(planned(domain.Virtual)).When(answer(Before, -BaselineOpensDays-1)).Refused(ErrNotOpen)
	spec.Given(active()...).When(answer(Before, BaselineGraceDays)).Then(answered(Before, BaselineGraceDays))
	spec.Given(active()...).When(answer(Before, BaselineGraceDays+1)).Refused(ErrNotOpen)

	spec.Given(active()...).When(answer(After, 60)).Refused(ErrNotOpen)
	spec.Given(done...).When(answer(After, 60)).Then(answered(After, 60))
	spec.Given(append(done, Closed{})...).When(answer(After, 200)).Then(answered(After, 200))
	spec.Given(done...).When(answer(TwelveMonths, year-1)).Refused(ErrNotOpen)
	spec.Given(append(done, Closed{})...).When(answer(TwelveMonths, year)).Then(answered(TwelveMonths, year))
	spec.Given(planned(domain.Virtual), terminated(false, first, byBoss)).When(answer(After, 60)).Refused(ErrNotOpen)

	byColleague := answer(Before, 0)
	byColleague.Respondent, byColleague.RespondentID, byColleague.Comment = ColleagueRespondent, colleague, personal.Of(colleague, "Good.")
	want := answered(Before, 0)
	want.Respondent, want.RespondentID, want.Comment = ColleagueRespondent, colleague, personal.Of(colleague, "Good.")
	spec.Given(planned(domain.Virtual)).When(byColleague).Then(want)
	byColleague.RespondentID = ""
	spec.Given(planned(domain.Virtual)).When(byColleague).Refused(domain.ErrRequired)
	for _, bad := range []Answers{{0, 3, 3}, {3, 6, 3}, {3, 3, -1}} {
		graded := answer(Before, 0)
		graded.Answers = bad
		spec.Given(planned(domain.Virtual)).When(graded).Refused(domain.ErrRange)
	}
}

func TestEvaluationScheduleIsCalendarTrue(t *testing.T) {
	leap := domain.Period{From: domain.NewDate(2028, time.January, 10), To: domain.NewDate(2028, time.February, 29)}
	got := EvaluationSchedule(leap)
	want := []EvaluationDue{
		{Before, domain.NewDate(2027, time.November, 11), leap.From},
		{After, leap.To, domain.NewDate(2028, time.March, 30)},
		{TwelveMonths, domain.NewDate(2029, time.March, 1), domain.NewDate(2029, time.March, 31)},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFollowUpsFormAChain(t *testing.T) {
	spec := decider.For(t, Decider)
	proposal := FollowUpProposed{FollowUpPhysical, needID, about("Now on site."), "host", now}
	propose := ProposeFollowUp{byHost, FollowUpPhysical, needID, about("Now on site.")}
	spec.Given(active()...).When(propose).Then(proposal)
	spec.Given(active(proposal)...).When(propose).ThenNothing()
	spec.Given(active(completed(), Closed{})...).When(propose).Then(proposal)
	spec.Given(planned(domain.Virtual)).When(propose).Refused(ErrStatus)
	spec.Given(active()...).When(ProposeFollowUp{Stamp: byHost}).Refused(domain.ErrRequired)

	spec.Given(active(completed())...).When(LinkFollowUp{bySystem, nextID}).Then(FollowUpLinked{nextID, now})
	spec.Given(active(FollowUpLinked{nextID, now})...).When(LinkFollowUp{bySystem, nextID}).ThenNothing()
	spec.Given(active()...).When(LinkFollowUp{bySystem, domain.AssignmentIDFor(candidacyID)}).Refused(ErrSelf)
	spec.Given(active()...).When(LinkFollowUp{bySystem, "next"}).Refused(domain.ErrFormat)
}

func TestStatusOfThePreparation(t *testing.T) {
	for want, events := range map[Status][]Event{
		StatusPlanned:    {planned(domain.Virtual)},
		StatusContracted: {planned(domain.Virtual), AgreementSigned{first}},
		StatusPreparing:  {planned(domain.Virtual), proposed, AgreementSigned{first}},
		StatusActive:     active(),
	} {
		if got := Decider.Fold(State{}, events...).Status; got != want {
			t.Errorf("status is %s, want %s", got, want)
		}
	}
}

func TestScope(t *testing.T) {
	want := domain.Scope{Programme: programme, Country: "SO", Institution: institution, Expert: expertID}
	if got := Aggregate.Scope(State{}, plan(domain.Virtual)); got != want {
		t.Errorf("scope of a plan is %+v", got)
	}
	if got := Aggregate.Scope(Decider.Fold(State{}, planned(domain.Virtual)), Start{}); got != want {
		t.Errorf("scope of an assignment is %+v", got)
	}
}

func TestLifecycleReachesEveryStatus(t *testing.T) {
	reached, shown := map[string]bool{}, map[string]bool{}
	for _, tr := range Lifecycle() {
		reached[tr.To], shown[tr.Event] = true, true
	}
	for _, s := range Statuses {
		if !reached[string(s)] {
			t.Errorf("no transition leads to %s", s)
		}
	}
	for _, e := range Aggregate.Events {
		if !shown[e.EventType()] {
			t.Errorf("no transition shows %s", e.EventType())
		}
	}
}

func TestBranchesOfAHistoryDoNotShareLists(t *testing.T) {
	link := func(id domain.AssignmentID) FollowUpLinked { return FollowUpLinked{Next: id} }
	base := Decider.Fold(State{}, active(link("a"), link("b"), link("c"))...)
	one, other := Evolve(base, link("d")), Evolve(base, link("e"))
	if got := one.Next[3]; got != "d" || other.Next[3] != "e" {
		t.Errorf("one branch reads %v from the other", got)
	}
	reported := Decider.Fold(base, report)
	Evolve(reported, acceptedR)
	if r, _ := reported.Report(FinalReport); r.Status != ReportWaiting {
		t.Error("accepting a report changed an older state")
	}
}
