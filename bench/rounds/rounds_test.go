package rounds

import (
	"context"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// TestPeersAgree lets SciPy and LEMON solve random instances too: three programs
// that share nothing, one total.
func TestPeersAgree(t *testing.T) {
	ctx := context.Background()
	peers, err := NewPeers(ctx, t.TempDir())
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	for k, s := range []Shape{
		{Experts: 200, Needs: 40, Seats: 60, PerExpert: 6},
		{Experts: 60, Needs: 80, Seats: 150, PerExpert: 20},
		{Experts: 500, Needs: 50, Seats: 100, PerExpert: 9, Contended: true},
		{Experts: 90, Needs: 30, Seats: 300, PerExpert: 12, Contended: true},
		{Experts: 2000, Needs: 300, Seats: 700, PerExpert: 15, Contended: true},
	} {
		p := s.Draw(uint64(k))
		for i := range p.Capacity {
			p.Capacity[i] += int32(i % (k + 1))
		}
		ours, err := rounds.Solve(p, rounds.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if total, _, err := peers.Lemon(ctx, p); err != nil || total != ours.Verdict.Total {
			t.Errorf("%+v: ours %d, LEMON %d, %v", s, ours.Verdict.Total, total, err)
		}
	}
	for _, n := range []int{1, 7, 150} {
		scores := Table(n, 3)
		ours, err := rounds.SolveDense(n, n, scores)
		if err != nil {
			t.Fatal(err)
		}
		if total, _, err := peers.SciPy(ctx, n, scores); err != nil || total != ours.Total {
			t.Errorf("n = %d: ours %d, SciPy %d, %v", n, ours.Total, total, err)
		}
	}
}

func TestProblemsAreTheSameEachTime(t *testing.T) {
	s := Shape{Experts: 100, Needs: 20, Seats: 30, PerExpert: 5, Contended: true}
	if !reflect.DeepEqual(s.Draw(1), s.Draw(1)) || reflect.DeepEqual(s.Draw(1), s.Draw(2)) {
		t.Error("a problem is not decided by its seed")
	}
}

func TestBarsAreJudged(t *testing.T) {
	for _, c := range []struct {
		r    Result
		want bool
	}{
		{Result{Ours: 10 * time.Millisecond, Bar: 10 * time.Millisecond}, true},
		{Result{Ours: 11 * time.Millisecond, Bar: 10 * time.Millisecond}, false},
		{Result{Ours: 10 * time.Millisecond, Peer: "P", PeerTime: 25 * time.Millisecond, Times: 2.5}, true},
		{Result{Ours: 10 * time.Millisecond, Peer: "P", PeerTime: 24 * time.Millisecond, Times: 2.5}, false},
	} {
		if got := c.r.Met(); got != c.want {
			t.Errorf("%+v: met is %v", c.r, got)
		}
		if table := Markdown([]Result{c.r}); strings.Contains(table, "| no |") == c.want {
			t.Errorf("the table says otherwise: %s", table)
		}
	}
}
