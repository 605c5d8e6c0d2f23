package raster

import (
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/raster/bilinear"
)

// Means fills dst with a plane of width×height luminances, 0..255, of r: each is the mean of 2×2 samples, those of a plane twice as large.
func (im *Image) Means(dst []float32, r Rect, width, height int) error {
	if len(dst) != width*height {
		return fmt.Errorf("raster: means of %d×%d into %d values", width, height, len(dst))
	}
	m := im.storedTransform(Stretch(r, 2*width, 2*height))
	if !m.finite() {
		return fmt.Errorf("raster: means of %+v", r)
	}
	if width == 0 || height == 0 {
		return nil
	}
	if im.fast == nil {
		im.meansSlowly(dst, m, width, height)
		return nil
	}
	g := im.grid(2*width, 2*height, m, Replicate)
	defer g.Release()
	g.Means(dst, bilinear.Patch{Width: width, Height: height, Stride: width, PlaneStride: width * height})
	return nil
}

func (im *Image) meansSlowly(dst []float32, m Transform, width, height int) {
	places := bilinear.Patch{Width: 2 * width, Height: 2 * height, Stride: 2 * width}
	values := make([]float32, 4*width*height)
	im.sampleSlowly(values, places, m, Replicate, Format{Order: Grey})
	for y := range height {
		upper, lower := values[2*y*places.Stride:], values[(2*y+1)*places.Stride:]
		for x := range width {
			dst[y*width+x] = (upper[2*x] + upper[2*x+1] + lower[2*x] + lower[2*x+1]) / 4
		}
	}
}
