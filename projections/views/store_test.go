package views_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

// The whole way on the embedded store: what is appended is there for the next
// read that names its position, the matcher's index follows, and a rebuild from
// the file gives the same views.
func TestViewsOverTheEmbeddedStore(t *testing.T) {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w := story(t)
	index := matcher.NewIndex(matcher.Policy{})
	engine := memory.New(views.Tables()...)
	runner, err := projections.NewRunner(projections.Config{
		Store: store, Decoder: w.codec, Engine: engine, Views: views.All(), Followers: []projections.Follower{views.NewFeed(index, w.today())},
	})
	if err != nil {
		t.Fatal(err)
	}
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(running) }()
	<-runner.Ready()

	var last eventstore.Position
	for _, r := range w.log {
		expected := eventstore.NoStream
		if r.Revision > 0 {
			expected = eventstore.At(r.Revision - 1)
		}
		at, err := store.Append(ctx, r.Stream, expected, r.Event)
		if err != nil {
			t.Fatal(err)
		}
		last = at.Position
		err = engine.Read(ctx, last, func(reader projections.Reader) error {
			if reader.Position() < last {
				t.Fatalf("read at %d, asked for %d", reader.Position(), last)
			}
			entries, err := views.HistoryOf(reader, eventstore.Category(r.Stream), r.Stream[len(eventstore.Category(r.Stream))+1:])
			if err == nil && len(entries) != int(r.Revision)+1 {
				t.Fatalf("%s shows %d events after revision %d", r.Stream, len(entries), r.Revision)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	row := must[*views.CandidacyRow](t)(candidacyRow(t, engine, w))
	same(t, "stage", row.Stage, candidacy.StageAccepted)

	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if experts, needs := index.Len(); experts != 2 || needs != 1 || index.Position() != uint64(last) {
		t.Fatalf("the index holds %d experts and %d needs at %d", experts, needs, index.Position())
	}
	again := memory.New(views.Tables()...)
	err = projections.Replay(ctx, projections.Config{Engine: again, Views: views.All(), BatchMax: 7}, func(yield func(codec.Decoded, error) bool) {
		for r, err := range store.ReadAll(ctx, 0, eventstore.Forwards, len(w.log)) {
			d, decodeErr := w.codec.Decode(ctx, r)
			if !yield(d, errors.Join(err, decodeErr)) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if live, rebuilt := dump(t, engine), dump(t, again); live != rebuilt {
		t.Fatal(firstDifference(live, rebuilt))
	}
}

func candidacyRow(t *testing.T, engine projections.Engine, w *world) (row *views.CandidacyRow, err error) {
	for _, e := range w.live {
		if s, ok := e.Event.(candidacy.Suggested); ok {
			read(t, engine, func(r projections.Reader) error {
				row, err = views.Candidacies.Get(r, string(s.Candidacy))
				return err
			})
		}
	}
	return row, err
}
