package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// withKey makes an API key before the server starts; more are flags of keys add.
func withKey(t *testing.T, key *string, scopes string, more ...string) func(program, data string) {
	return func(program, data string) {
		t.Helper()
		out, err := exec.Command(program, append([]string{"keys", "add", "test", "--scope", scopes, "--data-dir", data}, more...)...).Output()
		if err != nil {
			t.Fatalf("making an API key: %v", err)
		}
		*key = string(regexp.MustCompile(`bonafide_[a-z2-7]{8}_[a-z2-7]{32}`).Find(bytes.TrimSpace(out)))
	}
}

func TestTheOperatorsPage(t *testing.T) {
	var key string
	needBrowser(t)
	b := open(t, serve(t, withKey(t, &key, "admin,analyse")))
	b.expectRefusals()
	b.visit("/admin")
	b.until(`!document.getElementById("key").hidden`)
	if shown := evaluate[bool](b, `document.getElementById("panels").childElementCount > 0 || !document.getElementById("try").hidden`); shown {
		t.Error("the state is shown without a key")
	}
	enter := func(text string) {
		b.do(chromedp.SetValue(chromedp.CSS("#key input"), text), chromedp.Click(chromedp.CSS("#key button")))
	}
	enter("bonafide_wrong")
	b.until(`document.getElementById("key-problem").textContent !== ""`)
	enter(key)
	b.until(`document.querySelectorAll("#panels .card").length >= 6`)
	if text := b.text(); !strings.Contains(text, "68 landmarks") || strings.Contains(text, "[object") || !strings.Contains(text, "ready") {
		t.Errorf("the page says %s", text)
	}
	b.upload("#try-file", testPicture(t, "astronaut.jpg"))
	b.do(chromedp.Click(chromedp.CSS("#try-form button")))
	b.until(`document.querySelector('[data-policy=default][data-profile=default] .verdict.live')`)
	b.until(`document.querySelector(".histogram rect")`) // once the page looks again
}

// A key that may be used for the operator's page alone is kept by the tab for all pages.
func TestAKeyIsAskedForWhereItIsNeeded(t *testing.T) {
	var key, operators string
	needBrowser(t)
	b := open(t, serve(t, func(program, data string) {
		withKey(t, &key, "analyse")(program, data)
		withKey(t, &operators, "admin")(program, data)
	}))
	b.expectRefusals()
	b.visit("/")
	b.upload("#file", testPicture(t, "astronaut.jpg"))
	b.until(`document.querySelector(".verdict").dataset.problem === "unauthorized"`)
	enter := func(text string) {
		b.do(chromedp.SetValue(chromedp.CSS("#result .key input"), text), chromedp.Click(chromedp.CSS("#result .key button")))
	}
	enter(operators)
	b.until(`document.querySelector(".verdict").dataset.problem === "forbidden"`)
	enter(key)
	b.until(`document.querySelector(".verdict.live")`)
	if command := evaluate[string](b, `document.getElementById("curl").textContent`); strings.Contains(command, key) || !strings.Contains(command, "$BONAFIDE_KEY") {
		t.Errorf("the command is %s", command)
	}
}

// flaw stands before a server and answers in its place where it is set.
type flaw struct {
	next http.Handler
	in   atomic.Pointer[func(path string) int] // the status by the path: 0 for none of its own, below 0 for no answer at all
}

func (f *flaw) set(status func(path string) int) { f.in.Store(&status) }

func (f *flaw) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch status := (*f.in.Load())(r.URL.Path); {
	case status < 0:
		panic(http.ErrAbortHandler)
	case status > 0:
		answer.Faultf(status, "over_rate", "too many").Write(w)
	default:
		f.next.ServeHTTP(w, r)
	}
}

func TestTheOperatorsPageSaysWhatFails(t *testing.T) {
	needBrowser(t)
	server := &flaw{next: routesOf(t, false)}
	only := func(failing string, status int) func(string) int {
		return func(path string) int {
			if failing == "" || failing == path {
				return status
			}
			return 0
		}
	}
	server.set(only("/admin/state.json", http.StatusTooManyRequests))
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	b := open(t, listening.URL)
	b.expectRefusals()
	b.visit("/admin")
	for _, step := range []struct {
		name          string
		failing       func(path string) int
		trouble       string // what the notice says
		panels, stale bool
		work          string // what is said in the place of the metrics
	}{
		{"from the start", only("/admin/state.json", http.StatusTooManyRequests), "does not say how it is doing: Too many requests at once (HTTP 429)", false, true, ""},
		{"metrics elsewhere", only("/metrics", http.StatusNotFound), "", true, false, "--admin-listen"},
		{"metrics refused", only("/metrics", http.StatusTooManyRequests), "", true, false, "The metrics cannot be read: Too many requests at once (HTTP 429)"},
		{"state refused", only("/admin/state.json", http.StatusTooManyRequests), "out of date: the server last said how it is doing on ", true, true, ""},
		{"settings refused", only("/settings.json", http.StatusBadGateway), "HTTP 502", true, true, ""},
		{"gone", only("", -1), "The server cannot be reached", true, true, ""},
		{"back", only("", 0), "", true, false, ""},
		{"key refused", only("/admin/state.json", http.StatusForbidden), "", false, false, ""},
	} {
		server.set(step.failing)
		b.until(fmt.Sprintf(`(() => {
			const [notice, panels] = [document.getElementById("trouble"), document.getElementById("panels")];
			return notice.hidden === %t && notice.textContent.includes(%q) && panels.childElementCount > 0 === %t && panels.classList.contains("stale") === %t &&
				panels.textContent.includes(%q);
		})()`, step.trouble == "", step.trouble, step.panels, step.stale, step.work))
		if asks := evaluate[bool](b, `!document.getElementById("key").hidden`); asks != (step.name == "key refused") {
			t.Errorf("%s: the page asks for a key: %t", step.name, asks)
		}
	}
}

func TestTheOperatorsNumbersStayOnOneLine(t *testing.T) {
	b := open(t, serve(t, nil))
	b.do(chromedp.EmulateViewport(360, 740))
	b.visit("/admin")
	b.until(`document.querySelectorAll("#panels dd").length > 8 && document.querySelector("#panels td")`)
	for _, what := range evaluate[[]string](b, `[...document.querySelectorAll("#panels dd, #panels td:first-child")]
		.filter((e) => { const text = document.createRange(); text.selectNodeContents(e); return e.textContent.length < 18 && new Set([...text.getClientRects()].map((r) => r.top)).size > 1; })
		.map((e) => e.textContent)`) {
		t.Errorf("%q is broken into several lines", what)
	}
}
