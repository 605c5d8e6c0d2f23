package machine

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bonafide-pad/bonafide/internal/whole"
)

const (
	seedName   = "machine.seed"
	seedLen    = 32
	seedFormat = "bonafide machine seed 1 %s\nborn %d\n"
	maxSeed    = 1 << 10
)

// identitySeed is the secret this machine's code is derived from: the seed kept
// in dataDir and, where the file turns out to be a copy, the copy's own birth.
func identitySeed(dataDir string) ([]byte, error) {
	if dataDir == "" {
		return nil, errors.New("no data directory is set")
	}
	path := filepath.Join(dataDir, seedName)
	seed, err := readSeed(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return seed, err
	}
	if err := createSeed(dataDir, path); err != nil {
		return nil, err
	}
	return readSeed(path)
}

func readSeed(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSeed))
	if err != nil {
		return nil, err
	}
	var text string
	var born int64
	_, err = fmt.Sscanf(string(raw), seedFormat, &text, &born)
	seed, hexErr := hex.DecodeString(text)
	if err != nil || hexErr != nil || len(seed) != seedLen {
		return nil, fmt.Errorf("%s is not a machine seed; put the file back from where it was kept, or remove it and ask for a licence for the new machine code", path)
	}
	now, err := birthTime(f)
	if err != nil {
		return nil, fmt.Errorf("birth time of %s: %w", path, err)
	}
	if born != 0 && now != 0 && born != now {
		seed = binary.BigEndian.AppendUint64(seed, uint64(now))
	}
	return seed, nil
}

// createSeed puts a fresh seed at path, whole or not at all. When another
// process is faster its seed stays.
func createSeed(dir, path string) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, seedName+".*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if left := os.Remove(tmp.Name()); !errors.Is(left, fs.ErrNotExist) { // it is not there once renamed
			err = errors.Join(err, left)
		}
	}()
	whole.Entrust(tmp, dir)
	err = writeSeed(tmp)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	err = os.Link(tmp.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		// No hard links here (SMB shares, FAT): the birth time stays with a renamed file as well.
		err = os.Rename(tmp.Name(), path)
	}
	return err
}

func writeSeed(f *os.File) error {
	var seed [seedLen]byte
	rand.Read(seed[:]) // never fails: crypto/rand ends the program instead
	born, err := birthTime(f)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(f, seedFormat, hex.EncodeToString(seed[:]), born); err != nil {
		return err
	}
	return f.Sync()
}
