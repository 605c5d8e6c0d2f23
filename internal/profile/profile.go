// Package profile holds the calibration of the liveness score: how the cues of the networks are fused into one live logit, and the
// monotone map from it to the score, chosen so that the threshold of the verdict is a known operating point.
//
//	logit = Σ weight·cue        score = 1 / (1 + e^−(slope·logit + intercept))
//
// A profile is fitted on labelled pictures and belongs to the networks that it was fitted with: their digests stand in it, and with
// others it is refused. Its file is JSON, the form of [Profile].
package profile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/bonafide-pad/bonafide/internal/spoof"
	"github.com/bonafide-pad/bonafide/internal/stats"
)

// Format is the version of the file's form.
const Format = 1

// Network is a network whose cues a profile fuses.
type Network struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Weight says how much one cue counts.
type Weight struct {
	Network string  `json:"network"`
	Crop    string  `json:"crop"`
	Weight  float64 `json:"weight"`
}

// Profile is one calibration with its provenance.
type Profile struct {
	Format int `json:"format"`
	// Created and Version say when and by which version of bonafide it was fitted.
	Created time.Time `json:"created"`
	Version string    `json:"version"`
	// Networks are the liveness networks that it belongs to.
	Networks []Network `json:"networks"`
	// Cues are the weights of the cues; they sum to 1.
	Cues []Weight `json:"cues"`
	// Slope, above 0, and Intercept map the live logit to the logit of the score.
	Slope     float64 `json:"slope"`
	Intercept float64 `json:"intercept"`
	// Operation is the point that it was fitted for.
	Operation Operation `json:"operation"`
	// Fitted says on what.
	Fitted Sample `json:"fitted_on"`
	// HeldOut is what it does on pictures that the fit did not see.
	HeldOut HeldOut `json:"held_out"`
}

// Operation is the operating point of a profile.
type Operation struct {
	// Threshold is the liveness above which a face is bona fide.
	Threshold float64 `json:"threshold"`
	// TargetBPCER is the share of bona fide presentations that should score no more than Threshold.
	TargetBPCER float64 `json:"target_bpcer"`
	// Logit is the live logit that the score equals Threshold at.
	Logit float64 `json:"live_logit"`
}

// Sample describes labelled pictures. A group is what is not independent (a clip, a person), a source is a collection or a camera.
type Sample struct {
	Name            string `json:"name"`
	BonaFide        int    `json:"bona_fide"`
	BonaFideGroups  int    `json:"bona_fide_groups"`
	BonaFideSources int    `json:"bona_fide_sources"`
	Attacks         int    `json:"attacks"`
	AttackGroups    int    `json:"attack_groups"`
	AttackSources   int    `json:"attack_sources"`
}

// HeldOut are error rates at the threshold, each picture judged by a map that was fitted without what it was held out with.
type HeldOut struct {
	// By says what was held out together: "source" or "group".
	By    string     `json:"by"`
	Folds int        `json:"folds"`
	BPCER stats.Rate `json:"bpcer"`
	// MeanBPCER is the mean over the sources, each counting once, when there are several.
	MeanBPCER *float64 `json:"mean_bpcer_of_sources,omitempty"`
	// APCER by species.
	APCER map[string]stats.Rate `json:"apcer"`
}

// ErrInvalid is wrapped by the errors about a profile that says something impossible.
var ErrInvalid = errors.New("not a valid profile")

// most bounds the size of a profile's file.
const most = 1 << 20

// Parse reads a profile's file. Unknown fields are refused.
func Parse(r io.Reader) (Profile, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return Profile{}, fmt.Errorf("reading a profile: %w", err)
	}
	if len(data) > most {
		return Profile{}, fmt.Errorf("%w: over %d bytes", ErrInvalid, most)
	}
	var p Profile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Profile{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Profile{}, fmt.Errorf("%w: something follows its JSON", ErrInvalid)
	}
	return p, p.Validate()
}

// Clone is a copy that shares no memory with p.
func (p Profile) Clone() Profile {
	p.Networks, p.Cues, p.HeldOut.APCER = slices.Clone(p.Networks), slices.Clone(p.Cues), maps.Clone(p.HeldOut.APCER)
	if mean := p.HeldOut.MeanBPCER; mean != nil {
		p.HeldOut.MeanBPCER = new(*mean)
	}
	return p
}

