package issue_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

const here, elsewhere = "GKGR-T7G5-NVVH-CE1D", "FGEB-ZMD5-S6WX-9ZCT"

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func terms() license.License {
	return license.License{Customer: "Example Ltd", Machines: []string{here}, Expires: now.AddDate(1, 0, 0), GraceDays: 14}
}

func TestIssuedLicenseVerifies(t *testing.T) {
	key := issue.GenerateKey()
	l, err := issue.New(terms(), now)
	if err != nil {
		t.Fatal(err)
	}
	token, err := key.Sign(l)
	if err != nil {
		t.Fatal(err)
	}
	got, err := license.Verify(token, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(l, got); diff != "" {
		t.Errorf("(-issued +verified):\n%s", diff)
	}
	if _, err := license.Verify(token, issue.GenerateKey().Public()); !errors.Is(err, license.ErrSignature) {
		t.Errorf("under another key: %v, want %v", err, license.ErrSignature)
	}
}

func TestNewReadsMachinesAsTyped(t *testing.T) {
	in := terms()
	in.Machines = []string{"gkgr t7g5 nvvh cei d", elsewhere, here}
	l, err := issue.New(in, now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{elsewhere, here}, l.Machines); diff != "" {
		t.Errorf("machines (-want +got):\n%s", diff)
	}
	in.Machines = []string{"GKGR-T7G5-NVVH-CE1F"}
	if _, err := issue.New(in, now); err == nil || !strings.Contains(err.Error(), "mistyped") {
		t.Errorf("a mistyped code: %v, want an error that says so", err)
	}
	in.Machines = []string{"*"}
	if l, err := issue.New(in, now); err != nil || l.Machines[0] != license.AnyMachine {
		t.Errorf("any machine: %v, %v", l.Machines, err)
	}
}

func TestIdsDiffer(t *testing.T) {
	a, errA := issue.New(terms(), now)
	b, errB := issue.New(terms(), now)
	if errA != nil || errB != nil || a.ID == b.ID || a.ID == "" {
		t.Errorf("ids %q (%v) and %q (%v)", a.ID, errA, b.ID, errB)
	}
}

func TestRenewKeepsTheTerms(t *testing.T) {
	old := terms()
	old.Features = []string{"kiosk"}
	old.NotBefore = now.AddDate(0, 1, 0)
	old, err := issue.New(old, now)
	if err != nil {
		t.Fatal(err)
	}
	later := now.AddDate(0, 11, 0)
	renewed, err := issue.Renew(old, later.AddDate(1, 0, 0), later)
	if err != nil {
		t.Fatal(err)
	}
	want := old
	want.ID, want.Issued, want.NotBefore, want.Expires = renewed.ID, later, time.Time{}, later.AddDate(1, 0, 0)
	if diff := cmp.Diff(want, renewed); diff != "" || renewed.ID == old.ID {
		t.Errorf("id %s after %s (-want +got):\n%s", renewed.ID, old.ID, diff)
	}
}

func TestKeyFile(t *testing.T) {
	for name, passphrase := range map[string]string{"plain": "", "encrypted": "correct horse"} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && passphrase != "" {
				t.Skip("a passphrase takes long on purpose, and far longer under the race detector")
			}
			path := filepath.Join(t.TempDir(), "issuer.key")
			key := issue.GenerateKey()
			if err := issue.WriteKeyFile(path, key, passphrase); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
			}
			asked := false
			got, err := issue.ReadKeyFile(path, func() (string, error) { asked = true; return passphrase, nil })
			if err != nil {
				t.Fatal(err)
			}
			if got.Public().String() != key.Public().String() {
				t.Error("another key came back")
			}
			if asked != (passphrase != "") {
				t.Errorf("passphrase asked for: %v", asked)
			}
			checkSecretHidden(t, path, passphrase != "")
			if passphrase != "" {
				checkLocked(t, path)
			}
			if err := issue.WriteKeyFile(path, issue.GenerateKey(), ""); !errors.Is(err, os.ErrExist) {
				t.Errorf("writing over a key: %v, want %v", err, os.ErrExist)
			}
		})
	}
}

func checkSecretHidden(t *testing.T, path string, want bool) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if hidden := !bytes.Contains(content, []byte("k4.secret.")); hidden != want {
		t.Errorf("secret hidden: %v, want %v", hidden, want)
	}
}

