package quality

import (
	"encoding/json"
	"image/jpeg"
	"math"
	"os"
	"reflect"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/quality/spoil"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// portrait is a picture with the landmarks of its face.
type portrait struct {
	spoil.Picture
	points landmark.Points
}

// astronaut is the public domain portrait of testdata, with the landmarks that the product finds in it.
func astronaut(t testing.TB) portrait {
	t.Helper()
	file, err := os.Open("../../testdata/astronaut.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, err := jpeg.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	points, err := os.ReadFile("testdata/astronaut-points.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs [landmark.Count][2]float64
	if err := json.Unmarshal(points, &pairs); err != nil {
		t.Fatal(err)
	}
	p := portrait{Picture: spoil.FromImage(img)}
	for i, xy := range pairs {
		p.points[i] = raster.Point{X: xy[0], Y: xy[1]}
	}
	return p
}

// with is the same face in a changed picture.
func (p portrait) with(changed spoil.Picture) portrait { return portrait{changed, p.points} }

func (p portrait) scaled(scale float64) portrait {
	q := p.with(p.Scaled(scale))
	for i, at := range p.points {
		q.points[i] = raster.Point{X: at.X * scale, Y: at.Y * scale}
	}
	return q
}

// stretched takes the nearest pixel.
func (p portrait) stretched(across, down float64) portrait {
	width, height := int(float64(p.Width)*across), int(float64(p.Height)*down)
	q := p.with(spoil.Picture{Width: width, Height: height, Pix: make([]float64, 3*width*height)})
	for i := range width * height {
		x, y := int(float64(i%width)/across), int(float64(i/width)/down)
		copy(q.Pix[3*i:3*i+3], p.Pix[3*(y*p.Width+x):])
	}
	for i, at := range p.points {
		q.points[i] = raster.Point{X: at.X * across, Y: at.Y * down}
	}
	return q
}

func (p portrait) raster(t testing.TB) *raster.Image {
	t.Helper()
	pix := make([]byte, len(p.Pix))
	for i, v := range p.Pix {
		pix[i] = byte(min(255, max(0, v+0.5)))
	}
	im, err := raster.FromRGB(pix, p.Width, p.Height, 3*p.Width, raster.Upright)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func (p portrait) measure(t testing.TB, pose Angles) Result {
	t.Helper()
	r, err := Measure(p.raster(t), &p.points, pose)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestScoreFallsAsThePictureGetsWorse walks down one way of spoiling a good picture at a time: no step may raise the score, the
// measure that is meant to see it must fall with it, and at the end the picture must be of low quality.
func TestScoreFallsAsThePictureGetsWorse(t *testing.T) {
	good := astronaut(t)
	tests := []struct {
		name    string
		steps   []float64
		spoil   func(step float64) portrait
		measure func(Measures) float64
	}{
		{"blurred", []float64{0, 0.5, 1, 1.5, 2, 3, 4, 6}, func(s float64) portrait { return good.with(good.Blurred(s)) },
			func(m Measures) float64 { return m.Sharpness }},
		{"darkened", []float64{1, 0.8, 0.6, 0.4, 0.25, 0.15, 0.1}, func(g float64) portrait { return good.with(good.Multiplied(g)) },
			func(m Measures) float64 { return m.DynamicRange }},
		{"over-exposed", []float64{1, 1.15, 1.3, 1.5, 1.75, 2}, func(g float64) portrait { return good.with(good.Multiplied(g)) },
			func(m Measures) float64 { return m.Exposure }},
		{"noised", []float64{0, 3, 6, 12, 20, 30, 45}, func(s float64) portrait { return good.with(good.Noised(s)) },
			func(m Measures) float64 { return m.Noise }},
		{"compressed", []float64{90, 70, 50, 35, 20, 12, 6}, func(q float64) portrait { return compressed(t, good, int(q)) },
			func(m Measures) float64 { return m.Compression }},
		{"shrunk", []float64{1, 0.8, 0.6, 0.45, 0.35, 0.25, 0.15}, good.scaled,
			func(m Measures) float64 { return m.Size }},
	}
	// steadiness allows for rounding to whole levels, which is noise to the measures.
	const steadiness = 0.005
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var last Result
			for i, step := range tt.steps {
				r := tt.spoil(step).measure(t, Angles{})
				t.Logf("%g: score %.3f, measure %.3f", step, r.Score, tt.measure(r.Measures))
				if i > 0 && r.Score > last.Score+steadiness {
					t.Errorf("score rises to %.3f at %g from %.3f at %g", r.Score, step, last.Score, tt.steps[i-1])
				}
				if i > 0 && tt.measure(r.Measures) > tt.measure(last.Measures)+steadiness {
					t.Errorf("measure rises to %.3f at %g from %.3f", tt.measure(r.Measures), step, tt.measure(last.Measures))
				}
				last = r
			}
			if last.Score >= 0.3 {
				t.Errorf("the worst picture scores %.3f, want below 0.3", last.Score)
			}
		})
	}
	if score := good.measure(t, Angles{}).Score; score < 0.7 {
		t.Errorf("the good picture scores %.3f, want at least 0.7", score)
	}
}

func compressed(t *testing.T, p portrait, quality int) portrait {
	t.Helper()
	changed, err := p.Compressed(quality)
	if err != nil {
		t.Fatal(err)
	}
	return p.with(changed)
}

func TestNoiseIsNotSharpness(t *testing.T) {
	p := astronaut(t)
	soft := p.with(p.Blurred(2))
	clean, noisy := soft.measure(t, Angles{}).Measures, soft.with(soft.Noised(10)).measure(t, Angles{}).Measures
	if noisy.Sharpness > clean.Sharpness+0.1 {
		t.Errorf("noise lifts sharpness from %.3f to %.3f", clean.Sharpness, noisy.Sharpness)
	}
}

func TestSizeDoesNotChangeWhatIsSeen(t *testing.T) {
	large := astronaut(t)
	small := large.scaled(0.5)
	a, b := large.measure(t, Angles{}), small.measure(t, Angles{})
	for _, tt := range []struct {
		name string
		a, b float64
		most float64
	}{
		{"luminance", a.Luminance, b.Luminance, 3},
		{"brightness", a.Measures.Brightness, b.Measures.Brightness, 0.03},
		{"exposure", a.Measures.Exposure, b.Measures.Exposure, 0.02},
		{"dynamic range", a.Measures.DynamicRange, b.Measures.DynamicRange, 0.05},
		{"uniformity", a.Measures.Uniformity, b.Measures.Uniformity, 0.05},
		{"colour", a.Measures.Colour, b.Measures.Colour, 0.02},
	} {
		if !(math.Abs(tt.a-tt.b) <= tt.most) {
			t.Errorf("%s is %.3f at full and %.3f at half size", tt.name, tt.a, tt.b)
		}
	}
}

func TestLuminanceIsTheMeanInsideTheFace(t *testing.T) {
	p := astronaut(t)
	outline := p.points.Bounds()
	for i := range p.Pix { // everything well outside of the face black
		x, y := float64(i/3%p.Width), float64(i/3/p.Width)
		if x < outline.X0-2 || x > outline.X1+2 || y < outline.Y0-2 || y > outline.Y1+2 {
			p.Pix[i] = 0
		}
	}
	r, whole := p.measure(t, Angles{}), astronaut(t).measure(t, Angles{})
	if !(math.Abs(r.Luminance-whole.Luminance) <= 1) {
		t.Errorf("luminance is %.1f with a black background, %.1f without", r.Luminance, whole.Luminance)
	}
	flat := p.with(p.Each(func(float64) float64 { return 90 }))
	if got := flat.measure(t, Angles{}).Luminance; !(math.Abs(got-90) <= 0.5) {
		t.Errorf("luminance of a picture of level 90 is %.2f", got)
	}
}

func TestUnevenLightLowersUniformity(t *testing.T) {
	even := astronaut(t)
	middle := even.points[30].X
	uneven := even.with(even.Each(func(v float64) float64 { return v }))
	for i := range uneven.Pix {
		if float64(i/3%uneven.Width) > middle {
			uneven.Pix[i] *= 0.35
		}
	}
	a, b := even.measure(t, Angles{}).Measures.Uniformity, uneven.measure(t, Angles{}).Measures.Uniformity
	if b > a-0.2 {
		t.Errorf("uniformity is %.3f in even and %.3f in uneven light", a, b)
	}
}

func TestColourOfTheLight(t *testing.T) {
	natural := astronaut(t)
	tint := func(red, green, blue float64) float64 {
		p := natural.with(natural.Each(func(v float64) float64 { return v }))
		for i := range p.Pix {
			p.Pix[i] = min(255, p.Pix[i]*[3]float64{red, green, blue}[i%3])
		}
		return p.measure(t, Angles{}).Measures.Colour
	}
	if got := tint(1, 1, 1); got < 0.95 {
		t.Errorf("natural colour is %.3f", got)
	}
	if got := tint(0.4, 1, 0.4); got > 0.5 {
		t.Errorf("green light is %.3f", got)
	}
	grey := natural.with(natural.Each(func(v float64) float64 { return v }))
	for i := 0; i < len(grey.Pix); i += 3 {
		grey.Pix[i+1], grey.Pix[i+2] = grey.Pix[i], grey.Pix[i]
	}
	if got := grey.measure(t, Angles{}).Measures.Colour; got != 1 {
		t.Errorf("a grey picture is %.3f, want 1", got)
	}
}

func TestPoseLowersTheScore(t *testing.T) {
	p := astronaut(t)
	last := p.measure(t, Angles{}).Score
	for _, yaw := range []float64{15, -30, 45, -60, 90, 120} {
		r := p.measure(t, Angles{Yaw: yaw})
		if r.Score > last {
			t.Errorf("score rises to %.3f at yaw %g", r.Score, yaw)
		}
		last = r.Score
	}
	if last != 0 {
		t.Errorf("a face turned away scores %.3f, want 0", last)
	}
}

func TestMeasuresStayInRange(t *testing.T) {
	p := astronaut(t)
	collapsed, outside := p, p
	for i := range p.points {
		collapsed.points[i] = raster.Point{X: 100, Y: 100}
		outside.points[i].X += 5000
	}
	black := p.with(p.Each(func(float64) float64 { return 0 }))
	white := p.with(p.Each(func(float64) float64 { return 255 }))
	tiny := portrait{Picture: spoil.Picture{Width: 1, Height: 1, Pix: []float64{9, 9, 9}}}
	for name, picture := range map[string]portrait{
		"collapsed": collapsed, "outside": outside, "black": black, "white": white, "tiny": tiny,
		"thin": p.stretched(0.4, 16), "thinner": p.stretched(0.4, 40), "flat": p.stretched(40, 0.4),
	} {
		r := picture.measure(t, Angles{Yaw: 170, Pitch: -99, Roll: 400})
		v := reflect.ValueOf(r.Measures)
		for i := range v.NumField() {
			if f := v.Field(i).Float(); !(f >= 0 && f <= 1) {
				t.Errorf("%s: %s is %v", name, v.Type().Field(i).Name, f)
			}
		}
		if !(r.Score >= 0 && r.Score <= 1) || !(r.Luminance >= 0 && r.Luminance <= 255) {
			t.Errorf("%s: score %v, luminance %v", name, r.Score, r.Luminance)
		}
	}
}

func TestFuse(t *testing.T) {
	best := Measures{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	if got := Fuse(best); got != 1 {
		t.Errorf("all measures 1 score %v", got)
	}
	v := reflect.ValueOf(&best).Elem()
	for i := range v.NumField() {
		v.Field(i).SetFloat(0)
		if got := Fuse(best); got != 0 {
			t.Errorf("%s 0 and the others 1 score %v, want 0", v.Type().Field(i).Name, got)
		}
		v.Field(i).SetFloat(1)
	}
}

func BenchmarkMeasure(b *testing.B) {
	p := astronaut(b)
	for _, bench := range []struct {
		name string
		p    portrait
	}{{"small face", p}, {"large face", p.scaled(4)}} {
		im := bench.p.raster(b)
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Measure(im, &bench.p.points, Angles{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
