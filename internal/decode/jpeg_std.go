//go:build !cgo || nojpegturbo

package decode

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// JPEGDecoder names the JPEG decoder that was built in.
func JPEGDecoder() string { return "image/jpeg" }

func jpegSize(data []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(data)) }

func jpegPixels(data []byte, o raster.Orientation, _ *loan) (*raster.Image, error) {
	scans, ended := jpegScans(data)
	if scans > maxJPEGScans {
		return nil, fmt.Errorf("%d scans, at most %d are allowed", scans, maxJPEGScans)
	}
	if !ended {
		if scans > 1 {
			return nil, errTruncated
		}
		data = append(data[:len(data):len(data)], 0xff, endOfImage)
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if cmyk, ok := img.(*image.CMYK); ok {
		return packCMYK(cmyk, o)
	}
	return fromImage(img, o)
}

// packCMYK turns ink into light, in place.
func packCMYK(p *image.CMYK, o raster.Orientation) (*raster.Image, error) {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	out := p.Pix[:0]
	for y := range h {
		row := p.Pix[y*p.Stride : y*p.Stride+4*w]
		for ; len(row) >= 4; row = row[4:] {
			white := 255 - uint32(row[3])
			for _, ink := range row[:3] {
				out = append(out, uint8(((255-uint32(ink))*white+127)/255))
			}
		}
	}
	return raster.FromRGB(out, w, h, 3*w, o)
}
