package codectest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// Corpus is a folder of recorded events, a file for each type and schema version
// that was ever written. It stands for the logs out there: a file is added with
// its type or version, and never changed after.
type Corpus struct {
	Dir      string
	Events   []decider.Event                        // zero values of all that is registered
	Registry func(...decider.Event) *codec.Registry // with the upcasters
}

// SumFile lists the files with their SHA-256, in the form of sha256sum. A line
// "# withdrawn <sum>  <file>: <why>" withdraws a file that no released version
// ever wrote.
const SumFile = "corpus.sum"

// recorded is the form of a corpus file.
type recorded struct {
	Type   string         `json:"type"`
	Schema int            `json:"schema"`
	Stream string         `json:"stream"`
	ID     uuid.UUID      `json:"id"`
	Meta   jsontext.Value `json:"meta"`
	Data   jsontext.Value `json:"data"`
}

func fileName(eventType string, schema int) string {
	return fmt.Sprintf("%s.%d.json", eventType, schema)
}

// Missing lists the files of current types and versions that are not there.
func (c Corpus) Missing() (missing []string, err error) {
	for name, schema := range c.Registry(c.Events...).Types() {
		f := fileName(name, schema)
		if _, err := os.Stat(filepath.Join(c.Dir, f)); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, f)
		} else if err != nil {
			return nil, err
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// Add records a filled event for each missing file and writes the sums. Files
// that are there are not touched.
func (c Corpus) Add() error {
	reg := c.Registry(c.Events...)
	cod := codec.New(reg, NewKeys())
	for _, zero := range c.Events {
		name := zero.EventType()
		path := filepath.Join(c.Dir, fileName(name, reg.Types()[name]))
		if _, err := os.Stat(path); err == nil {
			continue
		}
		b, err := record(cod, Fill(zero))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return err
		}
	}
	return c.addSums()
}

// corpusMeta is the metadata of every recorded event.
var corpusMeta = codec.Meta{
	Command: "0b8f9c1e-0000-4000-8000-0000000000c1", Causation: "0b8f9c1e-0000-4000-8000-0000000000c1",
	Correlation: "0b8f9c1e-0000-4000-8000-0000000000c2", Actor: "0b8f9c1e-0000-4000-8000-0000000000f1",
	Role: domain.RoleManager, OnBehalfOf: "0b8f9c1e-0000-4000-8000-0000000000f2",
	At:          time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
	Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	Action:      "corpus.Record",
}

func record(c *codec.Codec, e decider.Event) ([]byte, error) {
	ctx := context.Background()
	category, _, _ := strings.Cut(e.EventType(), ".")
	r := recorded{Type: e.EventType(), Stream: category + "-" + Subject, ID: uuid.NewSHA1(uuid.NameSpaceOID, []byte(e.EventType()))}
	enc, err := c.Encode(ctx, r.Stream, r.ID, e, corpusMeta)
	if err != nil {
		return nil, err
	}
	d, err := c.Decode(ctx, eventstore.Recorded{Event: enc, Stream: r.Stream})
	if err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(d.Event, e) {
		return nil, fmt.Errorf("does not come back as it was:\n got %#v\nwant %#v", d.Event, e)
	}
	r.Schema, r.Meta, r.Data = d.Meta.Schema, enc.Meta, enc.Data
	// Members on lines of their own, stored bytes as they are.
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n\"type\": %q,\n\"schema\": %d,\n\"stream\": %q,\n\"id\": %q,\n\"meta\": %s,\n\"data\": %s\n}\n", r.Type, r.Schema, r.Stream, r.ID, r.Meta, r.Data)
	return b.Bytes(), nil
}

// Check decodes every recorded event. One of a current version must encode to
// the same bytes again: then neither a name, nor a form, nor a seal has changed.
func (c Corpus) Check() error {
	reg := c.Registry(c.Events...)
	cod := codec.New(reg, NewKeys())
	files, err := filepath.Glob(filepath.Join(c.Dir, "*.json"))
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range files {
		if err := check(cod, reg.Types(), path); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", filepath.Base(path), err))
		}
	}
	return errors.Join(errs...)
}

