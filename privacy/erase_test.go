package privacy_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/privacy"
)

// world is what an eraser works on; hooks can be made to fail.
type world struct {
	t      *testing.T
	room   *room
	keys   *privacy.Keys
	ledger *privacy.Ledger
	path   string
	hold   string
	fail   map[string]error
	left   []string
	done   []string
}

func newWorld(t *testing.T) *world {
	r := newRoom(t)
	w := &world{t: t, room: r, keys: r.open(), path: filepath.Join(t.TempDir(), "erasures.jsonl"), fail: map[string]error{}}
	w.openLedger()
	return w
}

func (w *world) openLedger() {
	w.t.Helper()
	l, err := privacy.OpenLedger(w.path)
	must(w.t, err)
	w.t.Cleanup(func() { _ = l.Close() })
	w.ledger = l
}

func (w *world) hook(name string) func(context.Context, string) error {
	return func(context.Context, string) error { w.done = append(w.done, name); return w.fail[name] }
}

func (w *world) eraser() *privacy.Eraser {
	return &privacy.Eraser{
		Keys: w.keys, Ledger: w.ledger, Now: func() time.Time { return noon },
		Held:       func(context.Context, string) (string, error) { return w.hold, w.fail["hold"] },
		Evict:      w.hook("evict"),
		DeleteRows: w.hook("views"),
		Sweep: func(ctx context.Context, s string) ([]string, error) {
			return w.left, w.hook("sweep")(ctx, s)
		},
	}
}

var request = privacy.ErasureRequest{Subject: subject(1), Request: "r1"}

func TestErasureIsWhole(t *testing.T) {
	w := newWorld(t)
	sealed := seal(t, w.keys, subject(1), "Anna")
	for range 2 { // again is complete again
		r, err := w.eraser().Erase(ctx, request)
		must(t, err)
		var steps []string
		for _, d := range r.Done {
			steps = append(steps, string(d.Step))
		}
		if !r.Complete || len(r.Missing) != 0 || strings.Join(steps, " ") != "hold_check fence ledger destroy_keys evict_caches delete_view_rows sweep close_ledger" {
			t.Fatalf("%+v", r)
		}
	}
	if _, err := w.keys.Open(ctx, subject(1), aad, sealed); !errors.Is(err, personal.ErrErased) {
		t.Errorf("%v", err)
	}
	open, err := w.ledger.Open()
	if err != nil || len(open) != 0 {
		t.Errorf("still open %v, %v", open, err)
	}
}

func TestHoldKeepsEverything(t *testing.T) {
	w := newWorld(t)
	sealed := seal(t, w.keys, subject(1), "Anna")
	w.hold = "an assignment is running"
	r, err := w.eraser().Erase(ctx, request)
	if !errors.Is(err, privacy.ErrHeld) || len(r.Missing) != 1 || r.Missing[0].Reason != w.hold {
		t.Fatalf("%+v, %v", r, err)
	}
	if plain, err := w.keys.Open(ctx, subject(1), aad, sealed); err != nil || string(plain) != "Anna" {
		t.Errorf("%v", err)
	}
	seal(t, w.keys, subject(1), "more")
	if entries, err := w.ledger.Entries(); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
	w.hold, w.fail["hold"] = "", errors.New("cannot ask")
	if _, err := w.eraser().Erase(ctx, request); !errors.Is(err, w.fail["hold"]) {
		t.Errorf("an unknown hold is taken for none: %v", err)
	}
}

func TestPartialErasureSaysWhatIsMissingAndIsResumed(t *testing.T) {
	broken := errors.New("inner detail")
	for _, tc := range []struct {
		fail    string
		left    []string
		missing []privacy.Step
		reason  string
	}{
		{"views", nil, []privacy.Step{privacy.StepViews, privacy.StepClose}, "the step failed and can be tried again"},
		{"evict", nil, []privacy.Step{privacy.StepEvict, privacy.StepClose}, "the step failed and can be tried again"},
		{"sweep", nil, []privacy.Step{privacy.StepSweep, privacy.StepClose}, "the step failed and can be tried again"},
		{"", []string{"view experts", "export 7"}, []privacy.Step{privacy.StepSweep, privacy.StepClose}, "found in view experts, export 7"},
	} {
		w := newWorld(t)
		sealed := seal(t, w.keys, subject(1), "Anna")
		w.left = tc.left
		if tc.fail != "" {
			w.fail[tc.fail] = broken
		}
		r, err := w.eraser().Erase(ctx, request)
		incomplete, ok := errors.AsType[*privacy.Incomplete](err)
		if !ok || r.Complete || len(r.Missing) != len(tc.missing) || r.Missing[0].Reason != tc.reason || strings.Contains(err.Error(), "inner") {
			t.Fatalf("%s: %+v, %v", tc.fail, r, err)
		}
		for i, m := range incomplete.Receipt.Missing {
			if m.Step != tc.missing[i] {
				t.Errorf("%s: missing %+v", tc.fail, r.Missing)
			}
		}
		if tc.fail != "" && !errors.Is(err, broken) {
			t.Errorf("%s: the cause is lost", tc.fail)
		}
		if _, err := w.keys.Open(ctx, subject(1), aad, sealed); !errors.Is(err, personal.ErrErased) {
			t.Errorf("%s: the key was spared: %v", tc.fail, err)
		}

		// As after a restart: the ledger knows who is not done.
		clear(w.fail)
		w.left = nil
		must(t, w.ledger.Close())
		w.openLedger()
		receipts, err := w.eraser().Resume(ctx)
		if err != nil || len(receipts) != 1 || !receipts[0].Complete || receipts[0].Subject != subject(1) || receipts[0].Request != "r1" {
			t.Errorf("%s: %+v, %v", tc.fail, receipts, err)
		}
		if receipts, err := w.eraser().Resume(ctx); err != nil || len(receipts) != 0 {
			t.Errorf("%s: resumed twice: %+v, %v", tc.fail, receipts, err)
		}
	}
}

