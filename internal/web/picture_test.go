package web_test

import (
	"testing"
)

func TestAPictureIsExplained(t *testing.T) {
	b := open(t, serve(t, nil))
	b.visit("/")
	b.upload("#file", testPicture(t, "astronaut.jpg"))
	b.until(`document.querySelector(".verdict[data-decision]")`)
	if got := evaluate[string](b, `document.querySelector(".verdict").dataset.decision`); got != "live" {
		t.Errorf("the decision is %q: %s", got, b.text())
	}
	if n := evaluate[int](b, `document.querySelectorAll(".overlay circle").length`); n != 68 {
		t.Errorf("%d landmarks are drawn", n)
	}
}
