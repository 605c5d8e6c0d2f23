package deploy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// installed returns a program, or skips the test where it isn't.
func installed(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed (on Debian: apt-get install prometheus)", program)
	}
	return path
}

// TestAlertRules lets Prometheus's own tool try the rules on the examples, of which each alert must have one that raises it.
func TestAlertRules(t *testing.T) {
	promtool := installed(t, "promtool")
	output(t, promtool, "check", "rules", root(t, "deploy/prometheus/rules.yaml"))
	output(t, promtool, "test", "rules", root(t, "deploy/prometheus/rules_test.yaml"))
	examples := file(t, "deploy/prometheus/rules_test.yaml")
	for _, r := range alertRules(t) {
		if !regexp.MustCompile(`alertname: ` + r.Alert + `\n\s+exp_alerts`).MatchString(examples) {
			t.Errorf("no example raises %s", r.Alert)
		}
	}
}

type alertRule struct{ Alert, Expr string }

func alertRules(t *testing.T) []alertRule {
	t.Helper()
	var rules struct{ Groups []struct{ Rules []alertRule } }
	if err := yaml.Unmarshal([]byte(file(t, "deploy/prometheus/rules.yaml")), &rules); err != nil {
		t.Fatal(err)
	}
	return rules.Groups[0].Rules
}

// TestDashboardShowsARealServer lets a real Prometheus watch a real server that has everything switched on: each query of the dashboard must
// find something, with the labels that its legend names, and each metric of the alerts must be there.
func TestDashboardShowsARealServer(t *testing.T) {
	prometheus := installed(t, "prometheus")
	s := busyServer(t)
	p := startPrometheus(t, prometheus, s.admin)
	fillIn := strings.NewReplacer("$__rate_interval", "30s", "$job", ".*", "$instance", ".*", "$profile", ".*")
	for _, q := range queries(t, readDashboard(t)) {
		var found []sample
		for end := time.Now().Add(time.Minute); len(found) == 0 && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			s.send(t)
			found = p.query(t, fillIn.Replace(q.expr))
		}
		if len(found) == 0 {
			t.Errorf("%s: nothing is found by %s", q.panel, q.expr)
			continue
		}
		for _, label := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(q.legend, -1) {
			if found[0].Metric[label[1]] == "" {
				t.Errorf("%s: its legend names %s, found are %v", q.panel, label[1], found[0].Metric)
			}
		}
	}
	known := p.names(t)
	for _, r := range alertRules(t) {
		for _, name := range regexp.MustCompile(`bonafide_\w+`).FindAllString(r.Expr, -1) {
			if !slices.Contains(known, name) {
				t.Errorf("%s: the server gives out no %s", r.Alert, name)
			}
		}
	}
}

// busy is a server with a licence, API keys, a record and kept pictures.
type busy struct {
	*server
	admin string // where its metrics are
	keys  map[string]string
}

func busyServer(t *testing.T) busy {
	t.Helper()
	binary, dir := programtest.Build(t), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	output(t, binary, "license", "keygen", "--out", in("issuer.key"))
	output(t, binary, "license", "issue", "--key", in("issuer.key"), "--customer", "Example", "--any-machine", "--days", "30",
		"--requests-per-day", "100000", "--out", in("license.txt"))
	output(t, binary, "license", "activate", in("license.txt"), "--data-dir", dir, "--license-issuer", in("issuer.pub"))
	s := busy{admin: freeAddress(t), keys: map[string]string{}}
	s.keys["many"] = output(t, binary, "keys", "add", "many", "--data-dir", dir)
	s.keys["one"] = output(t, binary, "keys", "add", "one", "--daily", "1", "--data-dir", dir)
	public := output(t, binary, "retained", "new-key", in("secret"))
	s.server = serve(t, binary, "--data-dir", dir, "--license-issuer", in("issuer.pub"), "--admin-listen", s.admin, "--audit", "sqlite",
		"--retain", in("pictures"), "--retain-recipient", public)
	return s
}

// send sends a picture that is decided on, one that can't be read, and one beyond its key's quota.
func (s busy) send(t *testing.T) {
	t.Helper()
	contentType, picture := form(t)
	for _, r := range []struct {
		key, contentType string
		body             []byte
	}{{"many", contentType, picture}, {"many", "image/jpeg", []byte("\xff\xd8\xff broken")}, {"one", contentType, picture}} {
		req, err := http.NewRequest(http.MethodPost, s.url+"/v1/liveness", bytes.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", r.contentType)
		req.Header.Set("X-API-Key", s.keys[r.key])
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
}

// watcher is a Prometheus as a process of its own.
type watcher struct{ url string }

func startPrometheus(t *testing.T, prometheus, target string) watcher {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	config := fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: bonafide
    static_configs: [{targets: [%q]}]
`, root(t, "deploy/prometheus/rules.yaml"), target)
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(prometheus, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	var log programtest.Output
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("Prometheus ended with %v: %s", err, log.String())
		}
	})
	w := watcher{"http://" + address}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if resp, err := http.Get(w.url + "/-/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return w
			}
		}
	}
	t.Fatalf("Prometheus is not ready: %s", log.String())
	return w
}

// get asks Prometheus's API.
func (w watcher) get(t *testing.T, path string, into any) {
	t.Helper()
	resp, err := http.Get(w.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %s, %v", path, resp.StatusCode, raw, err)
	}
	if err := json.Unmarshal(raw, &struct{ Data any }{into}); err != nil {
		t.Fatalf("%s: %s: %v", path, raw, err)
	}
}

type sample struct{ Metric map[string]string }

func (w watcher) query(t *testing.T, expr string) []sample {
	t.Helper()
	var found struct{ Result []sample }
	w.get(t, "/api/v1/query?query="+url.QueryEscape(expr), &found)
	return found.Result
}

// names are those of all metrics that were seen.
func (w watcher) names(t *testing.T) []string {
	t.Helper()
	var names []string
	w.get(t, "/api/v1/label/__name__/values", &names)
	return names
}