// SHA256 identifies what a profile says, however its file is laid out: the digest of its JSON, in hexadecimal. It is empty for a
// profile that Validate refuses for a number that JSON can't hold.
func (p Profile) SHA256() string {
	content, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

// Validate names the first thing that can't be.
func (p Profile) Validate() error {
	switch o := p.Operation; {
	case p.Format != Format:
		return fmt.Errorf("%w: its format is %d, this version reads %d", ErrInvalid, p.Format, Format)
	case !(p.Slope > 0) || math.IsInf(p.Slope, 0):
		return fmt.Errorf("%w: slope is %g, allowed is above 0", ErrInvalid, p.Slope)
	case !finite(p.Intercept):
		return fmt.Errorf("%w: intercept is %g", ErrInvalid, p.Intercept)
	case !(o.Threshold > 0 && o.Threshold < 1):
		return fmt.Errorf("%w: threshold is %g, allowed is between 0 and 1", ErrInvalid, o.Threshold)
	case !(math.Abs(p.score(o.Logit)-o.Threshold) <= 1e-6):
		return fmt.Errorf("%w: the score at live logit %g is %.6f, not the threshold %g", ErrInvalid, o.Logit, p.score(o.Logit), o.Threshold)
	case len(p.Networks) == 0:
		return fmt.Errorf("%w: it names no networks", ErrInvalid)
	}
	return p.validateWeights()
}

func (p Profile) validateWeights() error {
	var sum float64
	for i, w := range p.Cues {
		if !(w.Weight >= 0) {
			return fmt.Errorf("%w: weight %g of %s %s", ErrInvalid, w.Weight, w.Network, w.Crop)
		}
		for _, other := range p.Cues[:i] {
			if w.Network == other.Network && w.Crop == other.Crop {
				return fmt.Errorf("%w: %s %s is weighed twice", ErrInvalid, w.Network, w.Crop)
			}
		}
		sum += w.Weight
	}
	if !(math.Abs(sum-1) < 1e-6) {
		return fmt.Errorf("%w: the weights of the cues sum to %g, not 1", ErrInvalid, sum)
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// ErrOtherNetworks is wrapped by the errors about a profile that was fitted with other networks.
var ErrOtherNetworks = errors.New("the profile was fitted with other networks")

// Fits returns nil when the profile belongs to exactly the given networks, and otherwise an error that names a difference.
func (p Profile) Fits(networks []Network) error {
	in := map[string]string{}
	for _, n := range networks {
		in[n.File] = n.SHA256
	}
	for _, n := range p.Networks {
		switch digest, ok := in[n.File]; {
		case !ok:
			return fmt.Errorf("%w: %s is not in use", ErrOtherNetworks, n.File)
		case digest != n.SHA256:
			return fmt.Errorf("%w: %s has SHA-256 %.8s…, the profile's has %.8s…", ErrOtherNetworks, n.File, digest, n.SHA256)
		}
		delete(in, n.File)
	}
	for _, n := range networks {
		if _, extra := in[n.File]; extra {
			return fmt.Errorf("%w: %s is in use and unknown to it", ErrOtherNetworks, n.File)
		}
	}
	return nil
}

// Logit fuses cues to one live logit. It fails when the cues are not those that the profile weighs.
func (p Profile) Logit(cues []spoof.Cue) (float64, error) {
	if len(cues) != len(p.Cues) {
		return 0, fmt.Errorf("%w: %d cues, the profile weighs %d", ErrOtherNetworks, len(cues), len(p.Cues))
	}
	var sum float64
	for _, c := range cues {
		w, ok := p.weight(c)
		if !ok {
			return 0, fmt.Errorf("%w: it has no weight for %s %s", ErrOtherNetworks, c.Network, c.Crop)
		}
		sum += w * c.Logit
	}
	return sum, nil
}

func (p Profile) weight(c spoof.Cue) (float64, bool) {
	for _, w := range p.Cues {
		if w.Network == c.Network && w.Crop == c.Crop {
			return w.Weight, true
		}
	}
	return 0, false
}

// Score is the calibrated liveness, 0..1, of the cues of one face.
func (p Profile) Score(cues []spoof.Cue) (float64, error) {
	logit, err := p.Logit(cues)
	return p.score(logit), err
}

func (p Profile) score(logit float64) float64 { return spoof.Probability(p.Slope*logit + p.Intercept) }

// MeanWeights weighs every network the same, and the crops of a network by their shares.
func MeanWeights(cues []spoof.Cue) []Weight {
	crops := map[string]int{}
	for _, c := range cues {
		crops[c.Network]++
	}
	var weights []Weight
	for _, c := range cues {
		weights = append(weights, Weight{c.Network, c.Crop, spoof.Share(c.Network, c.Crop, crops[c.Network]) / float64(len(crops))})
	}
	return weights
}
