package quality

import "math"

// Fuse makes one score, 0..1, of the measures: their product, each raised to its weight, so that one bad measure cannot be made
// up for by the others.
func Fuse(m Measures) float64 {
	weighted := []struct{ measure, weight float64 }{
		{m.Sharpness, 0.7}, {m.Noise, 0.5}, {m.Compression, 0.5}, {m.Brightness, 1}, {m.Exposure, 1},
		{m.DynamicRange, 1}, {m.Uniformity, 0.3}, {m.Colour, 0.2}, {m.Size, 0.4}, {m.Pose, 0.3},
	}
	score := 1.0
	for _, w := range weighted {
		score *= math.Pow(w.measure, w.weight)
	}
	return score
}
