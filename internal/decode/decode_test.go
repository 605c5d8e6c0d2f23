package decode

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// tolerance is the mean and the largest absolute difference to what Pillow makes of a file, over pixels and channels.
type tolerance struct {
	mean float64
	most int
}

var (
	exact = tolerance{0, 0}
	// Colours of alpha or CMYK pixels round differently.
	rounding = tolerance{0.6, 1}
	// Luma equals; chroma between its samples and rounding differ by a few steps.
	lossyColour = tolerance{1.2, 12}
	// Pillow repeats chroma that is subsampled in ways for which it has no smooth upsampling; this package blends it.
	oddSubsampling = tolerance{2.5, 60}
)

var golden = []struct {
	file   string
	format Format
	within tolerance
}{
	{"baseline.jpg", JPEG, lossyColour},
	{"progressive.jpg", JPEG, lossyColour},
	{"restart.jpg", JPEG, lossyColour},
	{"444.jpg", JPEG, lossyColour},
	{"422.jpg", JPEG, lossyColour},
	{"440.jpg", JPEG, lossyColour},
	{"411.jpg", JPEG, oddSubsampling},
	{"410.jpg", JPEG, oddSubsampling},
	{"grey.jpg", JPEG, lossyColour},
	{"rgb.jpg", JPEG, lossyColour},
	{"cmyk.jpg", JPEG, lossyColour},
	{"ycck.jpg", JPEG, lossyColour},
	{"rgb.png", PNG, exact},
	{"grey.png", PNG, exact},
	{"bilevel.png", PNG, exact},
	{"palette.png", PNG, exact},
	{"alpha.png", PNG, rounding},
	{"grey16.png", PNG, exact},
	{"rgba16.png", PNG, rounding},
	{"interlaced.png", PNG, exact},
	{"animated.png", PNG, exact},
	{"lossy.webp", WebP, lossyColour},
	{"lossless.webp", WebP, exact},
	{"alpha.webp", WebP, rounding},
	{"alpha-lossy.webp", WebP, lossyColour},
	{"animated.webp", WebP, exact},
	{"plain.gif", GIF, exact},
	{"animated.gif", GIF, exact},
	{"rgb.bmp", BMP, exact},
	{"palette.bmp", BMP, exact},
	{"grey.bmp", BMP, exact},
	{"rgb-raw.tiff", TIFF, exact},
	{"rgb-lzw.tiff", TIFF, exact},
	{"rgb-adobe_deflate.tiff", TIFF, exact},
	{"rgb-packbits.tiff", TIFF, exact},
	{"grey.tiff", TIFF, exact},
}

func TestDecodeAgreesWithPillow(t *testing.T) {
	for _, want := range golden {
		t.Run(want.file, func(t *testing.T) {
			got, err := Decode(read(t, "testdata", want.file), DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if got.Format != want.format {
				t.Errorf("format %q, want %q", got.Format, want.format)
			}
			compare(t, got.Image, want.file+".png", want.within)
		})
	}
}

// Whether a file with arithmetic coding is whole can't be told: it is refused, as image/jpeg refuses it.
func TestDecodeRefusesArithmeticCoding(t *testing.T) {
	_, err := Decode(read(t, "testdata", "arithmetic.jpg"), DefaultLimits())
	if err == nil {
		t.Fatal("it was taken")
	}
	checkTyped(t, err)
}

func TestDecodeTurnsUpright(t *testing.T) {
	for _, extension := range []string{"png", "webp", "tiff"} {
		for _, orientation := range []string{"1", "3", "6", "8"} {
			name := "exif" + orientation + "." + extension
			t.Run(name, func(t *testing.T) {
				got, err := Decode(read(t, "testdata", name), DefaultLimits())
				if err != nil {
					t.Fatal(err)
				}
				compare(t, got.Image, "rgb.png.png", exact)
			})
		}
	}
	for o := '1'; o <= '8'; o++ {
		name := "astronaut-exif" + string(o) + ".jpg"
		t.Run(name, func(t *testing.T) {
			got, err := Decode(read(t, "../../testdata", name), DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			// Each is compressed anew in its own direction.
			comparePNG(t, got.Image, "../../testdata/astronaut.png", tolerance{3, 90})
		})
	}
}

func read(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func compare(t *testing.T, got *raster.Image, goldenName string, within tolerance) {
	t.Helper()
	comparePNG(t, got, filepath.Join("testdata", "golden", goldenName), within)
}

func comparePNG(t *testing.T, got *raster.Image, path string, within tolerance) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if size := image.Pt(got.Width(), got.Height()); size != want.Bounds().Size() {
		t.Fatalf("size %v, want %v", size, want.Bounds().Size())
	}
	mean, most := difference(t, got, want)
	if mean > within.mean || most > within.most {
		t.Errorf("differs from %s by %.3f in the mean and %d at most, want %.3f and %d", path, mean, most, within.mean, within.most)
	}
}

// difference samples the picture pixel by pixel, as the networks do, chroma blended.
func difference(t *testing.T, got *raster.Image, want image.Image) (mean float64, most int) {
	t.Helper()
	w, h := got.Width(), got.Height()
	planes := make([]float32, 3*w*h)
	if err := got.Sample(planes, w, h, raster.Stretch(got.Bounds(), w, h), raster.Replicate, raster.Format{}); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for y := range h {
		for x := range w {
			r, g, b, _ := want.At(x, y).RGBA()
			for plane, v := range []uint32{r, g, b} {
				d := int(planes[plane*w*h+y*w+x]+0.5) - int(v>>8)
				sum += max(d, -d)
				most = max(most, d, -d)
			}
		}
	}
	return float64(sum) / float64(3*w*h), most
}
