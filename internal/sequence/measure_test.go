package sequence

import (
	"math"
	"slices"
	"testing"
)

func TestStandardise(t *testing.T) {
	for name, test := range map[string]struct{ given, want []float32 }{
		"two levels":       {[]float32{10, 30}, []float32{-math.Sqrt2 / 2, math.Sqrt2 / 2}},
		"three levels":     {[]float32{1, 2, 3}, []float32{-math.Sqrt2 / 2, 0, math.Sqrt2 / 2}},
		"uneven":           {[]float32{0, 0, 0, 4}, []float32{-0.288675, -0.288675, -0.288675, 0.866025}},
		"nearly no change": {[]float32{100, 100.001}, []float32{-math.Sqrt2 / 2, math.Sqrt2 / 2}},
		"no contrast":      {[]float32{7, 7, 7}, []float32{0, 0, 0}},
	} {
		got := slices.Clone(test.given)
		standardise(got)
		for i := range got {
			if !(math.Abs(float64(got[i]-test.want[i])) <= 1e-4) {
				t.Errorf("%s: %v, want %v", name, got, test.want)
				break
			}
		}
	}
}

// Each value of a scene is the mean of its own block of 4×4 samples.
func TestBlockMeans(t *testing.T) {
	fine := make([]float32, sceneWidth*sceneFine*sceneHeight*sceneFine)
	for i := range fine {
		x, y := i%(sceneWidth*sceneFine), i/(sceneWidth*sceneFine)
		fine[i] = float32(x/sceneFine + 100*(y/sceneFine) + x%sceneFine - 2*(y%sceneFine)) // 1.5 − 3 on average of a block
	}
	for i, got := range blockMeans(fine) {
		if want := float32(i%sceneWidth+100*(i/sceneWidth)) - 1.5; !(math.Abs(float64(got-want)) <= 0.01) {
			t.Fatalf("value %d is %g, want %g", i, got, want)
		}
	}
}

func TestDifferenceAndItsLimit(t *testing.T) {
	of := func(levels ...float32) Fingerprint { return Fingerprint{scene: levels} }
	if got := Difference(of(10, 20, 30, 40), of(11, 18, 30, 40)); got != 0.75 {
		t.Errorf("the difference is %g, want 0.75", got)
	}
	for off, want := range map[float32]bool{0: true, 0.9: true, 1: false, -0.9: true, -1: false, 4: false} {
		if got := Still(of(10, 20, 30, 40), of(10+off, 20, 30, 40)); got != want {
			t.Errorf("a mean difference of %g: still is %v", off/4, got)
		}
	}
	if Still(Fingerprint{}, of(1)) || Still(of(1), Fingerprint{}) {
		t.Error("a frame of which nothing was kept is the same still as another")
	}
}

func TestLikeness(t *testing.T) {
	a, b := Fingerprint{face: []float32{0.6, 0.8}}, Fingerprint{face: []float32{-0.8, 0.6}}
	if got, ok := Likeness(a, a); !ok || !(math.Abs(got-1) <= 1e-6) {
		t.Errorf("of a face with itself: %g, %v", got, ok)
	}
	if got, ok := Likeness(a, b); !ok || !(math.Abs(got) <= 1e-6) {
		t.Errorf("of faces that have nothing in common: %g, %v", got, ok)
	}
	for _, pair := range [][2]Fingerprint{{a, {}}, {{}, a}, {{}, {}}} {
		if _, ok := Likeness(pair[0], pair[1]); ok {
			t.Error("there is a likeness without a face")
		}
	}
}

func TestLinkedAtTheLimits(t *testing.T) {
	one := Fingerprint{face: []float32{1}}
	for _, test := range []struct {
		likeness float32
		apart    bool
		want     bool
	}{
		{0.5, true, true}, {0.499, true, false}, {0.5, false, true}, {0.401, false, true}, {0.399, false, false}, {0.45, true, false}, {-0.9, false, false},
	} {
		if got := linked(one, Fingerprint{face: []float32{test.likeness}}, test.apart); got != test.want {
			t.Errorf("a likeness of %g, apart is %v: linked is %v", test.likeness, test.apart, got)
		}
	}
	if linked(one, Fingerprint{}, false) {
		t.Error("a frame without a face is linked")
	}
}

// Strangers are told in the order of the frames, of whichever groups they are; frames are given to apart as they are asked of.
func TestStrangersOfSeveralGroupsAreInOrder(t *testing.T) {
	face := func(at int) Fingerprint {
		f := Fingerprint{face: make([]float32, 3)}
		f.face[at] = 1
		return f
	}
	frames := []Fingerprint{face(1), face(2), face(0), face(1), face(0), face(0)}
	asked := false
	got := Strangers(frames, func(i, j int) bool {
		asked = asked || i == 0 && j == 3
		return false
	})
	if want := []int{0, 1, 3}; !slices.Equal(got, want) || !asked {
		t.Errorf("%v, want %v; asked of the first and fourth: %v", got, want, asked)
	}
}
