package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bonafide-pad/bonafide/internal/whole"
)

// FileName is that of the keys file in the data directory.
const FileName = "keys.json"

// Store is a keys file.
type Store struct{ Path string }

type content struct {
	Keys []Key `json:"keys"`
}

// Load reads the keys. A file that isn't there has none.
func (s Store) Load() ([]Key, error) {
	keys, err := s.Read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return keys, err
}

// Read reads the keys of a file that must be there; otherwise its error is fs.ErrNotExist.
func (s Store) Read() ([]Key, error) {
	raw, err := os.ReadFile(s.Path)
	if err != nil {
		return nil, fmt.Errorf("reading the API keys: %w", err)
	}
	c, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the API keys: %s: %w", s.Path, err)
	}
	seen := map[string]bool{}
	for i, k := range c.Keys {
		if err := k.Validate(); err != nil {
			return nil, fmt.Errorf("%s: key %d: %w", s.Path, i+1, err)
		}
		if seen[k.ID] {
			return nil, fmt.Errorf("%s: two keys have the id %s", s.Path, k.ID)
		}
		seen[k.ID] = true
	}
	return c.Keys, nil
}

// parse reads what the file holds. A field that isn't known, or none with the keys, is a mistake that could let somebody in.
func parse(raw []byte) (content, error) {
	var c content
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return c, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return c, errors.New("more follows the keys")
	}
	if c.Keys == nil {
		return c, errors.New(`"keys" is missing; no keys are []`)
	}
	return c, nil
}

// Add keeps one more key.
func (s Store) Add(k Key) error {
	return s.change(func(keys []Key) ([]Key, error) {
		if slices.ContainsFunc(keys, func(other Key) bool { return other.ID == k.ID }) {
			return nil, fmt.Errorf("there is a key with the id %s already", k.ID)
		}
		return append(keys, k), nil
	})
}

// Revoke ends the key with the id, for good.
func (s Store) Revoke(id string, now time.Time) error {
	return s.change(func(keys []Key) ([]Key, error) {
		i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("there is no key with the id %q", id)
		}
		if !keys[i].Active() {
			return nil, fmt.Errorf("the key %s was revoked on %s", id, keys[i].Revoked.Format(time.DateOnly))
		}
		keys[i].Revoked = now.UTC().Truncate(time.Second)
		return keys, nil
	})
}

// change replaces the file by what edit makes of its keys. Two commands at once take turns.
func (s Store) change(edit func([]Key) ([]Key, error)) (err error) {
	if err := os.MkdirAll(filepath.Dir(s.Path), 0o700); err != nil {
		return fmt.Errorf("keeping the API keys: %w", err)
	}
	if file, err := filepath.EvalSymlinks(s.Path); err == nil { // otherwise it is still to be made
		s.Path = file
	}
	unlock, err := lock(s.Path)
	if err != nil {
		return fmt.Errorf("keeping the API keys: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	keys, err := s.Load()
	if err != nil {
		return err
	}
	if keys, err = edit(keys); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(content{keys}, "", "  ")
	if err != nil {
		return fmt.Errorf("keeping the API keys: %w", err)
	}
	if err := whole.WriteState(s.Path, 0o600, append(raw, '\n')); err != nil {
		return fmt.Errorf("keeping the API keys: %w", err)
	}
	return nil
}
