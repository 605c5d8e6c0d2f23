package deploy_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

var checkImage = flag.Bool("image", false, "build the image and run it: minutes, as root")

// TestImage builds the Dockerfile and runs what comes of it, as uid 10001 on a read-only root.
func TestImage(t *testing.T) {
	if !*checkImage {
		t.Skip("the image is built and run by «make image-check»")
	}
	const tag = "localhost/bonafide:check"
	b := newBuilder(t)
	b.bases(t)
	b.build(t, tag)
	config := b.config(t, tag)
	t.Run("says how it is to be run", func(t *testing.T) { testImageConfig(t, config) })
	rootFS := b.rootFS(t, tag)
	t.Run("answers, writes nowhere else, drains", func(t *testing.T) { testContainer(t, rootFS, config) })
	t.Run("a second signal ends it at once", func(t *testing.T) { testSecondSignal(t, rootFS, config) })
}

func testImageConfig(t *testing.T, c imageConfig) {
	if c.User != fmt.Sprintf("%d:%d", imageUID, imageUID) || c.StopSignal != "SIGTERM" {
		t.Errorf("it runs as %q and stops by %q", c.User, c.StopSignal)
	}
	if _, ok := c.Volumes["/var/lib/bonafide"]; !ok || len(c.Volumes) != 1 {
		t.Errorf("its volumes are %v", c.Volumes)
	}
	if _, ok := c.ExposedPorts["8888/tcp"]; !ok {
		t.Errorf("its ports are %v", c.ExposedPorts)
	}
	if !slices.Equal(c.Healthcheck.Test, []string{"CMD", "bonafide", "health"}) {
		t.Errorf("its health check is %q", c.Healthcheck.Test)
	}
}

func testContainer(t *testing.T, rootFS string, config imageConfig) {
	address := freeAddress(t)
	c := start(t, rootFS, config, "BONAFIDE_LISTEN="+address)
	url := "http://" + address
	c.awaitHealth(t)
	contentType, body := form(t)
	if got, want := answer(t, url, contentType, bytes.NewReader(body)), answer(t, hostServer(t), contentType, bytes.NewReader(body)); got != want || !strings.Contains(got, `"result":"Real"`) {
		t.Errorf("the image answers %s, the program built here %s", got, want)
	}
	status, err := c.exec("cat", "/proc/1/status")
	if err != nil {
		t.Fatal(status, err)
	}
	for _, want := range []string{"Uid:\t10001\t10001\t10001\t10001\n", "CapEff:\t0000000000000000\n", "NoNewPrivs:\t1\n"} {
		if !strings.Contains(status, want) {
			t.Errorf("its process lacks %q: %s", want, status)
		}
	}
	for _, path := range []string{"/x", "/tmp/x", "/etc/x", "/usr/share/bonafide/models/x", "/var/lib/x"} {
		if out, err := c.exec("touch", path); err == nil || !strings.Contains(out, "Read-only file system") {
			t.Errorf("writing %s: %v, %s", path, err, out)
		}
	}
	if out, err := c.exec("touch", "/var/lib/bonafide/x"); err != nil {
		t.Errorf("writing to the volume: %s", out)
	}
	// A request whose body is still on its way when SIGTERM comes is answered.
	read, write := io.Pipe()
	answered := make(chan string)
	go func() { answered <- answer(t, url, contentType, read) }()
	send(t, write, body[:len(body)/2])
	time.Sleep(200 * time.Millisecond)
	c.signal(t, "TERM")
	awaitRefusal(t, url)
	send(t, write, body[len(body)/2:])
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; !strings.Contains(got, `"result":"Real"`) {
		t.Errorf("while stopping it answers %s", got)
	}
	if err := c.wait(t); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// testSecondSignal: the first process of a container is not ended by a signal's default action.
func testSecondSignal(t *testing.T, rootFS string, config imageConfig) {
	address := freeAddress(t)
	c := start(t, rootFS, config, "BONAFIDE_LISTEN="+address, "BONAFIDE_DRAIN=10m")
	c.awaitHealth(t)
	read, write := io.Pipe()
	t.Cleanup(func() { _ = write.Close() }) // ends the request, however it stands
	go func() {
		// It is broken off in the end.
		if resp, err := http.Post("http://"+address+"/liveness-detection", "multipart/form-data; boundary=x", read); err == nil {
			resp.Body.Close()
		}
	}()
	send(t, write, []byte("--x\r\n"))
	time.Sleep(200 * time.Millisecond)
	c.signal(t, "TERM")
	awaitRefusal(t, "http://"+address)
	c.signal(t, "TERM")
	if err := c.wait(t); err == nil || !strings.Contains(err.Error(), "143") {
		t.Errorf("it ended with %v", err)
	}
}

// awaitHealth waits until the image's health check passes.
func (c *container) awaitHealth(t *testing.T) {
	t.Helper()
	var out string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		select {
		case err := <-c.ended:
			t.Fatalf("the container ended: %v", err)
		default:
		}
		var err error
		if out, err = c.exec(c.config.Healthcheck.Test[1:]...); err == nil {
			return
		}
	}
	t.Fatalf("the health check never passed: %s", out)
}

// hostServer starts the program as it is built here, without an image, and returns its URL.
func hostServer(t *testing.T) string {
	t.Helper()
	return serve(t, programtest.Build(t)).url
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// form is the test picture as a browser sends it.
func form(t *testing.T) (contentType string, body []byte) {
	t.Helper()
	picture, err := os.ReadFile(filepath.Join(catalogtest.Root(t), "testdata", "astronaut.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", "astronaut.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(picture); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

// answer posts a body to the drop-in route.
func answer(t *testing.T, url, contentType string, body io.Reader) string {
	resp, err := http.Post(url+"/liveness-detection", contentType, body)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("status %d, %v", resp.StatusCode, err)
	}
	return string(content)
}

func send(t *testing.T, w io.Writer, part []byte) {
	t.Helper()
	if _, err := w.Write(part); err != nil {
		t.Fatal(err)
	}
}

// awaitRefusal waits until the server accepts no connection.
func awaitRefusal(t *testing.T, url string) {
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
