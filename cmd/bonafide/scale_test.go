package main

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

var scaleSeconds = flag.Float64("scale", 1, "for how many seconds TestTwoProcessesShareTheLoad sends")

// TestTwoProcessesShareTheLoad sends requests to one process with one analysis at a time, then through a proxy to two of them: every request is
// answered, by either. How much more two answer is printed and not judged: the machine may have other work. «make scale» sends for longer.
func TestTwoProcessesShareTheLoad(t *testing.T) {
	const clients = 4
	args := []string{"--log-level", "warn", "--workers", "1", "--native-patience", "1m"}
	binary := programtest.Build(t)
	length := time.Duration(*scaleSeconds * float64(time.Second))
	first, second := startServer(t, binary, args...), startServer(t, binary, args...)
	alone := answered(t, load(t, first.url, clients, length))

	var turn atomic.Int64
	var sent [2]atomic.Int64
	targets := [2]*url.URL{parseURL(t, first.url), parseURL(t, second.url)}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			i := turn.Add(1) % 2
			sent[i].Add(1)
			r.SetURL(targets[i])
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: clients},
	})
	defer proxy.Close()
	both := answered(t, load(t, proxy.URL, clients, length))
	if sent[0].Load() == 0 || sent[1].Load() == 0 {
		t.Errorf("%d and %d requests went to the two processes", sent[0].Load(), sent[1].Load())
	}
	t.Logf("one process answered %d in %v, two behind a proxy %d: %.2f times as many", alone, length, both, float64(both)/float64(alone))
}

// answered is how many were; there must be no others.
func answered(t *testing.T, outcomes []outcome) int {
	t.Helper()
	for _, o := range outcomes {
		if o.status != http.StatusOK {
			t.Fatalf("status %d", o.status)
		}
	}
	if len(outcomes) == 0 {
		t.Fatal("nothing was answered")
	}
	return len(outcomes)
}

func parseURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
