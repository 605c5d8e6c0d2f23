package decode

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/bep/imagemeta"
	"golang.org/x/image/riff"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func upright([]byte) raster.Orientation { return raster.Upright }

// jpegOrientation finds the EXIF segment itself, whose content is a small TIFF: imagemeta 1.0.1 stops at the bytes that may fill the room before a marker.
func jpegOrientation(data []byte) raster.Orientation {
	const soi, sos, eoi, app1, fill = 0xd8, 0xda, 0xd9, 0xe1, 0xff
	if len(data) < 2 || data[0] != 0xff || data[1] != soi {
		return raster.Upright
	}
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == fill {
			at++
			continue
		}
		length := int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == sos || marker == eoi || length < 2 || at+2+length > len(data) {
			break
		}
		if exif, ok := bytes.CutPrefix(data[at+4:at+2+length], []byte("Exif\x00\x00")); ok && marker == app1 {
			return exifOrientation(exif, imagemeta.TIFF)
		}
		at += 2 + length
	}
	return raster.Upright
}

func pngOrientation(data []byte) raster.Orientation { return exifOrientation(data, imagemeta.PNG) }

func tiffOrientation(data []byte) raster.Orientation { return exifOrientation(data, imagemeta.TIFF) }

// webpOrientation finds the EXIF chunk itself, whose content is a small TIFF: imagemeta 1.0.1 overlooks the byte that
// pads chunks of odd length, and then everything after them.
func webpOrientation(data []byte) raster.Orientation {
	const exifFlag = 1 << 3
	_, chunks, err := riff.NewReader(bytes.NewReader(data))
	for err == nil {
		var content io.Reader
		var id riff.FourCC
		id, _, content, err = chunks.Next()
		if err != nil {
			break
		}
		switch string(id[:]) {
		case "VP8X":
			var flags [1]byte
			if _, err = io.ReadFull(content, flags[:]); err == nil && flags[0]&exifFlag == 0 {
				return raster.Upright
			}
		case "EXIF":
			exif, err := io.ReadAll(content)
			if err != nil {
				return raster.Upright
			}
			// Some writers keep the prefix that EXIF has in a JPEG.
			return exifOrientation(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")), imagemeta.TIFF)
		}
	}
	return raster.Upright
}

// exifOrientation reads EXIF's orientation. EXIF that is absent or broken, or hides behind more data than any camera
// writes, counts as upright: a picture with unreadable metadata is still a picture.
func exifOrientation(data []byte, container imagemeta.ImageFormat) raster.Orientation {
	o := raster.Upright
	_, err := imagemeta.Decode(imagemeta.Options{
		R:           &frugalReader{r: bytes.NewReader(data), readsLeft: maxExifReads},
		ImageFormat: container,
		Sources:     imagemeta.EXIF,
		// An orientation fits in its tag. Longer values are skipped, and with them lists of directories, by which a
		// small file could ask for endless reading.
		LimitTagSize: 4,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool {
			return tag.Namespace == "IFD0" && tag.Tag == "Orientation"
		},
		HandleTag: func(tag imagemeta.TagInfo) error {
			if v, ok := wholeNumber(tag.Value); ok && v >= 1 && v <= 8 {
				o = raster.Orientation(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil {
		return raster.Upright
	}
	return o
}

// wholeNumber is a tag's value, which is to be a SHORT and which some write as a BYTE or a LONG.
func wholeNumber(value any) (uint32, bool) {
	switch v := value.(type) {
	case uint8:
		return uint32(v), true
	case uint16:
		return uint32(v), true
	case uint32:
		return v, true
	default:
		return 0, false
	}
}

// maxExifReads bounds the search for EXIF: a read brings at most 4 KiB, and each skipped chunk costs one.
const maxExifReads = 1 << 15

// frugalReader pretends that the data ends after so many reads.
type frugalReader struct {
	r         *bytes.Reader
	readsLeft int
}

func (f *frugalReader) Read(p []byte) (int, error) {
	if f.readsLeft <= 0 {
		return 0, io.EOF
	}
	f.readsLeft--
	return f.r.Read(p)
}

func (f *frugalReader) Seek(offset int64, whence int) (int64, error) {
	return f.r.Seek(offset, whence)
}
