package server

import (
	"net/http"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// Check is one thing that must be right for the server to be ready.
type Check struct {
	Name string
	// Ready returns why it isn't.
	Ready func() error
}

func (s *Server) healthRoutes() []Route {
	return []Route{
		{Pattern: "GET /healthz", Handler: http.HandlerFunc(s.healthz)},
		{Pattern: "GET /readyz", Handler: http.HandlerFunc(s.readyz)},
	}
}

// healthz says that the process lives.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	answer.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

type readiness struct {
	Status string `json:"status"` // "ready" or "not ready"
	// Checks holds "ok" or what is wrong, by name.
	Checks map[string]string `json:"checks"`
}

// readyz says whether requests should be sent here: 200 or 503.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	answered := readiness{Status: "ready", Checks: map[string]string{"draining": "ok"}}
	status := http.StatusOK
	fail := func(name, why string) {
		answered.Checks[name] = why
		answered.Status, status = "not ready", http.StatusServiceUnavailable
	}
	if s.draining.Load() {
		fail("draining", "the server is stopping")
	}
	for _, c := range s.checks {
		answered.Checks[c.Name] = "ok"
		if err := c.Ready(); err != nil {
			fail(c.Name, err.Error())
		}
	}
	answer.JSON(w, status, answered)
}
