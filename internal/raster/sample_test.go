package raster

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-pad/bonafide/internal/raster/bilinear"
)

// Sampled values may differ by float32 rounding of places and weights.
const sampleTolerance = 0.02

func noise(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	pix := make([]byte, n)
	for i := range pix {
		pix[i] = byte(r.Uint32())
	}
	return pix
}

// stored is one plane of a stored picture, channels bytes a pixel.
type stored struct {
	pix                     []byte
	width, height, channels int
}

// upright returns a copy of the plane with each stored pixel where EXIF's description of the orientation puts it: "the
// stored row 0 is the visual …, the stored column 0 the visual …".
func (s stored) upright(o Orientation) stored {
	out := stored{make([]byte, len(s.pix)), s.width, s.height, s.channels}
	if o.Swaps() {
		out.width, out.height = s.height, s.width
	}
	for row := range s.height {
		for column := range s.width {
			fromTop, fromLeft := row, column
			if o.Swaps() {
				fromTop, fromLeft = column, row
			}
			switch o {
			case 2, 6: // right-hand side
				fromLeft = out.width - 1 - fromLeft
			case 3, 7: // bottom and right-hand side
				fromLeft, fromTop = out.width-1-fromLeft, out.height-1-fromTop
			case 4, 8: // bottom
				fromTop = out.height - 1 - fromTop
			}
			from, to := s.channels*(row*s.width+column), s.channels*(fromTop*out.width+fromLeft)
			copy(out.pix[to:to+s.channels], s.pix[from:])
		}
	}
	return out
}

// turnedPair draws a picture that is stored under an orientation, and the same one turned before it was stored.
func turnedPair(t *rapid.T) (oriented, turned *Image) {
	o := Orientation(rapid.IntRange(1, 8).Draw(t, "orientation"))
	w, h := rapid.IntRange(1, 9).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h")
	seed := rapid.Uint64().Draw(t, "seed")
	switch rapid.SampledFrom([]string{"rgb", "grey", "ycbcr"}).Draw(t, "kind") {
	case "rgb":
		s := stored{noise(3*w*h, seed), w, h, 3}
		return fromInterleaved(t, s, o), fromInterleaved(t, s.upright(o), Upright)
	case "grey":
		s := stored{noise(w*h, seed), w, h, 1}
		return fromGrey(s, o), fromGrey(s.upright(o), Upright)
	default:
		return ycbcrPair(t, w, h, seed, o)
	}
}

func fromInterleaved(t *rapid.T, s stored, o Orientation) *Image {
	im, err := FromRGB(s.pix, s.width, s.height, 3*s.width, o)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func fromGrey(s stored, o Orientation) *Image {
	return FromGray(&image.Gray{Pix: s.pix, Stride: s.width, Rect: image.Rect(0, 0, s.width, s.height)}, o)
}

// ycbcrPair makes sides of whole chroma samples: half a sample lies at the right and at the bottom, wherever those are.
func ycbcrPair(t *rapid.T, w, h int, seed uint64, o Orientation) (oriented, turned *Image) {
	ratio := rapid.SampledFrom([]image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440,
	}).Draw(t, "ratio")
	turnedRatio := ratio
	if o.Swaps() {
		switch ratio {
		case image.YCbCrSubsampleRatio422:
			turnedRatio = image.YCbCrSubsampleRatio440
		case image.YCbCrSubsampleRatio440:
			turnedRatio = image.YCbCrSubsampleRatio422
		}
	}
	stepX, stepY := subsampling(ratio)
	luma := stored{noise(w*stepX*h*stepY, seed), w * stepX, h * stepY, 1}
	cb, cr := stored{noise(w*h, seed+1), w, h, 1}, stored{noise(w*h, seed+2), w, h, 1}
	return fromPairs(luma, cb, cr, ratio, o),
		fromPlanes(luma.upright(o), cb.upright(o), cr.upright(o), turnedRatio, Upright)
}

