package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
)

type verifyCommand struct {
	logFlags
	ExpectHead string `help:"Head that an earlier verification printed. A log that was rewritten since exits with 4." placeholder:"HASH@POSITION"`
	JSON       bool   `help:"Print the result as JSON."`
}

// Help implements kong.HelpProvider.
func (verifyCommand) Help() string {
	return `Checks, in this order: every event against the hash chain, with positions and revisions without gaps; the head that --expect-head names; every event against the codec and the keys; the views, folded twice in batches of different sizes and compared byte for byte. It names the first bad position, and runs beside a running platform.

Keep the head that it prints somewhere else: who can rewrite the whole log can also rewrite its chain, but not what you wrote down. EventStoreDB keeps no chain with its events: there the head is computed from what is read, and only the one that you kept tells whether something was changed.

Examples:
  diaspora verify
  diaspora verify --data /srv/diaspora --json
  diaspora verify --expect-head 9c1e…@48211
  diaspora verify --data /srv/diaspora --event-store 'esdb://localhost:2113?tls=false'`
}

// verified is the result of a verification.
type verified struct {
	OK     bool         `json:"ok"`
	Folder string       `json:"folder"`
	Events uint64       `json:"events"`
	Head   string       `json:"head"` // HASH@POSITION
	Views  string       `json:"views,omitzero"`
	Checks []checked    `json:"checks"`
	First  *badPosition `json:"first,omitzero"` // what does not hold
}

// checked is one check that was made.
type checked struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
}

// badPosition says where the log stops to hold.
type badPosition struct {
	Check    string `json:"check"`
	Position uint64 `json:"position,omitzero"`
	Stream   string `json:"stream,omitzero"`
	Why      string `json:"why"`
}

// Sizes of the batches of the two folds; no multiple of each other.
const (
	verifyBatchLarge = projections.MaxBatch
	verifyBatchSmall = 61
)

