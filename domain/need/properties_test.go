package need

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider/decidertest"
)

func TestProperties(t *testing.T) {
	decidertest.Contract(t, Aggregate)
	decidertest.Properties(t, Decider, rapid.Custom(anyCommand))
}

// anyCommand draws from small pools, malformed values among them, with the steps
// of the usual way more often, so that histories go far.
func anyCommand(t *rapid.T) Command {
	stamp := rapid.Custom(func(t *rapid.T) domain.Stamp {
		return domain.Stamp{
			By:   rapid.SampledFrom([]domain.PrincipalID{officer, boss}).Draw(t, "by"),
			Role: rapid.SampledFrom([]domain.Role{domain.RoleHost, domain.RoleManager, domain.RoleSystem}).Draw(t, "role"),
			At:   rapid.SampledFrom([]time.Time{now, now.AddDate(0, 1, 10), now.AddDate(1, 0, 0)}).Draw(t, "at"),
		}
	}).Draw(t, "stamp")
	anyTerms := rapid.SampledFrom([]Terms{
		exampleTerms(), terms(seats(2)), terms(seats(3)), terms(func(t *Terms) { t.Sensitivity = domain.Protected }),
		{Title: "Sketch", Tasks: []string{}}, {}, terms(func(t *Terms) { t.MinYears = 99 }),
	})
	host := rapid.SampledFrom([]Host{{Name: "Regional Hospital"}, {Name: "Regional Hospital", Protected: true, Alias: "A hospital"}, {}})
	candidacy := rapid.SampledFrom([]domain.CandidacyID{first, second, "99999999-9999-4999-8999-999999999999", ""})
	version := rapid.IntRange(0, 4)
	text := rapid.SampledFrom([]string{"", "Because.", "Otherwise."})
	commands := []Command{
		Draft{
			Stamp: stamp, Need: needID, Programme: programme, Institution: institution, Country: "SO", Terms: anyTerms.Draw(t, "terms"),
			DuplicateOf: rapid.SampledFrom([]domain.NeedID{"", needID, "x"}).Draw(t, "duplicate"),
		},
		Draft{Stamp: stamp, Need: needID, Programme: programme, Institution: institution, Country: "SO", Terms: exampleTerms()},
		Revise{stamp, anyTerms.Draw(t, "revised"), text.Draw(t, "reason")},
		Submit{stamp}, Submit{stamp},
		Return{stamp, text.Draw(t, "return")},
		Approve{stamp}, Approve{stamp},
		Publish{stamp, "en", "Trainer", text.Draw(t, "summary"), host.Draw(t, "host")},
		Publish{stamp, "en", "Trainer", "Train.", Host{Name: "Regional Hospital"}},
		ChangePublicText{stamp, "en", "Trainer", text.Draw(t, "summary"), host.Draw(t, "host")},
		Pause{stamp, text.Draw(t, "pause")},
		Resume{stamp},
		AllocateSeat{stamp, candidacy.Draw(t, "seat"), version.Draw(t, "version")},
		AllocateSeat{domain.Stamp{Role: domain.RoleSystem, At: now}, first, 1},
		ReleaseSeat{stamp, candidacy.Draw(t, "seat")},
		Expire{stamp},
		Close{stamp, text.Draw(t, "close")},
		Cancel{stamp, rapid.SampledFrom([]CancelReason{"", SecurityReason}).Draw(t, "cancel"), ""},
	}
	return rapid.SampledFrom(commands).Draw(t, "command")
}

// TestSeatsNeverExceedPositions holds the capacity of a need over random histories
// that begin with a published one.
func TestSeatsNeverExceedPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Decider.Fold(State{}, open(2)...)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			events, err := Decide(s, rapid.Custom(anyCommand).Draw(t, "command"))
			if err != nil {
				continue
			}
			s = Decider.Fold(s, events...)
			if s.Left() < 0 {
				t.Fatalf("%d seats are taken of %d", len(s.Seats), s.Terms.Positions)
			}
			if s.Status == StatusFilled && s.Left() != 0 || s.Status == StatusPublished && s.Left() == 0 {
				t.Fatalf("the need is %s with %d seats left", s.Status, s.Left())
			}
		}
	})
}
