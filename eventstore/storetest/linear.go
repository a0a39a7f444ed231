package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

// The history of a stream has at most clients × operations = 480 operations: the
// search for an order is exponential in the worst case, and beyond 500 it may
// take longer than anybody waits.
const (
	linearStreams    = 4
	linearClients    = 8
	linearOperations = 60
)

// operation is what a client asked of one stream, outcome what it was told.
type operation struct {
	stream   string
	read     bool
	expected eventstore.Expected
	id       uuid.UUID
}

type outcome struct {
	revision eventstore.Revision // of an append that was stored
	wrong    bool
	actual   eventstore.Expected // of one that was refused
	ids      string              // of a read, one after the other
}

// streamModel is a stream as the port describes it: a list of ids, kept as a
// string so that states can be compared.
var streamModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		var parts [][]porcupine.Operation
		place := map[string]int{}
		for _, o := range history {
			stream := o.Input.(operation).stream
			i, ok := place[stream]
			if !ok {
				i = len(parts)
				place[stream] = i
				parts = append(parts, nil)
			}
			parts[i] = append(parts[i], o)
		}
		return parts
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		return stepStream(state.(string), input.(operation), output.(outcome))
	},
}

func stepStream(ids string, in operation, out outcome) (bool, string) {
	const size = len(uuid.UUID{})
	if in.read {
		return out.ids == ids, ids
	}
	last := eventstore.Expected(len(ids)/size - 1)
	if in.expected == eventstore.Any || in.expected == last {
		return !out.wrong && eventstore.At(out.revision) == last+1, ids + string(in.id[:])
	}
	if at := int(in.expected+1) * size; at+size <= len(ids) && ids[at:at+size] == string(in.id[:]) {
		return !out.wrong && eventstore.At(out.revision) == in.expected+1, ids
	}
	return out.wrong && out.actual == last, ids
}

// linearizable lets clients append, retry and read at once, and demands that
// there is an order of all operations, one after the other, that explains every
// answer.
func linearizable(l *log) {
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	began := time.Now()
	for s := range linearStreams {
		stream := l.stream()
		for c := range linearClients {
			random := rand.New(rand.NewPCG(uint64(s), uint64(c)))
			wg.Go(func() {
				client := linearClient{log: l, random: random, last: operation{stream: stream, expected: eventstore.NoStream, id: uuid.New()}}
				for range linearOperations {
					in := client.choose()
					call := time.Since(began)
					out, err := client.do(in)
					if err != nil {
						l.Errorf("%+v: %v", in, err)
						return
					}
					mu.Lock()
					history = append(history, porcupine.Operation{
						ClientId: s*linearClients + c, Input: in, Output: out,
						Call: int64(call), Return: int64(time.Since(began)),
					})
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	if result := porcupine.CheckOperationsTimeout(streamModel, history, patience); result != porcupine.Ok {
		l.Errorf("no order explains the answers of %d operations: %s", len(history), result)
	}
}

// linearClient does what writers do: append where it believes the stream to be,
// sometimes twice, sometimes anywhere, and look.
type linearClient struct {
	*log
	random *rand.Rand
	seen   eventstore.Expected // one past what it believes
	last   operation
}

func (c *linearClient) choose() operation {
	stream := c.last.stream
	switch n := c.random.IntN(100); {
	case n < 25:
		return operation{stream: stream, read: true}
	case n < 35:
		return c.last // a retry, whatever became of the first
	case n < 50:
		return operation{stream: stream, expected: eventstore.Any, id: uuid.New()}
	}
	c.last = operation{stream: stream, expected: c.seen - 1, id: uuid.New()}
	return c.last
}

func (c *linearClient) do(in operation) (out outcome, err error) {
	if in.read {
		for r, err := range c.ReadStream(c.ctx, in.stream, 0, eventstore.Forwards, 0) {
			if errors.Is(err, eventstore.ErrNoStream) {
				break
			}
			if err != nil {
				return out, fmt.Errorf("read: %w", err)
			}
			out.ids += string(r.ID[:])
			c.seen = eventstore.At(r.Revision) + 1
		}
		return out, nil
	}
	e := event()
	e.ID = in.id
	a, err := c.Append(c.ctx, in.stream, in.expected, e)
	var wrong *eventstore.WrongRevision
	if errors.As(err, &wrong) {
		c.seen = wrong.Actual + 1
		return outcome{wrong: true, actual: wrong.Actual}, nil
	}
	c.seen = eventstore.At(a.Revision) + 1
	return outcome{revision: a.Revision}, err
}
