// Package viewtest is the contract of a projections.Engine as a test suite:
//
//	func TestContract(t *testing.T) {
//		viewtest.Run(t, func(t *testing.T) projections.Engine { return memory.New(viewtest.Tables()...) })
//	}
package viewtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// Run runs the contract. open returns a new, empty engine for Tables; it closes
// it by t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) projections.Engine) {
	cases := []struct {
		name string
		run  func(*testing.T, func(*testing.T) projections.Engine)
	}{
		{"rows are put, read and deleted", rows},
		{"index entries follow their row", indexMoves},
		{"pages go both ways while rows come and go", paging},
		{"bad cursors and page sizes are refused", badPages},
		{"a filtered page keeps its order and its bound", filtered},
		{"counts and walks agree with the bucket", counts},
		{"a batch applies wholly or not at all", atomic},
		{"a batch that was applied is ignored", duplicate},
		{"a batch of an old epoch is refused", staleEpoch},
		{"a batch upon another checkpoint is refused", staleCheckpoint},
		{"rows written before opening are indexed by it", opening},
		{"a read waits for its position", waiting},
		{"readers see one position", oneState},
		{"any cut into batches gives the same dump", cuts},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

// driver applies batches one after the other.
type driver struct {
	t      *testing.T
	engine projections.Engine
	epoch  uint64
	at     eventstore.Position
}

func drive(t *testing.T, engine projections.Engine) *driver {
	t.Helper()
	epoch, at, err := engine.Claim(t.Context())
	if err != nil {
		t.Fatalf("claim: %v", err)
	}
	return &driver{t, engine, epoch, at}
}

func opened(t *testing.T, open func(*testing.T) projections.Engine) *driver {
	t.Helper()
	d := drive(t, open(t))
	d.open()
	return d
}

func (d *driver) open() {
	d.t.Helper()
	if err := d.engine.Open(d.t.Context(), d.epoch); err != nil {
		d.t.Fatalf("open: %v", err)
	}
}

func (d *driver) apply(ops ...projections.Op) {
	d.t.Helper()
	b := projections.Batch{Epoch: d.epoch, From: d.at, To: d.at + 1, Ops: ops}
	if err := d.engine.Apply(d.t.Context(), b); err != nil {
		d.t.Fatalf("apply: %v", err)
	}
	d.at++
}

func (d *driver) read(fn func(projections.Reader) error) {
	d.t.Helper()
	if err := d.engine.Read(d.t.Context(), d.at, fn); err != nil {
		d.t.Fatalf("read: %v", err)
	}
}

func (d *driver) page(index, bucket string, p projections.Paging) projections.Page[Note] {
	d.t.Helper()
	var page projections.Page[Note]
	d.read(func(r projections.Reader) (err error) {
		page, err = Notes.Page(r, index, bucket, p)
		return err
	})
	return page
}

func (d *driver) dump() string {
	d.t.Helper()
	var out bytes.Buffer
	d.read(func(r projections.Reader) error {
		return projections.Dump(r, Tables(), []byte("suite"), &out)
	})
	return out.String()
}

func ids(notes []*Note) string {
	var out []string
	for _, n := range notes {
		out = append(out, n.ID)
	}
	return strings.Join(out, " ")
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func rows(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	d.apply(put(Note{ID: "a", Shelf: "s", Rank: 1}), tally("t", 3))
	d.apply(put(Note{ID: "b", Shelf: "s", Rank: 2, Words: []string{"w"}}), put(Note{ID: "a", Shelf: "s", Rank: 5}))
	d.read(func(r projections.Reader) error {
		a, err := Notes.Get(r, "a")
		same(t, "row", a, &Note{ID: "a", Shelf: "s", Rank: 5})
		none, noErr := Notes.Get(r, "z")
		same(t, "absent row", none, nil)
		many, manyErr := Notes.Many(r, []string{"b", "z", "a"})
		same(t, "many", many, []*Note{{ID: "b", Shelf: "s", Rank: 2, Words: []string{"w"}}, nil, {ID: "a", Shelf: "s", Rank: 5}})
		count, countErr := Tallies.Get(r, "t")
		same(t, "table without index", count, &Tally{"t", 3})
		return errors.Join(err, noErr, manyErr, countErr)
	})
	d.apply(drop("a"), drop("never there"))
	d.read(func(r projections.Reader) error {
		a, err := Notes.Get(r, "a")
		same(t, "deleted row", a, nil)
		n, lenErr := r.Len(Notes)
		same(t, "rows left", n, 1)
		return errors.Join(err, lenErr)
	})
	row, err := d.engine.Load(t.Context(), Notes, "b")
	if err != nil || row.(*Note).Rank != 2 {
		t.Fatalf("load: %v, %v", row, err)
	}
	if row, err := d.engine.Load(t.Context(), Notes, "a"); row != nil || err != nil {
		t.Fatalf("load of a deleted row: %v, %v", row, err)
	}
}

func indexMoves(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	first := projections.Paging{First: 10}
	d.apply(put(Note{ID: "a", Shelf: "x", Rank: 1, Words: []string{"one", "two", "two"}}),
		put(Note{ID: "b", Shelf: "x", Rank: 2, Words: []string{"two"}}))
	same(t, "both on x", ids(d.page(ByShelf, "x", first).Rows), "a b")
	same(t, "both under two", ids(d.page(ByWord, "two", first).Rows), "a b")

	d.apply(put(Note{ID: "a", Shelf: "y", Rank: 3, Words: []string{"two", "three"}}))
	same(t, "moved from x", ids(d.page(ByShelf, "x", first).Rows), "b")
	same(t, "moved to y", ids(d.page(ByShelf, "y", first).Rows), "a")
	same(t, "new order under two", ids(d.page(ByWord, "two", first).Rows), "b a")
	same(t, "no longer under one", d.page(ByWord, "one", first).Total, 0)
	same(t, "now under three", ids(d.page(ByWord, "three", first).Rows), "a")

	d.apply(drop("a"))
	same(t, "gone from y", d.page(ByShelf, "y", first).Total, 0)
	same(t, "gone from two", ids(d.page(ByWord, "two", first).Rows), "b")
}

func paging(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	var ops []projections.Op
	for i := range 10 {
		ops = append(ops, put(Note{ID: noteID(i), Shelf: "s", Rank: int64(i) * 10}))
	}
	ops = append(ops, put(Note{ID: "other", Shelf: "elsewhere", Rank: 5}))
	d.apply(ops...)

	one := d.page(ByShelf, "s", projections.Paging{First: 4})
	same(t, "first page", ids(one.Rows), "note-0000 note-0001 note-0002 note-0003")
	if !one.HasNext || one.HasPrevious || one.Total != 10 {
		t.Fatalf("first page: %+v", one)
	}
	// Rows before the cursor, at it and after it change; the next page neither
	// repeats nor misses a row that stayed.
	d.apply(put(Note{ID: "new-a", Shelf: "s", Rank: 15}), put(Note{ID: "new-b", Shelf: "s", Rank: 45}), drop(noteID(3)), drop(noteID(5)))
	two := d.page(ByShelf, "s", projections.Paging{First: 4, After: one.Cursors[3]})
	same(t, "second page", ids(two.Rows), "note-0004 new-b note-0006 note-0007")
	if !two.HasNext || !two.HasPrevious || two.Total != 10 {
		t.Fatalf("second page: %+v", two)
	}
	three := d.page(ByShelf, "s", projections.Paging{First: 4, After: two.Cursors[3]})
	same(t, "last page", ids(three.Rows), "note-0008 note-0009")
	if three.HasNext {
		t.Fatalf("last page has a next one")
	}

	last := d.page(ByShelf, "s", projections.Paging{Last: 3})
	same(t, "from the end", ids(last.Rows), "note-0007 note-0008 note-0009")
	if last.HasNext || !last.HasPrevious {
		t.Fatalf("from the end: %+v", last)
	}
	back := d.page(ByShelf, "s", projections.Paging{Last: 3, Before: last.Cursors[0]})
	same(t, "back", ids(back.Rows), "note-0004 new-b note-0006")
	if !back.HasNext || !back.HasPrevious {
		t.Fatalf("back: %+v", back)
	}
	between := d.page(ByShelf, "s", projections.Paging{First: 10, After: one.Cursors[0], Before: back.Cursors[1]})
	same(t, "between two cursors", ids(between.Rows), "note-0001 new-a note-0002 note-0004")
	if between.HasNext {
		t.Fatalf("nothing more lies between the cursors")
	}
	betweenBack := d.page(ByShelf, "s", projections.Paging{Last: 2, After: one.Cursors[0], Before: back.Cursors[1]})
	same(t, "between, from the end", ids(betweenBack.Rows), "note-0002 note-0004")
	same(t, "empty bucket", len(d.page(ByShelf, "none", projections.Paging{First: 3}).Rows), 0)

	// Equal sort keys: the row key decides, and paging neither loops nor skips.
	d.apply(put(Note{ID: "t1", Shelf: "tie", Rank: 7}), put(Note{ID: "t2", Shelf: "tie", Rank: 7}), put(Note{ID: "t3", Shelf: "tie", Rank: 7}))
	tie := d.page(ByShelf, "tie", projections.Paging{First: 2})
	same(t, "ties", ids(tie.Rows), "t1 t2")
	same(t, "ties go on", ids(d.page(ByShelf, "tie", projections.Paging{First: 2, After: tie.Cursors[1]}).Rows), "t3")
}

func badPages(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	for _, c := range []struct {
		paging projections.Paging
		want   error
	}{
		{projections.Paging{}, projections.ErrPage},
		{projections.Paging{First: 1, Last: 1}, projections.ErrPage},
		{projections.Paging{First: -1}, projections.ErrPage},
		{projections.Paging{First: projections.MaxPage + 1}, projections.ErrPage},
		{projections.Paging{Last: projections.MaxPage + 1}, projections.ErrPage},
		{projections.Paging{First: 1, After: "not base64!"}, projections.ErrCursor},
		{projections.Paging{Last: 1, Before: "YWJj"}, projections.ErrCursor},
		{projections.Paging{First: 1, After: strings.Repeat("A", projections.MaxCursorBytes+4)}, projections.ErrCursor},
	} {
		err := d.engine.Read(t.Context(), d.at, func(r projections.Reader) error {
			_, err := Notes.Page(r, ByShelf, "s", c.paging)
			return err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: got %v, want %v", c.paging, err, c.want)
		}
	}
	same(t, "the bound itself is fine", d.page(ByShelf, "s", projections.Paging{First: projections.MaxPage}).Total, 0)
}

func filtered(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	var ops []projections.Op
	for i := range 1000 {
		ops = append(ops, put(Note{ID: noteID(i), Shelf: "s", Rank: int64(i)}))
	}
	d.apply(ops...)
	hundreds := func(n *Note) bool { return n.Rank%100 == 0 }
	d.read(func(r projections.Reader) error {
		up, err := Notes.Filter(r, ByShelf, "s", projections.Paging{First: 3, After: projections.MemberOf(projections.SortInt(100), noteID(100)).Cursor()}, hundreds)
		same(t, "kept upwards", ids(up.Rows), "note-0200 note-0300 note-0400")
		down, downErr := Notes.Filter(r, ByShelf, "s", projections.Paging{Last: 3}, hundreds)
		same(t, "kept downwards", ids(down.Rows), "note-0700 note-0800 note-0900")
		rest, restErr := Notes.Filter(r, ByShelf, "s", projections.Paging{First: 3, After: down.Cursors[1]}, hundreds)
		same(t, "the rest", ids(rest.Rows), "note-0900")
		if !up.HasNext || !down.HasPrevious || down.HasNext || rest.HasNext {
			t.Fatalf("page marks: %+v %+v %+v", up, down, rest)
		}
		return errors.Join(err, downErr, restErr)
	})
}

func counts(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	var ops []projections.Op
	for i := range 600 {
		ops = append(ops, put(Note{ID: noteID(i), Shelf: "s", Rank: int64(i / 2)}))
	}
	d.apply(ops...)
	d.apply(drop(noteID(0)))
	d.read(func(r projections.Reader) error {
		n, err := Notes.Count(r, ByShelf, "s")
		same(t, "count", n, 599)
		below, belowErr := r.CountUntil(Notes, ByShelf, "s", projections.SortInt(100))
		same(t, "count below", below, 199)
		none, noneErr := r.CountUntil(Notes, ByShelf, "other", projections.SortInt(100))
		same(t, "count in an empty bucket", none, 0)
		seen := 0
		for note, err := range Notes.Walk(r, ByShelf, "s", projections.SortInt(100)) {
			if err != nil {
				return err
			}
			same(t, "walked", note.ID, noteID(200+seen))
			seen++
		}
		same(t, "rows walked", seen, 400)
		all := 0
		for _, err := range Notes.All(r) {
			if err != nil {
				return err
			}
			all++
		}
		same(t, "all rows", all, 599)
		return errors.Join(err, belowErr, noneErr)
	})
}

func atomic(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	d.apply(put(Note{ID: "a", Shelf: "s", Rank: 1}))
	before := d.dump()
	foreign := &projections.Table[Tally]{Name: "foreign", Version: 1, Key: func(t *Tally) string { return t.Name }}
	err := d.engine.Apply(t.Context(), projections.Batch{Epoch: d.epoch, From: d.at, To: d.at + 1, Ops: []projections.Op{
		put(Note{ID: "a", Shelf: "s", Rank: 2}), drop("a"), {Table: foreign, Key: "x", Row: &Tally{Name: "x"}},
	}})
	if err == nil {
		t.Fatal("an op on an unknown table went through")
	}
	same(t, "state after a failed batch", d.dump(), before)
}

func duplicate(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	b := projections.Batch{Epoch: d.epoch, From: 0, To: 5, Ops: []projections.Op{tally("n", 1)}}
	for range 3 {
		if err := d.engine.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	d.at = 5
	before := d.dump()
	old := projections.Batch{Epoch: d.epoch, From: 0, To: 3, Ops: []projections.Op{tally("n", 99)}}
	if err := d.engine.Apply(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	same(t, "state after a repeated batch", d.dump(), before)
}

func staleEpoch(t *testing.T, open func(*testing.T) projections.Engine) {
	zombie := opened(t, open)
	zombie.apply(tally("n", 1))
	next := drive(t, zombie.engine)
	if next.epoch <= zombie.epoch || next.at != zombie.at {
		t.Fatalf("claimed epoch %d at %d after %d at %d", next.epoch, next.at, zombie.epoch, zombie.at)
	}
	before := next.dump()
	late := projections.Batch{Epoch: zombie.epoch, From: zombie.at, To: zombie.at + 1, Ops: []projections.Op{tally("n", 2)}}
	if err := zombie.engine.Apply(t.Context(), late); !errors.Is(err, projections.ErrStaleEpoch) {
		t.Fatalf("late batch: %v", err)
	}
	if err := zombie.engine.Open(t.Context(), zombie.epoch); !errors.Is(err, projections.ErrStaleEpoch) {
		t.Fatalf("late open: %v", err)
	}
	same(t, "state after a late batch", next.dump(), before)
	next.apply(tally("n", 3))
}

func staleCheckpoint(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	d.apply(tally("n", 1))
	d.apply(tally("n", 2))
	before := d.dump()
	for _, b := range []projections.Batch{
		{Epoch: d.epoch, From: d.at - 1, To: d.at + 1}, // overlaps
		{Epoch: d.epoch, From: d.at + 1, To: d.at + 2}, // leaves a gap
	} {
		b.Ops = []projections.Op{tally("n", 9)}
		if err := d.engine.Apply(t.Context(), b); !errors.Is(err, projections.ErrStaleCheckpoint) {
			t.Fatalf("from %d to %d at %d: %v", b.From, b.To, d.at, err)
		}
	}
	same(t, "state after refused batches", d.dump(), before)
}

func opening(t *testing.T, open func(*testing.T) projections.Engine) {
	d := drive(t, open(t))
	d.apply(put(Note{ID: "a", Shelf: "x", Rank: 2, Words: []string{"w", "w"}}), put(Note{ID: "b", Shelf: "x", Rank: 1}))
	d.apply(put(Note{ID: "a", Shelf: "y", Rank: 3, Words: []string{"w"}}), put(Note{ID: "c", Shelf: "x", Rank: 0}), drop("b"))
	if row, err := d.engine.Load(t.Context(), Notes, "a"); err != nil || row.(*Note).Shelf != "y" {
		t.Fatalf("load before opening: %v, %v", row, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.engine.Read(ctx, 0, func(projections.Reader) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Fatalf("read before opening: %v", err)
	}
	d.open()
	d.open()
	same(t, "on x", ids(d.page(ByShelf, "x", projections.Paging{First: 9}).Rows), "c")
	same(t, "on y", ids(d.page(ByShelf, "y", projections.Paging{First: 9}).Rows), "a")
	same(t, "under w", ids(d.page(ByWord, "w", projections.Paging{First: 9}).Rows), "a")

	live := opened(t, open)
	live.apply(put(Note{ID: "a", Shelf: "x", Rank: 2, Words: []string{"w", "w"}}), put(Note{ID: "b", Shelf: "x", Rank: 1}))
	live.apply(put(Note{ID: "a", Shelf: "y", Rank: 3, Words: []string{"w"}}), put(Note{ID: "c", Shelf: "x", Rank: 0}), drop("b"))
	same(t, "opened before and after", live.dump(), d.dump())
}

func waiting(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	const readers = 8
	var group sync.WaitGroup
	errs := make(chan error, readers)
	for range readers {
		group.Go(func() {
			errs <- d.engine.Read(t.Context(), 3, func(r projections.Reader) error {
				n, err := Tallies.Get(r, "n")
				if err == nil && (r.Position() < 3 || n == nil || n.Count != 3) {
					err = fmt.Errorf("at %d: %+v", r.Position(), n)
				}
				return err
			})
		})
	}
	for i := range 3 {
		d.apply(tally("n", i+1))
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := d.engine.WaitFor(t.Context(), 3); err != nil {
		t.Fatalf("a position that was reached: %v", err)
	}
	start := time.Now()
	if err := d.engine.WaitFor(t.Context(), 4); !errors.Is(err, projections.ErrBehind) {
		t.Fatalf("a position that never comes: %v", err)
	}
	if waited := time.Since(start); waited < projections.MaxWait/2 || waited > 5*projections.MaxWait {
		t.Fatalf("waited %v, the bound is %v", waited, projections.MaxWait)
	}
}

// oneState writes pairs that always sum to zero and row counts that equal the
// position; a reader that saw two positions would see another sum.
func oneState(t *testing.T, open func(*testing.T) projections.Engine) {
	d := opened(t, open)
	d.apply(tally("plus", 0), tally("minus", 0), put(Note{ID: noteID(0), Shelf: "s", Rank: 0}))
	done := make(chan struct{})
	var group sync.WaitGroup
	errs := make(chan error, 4)
	check := func(r projections.Reader) error {
		plus, err := Tallies.Get(r, "plus")
		n, countErr := Notes.Count(r, ByShelf, "s")
		minus, minusErr := Tallies.Get(r, "minus")
		if err := errors.Join(err, countErr, minusErr); err != nil {
			return err
		}
		if plus.Count+minus.Count != 0 || n != int(r.Position()) {
			return fmt.Errorf("at %d: %d, %d, %d rows", r.Position(), plus.Count, minus.Count, n)
		}
		return nil
	}
	for range cap(errs) {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := d.engine.Read(t.Context(), 0, check); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	for i := 1; i <= 300; i++ {
		d.apply(tally("plus", i), put(Note{ID: noteID(i), Shelf: "s", Rank: int64(-i)}), tally("minus", -i))
	}
	close(done)
	group.Wait()
	select {
	case err := <-errs:
		t.Fatal(err)
	default:
	}
}

// cuts applies the same random history cut into batches of different sizes,
// opened at different places.
func cuts(t *testing.T, open func(*testing.T) projections.Engine) {
	chance := rand.New(rand.NewPCG(7, 11))
	words := []string{"ab", "cd", "ef", "é", "日本"}
	var history []projections.Op
	for range 400 {
		id := noteID(chance.IntN(40))
		switch chance.IntN(5) {
		case 0:
			history = append(history, drop(id))
		case 1:
			history = append(history, tally(words[chance.IntN(len(words))], chance.IntN(9)))
		default:
			n := Note{ID: id, Shelf: words[chance.IntN(2)], Rank: int64(chance.IntN(20)) - 10}
			for range chance.IntN(4) {
				n.Words = append(n.Words, words[chance.IntN(len(words))])
			}
			history = append(history, put(n))
		}
	}
	want := ""
	for _, largest := range []int{1, 2, 7, 50, len(history)} {
		d := drive(t, open(t))
		openAt := chance.IntN(len(history))
		for at := 0; at < len(history); {
			if at >= openAt {
				d.open()
				openAt = len(history) + 1
			}
			end := min(at+1+chance.IntN(largest), len(history))
			b := projections.Batch{Epoch: d.epoch, From: eventstore.Position(at), To: eventstore.Position(end), Ops: latest(history[at:end])}
			if err := d.engine.Apply(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			at, d.at = end, eventstore.Position(end)
		}
		d.open()
		dump := d.dump()
		if want == "" {
			want = dump
		}
		same(t, fmt.Sprintf("dump with batches of up to %d", largest), dump, want)
	}
}

// latest keeps the last op of each key, as a Tx does.
func latest(ops []projections.Op) []projections.Op {
	var out []projections.Op
	for _, op := range ops {
		at := slices.IndexFunc(out, func(o projections.Op) bool { return o.Table == op.Table && o.Key == op.Key })
		if at < 0 {
			out = append(out, op)
		} else {
			out[at] = op
		}
	}
	return out
}
