package storetest_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/eventstore/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mutantVariable tells the test binary, run as a child, which mistake to make.
const mutantVariable = "STORETEST_MUTANT"

// TestSuite runs the suite over a store that is sound, or makes the one mistake
// that the environment names.
func TestSuite(t *testing.T) {
	mistake := os.Getenv(mutantVariable)
	storetest.Run(t, func(t *testing.T) eventstore.Store {
		s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return &mutant{Store: s, mistake: mistake, remembered: map[string][]eventstore.Recorded{}}
	})
}

// TestSuiteNoticesMistakes makes mistakes that engines make, and demands that the
// case that is there for each of them fails.
func TestSuiteNoticesMistakes(t *testing.T) {
	for mistake, noticedBy := range map[string][]string{
		"retries are not known":           {"Replay", "ReplayFromManySides", "CancelledAppends"},
		"expected revisions are ignored":  {"ExpectedRevisions", "OneWinner", "Linearizable"},
		"any revision exists":             {"ExpectedRevisions"},
		"an append is one per event":      {"AllOrNothingSeenByReaders"},
		"metadata is lost":                {"RoundTrip"},
		"size is not checked":             {"TooLarge"},
		"names are cut":                   {"StreamNames"},
		"names are folded":                {"StreamNames"},
		"limits are ignored":              {"PagingOfAStream", "OrderOfTheLog"},
		"reads end early":                 {"PagingOfAStream", "AllOrNothing"},
		"errors of reads are swallowed":   {"Cancellation", "MissingStream"},
		"reads are stale":                 {"Linearizable"},
		"the log includes its start":      {"OrderOfTheLog"},
		"backwards is forwards":           {"PagingOfAStream", "OrderOfTheLog"},
		"subscriptions repeat an event":   {"SubscriptionResumes"},
		"subscriptions lose an event":     {"Subscription"},
		"filters are ignored":             {"SubscriptionFilters"},
		"through runs ahead":              {"SubscriptionResumes", "Subscription"},
		"a closed store answers":          {"Closed"},
		"cancellation is ignored":         {"Cancellation"},
		"the head stands still":           {"Head"},
		"missing streams are empty ones":  {"MissingStream", "BadEvents"},
		"a refused append tells nothing":  {"ExpectedRevisions"},
		"a closed subscription goes on":   {"SubscriptionCloses"},
		"the answer is the first's place": {"RoundTrip"},
	} {
		t.Run(mistake, func(t *testing.T) {
			for _, name := range noticedBy {
				child := exec.Command(os.Args[0], "-test.run=^TestSuite$/^"+name+"$")
				child.Env = append(os.Environ(), mutantVariable+"="+mistake)
				out, err := child.CombinedOutput()
				if err == nil || !strings.Contains(string(out), "--- FAIL: TestSuite/"+name) {
					t.Errorf("%s did not fail: %v\n%s", name, err, out)
				}
			}
		})
	}
}

// mutant is a store that makes one mistake.
type mutant struct {
	eventstore.Store
	mistake string

	mu         sync.Mutex
	remembered map[string][]eventstore.Recorded
}

func (m *mutant) Append(ctx context.Context, stream string, expected eventstore.Expected, events ...eventstore.Event) (eventstore.Appended, error) {
	events = slices.Clone(events)
	switch m.mistake {
	case "retries are not known":
		for i := range events {
			if events[i].ID != uuid.Nil {
				events[i].ID = uuid.New()
			}
		}
	case "expected revisions are ignored":
		expected = eventstore.Any
	case "any revision exists":
		if expected == eventstore.StreamExists {
			expected = eventstore.Any
		}
	case "an append is one per event":
		var a eventstore.Appended
		var err error
		for i := 0; i < len(events) && err == nil; i++ {
			a, err = m.Store.Append(ctx, stream, expected, events[i])
		}
		return a, err
	case "metadata is lost":
		for i := range events {
			events[i].Meta = nil
		}
	case "size is not checked":
		if err := eventstore.CheckAppend(stream, events); errors.Is(err, eventstore.ErrTooLarge) {
			return eventstore.Appended{}, nil
		}
	case "names are cut":
		stream = stream[:min(len(stream), 255)]
	case "names are folded":
		stream = strings.ToLower(stream)
	case "cancellation is ignored":
		ctx = context.WithoutCancel(ctx)
	}
	a, err := m.Store.Append(ctx, stream, expected, events...)
	var wrong *eventstore.WrongRevision
	if m.mistake == "a refused append tells nothing" && errors.As(err, &wrong) {
		return a, &eventstore.WrongRevision{Stream: stream, Expected: expected}
	}
	if m.mistake == "the answer is the first's place" {
		a.Revision -= eventstore.Revision(len(events) - 1)
	}
	return a, err
}

