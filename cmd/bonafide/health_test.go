package main

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

func TestHealthAsksTheServerOfTheSameSettings(t *testing.T) {
	for name, c := range map[string]struct {
		asked healthCmd
		want  string
	}{
		"default":       {healthCmd{Port: 8888}, "http://127.0.0.1:8888/healthz"},
		"any address":   {healthCmd{Listen: "0.0.0.0:80"}, "http://127.0.0.1:80/healthz"},
		"any, IPv6":     {healthCmd{Listen: "[::]:80", Ready: true}, "http://127.0.0.1:80/readyz"},
		"one address":   {healthCmd{Listen: "192.0.2.1:80"}, "http://192.0.2.1:80/healthz"},
		"a certificate": {healthCmd{Port: 443, TLSCert: "cert.pem"}, "https://127.0.0.1:443/healthz"},
	} {
		if got, err := c.asked.url(); err != nil || got != c.want {
			t.Errorf("%s: %s, %v, wanted is %s", name, got, err, c.want)
		}
	}
	if _, err := (healthCmd{Listen: "nothing"}).url(); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("a wrong address: %v", err)
	}
}

func TestHealthOfARealServer(t *testing.T) {
	binary := programtest.Build(t)
	p := startServer(t, binary)
	ask := func(args ...string) (string, error) {
		asking := exec.Command(binary, append([]string{"health"}, args...)...)
		asking.Env = append(asking.Environ(), "BONAFIDE_LISTEN="+strings.TrimPrefix(p.url, "http://"))
		output, err := asking.CombinedOutput()
		return string(output), err
	}
	if output, err := ask(); err != nil || !strings.Contains(output, `"ok"`) {
		t.Errorf("%v: %s", err, output)
	}
	if output, err := ask("--ready"); err != nil || !strings.Contains(output, `"ready"`) {
		t.Errorf("%v: %s", err, output)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(t); err != nil {
		t.Fatal(err)
	}
	if output, err := ask(); err == nil || !strings.Contains(output, "asking the server") {
		t.Errorf("after the end: %v: %s", err, output)
	}
}