func TestNothingIsDestroyedThatTheLedgerDoesNotKnow(t *testing.T) {
	w := newWorld(t)
	sealed := seal(t, w.keys, subject(1), "Anna")
	must(t, w.ledger.Close())
	r, err := w.eraser().Erase(ctx, request)
	if _, ok := errors.AsType[*privacy.Incomplete](err); !ok || r.Missing[0].Step != privacy.StepLedger || len(w.done) != 0 {
		t.Fatalf("%+v, %v, did %v", r, err, w.done)
	}
	if plain, err := w.keys.Open(ctx, subject(1), aad, sealed); err != nil || string(plain) != "Anna" {
		t.Errorf("destroyed without a ledger: %v", err)
	}
	if _, err := w.keys.Seal(ctx, subject(1), aad, nil); !errors.Is(err, personal.ErrErased) {
		t.Errorf("the fence is gone: %v", err)
	}
}

func TestRestoreReplaysTheLedger(t *testing.T) {
	w := newWorld(t)
	sealed := [][]byte{seal(t, w.keys, subject(0), "Zahra"), seal(t, w.keys, subject(1), "Anna"), seal(t, w.keys, subject(2), "Bilal")}
	must(t, w.keys.Close())
	backup, err := os.ReadFile(w.room.keys)
	must(t, err)
	w.keys = w.room.open()
	for i := 1; i <= 2; i++ {
		_, err := w.eraser().Erase(ctx, privacy.ErasureRequest{Subject: subject(i), Request: "r"})
		must(t, err)
	}
	must(t, w.keys.Close())
	must(t, os.WriteFile(w.room.keys, backup, 0o600))
	w.keys = w.room.open()
	if _, err := w.keys.Open(ctx, subject(1), aad, sealed[1]); err != nil {
		t.Fatalf("the backup should still open: %v", err)
	}
	receipts, err := w.eraser().Replay(ctx, w.ledger)
	if err != nil || len(receipts) != 2 {
		t.Fatalf("%+v, %v", receipts, err)
	}
	for i, want := range []error{nil, personal.ErrErased, personal.ErrErased} {
		if _, err := w.keys.Open(ctx, subject(i), aad, sealed[i]); !errors.Is(err, want) {
			t.Errorf("%d after replay: %v", i, err)
		}
	}
}

func TestLedgerSurvivesATornLineAndNoOther(t *testing.T) {
	w := newWorld(t)
	must(t, w.ledger.Append(privacy.Entry{Subject: subject(1), Request: "r1", Stage: privacy.Begun, At: noon}))
	must(t, w.ledger.Close())
	whole, err := os.ReadFile(w.path)
	must(t, err)
	stat, err := os.Stat(w.path)
	must(t, err)
	if stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", stat.Mode().Perm())
	}

	must(t, os.WriteFile(w.path, append(bytes.Clone(whole), `{"subject":"0b8f9c`...), 0o600))
	w.openLedger()
	must(t, w.ledger.Append(privacy.Entry{Subject: subject(2), Request: "r2", Stage: privacy.Begun, At: noon}))
	entries, err := w.ledger.Entries()
	if err != nil || len(entries) != 2 || entries[1].Subject != subject(2) {
		t.Errorf("%+v, %v", entries, err)
	}
	must(t, w.ledger.Close())

	must(t, os.WriteFile(w.path, append([]byte("garbage\n"), whole...), 0o600))
	if _, err := privacy.OpenLedger(w.path); !errors.Is(err, privacy.ErrLedger) || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("%v", err)
	}
}
