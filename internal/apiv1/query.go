package apiv1

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// readWhole refuses a query of which a part would be ignored: what cannot be read, parameters that are not allowed, all but one value of a
// parameter, or a parameter without a value. The rest goes on written anew, for huma reads queries by rules of its own: it takes a name
// without "=" for the value "true".
func readWhole(next http.Handler, allowed []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, fault := wholeQuery(r, allowed)
		if fault != nil {
			writeFault(w, r, fault)
			return
		}
		r = r.WithContext(r.Context()) // a copy
		plain := *r.URL
		plain.RawQuery = query.Encode()
		r.URL = &plain
		next.ServeHTTP(w, r)
	})
}

// wholeQuery is the query of r, in which every parameter is allowed, comes once and has a value. A profile without one is the default, as it
// is for the other API.
func wholeQuery(r *http.Request, allowed []string) (url.Values, *answer.Fault) {
	query, fault := answer.Query(r)
	if fault != nil {
		return nil, fault
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(allowed, name) {
			return nil, badQuery("the query has the unknown parameter %.200q, allowed are %s", name, strings.Join(allowed, ", "))
		}
		if fault := answer.Once(query, name); fault != nil {
			return nil, fault
		}
		if query.Get(name) == "" && name != "profile" {
			return nil, badQuery("the parameter %.200q has no value; leave it out where none is meant", name)
		}
	}
	return query, nil
}

func badQuery(format string, args ...any) *answer.Fault {
	return answer.Faultf(http.StatusUnprocessableEntity, "bad_parameter", format, args...)
}

// parametersOf are the names of an operation's parameters, all of which are in the query.
func parametersOf(o *huma.Operation) []string {
	var names []string
	for _, p := range o.Parameters {
		names = append(names, p.Name)
	}
	return names
}
