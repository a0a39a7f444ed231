//go:build linux

package matcher_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/internal/benchpeer"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/matcher"
)

// The tables hold what the rules read, in the form that costs the query least:
// sets as bits, codes as numbers.
const peerTables = `
create table experts (id int, open bool, schooling int, years int, places int[], accepts int, transfer int, confirmed int,
	country_wishes text[], sector_wishes int, sector_years int[], sector_skills int, occupation text);
create table heritage (expert int, country text);
create table skills (expert int, skill int, level int);
create table languages (expert int, lang text, level int);
create table windows (expert int, first int, last int, weeks int);`

var peerIndexes = []string{
	"alter table experts add primary key (id)",
	"create index on heritage (country, expert)",
	"create index on skills (expert) include (skill, level)",
	"create index on skills (skill) include (expert, level)",
	"create index on languages (expert) include (lang, level)",
	"create index on languages (lang, level) include (expert)",
	"create index on windows (expert) include (first, last, weeks)",
	"vacuum analyze",
}

// peerQuery is the whole score, every rule and every part that the data has, in
// the fixed point of the matcher.
const peerQuery = `
with able as materialized (
	select e.* from heritage h join experts e on e.id = h.expert
	where h.country = $1 and e.open and e.schooling >= $2 and e.years >= $3 and e.accepts & $4 <> 0
	and not exists (select from unnest($5::text[], $6::int[]) r (lang, least)
		where not exists (select from languages l where l.expert = e.id and l.lang = r.lang and l.level >= r.least))
), free as materialized (
	select e.*, w.days from able e join lateral (
		select case when $11 then sum(d) else max(d) end days from (
			select case when weeks = 0 then n else least(n, weeks * 7) end d from (
				select least(last, $8) - greatest(first, $7) + 1 n, weeks from windows where expert = e.id) a where n > 0) b
	) w on w.days >= $9
), covered as (
	select expert, sum(cov) filter (where essential) essential, sum(cov) filter (where not essential) preferred from (
		select s.expert, h.req, h.essential, max(h.cov) cov
		from free f join skills s on s.expert = f.id
		join unnest($12::int[], $13::int[], $14::int[], $15::bool[], $16::int[]) h (skill, level, req, essential, cov)
			on h.skill = s.skill and h.level = s.level
		group by 1, 2, 3) best group by 1
), spoken as (
	select l.expert, sum(v.value) total from free f join languages l on l.expert = f.id
	join unnest($17::text[], $18::int[], $19::int[]) v (lang, level, value) on v.lang = l.lang and v.level = l.level group by 1
)
select f.id, (5000
	+ ($20::int[])[1] * coalesce(c.essential / nullif($21, 0), 0) + ($20::int[])[2] * coalesce(c.preferred / nullif($22, 0), 0)
	+ ($20::int[])[3] * least(10000, least(f.sector_years[$23], 5) * 1200 + case when f.sector_skills & (1 << ($23 - 1)) <> 0 then 4000 else 0 end)
	+ ($20::int[])[4] * case when f.occupation = $24 then 10000 when left(f.occupation, 3) = left($24, 3) then 7000
		when left(f.occupation, 2) = left($24, 2) then 4000 else 0 end
	+ ($20::int[])[5] * (coalesce(s.total, 0) / $25)
	+ ($20::int[])[6] * (10000 * least(f.days, $10) / $10)
	+ ($20::int[])[7] * case when f.places is null then 5000 else (array[10000, 7000, 5000])[f.places[$26] + 1] end
	+ ($20::int[])[8] * case when f.transfer = 0 then 0 else greatest(3000, 10000 * bit_count((f.transfer & $27)::bit(16)) / $28) end
	+ ($20::int[])[10] * case when f.confirmed = 0 or $29 - f.confirmed >= 365 then 0 else 10000 * (365 - greatest($29 - f.confirmed, 0)) / 365 end
	+ ($20::int[])[11] * ((case when f.country_wishes is null then 5000 when $1 = any (f.country_wishes) then 10000 else 0 end
		+ case when f.sector_wishes = 0 then 5000 when f.sector_wishes & (1 << ($23 - 1)) <> 0 then 10000 else 0 end) / 2)
	)::bigint / 10000 total
from free f left join covered c on c.expert = f.id left join spoken s on s.expert = f.id
order by total desc, f.id limit 20`

