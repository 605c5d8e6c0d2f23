package bilinear

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// draw makes a picture of noise without a byte behind its last pixel.
func draw(t *rapid.T) *Source {
	side := rapid.IntRange(1, 40)
	w, h := side.Draw(t, "width"), side.Draw(t, "height")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	plane := func(w, h int) Plane {
		pix := make([]byte, w*h)
		for i := range pix {
			pix[i] = byte(r.Uint32())
		}
		return Plane{Pix: pix[:len(pix):len(pix)], Width: w, Height: h, Stride: w}
	}
	var planes [3]Plane
	model := rapid.SampledFrom([]Model{Grey, RGB, YCC, YCCPairs}).Draw(t, "model")
	switch model {
	case Grey:
		planes[0] = plane(w, h)
	case RGB:
		pix := plane(3*w, h).Pix
		for c := range planes {
			planes[c] = Plane{Pix: pix[c:], Width: w, Height: h, Stride: 3 * w}
		}
	case YCC:
		planes = [3]Plane{plane(w, h), plane((w+1)/2, (h+1)/2), plane((w+1)/2, (h+1)/2)}
	case YCCPairs:
		cw, ch := (w+1)/2, (h+1)/2
		pix := plane(2*cw, ch).Pix
		planes[0] = plane(w, h)
		for c := range 2 {
			planes[c+1] = Plane{Pix: pix[c:], Width: cw, Height: ch, Stride: 2 * cw}
		}
	}
	s, err := NewSource(model, planes, 0.5, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func drawPatch(t *rapid.T) Patch {
	side := rapid.IntRange(1, 150)
	width, height := side.Draw(t, "patch width"), side.Draw(t, "patch height")
	return Patch{
		Width: width, Height: height, Stride: width + 3, PlaneStride: (width + 3) * height, Grey: rapid.Bool().Draw(t, "grey"),
		Red: 2, Green: 1, Blue: 0, Scale: [3]float32{1, 0.5, 2}, Offset: [3]float32{-3, 0, 7},
	}
}

// both samples with and without AVX2.
func both(p Patch, sample func(to []float32)) (fast, slow []float32) {
	fast, slow = make([]float32, p.values()), make([]float32, p.values())
	sample(fast)
	plain = true
	defer func() { plain = false }()
	sample(slow)
	return fast, slow
}

func checkSame(t *rapid.T, fast, slow []float32) {
	for i, want := range slow {
		if !(math.Abs(float64(fast[i]-want)) <= 0.01) {
			t.Fatalf("value %d is %v with AVX2, %v without", i, fast[i], want)
		}
	}
}

func TestBothWaysGiveTheSame(t *testing.T) {
	if plain {
		t.Skip("this processor has no AVX2: there is one way")
	}
	t.Run("freely", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			s, p := draw(t), drawPatch(t)
			step, start := rapid.Float64Range(-2, 2), rapid.Float64Range(-20, 60)
			m := [6]float64{
				step.Draw(t, "xx"), step.Draw(t, "xy"), start.Draw(t, "x0"), step.Draw(t, "yx"), step.Draw(t, "yy"), start.Draw(t, "y0"),
			}
			fast, slow := both(p, func(to []float32) { s.Free(to, p, m) })
			checkSame(t, fast, slow)
		})
	})
	t.Run("on a grid", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			s, p := draw(t), drawPatch(t)
			nx, ny, swapped := p.Width, p.Height, rapid.Bool().Draw(t, "swapped")
			if swapped {
				nx, ny = ny, nx
			}
			g := s.NewGrid(nx, ny, swapped)
			defer g.Release()
			place := func(size int) Place {
				at := rapid.IntRange(0, max(0, size-2)).Draw(t, "at")
				return Place{At: int32(at), Part: rapid.Float32Range(0, 1).Draw(t, "part")}
			}
			for i := range nx {
				g.SetX(i, place(s.planes[0].Width))
			}
			for i := range ny {
				g.SetY(i, place(s.planes[0].Height))
			}
			fast, slow := both(p, func(to []float32) { g.Sample(to, p) })
			checkSame(t, fast, slow)
			if nx%2 == 0 && ny%2 == 0 {
				checkMeans(t, g, p)
			}
		})
	})
}

// checkMeans wants the means of 2×2 places to be those of what is sampled at them, both ways.
func checkMeans(t *rapid.T, g *Grid, p Patch) {
	p.Grey, p.Scale, p.Offset = true, [3]float32{1, 1, 1}, [3]float32{}
	places := make([]float32, p.values())
	g.Sample(places, p)
	half := p
	half.Width, half.Height = p.Width/2, p.Height/2
	fast, slow := both(half, func(to []float32) { g.Means(to, half) })
	checkSame(t, fast, slow)
	for y := range half.Height {
		for x := range half.Width {
			upper, lower := places[2*y*p.Stride+2*x:], places[(2*y+1)*p.Stride+2*x:]
			if want, got := (upper[0]+upper[1]+lower[0]+lower[1])/4, slow[y*p.Stride+x]; !(math.Abs(float64(got-want)) <= 0.01) {
				t.Fatalf("the mean at (%d, %d) is %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestNewSourceRefuses(t *testing.T) {
	good := Plane{Pix: make([]byte, 12), Width: 4, Height: 3, Stride: 4}
	for name, bad := range map[string]Plane{
		"too short":  {Pix: make([]byte, 11), Width: 4, Height: 3, Stride: 4},
		"no width":   {Pix: make([]byte, 12), Height: 3, Stride: 4},
		"no height":  {Pix: make([]byte, 12), Width: 4, Stride: 4},
		"small rows": {Pix: make([]byte, 12), Width: 4, Height: 3, Stride: 3},
	} {
		if _, err := NewSource(Grey, [3]Plane{bad}, 1, 1); err == nil {
			t.Errorf("%s: taken", name)
		}
		if _, err := NewSource(YCC, [3]Plane{good, good, bad}, 1, 1); err == nil {
			t.Errorf("%s, third plane: taken", name)
		}
	}
	if _, err := NewSource(YCC, [3]Plane{good, good, good}, 1, 1); err != nil {
		t.Error(err)
	}
}
