package catalog

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bonafide-pad/bonafide/internal/whole"
)

// maxUnpacked bounds what is read of one file of a package: twice the largest file of the catalogue.
const maxUnpacked = 72 << 20

// Fetch brings every missing or damaged file of the catalogue into dir with npm, and tells say what it does. Files
// that are already right are kept, so that a second Fetch needs no network. Nothing of a package is run or installed.
func Fetch(ctx context.Context, dir string, say func(format string, args ...any)) error {
	entries, err := All()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the models folder: %w", err)
	}
	missing := map[Package][]Entry{}
	for _, e := range entries {
		if e.Verify(dir) != nil {
			missing[e.Package] = append(missing[e.Package], e)
		}
	}
	for p, wanted := range missing {
		say("fetching %s", p)
		if err := fetchPackage(ctx, dir, p, wanted); err != nil {
			return fmt.Errorf("fetching %s: %w", p, err)
		}
	}
	return nil
}

func fetchPackage(ctx context.Context, dir string, p Package, wanted []Entry) (err error) {
	work, err := os.MkdirTemp("", "bonafide-fetch-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	npm := exec.CommandContext(ctx, "npm", "pack", "--loglevel", "error", "--pack-destination", work, p.String())
	var stderr bytes.Buffer
	npm.Stderr = &stderr
	if err := npm.Run(); err != nil {
		return fmt.Errorf("npm pack: %w\n%s", err, stderr.Bytes())
	}
	tarballs, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil {
		return err
	}
	if len(tarballs) != 1 {
		return fmt.Errorf("npm pack left %d tarballs, want 1", len(tarballs))
	}
	tarball, err := os.ReadFile(tarballs[0])
	if err != nil {
		return err
	}
	if err := checkDigest(tarball, p.SHA256); err != nil {
		return fmt.Errorf("tarball: %w", err)
	}
	return unpack(dir, tarball, wanted)
}

// unpack writes the wanted files of a gzipped tarball to dir.
func unpack(dir string, tarball []byte, wanted []Entry) error {
	zipped, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return err
	}
	byPath := map[string][]Entry{}
	for _, e := range wanted {
		byPath[e.Path] = append(byPath[e.Path], e)
	}
	for files := tar.NewReader(zipped); len(byPath) > 0; {
		header, err := files.Next()
		if err != nil {
			return fmt.Errorf("%d files not found in the package: %w", len(byPath), err)
		}
		entries, ok := byPath[header.Name]
		if !ok {
			continue
		}
		delete(byPath, header.Name)
		data, err := io.ReadAll(io.LimitReader(files, maxUnpacked))
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", header.Name, err)
		}
		for _, e := range entries {
			if err := e.write(dir, data); err != nil {
				return err
			}
		}
	}
	return nil
}

// write makes the file out of what the package holds, checks it and puts it in place whole, also where another process fetches it at the
// same time.
func (e Entry) write(dir string, data []byte) error {
	if e.convert != nil {
		var err error
		if data, err = e.convert(data); err != nil {
			return fmt.Errorf("%s: %w", e.File, err)
		}
	}
	if err := checkDigest(data, e.SHA256); err != nil {
		return fmt.Errorf("%s: %w", e.File, err)
	}
	if err := whole.WriteBytes(filepath.Join(dir, e.File), 0o644, data); err != nil {
		return fmt.Errorf("writing %s: %w", e.File, err)
	}
	return nil
}
