package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bonafide-pad/bonafide"
)

// keys gives the keys of a strings file, those within objects as "outer.inner", for each language.
const keys = `(async (path) => {
	const { strings } = await import(path);
	const flat = (o, before = "") => Object.entries(o).flatMap(([k, v]) => typeof v === "object" ? flat(v, before + k + ".") : [before + k]);
	return Object.fromEntries(Object.entries(strings).map(([language, words]) => [language, flat(words)]));
})`

func TestEveryLanguageHasEveryText(t *testing.T) {
	b := open(t, serve(t, nil))
	b.visit("/")
	page := evaluate[map[string][]string](b, keys+`("/assets/strings.js")`)
	capture := evaluate[map[string][]string](b, keys+`("/capture/strings.js")`)
	var reasons []string
	for _, code := range append(bonafide.CheckCodes(), bonafide.FaceNotFound, bonafide.TooManyFaces, bonafide.AttackSuspected, bonafide.FramesIdentical, bonafide.FaceChanged) {
		reasons = append(reasons, string(code))
	}
	for _, file := range []map[string][]string{page, capture} {
		if len(file) < 4 {
			t.Errorf("%d languages, wanted are 4", len(file))
		}
		for language, texts := range file {
			wantAll(t, language, texts, file["en"], "")
		}
	}
	for language, texts := range capture {
		wantAll(t, language, texts, reasons, "guide.")
	}
	for language, texts := range page {
		if language != "en" { // whose sentences are the server's own
			wantAll(t, language, texts, reasons, "reason.")
		}
	}
}

func wantAll(t *testing.T, language string, texts, wanted []string, before string) {
	t.Helper()
	has := map[string]bool{}
	for _, key := range texts {
		has[key] = true
	}
	for _, key := range wanted {
		if !has[before+key] {
			t.Errorf("%s has no text for %s", language, before+key)
		}
	}
}

// overflowing are the elements whose content does not fit, within shadow roots too.
const overflowing = `(() => {
	const all = (root) => [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
	const found = all(document.body).filter((e) => !e.closest("svg, pre, .scroll, .skip, select, [hidden]") && getComputedStyle(e).display !== "inline" && e.getClientRects().length &&
		(e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 || e.getBoundingClientRect().right > innerWidth + 1)).map((e) => e.tagName + "." + e.className + " " + e.textContent.slice(0, 60));
	if (document.documentElement.scrollWidth > innerWidth) found.push("the page is " + document.documentElement.scrollWidth + " wide");
	return found;
})()`

func TestEveryTextFitsInEveryLanguage(t *testing.T) {
	b := open(t, serve(t, nil))
	b.expectRefusals()
	for _, width := range []int64{360, 1920} {
		b.do(chromedp.EmulateViewport(width, 800))
		for _, s := range scenes(t) {
			b.visit(s.path)
			s.prepare(b)
			for _, language := range []string{"en", "de", "es", "fr"} {
				b.choose("language", language)
				b.until(fmt.Sprintf(`document.documentElement.lang === %q`, language))
				for _, what := range evaluate[[]string](b, overflowing) {
					t.Errorf("%s at %d in %s: %s", s.name, width, language, what)
				}
			}
		}
	}
}

// TestEveryGuidanceFits shows each text of the guided capture on a small phone.
func TestEveryGuidanceFits(t *testing.T) {
	b := open(t, serve(t, nil))
	b.do(chromedp.EmulateViewport(360, 740))
	b.visit("/capture")
	for _, what := range evaluate[[]string](b, `(async () => {
		const { strings } = await import("/capture/strings.js");
		const element = document.querySelector("bonafide-capture");
		const line = element.shadowRoot.querySelector(".guidance");
		const wide = [];
		for (const words of Object.values(strings))
			for (const text of [...Object.values(words.guide), ...Object.values(words.errors), words.looking, words.hold, words.busy, words.paused]) {
				line.textContent = text;
				if (line.scrollWidth > line.clientWidth || document.documentElement.scrollWidth > innerWidth || line.clientHeight > 260) wide.push(text);
			}
		return wide;
	})()`) {
		t.Errorf("it does not fit: %s", what)
	}
}
