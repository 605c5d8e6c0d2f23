package deploy_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

// settings are what the program makes of environment variables and a configuration file: name and value, as «bonafide config show» has them.
type settings map[string]any

// checkedSettings lets the program check them. Each variable must be one that the program, or Go, reads, and what the file says must count: variables
// go before it.
func checkedSettings(t *testing.T, binary string, env map[string]string, config string) settings {
	t.Helper()
	known := knownVariables(t, binary)
	environment := []string{"HOME=" + t.TempDir()}
	for name, value := range env {
		if !slices.Contains(known, name) && name != "GOMEMLIMIT" {
			t.Errorf("nothing reads the variable %s", name)
		}
		environment = append(environment, name+"="+value)
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(verb string) string {
		cmd := exec.Command(binary, "config", verb, "--config", path)
		cmd.Env = environment
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("config %s: %v: %s", verb, err, out)
		}
		return string(out)
	}
	run("check")
	text := run("show")
	var shown, inFile settings
	if err := errors.Join(yaml.Unmarshal([]byte(text), &shown), yaml.Unmarshal([]byte(config), &inFile)); err != nil {
		t.Fatal(err)
	}
	for name := range inFile {
		if !regexp.MustCompile("(?m)^" + name + ": .* # " + regexp.QuoteMeta(path) + "$").MatchString(text) {
			t.Errorf("the file sets %s, which a variable overrides", name)
		}
	}
	return shown
}

// knownVariables are the environment variables that the help of serve names.
func knownVariables(t *testing.T, binary string) []string {
	t.Helper()
	var known []string
	for _, word := range strings.FieldsFunc(output(t, binary, "serve", "--help"), func(r rune) bool { return !strings.ContainsRune("$_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r) }) {
		if name, ok := strings.CutPrefix(word, "$"); ok {
			known = append(known, name)
		}
	}
	if len(known) < 20 {
		t.Fatalf("the help names only %v", known)
	}
	return known
}

// duration is a setting's.
func (s settings) duration(t *testing.T, name string) time.Duration {
	t.Helper()
	text, _ := s[name].(string)
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("%s is %v: %v", name, s[name], err)
	}
	return d
}

// longestStop is how long a stop takes at most: requests have a drain to end, and then what is still to be written has as long, traces 5 seconds.
func (s settings) longestStop(t *testing.T) time.Duration {
	t.Helper()
	drain := s.duration(t, "drain")
	return s.duration(t, "drain-delay") + drain + max(drain, 5*time.Second)
}

// number is a setting's.
func (s settings) number(t *testing.T, name string) int64 {
	t.Helper()
	n, ok := s[name].(int)
	if !ok {
		t.Fatalf("%s is %v", name, s[name])
	}
	return int64(n)
}

// fitsMemory objects when pictures alone could fill the memory that a limit leaves: half of it is for networks and decoded pixels.
func (s settings) fitsMemory(t *testing.T, limit int64) {
	t.Helper()
	if uploads := s.number(t, "upload-memory"); limit < 2*uploads {
		t.Errorf("memory is limited to %d bytes, of which uploads may take %d", limit, uploads)
	}
}

// dockerfileEnv are the variables that the image sets.
func dockerfileEnv(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	_, last, _ := strings.Cut(file(t, "Dockerfile"), "FROM ${RUNTIME_IMAGE}")
	_, text, found := strings.Cut(last, "\nENV ")
	if !found {
		t.Fatal("the Dockerfile sets no variables")
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "\\")), "=")
		env[name] = value
		if !strings.HasSuffix(line, "\\\n") {
			break
		}
	}
	return env
}

func root(t *testing.T, name string) string { return filepath.Join(catalogtest.Root(t), name) }
