package server_test

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/server"
)

// A page whose site has given its name the address of this machine reads nothing of a server that listens for this machine alone.
func TestAStrangeHostIsRefusedOnLoopback(t *testing.T) {
	key, text, err := access.Generate("shop", []access.Scope{access.Analyse}, access.Limits{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	origins := []string{"https://face.example.org", "http://dev.example.org:8443"}
	for name, c := range map[string]struct {
		listen, host string
		origins      []string
		keys         []access.Key
		public       bool
		status       int
	}{
		"a site's name":           {host: "evil.example", status: 403},
		"with a port":             {host: "evil.example:8888", status: 403},
		"that looks like another": {host: "localhost.evil.example", status: 403},
		"for what is public":      {host: "evil.example", public: true, status: 200},
		"with a key":              {host: "evil.example", keys: []access.Key{key}, status: 200},
		"reached by others":       {listen: "0.0.0.0:0", host: "evil.example", status: 200},
		"localhost":               {host: "LocalHost:8888", status: 200},
		"a name below it":         {host: "app.localhost", status: 200},
		"an address":              {host: "127.0.0.1:8888", status: 200},
		"one of IPv6":             {host: "[::1]:8888", status: 200},
		"an origin's":             {host: "face.example.org", origins: origins, status: 200},
		"an origin's with a port": {host: "dev.example.org:8443", origins: origins, status: 200},
		"an origin's, other port": {host: "dev.example.org", origins: origins, status: 403},
		"any origin's":            {host: "evil.example", origins: []string{"*"}, status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			served := route("GET /", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
			if !c.public {
				served.Scope = access.Analyse
			}
			r := start(t, server.Config{Listen: c.listen, Origins: c.origins, Access: access.NewGuard(c.keys)}, nil, served)
			_, port, err := net.SplitHostPort(r.address)
			if err != nil {
				t.Fatal(err)
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = c.host
			request.Header.Set("X-API-Key", text)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != c.status {
				t.Errorf("status %d, wanted is %d", response.StatusCode, c.status)
			}
		})
	}
}
