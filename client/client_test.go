package client_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/client"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// serve starts the real server in a process of its own.
func serve(t *testing.T) client.Client {
	t.Helper()
	binary := programtest.Build(t)
	models, err := filepath.Abs(catalogtest.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--models", models, "--data-dir", t.TempDir(), "--log-level", "error")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := server.Wait(); err != nil {
			t.Error(err)
		}
	})
	greeting, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = bufio.NewReader(out).WriteTo(os.Stderr) }()
	return client.Client{URL: regexp.MustCompile(`http://[^/\s]+`).FindString(greeting)}
}

func picture(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(catalogtest.Root(t), "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAgainstTheServer(t *testing.T) {
	c, astronaut := serve(t), picture(t, "astronaut.jpg")
	small := client.WithMinEyeDistance(20)
	for name, probe := range map[string]func(context.Context) error{"ready": c.Ready, "healthy": c.Healthy} {
		if err := probe(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Run("liveness", func(t *testing.T) {
		a, err := c.Liveness(t.Context(), astronaut, small)
		if err != nil || a.Decision != client.Live || a.Score == nil || len(a.Faces) != 1 || len(a.Faces[0].Landmarks) != 68 || a.Evidence == nil {
			t.Errorf("%+v, %v", a, err)
		}
		if a, err := c.Liveness(t.Context(), astronaut, small, client.Brief()); err != nil || a.Faces != nil || a.Decision != client.Live {
			t.Errorf("brief: %+v, %v", a, err)
		}
	})
	t.Run("frames", func(t *testing.T) {
		a, err := c.Frames(t.Context(), [][]byte{astronaut, astronaut}, small)
		if err != nil || len(a.Frames) != 2 || len(a.Identical) != 1 || a.Identical[0] != [2]int{0, 1} {
			t.Errorf("%+v, %v", a, err)
		}
	})
	t.Run("quality", func(t *testing.T) {
		a, err := c.Quality(t.Context(), astronaut, client.WithProfile("default"), client.WithTimeout(time.Minute))
		if err != nil || len(a.Faces) != 1 || a.Faces[0].Quality.Measures["sharpness"] <= 0 {
			t.Errorf("%+v, %v", a, err)
		}
	})
	t.Run("batch", func(t *testing.T) {
		testBatch(t, c, [][]byte{astronaut, []byte("no picture"), picture(t, "noface.jpg")})
	})
	t.Run("archive", func(t *testing.T) { testArchive(t, c, astronaut) })
	t.Run("problems", func(t *testing.T) {
		var p *client.Problem
		if _, err := c.Liveness(t.Context(), []byte("no picture")); !errors.As(err, &p) || p.Code != client.BadImage || p.Detail == "" {
			t.Errorf("no picture: %v", err)
		}
		if _, err := c.Liveness(t.Context(), astronaut, client.WithThreshold(2)); !errors.As(err, &p) || p.Code != client.BadParameter {
			t.Errorf("threshold 2: %v", err)
		}
		if _, err := c.Liveness(t.Context(), astronaut, client.WithTimeout(0)); !errors.As(err, &p) || p.Code != client.Timeout {
			t.Errorf("no time: %v", err)
		}
		if _, err := c.Frames(t.Context(), [][]byte{astronaut}); !errors.As(err, &p) || p.Code != client.TooFewFrames {
			t.Errorf("one frame: %v", err)
		}
	})
}

func testBatch(t *testing.T, c client.Client, pictures [][]byte) {
	decisions, problems := map[int]client.Decision{}, map[int]client.Code{}
	for line, err := range c.Batch(t.Context(), pictures, client.WithMinEyeDistance(20), client.Brief()) {
		switch {
		case err != nil:
			t.Fatal(err)
		case line.Problem != nil:
			problems[line.Index] = line.Problem.Code
		default:
			decisions[line.Index] = line.Answer.Decision
		}
	}
	if len(decisions) != 2 || decisions[0] != client.Live || decisions[2] != client.CannotAssess || len(problems) != 1 || problems[1] != client.BadImage {
		t.Errorf("decisions %v, problems %v", decisions, problems)
	}
	for range c.Batch(t.Context(), pictures) {
		break // leaving early must end the request: the server's end would wait for it otherwise
	}
}

func testArchive(t *testing.T, c client.Client, picture []byte) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, name := range []string{"a/one.jpg", "two.jpg"} {
		err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(picture))})
		if _, failed := w.Write(picture); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil }
	names := map[string]client.Decision{}
	for line, err := range c.BatchArchive(t.Context(), client.Tar, open, client.WithMinEyeDistance(20), client.Brief()) {
		if err != nil || line.Answer == nil {
			t.Fatal(line.Problem, err)
		}
		names[line.Name] = line.Answer.Decision
	}
	if len(names) != 2 || names["a/one.jpg"] != client.Live || names["two.jpg"] != client.Live {
		t.Errorf("%v", names)
	}
	failing := func() (io.ReadCloser, error) { return nil, os.ErrNotExist }
	for _, err := range c.BatchArchive(t.Context(), client.Zip, failing) {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("an archive that is not there: %v", err)
		}
	}
}

