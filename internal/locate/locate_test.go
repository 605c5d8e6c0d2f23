package locate_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/detect"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/locate"
	"github.com/bonafide-pad/bonafide/internal/mesh"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/trace"
)

func open(t testing.TB) *locate.Finder {
	t.Helper()
	backend := catalogtest.Backend(t)
	detector, err := detect.NewUltraLight(backend, catalogtest.Network(t, catalog.UltraLightDetector))
	if err != nil {
		t.Fatal(err)
	}
	landmarks, err := landmark.NewNet64(backend, catalogtest.Network(t, catalog.Landmarks68))
	if err != nil {
		t.Fatal(err)
	}
	mesh, err := mesh.New(backend, catalogtest.Network(t, catalog.FaceMesh))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mesh.Close(); err != nil {
			t.Error(err)
		}
		if err := landmarks.Close(); err != nil {
			t.Error(err)
		}
		if err := detector.Close(); err != nil {
			t.Error(err)
		}
	})
	return locate.New(detector, landmarks, mesh)
}

func find(t testing.TB, f *locate.Finder, im *raster.Image) []locate.Face {
	t.Helper()
	faces, err := f.Find(t.Context(), im)
	if err != nil {
		t.Fatal(err)
	}
	return faces
}

// portraitBox is the face of astronaut.jpg, forehead to chin.
var portraitBox = raster.Rect{X0: 178, Y0: 60, X1: 270, Y1: 178}

// TestFind makes hard pictures of an easy one: width×height pixels that show astronaut.jpg at toPicture.
func TestFind(t *testing.T) {
	f, photo := open(t), decodetest.Photograph(t, "astronaut.jpg")
	for _, test := range []struct {
		name          string
		width, height int
		toPicture     raster.Transform
	}{
		{"as it is", 512, 512, raster.Stretch(photo.Bounds(), 512, 512)},
		{"in a mirror", 512, 512, raster.Stretch(photo.Bounds(), 512, 512).Mirrored(512)},
		{"face fills the picture", 118, 118, raster.Stretch(portraitBox.Square(1), 118, 118)},
		{"face enlarged to fill the picture", 700, 900, raster.Stretch(portraitBox, 700, 900)},
		{"small in a landscape picture", 2400, 1350, raster.Transform{XX: 1, X0: -1700, YY: 1, Y0: -800}},
		{"small in a portrait picture", 1080, 1920, raster.Transform{XX: 1, X0: -100, YY: 1, Y0: -1300}},
		{"in a narrow strip", 2000, 300, raster.Transform{XX: 1, X0: -1300, YY: 1, Y0: 0}},
		{"tilted", 400, 400, raster.Turned(raster.SquareAround(portraitBox.Center(), 400), 400, 0.4)},
	} {
		t.Run(test.name, func(t *testing.T) {
			im := decodetest.Warp(t, photo, test.width, test.height, test.toPicture)
			faces := find(t, f, im)
			if len(faces) != 1 {
				t.Fatalf("%d faces: %+v", len(faces), faces)
			}
			box := faces[0].Box
			at := test.toPicture.Apply(box.Center())
			if d := raster.Distance(at, portraitBox.Center()); d > 15 {
				t.Errorf("the box's centre is %.0f pixels off", d)
			}
			scale := (box.Width() + box.Height()) / (portraitBox.Width() + portraitBox.Height())
			if want := 1 / math.Sqrt(math.Abs(test.toPicture.XX*test.toPicture.YY-test.toPicture.XY*test.toPicture.YX)); scale < 0.75*want || scale > 1.35*want {
				t.Errorf("the box is %.2f of the portrait's, want about %.2f", scale, want)
			}
		})
	}
}

// TestFindLooksNoFurtherThanNeeded counts the detector's runs: a glance, one for the picture with room round it, one for it as it is, four for
// its tiles.
func TestFindLooksNoFurtherThanNeeded(t *testing.T) {
	f, photo := open(t), decodetest.Photograph(t, "astronaut.jpg")
	wide := raster.SquareAround(portraitBox.Center(), 1000)
	for _, test := range []struct {
		name string
		im   *raster.Image
		want int // runs after the glance
	}{
		{"face that nearly fills the picture", decodetest.Warp(t, photo, 300, 300, raster.Stretch(portraitBox.Square(1.2), 300, 300)), 1},
		{"face of half the picture", decodetest.Warp(t, photo, 300, 300, raster.Stretch(portraitBox.Square(2), 300, 300)), 0},
		{"face of a quarter", photo, 0},
		{"face of an eighth", decodetest.Warp(t, photo, 1000, 1000, raster.Stretch(wide, 1000, 1000)), 6},
		{"no face", decodetest.Photograph(t, "noface.jpg"), 6},
	} {
		t.Run(test.name, func(t *testing.T) {
			glances, runs := 0, 0
			ctx := trace.With(t.Context(), trace.Trace{NetworkStart: func(network string, _ []float32) {
				switch network {
				case "fr_detect_small":
					glances++
				case "fr_detect":
					runs++
				}
			}})
			if _, err := f.Find(ctx, test.im); err != nil {
				t.Fatal(err)
			}
			if glances != 1 || runs != test.want {
				t.Errorf("the detector glanced %d times and ran %d times, want 1 and %d", glances, runs, test.want)
			}
		})
	}
}

