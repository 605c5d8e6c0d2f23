//go:build cgo && !nojpegturbo

package bench

import "github.com/bonafide-pad/bonafide/internal/decode/jpegturbo/bare"

// bareDecode decodes with libjpeg-turbo alone: the limit of decoding.
var bareDecode = bare.Decode
