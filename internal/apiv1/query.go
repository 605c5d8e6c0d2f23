package apiv1

import (
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// readWhole refuses a query of which a part would be ignored: what cannot be read, all but one value of a parameter, or a parameter without
// a value. The rest goes on written anew, for huma reads queries by rules of its own: it takes a name without "=" for the value "true".
func readWhole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, fault := wholeQuery(r)
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

// wholeQuery is the query of r, in which every parameter comes once and has a value. A profile without one is the default, as it is for
// the other API.
func wholeQuery(r *http.Request) (url.Values, *answer.Fault) {
	query, fault := answer.Query(r)
	if fault != nil {
		return nil, fault
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if fault := answer.Once(query, name); fault != nil {
			return nil, fault
		}
		if query.Get(name) == "" && name != "profile" {
			return nil, answer.Faultf(http.StatusUnprocessableEntity, "bad_parameter", "the parameter %.200q has no value; leave it out where none is meant", name)
		}
	}
	return query, nil
}