func check(c *codec.Codec, current map[string]int, path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var r recorded
	if err := json.Unmarshal(b, &r, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	if filepath.Base(path) != fileName(r.Type, r.Schema) {
		return fmt.Errorf("holds %s schema %d", r.Type, r.Schema)
	}
	ctx, corrupt := context.Background(), c.Corrupt()
	d, err := c.Decode(ctx, eventstore.Recorded{Event: eventstore.Event{ID: r.ID, Type: r.Type, Data: r.Data, Meta: r.Meta}, Stream: r.Stream})
	if err != nil {
		return err
	}
	if c.Corrupt() != corrupt {
		return errors.New("a personal value no longer opens: its type, path or subject is read differently")
	}
	if d.Meta.Schema != r.Schema {
		return fmt.Errorf("metadata says schema %d", d.Meta.Schema)
	}
	if current[r.Type] != r.Schema {
		return nil // an upcaster made another event of it
	}
	again, err := c.Encode(ctx, r.Stream, r.ID, d.Event, d.Meta)
	if err != nil {
		return err
	}
	if !bytes.Equal(again.Data, r.Data) || !bytes.Equal(again.Meta, r.Meta) {
		return fmt.Errorf("is encoded differently now; give a new field omitzero, or the type a new schema version and an upcaster\nrecorded %s %s\n     now %s %s", r.Meta, r.Data, again.Meta, again.Data)
	}
	return nil
}

// ParseSums reads the lines of a sum file: file names by sum and name, and the
// lines that are withdrawn.
func ParseSums(b []byte) (lines, withdrawn map[string]bool) {
	lines, withdrawn = map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "# withdrawn "); ok {
			entry, why, _ := strings.Cut(rest, ":")
			if strings.TrimSpace(why) != "" {
				withdrawn[strings.TrimSpace(entry)] = true
			}
		} else if line != "" && line[0] != '#' {
			lines[line] = true
		}
	}
	return lines, withdrawn
}

// sums gives the lines that the files should have.
func (c Corpus) sums() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(c.Dir, "*.json"))
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(files))
	for i, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(b)
		lines[i] = hex.EncodeToString(sum[:]) + "  " + filepath.Base(path)
	}
	return lines, nil
}

// CheckSums demands that the sum file lists exactly the files, as they are.
func (c Corpus) CheckSums() error {
	b, err := os.ReadFile(filepath.Join(c.Dir, SumFile))
	if err != nil {
		return err
	}
	listed, _ := ParseSums(b)
	want, err := c.sums()
	if err != nil {
		return err
	}
	var errs []error
	for _, line := range want {
		if !listed[line] {
			errs = append(errs, fmt.Errorf("%s is not listed in %s as it is: a recorded event is never changed", line[66:], SumFile))
		}
		delete(listed, line)
	}
	for line := range listed {
		errs = append(errs, fmt.Errorf("%s lists what is not there: %s", SumFile, line))
	}
	return errors.Join(errs...)
}

const sumHeader = `# SHA-256 of each recorded event. Lines are added and never changed: see CONTRIBUTING.md.
# A file that no release ever wrote is withdrawn by a line of its own:
#   withdrawn <sum>  <file>: <why>   (with "# " before it)
`

// addSums appends the lines of new files; lines that are there stay, right or
// wrong, so that recording cannot paper over a change.
func (c Corpus) addSums() error {
	path := filepath.Join(c.Dir, SumFile)
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(b) == 0 {
		b = []byte(sumHeader)
	}
	listed, _ := ParseSums(b)
	names := map[string]bool{}
	for line := range listed {
		names[line[66:]] = true
	}
	want, err := c.sums()
	if err != nil {
		return err
	}
	for _, line := range want {
		if !names[line[66:]] {
			b = append(b, line+"\n"...)
		}
	}
	return os.WriteFile(path, b, 0o644)
}
