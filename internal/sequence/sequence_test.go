package sequence

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// scene is a smooth picture with noise of the given deviation, as of a camera.
func scene(noise float64, seed uint64) *raster.Image {
	random := rand.New(rand.NewPCG(seed, 1))
	img := image.NewGray(image.Rect(0, 0, 640, 480))
	for i := range img.Pix {
		x, y := float64(i%640), float64(i/640)
		v := 128 + 60*math.Sin(x/40)*math.Cos(y/30) + noise*random.NormFloat64()
		img.Pix[i] = uint8(min(255, max(0, v)))
	}
	return raster.FromGray(img, raster.Upright)
}

// points are landmarks spread round a centre: enough for an aligned patch.
func points(cx, cy float64) *landmark.Points {
	var p landmark.Points
	for i := range p {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / landmark.Count)
		p[i] = raster.Point{X: cx + 60*cos, Y: cy + 80*sin}
	}
	for i := 36; i < 42; i++ {
		p[i], p[i+6] = raster.Point{X: cx - 25, Y: cy - 20}, raster.Point{X: cx + 25, Y: cy - 20}
	}
	return &p
}

func take(t *testing.T, im *raster.Image, p *landmark.Points) Fingerprint {
	t.Helper()
	f, err := Take(im, p)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestStill(t *testing.T) {
	first := take(t, scene(3, 1), nil)
	if !Still(first, take(t, scene(3, 1), nil)) {
		t.Error("a picture is not the same still as itself")
	}
	moved := take(t, shifted(t, scene(3, 1)), nil)
	if Still(first, moved) {
		t.Errorf("a moved picture counts as the same still: difference %.2f", Difference(first, moved))
	}
}

// shifted is the picture seen four pixels further right.
func shifted(t *testing.T, im *raster.Image) *raster.Image {
	t.Helper()
	moved := image.NewGray(image.Rect(0, 0, im.Width()-4, im.Height()))
	for i := range moved.Pix {
		moved.Pix[i], _, _ = im.RGBAt(i%moved.Rect.Dx()+4, i/moved.Rect.Dx())
	}
	return raster.FromGray(moved, raster.Upright)
}

func TestChanged(t *testing.T) {
	im := scene(3, 1)
	here, alike, other := take(t, im, points(200, 200)), take(t, scene(3, 2), points(202, 201)), take(t, im, points(326, 200))
	if Changed(here, alike, false) {
		likeness, _ := Likeness(here, alike)
		t.Errorf("the same face counts as changed: likeness %.2f", likeness)
	}
	if !Changed(here, other, true) {
		likeness, _ := Likeness(here, other)
		t.Errorf("another face elsewhere does not count as changed: likeness %.2f", likeness)
	}
	if Changed(here, take(t, im, nil), true) {
		t.Error("a frame without a face cannot tell that the face changed")
	}
}

func TestFlatFacesHaveNoLikeness(t *testing.T) {
	flat := raster.FromGray(image.NewGray(image.Rect(0, 0, 300, 300)), raster.Upright)
	f := take(t, flat, points(150, 150))
	if likeness, ok := Likeness(f, f); !ok || likeness != 0 {
		t.Errorf("likeness of faces without contrast is %v, %v", likeness, ok)
	}
}
