package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func TestDecodeRefuses(t *testing.T) {
	jpg, whole := read(t, "testdata", "baseline.jpg"), DefaultLimits()
	for _, test := range []struct {
		name   string
		data   []byte
		limits Limits
		want   string // in the message
	}{
		{"nothing", nil, whole, "found no data"},
		{"text", []byte("hello, world"), whole, "found unknown data: not a kind that is taken (JPEG, PNG, WebP, GIF, BMP, TIFF)"},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic"), whole, "found a HEIC picture"},
		{"only a start", jpg[:3], whole, "found JPEG"},
		{"base64", []byte("iVBORw0KGgoAAAANSUhEUg"), whole, "found base64 text that was not decoded"},
		{"BMP with run lengths", runLengthBMP(), whole, "taken is BMP uncompressed, with 1, 2, 4, 8, 24 or 32 bits a pixel"},
		{"BMP that lies", bmpHeader(40, 16000, 3000, 24, 0), whole, "pixels are missing"},
		{"bytes", jpg, Limits{Bytes: 100, Pixels: 1 << 20, Side: 1000}, "3309 bytes, at most 100 are allowed"},
		{"pixels", jpg, Limits{Bytes: 1 << 20, Pixels: 5560, Side: 1000}, "5561 pixels, at most 5560 are allowed"},
		{"width", jpg, Limits{Bytes: 1 << 20, Pixels: 1 << 20, Side: 66}, "67 pixels of width, at most 66 are allowed"},
		{"height", jpg, Limits{Bytes: 1 << 20, Pixels: 1 << 20, Side: 82}, "83 pixels of height, at most 82 are allowed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Decode(test.data, test.limits)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want one with %q", err, test.want)
			}
			checkTyped(t, err)
		})
	}
}

func checkTyped(t *testing.T, err error) {
	t.Helper()
	var large *TooLargeError
	var bad *BadImageError
	if !errors.As(err, &large) && !errors.As(err, &bad) {
		t.Errorf("error of type %T: %v", err, err)
	}
}

// bmpHeader is a BMP file up to its pixels.
func bmpHeader(infoSize, width, height, bits, compression uint32) []byte {
	b := append([]byte("BM"), make([]byte, 8)...)
	for _, v := range []uint32{14 + infoSize, infoSize, width, height, 1 | bits<<16, compression} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return append(b, make([]byte, 14+int(infoSize)-len(b))...)
}

func runLengthBMP() []byte { return append(bmpHeader(40, 2, 2, 8, 1), make([]byte, 2000)...) }

// TestDecodeRefusesCutFiles cuts each kind of file where pixels get lost.
func TestDecodeRefusesCutFiles(t *testing.T) {
	for _, g := range golden {
		if strings.HasPrefix(g.file, "animated") {
			continue // what is cut off may be the frames that are not read
		}
		data := read(t, "testdata", g.file)
		for _, keep := range []int{len(data) / 4, len(data) / 2, len(data) * 9 / 10, len(data) - 20} {
			if _, err := Decode(data[:keep], DefaultLimits()); err == nil {
				t.Errorf("took %d of %d bytes of %s", keep, len(data), g.file)
			} else {
				checkTyped(t, err)
			}
		}
	}
}

func TestDecodeForgivesAMissingEndOfAJPEG(t *testing.T) {
	whole := read(t, "testdata", "baseline.jpg")
	got, err := Decode(whole[:len(whole)-2], DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got.Image, "baseline.jpg.png", lossyColour)

	progressive := read(t, "testdata", "progressive.jpg")
	firstScan := bytes.Index(progressive, []byte{0xff, 0xda})
	second := firstScan + 2 + bytes.Index(progressive[firstScan+2:], []byte{0xff, 0xc4})
	for _, keep := range []int{len(progressive) - 2, second} {
		if _, err := Decode(progressive[:keep], DefaultLimits()); !errors.Is(err, errTruncated) {
			t.Errorf("%d of %d bytes of a progressive JPEG: error %v, want %v", keep, len(progressive), err, errTruncated)
		}
	}
}

// A scan is a whole piece of a progressive JPEG: without the last ones it is a blurred picture, with an end all the same.
func TestDecodeRefusesAProgressiveJPEGWithoutAllScans(t *testing.T) {
	if JPEGDecoder() == "image/jpeg" {
		t.Skip("image/jpeg takes what scans there are")
	}
	progressive := read(t, "testdata", "progressive.jpg")
	var scans []int
	for i := 0; i+1 < len(progressive); i++ {
		if progressive[i] == 0xff && progressive[i+1] == 0xda {
			scans = append(scans, i)
		}
	}
	if len(scans) < 3 {
		t.Fatalf("%d scans", len(scans))
	}
	for n := 1; n < len(scans); n++ {
		cut := append(bytes.Clone(progressive[:scans[n]]), 0xff, 0xd9)
		if _, err := Decode(cut, DefaultLimits()); !errors.Is(err, errTruncated) {
			t.Errorf("%d of %d scans: error %v, want %v", n, len(scans), err, errTruncated)
		}
	}
}

