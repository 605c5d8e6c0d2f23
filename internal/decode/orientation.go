package decode

import (
	"bytes"
	"io"

	"github.com/bep/imagemeta"
	"golang.org/x/image/riff"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func upright([]byte) raster.Orientation { return raster.Upright }

func jpegOrientation(data []byte) raster.Orientation { return exifOrientation(data, imagemeta.JPEG) }

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
			if v, ok := tag.Value.(uint16); ok && v >= 1 && v <= 8 {
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
