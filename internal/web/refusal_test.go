package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// before serves the pages, with answers of other handlers at some paths.
func before(t *testing.T, at map[string]http.HandlerFunc) string {
	t.Helper()
	pages := routesOf(t, true)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if own, there := at[r.URL.Path]; there {
			own(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// problem is the code of the refusal that the page shows.
func (b *tab) problem() string {
	b.t.Helper()
	b.answered()
	return evaluate[string](b, `document.querySelector(".verdict").dataset.problem ?? ""`)
}

func TestWhateverAnswersThePageSaysSo(t *testing.T) {
	needBrowser(t)
	says := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	busy := says(http.StatusServiceUnavailable, "application/problem+json", `{"code": "busy", "detail": "later"}`)
	for name, c := range map[string]struct {
		at   map[string]http.HandlerFunc
		code string
	}{
		"a page in the answer's place": {map[string]http.HandlerFunc{"/v1/liveness": says(http.StatusOK, "text/html", "<p>Log in")}, "unknown"},
		"an answer that breaks off":    {map[string]http.HandlerFunc{"/v1/liveness": says(http.StatusOK, "application/json", `{"decision": "li`)}, "unknown"},
		"a proxy without a server":     {map[string]http.HandlerFunc{"/v1/liveness": says(http.StatusBadGateway, "text/html", "<p>502")}, "unknown"},
		"no settings": {map[string]http.HandlerFunc{
			"/v1/liveness": busy, "/settings.json": says(http.StatusTooManyRequests, "application/json", `{"error": {"code": "over_rate"}}`),
		}, "busy"},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, before(t, c.at))
			b.expectRefusals()
			b.visit("/")
			b.upload("#file", testPicture(t, "astronaut.jpg"))
			if got := b.problem(); got != c.code {
				t.Errorf("the page shows %q, wanted is %q", got, c.code)
			}
		})
	}
}

// A folder that is dropped counts as a file for browsers, but it cannot be read.
func TestAFolderIsNoUnreachableServer(t *testing.T) {
	b := open(t, serve(t, nil))
	b.expectRefusals()
	for path, want := range map[string]string{t.TempDir(): "unreadable", testPicture(t, "astronaut.jpg"): ""} {
		b.visit("/")
		for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
			data := &input.DragData{Items: []*input.DragDataItem{}, Files: []string{path}, DragOperationsMask: 1}
			b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
				_, err := chromedp.Call(ctx, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: 300, Y: 400, Data: data})
				return err
			}))
		}
		if got := b.problem(); got != want {
			t.Errorf("%s was dropped: the page shows %q, wanted is %q", filepath.Base(path), got, want)
		}
	}
}

// Where a key was copied from, an invisible character may have come with it: no header can carry that.
func TestAKeyWithAnInvisibleCharacterIsTheKey(t *testing.T) {
	needBrowser(t)
	var key string
	b := open(t, serve(t, withKey(t, &key, "analyse")))
	b.expectRefusals()
	b.visit("/")
	b.upload("#file", testPicture(t, "astronaut.jpg"))
	for _, text := range []string{"ключ", "\u200b" + key + "…"} {
		b.until(`document.querySelector(".verdict").dataset.problem === "unauthorized"`)
		b.do(chromedp.SetValue(chromedp.CSS("#result .key input"), text), chromedp.Click(chromedp.CSS("#result .key button")))
	}
	b.until(`document.querySelector(".verdict.live")`)
}

// A visit leaves nothing behind, and pages work where the browser's settings let no site keep anything.
func TestWhatThePagesRemember(t *testing.T) {
	needBrowser(t)
	const kept = `JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie`
	b := open(t, before(t, nil))
	b.visit("/")
	b.visit("/capture")
	if got := evaluate[string](b, kept); got != "{}" {
		t.Errorf("a visit leaves %s", got)
	}
	b.choose("theme", "dark")
	b.choose("language", "de")
	b.visit("/")
	if got := evaluate[string](b, `document.documentElement.style.colorScheme + " " + document.documentElement.lang + " " + document.getElementById("theme").value`); got != "dark de dark" {
		t.Errorf("what was chosen became %q", got)
	}

	profile := t.TempDir()
	if err := os.MkdirAll(filepath.Join(profile, "Default"), 0o700); err != nil {
		t.Fatal(err)
	}
	settings := `{"profile": {"default_content_setting_values": {"cookies": 2}}}`
	if err := os.WriteFile(filepath.Join(profile, "Default", "Preferences"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	b = open(t, before(t, nil), chromedp.UserDataDir(profile))
	b.visit("/")
	if blocked := evaluate[bool](b, `(() => { try { return !localStorage; } catch { return true; } })()`); !blocked {
		t.Fatal("the browser lets the page keep something")
	}
	b.choose("theme", "dark")
	b.choose("language", "de")
	if got := evaluate[string](b, `getComputedStyle(document.documentElement).colorScheme + " " + document.querySelector("h1").textContent`); got != "dark Ist da ein echter Mensch?" {
		t.Errorf("the page became %q", got)
	}
}

// The command that is shown gives the same, whatever the file's name.
func TestTheCommandWorksWithEveryName(t *testing.T) {
	needBrowser(t)
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
	b := open(t, serve(t, nil))
	content, err := os.ReadFile(testPicture(t, "astronaut.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plain.jpg", "it's one, two; three.jpg", `the "best" \ one.jpg`} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		b.visit("/")
		b.upload("#file", path)
		b.answered()
		command := exec.CommandContext(t.Context(), "sh", "-c", evaluate[string](b, `document.getElementById("curl").textContent`))
		command.Dir = filepath.Dir(path)
		if answer, err := command.Output(); err != nil || !strings.Contains(string(answer), `"decision":"live"`) {
			t.Errorf("%s: %v: %.300s\n%s", name, err, answer, command.Args[2])
		}
	}
}

func TestALowThresholdIsWrittenWithinThePage(t *testing.T) {
	b := open(t, serve(t, nil, "--policies", "{default: {liveness: 0.05}}"))
	b.do(chromedp.EmulateViewport(360, 740))
	b.visit("/")
	b.upload("#file", testPicture(t, "astronaut.jpg"))
	b.answered()
	if left := evaluate[float64](b, `document.querySelector(".threshold span").getBoundingClientRect().left`); left < 0 {
		t.Errorf("the threshold begins %.0f pixels before the page", -left)
	}
}
