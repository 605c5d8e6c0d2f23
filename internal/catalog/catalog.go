// Package catalog knows every file that bonafide needs beside its own binary: the networks and the ONNX Runtime library.
//
// The catalogue names for each file where it comes from, under which licence, and the SHA-256 that it must have. Files
// lie together in one folder, the models folder; nothing is read from it without its digest being checked.
package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// Package is an npm package that brings files of the catalogue.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// SHA256 is the digest of the package's tarball, in hexadecimal.
	SHA256 string `json:"sha256"`
}

// String is the package as npm names it.
func (p Package) String() string { return p.Name + "@" + p.Version }

// Entry is one file of the catalogue.
type Entry struct {
	// File is its name in the models folder.
	File string `json:"file"`
	// Purpose says in a few words what the product uses it for.
	Purpose string `json:"purpose"`
	Licence string `json:"licence"`
	// SHA256 is the digest of the file, in hexadecimal.
	SHA256 string `json:"sha256"`
	// Package and Path say where the file is taken from.
	Package Package `json:"package"`
	Path    string  `json:"path"`
	// convert makes the file out of the one at Path; nil where it is taken as it is.
	convert func(packaged []byte) ([]byte, error)
}

// Network returns the entry of the network with the given file name.
func Network(file string) (Entry, error) {
	i := slices.IndexFunc(networks, func(e Entry) bool { return e.File == file })
	if i < 0 {
		return Entry{}, fmt.Errorf("the catalogue has no network %q", file)
	}
	return networks[i], nil
}

// Runtime returns the entry of the ONNX Runtime library for this system.
func Runtime() (Entry, error) {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	e, ok := runtimes[platform]
	if !ok {
		return Entry{}, fmt.Errorf("no ONNX Runtime library is known for %s", platform)
	}
	return e, nil
}

// RuntimeLibrary returns the path of the ONNX Runtime library in the models folder dir after checking its digest.
func RuntimeLibrary(dir string) (string, error) {
	e, err := Runtime()
	if err != nil {
		return "", err
	}
	return e.Location(dir), e.Verify(dir)
}

// All returns every entry needed on this system: the networks, then the runtime.
func All() ([]Entry, error) {
	r, err := Runtime()
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(networks), r), nil
}

// Location is the path of e in the models folder dir.
func (e Entry) Location(dir string) string { return filepath.Join(dir, e.File) }

// Read returns the content of e in the models folder dir after checking its digest.
func (e Entry) Read(dir string) ([]byte, error) {
	data, err := os.ReadFile(e.Location(dir))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", e.Purpose, err)
	}
	if err := checkDigest(data, e.SHA256); err != nil {
		return nil, fmt.Errorf("%s: %w", e.Location(dir), err)
	}
	return data, nil
}

// Verify checks that e is in dir with the right digest.
func (e Entry) Verify(dir string) error {
	_, err := e.Read(dir)
	return err
}

// ErrDigest is wrapped by every error about a file whose content isn't what the catalogue says.
var ErrDigest = errors.New("wrong SHA-256")

func checkDigest(data []byte, want string) error {
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("%w: %s, the catalogue says %s", ErrDigest, got, want)
	}
	return nil
}

// EnvDir is the environment variable that names the models folder.
const EnvDir = "BONAFIDE_MODELS"

// FindDir returns the models folder: dir where it is given, else $BONAFIDE_MODELS, else the first of ./models, models
// beside the executable, models beside the executable's folder, /usr/local/share/bonafide/models and /usr/share/bonafide/models that exists.
func FindDir(dir string) (string, error) {
	if dir == "" {
		dir = os.Getenv(EnvDir)
	}
	if dir != "" {
		return dir, nil
	}
	candidates := []string{"models"}
	if exe, err := os.Executable(); err == nil {
		at := filepath.Dir(exe)
		candidates = append(candidates, filepath.Join(at, "models"), filepath.Join(at, "..", "models"))
	}
	candidates = append(candidates, "/usr/local/share/bonafide/models", "/usr/share/bonafide/models")
	for _, c := range candidates {
		if info, err := os.Stat(c); err == nil && info.IsDir() {
			return c, nil
		}
	}
	return "", fmt.Errorf("no models folder found (looked for %q); fetch it with «bonafide models fetch» or name it with %s", candidates, EnvDir)
}
