// Package server is the frame round bonafide's HTTP APIs: it listens, guards, logs and stops.
//
// An [API] brings its routes; the server serves them side by side with /healthz and /readyz. What holds for every route is done
// here once: a request id, the log, panics turned into answers, unknown paths and methods, the pace of uploads, and draining.
//
// # Life
//
// Run listens until its context ends. Then readiness turns false, after Config.DrainDelay no connection is accepted any
// more, requests in flight are answered, and those still running after Config.Drain are cancelled.
//
// # What a client cannot do
//
// Hold a connection with a slow header, body or reading of the answer, or one that it does not use where all are taken; send headers over
// 64 KiB; or, by an error in one request, end the others.
//
// # Log
//
// One line a request: its id, method, route, status, bytes and duration. No address, no file name, no header, no picture.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"

	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/answer"
)

// Route is one route of an API.
type Route struct {
	// Pattern is as http.ServeMux has it, such as "POST /v1/liveness".
	Pattern string
	// Scope is what an API key must allow; access.Public needs none.
	Scope   access.Scope
	Handler http.Handler
}

// API is a set of routes.
type API struct {
	Routes []Route
	// Prefix is the path under which the API says itself, by Fault, that a path or method isn't known, in its own shape.
	Prefix string
	Fault  func(w http.ResponseWriter, r *http.Request, f *answer.Fault)
}

// Server serves APIs.
type Server struct {
	config   Config
	mux      *http.ServeMux
	apis     []API
	checks   []Check
	draining atomic.Bool
	listener net.Listener
	inner    *http.Server
	cancel   context.CancelFunc // ends the contexts of all requests
}

const maxHeaderBytes = 64 << 10

// What a connection of HTTP/2 may hold: by default 250 requests at once and a megabyte of bodies that no handler has read yet, beside what
// uploads may hold. With all connections in one hand that is a quarter of a million requests and a gigabyte.
const (
	streamsEach     = 32
	unreadBytesEach = 256 << 10
)

// New makes a server of the APIs that is ready while every check passes, and listens. Serve must be called on it.
func New(c Config, checks []Check, apis ...API) (*Server, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, mux: http.NewServeMux(), apis: apis, checks: checks}
	for _, api := range append([]API{{Routes: s.healthRoutes()}}, apis...) {
		for _, route := range api.Routes {
			s.mux.Handle(route.Pattern, s.guard(route))
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	s.listener = netutil.LimitListener(&tellingListener{Listener: listener, log: c.Log}, c.Connections)
	if c.TLS != nil {
		s.listener = tls.NewListener(s.listener, c.TLS)
	}
	base, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	idle := &idleConnections{most: c.Connections}
	s.inner = &http.Server{
		Handler:           s.handler(),
		ConnState:         idle.observe,
		TLSConfig:         c.TLS,
		ReadHeaderTimeout: c.Header,
		IdleTimeout:       c.Idle,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: streamsEach, MaxReceiveBufferPerConnection: unreadBytesEach, MaxReceiveBufferPerStream: unreadBytesEach,
		},
		ErrorLog:    slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug), // noise of clients, such as broken connections
		BaseContext: func(net.Listener) context.Context { return base },
	}
	return s, nil
}

// Addr is the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close gives up listening, on a server on which Serve is not called.
func (s *Server) Close() error {
	s.cancel()
	return s.listener.Close()
}

// Serve serves until ctx ends and then drains. It returns nil when every request in flight was answered.
func (s *Server) Serve(ctx context.Context) error {
	defer s.cancel()
	failed := make(chan error, 1)
	go func() { failed <- s.inner.Serve(s.listener) }()
	s.config.Log.Info("listening", "address", s.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	err := s.drain()
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("serving: %w", served))
	}
	return err
}

func (s *Server) drain() error {
	s.draining.Store(true)
	s.config.Log.Info("stopping", "delay", s.config.DrainDelay, "drain", s.config.Drain)
	time.Sleep(s.config.DrainDelay)
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Drain)
	defer cancel()
	err := s.inner.Shutdown(ctx)
	if err == nil {
		s.config.Log.Info("stopped")
		return nil
	}
	s.cancel()
	s.config.Log.Warn("stopped with requests unanswered", "drain", s.config.Drain)
	return errors.Join(fmt.Errorf("requests were still running %v after the stop: %w", s.config.Drain, err), s.inner.Close())
}
