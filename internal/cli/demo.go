package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/demo/seed"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/identity/devissuer"
	"github.com/diaspora-match/diaspora/internal/platform"
)

type demoCommand struct {
	dataFlag
	addresses
	Experts  int    `help:"How many synthetic experts the first start makes." default:"2000" placeholder:"N"`
	Seed     uint64 `help:"Which people the first start makes: the same number, the same people." default:"1" placeholder:"N"`
	LogLevel string `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"warn" placeholder:"LEVEL"`
	JSON     bool   `help:"Print addresses and tokens as JSON."`
}

// Help implements kong.HelpProvider.
func (demoCommand) Help() string {
	return `The first start makes a programme with the 47 example Terms of Reference, their institutions, synthetic experts and candidacies in every stage; later starts find everything again. Everybody here is made up. It prints the address, a token for each persona, and three operations to paste; the tokens also stand in tokens.json in the data folder. Delete the folder to begin anew. Ctrl-C ends it.

It listens on this machine alone: anybody who reaches it may be anybody.

Examples:
  diaspora demo
  diaspora demo --listen 127.0.0.1:9080 --operations 127.0.0.1:9081
  diaspora demo --data /tmp/match --experts 200 --json`
}

// Bounds of the demonstration, listed in docs/limits.md.
const maxDemoExperts = 200_000

// markFile tells that a folder is a demonstration's, and remembers what was
// seeded, so that a later start finds it.
const markFile = "demo.json"

// tokensFile holds the tokens for scripts.
const tokensFile = "tokens.json"

// mark is the content of markFile.
type mark struct {
	Number   uint64        `json:"seed"`
	Experts  int           `json:"experts"`
	Start    domain.Date   `json:"start"`
	Personas seed.Personas `json:"personas"` // of the first start
	Seeded   bool          `json:"seeded"`
	Places   seed.Places   `json:"places,omitzero"`
}

