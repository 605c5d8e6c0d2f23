package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// checkOrigins names the first that isn't an origin, such as https://example.org, or "*".
func checkOrigins(origins []string) error {
	for _, o := range origins {
		u, err := url.Parse(o)
		if o != "*" && (err != nil || u.Host == "" || o != u.Scheme+"://"+u.Host) {
			return fmt.Errorf("server: the CORS origin is %q, wanted is SCHEME://HOST[:PORT] or *", o)
		}
	}
	return nil
}

// allowOrigins lets pages of the configured origins call the server (CORS), with an API key but without cookies.
func (s *Server) allowOrigins(next http.Handler) http.Handler {
	if len(s.config.Origins) == 0 {
		return next
	}
	everybody := slices.Contains(s.config.Origins, "*")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if origin == "" || !everybody && !slices.Contains(s.config.Origins, origin) {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Retry-After, "+answer.RequestIDHeader)
		if method := r.Header.Get("Access-Control-Request-Method"); r.Method == http.MethodOptions && method != "" {
			h.Set("Access-Control-Allow-Methods", strings.TrimPrefix(s.allowed(r), ", "))
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Traceparent, Tracestate, X-API-Key, "+answer.RequestIDHeader)
			h.Set("Access-Control-Max-Age", "3600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
