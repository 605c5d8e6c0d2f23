//go:build !cgo || nojpegturbo

package bench

import (
	"bytes"
	"image/jpeg"
)

// bareDecode decodes with the standard library alone: the limit of decoding in a build without libjpeg-turbo.
var bareDecode = func(data []byte) error {
	_, err := jpeg.Decode(bytes.NewReader(data))
	return err
}
