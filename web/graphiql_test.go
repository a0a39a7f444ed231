package web

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/diaspora-match/diaspora/internal/edge"
)

func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestThePageCarriesItsNonceAndNothingInline(t *testing.T) {
	h := edge.Pages(GraphiQL("/graphql"), false)
	first, second := get(t, h, "/"), get(t, h, "/")
	html := body(t, first.Body)
	nonce := regexp.MustCompile(`'nonce-([^']+)'`).FindStringSubmatch(first.Header.Get("Content-Security-Policy"))
	if nonce == nil || !strings.Contains(strings.ReplaceAll(html, "&#43;", "+"), `nonce="`+nonce[1]+`"`) {
		t.Errorf("the page does not carry the nonce of its policy %v:\n%s", nonce, html)
	}
	if html == body(t, second.Body) {
		t.Error("two answers carry the same nonce")
	}
	if inline := regexp.MustCompile(`<script[^>]*>[^<]|<style| on\w+=| style=`).FindString(html); inline != "" {
		t.Errorf("the page holds something inline: %s", inline)
	}
	if got := first.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if !strings.Contains(html, `data-endpoint="/graphql"`) {
		t.Error("the page does not name its endpoint")
	}
}

func TestAssetsAreKeptForGoodUnderTheirContentsName(t *testing.T) {
	h := edge.Pages(GraphiQL("/graphql"), false)
	urls := regexp.MustCompile(`/assets/graphiql/[^"]+`).FindAllString(body(t, get(t, h, "/").Body), -1)
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
	if len(urls) != len(types) {
		t.Fatalf("the page names %q, want one script and one style sheet", urls)
	}
	for _, url := range urls {
		plain := get(t, h, url)
		packed := get(t, h, url, "Accept-Encoding", "br, gzip")
		if got := plain.Header.Get("Content-Encoding"); got != "" {
			t.Errorf("%s: unasked for coding %q", url, got)
		}
		if got := packed.Header.Get("Content-Encoding"); got != "gzip" {
			t.Fatalf("%s: coding %q, want gzip", url, got)
		}
		for _, answer := range []*http.Response{plain, packed} {
			if got := answer.Header.Get("Content-Type"); got != types[path.Ext(url)] {
				t.Errorf("%s: Content-Type %q", url, got)
			}
			if answer.Header.Get("Cache-Control") != assetCaching || answer.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: caching %q varying by %q", url, answer.Header.Get("Cache-Control"), answer.Header.Get("Vary"))
			}
		}
		unpacked, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		content := body(t, plain.Body)
		if content != body(t, unpacked) {
			t.Errorf("%s: compressed and plain answers differ", url)
		}
		sum := sha256.Sum256([]byte(content))
		if want := "-" + hex.EncodeToString(sum[:])[:12] + "."; !strings.Contains(url, want) {
			t.Errorf("%s: the content is another: %s", url, want)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	h := GraphiQL("/graphql")
	for _, path := range []string{"/other", "/assets/graphiql/", "/assets/graphiql/SHA256SUMS", "/assets/graphiql/index.html", "/assets/graphiql/..%2findex.html"} {
		if got := get(t, h, path).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST /: %d, want 405", w.Code)
	}
	if notice := body(t, get(t, h, "/assets/graphiql/NOTICE.txt").Body); !strings.Contains(notice, "graphiql 4.") {
		t.Error("the licences are not served")
	}
}

func TestTakesGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, gzip": true, "GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0": false, "identity": false, "xgzip": false,
	} {
		if got := takesGzip([]string{header}); got != want {
			t.Errorf("takesGzip(%q) = %v", header, got)
		}
	}
}

// TestTheBuildIsCurrent holds the committed build against what it was made from:
// SHA256SUMS, which the build writes, names every source and every product.
func TestTheBuildIsCurrent(t *testing.T) {
	want, err := os.ReadFile(dist + "/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"build.mjs", "package.json", "package-lock.json"}
	for _, folder := range []string{"graphiql/src", dist} {
		err := fs.WalkDir(os.DirFS("."), folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && d.Name() != "SHA256SUMS" {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(paths)
	var got strings.Builder
	for _, p := range paths {
		content, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%x  %s\n", sha256.Sum256(content), p)
	}
	if got.String() != string(want) {
		t.Errorf("the committed build is not that of these sources: run web/build.sh and commit graphiql/dist\ngot:\n%swant:\n%s", &got, want)
	}
}

// TestTheExamplesFitTheSchema: what the page proposes to a newcomer is valid.
func TestTheExamplesFitTheSchema(t *testing.T) {
	var sources []*ast.Source
	load := func(pattern string) map[string]string {
		texts := map[string]string{}
		paths, err := fs.Glob(os.DirFS(".."), pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, p := range paths {
			text, err := os.ReadFile("../" + p)
			if err != nil {
				t.Fatal(err)
			}
			texts[p] = string(text)
		}
		return texts
	}
	for name, text := range load("graph/schema/*.graphqls") {
		sources = append(sources, &ast.Source{Name: name, Input: text})
	}
	slices.SortFunc(sources, func(a, b *ast.Source) int { return strings.Compare(a.Name, b.Name) })
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	examples := load("web/graphiql/src/examples/*.graphql")
	if len(examples) != 3 {
		t.Errorf("%d examples, want 3", len(examples))
	}
	for name, text := range examples {
		if _, errs := gqlparser.LoadQueryWithRules(schema, text, nil); errs != nil {
			t.Errorf("%s: %v", name, errs)
		}
	}
}
