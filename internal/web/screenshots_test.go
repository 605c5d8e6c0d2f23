package web_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var screenshots = flag.String("screenshots", "", "folder to write screenshots of the pages to")

// scene is a page in a state worth looking at.
type scene struct {
	name, path string
	prepare    func(b *tab)
}

func scenes(t *testing.T) []scene {
	picture := func(name string) func(*tab) {
		return func(b *tab) {
			b.upload("#file", testPicture(t, name))
			b.until(`document.querySelector(".verdict:not(.waiting)")`)
		}
	}
	return []scene{
		{"start", "/", func(*tab) {}},
		{"live", "/", picture("astronaut.jpg")},
		{"no-face", "/", picture("noface.jpg")},
		{"refused", "/", func(b *tab) { b.expectRefusals(); picture("README.md")(b) }},
		{"capture", "/capture", func(*tab) {}},
		{"docs", "/docs", func(b *tab) { b.until(`document.querySelector(".operation")`) }},
		{"admin", "/admin", func(b *tab) {
			b.until(`document.querySelector("#panels .card")`)
			b.upload("#try-file", testPicture(t, "astronaut.jpg"))
			b.do(chromedp.Click(chromedp.CSS("#try-form button")))
			b.until(`document.querySelector("#comparison .verdict[data-decision]")`)
		}},
	}
}

// captureScenes need a camera that shows a screen.
func captureScenes() []scene {
	return []scene{
		{"capturing", "/capture", func(b *tab) {
			evaluate[bool](b, record)
			evaluate[bool](b, `element.setAttribute("frames", "30") ?? true`) // time to look
			b.press("agree")
			b.until(`element.state === "capturing"`)
		}},
		{"attack", "/", func(b *tab) {
			evaluate[bool](b, record)
			b.do(chromedp.Click(chromedp.CSS("#use-camera")))
			b.press("agree")
			b.until(`document.querySelector(".verdict.spoof")`)
		}},
	}
}

// TestScreenshots writes every scene at three sizes in two themes, for people to look at.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("«make screenshots» gives the folder")
	}
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
	b := open(t, serve(t, nil), camera(screenClip(t))...)
	for _, s := range append(scenes(t), captureScenes()...) {
		for _, size := range [][2]int64{{360, 740}, {1024, 768}, {1920, 1080}} {
			b.do(chromedp.EmulateViewport(size[0], size[1]))
			b.visit(s.path)
			s.prepare(b)
			for _, theme := range []string{"light", "dark"} {
				b.choose("theme", theme)
				png, err := chromedp.Run(b, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				name := fmt.Sprintf("%s-%d-%s.png", s.name, size[0], theme)
				if err := os.WriteFile(filepath.Join(*screenshots, name), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// choose chooses an entry of a list as a person does.
func (b *tab) choose(list, entry string) {
	b.t.Helper()
	evaluate[bool](b, fmt.Sprintf(`(() => { const s = document.getElementById(%q); s.value = %q; s.dispatchEvent(new Event("change")); return true; })()`, list, entry))
}
