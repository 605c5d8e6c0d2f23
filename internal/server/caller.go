package server

import (
	"net/http"
	"net/netip"

	"github.com/bonafide-pad/bonafide/internal/admission"
)

// identifyCaller names the caller with whom others share the machine: the address that the request comes from.
func identifyCaller(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(admission.WithCaller(r.Context(), callerAt(r.RemoteAddr))))
	})
}

// ownNetwork is how many bits of an IPv6 address are those of its holder's network: whoever has one address has all with these bits, and would
// otherwise be as many callers.
const ownNetwork = 64

// callerAt is the caller at the remote address of a connection.
func callerAt(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	address := at.Addr().Unmap()
	if address.Is4() || address.IsLinkLocalUnicast() || address.IsLoopback() {
		return address.String()
	}
	return netip.PrefixFrom(address, ownNetwork).Masked().String()
}
