package devissuer

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("sign-in").Parse(pageText))

// forwarded are the parameters that the page's form carries on.
var forwarded = []string{"client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method"}

type field struct{ Name, Value string }

// writePage writes the sign-in page. It has no script, and may send its form
// nowhere but to this issuer and on to the checked redirect.
func (i *Issuer) writePage(w http.ResponseWriter, v url.Values, q request) {
	redirect, _ := url.Parse(q.redirect) // parsed by readRequest
	nonce := randomText()
	var fields []field
	for _, name := range forwarded {
		if v.Has(name) {
			fields = append(fields, field{name, v.Get(name)})
		}
	}
	var b bytes.Buffer
	err := page.Execute(&b, struct {
		Nonce, Action string
		Fields        []field
		Personas      []Persona
	}{nonce, Path + "/authorize", fields, Personas})
	if err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; form-action 'self' "+
		redirect.Scheme+"://"+redirect.Host+"; base-uri 'none'; frame-ancestors 'none'")
	_, _ = w.Write(b.Bytes()) // the browser may be gone
}
