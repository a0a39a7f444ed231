package round

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/decider/decidertest"
	"github.com/diaspora-match/diaspora/domain/personal"
)

const (
	id     = domain.RoundID("11111111-1111-7111-8111-111111111111")
	needID = domain.NeedID("22222222-2222-7222-8222-222222222222")
	first  = domain.ExpertID("33333333-3333-4333-8333-333333333333")
	second = domain.ExpertID("44444444-4444-4444-8444-444444444444")
	health = domain.ProgrammeID("55555555-5555-7555-8555-555555555555")
)

var (
	now    = time.Date(2027, time.January, 11, 9, 0, 0, 0, time.UTC)
	boss   = domain.Stamp{By: "boss", Role: domain.RoleManager, At: now}
	focal  = domain.Stamp{By: "focal", Role: domain.RoleFocalPoint, At: now}
	system = domain.Stamp{By: domain.Platform, Role: domain.RoleSystem, At: now}

	good, fair = Pair{needID, first}, Pair{needID, second}
	digest     = strings.Repeat("ab", 32)

	open     = Open{boss, id, health, Best, 7, 40}
	opened   = Opened{id, health, Best, 7, 40, "boss", now}
	asked    = SolveRequested{id, health, 1, "boss", now}
	basis    = Basis{Position: 50, Today: domain.DateOf(now), Engine: "1", Taxonomy: "1", Policy: 1, Input: digest, Plan: digest, Experts: 2, Needs: 1, Seats: 2, Pairs: 2}
	solution = RecordSolution{
		Stamp: system, Attempt: 1, Plan: Figures{Total: 12_000, Minimum: 5000, Filled: 2, Needs: 1},
		Certificate: Certificate{Dual: 12_000, Valid: true}, Beside: []Beside{{Plan: "greedy", Figures: Figures{Total: 12_000}}},
		Prices: []Price{{needID, 2, 2, 100}}, Basis: basis,
		Proposals: []Proposal{{Pair: good, Score: 7000, Rank: 1}, {Pair: fair, Score: 5000, Rank: 4}},
	}
	solved = Solved{
		Attempt: 1, Plan: solution.Plan, Certificate: solution.Certificate, Beside: solution.Beside,
		Prices: solution.Prices, Basis: basis, At: now,
	}
	proposed     = Proposed{1, solution.Proposals, now}
	failed       = SolveFailed{1, Impossible, now}
	goodApproved = ProposalApproved{Pair: good, Programme: health, Score: 7000, Rank: 1, Policy: 1, Taxonomy: "1", Position: 50, By: "boss", At: now}
	fairRefused  = ProposalRefused{Pair: fair, Reason: NotSuitable, By: "boss", At: now}
	closed       = Closed{"boss", now}
	cancelled    = Cancelled{"Over.", "boss", now}
)

func why(p Pair) personal.Text { return personal.Of(p.Expert, "Known to the ward.") }

// shown is a round whose plan waits for decisions.
func shown(more ...Event) []Event { return append([]Event{opened, asked, solved, proposed}, more...) }

func TestOpen(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given().When(open).Then(opened)
	spec.Given(opened).When(open).ThenNothing()
	spec.Given(opened).When(Open{boss, id, health, Stable, 7, 40}).Refused(ErrExists)
	spec.Given().When(Open{focal, id, health, Best, 7, 40}).Refused(ErrRole)
	spec.Given().When(Open{boss, id, health, "luck", 7, 40}).Refused(domain.ErrUnknown)
	spec.Given().When(Open{boss, id, "", Best, 7, 40}).Refused(domain.ErrRequired)
	spec.Given().When(Solve{boss}).Refused(ErrNotFound)
}

