package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/diaspora-match/diaspora/internal/edge"
)

const (
	dist       = "graphiql/dist"
	assetsPath = "/assets/graphiql/"
	// assetCaching is a year: an asset of other content has another name.
	assetCaching = "public, max-age=31536000, immutable"
)

//go:embed graphiql/index.html graphiql/dist
var files embed.FS

var page = template.Must(template.ParseFS(files, "graphiql/index.html"))

// asset is a file of the build, compressed when packed is true.
type asset struct {
	contentType string
	content     []byte
	packed      bool
}

// GraphiQL serves the GraphiQL page at / and its assets below /assets/graphiql/;
// other paths are 404. The page asks the GraphQL endpoint at the given path of
// its own origin, over HTTP and, for subscriptions, graphql-transport-ws. It must
// stand behind edge.Pages, whose nonce lets the page's script run.
func GraphiQL(endpoint string) http.Handler {
	assets := loadAssets()
	fields := struct{ Endpoint, Script, Style, Nonce string }{Endpoint: endpoint}
	for name := range assets {
		switch path.Ext(name) {
		case ".js":
			fields.Script = assetsPath + name
		case ".css":
			fields.Style = assetsPath + name
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fields := fields
		fields.Nonce = edge.Nonce(r.Context())
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, fields) // fails only when the reader has gone
	})
	mux.HandleFunc("GET "+assetsPath+"{name}", func(w http.ResponseWriter, r *http.Request) {
		a, known := assets[r.PathValue("name")]
		if !known {
			http.NotFound(w, r)
			return
		}
		a.serve(w, r)
	})
	return mux
}

func loadAssets() map[string]asset {
	types := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	}
	entries, err := files.ReadDir(dist)
	if err != nil {
		panic(fmt.Errorf("web: the embedded build: %w", err)) // embedded: cannot be absent
	}
	assets := map[string]asset{}
	for _, e := range entries {
		name, packed := strings.CutSuffix(e.Name(), ".gz")
		contentType, served := types[path.Ext(name)]
		if !served {
			continue
		}
		content, err := files.ReadFile(path.Join(dist, e.Name()))
		if err != nil {
			panic(fmt.Errorf("web: the embedded build: %w", err))
		}
		assets[name] = asset{contentType, content, packed}
	}
	return assets
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	if !a.packed {
		_, _ = w.Write(a.content)
		return
	}
	h.Set("Cache-Control", assetCaching)
	h.Set("Vary", "Accept-Encoding")
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(len(a.content)))
		_, _ = w.Write(a.content)
		return
	}
	plain, err := gzip.NewReader(bytes.NewReader(a.content))
	if err != nil {
		panic(fmt.Errorf("web: the embedded build: %w", err)) // a test reads every asset
	}
	_, _ = io.Copy(w, plain)
}

// takesGzip reads Accept-Encoding as far as it matters here: gzip is named, and
// not with the quality 0 that forbids it.
func takesGzip(accepted []string) bool {
	for coding := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
		return err != nil || q > 0
	}
	return false
}
