package canary_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/diaspora-match/diaspora/privacy/canary"
)

const marker = "CANARY-name-é-7f3a91c0"

func sweep(t *testing.T, markers ...string) *canary.Sweep {
	t.Helper()
	s, err := canary.New(markers...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func hiding(text string) map[string][]byte {
	var le, be []byte
	for _, u := range utf16.Encode([]rune(text)) {
		le, be = append(le, byte(u), byte(u>>8)), append(be, byte(u>>8), byte(u))
	}
	m := map[string][]byte{
		"plain":    []byte("x" + text + "y"),
		"hex":      []byte("00" + hex.EncodeToString([]byte(text)) + "ff"),
		"HEX":      []byte(strings.ToUpper(hex.EncodeToString([]byte(text)))),
		"utf-16le": append([]byte{0xff, 0xfe}, le...),
		"utf-16be": append([]byte{0xfe, 0xff}, be...),
	}
	for n := range 6 {
		around := strings.Repeat("?", n) + text + strings.Repeat("~", n)
		m["base64 "+strings.Repeat("+", n)] = []byte(base64.StdEncoding.EncodeToString([]byte(around)))
		m["base64url "+strings.Repeat("+", n)] = []byte(base64.URLEncoding.EncodeToString([]byte(around)))
	}
	return m
}

func TestFindsEveryEncoding(t *testing.T) {
	s := sweep(t, marker, "another>>>marker???ÿÿÿ")
	for _, m := range []string{marker, "another>>>marker???ÿÿÿ"} {
		for name, b := range hiding(m) {
			found := s.Bytes("output", b)
			whole := false
			for _, f := range found {
				whole = whole || f.Marker == m && !strings.HasPrefix(f.Encoding, "half") && f.Place == "output"
			}
			if !whole {
				t.Errorf("%q as %s is not found: %v", m, name, found)
			}
		}
	}
	for name, b := range hiding("CANARY-nobody-0000") {
		if found := s.Bytes("output", b); len(found) != 0 {
			t.Errorf("%s: found what is not there: %v", name, found)
		}
	}
}

func TestFindsAMarkerThatIsCutInTwo(t *testing.T) {
	s := sweep(t, marker)
	for cut := 1; cut < len(marker); cut++ {
		b := []byte(marker[:cut] + "\x00\x01page\x02" + marker[cut:])
		if len(s.Bytes("page", b)) == 0 {
			t.Errorf("cut at %d hides the marker", cut)
		}
	}
}

func TestReaderFindsAcrossChunksAtTheRightPlace(t *testing.T) {
	s := sweep(t, marker)
	const chunk = 1 << 20
	for _, at := range []int{0, chunk - 5, chunk, 2*chunk + 7, 3*chunk - 1} {
		b := bytes.Repeat([]byte("."), 3*chunk+100)
		copy(b[at:], marker)
		found, err := s.Reader("stream", iotest.HalfReader(bytes.NewReader(b)))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 || found[0].Offset != int64(at) || found[0].Encoding != "plain" {
			t.Errorf("at %d: %v", at, found)
		}
	}
	broken := errors.New("broken")
	if _, err := s.Reader("stream", io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a broken stream sweeps as clean: %v", err)
	}
}

func TestWatchFindsAcrossSmallWrites(t *testing.T) {
	w := sweep(t, marker).Watch("log")
	text := strings.Repeat("line without it\n", 100) + "name=" + marker + "\n"
	for _, b := range []byte(text) {
		if n, err := w.Write([]byte{b}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	found := w.Findings()
	whole := false
	for _, f := range found {
		whole = whole || f.Encoding == "plain" && f.Offset == 1605 && f.Place == "log"
	}
	if !whole {
		t.Errorf("%v", found)
	}
}

func TestDirectorySweepsContentsAndNames(t *testing.T) {
	root := t.TempDir()
	s := sweep(t, marker)
	if found, err := s.Directory(root); err != nil || len(found) != 0 {
		t.Fatalf("%v, %v", found, err)
	}
	inside := filepath.Join(root, "a", "b.db")
	for path, text := range map[string]string{inside: "..." + marker, filepath.Join(root, marker+".txt"): "", filepath.Join(root, "clean"): "nothing"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := s.Directory(root)
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]bool{}
	for _, f := range found {
		places[f.Place] = true
	}
	if len(places) != 2 || !places[inside] || !places["name of "+filepath.Join(root, marker+".txt")] {
		t.Errorf("found %v", found)
	}
	if _, err := s.Directory(filepath.Join(root, "gone")); err == nil {
		t.Error("a missing root sweeps as clean")
	}
}

func TestMarkerMustMeanSomething(t *testing.T) {
	if _, err := canary.New("short"); !errors.Is(err, canary.ErrMarker) {
		t.Errorf("%v", err)
	}
}
