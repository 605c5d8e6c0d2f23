package activation_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/license"
)

// The environment of the process that TestKillLeavesAWholeLicense kills.
const (
	crashDir    = "BONAFIDE_TEST_CRASH_DIR"
	crashIssuer = "BONAFIDE_TEST_CRASH_ISSUER"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Fprintln(os.Stderr, activateForEver(dir, os.Getenv(crashIssuer)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// activateForEver activates the licences on standard input in turn, until it is
// killed.
func activateForEver(dir, issuer string) error {
	keys, err := license.ParsePublicKeys(issuer)
	if err != nil {
		return err
	}
	now := func() time.Time { return issued }
	k, err := activation.Open(activation.Config{Issuers: keys, DataDir: dir, Machine: here, Now: now})
	if err != nil {
		return err
	}
	var tokens []string
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		tokens = append(tokens, in.Text())
	}
	for i := 0; ; i++ {
		if err := k.Activate(tokens[i%len(tokens)]); err != nil {
			return err
		}
	}
}

// A power cut while a licence is being replaced leaves the old or the new one:
// a process that does nothing else is killed until it has died several times
// between writing the file and renaming it.
func TestKillLeavesAWholeLicense(t *testing.T) {
	const wantBetween, maxKills = 3, 400
	b := newSite(t)
	b.mustActivate(b.open(), b.token(nil))
	between := 0
	for kill := 0; kill < maxKills && between < wantBetween; kill++ {
		killDuringActivation(t, b)
		if _, err := os.Stat(b.path("license.txt.new")); err == nil {
			between++
		}
		b.wantStatus(b.open(), activation.Success)
		if t.Failed() {
			return
		}
	}
	if between < wantBetween {
		t.Errorf("died between write and rename %d times in %d kills, want %d", between, maxKills, wantBetween)
	}
	b.mustActivate(b.open(), b.token(nil)) // what was left behind is in nobody's way
	if left, err := filepath.Glob(b.path("*.new")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// killDuringActivation starts the activating process and kills it as soon as a
// file waits to be renamed.
func killDuringActivation(t *testing.T, b *site) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+b.dir, crashIssuer+"="+b.key.Public().String())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(b.path("license.txt.new")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	fmt.Fprintln(in, b.token(nil))
	fmt.Fprintln(in, b.token(func(l *license.License) { l.Customer = "Another Ltd, with a longer name" }))
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if _, err := os.Stat(b.path("license.txt.new")); err == nil {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if state, err := cmd.Process.Wait(); err != nil || state.Exited() {
		t.Fatalf("it ended by itself: %v, %v", state, err)
	}
}
