// Package detect finds faces in a picture.
package detect

import (
	"slices"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Candidate is a box that a detector takes for a face, in pixels of the upright picture.
type Candidate struct {
	Box raster.Rect
	// Score is the detector's confidence, 0..1.
	Score float64
}

// suppress keeps the best of candidates that overlap by more than maxIoU, best first.
func suppress(candidates []Candidate, maxIoU float64) []Candidate {
	slices.SortStableFunc(candidates, func(a, b Candidate) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		default:
			return 0
		}
	})
	var kept []Candidate
	for _, c := range candidates {
		if !slices.ContainsFunc(kept, func(k Candidate) bool { return k.Box.IoU(c.Box) > maxIoU }) {
			kept = append(kept, c)
		}
	}
	return kept
}
