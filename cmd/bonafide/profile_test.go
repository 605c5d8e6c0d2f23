package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/server"
)

// scores answers with the liveness of fixed cues under the profile of the request.
func scores(t *testing.T, a *bonafide.Analyzer) server.API {
	handler := func(w http.ResponseWriter, r *http.Request) {
		p, _ := a.Calibration()
		var cues []bonafide.Cue
		for _, c := range p.Cues {
			cues = append(cues, bonafide.Cue{Network: c.Network, Crop: c.Crop, Logit: 1})
		}
		score, err := a.Score(r.Context(), cues)
		if err != nil {
			t.Error(err)
		}
		if err := json.NewEncoder(w).Encode(score); err != nil {
			t.Error(err)
		}
	}
	return server.API{Routes: []server.Route{{Pattern: "GET /score", Scope: access.Analyse, Handler: http.HandlerFunc(handler)}}}
}

func TestRequestsChooseTheirProfile(t *testing.T) {
	a, err := bonafide.Open(bonafide.Config{Models: catalogtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	builtIn, _ := a.Calibration()
	strict := builtIn
	strict.Operation.Logit += 3
	strict.Intercept -= 3 * strict.Slope
	ask := func(known profiles, query string) (int, string) {
		answered := httptest.NewRecorder()
		choosing(func() profiles { return known }, scores(t, a)).Routes[0].Handler.ServeHTTP(answered, httptest.NewRequest(http.MethodGet, "/score"+query, nil))
		return answered.Code, strings.TrimSpace(answered.Body.String())
	}
	known := profiles{"lobby": strict}
	_, plain := ask(known, "")
	if _, same := ask(known, "?profile=default"); same != plain {
		t.Errorf("default is %s, without a name it is %s", same, plain)
	}
	_, lobby := ask(known, "?profile=lobby")
	if lobby >= plain {
		t.Errorf("by the stricter profile the score is %s, by the built-in %s", lobby, plain)
	}
	if _, replaced := ask(profiles{"default": strict}, ""); replaced != lobby {
		t.Errorf("with the default replaced the score is %s, want %s", replaced, lobby)
	}
	for names, known := range map[string]profiles{"default": nil, "default, lobby": {"lobby": strict, "default": strict}} {
		if code, body := ask(known, "?profile=door"); code != http.StatusBadRequest || !strings.Contains(body, `no profile \"door\"; there are: `+names+`"`) {
			t.Errorf("an unknown profile got %d %s", code, body)
		}
	}
	for _, query := range []string{"?profile=lobby%zz", "?profile=lobby;x", "?profile=default&profile=lobby", "?size=3;profile=lobby"} {
		if code, body := ask(known, query); code != http.StatusBadRequest || !strings.Contains(body, "bad_request") {
			t.Errorf("%s got %d %s", query, code, body)
		}
	}
}

// Where nothing is analysed, no profile is asked for: machine code, activation, the API's description.
func TestOnlyAnalysesChooseAProfile(t *testing.T) {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for scope, want := range map[access.Scope]int{access.Analyse: 400, access.Activate: 200, access.Admin: 200, access.Public: 200} {
		api := choosing(func() profiles { return nil }, server.API{Routes: []server.Route{{Pattern: "GET /x", Scope: scope, Handler: ok}}})
		answered := httptest.NewRecorder()
		api.Routes[0].Handler.ServeHTTP(answered, httptest.NewRequest(http.MethodGet, "/x?profile=door", nil))
		if answered.Code != want {
			t.Errorf("scope %q: status %d, wanted is %d", scope, answered.Code, want)
		}
	}
}

// TestProfileIsReplacedNotWrittenInto: a second name for the old file goes on showing the old profile.
func TestProfileIsReplacedNotWrittenInto(t *testing.T) {
	dir := t.TempDir()
	path, old := filepath.Join(dir, "door.json"), filepath.Join(dir, "old.json")
	if err := writeProfile(path, bonafide.Profile{Version: "before"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, old); err != nil {
		t.Skip(err)
	}
	if err := writeProfile(path, bonafide.Profile{Version: "after"}); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{path: "after", old: "before"} {
		content, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(content), `"version": "`+want+`"`) {
			t.Errorf("%s holds %s, error %v, wanted is version %s", file, content, err, want)
		}
	}
}
