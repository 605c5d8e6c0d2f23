package raster

import (
	"fmt"
	"math"

	"github.com/bonafide-pad/bonafide/internal/raster/bilinear"
)

// Border says which pixels stand outside of the picture.
type Border uint8

const (
	// Replicate continues the outermost pixel.
	Replicate Border = iota
	// Reflect mirrors the picture at its outermost pixel, which is not repeated (gfedcb|abcdefgh|gfedcba).
	Reflect
)

// Order is the order of the colour planes that a network reads.
type Order uint8

const (
	// RGB planes.
	RGB Order = iota
	// BGR planes.
	BGR
	// Grey is one plane of BT.601 luminance.
	Grey
)

// Planes is the number of planes of the order.
func (o Order) Planes() int {
	if o == Grey {
		return 1
	}
	return 3
}

// Format is how a network wants its pixels: planes in Order, each value v in 0..255 stored as (v − Mean) / Deviation of its plane.
// The zero Deviation means 1.
type Format struct {
	Order     Order
	Mean      [3]float32
	Deviation [3]float32
}

// Sample fills dst with a width×height patch of the picture in planes (N = 1, C, H, W): the patch pixel (u, v) shows the
// picture at t(u+0.5, v+0.5), by plain bilinear sampling without smoothing. dst must hold planes × height × width values.
func (im *Image) Sample(dst []float32, width, height int, t Transform, border Border, f Format) error {
	return im.SampleInto(Canvas{Values: dst, Width: width, Height: height}, 0, 0, width, height, t, border, f)
}

// Canvas is planes that a patch is sampled into: planes × Height × Width values.
type Canvas struct {
	Values        []float32
	Width, Height int
}

// SampleInto is Sample for a patch of width×height whose upper left pixel is (left, top) of larger planes. The rest of them stays as it is.
func (im *Image) SampleInto(c Canvas, left, top, width, height int, t Transform, border Border, f Format) error {
	if n := c.Width * c.Height * f.Order.Planes(); len(c.Values) != n {
		return fmt.Errorf("raster: sampling into %d planes of %d×%d that have %d values", f.Order.Planes(), c.Width, c.Height, len(c.Values))
	}
	if left < 0 || top < 0 || width < 0 || height < 0 || left+width > c.Width || top+height > c.Height {
		return fmt.Errorf("raster: a patch of %d×%d at (%d, %d) does not lie inside of %d×%d", width, height, left, top, c.Width, c.Height)
	}
	if !t.finite() {
		return fmt.Errorf("raster: sampling with transform %+v", t)
	}
	if width == 0 || height == 0 {
		return nil
	}
	m, p := im.storedTransform(t), f.patch(width, height)
	p.Stride, p.PlaneStride = c.Width, c.Width*c.Height
	to := c.Values[top*c.Width+left:]
	switch {
	case im.fast == nil:
		im.sampleSlowly(to, p, m, border, f)
	case m.XY == 0 && m.YX == 0 || m.XX == 0 && m.YY == 0:
		im.sampleGrid(to, m, border, p)
	case border == Replicate:
		im.fast.Free(to, p, [6]float64{m.XX, m.XY, m.X0, m.YX, m.YY, m.Y0})
	default: // no network reads a turned crop that is reflected
		im.sampleSlowly(to, p, m, border, f)
	}
	return nil
}

// sampleGrid follows a transform that turns by quarters at most, as that of nearly every crop: each stored axis depends on one
// axis of the patch.
func (im *Image) sampleGrid(dst []float32, m Transform, border Border, p bilinear.Patch) {
	g := im.grid(p.Width, p.Height, m, border)
	defer g.Release()
	g.Sample(dst, p)
}

