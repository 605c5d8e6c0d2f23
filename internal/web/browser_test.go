package web_test

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// patience is far more than anything takes: the machine may be busy.
const patience = 90 * time.Second

// program is the real one, built once for all tests.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bonafide-web")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "bonafide")
	build := exec.Command("go", "build", "-tags", programtest.Tags(), "-o", path, "github.com/bonafide-pad/bonafide/cmd/bonafide")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building: %w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// serve runs the real server with the real networks until the test ends, and returns its address. prepare, where it is there, gets the
// program and its data directory first.
func serve(t *testing.T, prepare func(program, data string), args ...string) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if prepare != nil {
		prepare(path, data)
	}
	server := exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0", "--models", catalogtest.Dir(t), "--data-dir", data}, args...)...)
	var complaints strings.Builder
	server.Stderr = &complaints
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may have ended by itself, which the test has noticed then
		_ = server.Wait()
		if t.Failed() {
			said := complaints.String()
			t.Logf("the server's log ends with: %s", said[max(0, len(said)-2000):])
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server printed no address: %v", err)
	}
	return regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
}

// tab is a page in a browser of its own. What must never happen fails the test: console errors, exceptions, violations of the
// Content-Security-Policy, and requests to other hosts.
type tab struct {
	context.Context
	t      *testing.T
	server string

	mu sync.Mutex
	// refusals: the server is expected to refuse requests, which the browser logs as errors of the network.
	refusals bool
}

// open starts a browser. The test is skipped where there is none, and in short mode.
func open(t *testing.T, server string, flags ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	needBrowser(t)
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium()), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("headless", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en"), chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(patience),
	}, flags...)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...) // t.Context ends before the clean-up
	b := &tab{t: t, server: server}
	tabContext, stop := chromedp.NewContext(allocator, chromedp.WithListener(b.watch))
	ctx, expire := context.WithTimeout(tabContext, 2*patience)
	b.Context = ctx
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("closing the browser: %v", err)
		}
		expire()
		stop()
		stopAllocator()
	})
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
		return err
	}), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
		return err
	}))
	return b
}

func chromium() string {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return ""
	}
	return path
}

func needBrowser(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes long")
	}
	if chromium() == "" {
		t.Skip("there is no chromium: scripts/setup-test installs it")
	}
}

// watch notes what must not happen.
func (b *tab) watch(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.t.Errorf("an exception: %s %s", e.ExceptionDetails.Text, arguments([]*runtime.RemoteObject{e.ExceptionDetails.Exception}))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			b.t.Errorf("console %s: %s", e.Type, arguments(e.Args))
		}
	case *log.EventEntryAdded:
		b.mu.Lock()
		expected := b.refusals && e.Entry.Source == log.EntrySourceNetwork
		b.mu.Unlock()
		if e.Entry.Level == log.EntryLevelError && !expected {
			b.t.Errorf("%s error: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "blob" && u.Scheme != "about" && "http://"+u.Host != b.server {
			b.t.Errorf("a request to another host: %s (%v)", e.Request.URL, err)
		}
	}
}

func arguments(list []*runtime.RemoteObject) string {
	var text []string
	for _, o := range list {
		text = append(text, string(o.Value)+o.Description)
	}
	return strings.Join(text, " ")
}

// expectRefusals: from here on the server will refuse requests.
func (b *tab) expectRefusals() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusals = true
}

// do runs actions; one that fails ends the test.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b, actions...); err != nil {
		b.t.Fatalf("%v; the page says: %s", err, b.text())
	}
}

// text is what the page says, as far as it can be asked.
func (b *tab) text() string {
	text, err := chromedp.Run(b, chromedp.Evaluate[string](`document.body?.innerText ?? ""`))
	if err != nil {
		return err.Error()
	}
	return text
}

// visit opens a page of the server and waits until it is drawn.
func (b *tab) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.server+path), chromedp.WaitVisible(chromedp.CSS("#header .bar")))
}

// until waits for a JavaScript expression to become true.
func (b *tab) until(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); !evaluate[bool](b, "Boolean("+expression+")"); {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s did not become true; the page says: %s", expression, b.text())
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// evaluate returns the value of a JavaScript expression, awaited.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// upload gives the page a file by its own input.
func (b *tab) upload(input, path string) {
	b.t.Helper()
	b.do(chromedp.SetUploadFiles(chromedp.CSS(input), []string{path}))
}

// testPicture is the path of a committed picture.
func testPicture(t *testing.T, name string) string {
	return filepath.Join(catalogtest.Root(t), "testdata", name)
}
