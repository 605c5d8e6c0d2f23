package auditsql

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
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
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	} else if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err != nil {
		return "", fmt.Errorf("making the file: %w", err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	query := fmt.Sprintf("_journal_mode=WAL&_synchronous=FULL&_busy_timeout=%d&_txlock=immediate", busyTimeout)
	source := url.URL{Scheme: "file", Path: absolute, RawQuery: query}
	return source.String(), nil
}
