package privacy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
)

// ErrHeld: something obliges us to keep the data for now, and nothing was erased.
var ErrHeld = domain.Refuse(domain.Refused, "privacy.held",
	"The personal data is under a hold and cannot be erased yet.",
	"Resolve the hold that the receipt names, then ask again.")

// Step of an erasure, in the order in which they are done.
type Step string

const (
	StepHold    Step = "hold_check"
	StepFence   Step = "fence"
	StepLedger  Step = "ledger"
	StepDestroy Step = "destroy_keys"
	StepEvict   Step = "evict_caches"
	StepViews   Step = "delete_view_rows"
	StepSweep   Step = "sweep"
	StepClose   Step = "close_ledger"
)

// ErasureRequest asks for a subject's erasure.
type ErasureRequest struct {
	Subject string
	Request string // id of the request, for the receipt and the ledger
}

// Done is a step that was finished.
type Done struct {
	Step Step      `json:"step"`
	At   time.Time `json:"at"`
}

// Missing is a step that was not finished, and why.
type Missing struct {
	Step   Step   `json:"step"`
	Reason string `json:"reason"`
}

// Receipt is the proof of an erasure, whole or partial.
type Receipt struct {
	Subject  string    `json:"subject"`
	Request  string    `json:"request"`
	Begun    time.Time `json:"begun"`
	Done     []Done    `json:"done"`
	Missing  []Missing `json:"missing,omitempty"`
	Complete bool      `json:"complete"`
}

// Incomplete: an erasure got so far and no further. Doing it again resumes it.
type Incomplete struct {
	Receipt Receipt
	Err     error
}

func (e *Incomplete) Error() string {
	steps := make([]string, len(e.Receipt.Missing))
	for i, m := range e.Receipt.Missing {
		steps[i] = string(m.Step)
	}
	return fmt.Sprintf("privacy: erasure is incomplete, missing: %s", strings.Join(steps, ", "))
}

func (e *Incomplete) Unwrap() error { return e.Err }

// Eraser erases people. Its steps are idempotent, so that an erasure that was cut
// short anywhere is resumed by doing it again; the ledger remembers which were.
// Every field is required: an erasure that leaves a step out would not be one.
type Eraser struct {
	Keys   *Keys
	Ledger *Ledger
	// Now is the clock of receipts.
	Now func() time.Time
	// Held tells why the subject's data must be kept for now; empty when nothing
	// forbids erasure.
	Held func(ctx context.Context, subject string) (reason string, err error)
	// Evict drops what other caches hold of the subject.
	Evict func(ctx context.Context, subject string) error
	// DeleteRows deletes the subject's rows of every view.
	DeleteRows func(ctx context.Context, subject string) error
	// Sweep looks for what is left and names the places.
	Sweep func(ctx context.Context, subject string) (left []string, err error)
}

// Erase erases a subject. It returns ErrHeld with nothing done, an *Incomplete
// with what is missing, or the receipt of a complete erasure. Erasing again
// repeats every step and is complete again.
func (e *Eraser) Erase(ctx context.Context, r ErasureRequest) (Receipt, error) {
	if err := checkSubject(r.Subject); err != nil {
		return Receipt{}, err
	}
	if reason, err := e.Held(ctx, r.Subject); err != nil {
		return Receipt{}, fmt.Errorf("privacy: hold check: %w", err)
	} else if reason != "" {
		return Receipt{Subject: r.Subject, Request: r.Request, Missing: []Missing{{StepHold, reason}}}, ErrHeld
	}
	receipt := Receipt{Subject: r.Subject, Request: r.Request, Begun: e.Now().UTC()}
	receipt.Done = append(receipt.Done, Done{StepHold, receipt.Begun})
	return e.run(ctx, receipt)
}

// stepOf is a step with its work. After one that is needed, the rest is not tried
// when it fails; the others are each tried, since each makes the person safer.
type stepOf struct {
	step   Step
	needed bool
	do     func(ctx context.Context) error
}

// errLeft: the sweep found something.
type errLeft []string

func (l errLeft) Error() string { return "found in " + strings.Join(l, ", ") }

func (e *Eraser) steps(r *Receipt) []stepOf {
	s := r.Subject
	return []stepOf{
		{StepFence, true, func(ctx context.Context) error { return e.Keys.Fence(ctx, s) }},
		{StepLedger, true, func(context.Context) error {
			return e.Ledger.Append(Entry{Subject: s, Request: r.Request, Stage: Begun, At: e.Now()})
		}},
		{StepDestroy, false, func(ctx context.Context) error { return e.Keys.Destroy(ctx, s) }},
		{StepEvict, false, func(ctx context.Context) error { e.Keys.Evict(s); return e.Evict(ctx, s) }},
		{StepViews, false, func(ctx context.Context) error { return e.DeleteRows(ctx, s) }},
		{StepSweep, false, func(ctx context.Context) error {
			left, err := e.Sweep(ctx, s)
			if err == nil && len(left) > 0 {
				return errLeft(left)
			}
			return err
		}},
		{StepClose, false, func(context.Context) error {
			if len(r.Missing) > 0 {
				return errors.New("earlier steps are missing")
			}
			return e.Ledger.Append(Entry{Subject: s, Request: r.Request, Stage: Complete, At: e.Now()})
		}},
	}
}

func (e *Eraser) run(ctx context.Context, r Receipt) (Receipt, error) {
	var errs []error
	stopped := false
	for _, s := range e.steps(&r) {
		if stopped {
			r.Missing = append(r.Missing, Missing{s.step, "an earlier step failed"})
			continue
		}
		if err := s.do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.step, err))
			r.Missing = append(r.Missing, Missing{s.step, reason(err)})
			stopped = s.needed
			continue
		}
		r.Done = append(r.Done, Done{s.step, e.Now().UTC()})
	}
	if len(r.Missing) > 0 {
		return r, &Incomplete{r, errors.Join(errs...)}
	}
	r.Complete = true
	return r, nil
}

// reason is what a receipt may say about a failure: where something was left,
// and nothing of an internal error.
func reason(err error) string {
	if left, ok := errors.AsType[errLeft](err); ok {
		return left.Error()
	}
	return "the step failed and can be tried again"
}

// Resume finishes the erasures of the ledger that have begun and are not
// complete. The hold was checked when they began. It tries each, and returns the
// receipts with the errors joined.
func (e *Eraser) Resume(ctx context.Context) ([]Receipt, error) {
	open, err := e.Ledger.Open()
	if err != nil {
		return nil, err
	}
	return e.runAll(ctx, open)
}

// Replay erases again everyone whom the ledger ever names, after a restore from
// a backup that may be older than their erasure. The restored system is not
// ready before Replay returns without error.
func (e *Eraser) Replay(ctx context.Context, ledger *Ledger) ([]Receipt, error) {
	entries, err := ledger.Entries()
	if err != nil {
		return nil, err
	}
	return e.runAll(ctx, firstOfEach(entries, func(Entry) bool { return true }))
}

func (e *Eraser) runAll(ctx context.Context, entries []Entry) ([]Receipt, error) {
	var receipts []Receipt
	var errs []error
	for _, entry := range entries {
		r, err := e.run(ctx, Receipt{Subject: entry.Subject, Request: entry.Request, Begun: entry.At})
		receipts, errs = append(receipts, r), append(errs, err)
	}
	return receipts, errors.Join(errs...)
}
