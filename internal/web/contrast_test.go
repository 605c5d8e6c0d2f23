package web_test

import (
	"testing"
)

// faint are the texts whose contrast with what is behind them is less than WCAG 2.2 asks for (AA: 4.5, 3 for large ones), within shadow
// roots too. Pictures behind a text are not looked at.
const faint = `(() => {
	const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
	const rgba = (colour) => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
	const over = ([r, g, b, a], under) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a));
	const parent = (e) => e.assignedSlot ?? e.parentElement ?? e.getRootNode().host ?? null;
	// seen is the colour of a text, or of what is behind it, through the opacity of all that it is in.
	const layers = (e) => { const list = []; for (let at = e; at; at = parent(at)) list.unshift(getComputedStyle(at)); return list; };
	const pair = (e) => {
		let back = [255, 255, 255];
		let opacity = 1;
		for (const style of layers(e)) {
			opacity *= Number(style.opacity);
			const [r, g, b, a] = rgba(style.backgroundColor);
			back = over([r, g, b, a * opacity], back);
		}
		const [r, g, b, a] = rgba(getComputedStyle(e).color);
		return [over([r, g, b, a * opacity], back), back];
	};
	const light = (c) => { const [r, g, b] = c.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const contrast = ([a, b]) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
	const all = (root) => [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
	return all(document.body).filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length && !e.closest("svg, option"))
		.map((e) => ({ e, is: contrast(pair(e)), size: parseFloat(getComputedStyle(e).fontSize), bold: getComputedStyle(e).fontWeight >= 700 }))
		.filter(({ is, size, bold }) => is < (size >= 24 || bold && size >= 18.66 ? 3 : 4.5))
		.map(({ e, is }) => is.toFixed(2) + " " + e.tagName + "." + e.className + " " + e.textContent.slice(0, 50));
})()`

func TestEveryTextCanBeRead(t *testing.T) {
	b := open(t, serve(t, nil))
	b.expectRefusals()
	stale := scene{"admin out of date", "/admin", func(b *tab) {
		b.until(`document.querySelector("#panels .card")`)
		evaluate[bool](b, `(document.getElementById("panels").classList.add("stale"), true)`)
	}}
	for _, s := range append(scenes(t), stale) {
		b.visit(s.path)
		s.prepare(b)
		for _, theme := range []string{"light", "dark"} {
			b.choose("theme", theme)
			for _, what := range evaluate[[]string](b, faint) {
				t.Errorf("%s, %s: contrast %s", s.name, theme, what)
			}
		}
	}
}
