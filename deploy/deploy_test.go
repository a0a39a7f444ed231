package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/diaspora-match/diaspora/internal/cli"
	"github.com/diaspora-match/diaspora/internal/observe"
)

const root = ".."

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wants looks for a program that checks what these tests cannot. Without it a test
// skips, loudly, and in CI too: to have it is to have a service or a daemon that
// starts with the machine, which no test should install.
func wants(t *testing.T, program, what string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("there is no %s here, so nobody has checked %s", program, what)
	}
	return path
}

// needs is wants for a program of scripts/need.sh: in CI it must be there.
func needs(t *testing.T, program, what string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("there is no %s here, and scripts/need.sh should have brought it", program)
	}
	return wants(t, program, what)
}

// settings are the flags of a command and the variables that set them, as its help
// tells them.
func settings(t testing.TB, command string) (flags, variables []string) {
	t.Helper()
	var help bytes.Buffer
	if code := cli.Run(context.Background(), []string{command, "--help"}, nil, &help, io.Discard, nil); code != cli.ExitDone {
		t.Fatalf("%s --help ends with %d", command, code)
	}
	for _, m := range regexp.MustCompile(`--([a-z][a-z-]*)`).FindAllStringSubmatch(help.String(), -1) {
		flags = append(flags, m[1])
	}
	return flags, regexp.MustCompile(`DIASPORA_[A-Z_]+`).FindAllString(help.String(), -1)
}

// besides are variables that are no flags.
var besides = []string{"DIASPORA_KEY_WRAP", "DIASPORA_CONFIG"}

// knowsAll holds a text to the flags and variables of a command.
func knowsAll(t *testing.T, where, command, text string) {
	t.Helper()
	flags, variables := settings(t, command)
	for _, m := range regexp.MustCompile(`(?:^|[\s"'])--([a-z][a-z-]*)`).FindAllStringSubmatch(text, -1) {
		if !slices.Contains(flags, m[1]) {
			t.Errorf("%s: 'diaspora %s' has no flag --%s", where, command, m[1])
		}
	}
	for _, v := range regexp.MustCompile(`DIASPORA_[A-Z_]+`).FindAllString(text, -1) {
		if !slices.Contains(variables, v) && !slices.Contains(besides, v) {
			t.Errorf("%s: 'diaspora %s' has no variable %s", where, command, v)
		}
	}
}

// exported are the metrics of the program by name, with the labels of each.
func exported(t testing.TB) map[string][]string {
	t.Helper()
	names := metrics{}
	observe.NewMetrics(names)
	if len(names) < 30 || names["diaspora_process_state"] == nil {
		t.Fatalf("only %d metrics found", len(names))
	}
	return names
}

// metrics is a registry that reads what is registered with it.
type metrics map[string][]string

var described = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)

func (m metrics) MustRegister(collectors ...prometheus.Collector) {
	for _, c := range collectors {
		descriptions := make(chan *prometheus.Desc)
		go func() {
			c.Describe(descriptions)
			close(descriptions)
		}()
		for d := range descriptions {
			found := described.FindStringSubmatch(d.String())
			m[found[1]] = strings.FieldsFunc(found[2], func(r rune) bool { return r == ',' })
			if m[found[1]] == nil {
				m[found[1]] = []string{}
			}
		}
	}
}

func (m metrics) Register(c prometheus.Collector) error { m.MustRegister(c); return nil }
func (m metrics) Unregister(prometheus.Collector) bool  { return false }

var (
	selector = regexp.MustCompile(`([a-z][a-z0-9_]*)(?:\{([^}]*)\})?`)
	label    = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
	grouping = regexp.MustCompile(`\b(?:by|without)\s*\(([^)]*)\)`)
	quoted   = regexp.MustCompile(`"[^"]*"`)
)

// words of PromQL that are no metrics.
var words = []string{"sum", "by", "rate", "max", "count", "vector", "or", "and", "changes", "histogram_quantile", "label_values", "le", "m", "without"}

// knownMetrics holds the selectors of an expression to what the program exports.
// job and instance come with the scraping, le with histograms.
func knownMetrics(t *testing.T, where, expr string, known map[string][]string) {
	t.Helper()
	common := []string{"job", "instance", "le"}
	var all []string
	plain := quoted.ReplaceAllString(grouping.ReplaceAllString(expr, ""), `""`)
	for _, m := range selector.FindAllStringSubmatch(plain, -1) {
		name := m[1]
		if slices.Contains(words, name) {
			continue
		}
		labels, ok := known[name]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base, cut := strings.CutSuffix(name, suffix); !ok && cut {
				labels, ok = known[base]
			}
		}
		if !ok && name != "up" {
			t.Errorf("%s: the program exports no metric %s\n%s", where, name, expr)
			continue
		}
		all = append(all, labels...)
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(labels, l[1]) && !slices.Contains(common, l[1]) {
				t.Errorf("%s: %s has no label %s", where, name, l[1])
			}
		}
	}
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for _, l := range strings.Split(g[1], ",") {
			if l = strings.TrimSpace(l); !slices.Contains(all, l) && !slices.Contains(common, l) {
				t.Errorf("%s: nothing in it has a label %s\n%s", where, l, expr)
			}
		}
	}
}

func TestEveryMetricStandsInThePage(t *testing.T) {
	page := read(t, "docs/operations.md")
	for name := range exported(t) {
		if strings.HasPrefix(name, "diaspora_") && !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/operations.md does not say when to look at %s", name)
		}
	}
	known := exported(t)
	for _, m := range regexp.MustCompile("`(diaspora_[a-z_]+)`").FindAllStringSubmatch(page, -1) {
		if _, ok := known[m[1]]; !ok {
			t.Errorf("docs/operations.md speaks of %s, which the program does not export", m[1])
		}
	}
}

func TestTheDashboardShowsWhatThereIs(t *testing.T) {
	var dashboard struct {
		UID        string
		Templating struct {
			List []struct{ Name string }
		}
		Panels []struct {
			ID          int
			Title       string
			Description string
			Targets     []struct{ Expr, RefID string }
			GridPos     struct{ X, Y, W, H int }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "deploy/grafana/dashboard.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	known, shown, ids := exported(t), "", map[int]bool{}
	for _, p := range dashboard.Panels {
		if p.Description == "" || len(p.Targets) == 0 || ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("the panel %q lacks something", p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			expr := strings.ReplaceAll(target.Expr, "$instance", "x")
			knownMetrics(t, p.Title, expr, known)
			shown += expr
		}
	}
	for name := range known {
		if strings.HasPrefix(name, "diaspora_") && !strings.Contains(shown, name) {
			t.Errorf("no panel shows %s", name)
		}
	}
}