func fromPlanes(luma, cb, cr stored, ratio image.YCbCrSubsampleRatio, o Orientation) *Image {
	return FromYCbCr(&image.YCbCr{
		Y: luma.pix, Cb: cb.pix, Cr: cr.pix, YStride: luma.width, CStride: cb.width,
		SubsampleRatio: ratio, Rect: image.Rect(0, 0, luma.width, luma.height),
	}, o)
}

// fromPairs is fromPlanes with the same chroma in pairs.
func fromPairs(luma, cb, cr stored, ratio image.YCbCrSubsampleRatio, o Orientation) *Image {
	chroma := make([]byte, 0, 2*len(cb.pix))
	for i := range cb.pix {
		chroma = append(chroma, cb.pix[i], cr.pix[i])
	}
	return FromYCC(YCC{
		Width: luma.width, Height: luma.height, Luma: luma.pix, LumaStride: luma.width, Chroma: chroma, ChromaStride: 2 * cb.width, Ratio: ratio,
	}, o)
}

// patch is how a picture is sampled.
type patch struct {
	width, height int
	transform     Transform
	border        Border
	format        Format
}

func drawPatch(t *rapid.T) patch {
	edge := rapid.Float64Range(-12, 24)
	r := Rect{X0: edge.Draw(t, "x0"), Y0: edge.Draw(t, "y0"), X1: edge.Draw(t, "x1"), Y1: edge.Draw(t, "y1")}
	side := rapid.IntRange(1, 80) // one place at a time, eight at a time, and more than one run of them
	p := patch{width: side.Draw(t, "patch width"), height: side.Draw(t, "patch height")}
	if rapid.Bool().Draw(t, "turned") {
		p.height = p.width
		p.transform = Turned(r, p.width, rapid.Float64Range(-math.Pi, math.Pi).Draw(t, "angle"))
	} else {
		p.transform = Stretch(r, p.width, p.height)
	}
	if rapid.Bool().Draw(t, "mirrored") {
		p.transform = p.transform.Mirrored(p.width)
	}
	p.border = rapid.SampledFrom([]Border{Replicate, Reflect}).Draw(t, "border")
	p.format.Order = rapid.SampledFrom([]Order{RGB, BGR, Grey}).Draw(t, "order")
	return p
}

func (p patch) of(t interface{ Fatal(...any) }, im *Image) []float32 {
	dst := make([]float32, p.width*p.height*p.format.Order.Planes())
	if err := im.Sample(dst, p.width, p.height, p.transform, p.border, p.format); err != nil {
		t.Fatal(err)
	}
	return dst
}

func checkSame(t interface{ Fatalf(string, ...any) }, got, want []float32) {
	for i := range want {
		if !(math.Abs(float64(got[i]-want[i])) <= sampleTolerance) {
			t.Fatalf("value %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestOrientationsSampleLikeATurnedCopy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		oriented, turned := turnedPair(t)
		if oriented.Bounds() != turned.Bounds() {
			t.Fatalf("bounds %v, want %v", oriented.Bounds(), turned.Bounds())
		}
		p := drawPatch(t)
		checkSame(t, p.of(t, oriented), p.of(t, turned))
		for y := range turned.Height() {
			for x := range turned.Width() {
				r, g, b := oriented.RGBAt(x, y)
				if wr, wg, wb := turned.RGBAt(x, y); r != wr || g != wg || b != wb {
					t.Fatalf("pixel (%d, %d) is %v, want %v", x, y, [3]byte{r, g, b}, [3]byte{wr, wg, wb})
				}
			}
		}
	})
}

func TestSamplesLikePlainGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		im, _ := turnedPair(t)
		p := drawPatch(t)
		p.format.Mean, p.format.Deviation = [3]float32{10, 20, 30}, [3]float32{1, 2, 0.5}
		want := make([]float32, p.width*p.height*p.format.Order.Planes())
		patch := p.format.patch(p.width, p.height)
		patch.Stride, patch.PlaneStride = p.width, p.width*p.height
		im.sampleSlowly(want, patch, im.storedTransform(p.transform), p.border, p.format)
		checkSame(t, p.of(t, im), want)
	})
}

