// Matcher measures the matching engine beside its bars and peers, prints tables
// and writes them to docs/benchmarks.md:
//
//	go run ./bench/cmd/matcher                 everything; some twenty minutes
//	go run ./bench/cmd/matcher -experts 50000  a small population, to try it out; writes nothing
//	go run ./bench/cmd/matcher -only rounds
//
// Ranking, needs, events and PostgreSQL are benchmarks of the package matcher, each
// on one processor; rounds stand beside SciPy and LEMON, similarity beside
// distances in ESCO's tree. It is run from the root of the tree.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"

	"github.com/diaspora-match/diaspora/bench/report"
	"github.com/diaspora-match/diaspora/bench/rounds"
)

// wholePopulation is what the bars speak of.
const wholePopulation = 1_000_000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run of the program.
type bench struct {
	experts int
	repeat  int
	esco    string
	busy    string
	lines   report.Lines
	tables  []string // of the parts that have their own
}

var parts = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"retrieval", (*bench).retrieval}, {"postgres", (*bench).postgres}, {"rounds", (*bench).rounds}, {"similarity", (*bench).similarity},
}

func run(ctx context.Context) error {
	var (
		only    = flag.String("only", "", "parts to measure, of retrieval, postgres, rounds and similarity; all when empty")
		experts = flag.Int("experts", wholePopulation, "how many people are ranked")
		repeat  = flag.Int("repeat", 5, "how often each round is solved")
		esco    = flag.String("esco", "../shared/data/esco", "the folder with the ESCO CSV package; similarity is left out where there is none")
		page    = flag.String("page", report.Page, "the page to write when everything was measured")
	)
	flag.Parse()
	b := &bench{experts: *experts, repeat: *repeat, esco: *esco, busy: report.Busyness()}
	chosen := strings.Split(*only, ",")
	for _, p := range parts {
		if *only != "" && !slices.Contains(chosen, p.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s\n", p.name)
		if err := p.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	text, err := b.chapter(ctx)
	if err != nil {
		return err
	}
	fmt.Print(text)
	if *only != "" || b.experts != wholePopulation {
		return nil
	}
	return report.Put(*page, "matching", text)
}

// matching runs benchmarks of the package matcher over the population, once, on
// one processor.
func (b *bench) matching(ctx context.Context, pattern string) (map[string]map[string][]float64, error) {
	if err := os.Setenv("MATCHER_EXPERTS", strconv.Itoa(b.experts)); err != nil {
		return nil, err
	}
	return report.GoBench(ctx, "./matcher", pattern, "-benchtime", "1x", "-cpu", "1", "-timeout", "30m")
}

func (b *bench) retrieval(ctx context.Context) error {
	found, err := b.matching(ctx, "^(Benchmark)(Top20|TopNeedsOfTenThousand|Events|SkillsAlone)$")
	if err != nil {
		return err
	}
	one := func(benchmark, unit string) float64 {
		if v := found[benchmark][unit]; len(v) > 0 {
			return v[0]
		}
		return 0
	}
	people := report.Grouped(b.experts)
	top := one("Top20", "p50-µs")
	b.lines.Add(report.Line{What: "top 20 of " + people + " for a need of one country, the whole score, p50", Bar: "≤ 2 ms", Measured: milliseconds(top), OK: top <= 2000,
		Note: "mean " + milliseconds(one("Top20", "mean-µs"))})
	b.most("the same, p99", "≤ 20 ms", milliseconds(one("Top20", "p99-µs")), one("Top20", "p99-µs"), 20_000, "")
	times := one("Top20", "times-naive")
	b.lines.Add(report.Line{What: "the same beside a naive scan of structs, the same rows", Bar: "≥ 30×", Measured: milliseconds(one("Top20", "mean-µs")),
		Peer: milliseconds(one("Top20", "mean-naive-µs")), Ratio: fmt.Sprintf("%.0f×", times), OK: times >= 30, Note: "means"})
	head := one("Top20", "B/expert")
	b.most("memory of the index an expert", "≤ 260 B", fmt.Sprintf("%.0f B", head), head, 260, "without the profile, which is kept for explanations")
	needs := one("TopNeedsOfTenThousand", "p50-µs")
	b.most("needs for an expert among 10,000 open, p50", "≤ 60 µs", microseconds(needs), needs, 60,
		fmt.Sprintf("p99 %s; eligible for %.0f each", microseconds(one("TopNeedsOfTenThousand", "p99-µs")), one("TopNeedsOfTenThousand", "needs/expert")))
	change := one("Events", "mean-µs")
	b.most("one changed expert against 10,000 needs, list upkeep with it, mean", "≤ 130 µs", microseconds(change), change, 130,
		"p99 "+microseconds(one("Events", "p99-µs")))
	events := one("Events", "events/s")
	b.lines.Add(report.Line{What: "experts' events with all affected lists of needs exact", Bar: "≥ 10,000/s", Measured: report.PerSecond(events), OK: events >= 10_000,
		Note: "lists that wore out searched anew, in " + milliseconds(one("Events", "ms-refill")*1000)})
	skills := one("SkillsAlone", "p50-µs")
	b.most("skills alone, 8 required, top 100 of "+people+", p50", "≤ 3 ms", milliseconds(skills), skills, 3000,
		fmt.Sprintf("%.0f expanded lists; p99 %s", one("SkillsAlone", "lists"), milliseconds(one("SkillsAlone", "p99-µs"))))
	return nil
}

func (b *bench) postgres(ctx context.Context) error {
	found, err := b.matching(ctx, "^BenchmarkTop20BesidePostgres$")
	if err != nil {
		return err
	}
	m := found["Top20BesidePostgres"]
	if len(m["times-postgres"]) == 0 {
		return fmt.Errorf("no figures beside PostgreSQL: is it there? (scripts/need.sh bench)")
	}
	times := m["times-postgres"][0]
	b.lines.Add(report.Line{What: "top 20 of " + report.Grouped(b.experts) + " beside PostgreSQL, the same totals, p50", Bar: "≥ 100×", Measured: milliseconds(m["p50-µs"][0]),
		Peer: milliseconds(m["p50-postgres-µs"][0]), Ratio: fmt.Sprintf("%.0f×", times), OK: times >= 100, Note: "the query and its indexes: matcher/postgres_bench_test.go"})
	return nil
}

// most adds a line whose bar is an upper one.
func (b *bench) most(what, bar, measured string, got, most float64, note string) {
	b.lines.Add(report.Line{What: what, Bar: bar, Measured: measured, OK: got > 0 && got <= most, Note: note})
}

func milliseconds(µs float64) string { return fmt.Sprintf("%.2f ms", µs/1000) }
func microseconds(µs float64) string { return fmt.Sprintf("%.0f µs", µs) }

func (b *bench) rounds(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "bench-rounds")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	results, err := rounds.Measure(ctx, folder, b.repeat, func(r rounds.Result) {
		fmt.Fprintf(os.Stderr, "bench:   %s: %v, peer %v\n", r.Name, r.Ours, r.PeerTime)
	})
	if err != nil {
		return err
	}
	b.tables = append(b.tables, "### Rounds\n\nEach plan's certificate is checked within the time given; peers gave the same totals and prove nothing.\n\n"+rounds.Markdown(results))
	return nil
}