func bitsOf[T comparable](of, all []T) (set int) {
	for _, v := range of {
		set |= 1 << slices.Index(all, v)
	}
	return set
}

// fillPeer copies the population.
func fillPeer(b *testing.B, ctx context.Context, db *pgx.Conn, people int) {
	b.Helper()
	exec := func(sql string) {
		if _, err := db.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			b.Fatal(err)
		}
	}
	exec(peerTables)
	tax := taxonomy.Builtin()
	const chunk = 50_000
	for from := 0; from < people; from += chunk {
		tables := map[string][][]any{}
		for i := from; i < min(from+chunk, people); i++ {
			e := demo.One(1, i, today).Matching()
			schooling, sectorSkills := 0, 0
			for _, ed := range e.Education {
				schooling = max(schooling, int(ed.Level))
			}
			years := make([]int, len(domain.Sectors))
			for _, s := range e.Sectors {
				years[slices.Index(domain.Sectors, s.Sector)] = int(s.Years)
			}
			for _, s := range e.Skills {
				n, _ := tax.Index(s.Skill)
				if at := slices.Index(domain.Sectors, tax.At(n).Sector); at >= 0 {
					sectorSkills |= 1 << at
				}
				tables["skills"] = append(tables["skills"], []any{i, int(n), int(s.Level)})
			}
			accepts, places := acceptedBy(e.Modalities)
			var wishes []string
			for _, c := range e.PreferredCountries {
				wishes = append(wishes, string(c))
			}
			tables["experts"] = append(tables["experts"], []any{i, true, schooling, int(e.TotalYears), places, accepts,
				bitsOf(e.Transfer, domain.TransferMethods), int(e.Confirmed), wishes, bitsOf(e.PreferredSectors, domain.Sectors),
				years, sectorSkills, string(e.Occupations[0])})
			for _, h := range e.Heritage {
				tables["heritage"] = append(tables["heritage"], []any{i, string(h.Country)})
			}
			for _, l := range e.Languages {
				tables["languages"] = append(tables["languages"], []any{i, string(l.Language), int(l.Level)})
			}
			for _, w := range e.Available {
				tables["windows"] = append(tables["windows"], []any{i, int(w.Period.From), int(w.Period.To), int(w.MaxWeeks)})
			}
		}
		for table, columns := range map[string][]string{
			"experts": {"id", "open", "schooling", "years", "places", "accepts", "transfer", "confirmed", "country_wishes",
				"sector_wishes", "sector_years", "sector_skills", "occupation"},
			"heritage": {"expert", "country"}, "skills": {"expert", "skill", "level"},
			"languages": {"expert", "lang", "level"}, "windows": {"expert", "first", "last", "weeks"},
		} {
			if _, err := db.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(tables[table])); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, sql := range peerIndexes {
		exec(sql)
	}
}

// acceptedBy gives the modalities that wishes accept, as bits and by place.
func acceptedBy(wishes []domain.Modality) (accepts int, places []int) {
	if len(wishes) == 0 {
		return 7, nil
	}
	for i, m := range domain.Modalities {
		place := slices.Index(wishes, m)
		if p, v := slices.Index(wishes, domain.Physical), slices.Index(wishes, domain.Virtual); place < 0 && m == domain.Hybrid && p >= 0 && v >= 0 {
			place = max(p, v)
		}
		if place >= 0 {
			accepts |= 1 << i
		}
		places = append(places, max(place, 0))
	}
	return accepts, places
}