func TestMeansAreThoseOfASampleTwiceAsLarge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		im, _ := turnedPair(t)
		edge := rapid.Float64Range(-12, 24)
		r := Rect{X0: edge.Draw(t, "x0"), Y0: edge.Draw(t, "y0"), X1: edge.Draw(t, "x1"), Y1: edge.Draw(t, "y1")}
		width, height := rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 40).Draw(t, "height")
		double := patch{width: 2 * width, height: 2 * height, transform: Stretch(r, 2*width, 2*height), format: Format{Order: Grey}}.of(t, im)
		want := make([]float32, width*height)
		for i := range double {
			want[i/(2*width)/2*width+i%(2*width)/2] += double[i] / 4
		}
		for _, fast := range []*bilinear.Source{im.fast, nil} {
			im.fast = fast
			got := make([]float32, width*height)
			if err := im.Means(got, r, width, height); err != nil {
				t.Fatal(err)
			}
			checkSame(t, got, want)
		}
	})
}

func TestMeansRefuse(t *testing.T) {
	im := fromGrey(stored{[]byte{1}, 1, 1, 1}, Upright)
	if err := im.Means(make([]float32, 3), im.Bounds(), 2, 2); err == nil {
		t.Error("took four means for three values")
	}
	if err := im.Means(make([]float32, 4), Rect{X1: math.Inf(1)}, 2, 2); err == nil {
		t.Error("took means of the infinite")
	}
}

func TestSampleIntoLeavesTheRest(t *testing.T) {
	im := fromGrey(stored{noise(20*20, 1), 20, 20, 1}, Upright)
	const width, height, left, top, untouched = 40, 30, 3, 7, -1
	for _, order := range []Order{RGB, Grey} {
		for _, angle := range []float64{0, 0.3} {
			p := patch{width: 21, height: 21, transform: Turned(im.Bounds(), 21, angle), format: Format{Order: order}}
			values := make([]float32, order.Planes()*width*height)
			for i := range values {
				values[i] = untouched
			}
			err := im.SampleInto(Canvas{values, width, height}, left, top, p.width, p.height, p.transform, p.border, p.format)
			if err != nil {
				t.Fatal(err)
			}
			want := p.of(t, im)
			for i, got := range values {
				plane, x, y := i/(width*height), i%width-left, i/width%height-top
				if x < 0 || y < 0 || x >= p.width || y >= p.height {
					if got != untouched {
						t.Fatalf("order %d, angle %v: value %d outside of the patch became %v", order, angle, i, got)
					}
				} else if w := want[(plane*p.height+y)*p.width+x]; got != w {
					t.Fatalf("order %d, angle %v: value %d is %v, want %v", order, angle, i, got, w)
				}
			}
		}
	}
}

func TestSampleBlendsBetweenPixelCentres(t *testing.T) {
	im := fromGrey(stored{[]byte{0, 100, 200, 40}, 2, 2, 1}, Upright)
	for _, test := range []struct {
		at     Point
		border Border
		want   float32
	}{
		{Point{0.5, 0.5}, Replicate, 0},
		{Point{1.5, 0.5}, Replicate, 100},
		{Point{1, 0.5}, Replicate, 50},
		{Point{1, 1}, Replicate, 85},
		{Point{0.75, 1.5}, Replicate, 160},
		{Point{-9, 0.5}, Replicate, 0},
		{Point{-0.5, 0.5}, Reflect, 100},
		{Point{0.5, 2.5}, Reflect, 0},
		{Point{1e300, 0.5}, Replicate, 100},
	} {
		p := patch{width: 1, height: 1, transform: Transform{X0: test.at.X, Y0: test.at.Y}, border: test.border, format: Format{Order: Grey}}
		if got := p.of(t, im)[0]; !(math.Abs(float64(got-test.want)) <= sampleTolerance) {
			t.Errorf("%v with border %d is %v, want %v", test.at, test.border, got, test.want)
		}
	}
}

