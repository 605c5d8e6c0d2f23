package auditsql

import (
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
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	source := url.URL{Scheme: "file", Path: absolute, RawQuery: "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000&_txlock=immediate"}
	return source.String(), nil
}
