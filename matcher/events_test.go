package matcher_test

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/matcher"
)

// world drives an index and a scan of all pairs through the same events.
type world struct {
	index *matcher.Index
	scan  *matcher.Scan
	day   domain.Date
	ids   []domain.ExpertID
	needs map[domain.NeedID]matcher.Need
}

// aFarExpert declares more than a line holds, in one way or several.
func aFarExpert(t *rapid.T, e matcher.Expert) matcher.Expert {
	if number(t, 0, 3, "more skills") == 0 {
		for i := range 14 {
			e.Skills = append(e.Skills, domain.SkillClaim{Skill: taxonomy.Builtin().At(taxonomy.Index(i * 7)).ID, Level: domain.SkillLevel(1 + i%4)})
		}
	}
	if number(t, 0, 3, "more languages") == 0 {
		for i := range 9 {
			e.Languages = append(e.Languages, domain.LanguageClaim{Language: domain.Language(fmt.Sprintf("q%c", 'a'+i)), Level: domain.CEFR(1 + i%7)})
		}
		e.Languages = append(e.Languages, domain.LanguageClaim{Language: "prs", Level: domain.C1})
	}
	if number(t, 0, 3, "more occupations") == 0 {
		e.Occupations = append(e.Occupations, "1", "3", "2132", "bad")
	}
	if number(t, 0, 3, "more windows") == 0 {
		for i := range 5 {
			e.Available = append(e.Available, domain.Availability{Period: period(t, fmt.Sprint("more", i)), MaxWeeks: uint8(i)})
		}
	}
	if number(t, 0, 3, "long ago") == 0 {
		e.Available = append(e.Available, domain.Availability{Period: domain.Period{From: -5, To: today.AddDays(90)}})
	}
	return e
}

func (w *world) expert(t *rapid.T) {
	id := rapid.SampledFrom(w.ids).Draw(t, "expert")
	switch number(t, 0, 7, "what of the expert") {
	case 0:
		w.index.RemoveExpert(id)
		w.scan.RemoveExpert(id)
		return
	case 1: // a small change
		if e, ok := w.index.Expert(id); ok {
			e.Confirmed, e.Active = w.day, !e.Active || mostly(t, "stays")
			w.index.UpsertExpert(e)
			w.scan.UpsertExpert(e)
			return
		}
	}
	e, _ := aPair(t)
	e.ID = id
	if number(t, 0, 3, "open to many") > 0 {
		e.Active, e.Suspended, e.Consent = true, false, true
		e.Heritage = append(e.Heritage, matcher.HeritageLink{Country: "SO", Checked: true})
		e.Available = append(e.Available, domain.Availability{Period: domain.Period{From: today, To: today.AddDays(200)}})
	}
	if number(t, 0, 5, "far") == 0 {
		e = aFarExpert(t, e)
	}
	w.index.UpsertExpert(e)
	w.scan.UpsertExpert(e)
}

func (w *world) need(t *rapid.T) {
	id := domain.NeedID(fmt.Sprint("n", number(t, 0, 4, "need")))
	n, known := w.needs[id]
	switch what := number(t, 0, 5, "what of the need"); {
	case what == 0:
		w.index.RemoveNeed(id)
		w.scan.RemoveNeed(id)
		delete(w.needs, id)
		return
	case what == 1 && known: // a seat more or less
		n.Seats = number(t, 0, 3, "seats left")
	default:
		_, n = aPair(t)
		n.ID = id
		if mostly(t, "of one country") {
			n.Country = "SO"
		}
		if !mostly(t, "known modality") {
			n.Modality = "by post"
		}
		if number(t, 0, 3, "quarter") == 0 {
			for _, l := range []domain.Language{"qa", "qb", "so", "ar", "en"} {
				n.Languages = append(n.Languages, domain.LanguageRequirement{Language: l, MinLevel: domain.A1, Required: number(t, 0, 4, "needed") == 0})
			}
		}
	}
	w.needs[id] = n
	w.index.UpsertNeed(n)
	w.scan.UpsertNeed(n)
}

// check compares every answer with that of the scan.
func (w *world) check(t *rapid.T) {
	w.scan.Line()
	for id, n := range w.needs {
		k := rapid.SampledFrom([]int{1, 2, 5, 50, 200}).Draw(t, "k")
		rows, eligible := w.scan.TopExperts(n, k, w.day)
		got, ok := w.index.TopExperts(id, k, w.day)
		if !ok || got.Eligible != eligible || !reflect.DeepEqual(got.Rows, rows) {
			t.Fatalf("need %s, %d eligible: index %+v, scan %+v", id, eligible, got, rows)
		}
		if what := w.index.TopExpertsFor(n, k, w.day); !reflect.DeepEqual(what, got) {
			t.Fatalf("need %s from outside: %+v, inside %+v", id, what, got)
		}
		near, _ := w.index.NearMisses(id, 4, w.day)
		if want := w.scan.NearMisses(n, 4, w.day); !reflect.DeepEqual(near, want) {
			t.Fatalf("near misses of %s: index %+v, scan %+v", id, near, want)
		}
	}
	for _, id := range w.ids {
		got, ok := w.index.TopNeeds(id, 2, w.day)
		if !ok {
			continue
		}
		if rows, eligible := w.scan.TopNeeds(id, 2, w.day); got.Eligible != eligible || !reflect.DeepEqual(got.Rows, rows) {
			t.Fatalf("needs of %s: index %+v, scan %+v of %d", id, got, rows, eligible)
		}
	}
}

// After any sequence of events the index answers exactly as a scan of all pairs.
func TestAfterAnyEventsTheIndexAnswersAsAScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{index: matcher.NewIndex(matcher.Policy{}), scan: matcher.NewScan(matcher.Policy{}), day: today, needs: map[domain.NeedID]matcher.Need{}}
		w.index.KeepShort(number(t, 1, 6, "kept"))
		for i := range 12 {
			w.ids = append(w.ids, domain.ExpertID(fmt.Sprint("e", i)))
		}
		for range 3 {
			w.need(t)
		}
		actions := map[string]func(*rapid.T){
			"expert": w.expert, "another expert": w.expert, "a third expert": w.expert, "need": w.need,
			"policy": func(t *rapid.T) {
				p := aPolicy(t)
				w.index.SetPolicy(programme, p.Eligibility, p.Scoring)
				w.scan.SetPolicy(programme, p)
			},
			"day": func(t *rapid.T) { w.day = w.day.AddDays(number(t, -3, 20, "days")) },
			"":    w.check,
		}
		t.Repeat(actions)
	})
}
