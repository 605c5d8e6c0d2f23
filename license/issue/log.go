package issue

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/bonafide-pad/bonafide/license"
)

// Record is one line of the issue log. It holds a licence's claims and not its
// token, so that the log opens nothing.
type Record struct {
	Time    time.Time       `json:"time"`
	Issuer  string          `json:"issuer"`           // the public key
	Renews  string          `json:"renews,omitempty"` // id of the licence before
	License json.RawMessage `json:"license"`          // the claims, as in the token
}

// NewRecord describes a licence that the key is about to sign. Renews is the id
// of the licence it follows, or empty.
func NewRecord(key PrivateKey, l license.License, renews string) (Record, error) {
	claims, err := license.MarshalClaims(l)
	if err != nil {
		return Record{}, fmt.Errorf("record licence: %w", err)
	}
	return Record{Time: l.Issued, Issuer: key.Public().String(), Renews: renews, License: claims}, nil
}

// AppendLog adds records to a log of JSON lines, made with mode 0600 when it is
// not there, and returns once they are on disk. Write the record first and hand
// out the token then: no licence is in the field that the log does not know.
func AppendLog(path string, records ...Record) error {
	var lines []byte
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("issue log: %w", err)
		}
		lines = append(append(lines, line...), '\n')
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("issue log: %w", err)
	}
	if err := errors.Join(appendWhole(f, lines), f.Close()); err != nil {
		return fmt.Errorf("issue log: %w", err)
	}
	return nil
}

// appendWhole adds lines behind the last whole one: what a disk that was full has left of an earlier line gets an end, so that it takes no line with
// it, and what can't be written whole is taken back.
func appendWhole(f *os.File, lines []byte) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	last := []byte{'\n'}
	if size > 0 {
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
	}
	if last[0] != '\n' {
		lines = append([]byte{'\n'}, lines...)
	}
	if _, err := f.Write(lines); err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	return f.Sync()
}