// Run implements the command.
func (c *demoCommand) Run(ctx context.Context, s *session) (err error) {
	if c.Experts < 1 || c.Experts > maxDemoExperts {
		return domain.ErrRange.At("experts").With(fmt.Sprintf("From 1 to %d experts can be made.", maxDemoExperts))
	}
	if err := c.loopbackOnly(); err != nil {
		return err
	}
	folder, err := s.folder(c.Data)
	if err != nil {
		return err
	}
	m, err := readMark(folder)
	if err != nil {
		return err
	}
	open, err := c.open(true)
	if err != nil {
		return err
	}
	defer open.close()
	issuer, err := devissuer.New(devissuer.Config{Listen: open.api.Addr().String(), Folder: folder})
	if err != nil {
		return err
	}
	verifier, err := identity.NewVerifier(issuer.VerifierConfig())
	if err != nil {
		return err
	}
	h, err := openHosting(ctx, platform.Config{Folder: folder, Log: s.logger(c.LogLevel, false), Endings: verifier.Endings()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if m, err = c.seed(ctx, s, h, folder, m, personas(issuer)); err != nil {
		return err
	}
	return h.serve(ctx, platform.ServerConfig{
		API: open.api, Ops: open.ops, Verifier: verifier, Issuer: issuer, Explorable: true,
		Login: &identity.LoginConfig{
			Verifier: verifier, ClientID: devissuer.ClientID, RedirectURL: "http://" + open.api.Addr().String() + "/callback",
		},
	}, func() error { return c.greet(s, folder, issuer, open, m) })
}

// personas are the principals of the personas at this issuer.
func personas(i *devissuer.Issuer) seed.Personas {
	return seed.Personas{
		Expert: i.Principal(devissuer.Expert), HostOfficer: i.Principal(devissuer.HostOfficer),
		FocalPoint: i.Principal(devissuer.FocalPoint), Manager: i.Principal(devissuer.ProgrammeManager),
		Administrator: i.Principal(devissuer.Administrator), Evaluator: i.Principal(devissuer.Evaluator),
	}
}

// readMark finds out whose folder it is: nil for a new one. A folder with other
// data in it is refused.
func readMark(folder string) (*mark, error) {
	b, err := os.ReadFile(filepath.Join(folder, markFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(folder, platform.EventsFile)); err == nil {
			return nil, domain.Refuse(domain.Refused, "demo.foreign_folder", "The folder holds data that no demonstration made.",
				"Name an empty folder with --data.").At("data")
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m mark
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, domain.Refuse(domain.Refused, "demo.mark", "The file "+markFile+" of the folder cannot be read.", "Delete the folder to begin anew.").At("data")
	}
	return &m, nil
}

func writeMark(folder string, m mark) error {
	return writeJSONFile(filepath.Join(folder, markFile), m)
}

func writeJSONFile(path string, v any) error {
	return writeFile(path, func(w io.Writer) error {
		return json.MarshalWrite(w, v, json.Deterministic(true), jsontext.WithIndent("  "))
	})
}

// seed makes the demonstration, or what an interrupted start left of it, and
// gives the personas what they may do.
func (c *demoCommand) seed(ctx context.Context, s *session, h hosting, folder string, known *mark, who seed.Personas) (*mark, error) {
	now := s.now()
	m := known
	if m == nil {
		m = &mark{Number: c.Seed, Experts: c.Experts, Start: seed.StartFor(domain.DateOf(now)), Personas: who}
		if err := writeMark(folder, *m); err != nil {
			return nil, err
		}
	}
	if !m.Seeded {
		plan := seed.NewPlan(seed.Config{Number: m.Number, Experts: m.Experts, Start: m.Start, Personas: m.Personas})
		s.note("Making %d experts, their profiles and the needs of their hosts …", m.Experts)
		bar := s.progress("seeding", int64(m.Experts))
		err := plan.Seed(ctx, h.Bus, h.Keys, func(done, _ int) { bar.at(int64(min(done, m.Experts))) })
		bar.done()
		if err != nil {
			return nil, err
		}
		m.Seeded, m.Places = true, plan.Places()
		if err := writeMark(folder, *m); err != nil {
			return nil, err
		}
	}
	return m, seed.Grant(ctx, h.Bus, m.Places, who, now)
}

// greeting is what the demonstration tells, and what tokens.json holds.
type greeting struct {
	Page       string            `json:"page"`
	GraphQL    string            `json:"graphql"`
	Operations string            `json:"operations"`
	Folder     string            `json:"folder"`
	Until      time.Time         `json:"until"` // of the tokens
	Tokens     map[string]string `json:"tokens"`
	Examples   []example         `json:"examples"`
}

// tokenNames are the personas by the names of their roles.
var tokenNames = map[devissuer.Persona]domain.Role{
	devissuer.Expert: domain.RoleExpert, devissuer.HostOfficer: domain.RoleHost, devissuer.FocalPoint: domain.RoleFocalPoint,
	devissuer.ProgrammeManager: domain.RoleManager, devissuer.Administrator: domain.RoleAdministrator, devissuer.Evaluator: domain.RoleEvaluator,
}

// fresh is for how many days the needs of a demonstration take applications.
const fresh = 28

// greet mints the tokens, writes them down and prints where everything is.
func (c *demoCommand) greet(s *session, folder string, issuer *devissuer.Issuer, open listeners, m *mark) error {
	base := "http://" + open.api.Addr().String()
	g := greeting{
		Page: base + "/", GraphQL: base + "/graphql", Operations: "http://" + open.ops.Addr().String(), Folder: folder,
		Until: s.now().Add(devissuer.TokenLifetime).Truncate(time.Second), Tokens: map[string]string{}, Examples: examples(m.Places),
	}
	for _, p := range devissuer.Personas {
		token, err := issuer.Mint(p)
		if err != nil {
			return err
		}
		g.Tokens[string(tokenNames[p])] = token
	}
	if err := writeJSONFile(filepath.Join(folder, tokensFile), g); err != nil {
		return err
	}
	if domain.DateOf(s.now()) > m.Start.AddDays(fresh) {
		s.note("This demonstration began on %s; by now its deadlines have passed and its needs expire. Delete %s to begin anew.", m.Start, folder)
	}
	if c.JSON {
		return s.writeJSON(g)
	}
	return s.printGreeting(g)
}

func (s *session) printGreeting(g greeting) error {
	lines := []string{
		"", "Diaspora Match is running. Everybody in it is made up.", "",
		"  In a browser   " + g.Page,
		"  GraphQL        " + g.GraphQL,
		"  Operators      " + g.Operations + "/readyz, /livez, /metrics",
		"  Data           " + g.Folder, "",
		"Sign-in tokens, good until " + g.Until.Format(time.DateOnly) + " (also in " + tokensFile + " in the data folder):", "",
	}
	for _, p := range devissuer.Personas {
		lines = append(lines, "  "+p.Label()+": "+p.About(), "  "+g.Tokens[string(tokenNames[p])], "")
	}
	lines = append(lines, "Three operations to paste, each with the header  Authorization: Bearer <token>", "")
	for i, e := range g.Examples {
		lines = append(lines, fmt.Sprintf("%d. As the %s: %s", i+1, e.As, e.About), "", e.Operation, "")
	}
	return s.lines(append(lines, "Ctrl-C ends it; the next start finds everything again."))
}
