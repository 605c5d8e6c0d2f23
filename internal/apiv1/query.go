package apiv1

import (
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// readWhole refuses a query of which a part would be ignored: what cannot be read, or all but one value of a parameter. The rest goes
// on written anew, for huma reads queries by rules of its own: it takes a name without "=" for the value "true".
func readWhole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, fault := onceEach(r)
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

// onceEach is the query of r, in which no parameter may come twice.
func onceEach(r *http.Request) (url.Values, *answer.Fault) {
	query, fault := answer.Query(r)
	if fault != nil {
		return nil, fault
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if fault := answer.Once(query, name); fault != nil {
			return nil, fault
		}
	}
	return query, nil
}
