//go:build !cgo || nojpegturbo

package decode

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// JPEGDecoder names the JPEG decoder that was built in.
func JPEGDecoder() string { return "image/jpeg" }

func jpegSize(data []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(data)) }

func jpegPixels(data []byte, canvas image.Rectangle, o raster.Orientation, _ *loan) (*raster.Image, error) {
	scans := walkScans(data)
	if scans.count > maxJPEGScans {
		return nil, fmt.Errorf("%d scans, at most %d are allowed", scans.count, maxJPEGScans)
	}
	if !scans.ended && (scans.count > 1 || scans.progressive) {
		return nil, errTruncated
	}
	end := bytes.NewReader([]byte{0xff, endOfImage}) // in case it is missing
	img, err := jpeg.Decode(io.MultiReader(bytes.NewReader(data), end))
	if err != nil {
		return nil, err
	}
	if err := checkAnnounced(img.Bounds().Size(), canvas.Size()); err != nil {
		return nil, err
	}
	if cmyk, ok := img.(*image.CMYK); ok {
		return packCMYK(cmyk, o)
	}
	return fromImage(img, canvas, o)
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

// JPEG markers, the second byte after 0xff.
const (
	temporary        = 0x01
	progressiveFrame = 0xc2
	restart0         = 0xd0
	restart7         = 0xd7
	startOfImage     = 0xd8
	endOfImage       = 0xd9
	startOfScan      = 0xda
)

// jpegScans is what the markers of a JPEG file say about its scans.
type jpegScans struct {
	count       int
	progressive bool
	ended       bool // the end-of-image marker comes after them
}

// walkScans follows the markers of a JPEG file.
func walkScans(data []byte) (s jpegScans) {
	for at := 2; ; {
		skip := bytes.IndexByte(data[min(at, len(data)):], 0xff)
		if skip < 0 || at+skip+1 >= len(data) {
			return s
		}
		at += skip + 1
		switch marker := data[at]; {
		case marker == endOfImage:
			s.ended = true
			return s
		case marker == 0xff:
			continue // fill, which may begin the next marker
		case marker == 0, marker == temporary, marker == startOfImage, marker >= restart0 && marker <= restart7:
			at++ // a stuffed byte of pixel data, or a marker without content
			continue
		case marker == startOfScan:
			s.count++
		case marker == progressiveFrame:
			s.progressive = true
		}
		if at+2 >= len(data) {
			return s
		}
		at += 1 + int(data[at+1])<<8 + int(data[at+2])
	}
}
