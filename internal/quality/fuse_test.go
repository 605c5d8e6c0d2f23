package quality

import (
	"math"
	"testing"
)

// Each measure counts by its own weight: where it alone is one half, the score is ½ to the power of that.
func TestFuseWeighsEachMeasure(t *testing.T) {
	good := Measures{
		Sharpness: 1, Noise: 1, Compression: 1, Brightness: 1, Exposure: 1, DynamicRange: 1, Uniformity: 1, Colour: 1, Size: 1, Pose: 1,
	}
	if got := Fuse(good); got != 1 {
		t.Errorf("with nothing to object to the score is %g", got)
	}
	for name, c := range map[string]struct {
		of     func(*Measures) *float64
		weight float64
	}{
		"sharpness":     {func(m *Measures) *float64 { return &m.Sharpness }, 0.7},
		"noise":         {func(m *Measures) *float64 { return &m.Noise }, 0.5},
		"compression":   {func(m *Measures) *float64 { return &m.Compression }, 0.5},
		"brightness":    {func(m *Measures) *float64 { return &m.Brightness }, 1},
		"exposure":      {func(m *Measures) *float64 { return &m.Exposure }, 1},
		"dynamic range": {func(m *Measures) *float64 { return &m.DynamicRange }, 1},
		"uniformity":    {func(m *Measures) *float64 { return &m.Uniformity }, 0.3},
		"colour":        {func(m *Measures) *float64 { return &m.Colour }, 0.2},
		"size":          {func(m *Measures) *float64 { return &m.Size }, 0.4},
		"pose":          {func(m *Measures) *float64 { return &m.Pose }, 0.3},
	} {
		m := good
		*c.of(&m) = 0.5
		if got, want := Fuse(m), math.Pow(0.5, c.weight); !(math.Abs(got-want) <= 1e-12) {
			t.Errorf("with %s of one half the score is %.4f, want %.4f", name, got, want)
		}
		*c.of(&m) = 0
		if got := Fuse(m); got != 0 {
			t.Errorf("without any %s the score is %g", name, got)
		}
	}
}
