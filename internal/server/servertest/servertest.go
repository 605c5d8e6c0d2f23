// Package servertest serves APIs to tests.
package servertest

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/server"
)

// Serve serves an API on a listener of its own and returns its URL, without a slash at the end. When the test ends the server does.
func Serve(t *testing.T, api server.API) (url string) {
	t.Helper()
	s, err := server.New(server.Config{Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}, nil, api)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + s.Addr().String()
}
