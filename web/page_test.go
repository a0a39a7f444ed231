package web

import (
	"strings"
	"testing"
)

const (
	queryEditor = ".graphiql-query-editor .CodeMirror"
	results     = `document.querySelector(".result-window").innerText`
	token       = "eyJ.test-token.sig"
)

// TestThePageInABrowser uses the page as a person does, in Chromium, under the
// policy of edge.Pages. Nothing may go wrong on the way: no error or warning, no
// breach of the policy, no request to another origin.
func TestThePageInABrowser(t *testing.T) {
	site, address := newSite(t)
	b := openTab(t, address)
	fine := func(t *testing.T) {
		t.Helper()
		for _, problem := range b.takeProblems() {
			t.Error(problem)
		}
	}
	step := func(name string, f func(t *testing.T)) {
		if !t.Failed() { // the steps build on each other
			t.Run(name, func(t *testing.T) { b.t = t; f(t); fine(t) })
			b.t = t
		}
	}
	b.size(1280, 800)

	step("it opens with three examples", func(t *testing.T) {
		b.open(address)
		b.await(`document.querySelector(` + quote(queryEditor) + `)`)
		var tabs []string
		b.eval(`[...document.querySelectorAll("[role=tab]")].map(t => t.innerText)`, &tabs)
		if got := strings.Join(tabs, " "); got != "Board Matches Notices" {
			t.Errorf("tabs %q", got)
		}
	})
	step("it explains the schema", func(t *testing.T) {
		b.click(`[aria-label="Show Documentation Explorer"]`)
		b.await(`document.querySelector(".graphiql-plugin").innerText.includes("What can be watched")
			|| document.querySelector(".graphiql-plugin").innerText.includes("Subscription")`)
		b.click(`.graphiql-plugin a`)
		b.await(`document.querySelector(".graphiql-plugin").innerText.includes("A greeting, for whoever is named.")`)
		b.screenshot("docs")
		b.click(`[aria-label="Hide Documentation Explorer"]`)
	})
	step("it asks what is typed", func(t *testing.T) {
		b.write(queryEditor, `{ hello(name: "Ada") }`)
		b.press("Enter", 13, true)
		b.await(results + `.includes("Good day, Ada")`)
		if got := site.last(&site.bearers); got != "" {
			t.Errorf("without a token, Authorization is %q", got)
		}
		b.screenshot("result")
	})
	step("it sends the token and keeps it in the session alone", func(t *testing.T) {
		b.write("#bearer", "Bearer "+token)
		b.press("Enter", 13, false)
		b.click("#token button")
		b.await(`document.querySelector("#token output").value.startsWith("Token in use")`)
		b.write(queryEditor, `{ hello(name: "Grace") }`)
		b.click(".graphiql-execute-button")
		b.await(results + `.includes("Good day, Grace")`)
		if got := site.last(&site.bearers); got != "Bearer "+token {
			t.Errorf("Authorization is %q", got)
		}
		var kept struct{ Local, Session, Cookies string }
		b.eval(`({Local: JSON.stringify(localStorage), Session: sessionStorage.getItem("token"), Cookies: document.cookie})`, &kept)
		if kept.Local != "{}" || kept.Session != token || kept.Cookies != "" {
			t.Errorf("kept: %+v", kept)
		}
	})
	step("it subscribes with the token, after a reload too", func(t *testing.T) {
		b.await(`sessionStorage.getItem("graphiql:tabState")?.includes("Grace")`) // it is written a moment later
		b.open(address)
		b.await(`document.querySelectorAll("[role=tab]").length === 3`)
		b.write(queryEditor, `subscription { ticks }`)
		b.click(".graphiql-execute-button")
		b.await(results + `.includes("4711")`)
		if got := site.last(&site.inits); got != "Bearer "+token {
			t.Errorf("connection_init carries %q", got)
		}
	})
	step("it forgets the token", func(t *testing.T) {
		b.write("#bearer", " ")
		b.click("#token button")
		b.await(`sessionStorage.getItem("token") === null`)
		b.write(queryEditor, `{ hello(name: "Emmy") }`)
		b.click(".graphiql-execute-button")
		b.await(results + `.includes("Good day, Emmy")`)
		b.write(queryEditor, `subscription { ticks }`)
		b.click(".graphiql-execute-button")
		b.await(results + `.includes("4711")`)
		if got := site.last(&site.bearers) + site.last(&site.inits); got != "" {
			t.Errorf("afterwards %q is sent", got)
		}
	})
	step("it lets one choose the dark", func(t *testing.T) {
		b.click(`[aria-label="Open settings dialog"]`) // adds a style element, with the nonce
		b.click(`[data-theme="dark"]`)
		b.await(`getComputedStyle(document.body).colorScheme === "dark"`)
		b.screenshot("settings")
		b.click(`.graphiql-dialog .graphiql-button-group button:first-child`)
		b.await(`getComputedStyle(document.body).colorScheme === "light dark"`)
		b.press("Escape", 27, false)
		b.await(`!document.querySelector(".graphiql-dialog")`)
	})
	step("its controls have names", func(t *testing.T) {
		for _, control := range b.unnamed() {
			t.Errorf("without a name: %s", control)
		}
	})
	step("it fits a phone, and the dark", func(t *testing.T) {
		b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
		b.screenshot("dark")
		b.size(390, 844)
		b.screenshot("phone")
		b.click(`[aria-label="Show Documentation Explorer"]`)
		b.await(`document.querySelector(".graphiql-plugin").innerText.includes("Subscription")`)
		b.screenshot("phone-docs")
		b.click(`[aria-label="Hide Documentation Explorer"]`)
		var fits struct {
			Width, Editor, Results float64
			Ground                 string
		}
		b.eval(`({Width: document.documentElement.scrollWidth,
			Editor: document.querySelector(".graphiql-editors").getBoundingClientRect().width,
			Results: document.querySelector(".graphiql-response").getBoundingClientRect().width,
			Ground: getComputedStyle(document.body).backgroundColor})`, &fits)
		if fits.Width > 390 || fits.Editor < 280 || fits.Results < 280 {
			t.Errorf("at 390 pixels: %+v", fits)
		}
		if fits.Ground == "rgb(244, 247, 247)" {
			t.Error("the bar is light in the dark")
		}
	})
	step("it signs out", func(t *testing.T) {
		b.loading(func() { b.click(`form[action="/logout"] button`) })
		b.await(`document.querySelector(` + quote(queryEditor) + `)`)
		site.mu.Lock()
		defer site.mu.Unlock()
		if site.signedOut != 1 {
			t.Errorf("signed out %d times", site.signedOut)
		}
	})
	t.Run("what goes wrong would be seen", func(t *testing.T) {
		b.t = t
		for deed, told := range map[string]string{
			`new Image().src = "https://elsewhere.invalid/pixel.png"`: "elsewhere.invalid",
			`fetch("https://elsewhere.invalid/").catch(() => {})`:     "elsewhere.invalid",
			`console.error("broken")`:                                 "broken",
			`document.body.append(Object.assign(document.createElement("script"), {src: "/foreign.js"})); document.body.insertAdjacentHTML("beforeend", "<style>b{}</style>")`: "content policy",
		} {
			b.eval(deed+`; 0`, nil)
			if problems := strings.Join(b.takeProblems(), "\n"); !strings.Contains(problems, told) {
				t.Errorf("%s went by unseen: %q", deed, problems)
			}
		}
	})
}
