package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	"golang.org/x/image/webp"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func webpSize(data []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(data)) }

// webpPixels decodes the picture, or an animation's first frame on a white canvas.
func webpPixels(data []byte, canvas image.Rectangle, o raster.Orientation, _ *loan) (*raster.Image, error) {
	frame, err := firstWebPFrame(data, canvas)
	if errors.Is(err, errNotAnimated) {
		img, err := webpStill(data)
		if err != nil {
			return nil, err
		}
		return fromImage(img, canvas, o)
	}
	if err != nil {
		return nil, err
	}
	img, err := webpStill(frame.still)
	if err != nil {
		return nil, fmt.Errorf("the first frame: %w", err)
	}
	return fromImage(onCanvas(img, canvas, frame.at.Min), canvas, o)
}

// webpStill decodes a file without animation into a form that fromImage takes.
func webpStill(data []byte) (image.Image, error) {
	img, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	switch p := img.(type) {
	case *image.YCbCr:
		toFullRange(p)
		return p, nil
	case *image.NYCbCrA:
		toFullRange(&p.YCbCr)
		return alphaOverWhite(p), nil
	default:
		return img, nil
	}
}

// toFullRange stretches the planes of VP8, which go from 16 to 235 (luma) and 240 (chroma), to JPEG's 0 to 255.
// The decoder leaves that to its caller.
func toFullRange(p *image.YCbCr) {
	var luma, chroma [256]uint8
	for v := range 256 {
		luma[v] = uint8(min(255, max(0, ((v-16)*255+109)/219)))
		chroma[v] = uint8(min(255, max(0, 128+((v-128)*255)/224)))
	}
	for i, v := range p.Y {
		p.Y[i] = luma[v]
	}
	for _, plane := range [][]uint8{p.Cb, p.Cr} {
		for i, v := range plane {
			plane[i] = chroma[v]
		}
	}
}

// alphaOverWhite lays the planes over white, in place; chroma follows the mean alpha of the pixels that it covers.
func alphaOverWhite(p *image.NYCbCrA) *image.YCbCr {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	for y := range h {
		row, alpha := p.Y[y*p.YStride:], p.A[y*p.AStride:]
		for x := range w {
			row[x] = overWhite(uint32(row[x]), uint32(alpha[x]))
		}
	}
	for y := 0; y < h; y += 2 {
		above, below := p.A[y*p.AStride:], p.A[min(y+1, h-1)*p.AStride:]
		for x := 0; x < w; x += 2 {
			right := min(x+1, w-1)
			sum := int(above[x]) + int(above[right]) + int(below[x]) + int(below[right])
			c := y/2*p.CStride + x/2
			p.Cb[c] = uint8(128 + (int(p.Cb[c])-128)*sum/(4*255))
			p.Cr[c] = uint8(128 + (int(p.Cr[c])-128)*sum/(4*255))
		}
	}
	return &p.YCbCr
}
