package bonafide

import (
	"errors"
	"fmt"
	"sync"

	"github.com/bonafide-pad/bonafide/internal/attribute"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/decode"
	"github.com/bonafide-pad/bonafide/internal/detect"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/infer/ort"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/locate"
	"github.com/bonafide-pad/bonafide/internal/mesh"
	"github.com/bonafide-pad/bonafide/internal/onnx/rewrite"
)

// Limits bound the pictures that are analysed: Bytes of the file, Pixels in all, and Side, the pixels of the longer one. Each may be reached; one that
// is 0 has its default.
type Limits = decode.Limits

// Config says how an Analyzer is opened. The zero Config is usable.
type Config struct {
	// Models is the folder with the networks and ONNX Runtime. "" takes that of BONAFIDE_MODELS, else the first that is there: models, models beside
	// the executable or beside its folder, /usr/local/share/bonafide/models, /usr/share/bonafide/models.
	Models string
	// Limits default to 20 MiB, 50 million pixels and sides of 16,000; each is at least 1.
	Limits Limits
	// MaxFaces is how many faces are measured, 2 to 10; 0 means 10. A second one is measured always, so that Judge and Assess know of it.
	MaxFaces int
	// Profile replaces the built-in calibration of the liveness score.
	Profile *Profile
	// Uncalibrated scores liveness by the mean of the live logits, crops by their shares, whose threshold means nothing: for fitting a profile to networks
	// that have none. It excludes Profile.
	Uncalibrated bool
}

// LeastFaces and MostFaces bound Config.MaxFaces.
const (
	LeastFaces = 2
	MostFaces  = 10
)

func (c Config) withDefaults() (Config, error) {
	c.Limits = c.Limits.WithDefaults()
	if c.MaxFaces == 0 {
		c.MaxFaces = MostFaces
	}
	if c.MaxFaces < LeastFaces || c.MaxFaces > MostFaces {
		return c, coded(CodeConfig, "max faces is %d, allowed is %d to %d: with one face alone no picture would be refused for several",
			c.MaxFaces, LeastFaces, MostFaces)
	}
	if err := c.Limits.Validate(); err != nil {
		return c, &Error{Code: CodeConfig, Err: err}
	}
	if c.Uncalibrated && c.Profile != nil {
		return c, coded(CodeConfig, "a profile is given and uncalibrated scores are asked for: only one is possible")
	}
	return c, nil
}

// Analyzer measures pictures. It is safe for concurrent use.
type Analyzer struct {
	config    Config
	backend   infer.Backend
	detector  *detect.UltraLight
	landmarks *landmark.Net64
	faces     *locate.Finder
	mesh      *mesh.Net
	occlusion *attribute.OcclusionNet
	eyes      *attribute.EyeNet
	liveness  []judge
	cores     cores
	use       sync.RWMutex // held for reading by every analysis, and by Close while it frees what they use
	closed    bool
	closers   []func() error
	// models are the networks in use; calibration is nil when scores are uncalibrated.
	models      []Model
	calibration *identified
}

// Open loads the networks. Its errors carry CodeConfig or CodeModels.
func Open(c Config) (*Analyzer, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Analyzer{config: c}
	if err := a.load(); err != nil {
		return nil, &Error{Code: CodeModels, Err: errors.Join(err, a.Close())}
	}
	if c.Profile != nil {
		if err := a.Accept(*c.Profile); err != nil {
			return nil, errors.Join(err, a.Close())
		}
		a.calibration = identify(*c.Profile)
	}
	return a, nil
}

// Limits are those in force.
func (a *Analyzer) Limits() Limits { return a.config.Limits }

// MaxFaces is how many faces of a picture are measured.
func (a *Analyzer) MaxFaces() int { return a.config.MaxFaces }

func (a *Analyzer) load() error {
	dir, err := catalog.FindDir(a.config.Models)
	if err != nil {
		return err
	}
	library, err := catalog.RuntimeLibrary(dir)
	if err != nil {
		return err
	}
	runtime, err := ort.Open(library)
	if err != nil {
		return err
	}
	a.backend = runtime
	a.closers = append(a.closers, runtime.Close)
	err = errors.Join(
		loadNetwork(a, dir, catalog.UltraLightDetector, detect.NewUltraLight, &a.detector),
		loadNetwork(a, dir, catalog.Landmarks68, landmark.NewNet64, &a.landmarks),
		loadNetwork(a, dir, catalog.FaceMesh, mesh.New, &a.mesh),
		a.loadOcclusion(),
		loadNetwork(a, dir, catalog.EyeState, attribute.NewEyeNet, &a.eyes),
		a.loadLiveness(dir),
	)
	if err != nil {
		return err
	}
	a.faces = locate.New(a.detector, a.landmarks, a.mesh)
	if a.config.Uncalibrated || a.config.Profile != nil {
		return nil
	}
	return a.calibrate()
}

// loadOcclusion loads the network of occlusion, which the program carries in itself as it does the one of liveness.
func (a *Analyzer) loadOcclusion() (err error) {
	if a.occlusion, err = attribute.NewOcclusionNet(a.backend); err == nil {
		a.closers = append(a.closers, a.occlusion.Close)
		a.models = append(a.models, builtIn("occlusion.onnx", "what covers a face", attribute.OcclusionModel))
	}
	return err
}

// loadNetwork reads a file of the catalogue, makes the stage that uses it and remembers to close it.
func loadNetwork[S interface{ Close() error }](a *Analyzer, dir, file string, construct func(infer.Backend, []byte) (S, error), stage *S) error {
	entry, err := catalog.Network(file)
	if err != nil {
		return err
	}
	model, err := entry.Read(dir)
	if err != nil {
		return err
	}
	if model, err = rewrite.Blocked(model); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	s, err := construct(a.backend, model)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	*stage = s
	a.closers = append(a.closers, s.Close)
	a.models = append(a.models, Model{File: file, Purpose: entry.Purpose, Licence: entry.Licence, Source: entry.Package.String(), SHA256: entry.SHA256})
	return nil
}

// enter keeps the networks until leave is called. It fails once they were released: C code would go on in memory that is no longer there.
func (a *Analyzer) enter() (leave func(), err error) {
	a.use.RLock()
	if a.closed {
		a.use.RUnlock()
		return nil, &Error{Code: CodeCanceled, Err: ErrClosed}
	}
	left := a.cores.enter()
	return func() {
		left()
		a.use.RUnlock()
	}, nil
}

// Close waits for the analyses that run and releases the networks. Analyze fails with ErrClosed from then on; a second Close does nothing.
func (a *Analyzer) Close() error {
	a.use.Lock()
	defer a.use.Unlock()
	a.closed = true
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}
