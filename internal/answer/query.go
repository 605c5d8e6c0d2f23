package answer

import (
	"net/http"
	"net/url"
)

// Query reads the query of r. Where a part of it cannot be read, the request is refused: url.URL.Query would drop that part and
// answer less than was asked for.
func Query(r *http.Request) (url.Values, *Fault) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, Faultf(http.StatusBadRequest, "bad_request",
			"the query cannot be read: %v; allowed is name=value, joined by &, with %% and ; written as %%25 and %%3B", err)
	}
	return query, nil
}

// Once refuses a parameter that came several times: which of its values holds could not be told.
func Once(query url.Values, name string) *Fault {
	if n := len(query[name]); n > 1 {
		return Faultf(http.StatusBadRequest, "bad_request", "the parameter %.200q is given %d times, allowed is once", name, n)
	}
	return nil
}
