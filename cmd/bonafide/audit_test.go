package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/audit"
	"github.com/bonafide-pad/bonafide/internal/audit/audittest"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// TestAudit records decisions with the real server in both stores, stops or kills it, and reads the records.
func TestAudit(t *testing.T) {
	binary := programtest.Build(t)
	t.Run("stopping writes everything", func(t *testing.T) {
		testAuditDrain(t, binary, filepath.Join(t.TempDir(), "audit.db"))
	})
	t.Run("kill -9 loses at most the buffer", func(t *testing.T) {
		testAuditKill(t, binary, filepath.Join(t.TempDir(), "audit.db"))
	})
	t.Run("kill -9 loses at most the buffer, with PostgreSQL", func(t *testing.T) {
		testAuditKill(t, binary, audittest.Postgres(t))
	})
}

func testAuditDrain(t *testing.T, binary, target string) {
	p := startServer(t, binary, "--audit", target)
	for range 3 {
		p.post(t, "")
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(t); err != nil {
		t.Fatal(err)
	}
	records := exported(t, binary, target)
	if len(records) != 3 {
		t.Fatalf("%d records, wanted are 3", len(records))
	}
	r := records[0]
	if r.Route != "POST /liveness-detection" || r.Outcome != "live" || r.Score == nil || r.Threshold != 0.7 || r.RequestID == "" ||
		r.Policy != "default" || r.Profile != "default" || len(r.Models) != 64 || len(r.Stages) == 0 {
		t.Errorf("a record is %+v", r)
	}
}

// testAuditKill kills the server under load. Each answer that was received must be recorded, but for as many as the buffer holds and those
// that were dropped because it was full: what the server has counted, and at worst the few answers that came after it was asked.
func testAuditKill(t *testing.T, binary, target string) {
	const buffer = 32
	p := startServer(t, binary, "--audit", target, "--audit-buffer", strconv.Itoa(buffer), "--log-level", "warn")
	answered := make(chan string, 10_000)
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for sendForID(t, p.url, answered) {
			}
		})
	}
	eventually(t, "many answers were received", func() bool { return len(answered) >= 5*buffer })
	asked := len(answered)
	dropped := int(p.metric(t, "", `bonafide_audit_records_total\{outcome="dropped"\}`))
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.wait(t) // it was killed
	clients.Wait()
	dropped += len(answered) - asked
	close(answered)

	recorded := map[string]bool{}
	for _, r := range exported(t, binary, target) {
		recorded[r.RequestID] = true
	}
	lost, total := 0, 0
	for id := range answered {
		total++
		if !recorded[id] {
			lost++
		}
	}
	t.Logf("%d answers received, %d of them not recorded, the buffer holds %d, dropped were at most %d", total, lost, buffer, dropped)
	if len(recorded) == 0 || lost > buffer+dropped {
		t.Errorf("%d of %d answers were not recorded, allowed are %d", lost, total, buffer+dropped)
	}
}

// sendForID sends the test picture and notes the id of the request once its answer is here. It returns false when the server is gone.
func sendForID(t *testing.T, url string, answered chan<- string) bool {
	contentType, body := formBody(t, testPicture(t, "astronaut.jpg"))
	resp, err := http.Post(url+"/liveness-detection", contentType, bytes.NewReader(body))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return false
	}
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
		return false
	}
	answered <- resp.Header.Get("X-Request-Id")
	return true
}

// exported are the records that «bonafide audit export» prints, which must be as many as it prints as CSV.
func exported(t *testing.T, binary, target string) []audit.Record {
	t.Helper()
	run := func(args ...string) []string {
		out, err := exec.Command(binary, append([]string{"audit", "export", "--audit", target}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("exporting: %v: %s", err, out)
		}
		return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	}
	lines := run()
	var records []audit.Record
	for _, line := range lines {
		var r audit.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		records = append(records, r)
	}
	if rows := run("--format", "csv", "--since", "1h"); len(rows) != len(lines)+1 || !strings.HasPrefix(rows[0], "id,time,request_id,") {
		t.Errorf("the CSV has %d lines, wanted are a title and %d: %s", len(rows), len(lines), rows[0])
	}
	if !slices.IsSortedFunc(records, func(a, b audit.Record) int { return a.Time.Compare(b.Time) }) {
		t.Error("the records are not in the order of time")
	}
	if out := run("--since", time.Now().Add(time.Hour).Format(time.RFC3339)); len(out) != 1 || out[0] != "" {
		t.Errorf("records of the future: %q", out)
	}
	return records
}
