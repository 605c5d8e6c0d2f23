package decode

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// exifEntry is the orientation's entry in the test pictures: tag, type SHORT, count 1, value 6.
var exifEntry = []byte("\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06")

func TestBrokenEXIFCountsAsUpright(t *testing.T) {
	data := read(t, "../../testdata/astronaut-exif6.jpg")
	at := bytes.Index(data, exifEntry)
	if at < 0 {
		t.Fatal("no orientation in the test picture")
	}
	if o := jpegOrientation(data); o != 6 {
		t.Fatalf("orientation %d, want 6", o)
	}
	for name, entry := range map[string]string{
		"value 0":         "\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00",
		"value 65535":     "\x01\x12\x00\x03\x00\x00\x00\x01\xff\xff",
		"value 9":         "\x01\x12\x00\x03\x00\x00\x00\x01\x00\x09",
		"text":            "\x01\x12\x00\x02\x00\x00\x00\x01\x36\x00",
		"many values":     "\x01\x12\x00\x03\xff\xff\xff\xff\x00\x06",
		"no type":         "\x01\x12\x00\x77\x00\x00\x00\x01\x00\x06",
		"another tag":     "\x01\x13\x00\x03\x00\x00\x00\x01\x00\x06",
		"value elsewhere": "\x01\x12\x00\x03\x00\x00\x00\x09\xff\xff",
	} {
		t.Run(name, func(t *testing.T) {
			broken := bytes.Clone(data)
			copy(broken[at:], entry)
			if o := jpegOrientation(broken); o != raster.Upright {
				t.Errorf("orientation %d, want upright", o)
			}
			got, err := Decode(broken, DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if got.Image.Width() != 288 {
				t.Errorf("width %d, want that of the stored picture, 288", got.Image.Width())
			}
		})
	}
}

// A list of directories that each lead back to the first is not followed.
func TestEXIFThatLeadsBackToItself(t *testing.T) {
	entry := "\x01\x4a\x00\x04\x00\x00\x01\x00\x00\x00\x00\x08" // SubIFDs: 256 offsets, from 8
	tiff := append([]byte("MM\x00*\x00\x00\x00\x08\x10\x00"), bytes.Repeat([]byte(entry), 4096)...)
	if o := tiffOrientation(tiff); o != raster.Upright {
		t.Errorf("orientation %d of a file without one", o)
	}
}

// EXIF behind more chunks than any camera writes is not looked for.
func TestTheSearchForEXIFIsBounded(t *testing.T) {
	jpeg := read(t, "../../testdata/astronaut-exif6.jpg")
	at := bytes.Index(jpeg, []byte("MM\x00*"))
	chunk := func(kind string, content []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
		out = append(append(out, kind...), content...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	behind := func(chunks int) []byte {
		out := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat(chunk("teXt", nil), chunks)...)
		return append(out, chunk("eXIf", jpeg[at:at+200])...)
	}
	for chunks, want := range map[int]raster.Orientation{0: 6, 1000: 6, 2 * maxExifReads: raster.Upright} {
		if o := pngOrientation(behind(chunks)); o != want {
			t.Errorf("behind %d chunks: orientation %d, want %d", chunks, o, want)
		}
	}
}

func TestEveryOrientationIsRead(t *testing.T) {
	data := read(t, "../../testdata/astronaut-exif6.jpg")
	at := bytes.Index(data, exifEntry) + len(exifEntry) - 1
	for o := range raster.Orientation(8) {
		turned := bytes.Clone(data)
		turned[at] = byte(o + 1)
		if got := jpegOrientation(turned); got != o+1 {
			t.Errorf("orientation %d, want %d", got, o+1)
		}
	}
}

func TestJPEGOrientationIsFound(t *testing.T) {
	data := read(t, "../../testdata/astronaut-exif6.jpg")
	at := bytes.Index(data, exifEntry)
	entered := func(entry string) []byte {
		other := bytes.Clone(data)
		copy(other[at:], entry)
		return other
	}
	behind := func(between ...byte) []byte { return append(append(bytes.Clone(data[:2]), between...), data[2:]...) }
	for name, file := range map[string][]byte{
		"as a LONG":            entered("\x01\x12\x00\x04\x00\x00\x00\x01\x00\x00\x00\x06"),
		"as a BYTE":            entered("\x01\x12\x00\x01\x00\x00\x00\x01\x06\x00\x00\x00"),
		"behind fill bytes":    behind(0xff, 0xff, 0xff),
		"behind a comment":     behind(0xff, 0xfe, 0x00, 0x04, 'h', 'i'),
		"behind many segments": behind(bytes.Repeat([]byte{0xff, 0xe2, 0x00, 0x02}, 1<<16)...),
	} {
		if o := jpegOrientation(file); o != 6 {
			t.Errorf("%s: orientation %d, want 6", name, o)
		}
	}
	for name, file := range map[string][]byte{
		"nothing": nil, "no JPEG": []byte("PNG"), "a start alone": data[:2], "a marker alone": data[:3], "cut in a length": data[:5],
		"cut in EXIF": data[:at], "a length of 0": behind(0xff, 0xe2, 0, 0), "fill without end": behind(bytes.Repeat([]byte{0xff}, 9)...)[:11],
	} {
		if o := jpegOrientation(file); o != raster.Upright {
			t.Errorf("%s: orientation %d, want upright", name, o)
		}
	}
}

func TestWebPOrientation(t *testing.T) {
	const exifFlag = 8
	tiff := read(t, "testdata", "exif6.webp")
	tiff = tiff[bytes.Index(tiff, []byte("MM\x00*")):]
	prefixed := append([]byte("Exif\x00\x00"), tiff...)
	odd := riffChunk("VP8L", make([]byte, 7))
	for name, test := range map[string]struct {
		file []byte
		want raster.Orientation
	}{
		"after a padded chunk":  {riffFile(vp8x(exifFlag, 2, 2), odd, riffChunk("EXIF", tiff)), 6},
		"with JPEG's prefix":    {riffFile(vp8x(exifFlag, 2, 2), odd, riffChunk("EXIF", prefixed)), 6},
		"not announced":         {riffFile(vp8x(0, 2, 2), odd, riffChunk("EXIF", tiff)), raster.Upright},
		"cut off":               {riffFile(vp8x(exifFlag, 2, 2), odd, riffChunk("EXIF", tiff))[:50], raster.Upright},
		"no extended header":    {riffFile(odd), raster.Upright},
		"empty":                 {riffFile(vp8x(exifFlag, 2, 2), riffChunk("EXIF", nil)), raster.Upright},
		"not even a RIFF":       {[]byte("RIFF"), raster.Upright},
		"header without flags":  {riffFile(riffChunk("VP8X", nil)), raster.Upright},
		"garbage in the middle": {riffFile(vp8x(exifFlag, 2, 2), []byte("EXIF\xff\xff\xff\xff")), raster.Upright},
	} {
		t.Run(name, func(t *testing.T) {
			if got := webpOrientation(test.file); got != test.want {
				t.Errorf("orientation %d, want %d", got, test.want)
			}
		})
	}
}
