package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/attribute"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/detect"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/infer/ort"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/mesh"
	"github.com/bonafide-pad/bonafide/internal/modelpack"
	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
	"github.com/bonafide-pad/bonafide/internal/onnx/rewrite"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

// limit is one network in the two forms that it is measured against: as the product loads it, and as its publisher has it.
type limit struct {
	bare, published *ort.Bare
	// inputs are how many inputs of the published form one run takes.
	inputs int
}

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
type catcher struct{ networks []infer.Network }

func (c *catcher) Load(n infer.Network) (infer.Session, error) {
	c.networks = append(c.networks, n)
	return nil, nil
}

func (c *catcher) Close() error { return nil }

// loadLimits loads every network that an analysis may run, by the names that their stages give them.
func loadLimits(backend *ort.Backend, dir string) (_ map[string]limit, err error) {
	l := limits{}
	if err := errors.Join(l.addCatalog(backend, dir), l.addOwn(backend), l.addPacks(backend, dir)); err != nil {
		return nil, errors.Join(err, closeLimits(l))
	}
	return l, nil
}

type limits map[string]limit

// add loads what a stage wants to load.
func (l limits) add(backend *ort.Backend, construct func(infer.Backend) error, rewritten func([]byte) ([]byte, error)) error {
	var c catcher
	if err := construct(&c); err != nil {
		return err
	}
	for _, n := range c.networks {
		loaded, err := loadLimit(backend, n, rewritten)
		if err != nil {
			return err
		}
		l[n.Name] = loaded
	}
	return nil
}

// addCatalog adds the networks of the models folder.
func (l limits) addCatalog(backend *ort.Backend, dir string) error {
	for _, s := range stages {
		entry, err := catalog.Network(s.file)
		if err != nil {
			return err
		}
		model, err := entry.Read(dir)
		if err != nil {
			return err
		}
		if err := l.add(backend, func(b infer.Backend) error { return s.construct(b, model) }, rewrite.Blocked); err != nil {
			return err
		}
	}
	return nil
}

// addOwn adds the networks that the program carries in itself.
func (l limits) addOwn(backend *ort.Backend) error {
	occlusion := func(b infer.Backend) error {
		_, err := attribute.NewOcclusionNet(b)
		return err
	}
	liveness := func(b infer.Backend) error { return discard(spoof.NewThreeView)(b, spoof.Own) }
	return errors.Join(l.add(backend, occlusion, asItIs), l.add(backend, liveness, asItIs))
}

// addPacks adds those that the operator has added.
func (l limits) addPacks(backend *ort.Backend, dir string) error {
	for _, pack := range modelpack.Packs() {
		present, err := pack.Present(dir)
		if err != nil {
			return err
		}
		for _, n := range pack.Networks {
			if !present {
				break
			}
			model, err := pack.Read(dir, n)
			if err != nil {
				return err
			}
			construct := func(b infer.Backend) error {
				_, err := spoof.NewMiniFASNet80(b, model, n.Published.Name, n.Published.Scale)
				return err
			}
			if err := l.add(backend, construct, rewrite.Blocked); err != nil {
				return err
			}
		}
	}
	return nil
}

// asItIs is for the project's own networks, which were made for ONNX Runtime.
func asItIs(model []byte) ([]byte, error) { return model, nil }

func loadLimit(backend *ort.Backend, n infer.Network, rewritten func([]byte) ([]byte, error)) (l limit, err error) {
	m, err := onnx.Read(n.Model)
	if err != nil {
		return limit{}, err
	}
	shape, err := inputShape(m.GetGraph(), n)
	if err != nil {
		return limit{}, err
	}
	published := n
	published.Outputs, published.InputShape = ownOutputs(m.GetGraph()), nil
	if l.published, err = backend.LoadBare(published, shape...); err != nil {
		return limit{}, err
	}
	if n.Model, err = rewritten(n.Model); err != nil {
		return limit{}, errors.Join(err, l.published.Close())
	}
	l.inputs = 1
	if n.InputShape != nil {
		l.inputs = n.InputShape[0] / shape[0]
		shape = n.InputShape
	}
	if l.bare, err = backend.LoadBare(n, shape...); err != nil {
		return limit{}, errors.Join(err, l.published.Close())
	}
	return l, nil
}

// ownOutputs are all that a network gives as it was published, of which a stage may use others.
func ownOutputs(g *onnxpb.GraphProto) (names []string) {
	for _, out := range g.GetOutput() {
		names = append(names, out.GetName())
	}
	return names
}

// inputShape reads the shape of a network's input; a side that is open is 1.
func inputShape(g *onnxpb.GraphProto, n infer.Network) ([]int, error) {
	for _, in := range g.GetInput() {
		if in.GetName() != n.Input {
			continue
		}
		var shape []int
		for _, d := range in.GetType().GetTensorType().GetShape().GetDim() {
			side := int(d.GetDimValue())
			if side < 1 {
				side = 1
			}
			shape = append(shape, side)
		}
		return shape, nil
	}
	return nil, fmt.Errorf("network %s has no input %q", n.Name, n.Input)
}

// given is a network of a file that the user named.
type given struct {
	name string // the file's, without what it ends in
	bare *ort.Bare
}

// loadAgainst loads other networks as they are.
func loadAgainst(backend *ort.Backend, files []string) (networks []given, err error) {
	for _, file := range files {
		n := infer.Network{Name: file}
		if n.Model, err = os.ReadFile(file); err != nil {
			return networks, err
		}
		m, err := onnx.Read(n.Model)
		if err != nil {
			return networks, fmt.Errorf("%s: %w", file, err)
		}
		n.Input, n.Outputs = ownInput(m.GetGraph()), ownOutputs(m.GetGraph())
		shape, err := inputShape(m.GetGraph(), n)
		if err != nil {
			return networks, err
		}
		loaded, err := backend.LoadBare(n, shape...)
		if err != nil {
			return networks, err
		}
		base := filepath.Base(file)
		networks = append(networks, given{strings.TrimSuffix(base, filepath.Ext(base)), loaded})
	}
	return networks, nil
}

// ownInput is the first input that is no constant.
func ownInput(g *onnxpb.GraphProto) string {
	constant := map[string]bool{}
	for _, c := range g.GetInitializer() {
		constant[c.GetName()] = true
	}
	for _, in := range g.GetInput() {
		if !constant[in.GetName()] {
			return in.GetName()
		}
	}
	return ""
}

func closeLimits(limits map[string]limit) error {
	var errs []error
	for _, l := range limits {
		errs = append(errs, l.close())
	}
	return errors.Join(errs...)
}
