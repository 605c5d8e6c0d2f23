package web_test

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// withKey makes an API key with the given scopes and returns it through key.
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
