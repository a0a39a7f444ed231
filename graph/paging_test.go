package graph_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/projections"
)

// counting counts the reads of the views.
type counting struct {
	model.Views
	reads atomic.Int64
}

func (c *counting) Read(ctx context.Context, at eventstore.Position, fn func(projections.Reader) error) error {
	c.reads.Add(1)
	return c.Views.Read(ctx, at, fn)
}

func (c *cast) drafts(n int) []string {
	c.t.Helper()
	var ids []string
	for i := range n {
		t := terms()
		t["title"], t["deadline"] = fmt.Sprintf("Need %02d", i), day(20+i)
		ids = append(ids, c.do(c.host, "draftNeed", "NeedPayload", "need{id}", object{
			"programme": c.programme, "institution": c.institution, "terms": t}).str("need", "id"))
	}
	return ids
}

func TestConnectionsPageBothWays(t *testing.T) {
	c := newCast(t)
	want := c.drafts(7)
	const fields = "{totalCount edges{cursor node{id}} nodes{id} pageInfo{hasNextPage hasPreviousPage startCursor endCursor}}"
	page := func(arguments string, variables object) object {
		return c.ask(c.host, "query($c:String){needs"+arguments+fields+"}", variables).at("needs").(map[string]any)
	}
	ids := func(p object) (out []string) {
		for i, e := range p.list("edges") {
			out = append(out, e.str("node", "id"))
			if p.list("nodes")[i].str("id") != e.str("node", "id") {
				t.Error("edges and nodes differ")
			}
		}
		return out
	}
	for _, way := range []struct {
		size    string
		forward bool
	}{{"first:3", true}, {"last:3", false}} {
		var got []string
		var cursor any
		for range want {
			by := "after"
			if !way.forward {
				by = "before"
			}
			p := page("("+way.size+" "+by+":$c)", object{"c": cursor})
			if p.at("totalCount") != 7.0 {
				t.Errorf("%v in all", p.at("totalCount"))
			}
			more := p.at("pageInfo", "hasNextPage") == true
			cursor = p.at("pageInfo", "endCursor")
			if way.forward {
				got = append(got, ids(p)...)
			} else {
				got = append(ids(p), got...)
				more = p.at("pageInfo", "hasPreviousPage") == true
				cursor = p.at("pageInfo", "startCursor")
			}
			if !more {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", way.size, got, want)
		}
	}
	for _, bad := range []string{"(first:0)", "(first:101)", "(first:1 last:1)", "(last:-1)"} {
		if a := c.post(c.host, "{needs"+bad+"{nodes{id}}}", nil); len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "view.page" {
			t.Errorf("%s: %v", bad, a.Errors)
		}
	}
	if a := c.post(c.host, `{needs(after:"bm9uc2Vuc2U"){nodes{id}}}`, nil); len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "view.cursor" {
		t.Errorf("a foreign cursor: %v", a.Errors)
	}
}

// However many items a list has, what they refer to is read at once.
func TestListsAreReadAtOnce(t *testing.T) {
	views := &counting{}
	c := newCast(t, func(_ *platform.Platform, d *graph.Deps) { views.Views, d.Sources.Views = d.Sources.Views, views })
	c.drafts(12)
	const query = "query($n:Int){needs(first:$n){nodes{id title:terms{title} institution{name programme{name}} programme{name} counts{total}}}}"
	reads := func(n int) int64 {
		before := views.reads.Load()
		if got := len(c.ask(c.manager, query, object{"n": n}).list("needs", "nodes")); got != n {
			t.Fatalf("%d items, want %d", got, n)
		}
		return views.reads.Load() - before
	}
	if few, many := reads(2), reads(12); few != many {
		t.Errorf("2 items took %d reads, 12 items took %d", few, many)
	}
}

// What a query costs grows with what its lists may hold.
func TestNestedListsCostWhatTheyAre(t *testing.T) {
	c := newCast(t)
	a := c.post(c.manager, "{needs(first:100){nodes{candidacies(first:100){nodes{id stage}}}}}", nil)
	if len(a.Errors) != 1 || !strings.Contains(fmt.Sprint(a.Errors[0].Extensions["code"]), "complex") {
		t.Errorf("%v", a.Errors)
	}
}

// The bar of the platform: 20 needs with their host and their counts.
func BenchmarkTwentyNeeds(b *testing.B) {
	c := newCast(b)
	c.drafts(40)
	const query = `{"query":"{needs(first:20){totalCount pageInfo{hasNextPage endCursor} nodes{id status country terms{title sector deadline positions} institution{id name type} counts{total open awaitingHost} seatsLeft}}}"}`
	handler := c.server.Config.Handler
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		r := httptest.NewRequest("POST", "/graphql", strings.NewReader(query))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+string(c.manager))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != 200 || w.Body.Len() < 2000 {
			b.Fatal(w.Body.String())
		}
	}
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpuTime is what the process has spent, on all cores.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