func TestALockAndAVetoCarryAReasonAndReplaceEachOther(t *testing.T) {
	spec := decider.For(t, Decider)
	locked, vetoed := PairLocked{good, why(good), "boss", now}, PairVetoed{good, why(good), "boss", now}
	spec.Given(opened).When(Lock{boss, good, why(good)}).Then(locked)
	spec.Given(opened, locked).When(Lock{boss, good, why(good)}).ThenNothing()
	spec.Given(opened, locked).When(Veto{boss, good, why(good)}).Then(vetoed)
	spec.Given(opened).When(Lock{boss, good, personal.Text{}}).Refused(ErrReason)
	spec.Given(opened).When(Veto{boss, good, why(fair)}).Refused(personal.ErrSubject)
	spec.Given(opened).When(Lock{focal, good, why(good)}).Refused(ErrRole)
	spec.Given(opened, vetoed).When(Unlock{boss, good, why(good)}).Then(PairUnlocked{good, why(good), "boss", now})
	spec.Given(opened).When(Unlock{boss, good, why(good)}).ThenNothing()
	s := Decider.Fold(State{}, opened, locked, vetoed)
	if len(s.Locks) != 0 || !slices.Equal(s.Vetoes, []Pair{good}) {
		t.Errorf("a veto in the place of a lock leaves %+v, %+v", s.Locks, s.Vetoes)
	}
}

func TestQuotasAndSeats(t *testing.T) {
	spec := decider.For(t, Decider)
	quota := Quota{OverCountry, "SO", 1, 3}
	set := QuotaSet{quota, "boss", now}
	spec.Given(opened).When(SetQuota{boss, quota}).Then(set)
	spec.Given(opened, set).When(SetQuota{boss, quota}).ThenNothing()
	spec.Given(opened).When(SetQuota{boss, Quota{OverCountry, "SO", 4, 3}}).Refused(ErrBounds)
	spec.Given(opened).When(SetQuota{boss, Quota{OverSector, "luck", 0, 3}}).Refused(domain.ErrUnknown)
	spec.Given(opened).When(SetQuota{boss, Quota{"planet", "Mars", 0, 3}}).Refused(domain.ErrUnknown)
	spec.Given(opened, set).When(DropQuota{boss, OverCountry, "SO"}).Then(QuotaDropped{OverCountry, "SO", "boss", now})
	spec.Given(opened).When(DropQuota{boss, OverCountry, "SO"}).ThenNothing()
	seats := Seats{needID, 3}
	spec.Given(opened).When(SetSeats{boss, seats}).Then(SeatsSet{seats, "boss", now})
	spec.Given(opened, SeatsSet{seats, "boss", now}).When(SetSeats{boss, seats}).ThenNothing()
	spec.Given(opened).When(SetSeats{boss, Seats{needID, -1}}).Refused(domain.ErrRange)
}

func TestSolving(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(opened).When(Solve{boss}).Then(asked)
	spec.Given(opened, asked).When(Solve{boss}).ThenNothing()
	spec.Given(opened, asked).When(solution).Then(solved, proposed)
	spec.Given(opened, asked).When(Lock{boss, good, why(good)}).Refused(ErrSolving)
	spec.Given(shown()...).When(solution).ThenNothing()
	spec.Given(shown()...).When(Solve{boss}).ThenNothing()
	spec.Given(shown(fairRefused)...).When(Solve{boss}).Then(SolveRequested{id, health, 2, "boss", now})
	spec.Given(opened).When(solution).Refused(ErrAttempt)
	spec.Given(opened, asked, failed).When(Solve{boss}).Then(SolveRequested{id, health, 2, "boss", now})
	spec.Given(opened, asked).When(RecordFailure{system, 1, Impossible}).Then(failed)
	spec.Given(opened, asked, failed).When(RecordFailure{system, 1, Impossible}).ThenNothing()
	spec.Given(opened, asked).When(RecordFailure{system, 2, Impossible}).Refused(ErrAttempt)
	spec.Given(opened, asked).When(RecordFailure{boss, 1, Impossible}).Refused(ErrRole)
}

