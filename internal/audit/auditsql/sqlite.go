package auditsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/bonafide-pad/bonafide/internal/whole"
)

// busyTimeout is how many milliseconds SQLite waits for another process that has the file locked. It can't be broken off, so that a stop may take as
// much longer than it should; a Log tries again anyway.
const busyTimeout = 1000

// sqliteSource is how the driver is told to open the file at path, which is made if it is not there.
//
// With the write-ahead log, a record that Append has kept survives the end of the process, and with synchronous=FULL also a power
// cut; the export reads while the server writes.
func sqliteSource(path string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	if err := whole.CreateState(path, 0o600, filepath.Dir(path)); err != nil {
		return "", fmt.Errorf("making the file: %w", err)
	}
	return sqliteURL(path, fmt.Sprintf("_journal_mode=WAL&_synchronous=FULL&_busy_timeout=%d&_txlock=immediate", busyTimeout))
}

// sqliteToRead is how the driver is told to open the file at path, which must be there, for statements that change nothing. With mode=ro SQLite would
// leave the files of its write-ahead log behind.
func sqliteToRead(path string) (string, error) {
	return sqliteURL(path, fmt.Sprintf("mode=rw&_query_only=true&_busy_timeout=%d", busyTimeout))
}

func sqliteURL(path, options string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	source := url.URL{Scheme: "file", Path: absolute, RawQuery: options}
	return source.String(), nil
}

// openFile is a database file as it was when it was opened.
type openFile struct {
	path string
	info fs.FileInfo
}

func newOpenFile(path string) (*openFile, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(absolute)
	return &openFile{absolute, info}, err
}

// stillThere returns an error once the file is no longer at its path: SQLite goes on writing to what nobody can open any more. nil, for a
// database that is no file, is always there.
func (f *openFile) stillThere() error {
	if f == nil {
		return nil
	}
	now, err := os.Stat(f.path)
	if err == nil && !os.SameFile(now, f.info) {
		err = errors.New("another is in its place")
	}
	if err != nil {
		return fmt.Errorf("the open file was removed, and only a new start opens the one at %s: %w", f.path, err)
	}
	return nil
}

// CheckFile returns an error unless the file at path is a SQLite database with audit records, or with the table for them. Unlike Open it changes
// nothing.
func CheckFile(ctx context.Context, path string) (err error) {
	source, err := sqliteURL(path, fmt.Sprintf("mode=ro&_busy_timeout=%d", busyTimeout))
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", source)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var tables int
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'audit_records'").Scan(&tables)
	if err != nil {
		return fmt.Errorf("reading %s as a record of decisions: %w", path, err)
	}
	if tables == 0 {
		return fmt.Errorf("%s is no record of decisions: it has no table audit_records", path)
	}
	return nil
}
