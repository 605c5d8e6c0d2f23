package quality

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// photograph is an RGB picture in floating point, with the landmarks of its face.
type photograph struct {
	width, height int
	pix           []float64
	points        landmark.Points
}

// portrait is the public domain portrait of testdata, with landmarks as the product finds them.
func portrait(t testing.TB) photograph {
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
	p := fromImage(img)
	points, err := os.ReadFile("testdata/astronaut-points.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs [landmark.Count][2]float64
	if err := json.Unmarshal(points, &pairs); err != nil {
		t.Fatal(err)
	}
	for i, xy := range pairs {
		p.points[i] = raster.Point{X: xy[0], Y: xy[1]}
	}
	return p
}

func fromImage(img image.Image) photograph {
	b := img.Bounds()
	p := photograph{width: b.Dx(), height: b.Dy()}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
			p.pix = append(p.pix, float64(c.R), float64(c.G), float64(c.B))
		}
	}
	return p
}

// each maps every value; the result is cut to 0..255.
func (p photograph) each(f func(float64) float64) photograph {
	out := p
	out.pix = make([]float64, len(p.pix))
	for i, v := range p.pix {
		out.pix[i] = math.Round(min(255, max(0, f(v))))
	}
	return out
}

func (p photograph) multiplied(gain float64) photograph {
	return p.each(func(v float64) float64 { return v * gain })
}

func (p photograph) noised(deviation float64) photograph {
	random := rand.New(rand.NewPCG(1, 2))
	return p.each(func(v float64) float64 { return v + deviation*random.NormFloat64() })
}

func (p photograph) blurred(deviation float64) photograph {
	if deviation == 0 {
		return p
	}
	reach := int(3*deviation) + 1
	kernel, sum := make([]float64, 2*reach+1), 0.0
	for i := range kernel {
		kernel[i] = math.Exp(-math.Pow(float64(i-reach)/deviation, 2) / 2)
		sum += kernel[i]
	}
	along := func(from []float64, dx, dy int) []float64 {
		to := make([]float64, len(from))
		for i := range to {
			x, y, c := i/3%p.width, i/3/p.width, i%3
			for k, weight := range kernel {
				u := min(p.width-1, max(0, x+dx*(k-reach)))
				v := min(p.height-1, max(0, y+dy*(k-reach)))
				to[i] += weight / sum * from[3*(v*p.width+u)+c]
			}
		}
		return to
	}
	out := p
	out.pix = along(along(p.pix, 1, 0), 0, 1)
	return out
}

// shrunk is the picture at scale times its size, smoothed before.
func (p photograph) shrunk(t testing.TB, scale float64) photograph {
	if scale == 1 {
		return p
	}
	w, h := int(float64(p.width)*scale), int(float64(p.height)*scale)
	small := photograph{width: w, height: h, pix: make([]float64, 3*w*h)}
	planes := make([]float32, 3*w*h)
	source := p.blurred(0.4 / scale).raster(t)
	if err := source.Sample(planes, w, h, raster.Stretch(source.Bounds(), w, h), raster.Replicate, raster.Format{}); err != nil {
		t.Fatal(err)
	}
	for i := range w * h {
		for c := range 3 {
			small.pix[3*i+c] = float64(planes[c*w*h+i])
		}
	}
	for i, q := range p.points {
		small.points[i] = raster.Point{X: q.X * scale, Y: q.Y * scale}
	}
	return small
}

func (p photograph) compressed(t testing.TB, quality int) photograph {
	img := image.NewRGBA(image.Rect(0, 0, p.width, p.height))
	for i := range p.width * p.height {
		for c := range 3 {
			img.Pix[4*i+c] = uint8(p.pix[3*i+c] + 0.5)
		}
		img.Pix[4*i+3] = 255
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	decoded, err := jpeg.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	out := fromImage(decoded)
	out.points = p.points
	return out
}

func (p photograph) raster(t testing.TB) *raster.Image {
	t.Helper()
	pix := make([]byte, len(p.pix))
	for i, v := range p.pix {
		pix[i] = byte(min(255, max(0, v+0.5)))
	}
	im, err := raster.FromRGB(pix, p.width, p.height, 3*p.width, raster.Upright)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func (p photograph) measure(t testing.TB, pose Angles) Result {
	t.Helper()
	r, err := Measure(p.raster(t), &p.points, pose)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
