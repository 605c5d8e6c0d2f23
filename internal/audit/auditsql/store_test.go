package auditsql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/audit/audittest"
)

func TestSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "a?b#c%41.db")
	audittest.Run(t, opener(t, path))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, wanted is that only its owner reads it", info.Mode())
	}
}

func TestPostgres(t *testing.T) { audittest.Run(t, opener(t, audittest.Postgres(t))) }

func opener(t *testing.T, target string) func() (audittest.Store, error) {
	return func() (audittest.Store, error) { return Open(t.Context(), target) }
}

func TestPasswordIsNotShown(t *testing.T) {
	for _, target := range []string{
		"postgres://u:secret@127.0.0.1:1/d", "postgres://127.0.0.1:1/d?user=u&password=secret", "postgres://u:secret@127.0.0.1:%zz/d",
	} {
		_, err := Open(t.Context(), target)
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(Redact(target), "secret") {
			t.Errorf("%s: %v; redacted %s", target, err, Redact(target))
		}
	}
}
