package assignment

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider/decidertest"
	"github.com/diaspora-match/diaspora/domain/personal"
)

func TestProperties(t *testing.T) {
	decidertest.Contract(t, Aggregate)
	decidertest.Properties(t, Decider, rapid.Custom(anyCommand))
}

func pick[T any](t *rapid.T, name string, of ...T) T { return rapid.SampledFrom(of).Draw(t, name) }

// anyCommand draws from small pools, malformed values among them; the items of
// the checklist come often, so that histories get beyond the start.
func anyCommand(t *rapid.T) Command {
	by := after(pick(t, "by", byExpert, byHost, byFocal, byBoss, bySystem), pick(t, "days", -90, 0, 0, 0, 10, 61, 450))
	day := pick(t, "day", 0, 0, first, first+10, last, last+400, domain.Horizon, domain.Horizon+1)
	text := pick(t, "text", about("Because."), about("Otherwise."), personal.Text{}, personal.Of(colleague, "Good."))
	m := pick(t, "modality", domain.Physical, domain.Virtual, domain.Hybrid, "")
	kind := pick(t, "report", FinalReport, FinalReport, ArrivalReport, "")
	item := pick(t, "item", Items...)
	p := plan(pick(t, "planned", domain.Virtual, m))
	if pick(t, "odd period", false, false, true) {
		p.Period = domain.Period{From: day, To: day + 30}
	}
	return pick[Command](t, "command",
		p, p,
		RecordAgreement{by, day},
		ProposeWorkPlan{by, pick(t, "steps", planItems, planItems, nil, []PlanItem{{Output: 2, Activity: "Train"}})},
		AgreeWorkPlan{byExpert, pick(t, "version", 0, 1, 1, 2)},
		AgreeWorkPlan{byHost, pick(t, "version of the host", 0, 1, 1, 2)},
		CompleteItem{byFocal, item, 0}, CompleteItem{byFocal, PreDepartureTraining, 0}, CompleteItem{by, "x", day},
		WaiveItem{byBoss, item, text},
		Start{byBoss, 0}, Start{by, day},
		SwitchModality{by, m, text},
		Suspend{by, pick(t, "rest", "", SuspendedSecurity), text},
		Resume{by},
		Extend{by, day, text},
		UndoExtension{by, day - 30, day, by.By},
		CheckIn{by, day, rapid.Bool().Draw(t, "concern"), text},
		LogActivity{by, pick(t, "entry", entry, "", ActivityID(colleague)), day, "lecturing", pick(t, "hours", 0, 1), 3, Creation, 0},
		SubmitReport{by, kind, text},
		AcceptReport{by, kind},
		ReturnReport{by, kind, text},
		Complete{by, day},
		Terminate{by, pick(t, "why", "", "", "", HostStepsBack), text},
		AnswerEvaluation{by, pick(t, "wave", Waves...), pick(t, "respondent", Respondents...), pick(t, "pseudonym", "", colleague, "x"), Answers{1, pick(t, "grade", 0, 5), 3}, text},
		ProposeFollowUp{by, pick(t, "follow-up", "", FollowUpRepeat), pick(t, "need", "", needID), text},
		LinkFollowUp{by, pick(t, "next", nextID, "", domain.AssignmentIDFor(candidacyID))},
		Close{by},
	)
}

// TestTheGate holds over every reachable state that work only begins, and goes
// on, as the checklist allows.
func TestTheGate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Decider.Fold(State{}, pick(t, "begin", prepared(domain.Virtual), prepared(domain.Physical), []Event{planned(domain.Hybrid)})...)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			events, err := Decide(s, rapid.Custom(anyCommand).Draw(t, "command"))
			if err != nil {
				continue
			}
			for _, e := range events {
				switch e := e.(type) {
				case Started:
					if len(s.Outstanding()) > 0 {
						t.Fatalf("started with %v open", s.Outstanding())
					}
				case Completed:
					if r, _ := s.Report(FinalReport); r.Status != ReportDone {
						t.Fatalf("completed without a final report")
					}
				case ReportAccepted:
					if r, _ := s.Report(e.Kind); r.Author == e.By {
						t.Fatalf("%s accepted their own report", e.By)
					}
				}
				s = Evolve(s, e)
			}
			if s.Started() && !s.Settled(PreDepartureTraining) {
				t.Fatal("started without the pre-departure training")
			}
			if s.Status == StatusActive && s.Modality.Travels() && len(s.Outstanding()) > 0 {
				t.Fatalf("travels with %v open", s.Outstanding())
			}
		}
	})
}
