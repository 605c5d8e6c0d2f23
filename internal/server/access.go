package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/answer"
)

// guard lets only those use route whose API key allows it or, where none is needed, who does not come by a strange name. Who has a key shares the
// machine with others by it and not by the address.
func (s *Server) guard(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := s.admit(r, route.Scope)
		var refusal *access.RefusedError
		if errors.As(err, &refusal) {
			if refusal.Reason == access.NoKey {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			s.fault(w, r, refusalFault(refusal))
			return
		}
		if id != "" {
			r = r.WithContext(admission.WithCaller(r.Context(), keyCaller+id))
		} else if route.Scope != access.Public && !s.knownHost(r.Host) {
			s.fault(w, r, unknownHost(r.Host))
			return
		}
		route.Handler.ServeHTTP(w, r)
	})
}

// admit returns the id of the key that r was sent with, "" where none is needed, or an *access.RefusedError.
func (s *Server) admit(r *http.Request, scope access.Scope) (id string, err error) {
	if s.config.Access == nil {
		return "", nil
	}
	return s.config.Access.Admit(keyOf(r), scope)
}

// keyCaller tells a caller with a key from an address.
const keyCaller = "key "

// KeyID is the id of the API key that the request with the context ctx was sent with, "" for none.
func KeyID(ctx context.Context) string {
	id, found := strings.CutPrefix(admission.CallerFrom(ctx), keyCaller)
	if !found {
		return ""
	}
	return id
}

// keyOf is the API key that r was sent with, "" for none.
func keyOf(r *http.Request) string {
	if key := r.Header.Get("X-API-Key"); key != "" {
		return key
	}
	scheme, key, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}

func refusalFault(r *access.RefusedError) *answer.Fault {
	var f *answer.Fault
	switch r.Reason {
	case access.NoKey:
		f = answer.Faultf(http.StatusUnauthorized, "unauthorized", "%v", r)
	case access.NoScope:
		f = answer.Faultf(http.StatusForbidden, "forbidden", "%v", r)
	case access.OverQuota:
		f = answer.Faultf(http.StatusTooManyRequests, "over_quota", "%v", r)
	default:
		f = answer.Faultf(http.StatusTooManyRequests, "over_rate", "%v", r)
	}
	f.RetryAfter = r.RetryAfter
	return f
}
