package views_test

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

// fold replays events into a new engine, in batches of at most batchMax.
func fold(t rapid.TB, events []codec.Decoded, batchMax int) projections.Engine {
	t.Helper()
	engine := memory.New(views.Tables()...)
	replay(t, engine, events, batchMax)
	return engine
}

func replay(t rapid.TB, engine projections.Engine, events []codec.Decoded, batchMax int) {
	t.Helper()
	err := projections.Replay(context.Background(), projections.Config{Engine: engine, Views: views.All(), BatchMax: batchMax}, each(events))
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
}

func read(t rapid.TB, engine projections.Engine, fn func(projections.Reader) error) {
	t.Helper()
	if err := engine.Read(context.Background(), 0, fn); err != nil {
		t.Fatalf("read: %v", err)
	}
}

func dump(t rapid.TB, engine projections.Engine) string {
	t.Helper()
	var out bytes.Buffer
	read(t, engine, func(r projections.Reader) error { return projections.Dump(r, views.Tables(), []byte("key"), &out) })
	return out.String()
}

// Live views, fed event by event as they happened and opened early, equal views
// rebuilt from the log at its end, byte for byte: also when people were erased
// in between, whose events can no longer be opened.
func TestLiveEqualsRebuilt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.history(t, rapid.IntRange(20, 250).Draw(t, "steps"))
		live := memory.New(views.Tables()...)
		for rest := w.live; len(rest) > 0; {
			n := min(rapid.IntRange(1, 40).Draw(t, "cut"), len(rest))
			replay(t, live, rest[:n], rapid.IntRange(1, 50).Draw(t, "batch"))
			rest = rest[n:]
		}
		want := dump(t, fold(t, w.rebuilt(), projections.MaxBatch))
		if got := dump(t, live); got != want {
			t.Fatalf("live differs from rebuilt:\n%s", firstDifference(got, want))
		}
	})
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return "live    " + as[i] + "\nrebuilt " + bs[i]
		}
	}
	return "one has more lines"
}

// The rows say what the aggregates' own states say.
func TestRowsAgreeWithStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.history(t, rapid.IntRange(20, 250).Draw(t, "steps"))
		read(t, fold(t, w.live, 64), func(r projections.Reader) error {
			for stream, state := range w.states {
				_, id, _ := strings.Cut(stream, "-")
				switch s := state.(type) {
				case candidacy.State:
					row, err := views.Candidacies.Get(r, id)
					if err != nil || row.Stage != s.Stage() || row.Over() != s.Ended() || row.Placed() != s.Placed() || row.AwaitsHost() != s.AwaitsHost() {
						t.Fatalf("%s: row %+v\nstate %s %+v (%v)", stream, row, s.Stage(), s, err)
					}
				case need.State:
					row, err := views.Needs.Get(r, id)
					if err != nil || row.Status != s.Status || row.Version != s.Version || row.SeatsLeft() != max(s.Left(), 0) || !reflect.DeepEqual(row.Terms, s.Terms) {
						t.Fatalf("%s: row %+v\nstate %+v (%v)", stream, row, s, err)
					}
				case assignment.State:
					row, err := views.Assignments.Get(r, id)
					if err != nil || row.Status != s.Status || row.Period != s.Period || row.Modality != s.Modality || !slices.Equal(row.OpenItems(), s.Outstanding()) {
						t.Fatalf("%s: row %+v open %v\nstate %+v open %v (%v)", stream, row, row.OpenItems(), s, s.Outstanding(), err)
					}
				case institution.State:
					row, err := views.Institutions.Get(r, id)
					if err != nil || row.Stage != s.Stage || row.MaxConcurrent != s.MaxConcurrent || len(row.Units) != len(s.Units) || len(row.Contacts) != len(s.Contacts) {
						t.Fatalf("%s: row %+v\nstate %+v (%v)", stream, row, s, err)
					}
				case round.State:
					row, err := views.Rounds.Get(r, id)
					if err != nil || !agreesWith(row, s) {
						t.Fatalf("%s: row %+v\nstate %+v (%v)", stream, row, s, err)
					}
				case expert.State:
					row, err := views.Experts.Get(r, id)
					if err != nil || (row == nil) != s.Fenced {
						t.Fatalf("%s: row %+v, fenced %v (%v)", stream, row, s.Fenced, err)
					}
					if row != nil && (row.Stage() != s.Stage() || row.Declared != s.Declared || row.Confirmed != s.ConfirmedOn || !slices.Equal(row.Bookings, s.Bookings) || len(row.Heritage) != len(s.Heritage)) {
						t.Fatalf("%s: row %+v\nstate %+v", stream, row, s)
					}
				}
			}
			return nil
		})
	})
}

// After an erasure the person's id stands nowhere but in the tombstone, and the
// counts by stage, load and women still add up.
func TestErasureLeavesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.history(t, rapid.IntRange(20, 200).Draw(t, "steps"))
		w.erase(rapid.IntRange(0, 3).Draw(t, "who"))
		engine := fold(t, w.live, 64)
		lines := strings.Split(dump(t, engine), "\n")
		for _, gone := range w.erasedExperts() {
			for _, line := range lines {
				if strings.Contains(line, string(gone)) && line != `{"expert":"`+string(gone)+`","erased":true}` {
					t.Fatalf("%s was erased and is still in %s", gone, line)
				}
			}
		}
		read(t, engine, func(r projections.Reader) error {
			for d, err := range views.Dashboards.All(r) {
				if err != nil {
					return err
				}
				for _, s := range d.Women {
					if s.Women < 0 || s.Known < s.Women || s.Total < s.Known {
						t.Fatalf("shares of women do not add up: %+v", d.Women)
					}
				}
				if d.NeverSuggested < 0 {
					t.Fatalf("fewer than no experts were never suggested: %+v", d)
				}
			}
			for n, err := range views.Needs.All(r) {
				if err != nil {
					return err
				}
				of, err := views.Candidacies.Count(r, views.CandidaciesOfNeed, string(n.ID))
				if err != nil {
					return err
				}
				if n.CandidatesTotal() != of {
					t.Fatalf("need counts %d candidacies, the index %d", n.CandidatesTotal(), of)
				}
			}
			return nil
		})
	})
}

// The histories of the properties are worth something only when they reach the
// far ends of the process.
func TestRandomHistoriesReachFar(t *testing.T) {
	seen := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.history(t, 250)
		for _, e := range w.live {
			seen[e.Event.EventType()] = true
		}
	})
	for _, wanted := range []string{
		"assignment.Started", "assignment.ReportSubmitted", "assignment.ModalitySwitched", "candidacy.OfferDeclined",
		"candidacy.Withdrawn", "need.Filled", "need.RequirementChanged", "expert.ErasureRequested", "round.ProposalApproved", "round.Cancelled", "access.GrantRevoked", "disclosure.Disclosed",
	} {
		if !seen[wanted] {
			t.Errorf("no random history reached %s", wanted)
		}
	}
}

func TestStagesHaveTheirPlaceInCounts(t *testing.T) {
	if n := len(views.NeedRow{}.Candidates); n != len(candidacy.Stages) {
		t.Fatalf("needs count %d stages, candidacies have %d", n, len(candidacy.Stages))
	}
	if n := len(views.DashboardRow{}.Women); n != len(views.Groups) {
		t.Fatalf("dashboards count %d groups, there are %d", n, len(views.Groups))
	}
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}
