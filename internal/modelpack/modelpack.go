// Package modelpack knows the networks that an operator may add to those that are shipped: their licences forbid nothing, but they are not
// this project's to pass on. A pack is fetched as its publisher has it, checked, converted and verified, and lies in a folder of
// its own name in the models folder. A pack that is there is used.
package modelpack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/silentface"
)

// SilentFace is the name of the pack with the two MiniFASNets.
const SilentFace = "silent-face"

// Pack is a set of networks.
type Pack struct {
	Name    string
	Purpose string
	Licence string
	// Source names the project and the commit that the files are taken from, Base the address that they lie under.
	Source   string
	Base     string
	Networks []Network
}

// Network is one network of a pack.
type Network struct {
	// File is the name of the converted network, SHA256 its digest.
	File   string
	SHA256 string
	// Published is the publisher's file.
	Published silentface.Network
}

// Packs are the packs that are known.
func Packs() []Pack {
	digests := map[string]string{
		"MiniFASNetV2":   "a0f538f66d9ff960f99859029c390d84f88754f9a426600a89a109e381085df4",
		"MiniFASNetV1SE": "1cb27d0e4e044976b0eed49e392f35f77552ce8145dc8c7d1906b067d12bc616",
	}
	p := Pack{
		Name: SilentFace, Purpose: "liveness", Licence: "Apache-2.0",
		Source: "minivision-ai/Silent-Face-Anti-Spoofing@" + silentface.Commit[:8],
		Base:   "https://raw.githubusercontent.com/minivision-ai/Silent-Face-Anti-Spoofing/" + silentface.Commit + "/resources/anti_spoof_models/",
	}
	for _, n := range silentface.Networks() {
		p.Networks = append(p.Networks, Network{File: n.Name + ".onnx", SHA256: digests[n.Name], Published: n})
	}
	return []Pack{p}
}

// Find returns the pack of a name.
func Find(name string) (Pack, error) {
	var names []string
	for _, p := range Packs() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Pack{}, fmt.Errorf("no model pack %q; there are: %s", name, strings.Join(names, ", "))
}

// dir is the pack's folder in the models folder.
func (p Pack) dir(models string) string { return filepath.Join(models, p.Name) }

// ErrDamaged is wrapped by the errors about a pack that is there but not whole.
var ErrDamaged = errors.New("the model pack is damaged: remove it or add it again")

// Present tells whether the pack's folder is in the models folder.
func (p Pack) Present(models string) (bool, error) {
	switch info, err := os.Stat(p.dir(models)); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("looking for model pack %s: %w", p.Name, err)
	default:
		return info.IsDir(), nil
	}
}

// Read returns a network's ONNX after checking its digest.
func (p Pack) Read(models string, n Network) ([]byte, error) {
	model, err := os.ReadFile(filepath.Join(p.dir(models), n.File))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if got := digest(model); got != n.SHA256 {
		return nil, fmt.Errorf("%w: %s/%s has SHA-256 %s, not %s", ErrDamaged, p.Name, n.File, got, n.SHA256)
	}
	return model, nil
}

// Fetch brings a published file by its name.
type Fetch func(ctx context.Context, file string) ([]byte, error)

// FromFolder takes the published files from a folder.
func FromFolder(dir string) Fetch {
	return func(_ context.Context, file string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, file)) }
}

// Add fetches the published files, checks their digests, converts them, verifies that the networks compute what they must, and puts
// them into the models folder: all or none.
func (p Pack) Add(ctx context.Context, models string, fetch Fetch, backend infer.Backend) (err error) {
	if err := os.MkdirAll(models, 0o755); err != nil {
		return fmt.Errorf("making the models folder: %w", err)
	}
	part, err := os.MkdirTemp(models, "."+p.Name+"-")
	if err != nil {
		return fmt.Errorf("adding %s: %w", p.Name, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(part)) }()
	for _, n := range p.Networks {
		model, err := n.make(ctx, fetch, backend)
		if err != nil {
			return fmt.Errorf("adding %s: %w", p.Name, err)
		}
		if err := os.WriteFile(filepath.Join(part, n.File), model, 0o644); err != nil {
			return fmt.Errorf("adding %s: %w", p.Name, err)
		}
	}
	if err := os.Chmod(part, 0o755); err != nil {
		return err
	}
	if _, err := p.Remove(models); err != nil {
		return err
	}
	return os.Rename(part, p.dir(models))
}

// make fetches, converts and verifies one network.
func (n Network) make(ctx context.Context, fetch Fetch, backend infer.Backend) ([]byte, error) {
	weights, err := fetch(ctx, n.Published.Weights)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", n.Published.Weights, err)
	}
	model, err := n.Published.Convert(weights)
	if err != nil {
		return nil, err
	}
	if err := n.Published.Verify(ctx, backend, model); err != nil {
		return nil, fmt.Errorf("verifying the converted network: %w", err)
	}
	if got := digest(model); got != n.SHA256 {
		return nil, fmt.Errorf("%s was converted to SHA-256 %s, not %s", n.File, got, n.SHA256)
	}
	return model, nil
}

// Remove takes the pack away; false when it was not there.
func (p Pack) Remove(models string) (bool, error) {
	present, err := p.Present(models)
	if err != nil || !present {
		return false, err
	}
	if err := os.RemoveAll(p.dir(models)); err != nil {
		return false, fmt.Errorf("removing %s: %w", p.Name, err)
	}
	return true, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