func TestNothingIsShownWithoutACertificateThatHolds(t *testing.T) {
	spec := decider.For(t, Decider)
	for name, change := range map[string]func(*RecordSolution){
		"not valid":     func(c *RecordSolution) { c.Certificate.Valid = false },
		"does not add":  func(c *RecordSolution) { c.Certificate.Dual++ },
		"beats optimum": func(c *RecordSolution) { c.Certificate = Certificate{Dual: 11_000, Gap: -1000, Valid: true} },
	} {
		t.Run(name, func(*testing.T) {
			c := solution
			change(&c)
			spec.Given(opened, asked).When(c).Refused(ErrUnproved)
		})
	}
	older := solution
	older.Basis.Position = 39
	spec.Given(opened, asked).When(older).Refused(domain.ErrRange)
	twice := solution
	twice.Proposals = []Proposal{solution.Proposals[0], solution.Proposals[0]}
	spec.Given(opened, asked).When(twice).Refused(domain.ErrTwice)
	spec.Given(opened, PairVetoed{good, why(good), "boss", now}, asked).When(solution).Refused(ErrFixed)
	undigested := solution
	undigested.Basis.Plan = "none"
	spec.Given(opened, asked).When(undigested).Refused(domain.ErrFormat)
}

func TestDecisions(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(shown()...).When(ApproveProposal{boss, good, personal.Text{}}).Then(goodApproved)
	spec.Given(shown(goodApproved)...).When(ApproveProposal{boss, good, personal.Text{}}).ThenNothing()
	spec.Given(shown(goodApproved)...).When(RefuseProposal{Stamp: boss, Pair: good, Reason: NotSuitable}).Refused(ErrOtherChoice)
	spec.Given(shown()...).When(ApproveProposal{boss, fair, personal.Text{}}).Refused(ErrReason)
	spec.Given(shown()...).When(ApproveProposal{boss, Pair{needID, "x"}, personal.Text{}}).Refused(ErrNotProposed)
	spec.Given(shown()...).When(RefuseProposal{Stamp: boss, Pair: fair, Reason: NotSuitable}).Then(fairRefused)
	spec.Given(shown()...).When(RefuseProposal{Stamp: boss, Pair: fair}).Refused(domain.ErrRequired)
	spec.Given(shown()...).When(ApproveProposal{focal, good, personal.Text{}}).Refused(ErrRole)
	spec.Given(shown(goodApproved)...).When(Lock{boss, fair, why(fair)}).Refused(ErrDecided)
	spec.Given(shown(goodApproved)...).When(Solve{boss}).Refused(ErrDecided)
	spec.Given(shown(fairRefused)...).When(Unlock{boss, fair, why(fair)}).Refused(ErrFixed)
	spec.Given(shown(goodApproved)...).When(FailProposal{system, good}).Then(ProposalFailed{good, now})
	spec.Given(shown(goodApproved, cancelled)...).When(FailProposal{system, good}).Then(ProposalFailed{good, now})
	spec.Given(shown()...).When(FailProposal{system, good}).Refused(ErrNotProposed)
}

func TestWhatWasProposedFallsAwayWhenTheRoundIsShapedAnew(t *testing.T) {
	spec := decider.For(t, Decider)
	reshaped := shown(PairVetoed{fair, why(fair), "boss", now})
	spec.Given(reshaped...).When(ApproveProposal{boss, good, personal.Text{}}).Refused(ErrNotProposed)
	spec.Given(reshaped...).When(Solve{boss}).Then(SolveRequested{id, health, 2, "boss", now})
}

