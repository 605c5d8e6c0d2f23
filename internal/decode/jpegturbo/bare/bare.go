//go:build cgo && !nojpegturbo

// Package bare is what benchmarks measure jpegturbo against: libjpeg-turbo called from C alone, for files that are known to
// be good, with nothing kept and nothing checked. (A broken file ends the process: never give it one from outside.)
package bare

// #cgo CFLAGS: -O2 -std=c11
// #cgo LDFLAGS: -ljpeg
// #include <stddef.h>
// int bare_decode(const unsigned char *data, size_t size);
import "C"

import (
	"errors"
	"unsafe"
)

// Decode decodes a three-component JPEG to planes and forgets them.
func Decode(data []byte) error {
	if len(data) == 0 || C.bare_decode((*C.uchar)(unsafe.Pointer(unsafe.SliceData(data))), C.size_t(len(data))) != 0 {
		return errors.New("bare: not a JPEG of three components, or no memory")
	}
	return nil
}
