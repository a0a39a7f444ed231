package decider

import "github.com/diaspora-match/diaspora/domain"

// maxExplored bounds the states that Explore visits; reaching it is a mistake
// in the key, and panics rather than drawing half a picture.
const maxExplored = 20_000

// Explore runs the decider over example commands, breadth first from its
// initial state, and returns every transition between stages that an event
// caused, in the order of discovery. Two states with the same key count as one;
// the key must tell apart what the decider tells apart.
func Explore[S any, C Command, E Event](d Decider[S, C, E], stage, key func(S) string, commands []C) []domain.Transition {
	var found []domain.Transition
	known := map[domain.Transition]bool{}
	start := d.Initial()
	seen := map[string]bool{key(start): true}
	queue := []S{start}
	for len(queue) > 0 {
		before := queue[0]
		queue = queue[1:]
		for _, c := range commands {
			events, err := d.Decide(before, c)
			if err != nil {
				continue
			}
			after := before
			for _, e := range events {
				from := stage(after)
				after = d.Evolve(after, e)
				t := domain.Transition{From: from, Event: e.EventType(), To: stage(after)}
				if !known[t] {
					known[t] = true
					found = append(found, t)
				}
			}
			if k := key(after); !seen[k] {
				seen[k] = true
				queue = append(queue, after)
			}
		}
		if len(seen) > maxExplored {
			panic("decider: too many states to explore; the key is too fine")
		}
	}
	return found
}
