package web_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// camera are the flags for a camera that shows a clip; without a clip it shows Chromium's test pattern.
func camera(clip string) []chromedp.ExecAllocatorOption {
	flags := []chromedp.ExecAllocatorOption{
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", "device-count=2"),
	}
	if clip != "" {
		flags = append(flags, chromedp.Flag("use-file-for-fake-video-capture", clip))
	}
	return flags
}

// record makes the page note the capture's events, and uploads by their path.
const record = `(() => {
	window.events = [];
	window.uploads = [];
	window.element = document.querySelector("bonafide-capture");
	for (const type of ["bonafide-state", "bonafide-guidance", "bonafide-result", "bonafide-error"]) {
		element.addEventListener(type, ({ detail }) => events.push({ type, at: performance.now(), state: detail.state ?? "", code: detail.code ?? detail.decision ?? "", text: detail.text ?? "" }));
	}
	const real = window.fetch;
	window.fetch = (url, ...rest) => { uploads.push(String(url)); return real(url, ...rest); };
	return true;
})()`

// event is what record notes.
type event struct {
	Type  string  `json:"type"`
	At    float64 `json:"at"` // in ms
	State string  `json:"state"`
	Code  string  `json:"code"`
	Text  string  `json:"text"`
}

func (b *tab) events() []event { return evaluate[[]event](b, "events") }

// openCapture opens /capture; nothing was agreed to yet.
func openCapture(t *testing.T, clip string) *tab {
	b := open(t, serve(t, nil), camera(clip)...)
	b.visit("/capture")
	evaluate[bool](b, record)
	return b
}

// press clicks a button of the element.
func (b *tab) press(act string) {
	b.t.Helper()
	evaluate[bool](b, `element.shadowRoot.querySelector("[data-act=`+act+`]").click() ?? true`)
}

func TestCaptureOfALivePersonAndOfAScreen(t *testing.T) {
	needBrowser(t)
	for name, c := range map[string]struct {
		clip     func(*testing.T) string
		decision string
	}{"live": {liveClip, "live"}, "screen": {screenClip, "spoof"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openCapture(t, c.clip(t))
			if n := len(evaluate[[]string](b, "uploads")); n != 0 {
				t.Errorf("%d uploads before the person agreed", n)
			}
			b.press("agree")
			b.until(`["done", "failed"].includes(element.state)`)
			var states []string
			for _, e := range b.events() {
				switch e.Type {
				case "bonafide-state":
					states = append(states, e.State)
				case "bonafide-error":
					t.Errorf("the capture failed: %s", e.Code)
				case "bonafide-result":
					if e.Code != c.decision {
						t.Errorf("the decision is %q, wanted is %q; the page says: %s", e.Code, c.decision, b.text())
					}
				}
			}
			if want := []string{"starting", "guiding", "capturing", "sending", "done"}; !slices.Equal(states, want) {
				t.Errorf("states %q, wanted are %q", states, want)
			}
			b.wantSteadyGuidance()
		})
	}
}

// The key allows a request in two seconds, so that guidance and decision alike have to wait for their turn.
func TestCaptureAsksForAKeyAndWaitsForItsTurn(t *testing.T) {
	var key, operators string
	needBrowser(t)
	b := open(t, serve(t, func(program, data string) {
		withKey(t, &key, "analyse", "--rate", "0.5", "--burst", "1")(program, data)
		withKey(t, &operators, "admin")(program, data)
	}), camera(liveClip(t))...)
	b.expectRefusals()
	b.visit("/capture")
	evaluate[bool](b, record)
	b.press("agree")
	b.until(`element.state === "failed"`)
	b.choose("language", "de")
	enter := func(text string) {
		b.do(chromedp.SetValue(chromedp.CSS("#decision .key input"), text), chromedp.Click(chromedp.CSS("#decision .key button")))
		b.until(`!document.querySelector("#decision .key")`)
		b.press("again")
	}
	enter(operators)
	b.until(`events.some((e) => e.code === "forbidden") && element.state === "failed"`)
	enter(key)
	b.until(`["done", "failed"].includes(element.state)`)
	last := b.events()[len(b.events())-1]
	if last.Type != "bonafide-result" || last.Code != "live" {
		t.Errorf("the capture ended with %+v; the page says: %s", last, b.text())
	}
	if waited := evaluate[int](b, `events.filter((e) => e.code === "busy").length`); waited == 0 {
		t.Error("it never had to wait for its turn")
	}
	if waited := evaluate[bool](b, `(() => { const sending = events.findIndex((e) => e.state === "sending"); return events.slice(sending).some((e) => e.code === "busy"); })()`); !waited {
		t.Error("the decision did not have to wait for its turn")
	}
}

// hint tells whether an event shows what to mend, by a reason's code.
func (e event) hint() bool {
	return e.Type == "bonafide-guidance" && e.Code == strings.ToUpper(e.Code)
}

