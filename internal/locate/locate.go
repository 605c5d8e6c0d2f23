// Package locate finds every face of a picture and places its landmarks.
//
// A glance at the picture as it is, in which the detector reads fewer pixels, shows most portraits' only face. Otherwise the picture is
// searched from coarse to fine: as a whole with room round it, as it is, and in overlapping tiles. The search ends at the first of
// these that shows a clear face large enough for that view. A box that the detector gives counts as a face only when a second sign agrees: either
// the detector is sure of it and the landmarks come out the same in a mirror, or the detector finds it again when it
// looks closer. The detector alone fires on wheels, hair and penguins.
package locate

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/detect"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/mesh"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Face is a face with its landmarks.
type Face struct {
	// Box reaches from forehead to chin and from ear to ear, in pixels of the upright picture; it may reach beyond it.
	Box raster.Rect
	// Score is the detector's confidence, 0..1.
	Score  float64
	Points landmark.Points
	// sure says that the box needed no closer look.
	sure bool
}

const (
	// leastSide is the longer side of the smallest box that counts, in pixels: half of what the landmark network reads. Under it
	// nothing that is measured means much, and most false boxes are.
	leastSide = 32
	// sureScore and sureDisagreement are the score from which and the disagreement up to which no closer look is needed: no
	// box on the scenes of noface/ reaches both, and only one of the 98 faces of faces/ misses them.
	sureScore        = 0.9
	sureDisagreement = 0.05
	// sureFlag is the mesh's flag from which no closer look is needed: the boxes on the scenes of noface/ stay under −1.
	sureFlag = 0
	// leastEvidence is the evidence from which a box that was looked at twice is a face: see [evidence].
	leastEvidence = 0.5
	// againScore and againIoU are the score and overlap from which a box of the closer look counts.
	againScore = 0.3
	againIoU   = 0.3
)

// closeupZooms are the heights of the closer looks over the candidate's: of the false boxes of noface/ none kept its score in
// either, faces of boxes/ and masks/ kept theirs in one of them.
var closeupZooms = [...]float64{2.5, 5}

// Finder finds faces. It is safe for concurrent use.
type Finder struct {
	detector  *detect.UltraLight
	landmarks *landmark.Net64
	mesh      *mesh.Net
}

// New makes a Finder of networks that stay the caller's to close.
func New(detector *detect.UltraLight, landmarks *landmark.Net64, mesh *mesh.Net) *Finder {
	return &Finder{detector: detector, landmarks: landmarks, mesh: mesh}
}

// round is one step of the search.
type round struct {
	views func(picture raster.Rect) []raster.Rect
	// A clear face whose side, as a share of the picture's shorter side, is from least to most ends the search.
	least, most float64
	// alone says that there must be no other candidate: where one small face is, others may be.
	alone bool
	// small says that the detector reads the views in the size for a glance.
	small bool
}

// glance spares the other views where they would only show the same face again. Larger faces have a truer box with room round
// them: up to 0.8 the AUC over the clips of pad/ is .935, up to 0.6 it is .939.
var glance = round{views: asItIs, least: 1.0 / 6, most: 0.6, alone: true, small: true}

// rounds find as many of the marked boxes of boxes/ as when every view is looked at, where one found no large face: chosen on those
// boxes, from 1/5, 1/6 and 1/8.
var rounds = [...]round{
	{views: withRoom, least: 1.0 / 3, most: math.Inf(1)},
	{views: asItIs, least: 1.0 / 6, most: math.Inf(1), alone: true},
	{views: detect.Tiles, most: math.Inf(1)},
}

func withRoom(picture raster.Rect) []raster.Rect { return []raster.Rect{detect.Padded(picture)} }
func asItIs(picture raster.Rect) []raster.Rect   { return []raster.Rect{picture} }

