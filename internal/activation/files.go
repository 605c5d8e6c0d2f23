package activation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/bonafide-pad/bonafide/internal/whole"
	"github.com/bonafide-pad/bonafide/license"
)

const (
	licenseName = "license.txt"
	ledgerName  = "license.state"
	lockName    = "license.lock"

	// maxLicenseFile leaves room for white space around the longest token.
	maxLicenseFile = license.MaxTokenLen + 1<<10
)

func (k *Keeper) licensePath() string { return filepath.Join(k.cfg.DataDir, licenseName) }
func (k *Keeper) ledgerPath() string  { return filepath.Join(k.cfg.DataDir, ledgerName) }

// lock keeps other processes off the files until the function it returns is
// called. A process that dies lets go of it.
func (k *Keeper) lock() (unlock func(), err error) {
	if err := os.MkdirAll(k.cfg.DataDir, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(k.cfg.DataDir, lockName)
	if err := whole.CreateState(path, 0o600, k.cfg.DataDir); err != nil {
		return nil, err
	}
	f, err := lockedfile.OpenFile(path, os.O_RDWR, 0) // it is there, and where a link is that leads to nothing, nothing is made
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// keepLicense writes an accepted licence to license.txt. Call it with mu held.
func (k *Keeper) keepLicense(token string) error {
	unlock, err := k.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := replaceFile(k.licensePath(), []byte(strings.TrimSpace(token)+"\n"), 0o644); err != nil {
		return err
	}
	k.read = markFile(k.licensePath())
	return nil
}

// saveLedger writes the high-water mark and the day's count to disk, joined with
// what another process may have written meanwhile. Failing to is logged and no
// reason to stop: the data directory may be mounted read-only on purpose. Call it
// with mu held.
func (k *Keeper) saveLedger(now time.Time) {
	if err := k.trySaveLedger(now); err != nil {
		k.cfg.Log.Warn("licence state cannot be kept; after a restart the day's count starts anew", "err", err)
	}
}

func (k *Keeper) trySaveLedger(now time.Time) error {
	unlock, err := k.lock()
	if err != nil {
		return err
	}
	defer unlock()
	onDisk, err := readLedger(k.ledgerPath())
	if err != nil {
		k.cfg.Log.Warn("licence state is replaced", "err", err)
	}
	next := k.ledger.merge(onDisk).seen(now)
	k.usage.settle(&next, onDisk)
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := swapFile(k.ledgerPath(), append(raw, '\n'), 0o600); err != nil {
		return err // and what is on disk is as it was
	}
	k.ledger = next
	k.usage.written(next)
	return syncFolder(k.cfg.DataDir)
}

// replaceFile puts content at path so that whoever reads it, also after a power
// cut, finds the old content or the new and nothing in between. Call it with the
// lock held: the new content waits in one file beside it.
func replaceFile(path string, content []byte, mode os.FileMode) error {
	if err := swapFile(path, content, mode); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// swapFile is replaceFile without the promise that the new content outlives a
// power cut. When it fails, the old content is there. Unlike whole.Write it
// follows no link and writes into no pipe that somebody has put at path.
func swapFile(path string, content []byte, mode os.FileMode) error {
	waiting := path + ".new"
	if left, err := os.Lstat(waiting); err == nil && !left.IsDir() { // a process died, or somebody put a link there for root to write to
		if err := os.Remove(waiting); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(waiting, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	whole.Entrust(f, filepath.Dir(path))
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(waiting, path)
}

// syncFolder makes what was renamed in a folder outlive a power cut.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// readLicense is the token in license.txt. What cannot be one is an error that
// wraps license.ErrMalformed.
func (k *Keeper) readLicense() (string, error) {
	raw, err := readSmallFile(k.licensePath(), maxLicenseFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", license.ErrMalformed, err)
	}
	return string(raw), nil
}

// readSmallFile reads a regular file of at most limit bytes. It does not open
// anything else: a named pipe would never answer.
func readSmallFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file (%s)", path, info.Mode().Type())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > limit {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, limit)
	}
	return raw, nil
}

// fileMark tells whether a file has changed since it was marked.
type fileMark struct {
	info     fs.FileInfo // nil: it was not there
	readable bool        // often a file is written first and its owner or mode set after
}

func markFile(path string) fileMark {
	info, err := os.Stat(path)
	if err != nil {
		return fileMark{}
	}
	return fileMark{info, readable(path, info)}
}

// readable tells whether a regular file can be opened; it opens nothing else: see readSmallFile.
func readable(path string, info fs.FileInfo) bool {
	if !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

func (m fileMark) same(other fileMark) bool {
	if m.info == nil || other.info == nil {
		return m.info == other.info
	}
	return m.readable == other.readable &&
		os.SameFile(m.info, other.info) && m.info.Size() == other.info.Size() && m.info.ModTime().Equal(other.info.ModTime())
}
