package bonafide

import (
	"bytes"
	"context"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/profile"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

// Profile is a calibration of the liveness score: how cues are fused, and the monotone map from the fused live logit to the score.
// It belongs to the networks that it was fitted with. «bonafide evaluate --calibrate» writes one as a file, which ParseProfile reads; its
// fields are those of the file, and its method SHA256 identifies it.
type Profile = profile.Profile

// ParseProfile reads a profile's file. Its error carries CodeConfig.
func ParseProfile(file []byte) (Profile, error) {
	p, err := profile.Parse(bytes.NewReader(file))
	if err != nil {
		return Profile{}, &Error{Code: CodeConfig, Err: err}
	}
	return p, nil
}

// Model is a file in use.
type Model struct {
	File    string `json:"file"`
	Purpose string `json:"purpose"`
	Licence string `json:"licence"`
	// Source is the package that it came from.
	Source string `json:"source"`
	SHA256 string `json:"sha256"`
}

// Models are the networks in use, in the order of their work.
func (a *Analyzer) Models() []Model { return append([]Model(nil), a.models...) }

// Calibration is the profile in force; false when the Analyzer was opened with Config.Uncalibrated.
func (a *Analyzer) Calibration() (Profile, bool) {
	if a.calibration == nil {
		return Profile{}, false
	}
	return a.calibration.Clone(), true
}

// Accept returns an error with CodeConfig when p is not valid or was fitted with other networks than those in use.
func (a *Analyzer) Accept(p Profile) error {
	if err := p.Validate(); err != nil {
		return &Error{Code: CodeConfig, Err: err}
	}
	if err := p.Fits(a.livenessNetworks()); err != nil {
		return &Error{Code: CodeConfig, Err: err}
	}
	return nil
}

// identified is a profile with its digest, which takes longer to work out than a score. Nobody else holds its memory: it must stay what the digest says.
type identified struct {
	Profile
	digest string
}

func identify(p Profile) *identified { return &identified{Profile: p.Clone(), digest: p.SHA256()} }

type profileKey struct{}

// WithProfile returns a context in which Analyze scores liveness by p, which the Analyzer has accepted.
func WithProfile(ctx context.Context, p Profile) context.Context {
	return context.WithValue(ctx, profileKey{}, identify(p))
}

func (a *Analyzer) livenessNetworks() []profile.Network {
	var networks []profile.Network
	for _, m := range a.models {
		if m.Purpose == catalog.Liveness {
			networks = append(networks, profile.Network{File: m.File, SHA256: m.SHA256})
		}
	}
	return networks
}

// calibrate finds the built-in profile of the liveness networks in use.
func (a *Analyzer) calibrate() error {
	var digests []string
	for _, n := range a.livenessNetworks() {
		digests = append(digests, n.SHA256)
	}
	file, err := catalog.Calibration(digests)
	if err != nil {
		return err
	}
	p, err := profile.Parse(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("built-in calibration: %w", err)
	}
	a.calibration = identify(p)
	return nil
}

// Score fuses cues to the calibrated liveness, as Analyze does. It fails with CodeConfig when they are not the cues of the networks in use.
func (a *Analyzer) Score(ctx context.Context, cues []Cue) (float64, error) {
	networkCues := make([]spoof.Cue, len(cues))
	for i, c := range cues {
		networkCues[i] = spoof.Cue(c)
	}
	score, err := a.score(ctx, networkCues)
	if err != nil {
		return 0, &Error{Code: CodeConfig, Err: err}
	}
	return score, nil
}

// profileOf is the profile that scores in ctx, nil for none.
func (a *Analyzer) profileOf(ctx context.Context) *identified {
	if p, ok := ctx.Value(profileKey{}).(*identified); ok {
		return p
	}
	return a.calibration
}

func (a *Analyzer) profileDigest(ctx context.Context) string {
	if p := a.profileOf(ctx); p != nil {
		return p.digest
	}
	return ""
}

// score turns cues into liveness: by the profile of ctx, else by the calibration, else by their mean.
func (a *Analyzer) score(ctx context.Context, cues []spoof.Cue) (float64, error) {
	if p := a.profileOf(ctx); p != nil {
		return p.Score(cues)
	}
	return profile.Profile{Cues: profile.MeanWeights(cues), Slope: 1}.Score(cues)
}
