package spoof_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

// TestThreeViewAgreesWithTraining holds crops, channel order and range to those of the training scripts.
func TestThreeViewAgreesWithTraining(t *testing.T) {
	im := decodetest.Photograph(t, "astronaut.png")
	w, h := float64(im.Width()), float64(im.Height())
	n, err := spoof.NewThreeView(catalogtest.Backend(t), spoof.Own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	cues, err := n.Judge(t.Context(), im, raster.Rect{X0: 0.345 * w, Y0: 0.12 * h, X1: 0.525 * w, Y1: 0.41 * h})
	if err != nil {
		t.Fatal(err)
	}
	// What the trained branches give in PyTorch for this box of this lossless picture with the crops of crops.py, sampled without rounding to whole grey
	// levels. A window of one pixel less moves a logit by 0.3, a wrong crop or colour order by several.
	want := []spoof.Cue{
		{Network: "liveness", Crop: "1.5", Logit: -2.390}, {Network: "liveness", Crop: "2.7", Logit: -0.127}, {Network: "liveness", Crop: "4.0", Logit: 3.597},
	}
	if len(cues) != len(want) {
		t.Fatalf("%d cues, want %d", len(cues), len(want))
	}
	for i, c := range cues {
		if c.Network != want[i].Network || c.Crop != want[i].Crop || !(math.Abs(c.Logit-want[i].Logit) <= 0.02) {
			t.Errorf("cue %+v, want %+v within 0.02", c, want[i])
		}
	}
}

// BenchmarkBesidePublished runs the network and fr_liveness as its publisher has it, one view of a face each.
func BenchmarkBesidePublished(b *testing.B) {
	backend := catalogtest.Backend(b)
	for _, n := range []struct {
		network infer.Network
		shape   []int
	}{
		{infer.Network{Name: "liveness", Model: spoof.Own, Input: "views", Outputs: []string{"logits"}}, []int{1, 3 * (128*128 + 2*80*80)}},
		{infer.Network{Name: "fr_liveness", Model: catalogtest.Network(b, catalog.MiniFASNet128), Input: "input", Outputs: []string{"output"}}, []int{1, 3, 128, 128}},
	} {
		b.Run(n.network.Name, func(b *testing.B) {
			session, err := backend.Load(n.network)
			if err != nil {
				b.Fatal(err)
			}
			values := 1
			for _, side := range n.shape {
				values *= side
			}
			input, random := infer.Tensor{Shape: n.shape, Data: make([]float32, values)}, rand.New(rand.NewPCG(1, 2))
			for i := range input.Data { // the published network is quicker where all its input is 0
				input.Data[i] = float32(random.IntN(256))
			}
			for b.Loop() {
				if _, err := session.Run(b.Context(), input); err != nil {
					b.Fatal(err)
				}
			}
			if err := session.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
