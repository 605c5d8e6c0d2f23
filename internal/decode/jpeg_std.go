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

func jpegPixels(data []byte, o raster.Orientation) (*raster.Image, error) {
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
	return fromImage(img, o)
}
