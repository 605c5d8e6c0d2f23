package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

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
