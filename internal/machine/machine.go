// Package machine tells which machine this is, as a code that can be read out
// and that gives nothing away.
//
// The code is derived by HMAC-SHA-256 under a fixed name of ours, the way
// machine-id(5) asks of applications, so neither the machine's id nor anything
// about its owner can be got back from it. Where the identity comes from, in
// this order:
//
//   - the host's machine id, /etc/machine-id, made once when the system is
//     installed. It stays through reboots and upgrades;
//   - where that file is absent, empty or says "uninitialized", as in many
//     containers: a random seed, kept as machine.seed in the data directory. The
//     code then lasts as long as the volume that holds the directory.
//
// The boot id is never used: it changes at every start.
//
// # The seed file
//
// machine.seed is text of two lines, "bonafide machine seed 1 HEX" with 32
// random bytes, and "born N" with the file's own birth time in nanoseconds, 0
// where the file system keeps none. A copy of the file is born at another time,
// and a copied seed makes another code: a data directory taken to a second
// machine does not take the identity along. On a file system without birth
// times a copied seed cannot be told from the first.
package machine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/bonafide-pad/bonafide/license/machinecode"
)

// DefaultIDFile is where a Linux system keeps its machine id.
const DefaultIDFile = "/etc/machine-id"

// The names under which codes are derived. Changing one changes every code made
// so far, and so voids every licence.
const (
	idFileLabel = "bonafide machine code 1: machine id"
	seedLabel   = "bonafide machine code 1: seed"
)

// maxIDFile is more than any machine-id file holds, in bytes.
const maxIDFile = 1 << 10

// Source says where a machine's identity is read from.
type Source struct {
	IDFile  string // the host's machine id; used when the file is there and filled
	DataDir string // keeps the seed otherwise; created when needed
}

// Code is the code of the machine that s describes.
func (s Source) Code() (string, error) {
	id, err := readID(s.IDFile)
	if err != nil {
		return "", fmt.Errorf("read the machine id: %w", err)
	}
	if id != nil {
		return derive(idFileLabel, id), nil
	}
	seed, err := identitySeed(s.DataDir)
	if err != nil {
		return "", fmt.Errorf("keep a machine seed in place of %s: %w", s.IDFile, err)
	}
	return derive(seedLabel, seed), nil
}

func derive(label string, secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(label))
	return machinecode.New(mac.Sum(nil))
}

// readID is the id in a machine-id(5) file, or nil where there is none. A file
// that holds anything else is an error, not a reason to use a seed: the code
// would change once the file is mended.
func readID(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxIDFile))
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(string(raw))
	if text == "" || text == "uninitialized" {
		return nil, nil
	}
	id, err := hex.DecodeString(text)
	if err != nil || len(id) != 16 {
		return nil, fmt.Errorf("%s holds no machine id: want 32 hexadecimal digits", path)
	}
	if allZero(id) {
		return nil, fmt.Errorf("%s holds no machine id: it is all zeros", path)
	}
	return id, nil
}

func allZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}