// wantSteadyGuidance fails when one hint followed another too quickly to be read.
func (b *tab) wantSteadyGuidance() {
	b.t.Helper()
	var last event
	for _, e := range b.events() {
		if e.hint() && last.hint() && e.At-last.At < 1000 {
			b.t.Errorf("%q stood for %.0f ms only", last.Text, e.At-last.At)
		}
		last = e
	}
}

func TestCaptureGuidesAndCanBeCancelled(t *testing.T) {
	b := openCapture(t, "") // a test pattern without a face
	b.press("agree")
	b.until(`events.some((e) => e.code === "FACE_NOT_FOUND")`)
	if cameras := evaluate[int](b, `element.shadowRoot.querySelectorAll("option").length`); cameras != 2 {
		t.Errorf("%d cameras to choose from, wanted are 2", cameras)
	}
	evaluate[bool](b, `(() => { const s = element.shadowRoot.querySelector("select"); s.focus(); s.selectedIndex = 1; s.dispatchEvent(new Event("change")); return true; })()`)
	b.until(`events.filter((e) => e.state === "guiding").length === 2`)
	if focused := evaluate[bool](b, `element.shadowRoot.activeElement?.tagName === "SELECT"`); !focused {
		t.Error("the choice of the camera lost the focus")
	}
	b.press("cancel")
	b.until(`element.state === "idle" && element.shadowRoot.querySelector("video").srcObject === null`)
	b.press("agree")
	b.until(`element.state === "guiding" && element.shadowRoot.querySelector("video").srcObject !== null`)
	if camera := evaluate[int](b, `element.shadowRoot.querySelector("select").selectedIndex`); camera != 1 {
		t.Errorf("the next capture took camera %d, chosen was 1", camera)
	}
}

// Listing the cameras may take a while: what the person cancels meanwhile must not go on once the list has come.
func TestACaptureThatWasCancelledAsItBeganStaysSo(t *testing.T) {
	b := openCapture(t, "")
	evaluate[bool](b, `(navigator.mediaDevices.enumerateDevices = () => new Promise((resolve) => { window.goOn = () => resolve([]); }), true)`)
	b.press("agree")
	b.until(`window.goOn !== undefined`)
	b.press("cancel")
	b.until(`element.state === "idle"`)
	if state := evaluate[string](b, `(goOn(), new Promise((done) => setTimeout(() => done(element.state), 0)))`); state != "idle" {
		t.Errorf("the state is %q, wanted is idle; the page says: %s", state, b.text())
	}
}

func TestCaptureRestsInTheBackground(t *testing.T) {
	b := openCapture(t, "")
	b.press("agree")
	b.until(`element.state === "guiding"`)
	b.inTheBackground(true)
	b.until(`element.state === "paused" && element.shadowRoot.querySelector("video").srcObject === null`)
	b.inTheBackground(false)
	b.until(`element.state === "guiding"`)
}

func TestCaptureWithoutACamera(t *testing.T) {
	needBrowser(t)
	for name, c := range map[string]struct {
		code  string
		flags []chromedp.ExecAllocatorOption
	}{
		"refused": {"camera_refused", []chromedp.ExecAllocatorOption{
			chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("deny-permission-prompts", true),
		}},
		"missing": {"camera_missing", []chromedp.ExecAllocatorOption{
			chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", "device-count=0"),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, serve(t, nil), c.flags...)
			b.visit("/capture")
			evaluate[bool](b, record)
			b.press("agree")
			b.until(`element.state === "failed"`)
			if got := evaluate[string](b, `events.find((e) => e.type === "bonafide-error").code`); got != c.code {
				t.Errorf("code %q, wanted is %q", got, c.code)
			}
			if uploads := evaluate[[]string](b, "uploads"); len(uploads) != 0 {
				t.Errorf("uploads: %q", uploads)
			}
			if again := evaluate[bool](b, `element.shadowRoot.activeElement?.dataset.act === "again"`); !again {
				t.Error("the button to try again does not have the focus")
			}
		})
	}
}

func TestCaptureWithThePhoneUprightAndOnItsSide(t *testing.T) {
	b := openCapture(t, "")
	b.press("agree")
	b.until(`element.state === "guiding" && element.shadowRoot.querySelector("video").videoWidth > 0`)
	for _, size := range [][2]int64{{360, 740}, {740, 360}} {
		b.do(chromedp.EmulateViewport(size[0], size[1]))
		b.until(`(() => { const r = element.shadowRoot.querySelector(".stage").getBoundingClientRect(); return r.width > 100 && r.right <= innerWidth && r.height <= innerHeight; })()`)
	}
}

