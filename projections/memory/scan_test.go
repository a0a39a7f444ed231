package memory_test

import (
	"testing"

	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/viewtest"
)

// A filter that keeps almost nothing gives up at MaxScan and says that there may
// be more.
func TestFilterLooksAtABoundedNumberOfRows(t *testing.T) {
	engine := memory.New(viewtest.Tables()...)
	epoch, _, err := engine.Claim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const rows = 2 * projections.MaxScan
	var ops []projections.Op
	for i := range rows {
		n := &viewtest.Note{ID: projections.SortInt(int64(i)), Shelf: "s", Rank: int64(i)}
		ops = append(ops, projections.Op{Table: viewtest.Notes, Key: n.ID, Row: n})
	}
	if err := engine.Apply(t.Context(), projections.Batch{Epoch: epoch, To: 1, Ops: ops}); err != nil {
		t.Fatal(err)
	}
	if err := engine.Open(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
	looked := 0
	err = engine.Read(t.Context(), 1, func(r projections.Reader) error {
		page, err := viewtest.Notes.Filter(r, viewtest.ByShelf, "s", projections.Paging{First: 10}, func(n *viewtest.Note) bool {
			looked++
			return n.Rank == rows-1
		})
		if len(page.Rows) != 0 || !page.HasNext || page.Total != rows {
			t.Errorf("%d rows, more %v, total %d", len(page.Rows), page.HasNext, page.Total)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if looked < projections.MaxScan || looked > projections.MaxScan+1000 {
		t.Fatalf("looked at %d rows, the bound is %d", looked, projections.MaxScan)
	}
}
