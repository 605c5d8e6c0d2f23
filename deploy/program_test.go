package deploy_test

import (
	"bufio"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// server is the program serving, as a process of its own.
type server struct {
	url string
	log programtest.Output
}

// serve starts the program on a port of its own; it is stopped with the test.
func serve(t *testing.T, binary string, args ...string) *server {
	t.Helper()
	s := &server{}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--models", catalogtest.Dir(t), "--data-dir", t.TempDir()}, args...)
	cmd := exec.Command(binary, args...)
	cmd.Stderr = &s.log
	printed, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }) // the failure shows in Wait
		defer stop.Stop()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stopping the server: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v: %s", err, s.log.String())
		}
	})
	line, err := bufio.NewReader(printed).ReadString('\n')
	if s.url = regexp.MustCompile(`http://127[^/]+`).FindString(line); s.url == "" {
		t.Fatalf("it printed no address: %q, %v: %s", line, err, s.log.String())
	}
	return s
}