// grid is the places of a patch of width×height for package bilinear.
func (im *Image) grid(width, height int, m Transform, border Border) *bilinear.Grid {
	w, h := im.stored.size()
	xs, ys := axis{size: w, border: border}, axis{size: h, border: border}
	nx, ny, scaleX, scaleY := width, height, m.XX, m.YY
	swapped := m.XX == 0 && m.YY == 0
	if swapped {
		nx, ny, scaleX, scaleY = height, width, m.XY, m.YX
	}
	g := im.fast.NewGrid(nx, ny, swapped)
	for i := range nx {
		g.SetX(i, xs.place(scaleX*(float64(i)+0.5)+m.X0))
	}
	for i := range ny {
		g.SetY(i, ys.place(scaleY*(float64(i)+0.5)+m.Y0))
	}
	return g
}

// patch says the same to package bilinear, which has scale and offset by colour and not by plane.
func (f Format) patch(width, height int) bilinear.Patch {
	scale, offset := f.linear()
	p := bilinear.Patch{Width: width, Height: height, Grey: f.Order == Grey, Red: 0, Green: 1, Blue: 2, Scale: scale, Offset: offset}
	if f.Order == BGR {
		p.Red, p.Blue = 2, 0
		p.Scale[0], p.Scale[2] = scale[2], scale[0]
		p.Offset[0], p.Offset[2] = offset[2], offset[0]
	}
	return p
}

// sampleSlowly follows any transform from patch to stored pixels, in Go, for what package bilinear does not do.
func (im *Image) sampleSlowly(dst []float32, patch bilinear.Patch, m Transform, border Border, f Format) {
	scale, offset := f.linear()
	w, h := im.stored.size()
	xs, ys := axis{size: w, border: border}, axis{size: h, border: border}
	for v := range patch.Height {
		for u := range patch.Width {
			p := m.Apply(Point{float64(u) + 0.5, float64(v) + 0.5})
			x, y := xs.tap(p.X), ys.tap(p.Y)
			i, n := v*patch.Stride+u, patch.PlaneStride
			if f.Order == Grey {
				dst[i] = im.stored.luma(x, y)*scale[0] + offset[0]
				continue
			}
			r, g, b := im.stored.blend(x, y)
			if f.Order == BGR {
				r, b = b, r
			}
			dst[i] = r*scale[0] + offset[0]
			dst[n+i] = g*scale[1] + offset[1]
			dst[2*n+i] = b*scale[2] + offset[2]
		}
	}
}

// linear turns mean and deviation into v·scale + offset.
func (f Format) linear() (scale, offset [3]float32) {
	for i := range scale {
		scale[i] = 1
		if f.Deviation[i] != 0 {
			scale[i] = 1 / f.Deviation[i]
		}
		offset[i] = -f.Mean[i] * scale[i]
	}
	return scale, offset
}

func (t Transform) finite() bool {
	sum := t.XX + t.XY + t.X0 + t.YX + t.YY + t.Y0
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

// storedTransform composes t with the way from the upright picture to the stored pixels.
func (im *Image) storedTransform(t Transform) Transform {
	w, h := float64(im.width), float64(im.height)
	flipX := Transform{-t.XX, -t.XY, w - t.X0, t.YX, t.YY, t.Y0}
	switch im.orientation {
	case 2:
		return flipX
	case 3:
		return Transform{flipX.XX, flipX.XY, flipX.X0, -t.YX, -t.YY, h - t.Y0}
	case 4:
		return Transform{t.XX, t.XY, t.X0, -t.YX, -t.YY, h - t.Y0}
	case 5:
		return Transform{t.YX, t.YY, t.Y0, t.XX, t.XY, t.X0}
	case 6:
		return Transform{t.YX, t.YY, t.Y0, flipX.XX, flipX.XY, flipX.X0}
	case 7:
		return Transform{-t.YX, -t.YY, h - t.Y0, flipX.XX, flipX.XY, flipX.X0}
	case 8:
		return Transform{-t.YX, -t.YY, h - t.Y0, t.XX, t.XY, t.X0}
	default:
		return t
	}
}
