package web

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const (
	browserTimeout = 2 * time.Minute
	// frameBytesMax bounds a message of the browser; screenshots are the largest.
	frameBytesMax = 32 << 20
)

// tab is a page in a headless Chromium that this test has started, steered by
// the DevTools protocol, with all that went wrong in it.
type tab struct {
	t       *testing.T
	ctx     context.Context
	conn    *websocket.Conn
	session string
	origin  *url.URL

	mu       sync.Mutex
	calls    int
	waiting  map[int]chan message
	loads    chan struct{}
	problems []string
	broken   error
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// openTab starts Chromium with a profile of its own and opens an empty page that
// is to talk to origin alone.
func openTab(t *testing.T, origin string) *tab {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		const want = "the page is tested in Chromium: apt-get install chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(want)
		}
		t.Skip("SKIPPED: " + want)
	}
	own, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), browserTimeout)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, origin: own, waiting: map[int]chan message{}, loads: make(chan struct{}, 1)}
	address := b.start(program)
	conn, _, err := websocket.Dial(ctx, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(frameBytesMax)
	b.conn = conn
	go b.read()

	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network", "Audits"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// start runs the browser until the test ends and returns its address.
func (b *tab) start(program string) string {
	b.t.Helper()
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-dev-shm-usage", "--remote-debugging-port=0", "--user-data-dir="+b.t.TempDir(), "about:blank")
	// The browser has children: all of them are one group, and end with the test.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	said := bufio.NewScanner(stderr)
	var all []string
	for said.Scan() {
		all = append(all, said.Text())
		if _, address, found := strings.Cut(said.Text(), "DevTools listening on "); found {
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return address
		}
	}
	b.t.Fatalf("Chromium did not start:\n%s", strings.Join(all, "\n"))
	return ""
}

func (b *tab) read() {
	for {
		_, bytes, err := b.conn.Read(b.ctx)
		var m message
		if err == nil {
			err = json.Unmarshal(bytes, &m)
		}
		b.mu.Lock()
		if err != nil {
			b.broken = err
			for _, answer := range b.waiting {
				close(answer)
			}
			b.waiting = nil
			b.mu.Unlock()
			return
		}
		if answer, ok := b.waiting[m.ID]; ok {
			delete(b.waiting, m.ID)
			answer <- m
		} else if m.Method == "Page.loadEventFired" {
			select {
			case b.loads <- struct{}{}:
			default: // one is waited for at a time
			}
		} else if problem := b.judge(m); problem != "" {
			b.problems = append(b.problems, problem)
		}
		b.mu.Unlock()
	}
}

// judge says what is wrong about an event of the page, if anything is: an error
// or a warning, a breach of the content policy, a request to another origin.
func (b *tab) judge(m message) string {
	var p struct {
		Type    string
		Request struct{ URL string }
		URL     string
		Entry   struct{ Level, Text string }
		Issue   struct{ Code string }
	}
	if json.Unmarshal(m.Params, &p) != nil {
		return "" // other shapes are of other events
	}
	switch m.Method {
	case "Runtime.exceptionThrown":
		return fmt.Sprintf("exception: %s", m.Params)
	case "Runtime.consoleAPICalled":
		if p.Type == "error" || p.Type == "warning" || p.Type == "assert" {
			return fmt.Sprintf("console: %s", m.Params)
		}
	case "Log.entryAdded":
		if p.Entry.Level == "error" || p.Entry.Level == "warning" {
			return "log: " + p.Entry.Text
		}
	case "Audits.issueAdded":
		if p.Issue.Code == "ContentSecurityPolicyIssue" {
			return fmt.Sprintf("content policy: %s", m.Params)
		}
	case "Network.requestWillBeSent", "Network.webSocketCreated":
		to, err := url.Parse(p.Request.URL + p.URL)
		if err != nil || to.Scheme != "data" && to.Scheme != "blob" && to.Host != b.origin.Host {
			return "request to another origin: " + p.Request.URL + p.URL
		}
	}
	return ""
}

// takeProblems returns what went wrong since it was last asked.
func (b *tab) takeProblems() []string {
	b.t.Helper()
	// Two frames later, what the page has done has been told.
	b.eval(`new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))`, nil)
	b.mu.Lock()
	defer b.mu.Unlock()
	found := b.problems
	b.problems = nil
	return found
}

func (b *tab) call(method string, params any, into any) {
	b.t.Helper()
	if err := b.try(method, params, into); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
}

func (b *tab) try(method string, params any, into any) error {
	answer := make(chan message, 1)
	b.mu.Lock()
	if b.broken != nil {
		defer b.mu.Unlock()
		return b.broken
	}
	b.calls++
	id := b.calls
	b.waiting[id] = answer
	b.mu.Unlock()
	request := map[string]any{"id": id, "method": method}
	if params != nil {
		request["params"] = params
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	bytes, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if err := b.conn.Write(b.ctx, websocket.MessageText, bytes); err != nil {
		return err
	}
	select {
	case m, open := <-answer:
		switch {
		case !open:
			return errors.New("the browser has gone")
		case m.Error != nil:
			return errors.New(m.Error.Message)
		case into != nil:
			return json.Unmarshal(m.Result, into)
		}
		return nil
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
}

// eval runs JavaScript in the page, waits for the promise that it may give, and
// stores its value.
func (b *tab) eval(expression string, into any) {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, answer.ExceptionDetails)
	}
	if into != nil {
		if err := json.Unmarshal(answer.Result.Value, into); err != nil {
			b.t.Fatalf("%s: %s: %v", expression, answer.Result.Value, err)
		}
	}
}

// await looks at every frame whether a condition holds, for ten seconds.
func (b *tab) await(condition string) {
	b.t.Helper()
	var held bool
	b.eval(`new Promise(done => {
		const end = performance.now() + 10000;
		const look = () => {
			if (`+condition+`) done(true);
			else if (performance.now() > end) done(false);
			else requestAnimationFrame(look);
		};
		look();
	})`, &held)
	if !held {
		b.screenshot("failed")
		var text string
		b.eval(`document.body.innerText`, &text)
		b.t.Fatalf("never held: %s\nthe page reads:\n%s\nproblems: %q", condition, text, b.takeProblems())
	}
}

// open goes to a page and waits until it has loaded.
func (b *tab) open(address string) {
	b.t.Helper()
	b.loading(func() {
		var answer struct{ ErrorText string }
		b.call("Page.navigate", map[string]any{"url": address}, &answer)
		if answer.ErrorText != "" {
			b.t.Fatalf("%s: %s", address, answer.ErrorText)
		}
	})
}

// loading does what makes the tab load a page, and waits until it has.
func (b *tab) loading(deed func()) {
	b.t.Helper()
	select {
	case <-b.loads: // of a page before
	default:
	}
	deed()
	select {
	case <-b.loads:
	case <-b.ctx.Done():
		b.t.Fatal("no page was loaded: ", b.ctx.Err())
	}
}

// click presses the mouse in the middle of the first element that a selector
// finds.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.await(`document.querySelector(` + quote(selector) + `)`)
	var at struct{ X, Y float64 }
	b.eval(`(() => { const e = document.querySelector(`+quote(selector)+`); e.scrollIntoView({block: "nearest"}); const r = e.getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2}; })()`, &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// write replaces what is in the field under the selector.
func (b *tab) write(selector, text string) {
	b.t.Helper()
	b.click(selector)
	b.press("a", 65, true)
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// press strikes a key, with Control if wanted.
func (b *tab) press(key string, code int, control bool) {
	b.t.Helper()
	event := map[string]any{"key": key, "windowsVirtualKeyCode": code}
	if control {
		event["modifiers"] = 2
		if key == "a" {
			event["commands"] = []string{"selectAll"}
		}
	}
	for _, kind := range []string{"rawKeyDown", "keyUp"} {
		event["type"] = kind
		b.call("Input.dispatchKeyEvent", event, nil)
	}
}

// screenshot writes a picture to the test's artifacts (go test -artifacts keeps
// them).
func (b *tab) screenshot(name string) {
	b.t.Helper()
	var picture struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &picture)
	bytes, err := base64.StdEncoding.DecodeString(picture.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), bytes, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// quote makes a JavaScript string.
func quote(s string) string {
	bytes, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings marshal
	}
	return string(bytes)
}

// unnamed lists the controls of the page that a screen reader could not name.
func (b *tab) unnamed() []string {
	b.t.Helper()
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value any }
			Backend    int `json:"backendDOMNodeId"`
		}
	}
	b.call("Accessibility.getFullAXTree", nil, &tree)
	control := regexp.MustCompile(`^(button|textbox|link|tab|checkbox|combobox|menuitem)$`)
	var found []string
	for _, n := range tree.Nodes {
		role, _ := n.Role.Value.(string)
		if name, _ := n.Name.Value.(string); n.Ignored || !control.MatchString(role) || name != "" {
			continue
		}
		var described struct{ OuterHTML string }
		b.call("DOM.getOuterHTML", map[string]any{"backendNodeId": n.Backend}, &described)
		found = append(found, role+": "+described.OuterHTML)
	}
	return found
}

// size makes the window that large, in CSS pixels.
func (b *tab) size(width, height int) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}
