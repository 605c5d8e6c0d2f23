package detect

import (
	"math"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// anchor is a box that the UltraLight detector judges and corrects, in 0..1 of the view.
type anchor struct{ x, y, width, height float32 } // x and y of its centre

// The UltraLight detector's anchors as published: squares of these sides in pixels, one set for each of its maps, round the
// middle of each of the map's cells, which divide the view evenly; nothing of them exceeds the view's size.
var anchorSides = [...][]float64{{10, 16, 24}, {32, 48}, {64, 96}, {128, 192, 256}}

// anchorStride is how far apart the cells of the first map lie, in pixels; those of each further map lie twice as far apart.
const anchorStride = 8

// The corrections are scaled by the variances with which the detector was trained.
const centerVariance, sizeVariance = 0.1, 0.2

// anchorsOf are the anchors of an input of width×height pixels.
func anchorsOf(width, height int) []anchor {
	var anchors []anchor
	for i, sides := range anchorSides {
		stride := int(anchorStride) << i
		columns, rows := cells(width, ultraLightWidth, stride), cells(height, ultraLightHeight, stride)
		for _, y := range rows {
			for _, x := range columns {
				for _, side := range sides {
					anchors = append(anchors, anchor{x: x, y: y, width: ofView(side, float64(width)), height: ofView(side, float64(height))})
				}
			}
		}
	}
	return anchors
}

// cells are the middles of a map's cells on one axis, in 0..1 of the view. As published they divide the view evenly, though on the axis they
// lie one stride apart: where that is not the same, the network has learned to make up for the difference. At another size they lie one stride
// apart, less the mean of that difference.
func cells(size, published, stride int) []float32 {
	middles := make([]float32, ceilDiv(size, stride))
	apart, shift := float64(stride), float64(published-ceilDiv(published, stride)*stride)/2
	if size == published {
		apart, shift = float64(size)/float64(len(middles)), 0
	}
	for i := range middles {
		middles[i] = ofView((float64(i)+0.5)*apart+shift, float64(size))
	}
	return middles
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func ofView(v, size float64) float32 { return float32(min(1, v/size)) }

// corrected is the box that the detector makes of an anchor, in the picture. by are the four corrections of centre and size.
func (a anchor) corrected(by []float32, view raster.Rect) raster.Rect {
	x := float64(a.x + by[0]*centerVariance*a.width)
	y := float64(a.y + by[1]*centerVariance*a.height)
	w := float64(a.width) * math.Exp(float64(by[2]*sizeVariance)) / 2
	h := float64(a.height) * math.Exp(float64(by[3]*sizeVariance)) / 2
	return raster.Rect{
		X0: view.X0 + (x-w)*view.Width(), Y0: view.Y0 + (y-h)*view.Height(),
		X1: view.X0 + (x+w)*view.Width(), Y1: view.Y0 + (y+h)*view.Height(),
	}
}
