package candidacy

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

// anyCommand draws commands that are mostly right for the role that acts, with
// malformed values among them, so that histories go far and err often.
func anyCommand(t *rapid.T) Command {
	day := pick(t, "day", 0, 0, 0, 20, 150)
	as := func(s domain.Stamp) domain.Stamp {
		if pick(t, "impostor", false, false, false, false, true) {
			s = pick(t, "as", byExpert, byHost, byFocal, byBoss, byDeputy, bySystem)
		}
		return after(s, day)
	}
	c := pick(t, "consent", consent, consent, renewed, Consent{}, Consent{ID: "x", Until: today})
	text := pick(t, "text", about("Because."), about("Because."), about("Otherwise."), personal.Text{}, personal.Of("somebody", "Else."))
	where := pick(t, "ref", ref, ref, ref, Ref{})
	shown := pick(t, "score", score, score, ScoreShown{})
	manager := as(pick(t, "manager", byBoss, byDeputy))
	return pick[Command](t, "command",
		Suggest{as(bySystem), where, shown, pick(t, "rank", -1, 0, 1), Seen{}},
		Apply{as(byExpert), where, text, c},
		Nominate{as(pick(t, "nominator", byFocal, byBoss)), where, text},
		AgreeToNomination{as(byExpert), c},
		GiveConsent{as(byExpert), c},
		WithdrawConsent{as(byExpert), pick(t, "withdrawn", "", consentID, renewedID)},
		Withdraw{as(byExpert), pick(t, "why", "", NotAvailable), text},
		Shortlist{as(byFocal)},
		ShareWithHost{as(byFocal), c, pick(t, "by", 0, 0, today, today+30)},
		ShareWithHost{byFocal, consent, 0},
		RecordInterview{as(byFocal), pick(t, "on", 0, today-1, today), pick(t, "spoken", nil, []domain.LanguageClaim{}, interview.Languages), Recommended, text},
		HostDecide{as(byHost), rapid.Bool().Draw(t, "accept"), pick(t, "because", "", SuitsTheNeed), text, Shown{Rank: pick(t, "host rank", -1, 1)}},
		HostDecide{Stamp: byHost, Accept: true},
		RemindHost{as(bySystem), pick(t, "nth", 0, 1, 2, 3)},
		ExpireHostDecision{as(bySystem)},
		Recommend{as(byFocal), pick(t, "grade", Recommended, NotRecommended, ""), text, Shown{}},
		Approve{manager, pick(t, "period", period, period, domain.Period{}), domain.Physical, pick(t, "version", 0, 1, 1), shown, pick(t, "ranked", 0, 1, 9), Seen{Rank: pick(t, "seen rank", 0, 9)}, text, ""},
		approve(), approve(),
		ConfirmApproval{as(bySystem)},
		FailApproval{as(bySystem), pick(t, "failure", "", ExpertBooked, NoSeatLeft)},
		Refuse{manager, pick(t, "refusal", "", NotSuitable, OtherRefusalReason), text, Shown{Rank: pick(t, "refused rank", 0, 1)}},
		MakeOffer{manager, pick(t, "answer", 0, 0, today)},
		AcceptOffer{as(byExpert)},
		DeclineOffer{as(byExpert), pick(t, "decline", "", FamilyReason), text},
		PlaceInReserve{manager},
		CallFromReserve{manager},
		Supersede{manager, pick(t, "other", "", otherID, subject.Candidacy)},
		CloseWithNotice{as(bySystem), pick(t, "close", "", NeedFilled, NeedClosed)},
	)
}

// TestWhatAnApprovalRestsOn holds the preconditions of an approval over every
// reachable state, whatever order its decisions came in.
func TestWhatAnApprovalRestsOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Decider.Fold(State{}, pick(t, "start", hosted(), history(nominated, agreed, shared), history(suggested))...)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			c := rapid.Custom(anyCommand).Draw(t, "command")
			events, err := Decide(s, c)
			if err != nil {
				continue
			}
			for _, e := range events {
				if r, ok := e.(ApprovalRequested); ok {
					if !s.Willing || s.Host != HostYes || !s.Consent.ValidOn(domain.DateOf(r.At)) || s.Ended() {
						t.Fatalf("approved without willing expert, host or consent: %+v", s)
					}
					if c.Stamped().Role != domain.RoleManager || r.By == s.HostBy {
						t.Fatalf("approved by the wrong person: %+v", c)
					}
				}
				if _, ok := e.(SharedWithHost); ok && s.Ended() {
					t.Fatalf("shared after the end: %+v", s)
				}
				s = Evolve(s, e)
			}
		}
	})
}
