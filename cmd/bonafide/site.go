package main

import (
	"maps"
	"slices"
	"time"

	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/web"
)

// site is the embedded pages.
func (a *assembly) site() (server.API, error) {
	started := time.Now()
	pages := &web.Site{
		Settings: func() web.Settings {
			profiles := slices.AppendSeq([]string{}, maps.Keys(a.reload.Profiles()))
			slices.Sort(profiles)
			return web.Settings{Policies: a.reload.Policies(), Profiles: profiles, Overrides: a.reload.Overrides(), KeepsNothing: a.retained == nil}
		},
		State: func() web.State {
			return web.State{Version: productVersion(), Started: started, Licence: a.licence(), Models: a.analyzer.models()}
		},
	}
	return pages.Routes()
}

// licence is the licence's state as the operator's page shows it.
func (a *assembly) licence() web.Licence {
	s := a.keeper.State()
	return web.Licence{
		Enforced: s.Enforced, Active: s.Active(), Reason: s.Reason,
		ID: s.License.ID, Holder: s.License.Customer, Expires: s.License.Expires,
	}
}
