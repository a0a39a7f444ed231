package clustertest

import (
	"bytes"
	"context"
	"iter"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/history"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/redis"
	"github.com/diaspora-match/diaspora/projections/views"
)

// truth is the log as it stands, read without any node.
type truth struct {
	store  eventstore.Store
	keys   *privacy.Keys
	events []codec.Decoded
}

func (p *place) truth() *truth {
	p.t.Helper()
	ctx := p.t.Context()
	store, err := esdb.Open(ctx, esdb.Options{ConnectionString: p.events})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = store.Close() })
	kek, err := privacy.KeyEncryptionFromFile(filepath.Join(p.folder, platform.KeyWrapFile))
	if err != nil {
		p.t.Fatal(err)
	}
	keys, err := privacy.Open(ctx, privacy.Config{Path: filepath.Join(p.folder, platform.KeysFile), KeyEncryption: kek, Shared: true})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = keys.Close() })
	tr := &truth{store: store, keys: keys}
	tr.read(p.t)
	return tr
}

// read reads what has been added.
func (tr *truth) read(t *testing.T) (more bool) {
	t.Helper()
	c := codec.New(history.Registry(), tr.keys)
	from := eventstore.Position(0)
	if n := len(tr.events); n > 0 {
		from = tr.events[n-1].Position
	}
	for r, err := range tr.store.ReadAll(t.Context(), from, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.Decode(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		tr.events, more = append(tr.events, d), true
	}
	return more
}

func (tr *truth) all() iter.Seq2[codec.Decoded, error] {
	return func(yield func(codec.Decoded, error) bool) {
		for _, e := range tr.events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (tr *truth) head() eventstore.Position { return tr.events[len(tr.events)-1].Position }

// rebuilt folds the log from its beginning.
func (tr *truth) rebuilt(t *testing.T) *memory.Engine {
	t.Helper()
	engine := memory.New(views.Tables()...)
	if err := projections.Replay(t.Context(), projections.Config{Engine: engine, Views: views.All()}, tr.all()); err != nil {
		t.Fatal(err)
	}
	return engine
}

func candidacies(t *testing.T, engine projections.Engine) (rows []*views.CandidacyRow) {
	t.Helper()
	err := engine.Read(t.Context(), 0, func(r projections.Reader) error {
		rows = nil
		for row, err := range views.Candidacies.All(r) {
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// settled waits until nothing is under way any more: every approval has its answer,
// and nothing has been added for a second.
func (p *place) settled() (*truth, []*views.CandidacyRow) {
	p.t.Helper()
	tr := p.truth()
	for deadline, quiet := time.Now().Add(patience), 0; ; <-time.After(100 * time.Millisecond) {
		if tr.read(p.t) {
			quiet = 0
		}
		quiet++
		if quiet > 10 {
			rows, pending := candidacies(p.t, tr.rebuilt(p.t)), 0
			for _, row := range rows {
				if row.Approval != nil && row.Approval.State == views.ApprovalPending {
					pending++
				}
			}
			if pending == 0 {
				return tr, rows
			}
			quiet = 0
		}
		if time.Now().After(deadline) {
			p.t.Fatal("approvals have no answer")
		}
	}
}

// prove holds what the nodes did, showed and told against the log.
func (p *place) prove(first []*listener) {
	p.t.Helper()
	tr, rows := p.settled()
	p.t.Logf("%d commands answered, %d acknowledged, refused %v; %d events", p.sent.Load(), len(p.acked), p.codes, len(tr.events))
	p.actedOnce(tr)
	p.fairlyPlaced(rows)
	p.shownAsRebuilt(tr)
	p.listened(first)
}

// actedOnce: each acknowledged command stands in the log, in one stream, in one run
// of revisions; and no event stands there twice.
func (p *place) actedOnce(tr *truth) {
	p.t.Helper()
	type place struct {
		stream      string
		first, last eventstore.Revision
	}
	acted := map[domain.CommandID]place{}
	next := map[string]eventstore.Revision{}
	ids := map[string]bool{}
	for _, e := range tr.events {
		if ids[e.ID.String()] {
			p.t.Errorf("event %s stands twice in the log", e.ID)
		}
		ids[e.ID.String()] = true
		if e.Revision != next[e.Stream] {
			p.t.Errorf("a hole before revision %d of %s", e.Revision, e.Stream)
		}
		next[e.Stream] = e.Revision + 1
		at, again := acted[e.Meta.Command]
		switch {
		case !again:
			at = place{e.Stream, e.Revision, e.Revision}
		case at.stream != e.Stream || e.Revision != at.last+1:
			p.t.Errorf("command %s acted twice: %v and %s %d", e.Meta.Command, at, e.Stream, e.Revision)
		}
		at.last = e.Revision
		acted[e.Meta.Command] = at
	}
	for id, name := range p.acked {
		if _, there := acted[id]; !there {
			p.t.Errorf("%s was acknowledged and is not in the log (%s)", name, id)
		}
	}
}

// fairlyPlaced: all approvals are for the same weeks, so that no expert has two, and
// no need more than its seats.
func (p *place) fairlyPlaced(rows []*views.CandidacyRow) {
	p.t.Helper()
	seats, places, failed := map[domain.NeedID]int{}, map[domain.ExpertID]int{}, 0
	for _, row := range rows {
		if row.Approval == nil {
			continue
		}
		switch row.Approval.State {
		case views.ApprovalConfirmed:
			seats[row.Need]++
			places[row.Expert]++
		case views.ApprovalFailed:
			failed++
		}
	}
	for need, n := range seats {
		if n > positions {
			p.t.Errorf("need %s has %d seats and %d experts", need, positions, n)
		}
	}
	for expert, n := range places {
		if n > 1 {
			p.t.Errorf("expert %s is in %d places at once", expert, n)
		}
	}
	if len(places) == 0 || failed == 0 {
		p.t.Errorf("%d placed, %d approvals failed: there was nothing to compete for", len(places), failed)
	}
	p.t.Logf("%d experts placed, %d approvals failed", len(places), failed)
}

// shownAsRebuilt: what Redis holds is what folding the log gives, byte for byte.
func (p *place) shownAsRebuilt(tr *truth) {
	p.t.Helper()
	engine, err := redis.Open(redis.Options{URL: p.redis.URL(), Tables: views.Tables(), Basis: taxonomy.Builtin().Version(), Rows: codec.NewRows(tr.keys, nil)})
	if err != nil {
		p.t.Fatal(err)
	}
	defer engine.Close()
	dump := func(engine projections.Engine) []byte {
		var out bytes.Buffer
		err := engine.Read(p.t.Context(), tr.head(), func(r projections.Reader) error {
			out.Reset()
			return projections.Dump(r, views.Tables(), []byte("one key for both"), &out)
		})
		if err != nil {
			p.t.Fatal(err)
		}
		_, rows, _ := bytes.Cut(out.Bytes(), []byte("\n")) // without the position, which passes over events of the server's own
		return rows
	}
	if live, rebuilt := dump(engine), dump(tr.rebuilt(p.t)); !bytes.Equal(live, rebuilt) {
		p.t.Errorf("the views in Redis (%d bytes) are not those of a rebuild (%d bytes)", len(live), len(rebuilt))
	}
}

// moves are the events that move a candidacy to another stage here.
var moves = map[string]bool{
	candidacy.Applied{}.EventType(): true, candidacy.SharedWithHost{}.EventType(): true, candidacy.HostAccepted{}.EventType(): true,
	candidacy.ApprovalRequested{}.EventType(): true, candidacy.Approved{}.EventType(): true, candidacy.ApprovalFailed{}.EventType(): true,
}

// listened: subscribers whose node lived heard of each candidacy's moves in the order
// of the log, up to the last thing that they heard of.
func (p *place) listened(listeners []*listener) {
	p.t.Helper()
	for _, l := range listeners {
		if !l.open() {
			p.t.Errorf("a subscription ended though its node lived")
		}
	}
	tr := p.truth()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	told := 0
	for _, l := range listeners {
		told += p.heardAll(ctx, tr, l)
		l.stop()
		<-l.done
	}
	if told == 0 {
		p.t.Error("subscribers heard nothing")
	}
	p.t.Logf("%d subscribers heard %d changes", len(listeners), told)
}

// heardAll waits until a listener has heard of the last move that the log held, and
// holds what it heard against the log.
func (p *place) heardAll(ctx context.Context, tr *truth, l *listener) int {
	p.t.Helper()
	need, err := scalar.ParseID(l.need)
	if err != nil {
		p.t.Fatal(err)
	}
	of := map[string]bool{} // candidacies of the need
	for _, e := range tr.events {
		if a, ok := e.Event.(candidacy.Applied); ok && string(a.Need) == need.UUID {
			of[e.Stream] = true
		}
	}
	var all []heard
	for {
		all = l.all()
		missing := p.missing(tr, l.since, all, of)
		if missing == "" {
			break
		}
		select {
		case <-ctx.Done():
			p.t.Errorf("a subscriber did not hear of %s; it heard %d changes", missing, len(all))
			return len(all)
		case <-time.After(20 * time.Millisecond):
		}
	}
	last := uint64(0)
	for _, h := range all {
		at := position(p.t, h)
		if at < last {
			p.t.Errorf("a subscriber heard of %d after %d", at, last)
		}
		last = at
	}
	return len(all)
}

func position(t *testing.T, h heard) uint64 {
	t.Helper()
	at, err := strconv.ParseUint(h.Position, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// missing names a candidacy whose last move since a position was not heard of.
func (p *place) missing(tr *truth, since eventstore.Position, all []heard, of map[string]bool) string {
	heardAt := map[string]uint64{}
	for _, h := range all {
		id, err := scalar.ParseID(h.Candidacy.ID)
		if err != nil {
			p.t.Fatal(err)
		}
		heardAt["candidacy-"+id.UUID] = position(p.t, h)
	}
	for _, e := range tr.events {
		if of[e.Stream] && moves[e.Event.EventType()] && e.Position > since && heardAt[e.Stream] < uint64(e.Position) {
			return e.Event.EventType() + " of " + e.Stream
		}
	}
	return ""
}