func checkLocked(t *testing.T, path string) {
	t.Helper()
	if _, err := issue.ReadKeyFile(path, func() (string, error) { return "wrong", nil }); !errors.Is(err, issue.ErrPassphrase) {
		t.Errorf("wrong passphrase: %v, want %v", err, issue.ErrPassphrase)
	}
	nobody := errors.New("nobody to ask")
	if _, err := issue.ReadKeyFile(path, func() (string, error) { return "", nobody }); !errors.Is(err, nobody) {
		t.Errorf("no passphrase: %v, want %v", err, nobody)
	}
}

func TestReadKeyFileRefuses(t *testing.T) {
	wrong := func() (string, error) { return "wrong", nil }
	for name, content := range map[string]string{
		"empty":               "",
		"public key":          issue.GenerateKey().Public().String(),
		"two keys":            "k4.secret.AA\nk4.secret.AA\n",
		"short":               "k4.secret.AAAA",
		"halves of two pairs": "k4.secret." + strings.Repeat("A", 86),
		"not base64":          "k4.secret.!!!",
		"cut armour":          "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "issuer.key")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := issue.ReadKeyFile(path, wrong); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with the file's name", err)
			}
		})
	}
	if _, err := issue.ReadKeyFile(t.TempDir(), wrong); err == nil {
		t.Error("a directory was read as a key")
	}
}

func TestLogHoldsClaimsAndNoToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "issued.jsonl")
	key := issue.GenerateKey()
	first, err := issue.New(terms(), now)
	if err != nil {
		t.Fatal(err)
	}
	second, err := issue.Renew(first, now.AddDate(2, 0, 0), now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range []struct {
		l      license.License
		renews string
	}{{first, ""}, {second, first.ID}} {
		r, err := issue.NewRecord(key, entry.l, entry.renews)
		if err != nil {
			t.Fatal(err)
		}
		if err := issue.AppendLog(path, r); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	records := readLog(t, path)
	if len(records) != 2 || records[1].Renews != first.ID || records[0].Issuer != key.Public().String() {
		t.Errorf("records %+v", records)
	}
	var claims struct {
		ID       string `json:"jti"`
		Customer string `json:"sub"`
	}
	if err := json.Unmarshal(records[1].License, &claims); err != nil || claims.ID != second.ID || claims.Customer != "Example Ltd" {
		t.Errorf("claims %+v, %v", claims, err)
	}
}

// TestATornLineTakesNoOtherWithIt: a disk that was full leaves half a line.
func TestATornLineTakesNoOtherWithIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "issued.jsonl")
	if err := os.WriteFile(path, []byte(`{"time":"2026-0`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := issue.New(terms(), now)
	if err != nil {
		t.Fatal(err)
	}
	record, err := issue.NewRecord(issue.GenerateKey(), l, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := issue.AppendLog(path, record); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	torn, whole, _ := strings.Cut(string(content), "\n")
	var back issue.Record
	if err := json.Unmarshal([]byte(whole), &back); err != nil || torn != `{"time":"2026-0` || back.Issuer != record.Issuer {
		t.Errorf("the log holds %q: %v", content, err)
	}
}

func readLog(t *testing.T, path string) []issue.Record {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var records []issue.Record
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.Contains(lines.Text(), "v4.public.") {
			t.Errorf("the log holds a token: %s", lines.Text())
		}
		var r issue.Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

func TestAPrivateKeyIsNeverShown(t *testing.T) {
	key := issue.GenerateKey()
	want := "private key of " + key.Public().String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if got := fmt.Sprintf(verb, key); got != want {
			t.Errorf("%s shows %d characters beside the public key", verb, len(got))
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("made", "key", key, "keys", []issue.PrivateKey{key})
	if strings.Count(log.String(), want) != 2 {
		t.Errorf("the log shows %d characters", log.Len())
	}
}

func TestTheZeroPrivateKeySignsNone(t *testing.T) {
	l, err := issue.New(terms(), now)
	if err != nil {
		t.Fatal(err)
	}
	if token, err := (issue.PrivateKey{}).Sign(l); err == nil {
		t.Errorf("it signed %s", token)
	}
	if got := fmt.Sprint(issue.PrivateKey{}); got != "private key of nobody" {
		t.Errorf("it shows as %q", got)
	}
}

func TestSignRefusesWhatServersWouldRefuse(t *testing.T) {
	key := issue.GenerateKey()
	if _, err := key.Sign(terms()); err == nil || !strings.Contains(err.Error(), "id (jti)") {
		t.Errorf("no id: %v", err)
	}
	l, err := issue.New(terms(), now)
	if err != nil {
		t.Fatal(err)
	}
	for len(l.Machines) < 3000 {
		l.Machines = append(l.Machines, here)
	}
	if _, err := key.Sign(l); err == nil || !strings.Contains(err.Error(), "name fewer machines") {
		t.Errorf("too many machines: %v", err)
	}
}
