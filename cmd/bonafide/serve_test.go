package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

var soakRequests = flag.Int("soak", 200, "how many requests TestSoak sends")

// process is a server that runs as a process of its own.
type process struct {
	*exec.Cmd
	url    string
	stdout *bytes.Buffer
	stderr *programtest.Output
	waited chan error
}

// startServer starts the real program and waits until it is ready.
func startServer(t *testing.T, binary string, args ...string) *process {
	t.Helper()
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--models", catalogtest.Dir(t), "--data-dir", t.TempDir()}, args...)
	p := &process{Cmd: exec.Command(binary, args...), stdout: &bytes.Buffer{}, stderr: &programtest.Output{}, waited: make(chan error, 1)}
	p.Dir = catalogtest.Root(t)
	p.Stderr = p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	printed := bufio.NewScanner(out)
	for i := 0; i < 3 && printed.Scan(); i++ {
		fmt.Fprintln(p.stdout, printed.Text())
	}
	go func() { p.waited <- p.Wait() }()
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill() // it may have ended in the meantime
			<-p.waited
		}
		if t.Failed() {
			t.Logf("the server's log ends with: %s", tail(p.stderr.String()))
		}
	})
	p.url = regexp.MustCompile(`http://127[^/]+`).FindString(p.stdout.String())
	if p.url == "" {
		t.Fatalf("it printed no address: %s %s", p.stdout, tail(p.stderr.String()))
	}
	return p
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

// wait waits for the process to end and returns how.
func (p *process) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-p.waited:
		p.waited <- err
		return err
	case <-time.After(60 * time.Second):
		t.Fatal("the server did not end")
		return nil
	}
}

func formBody(t testing.TB, content []byte) (contentType string, body []byte) {
	t.Helper()
	return forms(t, content)
}

// forms is a form with several pictures.
func forms(t testing.TB, contents ...[]byte) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, content := range contents {
		field, err := w.CreateFormFile("file", "picture")
		if err == nil {
			_, err = field.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func testPicture(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestServeProcess(t *testing.T) {
	binary := programtest.Build(t)
	t.Run("prints three lines that work", func(t *testing.T) { testThreeLines(t, binary) })
	t.Run("drains on SIGTERM", func(t *testing.T) { testDrain(t, binary) })
	t.Run("ends at once on a second signal", func(t *testing.T) { testSecondSignal(t, binary) })
}

func testThreeLines(t *testing.T, binary string) {
	p := startServer(t, binary)
	lines := strings.Split(strings.TrimSpace(p.stdout.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "curl ") || !strings.HasPrefix(lines[1], binary+" check ") || !strings.HasPrefix(lines[2], "docs: ") {
		t.Fatalf("it printed %q", lines)
	}
	for _, name := range regexp.MustCompile(`(?:@|bonafide check |docs: )([^\s,]+)`).FindAllStringSubmatch(p.stdout.String(), -1) {
		if _, err := os.Stat(filepath.Join(p.Dir, name[1])); err != nil {
			t.Errorf("it names a file that isn't there: %v", err)
		}
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Log("curl is not installed: its line is not tried")
		return
	}
	curl := exec.Command("sh", "-c", lines[0])
	curl.Dir = p.Dir
	output, err := curl.Output()
	if err != nil || !strings.Contains(string(output), `"face_state"`) {
		t.Errorf("curl answered %s, error %v", output, err)
	}
}

func TestServeTakesItsAddressFromFlagsAndEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		port string
		args []string
		want string
	}{
		"default":           {"", nil, ":8888"},
		"port":              {"8123", nil, ":8123"},
		"listen goes first": {"8123", []string{"--listen", "127.0.0.1:1"}, "127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.port != "" {
				t.Setenv("PORT", c.port)
			}
			var parsed cli
			parser, err := kong.New(&parsed)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(append([]string{"serve"}, c.args...)); err != nil {
				t.Fatal(err)
			}
			if got := parsed.Serve.address(); got != c.want {
				t.Errorf("%s, wanted is %s", got, c.want)
			}
		})
	}
}

// A request whose body is still on its way is in flight: SIGTERM lets it end and answers it.
func testDrain(t *testing.T, binary string) {
	p := startServer(t, binary)
	contentType, body := formBody(t, testPicture(t, "astronaut.jpg"))
	read, write := io.Pipe()
	answered := make(chan *http.Response, 1)
	go func() {
		resp, err := http.Post(p.url+"/liveness-detection", contentType, read)
		if err != nil {
			t.Error(err)
		}
		answered <- resp
	}()
	half := len(body) / 2
	if _, err := write.Write(body[:half]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitUntilRefused(t, p.url)
	if _, err := write.Write(body[half:]); err != nil {
		t.Fatal(err)
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	resp := <-answered
	if resp == nil {
		t.FailNow()
	}
	content, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || !bytes.Contains(content, []byte(`"faces":[{`)) {
		t.Errorf("status %d, %.200s, error %v", resp.StatusCode, content, err)
	}
	if err := p.wait(t); err != nil {
		t.Errorf("the process ended with %v", err)
	}
}

func testSecondSignal(t *testing.T, binary string) {
	p := startServer(t, binary, "--drain", "10m")
	read, write := io.Pipe()
	t.Cleanup(func() { _ = write.Close() }) // ends the request, however it stands
	go func() {
		// It is broken off in the end.
		if resp, err := http.Post(p.url+"/liveness-detection", "multipart/form-data; boundary=x", read); err == nil {
			resp.Body.Close()
		}
	}()
	if _, err := io.WriteString(write, "--x\r\n"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitUntilRefused(t, p.url)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(t); err == nil {
		t.Error("the process ended as if all were answered")
	}
}

// waitUntilRefused waits until the server accepts no connection.
func waitUntilRefused(t *testing.T, url string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		resp, err := client.Get(url + "/healthz")
		if err != nil {
			return
		}
		resp.Body.Close()
	}
	t.Fatal("the server went on accepting")
}

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
