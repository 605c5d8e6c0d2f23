package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// knownHost tells whether a request that needed no key came by a name of this server. Any site can give its own name the address 127.0.0.1, and its
// pages, shown by a browser on this machine, then read the answers of a server that listens there for this machine alone; such requests have the
// site's name as their host. A server that others reach cannot know its own names: there, keys keep strangers out.
func (s *Server) knownHost(host string) bool {
	tcp, ok := s.Addr().(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return true
	}
	name := strings.ToLower((&url.URL{Host: host}).Hostname())
	if name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	_, err := netip.ParseAddr(name)
	return err == nil || slices.ContainsFunc(s.config.Origins, func(origin string) bool {
		_, named, _ := strings.Cut(origin, "://")
		return origin == "*" || strings.EqualFold(named, host)
	})
}

func unknownHost(host string) *answer.Fault {
	return answer.Faultf(http.StatusForbidden, "unknown_host", "the host %.200q is not known to this server, which listens for its own machine alone and "+
		"has no API keys; known are localhost, IP addresses and the hosts of --cors-origin", host)
}