func TestFindNothing(t *testing.T) {
	f := open(t)
	rocket := decodetest.Photograph(t, "noface.jpg")
	if faces := find(t, f, rocket); len(faces) != 0 {
		t.Errorf("faces on a rocket: %+v", faces)
	}
	for _, side := range []int{1, 2, 31} {
		speck := decodetest.Warp(t, rocket, side, side, raster.Stretch(rocket.Bounds(), side, side))
		if faces := find(t, f, speck); len(faces) != 0 {
			t.Errorf("faces in %d×%d pixels: %+v", side, side, faces)
		}
	}
}

// In each of these turned parts of a picture without a face the detector sees one; no second sign agrees.
func TestFindNeedsASecondSign(t *testing.T) {
	const size, turn = 300, 0.5
	photo, finder := decodetest.Photograph(t, "noface.jpg"), open(t)
	detector, err := detect.NewUltraLight(catalogtest.Backend(t), catalogtest.Network(t, catalog.UltraLightDetector))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := detector.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, part := range []struct {
		center      raster.Point
		side, score float64 // score is the detector's
	}{
		{raster.Point{X: 78.5, Y: 235.5}, 157, 0.99}, // sure enough, but for the landmarks, which come out otherwise in a mirror
		{raster.Point{X: 78.5, Y: 157}, 157, 0.95},
		{raster.Point{X: 40, Y: 280}, 80, 0.6}, // the landmarks agree, but the detector doesn't find it again
	} {
		im := decodetest.Warp(t, photo, size, size, raster.Turned(raster.SquareAround(part.center, part.side), size, turn))
		boxes, err := detector.Detect(t.Context(), im, im.Bounds(), detect.UltraLightScore)
		if err != nil || len(boxes) != 1 || boxes[0].Score < part.score {
			t.Errorf("at %v the detector sees %v, %v, want one box with at least %v", part.center, boxes, err, part.score)
		}
		if faces := find(t, finder, im); len(faces) != 0 {
			t.Errorf("at %v there is a face on a rocket: %+v", part.center, faces)
		}
	}
}

// Of a face under 32 pixels nothing that is measured means much.
func TestFindLeavesOutWhatIsTooSmall(t *testing.T) {
	f, photo := open(t), decodetest.Photograph(t, "astronaut.jpg")
	for height, want := range map[float64]int{27: 0, 40: 1} {
		side := int(4 * height)
		im := decodetest.Warp(t, photo, side, side, raster.Stretch(raster.SquareAround(portraitBox.Center(), 4*portraitBox.Height()), side, side))
		if faces := find(t, f, im); len(faces) != want {
			t.Errorf("%d faces %v pixels high are found, want %d: %+v", len(faces), height, want, faces)
		}
	}
}

func TestFindLargestFirst(t *testing.T) {
	photo := decodetest.Photograph(t, "astronaut.jpg")
	const width, height = 900, 500
	near := decodetest.Warp(t, photo, 500, height, raster.Stretch(raster.Rect{X1: 320, Y1: 320}, 500, height))
	far := decodetest.Warp(t, photo, 400, height, raster.Stretch(raster.Rect{X1: 400, Y1: 500}, 400, height))
	pix := make([]byte, 0, 3*width*height)
	for y := range height {
		for x := range width {
			from, at := far, x
			if x >= 400 {
				from, at = near, x-400
			}
			r, g, b := from.RGBAt(at, y)
			pix = append(pix, r, g, b)
		}
	}
	both, err := raster.FromRGB(pix, width, height, 3*width, raster.Upright)
	if err != nil {
		t.Fatal(err)
	}
	faces := find(t, open(t), both)
	if len(faces) != 2 || faces[0].Box.Area() < faces[1].Box.Area() || faces[0].Box.X0 < 400 || faces[1].Box.X1 > 400 {
		t.Errorf("found %+v, want the right, nearer face and then the left one", faces)
	}
}

func TestFindStopsWithItsContext(t *testing.T) {
	f, im := open(t), decodetest.Photograph(t, "astronaut.jpg")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Find(ctx, im); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context Find returned %v", err)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, name := range []string{"astronaut.jpg", "noface.jpg"} {
		b.Run(name, func(b *testing.B) {
			f, im := open(b), decodetest.Photograph(b, name)
			b.ReportAllocs()
			for b.Loop() {
				find(b, f, im)
			}
		})
	}
}
