package texture

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawPlane gives sides that end before, on and after what the compiler computes at a time.
func drawPlane(t *rapid.T) (pix []float32, width, height int) {
	width, height = rapid.IntRange(1, 41).Draw(t, "width"), rapid.IntRange(1, 41).Draw(t, "height")
	pix = make([]float32, width*height)
	seed := rapid.Uint32().Draw(t, "seed")
	for i := range pix {
		seed = seed*1664525 + 1013904223
		pix[i] = float32(seed>>24) + float32(seed>>16&255)/256
	}
	return pix, width, height
}

func near(a float32, b float64) bool { return math.Abs(float64(a)-b) <= 1e-3+1e-5*math.Abs(b) }

func TestSmooth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, w, h := drawPlane(t)
		at := func(x, y int) float64 { return float64(in[min(max(y, 0), h-1)*w+min(max(x, 0), w-1)]) }
		want := make([]float64, len(in))
		for i := range want {
			for dy, wy := range []float64{1, 2, 1} {
				for dx, wx := range []float64{1, 2, 1} {
					want[i] += wx * wy / 16 * at(i%w+dx-1, i/w+dy-1)
				}
			}
		}
		inPlace, across := append([]float32(nil), in...), make([]float32, len(in))
		out := make([]float32, len(in))
		Smooth(out, in, across, w, h)
		Smooth(inPlace, inPlace, across, w, h)
		for i := range want {
			if !near(out[i], want[i]) || inPlace[i] != out[i] {
				t.Fatalf("at %d, %d: %v, in place %v, want %v", i%w, i/w, out[i], inPlace[i], want[i])
			}
		}
	})
}

func TestNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, w, h := drawPlane(t)
		var want []float64
		for top := 1; top+Block < h; top += Block {
			for left := 1; left+Block < w; left += Block {
				var sum float64
				for y := top; y < top+Block; y++ {
					for x := left; x < left+Block; x++ {
						var v float64
						for dy, wy := range []float64{1, -2, 1} {
							for dx, wx := range []float64{1, -2, 1} {
								v += wx * wy * float64(in[(y+dy-1)*w+x+dx-1])
							}
						}
						sum += math.Abs(v)
					}
				}
				want = append(want, sum)
			}
		}
		got := Noise(in, w, h)
		if len(got) != len(want) {
			t.Fatalf("%d blocks of %d×%d, want %d", len(got), w, h, len(want))
		}
		for i := range want {
			if !near(got[i], want[i]) {
				t.Fatalf("block %d: %v, want %v", i, got[i], want[i])
			}
		}
	})
}

func TestSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, w, h := drawPlane(t)
		wantAcross, wantDown := make([]float64, w), make([]float64, h)
		for y := 1; y < h-2; y++ {
			for x := range w - 1 {
				wantAcross[x] += math.Abs(float64(in[y*w+x+1] - in[y*w+x]))
			}
		}
		for y := range h - 1 {
			for x := 1; x < w-2; x++ {
				wantDown[y] += math.Abs(float64(in[(y+1)*w+x] - in[y*w+x]))
			}
		}
		across, down := Steps(in, w, h)
		for x, want := range wantAcross {
			if !near(across[x], want) {
				t.Fatalf("column %d: %v, want %v", x, across[x], want)
			}
		}
		for y, want := range wantDown {
			if !near(down[y], want) {
				t.Fatalf("row %d: %v, want %v", y, down[y], want)
			}
		}
	})
}

func TestPlanesThatAreTooShort(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("C read beyond the plane")
		}
	}()
	Steps(make([]float32, 5), 2, 3)
}

func TestHalve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, w, h := drawPlane(t)
		out := make([]float32, w/2*(h/2))
		Halve(out, in, w, h)
		for i, got := range out {
			x, y := 2*(i%(w/2)), 2*(i/(w/2))
			want := float64(in[y*w+x]+in[y*w+x+1]+in[(y+1)*w+x]+in[(y+1)*w+x+1]) / 4
			if !near(got, want) {
				t.Fatalf("at %d, %d: %v, want %v", x/2, y/2, got, want)
			}
		}
	})
}

func TestSquaredDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, w, h := drawPlane(t)
		b := make([]float32, w*h)
		var want float64
		for i := range b {
			b[i] = a[len(a)-1-i]
			want += math.Pow(float64(a[i]-b[i]), 2)
		}
		if got := SquaredDifference(a, b); !(math.Abs(got-want) <= 1e-9*want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}
