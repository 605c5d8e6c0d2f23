package web_test

import (
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// answered waits for the verdict on what was uploaded.
func (b *tab) answered() {
	b.t.Helper()
	b.until(`document.querySelector(".verdict:not(.waiting)")`)
}

// group writes a picture of two people.
func group(t *testing.T) string {
	t.Helper()
	portrait := readPortrait(t)
	picture := image.NewRGBA(image.Rect(0, 0, 900, 512))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(color.Gray{Y: 128}), image.Point{}, draw.Src)
	for _, x := range []int{0, 450} {
		draw.Draw(picture, image.Rect(x, 0, x+450, 512), portrait, image.Point{}, draw.Src)
	}
	path := filepath.Join(t.TempDir(), "group.jpg")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := jpeg.Encode(file, picture, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// broken writes a JPEG of which the most is missing.
func broken(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(testPicture(t, "astronaut.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "broken.jpg")
	if err := os.WriteFile(path, content[:300], 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPicturesAreExplained(t *testing.T) {
	needBrowser(t)
	b := open(t, serve(t, nil))
	for _, c := range []struct {
		name, path string
		decision   string // or the code of the problem
		faces      int
		says       string
	}{
		{"one face", testPicture(t, "astronaut.jpg"), "live", 1, "live above 0.70"},
		{"EXIF orientation 6", testPicture(t, "astronaut-exif6.jpg"), "live", 1, "224 × 288"},
		{"two faces", group(t), "cannot_assess", 2, "There are 2 faces"},
		{"no face", testPicture(t, "noface.jpg"), "cannot_assess", 0, "There is no face"},
		{"a broken file", broken(t), "bad_image", 0, "cannot be read as a picture"},
		{"not a picture", testPicture(t, "README.md"), "bad_image", 0, "cannot be read as a picture"},
	} {
		b.expectRefusals()
		b.visit("/")
		b.upload("#file", c.path)
		b.answered()
		if got := evaluate[string](b, `(({ decision, problem }) => decision ?? problem)(document.querySelector(".verdict").dataset)`); got != c.decision {
			t.Errorf("%s: %q, wanted is %q", c.name, got, c.decision)
		}
		if n := evaluate[int](b, `document.querySelectorAll(".overlay .face").length`); n != c.faces {
			t.Errorf("%s: %d faces are drawn, wanted are %d", c.name, n, c.faces)
		}
		if text := b.text(); !strings.Contains(text, c.says) {
			t.Errorf("%s: the page does not say %q but %s", c.name, c.says, text)
		}
	}
}

func TestTheResultHasAllItsParts(t *testing.T) {
	b := open(t, serve(t, nil))
	b.visit("/")
	b.upload("#file", testPicture(t, "astronaut.jpg"))
	b.answered()
	if n := evaluate[int](b, `document.querySelectorAll(".overlay circle").length`); n != 68 {
		t.Errorf("%d landmarks are drawn", n)
	}
	if said := evaluate[string](b, `document.querySelector("[role=status]").textContent`); said != "Live. A real, present face." {
		t.Errorf("a screen reader is told %q", said)
	}
	if n := evaluate[int](b, `document.querySelectorAll("#measures [role=meter]").length`); n < 20 {
		t.Errorf("%d gauges", n)
	}
	if n := evaluate[int](b, `document.querySelectorAll("#timings tr").length`); n < 5 {
		t.Errorf("%d timings", n)
	}
	if curl := evaluate[string](b, `document.getElementById("curl").textContent`); !strings.Contains(curl, "-F file=@'astronaut.jpg'") || !strings.Contains(curl, b.server+"/v1/liveness") {
		t.Errorf("the command is %s", curl)
	}
	if decision := evaluate[string](b, `JSON.parse(document.getElementById("json").textContent).decision`); decision != "live" {
		t.Errorf("the raw answer's decision is %q", decision)
	}
	// The box is drawn where the face is: its centre, measured on the screen, in proportion to the picture.
	at := evaluate[[]float64](b, `(() => { const p = document.querySelector(".picture").getBoundingClientRect(); const r = document.querySelector(".overlay .line").getBoundingClientRect();
		return [(r.x + r.width / 2 - p.x) / p.width, (r.y + r.height / 2 - p.y) / p.height]; })()`)
	if at[0] < 0.38 || at[0] > 0.50 || at[1] < 0.18 || at[1] > 0.30 {
		t.Errorf("the box is at %.2f of the picture, the face is at 0.44, 0.24", at)
	}
	b.do(chromedp.Click(chromedp.CSS("#landmarks")))
	b.until(`getComputedStyle(document.querySelector(".overlay circle")).display === "none"`)
}

func TestSeveralFacesCanBeLookedAtOneByOne(t *testing.T) {
	b := open(t, serve(t, nil))
	b.visit("/")
	b.upload("#file", group(t))
	b.answered()
	b.do(chromedp.Click(chromedp.CSS(".faces button:nth-child(2)")))
	b.until(`document.querySelector(".faces button:nth-child(2)").getAttribute("aria-pressed") === "true" && document.querySelector('[data-face="1"]').classList.contains("chosen")`)
	b.do(chromedp.SetValue(chromedp.CSS("select[name=faces]"), "all"))
	evaluate[bool](b, `document.querySelector("select[name=faces]").dispatchEvent(new Event("change"))`)
	b.until(`document.querySelector(".verdict.live")`)
}

func TestKeyboardAlone(t *testing.T) {
	b := open(t, serve(t, nil))
	b.visit("/")
	b.until(`document.querySelector("#options select")`)
	tabTo := func(what string) {
		t.Helper()
		for range 25 {
			b.do(chromedp.KeyEvent(kb.Tab))
			if evaluate[bool](b, `(document.activeElement.shadowRoot?.activeElement ?? document.activeElement).matches(`+"`"+what+"`"+`)`) {
				if !evaluate[bool](b, `getComputedStyle(document.activeElement.shadowRoot?.activeElement ?? document.activeElement).outlineStyle !== "none"`) {
					t.Errorf("%s shows no focus", what)
				}
				return
			}
		}
		t.Fatalf("the Tab key does not come to %s", what)
	}
	tabTo(".skip")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.activeElement.id === "main"`)
	tabTo("#choose")
	b.upload("#file", group(t)) // in place of the system's own dialogue
	b.answered()
	tabTo("#landmarks")
	b.do(chromedp.KeyEvent(" "))
	b.until(`document.querySelector(".overlay.bare")`)
	tabTo("select[name=faces]")
	b.do(chromedp.KeyEvent(kb.ArrowDown))
	b.until(`document.querySelector(".verdict.live")`) // of the largest face
	if !evaluate[bool](b, `document.activeElement.name === "faces"`) {
		t.Error("the choice of faces lost the focus")
	}
	tabTo(".faces button:nth-child(2)")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector(".faces button:nth-child(2)").getAttribute("aria-pressed") === "true"`)
	tabTo("#timings summary")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector("#timings").open`)
	b.visit("/")
	tabTo("#use-camera")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.activeElement.shadowRoot?.activeElement?.dataset.act === "agree"`)
}