func TestSampleNormalisesEachPlane(t *testing.T) {
	im, err := FromRGB([]byte{10, 20, 30}, 1, 1, 3, Upright)
	if err != nil {
		t.Fatal(err)
	}
	f := Format{Mean: [3]float32{10, 10, 10}, Deviation: [3]float32{1, 2, 4}}
	for order, want := range map[Order][]float32{
		RGB:  {0, 5, 5},
		BGR:  {20, 5, 0},
		Grey: {0.299*10 + 0.587*20 + 0.114*30 - 10},
	} {
		f.Order = order
		p := patch{width: 1, height: 1, transform: Stretch(im.Bounds(), 1, 1), format: f}
		checkSame(t, p.of(t, im), want)
	}
}

func TestSampleRefuses(t *testing.T) {
	im := fromGrey(stored{[]byte{1}, 1, 1, 1}, Upright)
	if err := im.Sample(make([]float32, 3), 2, 2, Transform{}, Replicate, Format{Order: Grey}); err == nil {
		t.Error("sampled four values into three")
	}
	if err := im.Sample(make([]float32, 1), 1, 1, Transform{X0: math.NaN()}, Replicate, Format{Order: Grey}); err == nil {
		t.Error("sampled nowhere")
	}
	canvas := Canvas{make([]float32, 12), 4, 3}
	for _, at := range [][4]int{{-1, 0, 1, 1}, {0, -1, 1, 1}, {2, 0, 3, 1}, {0, 2, 1, 2}, {0, 0, -1, 1}} {
		if err := im.SampleInto(canvas, at[0], at[1], at[2], at[3], Transform{}, Replicate, Format{Order: Grey}); err == nil {
			t.Errorf("a patch at %v of 4×3 was taken", at)
		}
	}
}

// What is sampled in C must lie in the bytes that were given.
func TestFromRGBRefusesWhatItWouldReadBeyond(t *testing.T) {
	for _, test := range []struct {
		bytes, width, height, stride int
		taken                        bool
	}{
		{12, 2, 2, 6, true},
		{11, 2, 2, 6, false},
		{26, 2, 3, 10, true}, // the last row ends with its pixels
		{25, 2, 3, 10, false},
		{100, 2, 2, 5, false},
		{100, 0, 2, 6, false},
		{100, 2, 0, 6, false},
		{100, -1, 2, 6, false},
		{100, 2, -1, 6, false},
	} {
		if _, err := FromRGB(make([]byte, test.bytes), test.width, test.height, test.stride, Upright); (err == nil) != test.taken {
			t.Errorf("%d bytes with stride %d for %d×%d pixels: error %v", test.bytes, test.stride, test.width, test.height, err)
		}
	}
}

func BenchmarkSample(b *testing.B) {
	for _, size := range []struct{ from, to int }{{300, 192}, {1200, 128}, {3500, 320}} {
		luma := stored{noise(size.from*size.from, 1), size.from, size.from, 1}
		grey := stored{make([]byte, len(luma.pix)/4), size.from / 2, size.from / 2, 1}
		for _, o := range []Orientation{1, 6} {
			im := fromPairs(luma, grey, grey, image.YCbCrSubsampleRatio420, o)
			for name, angle := range map[string]float64{"grid": 0, "free": 0.1} {
				p := patch{width: size.to, height: size.to, transform: Turned(im.Bounds(), size.to, angle)}
				dst := make([]float32, 3*size.to*size.to)
				b.Run(fmt.Sprintf("%d-%d/orientation%d/%s", size.from, size.to, o, name), func(b *testing.B) {
					for b.Loop() {
						if err := im.Sample(dst, p.width, p.height, p.transform, p.border, p.format); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