// Find returns the faces of a picture, largest first.
func (f *Finder) Find(ctx context.Context, im *raster.Image) ([]Face, error) {
	s := search{finder: f, im: im, judged: map[raster.Rect]judgement{}}
	ended, err := s.run(ctx, glance)
	s.candidates = nil // what the glance saw counts in its round only: small faces behind a large one don't
	for i := 0; i < len(rounds) && !ended && err == nil; i++ {
		ended, err = s.run(ctx, rounds[i])
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(s.faces, func(p, q Face) int { return cmp.Compare(q.Box.Area(), p.Box.Area()) })
	return s.faces, nil
}

// search is the state of one Find.
type search struct {
	finder *Finder
	im     *raster.Image
	// candidates are the best of all views so far, one a face; faces are those of them that are faces.
	candidates []detect.Candidate
	faces      []Face
	// judged has what became of every candidate so far, by its box.
	judged map[raster.Rect]judgement
}

// judgement is what became of a candidate.
type judgement struct {
	face   Face
	isFace bool
}

// run does one round and tells whether the search is over.
func (s *search) run(ctx context.Context, r round) (ended bool, err error) {
	if err := s.extend(ctx, r); err != nil {
		return false, err
	}
	return s.endsWith(r), nil
}

// endsWith tells whether the search is over after a round.
func (s *search) endsWith(r round) bool {
	picture := s.im.Bounds()
	shorter := min(picture.Width(), picture.Height())
	found := slices.ContainsFunc(s.faces, func(f Face) bool {
		share := max(f.Box.Width(), f.Box.Height()) / shorter
		return f.sure && share >= r.least && share <= r.most
	})
	return found && (!r.alone || len(s.candidates) == 1)
}

// extend looks at a round's views and judges the candidates that are new.
func (s *search) extend(ctx context.Context, r round) error {
	for _, view := range r.views(s.im.Bounds()) {
		more, err := s.look(ctx, view, r.small)
		if err != nil {
			return err
		}
		s.candidates = append(s.candidates, more...)
	}
	s.candidates = detect.Suppress(s.candidates)
	s.faces = nil
	for _, c := range s.candidates {
		j, known := s.judged[c.Box]
		if !known {
			var err error
			if j.face, j.isFace, err = s.finder.judge(ctx, s.im, c); err != nil {
				return err
			}
		}
		s.judged[c.Box] = j
		if j.isFace {
			s.faces = append(s.faces, j.face)
		}
	}
	return nil
}

// look returns the candidates of a view that are whole and large enough. small says that the detector reads it in the size for a glance.
func (s *search) look(ctx context.Context, view raster.Rect, small bool) ([]detect.Candidate, error) {
	candidatesIn := s.finder.detector.Detect
	if small {
		candidatesIn = s.finder.detector.Glance
	}
	candidates, err := candidatesIn(ctx, s.im, view, detect.UltraLightScore)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(candidates, func(c detect.Candidate) bool {
		return max(c.Box.Width(), c.Box.Height()) < leastSide || detect.CutOff(c.Box, view, s.im.Bounds())
	}), nil
}

// judge places the landmarks of a candidate and asks for the second sign.
func (f *Finder) judge(ctx context.Context, im *raster.Image, c detect.Candidate) (Face, bool, error) {
	fit, err := f.landmarks.Locate(ctx, im, c.Box)
	if err != nil {
		return Face{}, false, err
	}
	face := Face{Box: c.Box, Score: c.Score, Points: fit.Points, sure: c.Score >= sureScore && fit.Disagreement <= sureDisagreement}
	if face.sure {
		return face, true, nil
	}
	laid, err := f.mesh.FitOn(ctx, im, &fit.Points)
	if err != nil {
		return Face{}, false, err
	}
	if laid.Flag >= sureFlag {
		return face, true, nil
	}
	if evidence(c.Score, 1, fit.Disagreement) < leastEvidence {
		return Face{}, false, nil
	}
	for _, zoom := range closeupZooms {
		again, err := f.lookAgain(ctx, im, c, zoom)
		if err != nil {
			return Face{}, false, err
		}
		if evidence(c.Score, again, fit.Disagreement) >= leastEvidence {
			return face, true, nil
		}
	}
	return Face{}, false, nil
}

// lookAgain is the score that the detector gives to a candidate in a closer look, 0 when it does not find it again.
func (f *Finder) lookAgain(ctx context.Context, im *raster.Image, c detect.Candidate, zoom float64) (float64, error) {
	found, err := f.detector.Detect(ctx, im, detect.Closeup(c, zoom), againScore)
	if err != nil {
		return 0, err
	}
	var score float64
	for _, again := range found {
		if again.Box.IoU(c.Box) >= againIoU {
			score = max(score, again.Score)
		}
	}
	return score, nil
}

// evidence weighs the detector's score, its score in the closer look and the landmarks' disagreement against each other.
// No box on the scenes of noface/ of the evaluation pictures comes over 0.37; most masked faces of boxes/ and masks/ are
// over 0.6.
func evidence(score, again, disagreement float64) float64 {
	return (score+again)/2 - 2*disagreement
}