// peerArguments are a need's for the query.
func peerArguments(n matcher.Need, like matcher.Expert) []any {
	tax := taxonomy.Builtin()
	verdict := matcher.Explain(like, n, matcher.Policy{Scoring: policy.Default(today)}, today)
	var weights []int
	for _, p := range verdict.Parts {
		weights = append(weights, int(p.Weight))
	}
	var skill, skillLevel, req, coverage []int
	var essential []bool
	count := map[bool]int{}
	for r, s := range n.Skills {
		count[s.Importance == domain.Essential]++
		for i := range tax.Len() {
			for level := domain.Basic; level <= domain.Expert; level++ {
				similarity, _ := tax.Similarity(s.Skill, tax.At(taxonomy.Index(i)).ID)
				if similarity == 0 {
					continue
				}
				short := max(int(s.MinLevel)-int(level), 0)
				skill, skillLevel, req = append(skill, i), append(skillLevel, int(level)), append(req, r)
				coverage = append(coverage, int(similarity)*[]int{10000, 6500, 3000, 1000}[short]/10000)
				essential = append(essential, s.Importance == domain.Essential)
			}
		}
	}
	var required, langs []string
	var least, level, value []int
	for _, l := range n.Languages {
		if l.Required {
			required, least = append(required, string(l.Language)), append(least, int(max(l.MinLevel, domain.A1)))
		}
		for has := domain.A1; has <= domain.Native; has++ {
			alone := like
			alone.Languages = []domain.LanguageClaim{{Language: l.Language, Level: has}}
			only := n
			only.Languages = []domain.LanguageRequirement{l}
			for _, p := range matcher.Explain(alone, only, matcher.Policy{}, today).Parts {
				if p.Part == policy.LanguagePart {
					langs, level, value = append(langs, string(l.Language)), append(level, int(has)), append(value, int(p.Value))
				}
			}
		}
	}
	w := n.Window
	days := max(int(w.MinWeeks)*7, 1)
	modality := slices.Index(domain.Modalities, n.Modality)
	return []any{
		string(n.Country), int(n.MinEducation), int(n.MinYears), 1 << modality, required, least,
		int(max(w.Period.From, today)), int(w.Period.To), days, max(int(w.MaxWeeks)*7, days), w.SplitAllowed,
		skill, skillLevel, req, essential, coverage, langs, level, value, weights, count[true], count[false],
		1 + slices.Index(domain.Sectors, n.Sector), string(n.Occupations[0]), len(n.Languages), 1 + modality,
		bitsOf(n.Transfer, domain.TransferMethods), len(n.Transfer), int(today),
	}
}

// The same question to PostgreSQL with the indexes an expert would give it, on
// the same machine in the same run, warm; both give the same totals.
func BenchmarkTop20BesidePostgres(b *testing.B) {
	p := populations()
	ctx := context.Background()
	db, err := pgx.Connect(ctx, benchpeer.StartPostgres(b))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close(ctx)
	fillPeer(b, ctx, db, p.people)
	if _, err := db.Exec(ctx, "set work_mem = '512MB'"); err != nil {
		b.Fatal(err)
	}
	like := demo.One(1, 0, today).Matching()
	var ours, theirs times
	b.ResetTimer()
	for range b.N {
		for i := range 22 {
			n := p.needs[i*4%len(p.needs)]
			args := peerArguments(n, like)
			begun := time.Now()
			got := p.index.TopExpertsFor(n, 20, today)
			our := time.Since(begun)
			begun = time.Now()
			rows, err := db.Query(ctx, peerQuery, args...)
			if err != nil {
				b.Fatal(err)
			}
			totals, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (domain.Score, error) {
				var id int
				var total domain.Score
				err := r.Scan(&id, &total)
				return total, err
			})
			if err != nil {
				b.Fatal(err)
			}
			if their := time.Since(begun); i >= 2 { // the first ones warm its caches
				ours, theirs = append(ours, our), append(theirs, their)
			}
			for j, row := range got.Rows {
				if j >= len(totals) || totals[j] != row.Total {
					b.Fatalf("%s: row %d of the index has %s, PostgreSQL gives %v", n.ID, j, row.Total, totals)
				}
			}
		}
	}
	ours.report(b, time.Microsecond, "µs")
	theirs.report(b, time.Microsecond, "postgres-µs")
	b.ReportMetric(float64(theirs.at(.5))/float64(ours.at(.5)), "times-postgres")
	b.ReportMetric(0, "ns/op")
}
