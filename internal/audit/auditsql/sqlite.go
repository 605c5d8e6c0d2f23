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
)

// sqliteSource is how the driver is told to open the file at path, which is made if it is not there.
//
// With the write-ahead log, a record that Append has kept survives the end of the process, and with synchronous=FULL also a power
// cut; the export reads while the server writes.
func sqliteSource(path string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	} else if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err != nil {
		return "", fmt.Errorf("making the file: %w", err)
	}
	return sqliteURL(path, "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000&_txlock=immediate")
}

func sqliteURL(path, options string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	source := url.URL{Scheme: "file", Path: absolute, RawQuery: options}
	return source.String(), nil
}

// CheckFile returns an error unless the file at path is a SQLite database with audit records, or with the table for them. Unlike Open it changes
// nothing.
func CheckFile(ctx context.Context, path string) (err error) {
	source, err := sqliteURL(path, "mode=ro&_busy_timeout=10000")
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
	if err == nil && tables == 0 {
		err = errors.New("it has no table audit_records")
	}
	if err != nil {
		return fmt.Errorf("%s is no record of decisions: %w", path, err)
	}
	return nil
}