// busy answers 503 so many times before 200: a real server cannot be made to do just that.
func busy(t *testing.T, times int64, retryAfter string) (client.Client, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) <= times {
			w.Header().Set("Retry-After", retryAfter)
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"code":"busy","detail":"later"}`))
			return
		}
		_, _ = w.Write([]byte(`{"decision":"live"}`))
	}))
	t.Cleanup(server.Close)
	return client.Client{URL: server.URL}, &asked
}

func TestBusyServersAreAskedAgain(t *testing.T) {
	c, asked := busy(t, 1, "1")
	if a, err := c.Liveness(t.Context(), nil); err != nil || a.Decision != client.Live || asked.Load() != 2 {
		t.Errorf("%+v, %v after %d requests", a, err, asked.Load())
	}
}

func TestBusyServersAreNotAskedForEver(t *testing.T) {
	var p *client.Problem
	c, asked := busy(t, 100, "1")
	c.Attempts = 2
	if _, err := c.Liveness(t.Context(), nil); !errors.As(err, &p) || p.Code != client.Busy || p.RetryAfter != time.Second || asked.Load() != 2 {
		t.Errorf("two attempts: %v after %d requests", err, asked.Load())
	}
	for _, long := range []string{"3600", "18446744074", "99999999999999999999"} {
		c, asked = busy(t, 100, long)
		if _, err := c.Liveness(t.Context(), nil); !errors.As(err, &p) || asked.Load() != 1 {
			t.Errorf("a wait of %s s: %v after %d requests", long, err, asked.Load())
		}
	}
	c, _ = busy(t, 100, "20")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Liveness(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a deadline: %v", err)
	}
}

// The names of the parameters are the API's: docs/api-v1.md has them.
func TestOptionsAreSentAsParameters(t *testing.T) {
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = r.URL.RawQuery
		_, _ = w.Write([]byte(`{"decision":"live"}`))
	}))
	defer server.Close()
	c := client.Client{URL: server.URL}
	for want, option := range map[string]client.Option{
		"policy=kiosk": client.WithPolicy("kiosk"), "profile=night": client.WithProfile("night"), "faces=largest": client.WithFaces("largest"),
		"threshold=0.85": client.WithThreshold(0.85), "min_eye_distance=60": client.WithMinEyeDistance(60),
		"timeout_ms=1500": client.WithTimeout(1500 * time.Millisecond), "detail=brief": client.Brief(),
	} {
		if _, err := c.Liveness(t.Context(), nil, option); err != nil || sent != want {
			t.Errorf("%q is sent, error %v, wanted is %q", sent, err, want)
		}
	}
}

func TestCodesAreThoseOfTheLibrary(t *testing.T) {
	for ours, theirs := range map[client.Code]bonafide.Code{
		client.BadImage: bonafide.CodeBadImage, client.TooLarge: bonafide.CodeTooLarge, client.InternalFault: bonafide.CodeInternal,
		client.TooFewFrames: bonafide.CodeTooFewFrames, client.TooManyFrames: bonafide.CodeTooManyFrames,
	} {
		if string(ours) != string(theirs) {
			t.Errorf("the client has %q, the library %q", ours, theirs)
		}
	}
}

func TestAnswersOfOthersAreProblems(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	var p *client.Problem
	_, err := client.Client{URL: server.URL}.Liveness(t.Context(), nil)
	if !errors.As(err, &p) || p.Status != http.StatusNotFound || p.Code != client.UnreadableCode {
		t.Errorf("%v", err)
	}
}

// torn answers a batch of three with one line and ends: a real server doesn't, a proxy between may.
func torn(t *testing.T, line string) client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, line) }))
	t.Cleanup(server.Close)
	return client.Client{URL: server.URL}
}

func TestABatchThatEndsEarlyIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want error
	}{
		"torn":             {`{"index":0,"name":"0","answer":{"decision":"live"}}` + "\n", io.ErrUnexpectedEOF},
		"nothing":          {"", io.ErrUnexpectedEOF},
		"the rest's fault": {`{"index":0,"name":"","problem":{"code":"bad_archive"}}` + "\n", nil},
		"too long a line":  {`{"name":"` + strings.Repeat("x", 33<<20), bufio.ErrTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			var last error
			for _, err := range torn(t, c.line).Batch(t.Context(), make([][]byte, 3)) {
				last = err
			}
			if !errors.Is(last, c.want) {
				t.Errorf("ended with %v, wanted is %v", last, c.want)
			}
		})
	}
}
