package auditsql

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/audit"
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

// Nothing counts as written that went into a file that was removed.
func TestAppendFailsOnceTheFileIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	add := func(id string) error { return s.Append(t.Context(), []audit.Record{{ID: id}}) }
	if err := add("first"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := add("second"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "only a new start opens the one at "+path) {
		t.Errorf("without its file: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := add("second"); err == nil || !strings.Contains(err.Error(), "another is in its place") {
		t.Errorf("with another file: %v", err)
	}
	if err := os.Rename(path+".old", path); err != nil {
		t.Fatal(err)
	}
	if err := add("second"); err != nil {
		t.Errorf("with its file again: %v", err)
	}
}

// Another program's database stays as it is; an empty record is one.
func TestCheckFile(t *testing.T) {
	other, own := filepath.Join(t.TempDir(), "other.db"), filepath.Join(t.TempDir(), "own.db")
	db, err := sql.Open("sqlite3", other)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "CREATE TABLE recipes (name TEXT)")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckFile(t.Context(), other); err == nil || !strings.Contains(err.Error(), "no table audit_records") {
		t.Errorf("another program's database: %v", err)
	}
	if after, err := os.ReadFile(other); err != nil || !bytes.Equal(before, after) {
		t.Errorf("another program's database was changed (%v)", err)
	}
	s, err := Open(t.Context(), own)
	if err != nil {
		t.Fatal(err)
	}
	open := CheckFile(t.Context(), own)
	if err := errors.Join(open, s.Close(), CheckFile(t.Context(), own)); err != nil {
		t.Error(err)
	}
}

// TestSQLiteWaitsBriefly: a stop gives up on a file that is locked only once SQLite has done waiting for it.
func TestSQLiteWaitsBriefly(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "audit.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var milliseconds int
	if err := s.db.QueryRow("PRAGMA busy_timeout").Scan(&milliseconds); err != nil || milliseconds > 1000 {
		t.Errorf("SQLite waits for %d ms, error %v, wanted is a second at most", milliseconds, err)
	}
}

func TestPostgres(t *testing.T) { audittest.Run(t, opener(t, audittest.Postgres(t))) }

func opener(t *testing.T, target string) func() (audittest.Store, error) {
	return func() (audittest.Store, error) { return Open(t.Context(), target) }
}

func TestPasswordIsNotShown(t *testing.T) {
	for _, target := range []string{
		"postgres://u:secret@127.0.0.1:1/d", "postgres://127.0.0.1:1/d?user=u&password=secret", "postgres://u:secret@127.0.0.1:%zz/d",
		"postgres://127.0.0.1:1/d?user=u&password=secret;more", "postgres://127.0.0.1:1/d?user=u&password=secret%zz",
		"postgres://127.0.0.1:1/d?sslpassword=secret", "postgres://127.0.0.1:1/d?password=secret&sslmode=nonsense", "postgres://u:secret/more@h/d",
		"Postgres://u:secret@h/d", "mysql://u:secret@h/d", "postgress://h/d?PASSWORD=secret",
	} {
		_, err := Open(t.Context(), target)
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(Redact(target), "secret") {
			t.Errorf("%s: %v; redacted %s", target, err, Redact(target))
		}
	}
}

func TestTargets(t *testing.T) {
	for target, says := range map[string]string{
		"":                                   "",
		"audit.db":                           "",
		"/var/lib/a:b.db":                    "",
		"postgres://u@h/d":                   "",
		"postgresql://u:p%2Fw@h:5432/d?a=b":  "",
		"mysql://u:pw@h/d":                   "audit store mysql://u:xxxxx@h/d: allowed are sqlite, the path of a SQLite file, and postgres://…",
		"postgress://u@h/d":                  "allowed are sqlite",
		"POSTGRES://u@h/d":                   "allowed are sqlite",
		"postgres://u@h:bad/d":               "wanted is postgres://USER:PASSWORD@HOST:PORT/DATABASE",
		"postgres://u@h/d?a=b;c":             "what follows the ? can't be read",
		"postgres://u@h/d?sslmode=sometimes": "sslmode is invalid",
	} {
		err := Validate(target)
		if says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v, wanted is one with %q", target, err, says)
		}
	}
}
