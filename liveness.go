package bonafide

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/modelpack"
	"github.com/bonafide-pad/bonafide/internal/onnx/rewrite"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

// judge is a liveness network.
type judge interface {
	Judge(ctx context.Context, im *raster.Image, box raster.Rect) ([]spoof.Cue, error)
}

// loadLiveness loads the network of liveness that the program carries in itself and those of every pack that the operator has added.
func (a *Analyzer) loadLiveness(dir string) error {
	if err := a.loadOwn(); err != nil {
		return err
	}
	packs := 0
	for _, pack := range modelpack.Packs() {
		present, err := pack.Present(dir)
		if err != nil {
			return err
		}
		if present {
			if err := a.loadPack(dir, pack); err != nil {
				return err
			}
			packs++
		}
	}
	if packs == 0 {
		return nil
	}
	// fr_liveness adds nothing to the network that was derived from it, but makes good what the packs' networks miss on web photographs.
	var companion *spoof.MiniFASNet128
	if err := loadNetwork(a, dir, catalog.MiniFASNet128, spoof.NewMiniFASNet128, &companion); err != nil {
		return err
	}
	a.liveness = append(a.liveness, companion)
	return nil
}

func (a *Analyzer) loadOwn() error {
	own, err := spoof.NewThreeView(a.backend, spoof.Own)
	if err != nil {
		return err
	}
	a.closers = append(a.closers, own.Close)
	a.liveness = append(a.liveness, own)
	a.models = append(a.models, builtIn("liveness.onnx", catalog.Liveness, spoof.Own))
	return nil
}

// builtIn is a network of the project's own, which the program carries in itself.
func builtIn(file, purpose string, network []byte) Model {
	digest := sha256.Sum256(network)
	return Model{File: file, Purpose: purpose, Licence: "Apache-2.0", Source: "built in", SHA256: hex.EncodeToString(digest[:])}
}

func (a *Analyzer) loadPack(dir string, pack modelpack.Pack) error {
	for _, n := range pack.Networks {
		model, err := pack.Read(dir, n)
		if err != nil {
			return err
		}
		if model, err = rewrite.Blocked(model); err != nil {
			return fmt.Errorf("%s: %w", n.File, err)
		}
		network, err := spoof.NewMiniFASNet80(a.backend, model, n.Published.Name, n.Published.Scale)
		if err != nil {
			return err
		}
		a.closers = append(a.closers, network.Close)
		a.liveness = append(a.liveness, network)
		a.models = append(a.models, Model{
			File: pack.Name + "/" + n.File, Purpose: pack.Purpose, Licence: pack.Licence, Source: pack.Source, SHA256: n.SHA256,
		})
	}
	return nil
}

// judgeLiveness collects the cues of every liveness network for the face in box.
func (a *Analyzer) judgeLiveness(ctx context.Context, im *raster.Image, box raster.Rect) ([]spoof.Cue, error) {
	var all []spoof.Cue
	for _, network := range a.liveness {
		cues, err := network.Judge(ctx, im, box)
		if err != nil {
			return nil, err
		}
		all = append(all, cues...)
	}
	return all, nil
}
