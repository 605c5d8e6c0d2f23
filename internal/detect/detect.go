// Package detect finds boxes that may be faces.
//
// A detector looks at a view, a rectangle of the picture that may reach beyond it. Faces are found best when they fill a
// twentieth to a half of the view's width: [Padded] is the view for faces that fill the picture, [Tiles] are the views for
// faces that are small in it, [Closeup] is the view for a second look at one box.
package detect

import (
	"cmp"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Candidate is a box that a detector takes for a face, in pixels of the upright picture: from forehead to chin and from
// ear to ear. It may reach beyond the picture.
type Candidate struct {
	Box raster.Rect
	// Score is the detector's confidence, 0..1.
	Score float64
	// View is the view in which the box was found.
	View raster.Rect
}

const (
	// sameIoU is the overlap over which two boxes are one face, as published for the UltraLight detector.
	sameIoU = 0.4
	// sameShare is the share of the smaller box inside the larger one over which they are one face: views of different
	// scale may see a part of a face as a face.
	sameShare = 0.7
)

// Same tells whether two boxes are of one face.
func Same(a, b raster.Rect) bool {
	shared := a.Intersect(b).Area()
	return a.IoU(b) > sameIoU || shared > sameShare*min(a.Area(), b.Area())
}

// Suppress keeps the best of candidates that are of one face, best first.
func Suppress(candidates []Candidate) []Candidate {
	slices.SortStableFunc(candidates, func(a, b Candidate) int { return cmp.Compare(b.Score, a.Score) })
	var kept []Candidate
	for _, c := range candidates {
		if !slices.ContainsFunc(kept, func(k Candidate) bool { return Same(k.Box, c.Box) }) {
			kept = append(kept, c)
		}
	}
	return kept
}
