package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/metrics"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/whole"
)

// profileFlag names the calibration of the liveness score.
type profileFlag struct {
	Profile string `help:"Score liveness by a profile that «bonafide evaluate --calibrate» wrote, not by the built-in calibration." env:"BONAFIDE_PROFILE" placeholder:"FILE" group:"Engine"`
}

// profile reads the profile; it is nil when none is named.
func (f profileFlag) profile() (*bonafide.Profile, error) {
	if f.Profile == "" {
		return nil, nil
	}
	p, err := readProfile(f.Profile)
	return &p, err
}

// profilesFlag names calibrations to choose from by request.
type profilesFlag struct {
	Profile map[string]string `help:"Calibration that requests choose with ?profile=NAME; one named default replaces the built-in. May be repeated." env:"BONAFIDE_PROFILES" placeholder:"NAME=FILE" group:"Engine"`
}

// profiles are calibrations by name.
type profiles map[string]bonafide.Profile

// load reads the profiles. One that doesn't fit the networks in use is refused; where these failed to load nothing can be checked, nor
// analysed.
func (f profilesFlag) load(analyzer engine) (profiles, error) {
	all := profiles{}
	for _, name := range slices.Sorted(maps.Keys(f.Profile)) {
		p, err := readProfile(f.Profile[name])
		if err == nil && analyzer.Ready() == nil {
			err = analyzer.Accept(p)
		}
		if err != nil {
			return nil, fmt.Errorf("profile %s: %w", name, err)
		}
		all[name] = p
	}
	return all, nil
}

// defaultProfile is used by requests that name none.
const defaultProfile = "default"

// choosing lets the requests to those routes of an API that analyse choose one of the current profiles by the query's "profile".
func choosing(current func() profiles, api server.API) server.API {
	fault := func(w http.ResponseWriter, _ *http.Request, f *answer.Fault) { f.Write(w) }
	if api.Fault != nil {
		fault = api.Fault
	}
	routes := slices.Clone(api.Routes)
	for i, route := range routes {
		if route.Scope != access.Analyse {
			continue
		}
		routes[i].Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name, err := profileName(r)
			if err != nil {
				fault(w, r, err)
				return
			}
			p, named, err := current().of(name)
			switch {
			case err != nil:
				fault(w, r, err)
				return
			case named:
				r = r.WithContext(metrics.WithProfile(bonafide.WithProfile(r.Context(), p), name))
			}
			route.Handler.ServeHTTP(w, r)
		})
	}
	api.Routes = routes
	return api
}

// profileName is the profile that a request names. A query that cannot be read as a whole may name another one than it seems to.
func profileName(r *http.Request) (string, *answer.Fault) {
	query, fault := answer.Query(r)
	if fault == nil {
		fault = answer.Once(query, "profile")
	}
	if fault != nil {
		return "", fault
	}
	return cmp.Or(query.Get("profile"), defaultProfile), nil
}

// of returns the profile of a name; the default one need not be there.
func (all profiles) of(name string) (bonafide.Profile, bool, *answer.Fault) {
	if name == defaultProfile {
		p, ok := all[defaultProfile]
		return p, ok, nil
	}
	p, ok := all[name]
	if !ok {
		known := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return name == defaultProfile })
		return p, false, answer.Faultf(http.StatusBadRequest, "unknown_profile", "no profile %q; there are: %s", name,
			strings.Join(append([]string{defaultProfile}, known...), ", "))
	}
	return p, true, nil
}

func readProfile(path string) (bonafide.Profile, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return bonafide.Profile{}, fmt.Errorf("reading a profile: %w", err)
	}
	p, err := bonafide.ParseProfile(file)
	if err != nil {
		return bonafide.Profile{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// writeProfile writes what readProfile reads. The one that is in use stays where that fails.
func writeProfile(path string, p bonafide.Profile) error {
	err := whole.Write(path, 0o644, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(p)
	})
	return wrap(err, "writing the profile")
}