func (m *mutant) ReadStream(ctx context.Context, stream string, from eventstore.Revision, dir eventstore.Direction, limit int) iter.Seq2[eventstore.Recorded, error] {
	if m.mistake == "names are folded" {
		stream = strings.ToLower(stream)
	}
	if m.mistake == "backwards is forwards" {
		dir = eventstore.Forwards
	}
	read := m.mutate(m.Store.ReadStream(ctx, stream, from, dir, m.limit(limit)))
	if m.mistake != "reads are stale" {
		return read
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.remembered[stream] == nil {
		for r, err := range read {
			if err == nil {
				m.remembered[stream] = append(m.remembered[stream], r)
			}
		}
	}
	old := m.remembered[stream]
	return func(yield func(eventstore.Recorded, error) bool) {
		for _, r := range old {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (m *mutant) ReadAll(ctx context.Context, from eventstore.Position, dir eventstore.Direction, limit int) iter.Seq2[eventstore.Recorded, error] {
	switch {
	case m.mistake == "the log includes its start" && dir == eventstore.Forwards && from > 0:
		from--
	case m.mistake == "backwards is forwards":
		dir = eventstore.Forwards
	}
	return m.mutate(m.Store.ReadAll(ctx, from, dir, m.limit(limit)))
}

func (m *mutant) limit(limit int) int {
	if m.mistake == "limits are ignored" {
		return 0
	}
	return limit
}

// mutate makes the mistakes that concern every read.
func (m *mutant) mutate(read iter.Seq2[eventstore.Recorded, error]) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		n := 0
		for r, err := range read {
			if m.mistake == "reads end early" && n == 100 {
				return
			}
			if err != nil && (m.mistake == "errors of reads are swallowed" ||
				m.mistake == "missing streams are empty ones" && errors.Is(err, eventstore.ErrNoStream)) {
				return
			}
			if n++; !yield(r, err) {
				return
			}
		}
	}
}

func (m *mutant) Head(ctx context.Context) (eventstore.Position, error) {
	if m.mistake == "the head stands still" {
		return 0, nil
	}
	head, err := m.Store.Head(ctx)
	if m.mistake == "a closed store answers" && errors.Is(err, eventstore.ErrClosed) {
		return 0, nil
	}
	return head, err
}

func (m *mutant) Subscribe(ctx context.Context, after eventstore.Position, filter eventstore.Filter) (eventstore.Subscription, error) {
	if m.mistake == "subscriptions repeat an event" && after > 0 {
		after--
	}
	if m.mistake == "filters are ignored" {
		filter.TypePrefixes = nil
	}
	sub, err := m.Store.Subscribe(ctx, after, filter)
	return &mutantSubscription{Subscription: sub, mistake: m.mistake}, err
}

type mutantSubscription struct {
	eventstore.Subscription
	mistake   string
	delivered int
	over      bool
}

func (s *mutantSubscription) Next(ctx context.Context) (eventstore.Delivery, error) {
	d, err := s.Subscription.Next(ctx)
	switch {
	case s.mistake == "subscriptions lose an event" && s.delivered < 10 && s.delivered+len(d.Events) >= 10:
		s.delivered += len(d.Events)
		d.Events = d.Events[1:]
	case s.mistake == "through runs ahead":
		d.Through += 2
	case s.mistake == "a closed subscription goes on" && errors.Is(err, eventstore.ErrClosed) && !s.over:
		s.over = true
		return eventstore.Delivery{}, context.Canceled
	default:
		s.delivered += len(d.Events)
	}
	return d, err
}
