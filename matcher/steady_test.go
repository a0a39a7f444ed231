package matcher_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/matcher"
)

// TestSteadyAnswersAreOfWholeBatches lets batches of experts come in while others
// ask: what they are told belongs to the position that they are told.
func TestSteadyAnswersAreOfWholeBatches(t *testing.T) {
	const batches, each = 500, 4
	x := matcher.NewIndex(matcher.Policy{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for b := range batches {
			x.Batch(func() {
				for i := range each {
					x.UpsertExpert(matcher.Expert{ID: domain.ExpertID(fmt.Sprint(b*each + i))})
				}
				x.Advance(uint64((b + 1) * each))
			})
		}
	}()
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for open := true; open; {
				select {
				case <-done:
					open = false // once more, of all
				default:
				}
				x.Steady(func() {
					if experts, _ := x.Len(); uint64(experts) != x.Position() {
						t.Errorf("%d experts at position %d", experts, x.Position())
						open = false
					}
				})
			}
		})
	}
	readers.Wait()
	<-done
	if n, _ := x.Len(); n != batches*each {
		t.Errorf("%d experts came in", n)
	}
}
