package main

import (
	"bytes"
	"flag"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

var overloadSeconds = flag.Float64("overload", 3, "for how many seconds TestOverload sends")

// outcome is one answer under load.
type outcome struct {
	status     int
	retryAfter string
	took       time.Duration
}

// TestOverload sends real requests for one picture under /v1 from ten times as many clients as analyses run at once. Each is answered or told when to
// come back, and the server goes on as before. The times are printed and not judged: the machine may have other work.
// «make overload» sends for longer.
func TestOverload(t *testing.T) {
	const workers = 2
	p := startServer(t, programtest.Build(t), "--log-level", "warn", "--workers", strconv.Itoa(workers))
	for range 5 { // the gate learns how long an analysis takes
		p.post(t, "")
	}
	length := time.Duration(*overloadSeconds * float64(time.Second))
	alone := load(t, p.url, workers, length)
	crowded := load(t, p.url, 10*workers, length)
	accepted, refused := byStatus(t, crowded)
	if len(accepted) == 0 || len(refused) == 0 {
		t.Errorf("under overload %d were answered and %d refused, wanted are some of both", len(accepted), len(refused))
	}
	for _, o := range refused {
		if seconds, err := strconv.Atoi(o.retryAfter); err != nil || seconds < 1 {
			t.Fatalf("refused with Retry-After %q", o.retryAfter)
		}
	}
	answered, _ := byStatus(t, alone)
	t.Logf("as many clients as analyses: %d answered, median %v, 95 %% within %v", len(answered), percentile(answered, 50), percentile(answered, 95))
	t.Logf("ten times as many: %d answered, median %v, 95 %% within %v; %d refused, median %v, 95 %% within %v",
		len(accepted), percentile(accepted, 50), percentile(accepted, 95), len(refused), percentile(refused, 50), percentile(refused, 95))
	if status, body := p.post(t, ""); status != http.StatusOK {
		t.Errorf("afterwards: status %d, %.300s", status, body)
	}
}

// load sends the test picture from so many clients for so long. A client that is refused waits a little.
func load(t *testing.T, url string, clients int, length time.Duration) []outcome {
	t.Helper()
	contentType, body := formBody(t, testPicture(t, "astronaut.jpg"))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var outcomes []outcome
	var done sync.WaitGroup
	end := time.Now().Add(length)
	for range clients {
		done.Go(func() {
			for time.Now().Before(end) {
				o, err := sendTimed(client, url, contentType, body)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				outcomes = append(outcomes, o)
				mu.Unlock()
				if o.status != http.StatusOK {
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	done.Wait()
	return outcomes
}

func sendTimed(client *http.Client, url, contentType string, body []byte) (outcome, error) {
	began := time.Now()
	resp, err := client.Post(url+"/v1/liveness", contentType, bytes.NewReader(body))
	if err != nil {
		return outcome{}, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return outcome{resp.StatusCode, resp.Header.Get("Retry-After"), time.Since(began)}, err
}

// byStatus splits outcomes into those answered and those refused as busy; there must be no others.
func byStatus(t *testing.T, outcomes []outcome) (answered, refused []outcome) {
	t.Helper()
	for _, o := range outcomes {
		switch o.status {
		case http.StatusOK:
			answered = append(answered, o)
		case http.StatusServiceUnavailable:
			refused = append(refused, o)
		default:
			t.Errorf("status %d", o.status)
		}
	}
	return answered, refused
}

// percentile is the time within which that share of the outcomes came.
func percentile(outcomes []outcome, percent int) time.Duration {
	if len(outcomes) == 0 {
		return 0
	}
	times := make([]time.Duration, len(outcomes))
	for i, o := range outcomes {
		times[i] = o.took
	}
	slices.Sort(times)
	return times[(len(times)-1)*percent/100].Round(time.Millisecond)
}
