package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// TestServePromises holds the server to what docs/operation.md says of callers and load.
func TestServePromises(t *testing.T) {
	binary := programtest.Build(t)
	t.Run("who gives up is not worked for", func(t *testing.T) { testCancelled(t, binary) })
	t.Run("one caller does not hold up another", func(t *testing.T) { testFairness(t, binary) })
	t.Run("a request ends with its deadline", func(t *testing.T) { testDeadline(t, binary) })
	t.Run("SIGHUP reads profiles and named policies again", func(t *testing.T) { testReloadProfiles(t, binary) })
}

// metric is the sum of a metric's values, over all its labels, asked for with a key, "" for none.
func (p *process) metric(t *testing.T, key, name string) float64 {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, p.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", key)
	_, page := read(t, req)
	sum := 0.0
	for _, found := range regexp.MustCompile(`(?m)^`+name+`(?:\{.*\})? (\S+)$`).FindAllStringSubmatch(page, -1) {
		value, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += value
	}
	return sum
}

// analysis sends the test picture with a key, "" for none, and returns the status.
func (p *process) analysis(ctx context.Context, t *testing.T, key string) (int, error) {
	contentType, body := formBody(t, testPicture(t, "astronaut.jpg"))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/liveness-detection", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", contentType)
	if key != "" {
		req.Header.Set("X-API-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func testCancelled(t *testing.T, binary string) {
	const sent = 100
	p := startServer(t, binary, "--workers", "1", "--queue", "1000", "--log-level", "warn")
	ctx, giveUp := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range sent {
		clients.Go(func() { _, _ = p.analysis(ctx, t, "") }) // most are given up
	}
	eventually(t, "many wait", func() bool { return p.metric(t, "", "bonafide_analyses_waiting") > sent/2 })
	giveUp()
	clients.Wait()
	eventually(t, "nothing runs or waits", func() bool {
		return p.metric(t, "", "bonafide_analyses_waiting") == 0 && p.metric(t, "", "bonafide_analyses_running") == 0
	})
	if decided := p.metric(t, "", "bonafide_decisions_total"); decided > sent/2 {
		t.Errorf("%v pictures were decided on, of %d of which over half were given up", decided, sent)
	}
	if status, err := p.analysis(t.Context(), t, ""); status != http.StatusOK {
		t.Errorf("afterwards: status %d, %v", status, err)
	}
}

func testFairness(t *testing.T, binary string) {
	dir := t.TempDir()
	greedy, modest := printed(t, binary, "keys", "add", "greedy", "--data-dir", dir), printed(t, binary, "keys", "add", "modest", "--data-dir", dir)
	admin := printed(t, binary, "keys", "add", "admin", "--scope", "admin", "--data-dir", dir)
	p := startServer(t, binary, "--workers", "1", "--queue", "1000", "--patience", "5m", "--data-dir", dir, "--log-level", "warn")
	const sent = 100
	var answered atomic.Int64
	var clients sync.WaitGroup
	for range sent {
		clients.Go(func() {
			if status, err := p.analysis(t.Context(), t, greedy); err != nil || status != http.StatusOK {
				t.Errorf("the greedy one: status %d, %v", status, err)
			}
			answered.Add(1)
		})
	}
	eventually(t, "many wait", func() bool {
		return p.metric(t, admin, "bonafide_analyses_waiting") > sent/2
	})
	before := answered.Load()
	if status, err := p.analysis(t.Context(), t, modest); err != nil || status != http.StatusOK {
		t.Errorf("the modest one: status %d, %v", status, err)
	}
	if overtaken := answered.Load() - before; overtaken > sent/4 {
		t.Errorf("%d requests of the other one were answered before", overtaken)
	}
	clients.Wait()
}

func testDeadline(t *testing.T, binary string) {
	p := startServer(t, binary, "--deadline", "1ms")
	for _, path := range []string{"/liveness-detection", "/v1/liveness"} {
		contentType, body := formBody(t, testPicture(t, "astronaut.jpg"))
		resp, err := http.Post(p.url+path, contentType, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusGatewayTimeout || !bytes.Contains(content, []byte(`"timeout"`)) {
			t.Errorf("%s: status %d, %s, %v", path, resp.StatusCode, content, err)
		}
	}
}

func testReloadProfiles(t *testing.T, binary string) {
	a, err := bonafide.Open(bonafide.Config{Models: catalogtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	calibration, _ := a.Calibration()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	profile, config := filepath.Join(dir, "profile.json"), filepath.Join(dir, "config.yaml")
	write := func(path string, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writeProfile := func(harsher float64) {
		t.Helper()
		p := calibration
		p.Operation.Logit += harsher
		p.Intercept -= harsher * p.Slope
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		write(profile, raw)
	}
	writeProfile(0)
	write(config, []byte("profile: {door: "+profile+"}\npolicies:\n  door: {min_eye_distance: 1}\n"))
	p := startServer(t, binary, "--config", config)
	answered := func(query string) string {
		req, err := http.NewRequest(http.MethodPost, p.url+"/v1/liveness?profile=door&policy=door"+query, bytes.NewReader(testPicture(t, "astronaut.jpg")))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "image/jpeg")
		_, body := read(t, req)
		return regexp.MustCompile(`"decision":"\w+"|"code":"overrides_not_allowed"`).FindString(body)
	}
	for _, c := range []struct {
		what   string
		change func()
		query  string
		want   string
	}{
		{"as at the start", func() {}, "", `"decision":"live"`},
		{"with a requirement changed", func() {}, "&threshold=0.9999999", `"decision":"spoof"`},
		{"without leave to change any", func() {
			write(config, []byte("profile: {door: "+profile+"}\npolicies:\n  door: {min_eye_distance: 1}\nallow-overrides: false\n"))
		}, "&threshold=0.9999999", `"code":"overrides_not_allowed"`},
		{"with a harsher profile", func() { writeProfile(1000) }, "", `"decision":"spoof"`},
		{"with a harsher policy", func() {
			writeProfile(0)
			write(config, []byte("profile: {door: "+profile+"}\npolicies:\n  door: {min_eye_distance: 900}\n"))
		}, "", `"decision":"cannot_assess"`},
	} {
		c.change()
		if err := p.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		eventually(t, c.what+" the answer is "+c.want, func() bool { return answered(c.query) == c.want })
	}
}

// TestOpenServersWarn: on loopback everybody is this machine.
func TestOpenServersWarn(t *testing.T) {
	key, _, err := access.Generate("test", []access.Scope{access.Analyse}, access.Limits{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		keys []access.Key
		ip   net.IP
		want bool
	}{
		"loopback":              {nil, net.IPv4(127, 0, 0, 1), false},
		"loopback, IPv6":        {nil, net.IPv6loopback, false},
		"everywhere":            {nil, net.IPv6zero, true},
		"one address":           {nil, net.IPv4(192, 0, 2, 1), true},
		"everywhere, with keys": {[]access.Key{key}, net.IPv4zero, false},
	} {
		var log strings.Builder
		warnOpen(access.NewGuard(c.keys), &net.TCPAddr{IP: c.ip, Port: 8888}, slog.New(slog.NewTextHandler(&log, nil)))
		if warned := strings.Contains(log.String(), "ANYBODY WHO REACHES"); warned != c.want {
			t.Errorf("%s: warned is %v: %s", name, warned, log.String())
		}
	}
}
