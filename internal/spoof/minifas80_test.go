package spoof_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/silentface"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

func TestMiniFASNet80JudgesARealFaceLive(t *testing.T) {
	dir := os.Getenv("BONAFIDE_PEERS")
	if dir == "" {
		t.Skip("BONAFIDE_PEERS does not name the folder with the published weights")
	}
	im := decodetest.Photograph(t, "astronaut.jpg")
	head := raster.Rect{X0: 0.345, Y0: 0.12, X1: 0.525, Y1: 0.41} // in fractions of the photograph
	w, h := float64(im.Width()), float64(im.Height())
	box := raster.Rect{X0: head.X0 * w, Y0: head.Y0 * h, X1: head.X1 * w, Y1: head.Y1 * h}
	backend := catalogtest.Backend(t)
	for _, pack := range silentface.Networks() {
		weights, err := os.ReadFile(filepath.Join(dir, pack.Weights))
		if err != nil {
			t.Fatal(err)
		}
		model, err := pack.Convert(weights)
		if err != nil {
			t.Fatal(err)
		}
		n, err := spoof.NewMiniFASNet80(backend, model, pack.Name, pack.Scale)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		})
		cues, err := n.Judge(t.Context(), im, box)
		if err != nil {
			t.Fatal(err)
		}
		if len(cues) != 1 || cues[0].Network != pack.Name || cues[0].Logit <= 0 {
			t.Errorf("%s judges a real face %+v, want one positive logit", pack.Name, cues)
		}
	}
}