// Run implements the command.
func (c *verifyCommand) Run(ctx context.Context, s *session) (err error) {
	expect, err := parseHead(c.ExpectHead)
	if err != nil {
		return err
	}
	r, err := s.read(ctx, c.logFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	v := verification{session: s, reading: r, expect: expect, out: verified{Folder: r.folder}}
	if err := v.run(ctx); err != nil {
		return err
	}
	v.out.OK = v.out.First == nil
	if err := c.print(s, v.out); err != nil {
		return err
	}
	if bad := v.out.First; bad != nil {
		return errVerify.With(fmt.Sprintf("The check %q does not hold: %s", bad.Check, bad.Why))
	}
	return nil
}

// head is a hash of the chain after a position.
type head struct {
	hash     [sha256.Size]byte
	position eventstore.Position
}

func (h head) String() string { return fmt.Sprintf("%s@%d", hex.EncodeToString(h.hash[:]), h.position) }

func parseHead(text string) (*head, error) {
	if text == "" {
		return nil, nil
	}
	bad := errUsage.At("expect-head").With("A head is the hash and the position that an earlier verification printed: HASH@POSITION.")
	hash, position, ok := strings.Cut(text, "@")
	n, err := strconv.ParseUint(position, 10, 63)
	b, hexErr := hex.DecodeString(hash)
	if !ok || err != nil || hexErr != nil || len(b) != sha256.Size {
		return nil, bad
	}
	return &head{[sha256.Size]byte(b), eventstore.Position(n)}, nil
}

// verification is a verification under way.
type verification struct {
	*session
	*reading
	expect *head
	head   head
	out    verified
}

// run makes the checks until one does not hold. An error is a fault: nothing was
// found out.
func (v *verification) run(ctx context.Context) error {
	for _, check := range []struct {
		name string
		run  func(context.Context) (*badPosition, error)
	}{
		{"hash chain and revisions", v.chain},
		{"expected head", v.rewritten},
		{"events and views", v.views},
	} {
		if check.name == "expected head" && v.expect == nil {
			continue
		}
		bad, err := check.run(ctx)
		if err != nil {
			return err
		}
		v.out.Checks = append(v.out.Checks, checked{check.name, bad == nil})
		if bad != nil {
			bad.Check = check.name
			v.out.First = bad
			return nil
		}
	}
	return nil
}

func (v *verification) chain(ctx context.Context) (*badPosition, error) {
	end, err := v.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	bar := v.progress("hash chain", int64(end))
	defer bar.done()
	v.head.hash, v.head.position, err = eventstore.Verify(ctx, v.store, func(p eventstore.Position) { bar.at(int64(p)) })
	v.out.Head = v.head.String()
	var broken *eventstore.BrokenChain
	if errors.As(err, &broken) {
		return &badPosition{Position: uint64(broken.Position), Stream: broken.Stream, Why: broken.Why}, nil
	}
	return nil, err
}

// rewritten computes the chain up to the expected position.
func (v *verification) rewritten(ctx context.Context) (*badPosition, error) {
	if v.expect.position > v.head.position {
		return &badPosition{Position: uint64(v.head.position), Why: fmt.Sprintf("the log ends at %d, and once reached %d", v.head.position, v.expect.position)}, nil
	}
	hash, _, err := eventstore.Walk(ctx, v.store, v.expect.position, nil)
	if err != nil {
		return nil, err
	}
	if hash != v.expect.hash {
		return &badPosition{Position: uint64(v.expect.position), Why: "the log up to here is not the one whose head was kept: it was rewritten"}, nil
	}
	return nil, nil
}

func (v *verification) views(ctx context.Context) (*badPosition, error) {
	var corrupt *badPosition
	v.codec.OnCorrupt(func(c codec.Corruption) {
		if corrupt == nil {
			corrupt = &badPosition{Position: uint64(c.Position), Stream: c.Stream, Why: "a sealed personal value does not open under its key"}
		}
	})
	var engines [2]*memory.Engine
	for i, batch := range []int{verifyBatchLarge, verifyBatchSmall} {
		bar := v.progress(fmt.Sprintf("views, fold %d of %d", i+1, len(engines)), int64(v.head.position))
		v.out.Events = 0
		engine, err := v.foldNumbered(ctx, v.head.position, batch, func(p eventstore.Position) { v.out.Events++; bar.at(int64(p)) })
		bar.done()
		if bad := place(err); bad != nil {
			return bad, nil
		} else if err != nil {
			return nil, err
		}
		if corrupt != nil {
			return corrupt, nil
		}
		engines[i] = engine
	}
	line, err := firstDifference(ctx, engines[0], engines[1])
	if err != nil {
		return nil, err
	}
	if line > 0 {
		return &badPosition{Why: fmt.Sprintf("two folds of the same log give different views, first at line %d of their dumps", line)}, nil
	}
	v.out.Views, err = digest(ctx, engines[0])
	return nil, err
}

// place finds where an event could not be read or folded; nil for other errors.
func place(err error) *badPosition {
	var poison *projections.Poison
	var unknown *codec.UnknownType
	var schema *codec.UnknownSchema
	var malformed *codec.Malformed
	at := func(p codec.Place) *badPosition {
		return &badPosition{Position: uint64(p.Position), Stream: p.Stream, Why: err.Error()}
	}
	switch {
	case errors.As(err, &poison):
		return &badPosition{Position: uint64(poison.Position), Stream: poison.Stream, Why: err.Error()}
	case errors.As(err, &unknown):
		return at(unknown.Place)
	case errors.As(err, &schema):
		return at(schema.Place)
	case errors.As(err, &malformed):
		return at(malformed.Place)
	}
	return nil
}

// broken makes an event that cannot be read or folded a failed verification,
// for commands that are not verify.
func broken(err error) error {
	if bad := place(err); bad != nil {
		return errVerify.With(fmt.Sprintf("The log cannot be folded past position %d: %s", bad.Position, bad.Why))
	}
	return err
}

// firstDifference compares two dumps as they are written; 0 when they are the
// same, and the first different line otherwise.
func firstDifference(ctx context.Context, a, b *memory.Engine) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := func(e *memory.Engine) (*bufio.Reader, io.Closer) {
		r, w := io.Pipe()
		go func() { w.CloseWithError(dump(ctx, e, w)) }()
		return bufio.NewReaderSize(r, 1<<16), r
	}
	readA, closeA := lines(a)
	readB, closeB := lines(b)
	defer closeA.Close()
	defer closeB.Close()
	for n := 1; ; n++ {
		lineA, errA := readA.ReadBytes('\n')
		lineB, errB := readB.ReadBytes('\n')
		for _, err := range []error{errA, errB} {
			if err != nil && !errors.Is(err, io.EOF) {
				return 0, err
			}
		}
		if !bytes.Equal(lineA, lineB) {
			return n, nil
		}
		if errA != nil {
			return 0, nil
		}
	}
}

func (c *verifyCommand) print(s *session, out verified) error {
	if c.JSON {
		return s.writeJSON(out)
	}
	for _, check := range out.Checks {
		word := "ok"
		if !check.OK {
			word = "FAILED"
		}
		if _, err := fmt.Fprintf(s.stdout, "%-26s %s\n", check.Check, word); err != nil {
			return err
		}
	}
	if bad := out.First; bad != nil {
		_, err := fmt.Fprintf(s.stdout, "first bad position %d %s\n", bad.Position, bad.Stream)
		return err
	}
	_, err := fmt.Fprintf(s.stdout, "%s events\nhead  %s\nviews %s\n", humanize.Comma(int64(out.Events)), out.Head, out.Views)
	return err
}
