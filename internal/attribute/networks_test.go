package attribute

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// astronaut is the portrait of testdata, one open-eyed frontal face with nothing before it, with the box of the face.
func astronaut(t testing.TB) (*image.RGBA, raster.Rect) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(catalogtest.Root(t), "testdata", "astronaut.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewRGBA(decoded.Bounds())
	draw.Draw(img, img.Bounds(), decoded, image.Point{}, draw.Src)
	return img, raster.Rect{X0: 175, Y0: 66, X1: 275, Y1: 196}
}

// face is a picture with the landmarks that the product finds in it.
func face(t testing.TB, b networkTest, img *image.RGBA, box raster.Rect) (*raster.Image, *landmark.Points) {
	t.Helper()
	im := stored(t, img, raster.Upright)
	fit, err := b.landmarks.Locate(t.Context(), im, box)
	if err != nil {
		t.Fatal(err)
	}
	return im, &fit.Points
}

func stored(t testing.TB, img *image.RGBA, o raster.Orientation) *raster.Image {
	t.Helper()
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	pix := make([]byte, 0, 3*w*h)
	for i := 0; i < len(img.Pix); i += 4 {
		pix = append(pix, img.Pix[i], img.Pix[i+1], img.Pix[i+2])
	}
	im, err := raster.FromRGB(pix, w, h, 3*w, o)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

type networkTest struct {
	landmarks *landmark.Net64
	eyes      *EyeNet
	occlusion *OcclusionNet
}

func openNetworks(t testing.TB) networkTest {
	t.Helper()
	backend := catalogtest.Backend(t)
	var n networkTest
	var err error
	if n.landmarks, err = landmark.NewNet64(backend, catalogtest.Network(t, catalog.Landmarks68)); err != nil {
		t.Fatal(err)
	}
	if n.eyes, err = NewEyeNet(backend, catalogtest.Network(t, catalog.EyeState)); err != nil {
		t.Fatal(err)
	}
	if n.occlusion, err = NewOcclusionNet(backend); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, c := range []interface{ Close() error }{n.landmarks, n.eyes, n.occlusion} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return n
}

func (n networkTest) eyesOf(t *testing.T, im *raster.Image, points *landmark.Points) Eyes {
	t.Helper()
	eyes, err := n.eyes.Measure(t.Context(), im, points)
	if err != nil {
		t.Fatal(err)
	}
	return eyes
}

func TestEyesOfAPortraitAreOpen(t *testing.T) {
	n := openNetworks(t)
	img, box := astronaut(t)
	im, points := face(t, n, img, box)
	eyes := n.eyesOf(t, im, points)
	if !(eyes.Left <= 0.2 && eyes.Right <= 0.2) { // not written the other way round: NaN must fail
		t.Errorf("open eyes score %+v", eyes)
	}
}

func TestEachEyeIsJudgedByItsOwnPatch(t *testing.T) {
	n := openNetworks(t)
	img, box := astronaut(t)
	im, points := face(t, n, img, box)
	before := n.eyesOf(t, im, points)
	moved, center := *points, points.LeftEyeCenter()
	for i, p := range moved.LeftEye() { // as large again, which leaves the tilt as it is
		moved[36+i] = raster.Point{X: 2*p.X - center.X, Y: 2*p.Y - center.Y}
	}
	after := n.eyesOf(t, im, &moved)
	if !(apart(after.Left, before.Left) >= 0.1 && apart(after.Right, before.Right) <= 0.01) {
		t.Errorf("another patch for the left eye: %+v, before it %+v", after, before)
	}
}

func TestEyesAreTheSameInAMirror(t *testing.T) {
	n := openNetworks(t)
	img, box := astronaut(t)
	im, points := face(t, n, img, box)
	want := n.eyesOf(t, im, points)
	mirrored := *points
	for i, o := range [...]int{45, 44, 43, 42, 47, 46} { // the points of the right eye opposite those of the left one
		mirrored[36+i], mirrored[o] = points[o], points[36+i]
	}
	for i := range mirrored {
		mirrored[i].X = float64(im.Width()) - mirrored[i].X
	}
	got := n.eyesOf(t, stored(t, img, 2), &mirrored)
	if !(apart(got.Left, want.Right) <= 0.01 && apart(got.Right, want.Left) <= 0.01) {
		t.Errorf("mirrored %+v, want the other way round %+v", got, want)
	}
}

// The network's threshold is a matter of scale, offset and crop: a golden holds all of them, since open eyes stay open with any of them wrong.
func TestEyesScoreAsMeasured(t *testing.T) {
	n := openNetworks(t)
	img, box := astronaut(t)
	im, points := face(t, n, img, box)
	eyes := n.eyesOf(t, im, points)
	want := Eyes{Left: sigmoid(-30.0), Right: sigmoid(-28.0)}
	if !(apart(eyes.Left, want.Left) < 0.5 && apart(eyes.Right, want.Right) < 0.5) {
		t.Errorf("%+v, want %+v within 0.5 as logits", eyes, want)
	}
}

// A head that is tilted by half a right angle has nearly the same eyes, sampled twice: their patches are taken along its tilt.
func TestEyesOfATiltedHead(t *testing.T) {
	n := openNetworks(t)
	img, box := astronaut(t)
	im, points := face(t, n, img, box)
	want := n.eyesOf(t, im, points)
	for _, angle := range []float64{-math.Pi / 4, math.Pi / 4} {
		const side = 300
		crop := raster.SquareAround(box.Center(), side)
		tilted, middle := *points, raster.Point{X: side / 2, Y: side / 2}
		for i, p := range points {
			tilted[i] = raster.Point{X: p.X - crop.X0, Y: p.Y - crop.Y0}.Turn(middle, angle)
		}
		got := n.eyesOf(t, decodetest.Warp(t, im, side, side, raster.Turned(crop, side, -angle)), &tilted)
		if !(apart(got.Left, want.Left) < 12 && apart(got.Right, want.Right) < 12) {
			t.Errorf("tilted by %.2f: %+v, upright %+v", angle, got, want)
		}
	}
}

// A face that is nothing but one colour, as a black picture's, has measures all the same.
func TestNothingIsMeasuredAsANumber(t *testing.T) {
	n := openNetworks(t)
	img, box := astronaut(t)
	_, points := face(t, n, img, box)
	for _, shade := range []uint8{0, 128, 255} {
		fill(img, raster.Rect{X1: 512, Y1: 512}, color.Gray{Y: shade})
		im := stored(t, img, raster.Upright)
		eyes := n.eyesOf(t, im, points)
		covered, err := n.occlusion.Measure(t.Context(), im, points)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []float64{eyes.Left, eyes.Right, covered.LeftEye, covered.RightEye, covered.Nose, covered.Mouth} {
			if !(v >= 0 && v <= 1) {
				t.Errorf("shade %d: eyes %+v, covered %+v", shade, eyes, covered)
				break
			}
		}
	}
}

// apart is how far two scores are from each other as logits.
func apart(a, b float64) float64 {
	logit := func(p float64) float64 { return math.Log(p / (1 - p)) }
	return math.Abs(logit(a) - logit(b))
}

func TestOcclusionFindsWhatIsDrawnOver(t *testing.T) {
	n := openNetworks(t)
	for _, tt := range []struct {
		name                                     string
		draw                                     func(img *image.RGBA, points *landmark.Points)
		leftEye, rightEye, nose, mouth, anything bool
	}{
		{"nothing", func(*image.RGBA, *landmark.Points) {}, false, false, false, false, false},
		{"a ball on the nose", func(img *image.RGBA, p *landmark.Points) {
			fill(img, raster.SquareAround(p[30], 24), color.RGBA{R: 200, G: 30, B: 40, A: 255})
		}, false, false, true, false, true},
		{"a blue mask", func(img *image.RGBA, p *landmark.Points) {
			fill(img, raster.Rect{X0: p[2].X, Y0: p[29].Y, X1: p[14].X, Y1: p[8].Y}, color.RGBA{R: 120, G: 170, B: 210, A: 255})
		}, false, false, true, true, true},
		{"dark glasses", func(img *image.RGBA, p *landmark.Points) {
			for _, eye := range [][]raster.Point{p.LeftEye(), p.RightEye()} {
				b := raster.BoundingBox(eye)
				fill(img, raster.Rect{X0: b.X0 - 6, Y0: b.Y0 - 7, X1: b.X1 + 6, Y1: b.Y1 + 9}, color.RGBA{R: 15, G: 12, B: 12, A: 255})
			}
		}, true, true, false, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img, box := astronaut(t)
			_, points := face(t, n, img, box)
			tt.draw(img, points)
			im, points := face(t, n, img, box)
			c, err := n.occlusion.Measure(t.Context(), im, points)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", c)
			for _, part := range []struct {
				name  string
				score float64
				want  bool
			}{{"left eye", c.LeftEye, tt.leftEye}, {"right eye", c.RightEye, tt.rightEye}, {"nose", c.Nose, tt.nose}, {"mouth", c.Mouth, tt.mouth}, {"anything", c.Occlusion(Pose{}), tt.anything}} {
				if (part.score > 0.9) != part.want || (part.score > 0.5) != part.want {
					t.Errorf("%s covered: %.3f, want it hidden: %v", part.name, part.score, part.want)
				}
			}
		})
	}
}

func fill(img *image.RGBA, r raster.Rect, c color.Color) {
	draw.Draw(img, image.Rect(int(r.X0), int(r.Y0), int(r.X1), int(r.Y1)), image.NewUniform(c), image.Point{}, draw.Src)
}

func BenchmarkEyes(b *testing.B) {
	n := openNetworks(b)
	img, box := astronaut(b)
	im, points := face(b, n, img, box)
	for b.Loop() {
		if _, err := n.eyes.Measure(b.Context(), im, points); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOcclusion(b *testing.B) {
	n := openNetworks(b)
	img, box := astronaut(b)
	im, points := face(b, n, img, box)
	for b.Loop() {
		if _, err := n.occlusion.Measure(b.Context(), im, points); err != nil {
			b.Fatal(err)
		}
	}
}
