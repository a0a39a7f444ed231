package docrun

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// eventTimeout bounds the wait for an event of a subscription.
const eventTimeout = 20 * time.Second

// stream is an open subscription.
type stream struct {
	events chan map[string]any
	cancel context.CancelFunc
}

func (s *stream) close() {
	s.cancel()
	for range s.events { // until the reader has ended
	}
}

// open begins the subscription of a persona, in place of an earlier one.
func (r *Runner) open(ctx context.Context, e Example, token string, request any) error {
	ctx, cancel := context.WithCancel(ctx)
	response, err := r.post(ctx, token, "text/event-stream", request)
	if err != nil {
		cancel()
		return fmt.Errorf("%s: %w", e.Place(), err)
	}
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		cancel()
		return errors.Join(fmt.Errorf("%s: %s with %s, not a stream of events", e.Place(), response.Status, kind), response.Body.Close())
	}
	s := &stream{events: make(chan map[string]any, 64), cancel: cancel}
	go func() {
		defer close(s.events)
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, answerBytesMax)
		for lines.Scan() {
			text, ok := strings.CutPrefix(lines.Text(), "data:")
			var event map[string]any
			if !ok || json.Unmarshal([]byte(text), &event) != nil {
				continue // the name of an event, or a sign of life
			}
			select {
			case s.events <- event:
			case <-ctx.Done():
				return
			}
		}
	}()
	if earlier := r.live[e.As]; earlier != nil {
		earlier.close()
	}
	if r.live == nil {
		r.live = map[string]*stream{}
	}
	r.live[e.As] = s
	return nil
}

// wait passes over events until one holds what the example says.
func (r *Runner) wait(ctx context.Context, e Example) error {
	s := r.live[e.As]
	if s == nil {
		return fmt.Errorf("%s: %s has no subscription open", e.Place(), e.As)
	}
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	last := fmt.Errorf("no event at all")
	for {
		select {
		case event, ok := <-s.events:
			if !ok {
				return fmt.Errorf("%s: the subscription ended; %w", e.Place(), last)
			}
			if last = r.match("", e.Answer, event); last == nil {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("%s: no such event: %w", e.Place(), last)
		}
	}
}
