//go:build cgo && !nojpegturbo

// Package bare is what benchmarks measure jpegturbo against: libjpeg-turbo called from C alone, planes written again and
// again into the same memory, nothing checked, nothing allocated between pictures but by libjpeg itself.
package bare

// #cgo CFLAGS: -O2 -std=c11
// #cgo LDFLAGS: -ljpeg
// #include <stddef.h>
// int bare_decode(const unsigned char *data, size_t size, int times);
import "C"

import (
	"errors"
	"unsafe"
)

// Decode decodes a three-component JPEG so many times.
func Decode(data []byte, times int) error {
	if len(data) == 0 || C.bare_decode((*C.uchar)(unsafe.Pointer(unsafe.SliceData(data))), C.size_t(len(data)), C.int(times)) != 0 {
		return errors.New("bare: not a JPEG of three components, or no memory")
	}
	return nil
}
