// Package canary looks for markers in everything that a system wrote. A test
// seeds each personal field with a marker, runs the system, and sweeps: a marker
// that is found leaked past the seal.
//
// A marker is looked for as it is and in the encodings in which text usually
// hides: base64 and base64url at each of the three alignments, hexadecimal, and
// UTF-16 of both byte orders. Since a file may cut a value in two (a page of a
// database, a line of a dump), a long marker is also looked for by its halves: a
// single cut leaves one of them whole. Compressed or encrypted bytes hide a
// marker; sweep what produced them.
package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
)

// Bounds, listed in docs/limits.md.
const (
	// MinMarkerBytes keeps a marker from being found by chance.
	MinMarkerBytes = 8
	chunkBytes     = 1 << 20
)

// ErrMarker: a marker is too short to mean anything.
var ErrMarker = errors.New("canary: a marker needs at least 8 bytes")

// Finding is a place where a marker shows.
type Finding struct {
	Marker   string
	Encoding string // "plain", "base64", "base64url", "hex", "utf-16le", "utf-16be"; "half of …" for a part
	Place    string // file, or name of the bytes; a path names the file whose name it is
	Offset   int64
}

func (f Finding) String() string {
	return fmt.Sprintf("%s holds %q as %s at byte %d", f.Place, f.Marker, f.Encoding, f.Offset)
}

type pattern struct {
	marker, encoding string
	bytes            []byte
}

// Sweep looks for a set of markers. It is safe for use by many goroutines.
type Sweep struct {
	patterns []pattern
	longest  int
}

// New prepares a sweep for markers; ErrMarker for one that is too short.
func New(markers ...string) (*Sweep, error) {
	s := &Sweep{}
	for _, m := range markers {
		if len(m) < MinMarkerBytes {
			return nil, ErrMarker
		}
		s.add(m, m, "")
		if half := len(m) / 2; half >= MinMarkerBytes {
			s.add(m, m[:half], "half of ")
			s.add(m, m[half:], "half of ")
		}
	}
	return s, nil
}

func (s *Sweep) add(marker, text, prefix string) {
	for _, p := range encodings(text) {
		p.marker, p.encoding = marker, prefix+p.encoding
		s.patterns = append(s.patterns, p)
		s.longest = max(s.longest, len(p.bytes))
	}
}

func encodings(text string) []pattern {
	b := []byte(text)
	hexed := hex.EncodeToString(b)
	ps := []pattern{
		{encoding: "plain", bytes: b},
		{encoding: "hex", bytes: []byte(hexed)},
		{encoding: "hex", bytes: []byte(strings.ToUpper(hexed))},
	}
	var le, be []byte
	for _, u := range utf16.Encode([]rune(text)) {
		le = append(le, byte(u), byte(u>>8))
		be = append(be, byte(u>>8), byte(u))
	}
	ps = append(ps, pattern{encoding: "utf-16le", bytes: le}, pattern{encoding: "utf-16be", bytes: be})
	for shift := range 3 {
		std, url := inner(base64.RawStdEncoding, b, shift), inner(base64.RawURLEncoding, b, shift)
		ps = append(ps, pattern{encoding: "base64", bytes: std})
		if !bytes.Equal(std, url) {
			ps = append(ps, pattern{encoding: "base64url", bytes: url})
		}
	}
	return ps
}

// inner is the base64 of b after shift other bytes, without the characters at
// both ends that depend on neighbours.
func inner(enc *base64.Encoding, b []byte, shift int) []byte {
	text := enc.EncodeToString(append(make([]byte, shift), b...))
	from := (shift*8 + 5) / 6
	to := (shift + len(b)) * 8 / 6
	return []byte(text[from:to])
}

// Bytes sweeps one piece of output.
func (s *Sweep) Bytes(place string, b []byte) []Finding {
	var found []Finding
	for _, p := range s.patterns {
		if i := bytes.Index(b, p.bytes); i >= 0 {
			found = append(found, Finding{p.marker, p.encoding, place, int64(i)})
		}
	}
	return found
}

// Watch sweeps what is written to it, as it is written: the log of a program, an
// answer, an export. It is safe for use by many goroutines.
type Watch struct {
	sweep *Sweep
	place string

	mu    sync.Mutex
	tail  []byte // of what was written: a marker may straddle two writes
	at    int64  // of tail[0]
	seen  map[[2]string]bool
	found []Finding
}

// Watch starts to watch a place.
func (s *Sweep) Watch(place string) *Watch {
	return &Watch{sweep: s, place: place, seen: map[[2]string]bool{}}
}

// Write sweeps and never fails.
func (w *Watch) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tail = append(w.tail, b...)
	for _, f := range w.sweep.Bytes(w.place, w.tail) {
		if key := [2]string{f.Marker, f.Encoding}; !w.seen[key] {
			w.seen[key] = true
			f.Offset += w.at
			w.found = append(w.found, f)
		}
	}
	keep := min(len(w.tail), w.sweep.longest)
	w.at += int64(len(w.tail) - keep)
	w.tail = w.tail[:copy(w.tail, w.tail[len(w.tail)-keep:])]
	return len(b), nil
}

// Findings so far: each marker and encoding once, where it first stood.
func (w *Watch) Findings() []Finding {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.found)
}

// Reader sweeps a stream to its end. Each marker and encoding is reported once,
// where it first stands.
func (s *Sweep) Reader(place string, r io.Reader) ([]Finding, error) {
	w := s.Watch(place)
	// Without WriterTo and ReaderFrom, which would choose their own chunks.
	_, err := io.CopyBuffer(w, struct{ io.Reader }{r}, make([]byte, chunkBytes))
	if err != nil {
		return w.Findings(), fmt.Errorf("canary: %s: %w", place, err)
	}
	return w.Findings(), nil
}

// Directory sweeps every file under a root, and the names of files and folders.
// It returns an error rather than leave a file out; a file that vanished
// meanwhile is none.
func (s *Sweep) Directory(root string) ([]Finding, error) {
	var found []Finding
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != root {
			return nil
		}
		if err != nil {
			return err
		}
		found = append(found, s.Bytes("name of "+path, []byte(d.Name()))...)
		if !d.Type().IsRegular() {
			return nil
		}
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		in, err := s.Reader(path, f)
		found = append(found, in...)
		return err
	})
	if err != nil {
		return found, fmt.Errorf("canary: sweep %s: %w", root, err)
	}
	return found, nil
}
