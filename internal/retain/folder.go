package retain

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
)

// Picture is a file of the folder.
type Picture struct {
	Name      string
	Time      time.Time // of the decision
	RequestID string
	Bytes     int64 // of the file
}

const (
	suffix  = ".age"
	partial = ".part"
	// stamp is a time as names have it: in UTC, and in the order of names.
	stamp = "20060102T150405.000Z"
)

// newName is a name that no other picture has.
func newName(at time.Time, requestID string) string {
	const unique = 8
	return at.UTC().Format(stamp) + "_" + rand.Text()[:unique] + "_" + requestID + suffix
}

// parseName returns what a name tells; ok is false for one that is no picture's.
func parseName(name string) (p Picture, ok bool) {
	rest, isPicture := strings.CutSuffix(name, suffix)
	parts := strings.SplitN(rest, "_", 3)
	if !isPicture || len(parts) != 3 {
		return Picture{}, false
	}
	at, err := time.Parse(stamp, parts[0])
	return Picture{Name: name, Time: at, RequestID: parts[2]}, err == nil
}

// List returns the pictures of a folder, oldest first. Whatever else lies there is left out.
func List(dir string) ([]Picture, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("retain: listing pictures: %w", err)
	}
	var pictures []Picture
	for _, e := range entries {
		p, ok := parseName(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) { // it expired meanwhile
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("retain: listing pictures: %w", err)
		}
		p.Bytes = info.Size()
		pictures = append(pictures, p)
	}
	slices.SortFunc(pictures, func(a, b Picture) int { return strings.Compare(a.Name, b.Name) })
	return pictures, nil
}

// Decrypt returns a picture's content as it was sent. An error tells a file that was changed or cut from one that the identities don't open.
func Decrypt(dir string, p Picture, identities []age.Identity) ([]byte, error) {
	f, err := os.Open(filepath.Join(dir, p.Name))
	if err != nil {
		return nil, fmt.Errorf("retain: opening a picture: %w", err)
	}
	defer f.Close()
	plain, err := age.Decrypt(f, identities...)
	if err != nil {
		return nil, fmt.Errorf("retain: decrypting %s: %w", p.Name, err)
	}
	content, err := io.ReadAll(plain)
	if err != nil {
		return nil, fmt.Errorf("retain: decrypting %s: %w", p.Name, err)
	}
	return content, nil
}

// Remove removes a picture.
func Remove(dir string, p Picture) error {
	if err := os.Remove(filepath.Join(dir, p.Name)); err != nil {
		return fmt.Errorf("retain: removing a picture: %w", err)
	}
	return syncDir(dir)
}

// write encrypts a picture into a new file, which has its name once it is whole and on the disk. It returns the file's size.
func write(dir, name string, content []byte, recipients []age.Recipient) (size int64, err error) {
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path+partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path+partial))
		}
	}()
	if err := errors.Join(encrypt(f, content, recipients), f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	info, err := os.Stat(path + partial)
	if err != nil {
		return 0, err
	}
	if err := os.Rename(path+partial, path); err != nil {
		return 0, err
	}
	return info.Size(), syncDir(dir)
}

func encrypt(w io.Writer, content []byte, recipients []age.Recipient) error {
	sealed, err := age.Encrypt(w, recipients...)
	if err != nil {
		return err
	}
	if _, err := sealed.Write(content); err != nil {
		return err
	}
	return sealed.Close()
}

// syncDir makes the names in a folder last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// removePartial removes what a process that was killed left half written.
func removePartial(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix+partial) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
