package issue

import (
	"encoding/json"
	"errors"
	"fmt"
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
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("issue log: %w", err)
	}
	_, err = f.Write(lines)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("issue log: %w", err)
	}
	return nil
}
