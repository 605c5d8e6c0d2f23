package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func openCaller(t *testing.T, handler http.HandlerFunc) *caller {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	c, err := (&served{address: strings.TrimPrefix(s.URL, "http://")}).caller(t.Context(), []byte("picture"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.hangUp() })
	return c
}

func TestCallerSendsThePictureAgain(t *testing.T) {
	var from []string
	c := openCaller(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "picture" || r.Method != http.MethodPost || r.URL.Path != "/v1/liveness" || r.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%s %s %q: %q, %v", r.Method, r.URL, r.Header, body, err)
		}
		from = append(from, r.RemoteAddr)
		if len(from) == 2 {
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	for i, want := range []int{http.StatusOK, http.StatusServiceUnavailable, http.StatusOK} {
		if got, err := c.send(t.Context()); err != nil || got != want {
			t.Errorf("request %d: %d, %v, want %d", i, got, err, want)
		}
	}
	if len(from) != 3 || from[0] != from[1] || from[1] == from[2] {
		t.Errorf("connections from %v, want one until the server closes it and then another", from)
	}
}

func TestCallerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	c := openCaller(t, func(http.ResponseWriter, *http.Request) {
		cancel()
		<-release
	})
	if status, err := c.send(ctx); !errors.Is(err, net.ErrClosed) {
		t.Errorf("status %d, error %v", status, err)
	}
	close(release)
}
