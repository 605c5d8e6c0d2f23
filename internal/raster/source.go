package raster

import (
	"image"
	"image/color"
)

// lerp blends four corner values with weights fx towards the right and fy towards the bottom.
func lerp(v00, v10, v01, v11 uint8, fx, fy float32) float32 {
	top := float32(v00) + fx*(float32(v10)-float32(v00))
	bottom := float32(v01) + fx*(float32(v11)-float32(v01))
	return top + fy*(bottom-top)
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

func (s interleaved) blend(x0, x1, y0, y1 int, fx, fy float32) (r, g, b float32) {
	top, bottom := s.pix[y0*s.stride:], s.pix[y1*s.stride:]
	p00, p10, p01, p11 := top[3*x0:3*x0+3], top[3*x1:3*x1+3], bottom[3*x0:3*x0+3], bottom[3*x1:3*x1+3]
	return lerp(p00[0], p10[0], p01[0], p11[0], fx, fy),
		lerp(p00[1], p10[1], p01[1], p11[1], fx, fy),
		lerp(p00[2], p10[2], p01[2], p11[2], fx, fy)
}

func (s interleaved) luma(x0, x1, y0, y1 int, fx, fy float32) float32 {
	return bt601(s.blend(x0, x1, y0, y1, fx, fy))
}

// grey is a picture without colour.
type grey struct{ img *image.Gray }

func (s grey) size() (int, int) { return s.img.Rect.Dx(), s.img.Rect.Dy() }

func (s grey) rgb(x, y int) (r, g, b uint8) {
	v := s.img.Pix[y*s.img.Stride+x]
	return v, v, v
}

func (s grey) blend(x0, x1, y0, y1 int, fx, fy float32) (r, g, b float32) {
	v := s.luma(x0, x1, y0, y1, fx, fy)
	return v, v, v
}

func (s grey) luma(x0, x1, y0, y1 int, fx, fy float32) float32 {
	top, bottom := s.img.Pix[y0*s.img.Stride:], s.img.Pix[y1*s.img.Stride:]
	return lerp(top[x0], top[x1], bottom[x0], bottom[x1], fx, fy)
}

// ycbcr is planar colour with chroma at its own, often halved, resolution.
type ycbcr struct {
	img                  *image.YCbCr
	stepX, stepY         int     // luma pixels a chroma sample covers
	scaleX, scaleY       float32 // 1/step
	chromaW, chromaH     int
	luminance, cb, cr    []uint8
	lumaStride, chStride int
}

func newYCbCr(img *image.YCbCr) *ycbcr {
	s := &ycbcr{img: img, luminance: img.Y, cb: img.Cb, cr: img.Cr, lumaStride: img.YStride, chStride: img.CStride}
	s.stepX, s.stepY = subsampling(img.SubsampleRatio)
	s.scaleX, s.scaleY = 1/float32(s.stepX), 1/float32(s.stepY)
	s.chromaW = (img.Rect.Dx() + s.stepX - 1) / s.stepX
	s.chromaH = (img.Rect.Dy() + s.stepY - 1) / s.stepY
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

func (s *ycbcr) size() (int, int) { return s.img.Rect.Dx(), s.img.Rect.Dy() }

func (s *ycbcr) rgb(x, y int) (r, g, b uint8) {
	c := (y/s.stepY)*s.chStride + x/s.stepX
	return color.YCbCrToRGB(s.luminance[y*s.lumaStride+x], s.cb[c], s.cr[c])
}

func (s *ycbcr) luma(x0, x1, y0, y1 int, fx, fy float32) float32 {
	top, bottom := s.luminance[y0*s.lumaStride:], s.luminance[y1*s.lumaStride:]
	return lerp(top[x0], top[x1], bottom[x0], bottom[x1], fx, fy)
}

func (s *ycbcr) blend(x0, x1, y0, y1 int, fx, fy float32) (r, g, b float32) {
	l := s.luma(x0, x1, y0, y1, fx, fy)
	cx0, cx1, cfx := chromaTap(float32(x0)+fx*float32(x1-x0), s.scaleX, s.chromaW)
	cy0, cy1, cfy := chromaTap(float32(y0)+fy*float32(y1-y0), s.scaleY, s.chromaH)
	i00, i10 := cy0*s.chStride+cx0, cy0*s.chStride+cx1
	i01, i11 := cy1*s.chStride+cx0, cy1*s.chStride+cx1
	cb := lerp(s.cb[i00], s.cb[i10], s.cb[i01], s.cb[i11], cfx, cfy) - 128
	cr := lerp(s.cr[i00], s.cr[i10], s.cr[i01], s.cr[i11], cfx, cfy) - 128
	return clamp255(l + 1.402*cr), clamp255(l - 0.344136*cb - 0.714136*cr), clamp255(l + 1.772*cb)
}

// chromaTap maps a luma position (pixel centres at whole numbers) to the two chroma samples round it and the weight of the second.
func chromaTap(at, scale float32, n int) (i0, i1 int, f float32) {
	c := (at+0.5)*scale - 0.5
	if c <= 0 {
		return 0, 0, 0
	}
	i0 = int(c)
	if i0 >= n-1 {
		return n - 1, n - 1, 0
	}
	return i0, i0 + 1, c - float32(i0)
}

func clamp255(v float32) float32 { return min(255, max(0, v)) }
