package sequence

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
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
	if Still(Fingerprint{}, Fingerprint{}) || Still(first, Fingerprint{}) {
		t.Error("frames of which nothing was kept count as the same still")
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

func TestStrangers(t *testing.T) {
	im := scene(3, 1)
	here, alike, other := take(t, im, points(200, 200)), take(t, scene(3, 2), points(202, 201)), take(t, im, points(326, 200))
	none := take(t, im, nil)
	overlapping := func(int, int) bool { return false }
	for name, test := range map[string]struct {
		frames []Fingerprint
		want   []int
	}{
		"one face":                          {[]Fingerprint{here, alike, here}, []int{}},
		"another face in the end":           {[]Fingerprint{here, alike, other}, []int{2}},
		"another face first":                {[]Fingerprint{other, here, alike}, []int{0}},
		"another face between":              {[]Fingerprint{here, other, alike}, []int{1}},
		"of two the first is the person":    {[]Fingerprint{other, here}, []int{1}},
		"frames without a face say nothing": {[]Fingerprint{none, here, none, alike}, []int{}},
		"no frame has a face":               {[]Fingerprint{none, none}, []int{}},
	} {
		if got := Strangers(test.frames, overlapping); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// halfway is as like each of two unlike faces.
func halfway(a, b Fingerprint) Fingerprint {
	mean := Fingerprint{scene: a.scene, face: make([]float32, len(a.face))}
	for i := range mean.face {
		mean.face[i] = a.face[i] + b.face[i]
	}
	standardise(mean.face)
	return mean
}

func TestStrangersAreLinkedByFramesBetween(t *testing.T) {
	im := scene(3, 1)
	here, other := take(t, im, points(200, 200)), take(t, im, points(290, 240))
	between := halfway(here, other)
	likeness, _ := Likeness(here, other)
	half, _ := Likeness(here, between)
	if likeness >= sameLikeness || half < sameLikeness {
		t.Fatalf("the faces' likeness is %.2f, halfway it is %.2f: they don't show what they should", likeness, half)
	}
	overlapping := func(int, int) bool { return false }
	if got := Strangers([]Fingerprint{here, between, other}, overlapping); len(got) != 0 {
		t.Errorf("a face that changes little by little counts as changed: %v", got)
	}
	if got := Strangers([]Fingerprint{here, other}, overlapping); len(got) != 1 {
		t.Errorf("without the frame between: %v", got)
	}
}

func TestStrangersNeedMoreLikenessWhereTheBoxJumps(t *testing.T) {
	a := Fingerprint{face: []float32{1, 0}}
	b := Fingerprint{face: []float32{0.45, float32(math.Sqrt(1 - 0.45*0.45))}}
	for apart, want := range map[bool]int{false: 0, true: 1} {
		if got := Strangers([]Fingerprint{a, b}, func(int, int) bool { return apart }); len(got) != want {
			t.Errorf("apart %v: %v", apart, got)
		}
	}
}

func TestFlatFacesHaveNoLikeness(t *testing.T) {
	flat := raster.FromGray(image.NewGray(image.Rect(0, 0, 300, 300)), raster.Upright)
	f := take(t, flat, points(150, 150))
	if likeness, ok := Likeness(f, f); !ok || likeness != 0 {
		t.Errorf("likeness of faces without contrast is %v, %v", likeness, ok)
	}
}
