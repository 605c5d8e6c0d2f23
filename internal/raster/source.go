package raster

import (
	"image"
	"image/color"

	"github.com/bonafide-pad/bonafide/internal/raster/bilinear"
)

// lerp blends four corner values with weights fx towards the right and fy towards the bottom.
func lerp(v00, v10, v01, v11 uint8, fx, fy float32) float32 {
	top := float32(v00) + fx*(float32(v10)-float32(v00))
	bottom := float32(v01) + fx*(float32(v11)-float32(v01))
	return top + fy*(bottom-top)
}

// lerpPlane blends the four pixels at the taps of a plane whose pixels lie step bytes apart.
func lerpPlane(pix []uint8, stride, step int, x, y tap) float32 {
	top, bottom := pix[y.i0*stride:], pix[y.i1*stride:]
	left, right := x.i0*step, x.i1*step
	return lerp(top[left], top[right], bottom[left], bottom[right], x.f, y.f)
}

// bt601 is the luminance of full-range JPEG colour.
func bt601(r, g, b float32) float32 { return 0.299*r + 0.587*g + 0.114*b }

// interleaved is 8-bit RGB, three bytes a pixel.
type interleaved struct {
	pix          []byte
	w, h, stride int
}

func (s interleaved) size() (int, int) { return s.w, s.h }

func (s interleaved) rgb(x, y int) (r, g, b uint8) {
	p := s.pix[y*s.stride+3*x:]
	return p[0], p[1], p[2]
}

func (s interleaved) blend(x, y tap) (r, g, b float32) {
	top, bottom := s.pix[y.i0*s.stride:], s.pix[y.i1*s.stride:]
	p00, p10 := top[3*x.i0:3*x.i0+3], top[3*x.i1:3*x.i1+3]
	p01, p11 := bottom[3*x.i0:3*x.i0+3], bottom[3*x.i1:3*x.i1+3]
	return lerp(p00[0], p10[0], p01[0], p11[0], x.f, y.f),
		lerp(p00[1], p10[1], p01[1], p11[1], x.f, y.f),
		lerp(p00[2], p10[2], p01[2], p11[2], x.f, y.f)
}

func (s interleaved) luma(x, y tap) float32 { return bt601(s.blend(x, y)) }

func (s interleaved) fast() (*bilinear.Source, error) {
	var planes [3]bilinear.Plane
	for c := range planes {
		planes[c] = bilinear.Plane{Pix: s.pix[c:], Width: s.w, Height: s.h, Stride: s.stride}
	}
	return bilinear.NewSource(bilinear.RGB, planes, 1, 1)
}

// grey is a picture without colour.
type grey struct{ img *image.Gray }

func (s grey) size() (int, int) { return s.img.Rect.Dx(), s.img.Rect.Dy() }

func (s grey) rgb(x, y int) (r, g, b uint8) {
	v := s.img.Pix[y*s.img.Stride+x]
	return v, v, v
}

func (s grey) blend(x, y tap) (r, g, b float32) {
	v := s.luma(x, y)
	return v, v, v
}

func (s grey) luma(x, y tap) float32 { return lerpPlane(s.img.Pix, s.img.Stride, 1, x, y) }

func (s grey) fast() (*bilinear.Source, error) {
	w, h := s.size()
	return bilinear.NewSource(bilinear.Grey, [3]bilinear.Plane{{Pix: s.img.Pix, Width: w, Height: h, Stride: s.img.Stride}}, 1, 1)
}

// ycbcr is planes of luma and of chroma at its own, often halved, resolution.
type ycbcr struct {
	w, h                     int
	stepX, stepY             int     // luma pixels a chroma sample covers
	scaleX, scaleY           float32 // 1/step
	chromaW, chromaH         int
	luminance, cb, cr        []uint8
	lumaStride, chromaStride int
	chromaStep               int // bytes from one sample of chroma to the next: 2 where Cb and Cr lie in pairs, else 1
}

// newYCbCr describes planes but for the memory of chroma.
func newYCbCr(w, h int, luma []uint8, lumaStride int, ratio image.YCbCrSubsampleRatio) *ycbcr {
	s := &ycbcr{w: w, h: h, luminance: luma, lumaStride: lumaStride}
	s.stepX, s.stepY = subsampling(ratio)
	s.scaleX, s.scaleY = 1/float32(s.stepX), 1/float32(s.stepY)
	s.chromaW, s.chromaH = (w+s.stepX-1)/s.stepX, (h+s.stepY-1)/s.stepY
	return s
}

func subsampling(ratio image.YCbCrSubsampleRatio) (stepX, stepY int) {
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	default:
		return 1, 1
	}
}

func (s *ycbcr) size() (int, int) { return s.w, s.h }

func (s *ycbcr) rgb(x, y int) (r, g, b uint8) {
	c := (y/s.stepY)*s.chromaStride + (x/s.stepX)*s.chromaStep
	return color.YCbCrToRGB(s.luminance[y*s.lumaStride+x], s.cb[c], s.cr[c])
}

func (s *ycbcr) luma(x, y tap) float32 { return lerpPlane(s.luminance, s.lumaStride, 1, x, y) }

func (s *ycbcr) blend(x, y tap) (r, g, b float32) {
	cx, cy := x.chroma(s.scaleX, s.chromaW), y.chroma(s.scaleY, s.chromaH)
	return yccToRGB(s.luma(x, y), lerpPlane(s.cb, s.chromaStride, s.chromaStep, cx, cy), lerpPlane(s.cr, s.chromaStride, s.chromaStep, cx, cy))
}

func (s *ycbcr) fast() (*bilinear.Source, error) {
	model := bilinear.YCC
	if s.chromaStep == 2 {
		model = bilinear.YCCPairs
	}
	return bilinear.NewSource(model, [3]bilinear.Plane{
		{Pix: s.luminance, Width: s.w, Height: s.h, Stride: s.lumaStride},
		{Pix: s.cb, Width: s.chromaW, Height: s.chromaH, Stride: s.chromaStride},
		{Pix: s.cr, Width: s.chromaW, Height: s.chromaH, Stride: s.chromaStride},
	}, s.scaleX, s.scaleY)
}

// yccToRGB converts full-range BT.601, chroma centred at 128.
func yccToRGB(l, cb, cr float32) (r, g, b float32) {
	cb, cr = cb-128, cr-128
	return clamp255(l + 1.402*cr), clamp255(l - 0.344136*cb - 0.714136*cr), clamp255(l + 1.772*cb)
}

func clamp255(v float32) float32 { return min(255, max(0, v)) }
