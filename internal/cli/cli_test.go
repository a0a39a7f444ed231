package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
	rawsqlite "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/demo/seed"
	"github.com/diaspora-match/diaspora/internal/platform"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"diaspora": func() {
		os.Exit(Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
	}})
}

// TestScripts runs the command lines in testdata. Besides testscript's own
// commands they have:
//
//	seeded FOLDER EXPERTS     a small demonstration's data, with $NEED, $EXPERT and $HEAD set,
//	                          in $ESDB when that was started before
//	esdb FILE                 starts EventStoreDB over a file, as $ESDB
//	agekey FILE               makes an identity, with $RECIPIENT and a file recipients
//	truncated FILE SHORTER    copies a file without its end
//	same FILE NAME REGEXP     demands that both files match by the same text
//	tamper FOLDER POSITION    changes what is stored at a position
//	hold FOLDER               opens the folder as a running platform does
//	exits CODE COMMAND…       runs a command that ends with the code
//	mode FILE PERMISSIONS     demands permissions
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"seeded": seeded, "tamper": tamper, "hold": hold, "exits": exits, "mode": mode, "esdb": startESDB,
			"agekey": agekey, "truncated": truncated, "same": same,
		},
	})
}

func seeded(ts *testscript.TestScript, _ bool, args []string) {
	folder := ts.MkAbs(args[0])
	experts, err := strconv.Atoi(args[1])
	ts.Check(err)
	places, err := seedFolder(folder, ts.Getenv("ESDB"), experts)
	ts.Check(err)
	ts.Setenv("NEED", string(places.Need))
	ts.Setenv("EXPERT", string(places.Expert))
	r, err := (&session{env: environment{}, stderr: io.Discard}).open(context.Background(), folder, ts.Getenv("ESDB"))
	ts.Check(err)
	head, err := r.store.Head(context.Background())
	ts.Check(errors.Join(err, r.close()))
	ts.Setenv("HEAD", strconv.FormatUint(uint64(head), 10))
}

// seedFolder makes a demonstration's data without a server.
func seedFolder(folder, eventStore string, experts int) (seed.Places, error) {
	who := func(s string) domain.PrincipalID { return domain.PrincipalID(domain.DeriveID([16]byte{5}, s)) }
	ctx := context.Background()
	p, err := platform.Open(ctx, platform.Config{Folder: folder, EventStore: eventStore, NoReactions: true})
	if err != nil {
		return seed.Places{}, err
	}
	defer p.Close()
	today := domain.DateOf(p.Config.Clock())
	plan := seed.NewPlan(seed.Config{Number: 1, Experts: experts, Start: seed.StartFor(today), Personas: seed.Personas{
		Expert: who("e"), HostOfficer: who("h"), FocalPoint: who("f"), Manager: who("m"), Administrator: who("a"), Evaluator: who("v"),
	}})
	return plan.Places(), plan.Seed(ctx, p.Bus, p.Keys, nil)
}

func agekey(ts *testscript.TestScript, _ bool, args []string) {
	id, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("# made for a test\n"+id.String()+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("recipients"), []byte(id.Recipient().String()+"\n"), 0o600))
	ts.Setenv("RECIPIENT", id.Recipient().String())
}

func truncated(ts *testscript.TestScript, _ bool, args []string) {
	whole := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(whole[:len(whole)*2/3]), 0o600))
}

func same(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[2])
	a, b := pattern.FindString(ts.ReadFile(args[0])), pattern.FindString(ts.ReadFile(args[1]))
	if a == "" || a != b {
		ts.Fatalf("%s has %q, and %s has %q", args[0], a, args[1], b)
	}
}

// startESDB starts a server for the rest of the script.
func startESDB(ts *testscript.TestScript, _ bool, args []string) {
	log, err := sqlite.Open(context.Background(), sqlite.Options{Path: ts.MkAbs(args[0])})
	ts.Check(err)
	server, err := esdbtest.Start(esdbtest.Options{Store: log})
	ts.Check(err)
	ts.Defer(func() { ts.Check(errors.Join(server.Close(), log.Close())) })
	ts.Setenv("ESDB", server.ConnectionString())
}

// tamper changes an event behind the store's back, as somebody with the file
// could.
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	conn, err := rawsqlite.OpenConn(filepath.Join(ts.MkAbs(args[0]), platform.EventsFile), rawsqlite.OpenReadWrite)
	ts.Check(err)
	defer conn.Close()
	ts.Check(sqlitex.Execute(conn, "UPDATE events SET time = time + 1 WHERE position = ?", &sqlitex.ExecOptions{Args: []any{args[1]}}))
	if conn.Changes() != 1 {
		ts.Fatalf("no event at %s", args[1])
	}
}

func hold(ts *testscript.TestScript, _ bool, args []string) {
	p, err := platform.Open(context.Background(), platform.Config{Folder: ts.MkAbs(args[0]), NoReactions: true})
	ts.Check(err)
	ts.Defer(func() { ts.Check(p.Close()) })
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func mode(ts *testscript.TestScript, _ bool, args []string) {
	stat, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", stat.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// TestEveryCommandShowsExamples holds that --help of each command ends in lines
// that can be pasted.
func TestEveryCommandShowsExamples(t *testing.T) {
	for _, command := range []string{"demo", "serve", "import", "export", "explain", "verify", "rebuild", "backup", "restore", "drill", "rotate", "ready", "bench"} {
		var out, errs bytes.Buffer
		if code := Run(t.Context(), []string{command, "--help"}, nil, &out, &errs, nil); code != ExitDone {
			t.Errorf("%s --help exits with %d: %s", command, code, errs.String())
		}
		if text := out.String(); !strings.Contains(text, "Examples:") || !strings.Contains(text, "diaspora "+command) {
			t.Errorf("%s --help has no examples:\n%s", command, text)
		}
	}
}
