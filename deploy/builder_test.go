package deploy_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

// need returns the first of the given programs that is installed. The test fails where there is none, naming the Debian package.
func need(t *testing.T, debianPackage string, programs ...string) string {
	t.Helper()
	for _, p := range programs {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	t.Fatalf("MISSING: %s; on Debian: apt-get install buildah mmdebstrap runc nodejs npm (%s has it)", strings.Join(programs, " or "), debianPackage)
	return ""
}

// output runs a program and returns what it prints, without the line's end.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	var failed strings.Builder
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", filepath.Base(program), strings.Join(args, " "), err, failed.String())
	}
	return strings.TrimSpace(string(out))
}

// builder builds images with buildah, in a storage of its own that goes with the test.
type builder struct {
	program, mmdebstrap string
	work                string
	storage             []string
}

func newBuilder(t *testing.T) *builder {
	t.Helper()
	b := &builder{program: need(t, "buildah", "buildah"), mmdebstrap: need(t, "mmdebstrap", "mmdebstrap"), work: t.TempDir()}
	if os.Geteuid() != 0 {
		t.Fatal("MISSING: root. The check makes the root file systems of images")
	}
	b.storage = []string{"--root", filepath.Join(b.work, "storage"), "--runroot", filepath.Join(b.work, "run"), "--storage-driver", "overlay"}
	for _, name := range []string{"tmp", "storage", "run"} {
		if err := os.Mkdir(filepath.Join(b.work, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", filepath.Join(b.work, "tmp")) // buildah's caches lie there
	t.Cleanup(func() {
		b.run(t, "umount", "--all")
		b.run(t, "rm", "--all")
	})
	return b
}

func (b *builder) run(t *testing.T, args ...string) string {
	t.Helper()
	return output(t, b.program, append(append([]string{}, b.storage...), args...)...)
}

// bases makes the images that the Dockerfile builds on, under their names, as no registry is asked: Debian by mmdebstrap; the other two
// are Debian with this machine's Go, or its Node.js.
func (b *builder) bases(t *testing.T) {
	t.Helper()
	names := baseImages(t)
	tarball := filepath.Join(b.work, "debian.tar")
	suite := regexp.MustCompile(`:(\w+)`).FindStringSubmatch(names["RUNTIME_IMAGE"])[1]
	output(t, b.mmdebstrap, "--variant=minbase", suite, tarball)
	b.run(t, "from", "--name", "debian", "scratch")
	b.run(t, "add", "debian", tarball, "/")
	b.run(t, "commit", "debian", names["RUNTIME_IMAGE"])
	if err := os.Remove(tarball); err != nil {
		t.Fatal(err)
	}
	b.derive(t, names["RUNTIME_IMAGE"], names["GO_IMAGE"], map[string]string{"/usr/local/go": output(t, "go", "env", "GOROOT")})
	b.derive(t, names["RUNTIME_IMAGE"], names["NODE_IMAGE"], map[string]string{
		"/usr/local/bin/node":             need(t, "nodejs", "node"),
		"/usr/local/lib/node_modules/npm": filepath.Join(output(t, need(t, "npm", "npm"), "root", "--global"), "npm"),
	})
}

// derive makes an image out of another by copying files of this machine into it.
func (b *builder) derive(t *testing.T, from, to string, files map[string]string) {
	t.Helper()
	container := b.run(t, "from", "--pull-never", from)
	for inside, outside := range files {
		b.run(t, "copy", container, outside, inside)
	}
	b.run(t, "config", "--env", "PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", container)
	b.run(t, "commit", container, to)
	b.run(t, "rm", container)
}

// baseImages are the Dockerfile's default images by the names of their arguments.
func baseImages(t *testing.T) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^ARG (\w+_IMAGE)=(\S+)$`).FindAllStringSubmatch(file(t, "Dockerfile"), -1) {
		names[found[1]] = "docker.io/library/" + found[2]
	}
	if len(names) != 3 {
		t.Fatalf("the Dockerfile names the images %v, wanted are 3", names)
	}
	return names
}

// file is the content of a file of the module.
func file(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(catalogtest.Root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// certificates are those that this machine trusts; networks that aren't in models/ are fetched with them.
const certificates = "/etc/ssl/certs/ca-certificates.crt"

// build builds the Dockerfile. The Go modules come from this machine's cache, so that nothing need be known of where else they are.
func (b *builder) build(t *testing.T, tag string) {
	t.Helper()
	modules := filepath.Join(output(t, "go", "env", "GOMODCACHE"), "cache", "download")
	args := []string{"build", "--isolation", "chroot", "--format", "docker", "--pull-never", "--tag", tag,
		"--volume", modules + ":/modules:ro", "--build-arg", "GOPROXY=file:///modules"}
	if _, err := os.Stat(certificates); err == nil {
		args = append(args, "--secret", "id=ca,src="+certificates)
	}
	b.run(t, append(args, catalogtest.Root(t))...)
}

// imageConfig is what an image says of itself.
type imageConfig struct {
	User, WorkingDir, StopSignal string
	Env, Entrypoint, Cmd         []string
	Volumes, ExposedPorts        map[string]struct{}
	Healthcheck                  struct{ Test []string }
}

func (b *builder) config(t *testing.T, tag string) imageConfig {
	t.Helper()
	var inspected struct{ Docker struct{ Config imageConfig } }
	if err := json.Unmarshal([]byte(b.run(t, "inspect", "--type", "image", tag)), &inspected); err != nil {
		t.Fatal(err)
	}
	return inspected.Docker.Config
}

// rootFS mounts the file system of a new container of the image.
func (b *builder) rootFS(t *testing.T, tag string) string {
	t.Helper()
	return b.run(t, "mount", b.run(t, "from", "--pull-never", tag))
}
