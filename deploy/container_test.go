package deploy_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// container runs an image's root file system as an OCI runtime does: read-only, with no capabilities, and with one folder to write to.
// It shares the host's network.
type container struct {
	runtime, state, id string
	data               string // the volume, on this machine
	config             imageConfig
	log                programtest.Output
	ended              chan error
}

const imageUID = 10001

// start starts the image's own command with further environment variables.
func start(t *testing.T, rootFS string, config imageConfig, env ...string) *container {
	t.Helper()
	c := &container{
		runtime: need(t, "runc", "runc", "crun"), state: t.TempDir(), id: "bonafide-check-" + filepath.Base(t.TempDir()),
		data: t.TempDir(), config: config, ended: make(chan error, 1),
	}
	c.id = strings.Map(func(r rune) rune {
		if r == '/' {
			return '-'
		}
		return r
	}, c.id)
	if err := os.Chown(c.data, imageUID, imageUID); err != nil {
		t.Fatal(err)
	}
	bundle := t.TempDir()
	c.writeSpec(t, bundle, rootFS, env)
	run := exec.Command(c.runtime, "--root", c.state, "run", "--bundle", bundle, c.id)
	run.Stdout, run.Stderr = &c.log, &c.log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.ended <- run.Wait() }()
	t.Cleanup(func() {
		// It may have ended and be gone already.
		_ = exec.Command(c.runtime, "--root", c.state, "delete", "--force", c.id).Run()
		if t.Failed() {
			t.Logf("the container's log: %s", c.log.String())
		}
	})
	return c
}

// writeSpec writes the runtime's own default specification, changed to what is wanted here.
func (c *container) writeSpec(t *testing.T, bundle, rootFS string, env []string) {
	t.Helper()
	output(t, c.runtime, "spec", "--bundle", bundle)
	path := filepath.Join(bundle, "config.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var spec map[string]any
	if err := json.Unmarshal(raw, &spec); err != nil {
		t.Fatal(err)
	}
	spec["root"] = map[string]any{"path": rootFS, "readonly": true}
	spec["process"] = map[string]any{
		"user": map[string]any{"uid": imageUID, "gid": imageUID},
		"args": append(append([]string{}, c.config.Entrypoint...), c.config.Cmd...),
		"env":  append(append([]string{}, c.config.Env...), env...), "cwd": c.config.WorkingDir,
		"capabilities": map[string]any{}, "noNewPrivileges": true,
	}
	mounts := spec["mounts"].([]any)
	for volume := range c.config.Volumes {
		mounts = append(mounts, map[string]any{
			"destination": volume, "type": "bind", "source": c.data, "options": []string{"rbind", "rw", "nosuid", "nodev", "noexec"}})
	}
	spec["mounts"] = mounts
	linux := spec["linux"].(map[string]any)
	linux["namespaces"] = []map[string]any{{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}}
	if raw, err = json.Marshal(spec); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// exec runs a command inside.
func (c *container) exec(args ...string) (string, error) {
	out, err := exec.Command(c.runtime, append([]string{"--root", c.state, "exec", c.id}, args...)...).CombinedOutput()
	return string(out), err
}

func (c *container) signal(t *testing.T, name string) {
	t.Helper()
	output(t, c.runtime, "--root", c.state, "kill", c.id, name)
}

// wait waits for the container's end.
func (c *container) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-c.ended:
		return err
	case <-time.After(time.Minute):
		t.Fatal("the container did not end")
		return nil
	}
}
