// Package retain keeps the pictures that decisions were made on, encrypted and for a bounded time, for operators who must keep them.
//
// Pictures are encrypted with age to public keys. The server never has the secret to them: it can't read what it wrote, and neither can who
// takes the folder.
//
// # The promise
//
// Keeping a picture never makes an answer wait or fail. A [Keeper] copies pictures into a buffer of bounded size and writes them soon
// afterwards, one after another. A picture is dropped, and counted, when the buffer or the folder's quota is full or when writing it fails.
//
// A picture that was counted as written is on the disk for good: the file is synced before it gets its name, and the folder after. A process
// that is killed loses at most what was in the buffer and leaves at most one file that is half written: ciphertext under a name that
// lists as no picture, which the next Open removes. No plaintext ever touches the disk.
//
// Files older than Config.Keep, by the time in their names, are removed at Open and from then on at least every ten minutes.
package retain

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"filippo.io/age"
)

// Config says what is kept and where.
type Config struct {
	// Dir is the folder. It is made where it isn't there, and belongs to one Keeper at a time.
	Dir string
	// Recipients are the public keys that pictures are encrypted to; each one's secret opens them.
	Recipients []age.Recipient
	// Keep is how long a picture is kept, over 0.
	Keep time.Duration
	// Quota bounds the bytes of all files together, over 0. Beyond it new pictures are dropped; what encryption adds to the last one, some hundred bytes
	// for each recipient, may go over it.
	Quota int64
	// Buffer bounds the bytes of the pictures that wait for a decision or to be written, over 0.
	Buffer int64
	// Log gets what goes wrong.
	Log *slog.Logger
}

// Validate names the first setting that is out of its range.
func (c Config) Validate() error {
	switch {
	case c.Dir == "":
		return errors.New("retain: no folder is named")
	case len(c.Recipients) == 0:
		return errors.New("retain: no public key is named")
	case c.Keep <= 0:
		return fmt.Errorf("retain: pictures are kept for %v, allowed is more than 0", c.Keep)
	case c.Quota <= 0:
		return fmt.Errorf("retain: the quota is %d bytes, allowed is 1 and more", c.Quota)
	case c.Buffer <= 0:
		return fmt.Errorf("retain: the buffer is %d bytes, allowed is 1 and more", c.Buffer)
	}
	return nil
}

// maxKeyFile is more than any file of keys holds, in bytes.
const maxKeyFile = 64 << 10

// ReadRecipients takes a public key as it is (age1…), or reads those of a file, one a line.
func ReadRecipients(keyOrFile string) ([]age.Recipient, error) {
	text := keyOrFile
	if !strings.HasPrefix(keyOrFile, "age1") {
		content, err := readKeyFile(keyOrFile)
		if err != nil {
			return nil, fmt.Errorf("retain: reading public keys: %w (a key would start with age1)", err)
		}
		text = content
	}
	if strings.Contains(text, "AGE-SECRET-KEY-") {
		return nil, errors.New("retain: that is a secret key; the server must have the public key alone, which starts with age1")
	}
	recipients, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("retain: reading public keys: %w", err)
	}
	return recipients, nil
}

// ReadIdentities reads the secret keys of a file.
func ReadIdentities(path string) ([]age.Identity, error) {
	content, err := readKeyFile(path)
	if err != nil {
		return nil, fmt.Errorf("retain: reading secret keys: %w", err)
	}
	identities, err := age.ParseIdentities(strings.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("retain: reading secret keys: %s: %w", path, err)
	}
	return identities, nil
}

func readKeyFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(content) > maxKeyFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxKeyFile)
	}
	return string(content), err
}

// Stats are counts since the Keeper was opened, and what it holds now.
type Stats struct {
	Written, Dropped, Expired uint64
	Buffered                  int64 // bytes waiting for a decision or to be written
	Kept                      int64 // bytes in the folder
}
