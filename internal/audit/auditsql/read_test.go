package auditsql

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/audit"
	"github.com/bonafide-pad/bonafide/internal/audit/audittest"
)

// TestReadingNeedsTheRightToReadAlone: who exports the record need not be able to change it.
func TestReadingNeedsTheRightToReadAlone(t *testing.T) {
	target := audittest.Postgres(t)
	auditor := strings.Replace(target, "bonafide@", "auditor@", 1)
	s := opened(t, target)
	if _, err := s.db.ExecContext(t.Context(), "CREATE ROLE auditor LOGIN; GRANT SELECT ON audit_records TO auditor"); err != nil {
		t.Fatal(err)
	}
	wantRead(t, auditor)
}

func TestReadingASQLiteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.db")
	s := opened(t, path)
	wantRead(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantRead(t, path)
	if left, err := filepath.Glob(path + "-*"); err != nil || len(left) > 0 {
		t.Errorf("left behind are %q, error %v", left, err)
	}
}

// opened is a store with one record.
func opened(t *testing.T, target string) *Store {
	t.Helper()
	s, err := Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Append(t.Context(), []audit.Record{{ID: "one", Time: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	return s
}

// wantRead checks that the record is read, and that none can be added.
func wantRead(t *testing.T, target string) {
	t.Helper()
	s, err := OpenToRead(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var ids []string
	for record, err := range s.Since(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, record.ID)
	}
	if len(ids) != 1 || ids[0] != "one" {
		t.Errorf("read were the records %q", ids)
	}
	if err := s.Append(t.Context(), []audit.Record{{ID: "two"}}); err == nil {
		t.Error("a record was added")
	}
}
