// Package web is the pages that are embedded in the binary: one to try pictures and a camera at /, the guided capture at /capture,
// the API's description at /docs, and the operator's page at /admin. They are plain HTML, CSS and JavaScript modules, served as
// they stand in assets.
//
// assets/capture is the npm package bonafide-capture: the web component <bonafide-capture>, which other sites may load from
// /capture/bonafide-capture.js.
//
// A page loads nothing from other hosts, and its Content-Security-Policy forbids it. It holds no data itself: it asks the API and
//
//	GET /settings.json      what a request may choose: policies and profiles; and whether pictures may be kept
//	GET /admin/state.json   what the operator wants to know; with a key that has the scope admin
package web

import (
	"net/http"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/server"
)

// Site is the pages of one server.
type Site struct {
	// Settings and State are asked at each request.
	Settings func() Settings
	State    func() State
}

// Settings are what a request may choose.
type Settings struct {
	// Policies are the requirements by their names.
	Policies map[string]bonafide.Requirements `json:"policies"`
	// Profiles are the names of the calibrations beside the built-in one.
	Profiles []string `json:"profiles"`
	// Overrides tells whether a request may change single requirements.
	Overrides bool `json:"overrides"`
	// KeepsNothing tells that no picture is kept. Only then do the pages promise it.
	KeepsNothing bool `json:"keeps_nothing"`
}

// State is what the operator's page shows beside the metrics.
type State struct {
	Version string           `json:"version"`
	Started time.Time        `json:"started"`
	Licence Licence          `json:"licence"`
	Models  []bonafide.Model `json:"models"`
}

// Licence is the state of the server's licence.
type Licence struct {
	// Enforced: without a licence nothing is analysed.
	Enforced bool   `json:"enforced"`
	Active   bool   `json:"active"`
	Reason   string `json:"reason,omitempty"` // why it isn't active
	ID       string `json:"id,omitempty"`     // empty when there is none
	Holder   string `json:"holder,omitempty"`
	// Expires is zero for a licence without end.
	Expires time.Time `json:"expires,omitzero"`
}

// Routes are the routes to be served.
func (s *Site) Routes() (server.API, error) {
	files, err := readFiles()
	if err != nil {
		return server.API{}, err
	}
	var api server.API
	for _, f := range files {
		api.Routes = append(api.Routes, server.Route{Pattern: "GET " + f.path, Handler: f})
	}
	api.Routes = append(api.Routes,
		server.Route{Pattern: "GET /settings.json", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer.JSON(w, http.StatusOK, s.Settings())
		})},
		server.Route{Pattern: "GET /admin/state.json", Scope: access.Admin, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer.JSON(w, http.StatusOK, s.State())
		})})
	return api, nil
}
