package server

import (
	"net/http"
	"path"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// dispatch hands a request to its route, and says in JSON that there is none.
func (s *Server) dispatch() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cleaned := path.Clean(r.URL.Path); cleaned != strings.TrimSuffix(r.URL.Path, "/") && r.URL.Path != "/" {
			s.fault(w, r, notFound(r))
			return
		}
		if _, pattern := s.mux.Handler(r); pattern != "" {
			s.mux.ServeHTTP(w, r)
			return
		}
		allowed := s.allowed(r)
		switch {
		case allowed == "":
			s.fault(w, r, notFound(r))
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", allowed)
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", allowed)
			s.fault(w, r, answer.Faultf(http.StatusMethodNotAllowed, "method_not_allowed", "the method %.16q is not allowed here, allowed is %s", r.Method, allowed))
		}
	})
}

func notFound(r *http.Request) *answer.Fault {
	return answer.Faultf(http.StatusNotFound, "not_found", "there is nothing at %.200q", r.URL.Path)
}

// allowed are the methods of r's path, "" where nothing is served.
func (s *Server) allowed(r *http.Request) string {
	handler, _ := s.mux.Handler(r)
	probe := headerProbe{}
	handler.ServeHTTP(probe, r)
	allow := probe.Header().Get("Allow")
	if allow == "" {
		return ""
	}
	return allow + ", OPTIONS"
}

// headerProbe keeps the header of an answer and drops the rest.
type headerProbe http.Header

func (p headerProbe) Header() http.Header       { return http.Header(p) }
func (headerProbe) Write(b []byte) (int, error) { return len(b), nil }
func (headerProbe) WriteHeader(int)             {}

// fault answers with f in the shape of the API that the path belongs to.
func (s *Server) fault(w http.ResponseWriter, r *http.Request, f *answer.Fault) {
	for _, api := range s.apis {
		if api.Fault != nil && strings.HasPrefix(r.URL.Path, api.Prefix) {
			api.Fault(w, r, f)
			return
		}
	}
	f.Write(w)
}
