package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/web"
)

// routesOf are the pages alone, of a server that keeps no picture or may keep some.
func routesOf(t *testing.T, keepsNothing bool) http.Handler {
	t.Helper()
	site := &web.Site{
		Settings: func() web.Settings {
			return web.Settings{Policies: map[string]bonafide.Requirements{"default": bonafide.DefaultRequirements()}, Profiles: []string{}, KeepsNothing: keepsNothing}
		},
		State: func() web.State { return web.State{Models: []bonafide.Model{}} },
	}
	api, err := site.Routes()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, r := range api.Routes {
		mux.Handle(r.Pattern, r.Handler)
	}
	return mux
}

// That no picture is kept is promised only where it is so, above all to those who are asked to agree.
func TestThePagesSayWhetherPicturesAreKept(t *testing.T) {
	needBrowser(t)
	const consent = `document.querySelector("bonafide-capture").shadowRoot.querySelector(".consent p").textContent`
	for keepsNothing, says := range map[bool]string{true: "not kept", false: "may be kept"} {
		server := httptest.NewServer(routesOf(t, keepsNothing))
		t.Cleanup(server.Close)
		b := open(t, server.URL)
		b.expectRefusals() // of what the operator's page asks beside the pages
		for _, path := range []string{"/", "/capture", "/docs", "/admin"} {
			b.visit(path)
			b.until(`document.getElementById("footer").textContent.includes("` + says + `")`)
			if path == "/capture" {
				b.until(consent + `.includes("` + says + `")`)
			}
			if text := strings.ToLower(b.text()); !keepsNothing && (strings.Contains(text, "not kept") || strings.Contains(text, "no picture is kept")) {
				t.Errorf("pictures may be kept, and %s says %q", path, text)
			}
		}
	}
}
