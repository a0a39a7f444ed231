package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// Exit codes; see the package's documentation.
const (
	ExitDone     = 0
	ExitFault    = 1
	ExitUsage    = 2
	ExitRefused  = 3
	ExitVerified = 4 // verification failed
	ExitBusy     = 5
	ExitStopped  = 130 // by a signal, before it was done
)

// grammar is the command line.
type grammar struct {
	Config  string           `help:"JSON file with values for flags, by their names: {\"data\": \"/srv/diaspora\"}." placeholder:"FILE"`
	Version kong.VersionFlag `help:"Print the version and exit."`

	Demo     demoCommand     `cmd:"" help:"Start a demonstration on this machine: people, needs, sign-in tokens and the API."`
	Serve    serveCommand    `cmd:"" help:"Serve the API for real sign-ins by OpenID Connect."`
	Import   importCommand   `cmd:"" help:"Bring in needs, institutions or experts from CSV or JSON."`
	Export   exportCommand   `cmd:"" help:"Write needs, institutions, candidacies, assignments or experts as CSV or JSON."`
	Explain  explainCommand  `cmd:"" help:"Tell why an expert and a need match, or do not."`
	Verify   verifyCommand   `cmd:"" help:"Prove that the log is whole and that the views follow from it."`
	Rebuild  rebuildCommand  `cmd:"" help:"Fold the log into views from zero, and tell how fast."`
	Rotate   rotateCommand   `cmd:"" help:"Wrap the keys of persons anew, so that older copies of them open nothing."`
	Ready    readyCommand    `cmd:"" help:"Ask a running platform whether it can serve."`
	Backup   backupCommand   `cmd:"" help:"Write the log and the keys to two encrypted archives."`
	Restore  restoreCommand  `cmd:"" help:"Make a data folder out of two archives, without those who were erased since."`
	Drill    drillCommand    `cmd:"" help:"Back up, restore elsewhere, compare and clean up: proof that a backup helps."`
	Round    roundCommand    `cmd:"" help:"Solve rounds of assignment from a file."`
	Taxonomy taxonomyCommand `cmd:"" help:"Extend the list of skills."`
	Bench    benchCommand    `cmd:"" help:"Measure the platform on this machine, in a temporary folder."`
}

const description = `Diaspora Match: experts of the diaspora and the needs of host institutions.

Begin with 'diaspora demo'. Each command has examples: 'diaspora verify --help'.
Every flag can be set as DIASPORA_<FLAG> or in the file that --config names.

Exit codes: 0 done, 1 fault, 2 usage, 3 refused, 4 verification failed, 5 busy,
130 stopped by a signal before it was done.`

// session is what a running command works with.
type session struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            environment
	now            func() time.Time
}

// Run runs one command line and returns its exit code. args are without the
// program's name, env is like os.Environ. It ends early, in order, when ctx ends
// or the process is sent SIGINT or SIGTERM.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env []string) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	s := &session{
		stdin: stdin, stdout: stdout, stderr: stderr, env: newEnvironment(env),
		now: func() time.Time { return time.Now().UTC() },
	}
	return s.run(ctx, args)
}

// exited carries an exit code out of kong, which otherwise ends the process
// after --help and --version.
type exited int

func (s *session) run(ctx context.Context, args []string) (code int) {
	defer func() {
		thrown := recover()
		if thrown == nil {
			return
		}
		out, ok := thrown.(exited)
		if !ok {
			panic(thrown)
		}
		code = int(out)
	}()
	var g grammar
	parser, err := kong.New(&g,
		kong.Name("diaspora"), kong.Description(description), kong.Writers(s.stdout, s.stderr),
		kong.Vars{"version": version()}, kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(code int) { panic(exited(code)) }), kong.ValueFormatter(helpValue),
	)
	if err != nil {
		return s.fail(false, fmt.Errorf("cli: the grammar: %w", err))
	}
	if err := s.resolve(parser, args); err != nil {
		return s.fail(s.wantsJSON(args), err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return s.fail(s.wantsJSON(args), usage(err))
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(s)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errStopped
	}
	return s.fail(s.wantsJSON(args), err)
}

// version is the version of the module that was built, or of its revision.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "diaspora (unknown version)"
	}
	out := "diaspora " + info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			out += " " + s.Value
		}
	}
	return out + " " + info.GoVersion
}
