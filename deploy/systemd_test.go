package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// unitFile is a unit's settings by name, each with its values in order.
func unitFile(t *testing.T) map[string][]string {
	t.Helper()
	unit := map[string][]string{}
	for line := range strings.Lines(file(t, "deploy/systemd/bonafide.service")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			unit[name] = append(unit[name], value)
		}
	}
	return unit
}

func TestSystemdUnit(t *testing.T) {
	unit := unitFile(t)
	env := map[string]string{}
	for _, setting := range unit["Environment"] {
		name, value, _ := strings.Cut(setting, "=")
		env[name] = strings.ReplaceAll(value, "%S", "/var/lib")
	}
	binary := programtest.Build(t)
	s := checkedSettings(t, binary, env, "{}")
	if s["data-dir"] != "/var/lib/"+unit["StateDirectory"][0] {
		t.Errorf("the data is in %v, the unit keeps %v", s["data-dir"], unit["StateDirectory"])
	}
	timeout, err := time.ParseDuration(unit["TimeoutStopSec"][0])
	if needed := s.longestStop(t); err != nil || timeout <= needed {
		t.Errorf("it has %v to stop, and takes up to %v: %v", timeout, needed, err)
	}
	if unit["MemoryMax"][0] != "2G" {
		t.Errorf("its memory is bounded by %v", unit["MemoryMax"])
	}
	s.fitsMemory(t, 2<<30)
	start := strings.Fields(unit["ExecStart"][0])
	output(t, binary, append(start[1:], "--help")...)
}

// TestSystemdTakesTheUnit lets systemd itself read the unit and say how exposed the service is.
func TestSystemdTakesTheUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd is not installed (on Debian: apt-get install systemd)")
	}
	// It wants the program to be there.
	unit := strings.ReplaceAll(file(t, "deploy/systemd/bonafide.service"), "/usr/local/bin/bonafide", programtest.Build(t))
	path := filepath.Join(t.TempDir(), "bonafide.service")
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v: %s", err, out)
	}
	const mostExposed = "15" // of 100
	if out, err := exec.Command(analyze, "security", "--offline=yes", "--threshold="+mostExposed, path).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v: %s", err, out)
	}
}