func TestEnding(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(shown(goodApproved)...).When(Close{boss}).Refused(ErrUndecided)
	spec.Given(opened).When(Close{boss}).Refused(ErrUndecided)
	spec.Given(shown(goodApproved, fairRefused)...).When(Close{boss}).Then(closed)
	spec.Given(shown(goodApproved, fairRefused, closed)...).When(Close{boss}).ThenNothing()
	spec.Given(shown(goodApproved, fairRefused, closed)...).When(Cancel{boss, "Over."}).Refused(ErrEnded)
	spec.Given(opened, asked).When(Cancel{boss, "Over."}).Then(cancelled)
	spec.Given(opened).When(Cancel{boss, ""}).Refused(domain.ErrRequired)
	spec.Given(opened, cancelled).When(Lock{boss, good, why(good)}).Refused(ErrEnded)
	spec.Given(opened, asked, cancelled).When(solution).Refused(ErrEnded)
	spec.Given(opened, cancelled).When(Close{boss}).Refused(ErrEnded)
}

func TestProperties(t *testing.T) {
	decidertest.Contract(t, Aggregate, exampleCommands()...)
	commands := append(exampleCommands(),
		open, Lock{boss, good, why(good)}, Lock{boss, fair, why(fair)}, Veto{boss, fair, why(fair)}, Unlock{boss, fair, why(fair)},
		Solve{boss}, solution, RecordFailure{system, 1, Unproved}, ApproveProposal{boss, good, personal.Text{}},
		ApproveProposal{boss, fair, why(fair)}, RefuseProposal{Stamp: boss, Pair: fair, Reason: BudgetConstraint}, FailProposal{system, good})
	decidertest.Properties(t, Decider, decidertest.Mutations(commands...))
}

// TestNoHistoryProposesWithoutProof runs random histories: whatever order, a
// proposal follows a valid certificate, and no vetoed pair is ever approved.
func TestNoHistoryProposesWithoutProof(t *testing.T) {
	broken := solution
	broken.Certificate.Valid = false
	pool := []Command{
		Lock{boss, good, why(good)}, Veto{boss, good, why(good)}, Veto{boss, fair, why(fair)}, Unlock{boss, good, why(good)},
		Solve{boss}, solution, broken, RecordFailure{system, 1, Unproved}, ApproveProposal{boss, good, personal.Text{}},
		RefuseProposal{Stamp: boss, Pair: good, Reason: NotSuitable}, Cancel{boss, "Over."}, Close{boss},
	}
	approvals := 0
	rapid.Check(t, func(t *rapid.T) {
		s := Decider.Fold(State{}, opened, asked)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			c := rapid.SampledFrom(pool).Draw(t, "command")
			if r, ok := c.(RecordSolution); ok {
				r.Attempt = s.Attempt
				c = r
			}
			events, _ := Decide(s, c)
			for i, e := range events {
				switch e := e.(type) {
				case Proposed:
					if before, ok := events[i-1].(Solved); !ok || !before.Certificate.Valid {
						t.Fatalf("proposed without proof: %+v", events)
					}
				case ProposalApproved:
					approvals++
					if slices.Contains(s.Vetoes, e.Pair) {
						t.Fatalf("approved a vetoed pair: %+v", s)
					}
				}
				s = Evolve(s, e)
			}
		}
	})
	if approvals == 0 {
		t.Error("no history went as far as an approval")
	}
}

func TestLifecycle(t *testing.T) {
	got := Lifecycle()
	for _, want := range []domain.Transition{
		{From: "", Event: "round.Opened", To: "open"},
		{From: "open", Event: "round.SolveRequested", To: "solving"},
		{From: "solving", Event: "round.Proposed", To: "proposed"},
		{From: "solving", Event: "round.SolveFailed", To: "failed"},
		{From: "proposed", Event: "round.ProposalApproved", To: "decided"},
		{From: "proposed", Event: "round.PairVetoed", To: "open"},
		{From: "decided", Event: "round.Closed", To: "closed"},
		{From: "solving", Event: "round.Cancelled", To: "cancelled"},
	} {
		if !slices.Contains(got, want) {
			t.Errorf("the life of a round lacks %+v", want)
		}
	}
}
