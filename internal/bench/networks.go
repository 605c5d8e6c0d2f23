package bench

import (
	"errors"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/attribute"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/detect"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/infer/ort"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/mesh"
	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/rewrite"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

// limit is one network in the two forms that it is measured against: as the product loads it, and as its publisher has it.
type limit struct{ bare, published *ort.Bare }

func (l limit) close() error { return errors.Join(l.bare.Close(), l.published.Close()) }

// stage makes the stage that uses a network of the catalogue.
type stage struct {
	file      string
	construct func(infer.Backend, []byte) error
}

var stages = []stage{
	{catalog.UltraLightDetector, discard(detect.NewUltraLight)},
	{catalog.Landmarks68, discard(landmark.NewNet64)},
	{catalog.FaceMesh, discard(mesh.New)},
	{catalog.EyeState, discard(attribute.NewEyeNet)},
	{catalog.MiniFASNet128, discard(spoof.NewMiniFASNet128)}, // where packs were added
}

func discard[S any](construct func(infer.Backend, []byte) (S, error)) func(infer.Backend, []byte) error {
	return func(b infer.Backend, model []byte) error {
		_, err := construct(b, model)
		return err
	}
}

// catcher is a backend that keeps what a stage wants to load.
type catcher struct{ network infer.Network }

func (c *catcher) Load(n infer.Network) (infer.Session, error) {
	c.network = n
	return nil, nil
}

func (c *catcher) Close() error { return nil }

// loadLimits loads every network of the models folder, by the names that their stages give them.
func loadLimits(backend *ort.Backend, dir string) (_ map[string]limit, err error) {
	limits := map[string]limit{}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeLimits(limits))
		}
	}()
	add := func(n infer.Network, open int, rewritten func([]byte) ([]byte, error)) error {
		l, err := loadLimit(backend, n, open, rewritten)
		if err == nil {
			limits[n.Name] = l
		}
		return err
	}
	for _, s := range stages {
		entry, err := catalog.Network(s.file)
		if err != nil {
			return nil, err
		}
		model, err := entry.Read(dir)
		if err != nil {
			return nil, err
		}
		var c catcher
		if err := s.construct(&c, model); err != nil {
			return nil, err
		}
		if err := add(c.network, 1, rewrite.Blocked); err != nil {
			return nil, err
		}
	}
	occlusion, liveness := &catcher{}, &catcher{}
	_, failed := attribute.NewOcclusionNet(occlusion)
	_, err = spoof.NewTwoView(liveness, spoof.Own)
	if err = errors.Join(failed, err); err != nil {
		return nil, err
	}
	const views = 2 // that the network judges in one run
	return limits, errors.Join(add(occlusion.network, 1, asItIs), add(liveness.network, views, asItIs))
}

// asItIs is for the project's own networks, which were made for ONNX Runtime.
func asItIs(model []byte) ([]byte, error) { return model, nil }

func loadLimit(backend *ort.Backend, n infer.Network, open int, rewritten func([]byte) ([]byte, error)) (l limit, err error) {
	shape, err := inputShape(n, open)
	if err != nil {
		return limit{}, err
	}
	if l.published, err = backend.LoadBare(n, shape...); err != nil {
		return limit{}, err
	}
	if n.Model, err = rewritten(n.Model); err != nil {
		return limit{}, errors.Join(err, l.published.Close())
	}
	if l.bare, err = backend.LoadBare(n, shape...); err != nil {
		return limit{}, errors.Join(err, l.published.Close())
	}
	return l, nil
}

// inputShape reads the shape of a network's input; a side that is open has the given length.
func inputShape(n infer.Network, open int) ([]int, error) {
	m, err := onnx.Read(n.Model)
	if err != nil {
		return nil, err
	}
	for _, in := range m.GetGraph().GetInput() {
		if in.GetName() != n.Input {
			continue
		}
		var shape []int
		for _, d := range in.GetType().GetTensorType().GetShape().GetDim() {
			side := int(d.GetDimValue())
			if side < 1 {
				side = open
			}
			shape = append(shape, side)
		}
		return shape, nil
	}
	return nil, fmt.Errorf("network %s has no input %q", n.Name, n.Input)
}

func closeLimits(limits map[string]limit) error {
	var errs []error
	for _, l := range limits {
		errs = append(errs, l.close())
	}
	return errors.Join(errs...)
}
