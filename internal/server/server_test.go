package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/programtest"
	"github.com/bonafide-pad/bonafide/internal/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a server under test.
type running struct {
	address string
	log     *programtest.Output
	stop    context.CancelFunc
	done    chan error
}

// start serves routes until the test ends or stop is called.
func start(t *testing.T, c server.Config, checks []server.Check, routes ...server.Route) *running {
	t.Helper()
	r := &running{log: &programtest.Output{}, done: make(chan error, 1)}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	c.Log = slog.New(slog.NewTextHandler(r.log, nil))
	s, err := server.New(c, checks, server.API{Routes: routes})
	if err != nil {
		t.Fatal(err)
	}
	r.address = s.Addr().String()
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		r.stop()
		select {
		case err := <-r.done:
			if err != nil {
				t.Logf("Serve returned %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("the server did not stop")
		}
	})
	return r
}

// readAll is a route that reads the body and answers with how long it is.
func readAll(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		answer.Faultf(http.StatusRequestTimeout, "too_slow", "%v", err).Write(w)
		return
	}
	answer.JSON(w, http.StatusOK, n)
}

func route(pattern string, h http.HandlerFunc) server.Route {
	return server.Route{Pattern: pattern, Handler: h}
}

func get(t *testing.T, url string) (int, string, http.Header) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body), resp.Header
}

func TestConfigNamesTheSetting(t *testing.T) {
	for says, c := range map[string]server.Config{
		"connections": {Connections: -1}, "header time": {Header: -1}, "idle time": {Idle: -1}, "body time": {Body: server.Pace{Total: -1}},
		"body's rate": {Body: server.Pace{Rate: -1}}, "write time": {Write: -1}, "drain": {Drain: -1}, "the address to listen on": {Listen: "nowhere:port"}, "listening": {Listen: "192.0.2.1:80"},
	} {
		if _, err := server.New(c, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: error %v, wanted is one that says %q", c, err, says)
		}
	}
}

func TestAPanicIsAnsweredAndTheServerLivesOn(t *testing.T) {
	s := start(t, server.Config{}, nil,
		route("GET /panic", func(http.ResponseWriter, *http.Request) { panic("broken part") }),
		route("GET /half", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			panic("broken in the middle")
		}))
	status, body, header := get(t, "http://"+s.address+"/panic")
	if status != http.StatusInternalServerError || !strings.Contains(body, `"code":"internal"`) || strings.Contains(body, "broken part") {
		t.Errorf("status %d, %s", status, body)
	}
	if log := s.log.String(); !strings.Contains(log, "broken part") || !strings.Contains(log, header.Get("X-Request-Id")) {
		t.Errorf("the log does not tell of the panic: %s", log)
	}
	resp, err := http.Get("http://" + s.address + "/half")
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looks like a whole one")
	}
	if status, _, _ := get(t, "http://"+s.address+"/healthz"); status != http.StatusOK {
		t.Errorf("afterwards the status is %d", status)
	}
}

func TestRequestIDsAreTakenOrMade(t *testing.T) {
	s := start(t, server.Config{}, nil)
	for given, kept := range map[string]bool{"abc-1.2_3": true, "": false, "a b": false, strings.Repeat("x", 65): false} {
		req, err := http.NewRequest(http.MethodGet, "http://"+s.address+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Request-Id", given)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("X-Request-Id"); got == "" || (got == given) != kept {
			t.Errorf("given %q the id is %q", given, got)
		}
	}
}

func TestTheLogHoldsNothingOfTheRequestButItsRoute(t *testing.T) {
	s := start(t, server.Config{}, nil, route("POST /read", readAll))
	req, err := http.NewRequest("SECRET", "http://"+s.address+"/secret?secret=1", strings.NewReader("secret"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", "secret")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s.stop()
	s.done <- <-s.done
	log := s.log.String()
	if !strings.Contains(log, "route=none status=404") {
		t.Errorf("the log lacks the request: %s", log)
	}
	if lower := strings.ToLower(log); strings.Contains(lower, "secret") || strings.Count(lower, "127.0.0.1") != 1 {
		t.Errorf("the log tells too much: %s", log)
	}
}

func TestReadiness(t *testing.T) {
	var mu sync.Mutex
	var broken error
	s := start(t, server.Config{}, []server.Check{{Name: "models", Ready: func() error {
		mu.Lock()
		defer mu.Unlock()
		return broken
	}}})
	if status, body, _ := get(t, "http://"+s.address+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"models":"ok"`) {
		t.Errorf("status %d, %s", status, body)
	}
	mu.Lock()
	broken = errors.New("a network is missing")
	mu.Unlock()
	if status, body, _ := get(t, "http://"+s.address+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "a network is missing") {
		t.Errorf("status %d, %s", status, body)
	}
}

func TestDraining(t *testing.T) {
	began, finish := make(chan struct{}), make(chan struct{})
	s := start(t, server.Config{DrainDelay: 500 * time.Millisecond}, nil, route("GET /work", func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-finish
		answer.JSON(w, http.StatusOK, true)
	}))
	answered := make(chan int, 1)
	go func() {
		resp, err := http.Get("http://" + s.address + "/work")
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-began
	s.stop()
	for {
		status, body, _ := get(t, "http://"+s.address+"/readyz")
		if status == http.StatusServiceUnavailable && strings.Contains(body, "stopping") {
			break
		}
	}
	waitUntil(t, "no connection is accepted", func() bool {
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			return true
		}
		return conn.Close() != nil
	})
	close(finish)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("the request in flight was answered with status %d", status)
	}
	err := <-s.done
	if err != nil {
		t.Errorf("Serve returned %v", err)
	}
	s.done <- nil
}

func TestWorkThatDoesNotEndIsCancelledAfterTheDrain(t *testing.T) {
	began, ended := make(chan struct{}), make(chan error, 1)
	s := start(t, server.Config{Drain: 100 * time.Millisecond}, nil, route("GET /work", func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		ended <- r.Context().Err()
	}))
	go func() {
		if resp, err := http.Get("http://" + s.address + "/work"); err == nil {
			resp.Body.Close()
		}
	}()
	<-began
	s.stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the work ended with %v", err)
	}
	err := <-s.done
	if err == nil || !strings.Contains(err.Error(), "still running") {
		t.Errorf("Serve returned %v", err)
	}
	s.done <- nil
}

func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Errorf("it never came that %s", what)
}
