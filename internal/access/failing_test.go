package access

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that can't be read must not be replaced by one with the new key alone.
func TestADamagedFileIsLeftAsItIs(t *testing.T) {
	s := Store{Path: filepath.Join(t.TempDir(), FileName)}
	const damaged = `{"keys":[{"id":`
	if err := os.WriteFile(s.Path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	k, _ := generate(t, []Scope{Analyse}, Limits{})
	if err := s.Add(k); err == nil {
		t.Error("a key was added")
	}
	if err := s.Revoke(k.ID, noon); err == nil || strings.Contains(err.Error(), "no key with the id") {
		t.Errorf("revoked: %v", err)
	}
	if now, err := os.ReadFile(s.Path); err != nil || string(now) != damaged {
		t.Errorf("the file became %q, error %v", now, err)
	}
}

// deepest is a folder below dir that is so deep that a name of fewer than 16 bytes can be made in it, and none of over 31.
func deepest(t *testing.T, dir string) string {
	t.Helper()
	step := strings.Repeat("d", 15)
	for {
		next := filepath.Join(dir, step)
		if err := os.Mkdir(next, 0o700); err != nil {
			return filepath.Dir(dir)
		}
		dir = next
	}
}

// Who is told that a key was kept or revoked relies on it.
func TestAKeyThatCannotBeKeptIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"the folder is a file":         filepath.Join(file, FileName),
		"no lock can be made":          filepath.Join(t.TempDir(), strings.Repeat("k", 252)),
		"no room for the new contents": filepath.Join(deepest(t, t.TempDir()), FileName),
	} {
		k, _ := generate(t, []Scope{Analyse}, Limits{})
		if err := (Store{Path: path}).Add(k); err == nil || !strings.Contains(err.Error(), "keeping the API keys") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
