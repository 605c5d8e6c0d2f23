package main

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

var soakRequests = flag.Int("soak", 200, "how many requests TestSoak sends")

// soakCase is one kind of request of the soak and the statuses that it may be answered with.
type soakCase struct {
	name, path, contentType string
	body                    []byte
	statuses                []int
}

func soakCases(t *testing.T) []soakCase {
	t.Helper()
	form := func(name string, content []byte, statuses ...int) soakCase {
		contentType, body := formBody(t, content)
		return soakCase{name, "/liveness-detection", contentType, body, statuses}
	}
	object := func(name, body string, statuses ...int) soakCase {
		return soakCase{name, "/liveness-detection-base64", "application/json", []byte(body), statuses}
	}
	picture := testPicture(t, "astronaut.jpg")
	encoded := base64.StdEncoding.EncodeToString(picture)
	noise := make([]byte, 1<<20)
	source := rand.NewChaCha8([32]byte{1})
	if _, err := source.Read(noise); err != nil {
		t.Fatal(err)
	}
	cases := []soakCase{
		form("good", picture, 200),
		form("no face", testPicture(t, "noface.jpg"), 200),
		form("cut off", picture[:len(picture)/2], 200),
		form("noise", noise, 200),
		form("empty", nil, 200),
		form("huge", make([]byte, 21<<20), 413),
		object("good base64", `{"base64":"`+encoded+`"}`, 200),
		object("broken base64", `{"base64":"`+encoded[:1000]+`!"}`, 400),
		object("huge base64", `{"base64":"`+strings.Repeat("A", 30<<20)+`"}`, 413),
		object("wrong JSON", `{"base64":`, 400),
		object("deep JSON", strings.Repeat("[", 100_000), 400),
		{"no part", "/liveness-detection", "multipart/form-data; boundary=x", []byte("--x--\r\n"), []int{400}},
		{"unknown path", "/nothing", "text/plain", []byte("x"), []int{404}},
	}
	// A file for every case: none is sent more often than another kind.
	for i, name := range hostileFiles(t) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, cases[i], form(filepath.Base(name), content, 200, 413))
	}
	return cases
}

// hostileFiles are some of the evaluation pictures' broken and hostile files, where they are.
func hostileFiles(t *testing.T) []string {
	t.Helper()
	data := os.Getenv("BONAFIDE_DATA")
	if data == "" {
		t.Log("BONAFIDE_DATA is not set: no hostile files are sent")
		return nil
	}
	var sampled []string
	seen := 0
	err := filepath.WalkDir(filepath.Join(data, "hostile"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || entry.Name() == "manifest.csv" {
			return err
		}
		if seen++; seen%8 == 0 {
			sampled = append(sampled, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sampled
}

// TestSoak sends mixed requests, sixteen at a time, to the real program: each is answered as it should be, and memory
// stays flat. «make soak» sends more of them.
func TestSoak(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a process is read from /proc, which this system lacks")
	}
	p := startServer(t, programtest.Build(t), "--log-level", "warn")
	cases := soakCases(t)
	send(t, p.url, cases, *soakRequests/4)
	before := residentBytes(t, p.Process.Pid)
	statuses := send(t, p.url, cases, *soakRequests)
	after := residentBytes(t, p.Process.Pid)
	t.Logf("%d requests, statuses %v; resident memory %d MiB after warming up, %d MiB at the end", *soakRequests, statuses, before>>20, after>>20)
	const slack = 150 << 20 // what the collector may not have given back yet
	if after > before+slack {
		t.Errorf("memory grew from %d to %d MiB", before>>20, after>>20)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(t); err != nil {
		t.Errorf("the process ended with %v", err)
	}
}

// send sends n requests, sixteen at a time, and counts the statuses.
func send(t *testing.T, url string, cases []soakCase, n int) map[int]int {
	t.Helper()
	const concurrency = 16
	var next atomic.Int64
	var mu sync.Mutex
	statuses := map[int]int{}
	var done sync.WaitGroup
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	for range concurrency {
		done.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				// Every other request is one that needs an analysis; the others take turns.
				c := cases[i/2%len(cases)]
				if i%2 == 0 {
					c = cases[0]
				}
				status, err := sendOne(client, url, c)
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
					continue
				}
				mu.Lock()
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	done.Wait()
	return statuses
}

func sendOne(client *http.Client, url string, c soakCase) (int, error) {
	resp, err := client.Post(url+c.path, c.contentType, bytes.NewReader(c.body))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	for _, s := range c.statuses {
		if resp.StatusCode == s {
			return s, nil
		}
	}
	return 0, fmt.Errorf("status %d, wanted is one of %v: %.300s", resp.StatusCode, c.statuses, content)
}

// residentBytes is the memory that a process holds.
func residentBytes(t *testing.T, pid int) int64 {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(content))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
