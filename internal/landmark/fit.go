package landmark

import "github.com/bonafide-pad/bonafide/internal/raster"

// Fit is where a network places the landmarks, and how sure that is.
type Fit struct {
	Points Points
	// Disagreement is the mean distance of the points found in a crop and in its mirror image, as a share of the face's
	// side: about 0.01 on a clear face, over 0.05 on one face of ten with a mask, and on four of five boxes that hold no face.
	Disagreement float64
}

// merge is the mean of two placements on a face of the given side.
func merge(a, b *Points, side float64) Fit {
	var f Fit
	for i := range f.Points {
		f.Points[i] = raster.Midpoint(a[i], b[i])
		f.Disagreement += raster.Distance(a[i], b[i]) / (Count * side)
	}
	return f
}

// opposite is the index of the landmark at the same place of the face's other half; those on the middle line are their own.
var opposite = [Count]int{
	16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, // jaw
	26, 25, 24, 23, 22, 21, 20, 19, 18, 17, // brows
	27, 28, 29, 30, 35, 34, 33, 32, 31, // nose
	45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, // eyes
	54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, // outer lips
	64, 63, 62, 61, 60, 67, 66, 65, // inner lips
}

// mirror gives the points of a face that was seen in a mirror their own names: each becomes its opposite.
func (p *Points) mirror() *Points {
	var m Points
	for i, o := range opposite {
		m[o] = p[i]
	}
	return &m
}