// TestBombsTakeNoMemory reads each bomb as a picture and as an animation.
func TestBombsTakeNoMemory(t *testing.T) {
	const most = 16 << 20 // a picture of 9000×9000 has at least 81 MB
	for _, b := range Bombs(t) {
		t.Run(b.Name, func(t *testing.T) {
			before := allocated()
			got, err := Decode(b.Data, DefaultLimits())
			checkRefused(t, err, b.inDecode)
			if err == nil && got.Image.Width() > 100 {
				t.Errorf("Decode took it for %d×%d", got.Image.Width(), got.Image.Height())
			}
			a, err := OpenAnimation(b.Data, DefaultLimits(), 10)
			checkRefused(t, err, b.inAnimation)
			if err == nil {
				for _, err := range a.Frames() {
					checkRefused(t, err, "")
				}
			}
			if used := allocated() - before; used > most {
				t.Errorf("%d bytes of a file took %d bytes of memory", len(b.Data), used)
			}
		})
	}
}

// Were the size that the limits were checked on another than the file's, no codec would take memory for the latter.
func TestNoCodecLeavesTheCheckedSize(t *testing.T) {
	checked := image.Rect(0, 0, 10, 10)
	for _, g := range golden {
		data := read(t, "testdata", g.file)
		got, err := codecs[g.format].pixels(data, checked, raster.Upright, new(loan))
		if err == nil && (got.Width() != 10 || got.Height() != 10) {
			t.Errorf("%s is %d×%d pixels, checked were 10×10", g.file, got.Width(), got.Height())
		}
	}
	for name, find := range map[string]func([]byte, *frameList) error{
		"animated.gif": gifFrames, "animated.png": pngFrames, "animated.webp": webpFrames,
	} {
		found := frameList{most: 10, canvas: checked}
		if err := find(read(t, "testdata", name), &found); err == nil {
			t.Errorf("%s: frames %v were found, checked were 10×10 pixels", name, found.frames)
		}
	}
}

// checkRefused wants a typed error with a text, or where the text is empty a typed error or none.
func checkRefused(t *testing.T, err error, want string) {
	t.Helper()
	if err != nil {
		checkTyped(t, err)
	}
	if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}

// allocated is all the memory that Go has handed out so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestDecodeRefusesEndlessScans(t *testing.T) {
	startOfScan, huffmanTable := []byte{0xff, 0xda}, []byte{0xff, 0xc4}
	data := read(t, "testdata", "progressive.jpg")
	// The first scan, from its marker to the next one, says the same however often it comes.
	first := bytes.Index(data, startOfScan)
	next := first + 2 + bytes.Index(data[first+2:], huffmanTable)
	bomb := bytes.Join([][]byte{data[:first], bytes.Repeat(data[first:next], maxJPEGScans), data[next:]}, nil)
	_, err := Decode(bomb, DefaultLimits())
	if err == nil || !strings.Contains(err.Error(), "scans") {
		t.Errorf("error %v, want one about scans", err)
	}
}

func TestDecodeRefusesATIFFThatReadsItselfOverAndOver(t *testing.T) {
	const side, tile = 4080, 8
	tiles := side / tile * side / tile
	offsets := bytes.Repeat([]byte{0, 0, 0, 0}, tiles)
	counts := bytes.Repeat([]byte{64, 0, 0, 0}, tiles)
	le := binary.LittleEndian
	file := append([]byte("II*\x00"), 8, 0, 0, 0, 8, 0)
	end := uint32(8 + 2 + 8*12 + 4)
	for _, e := range [][3]uint32{
		{256, 1, side}, {257, 1, side}, {258, 1, 8}, {262, 1, 1}, {322, 1, tile}, {323, 1, tile},
		{324, uint32(tiles), end}, {325, uint32(tiles), end + uint32(len(offsets))},
	} {
		file = le.AppendUint16(file, uint16(e[0]))
		file = le.AppendUint16(file, 4)
		file = le.AppendUint32(le.AppendUint32(file, e[1]), e[2])
	}
	file = append(append(append(file, 0, 0, 0, 0), offsets...), counts...)
	if _, err := Decode(file, DefaultLimits()); !errors.Is(err, errTIFFWork) {
		t.Errorf("error %v, want %v", err, errTIFFWork)
	}
}

func TestTIFFHasALowerPixelLimit(t *testing.T) {
	limits := Limits{Bytes: 1 << 20, Pixels: 3*67*83 - 1, Side: 100}
	var large *TooLargeError
	if _, err := Decode(read(t, "testdata", "rgb-lzw.tiff"), limits); !errors.As(err, &large) || large.Limit != 67*83-1 {
		t.Errorf("error %v, want a limit of a third", err)
	}
	limits.Pixels++
	if _, err := Decode(read(t, "testdata", "rgb-lzw.tiff"), limits); err != nil {
		t.Error(err)
	}
}

func TestLimitsValidate(t *testing.T) {
	if err := DefaultLimits().Validate(); err != nil {
		t.Error(err)
	}
	if err := (Limits{Bytes: math.MaxInt64, Pixels: 5, Side: 5}).Validate(); err == nil || !strings.Contains(err.Error(), "limit bytes is 9223372036854775807") {
		t.Errorf("the highest integer: %v", err)
	}
	err := Limits{Bytes: -1, Pixels: 5}.Validate()
	for _, want := range []string{"limit bytes is -1", "limit side is 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "pixels") {
		t.Errorf("error %v names a good setting", err)
	}
}