func TestTheServersAddressMayHaveAPath(t *testing.T) {
	b := open(t, serve(t, nil))
	b.visit("/capture")
	for attribute, want := range map[string]string{
		"https://example.org":           "https://example.org/v1/liveness",
		"https://example.org/":          "https://example.org/v1/liveness",
		"https://example.org/bonafide":  "https://example.org/bonafide/v1/liveness",
		"https://example.org/bonafide/": "https://example.org/bonafide/v1/liveness",
		"/bonafide":                     b.server + "/bonafide/v1/liveness",
	} {
		got := evaluate[string](b, fmt.Sprintf(`(() => {
			const element = document.createElement("bonafide-capture");
			element.setAttribute("server", %q);
			return new URL("v1/liveness", element.server).href;
		})()`, attribute))
		if got != want {
			t.Errorf("server=%q: pictures go to %s, wanted is %s", attribute, got, want)
		}
	}
}

// inTheBackground says in the browser's place that the page is hidden or seen: a browser without a window has no way to hide a tab.
func (b *tab) inTheBackground(hidden bool) {
	b.t.Helper()
	evaluate[bool](b, fmt.Sprintf(`(() => { Object.defineProperty(document, "hidden", { value: %t, configurable: true }); document.dispatchEvent(new Event("visibilitychange")); return true; })()`, hidden))
}

// never answers no request.
func never(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // otherwise it is not noticed that the browser is gone
	<-r.Context().Done()
}

// What a capture waits for may never come: it ends all the same, here in a sixtieth of the time.
func TestCaptureIsGivenUp(t *testing.T) {
	needBrowser(t)
	busy := func(w http.ResponseWriter, _ *http.Request) {
		answer.Faultf(http.StatusServiceUnavailable, "busy", "later").Write(w)
	}
	nothingToMend := func(w http.ResponseWriter, _ *http.Request) {
		answer.JSON(w, http.StatusOK, map[string]any{"decision": "live", "reasons": []int{}})
	}
	for name, at := range map[string]map[string]http.HandlerFunc{
		"guidance without an answer": {"/v1/liveness": never},
		"a server always busy":       {"/v1/liveness": busy},
		"a decision without end":     {"/v1/liveness": nothingToMend, "/v1/liveness/frames": never},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, before(t, at), camera("")...)
			b.expectRefusals()
			b.visit("/capture")
			evaluate[bool](b, record)
			evaluate[bool](b, `(() => { const real = setTimeout; window.setTimeout = (act, ms) => real(act, ms / 60); return true; })()`)
			b.press("agree")
			b.until(`element.state === "failed"`)
			if code := evaluate[string](b, `events.find((e) => e.type === "bonafide-error").code`); code != "timeout" {
				t.Errorf("it ended with %q", code)
			}
			if !evaluate[bool](b, `element.shadowRoot.querySelector("video").srcObject === null`) {
				t.Error("the camera is still there")
			}
			b.until(`element.shadowRoot.activeElement?.dataset.act === "again"`) // what was waited for ends a little later, such as a picture's encoding
		})
	}
}

func TestCaptureNeedsNoCameraForTheDecision(t *testing.T) {
	needBrowser(t)
	b := open(t, before(t, map[string]http.HandlerFunc{
		"/v1/liveness": func(w http.ResponseWriter, _ *http.Request) {
			answer.JSON(w, http.StatusOK, map[string]any{"decision": "live", "reasons": []int{}})
		},
		"/v1/liveness/frames": never,
	}), camera("")...)
	b.visit("/capture")
	evaluate[bool](b, record)
	b.press("agree")
	b.until(`element.state === "sending"`)
	b.inTheBackground(true)
	b.until(`element.state === "sending" && element.shadowRoot.querySelector("video").srcObject === null`)
	b.inTheBackground(false)
	b.press("cancel")
	b.until(`element.state === "idle"`)
}

// What another page sets before the component's file has come still holds, its own cookies go along, and any answer that is none of
// bonafide is told of.
func TestCaptureOnAPageOfItsOwn(t *testing.T) {
	needBrowser(t)
	var asked atomic.Pointer[http.Request]
	b := open(t, before(t, map[string]http.HandlerFunc{
		"/own": func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "own"})
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, `<!doctype html><div id="header"><p class="bar">Own</p></div><bonafide-capture></bonafide-capture>`)
		},
		"/v1/liveness": func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r)
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<p>Log in")
		},
	}), camera("")...)
	b.expectRefusals()
	b.visit("/own")
	evaluate[bool](b, `(document.querySelector("bonafide-capture").apiKey = "early", import("/capture/bonafide-capture.js").then(() => true))`)
	evaluate[bool](b, record)
	b.press("agree")
	b.until(`element.state === "failed"`)
	if code := evaluate[string](b, `events.find((e) => e.type === "bonafide-error").code`); code != "unreachable" {
		t.Errorf("it ended with %q", code)
	}
	r := asked.Load()
	if cookie, err := r.Cookie("session"); err != nil || cookie.Value != "own" {
		t.Errorf("the page's cookie did not come: %v", err)
	}
	if key := r.Header.Get("X-API-Key"); key != "early" {
		t.Errorf("the API key is %q", key)
	}
}
