package evaluate

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/calibrate"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/profile"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

// SourceColumn is the column that names cameras or collections.
const SourceColumn = "source"

// Calibration asks for a profile.
type Calibration struct {
	calibrate.Options
	// Occlusion is the policy's: a face that is more occluded is left out, since it is refused before its liveness matters.
	Occlusion float64
	// Name says what the pictures are.
	Name string
	// Models are those that the pictures were measured with.
	Models  []bonafide.Model
	Version string
	Created time.Time
}

// Calibrate fits a profile to the largest faces of measured pictures. Pictures without a face and occluded faces are left out; too
// few of the others are refused with calibrate.ErrTooLittle.
func Calibrate(pictures []Picture, c Calibration) (profile.Profile, calibrate.Fit, error) {
	p := profile.Profile{Format: profile.Format, Created: c.Created, Version: c.Version}
	for _, m := range c.Models {
		if m.Purpose == catalog.Liveness {
			p.Networks = append(p.Networks, profile.Network{File: m.File, SHA256: m.SHA256})
		}
	}
	observations, weights, err := observe(pictures, c.Occlusion)
	if err != nil {
		return p, calibrate.Fit{}, err
	}
	f, err := calibrate.Run(observations, c.Options)
	if err != nil {
		return p, f, err
	}
	p.Cues, p.Slope, p.Intercept = weights, f.Slope, f.Intercept
	p.Operation, p.Fitted, p.HeldOut = f.Operation, f.Sample, f.HeldOut
	p.Fitted.Name = c.Name
	return p, f, p.Validate()
}

// occluded tells whether the largest face is refused before its liveness matters.
func occluded(p Picture, most float64) bool { return p.Faces[0].Occlusion > most }

// WriteLeftOut prints what Calibrate doesn't fit on, if there is anything.
func WriteLeftOut(out io.Writer, pictures []Picture, mostOccluded float64) error {
	var unreadable []Unreadable
	faceless, hidden := 0, 0
	for _, p := range pictures {
		switch {
		case p.Error != nil:
			unreadable = append(unreadable, Unreadable{p.Name, p.Error.Code, p.Error.Message})
		case len(p.Faces) == 0:
			faceless++
		case occluded(p, mostOccluded):
			hidden++
		}
	}
	if faceless+hidden+len(unreadable) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(out, "left out of %d pictures: %d without a face, %d with an occluded one, %d that could not be analysed\n",
		len(pictures), faceless, hidden, len(unreadable)); err != nil {
		return err
	}
	return writeUnreadable(out, unreadable)
}

// observe fuses the cues of every picture's largest face, unless it is occluded, by their mean.
func observe(pictures []Picture, mostOccluded float64) (all []calibrate.Observation, weights []profile.Weight, err error) {
	if err := Liveness().refuseContradictions(pictures); err != nil {
		return nil, nil, err
	}
	for _, picture := range pictures {
		if picture.Error != nil || len(picture.Faces) == 0 || occluded(picture, mostOccluded) {
			continue
		}
		live, err := Liveness().truth(picture.Item)
		if err != nil {
			return nil, nil, err
		}
		var cues []spoof.Cue
		for _, c := range picture.Faces[0].Cues {
			cues = append(cues, spoof.Cue(c))
		}
		if weights == nil {
			weights = profile.MeanWeights(cues)
		}
		logit, err := profile.Profile{Cues: weights}.Logit(cues)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", picture.Name, err)
		}
		all = append(all, calibrate.Observation{
			Logit: logit, Attack: !live, Species: picture.Species, Group: picture.Group, Source: picture.Column(SourceColumn),
		})
	}
	if len(all) == 0 {
		return nil, nil, errors.New("no face that is free was found in any picture")
	}
	return all, weights, nil
}
