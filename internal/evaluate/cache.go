package evaluate

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Cache remembers what was measured on a picture, so that an evaluation that was broken off goes on where it stopped. It is one file of JSON lines
// for one build with one set of networks; a line has the SHA-256 of the picture and the scores of its faces, never a
// picture or a landmark. It is safe for concurrent use.
type Cache struct {
	mu    sync.Mutex
	file  *os.File
	known map[string]Measurement
}

// cacheKey names what makes earlier measures worthless when it changes: the program, the networks, the limits and the number of
// faces that are measured.
func cacheKey(a Analyzer) (string, error) {
	h := sha256.New()
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(program)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	if err := json.NewEncoder(h).Encode([]any{a.Models(), a.Limits(), a.MaxFaces()}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil))[:32], nil
}

// OpenCache opens, or begins, the cache for a in the folder dir.
func OpenCache(dir string, a Analyzer) (*Cache, error) {
	key, err := cacheKey(a)
	if err != nil {
		return nil, fmt.Errorf("naming the cache: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the cache folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, key+".jsonl"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the cache: %w", err)
	}
	c := &Cache{file: f, known: map[string]Measurement{}}
	if err := c.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the cache: %w", err), f.Close())
	}
	return c, nil
}

// cacheLine is one line of the file.
type cacheLine struct {
	Picture     string      `json:"picture"`
	Measurement Measurement `json:"measurement"`
}

// read takes every whole line; one that was cut off when the program was killed is cut away.
func (c *Cache) read() error {
	lines := bufio.NewReader(c.file)
	var whole int64
	for {
		data, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return c.file.Truncate(whole)
		}
		if err != nil {
			return err
		}
		whole += int64(len(data))
		var l cacheLine
		if json.Unmarshal(bytes.TrimSpace(data), &l) == nil && l.Picture != "" {
			c.known[l.Picture] = l.Measurement
		}
	}
}

// get returns the measurement of the picture with a digest, with faces of the caller's own: it will score them anew.
func (c *Cache) get(digest string) (Measurement, bool) {
	if c == nil {
		return Measurement{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.known[digest]
	m.Faces = slices.Clone(m.Faces)
	return m, ok
}

// put remembers a measurement, on disk before it returns.
func (c *Cache) put(digest string, m Measurement) error {
	if c == nil {
		return nil
	}
	data, err := json.Marshal(cacheLine{digest, m})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m.Faces = slices.Clone(m.Faces)
	c.known[digest] = m
	if _, err := c.file.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("writing the cache: %w", err)
	}
	return nil
}

// Close closes the file. A nil Cache may be closed.
func (c *Cache) Close() error {
	if c == nil {
		return nil
	}
	return c.file.Close()
}
