package spoof_test

import (
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

func TestMiniFASNet128JudgesARealFaceLive(t *testing.T) {
	n, err := spoof.NewMiniFASNet128(catalogtest.Backend(t), catalogtest.Network(t, catalog.MiniFASNet128))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	cues, err := n.Judge(t.Context(), decodetest.Photograph(t, "astronaut.jpg"), raster.Rect{X0: 177, Y0: 61, X1: 269, Y1: 210})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", cues)
	if len(cues) != 2 || cues[0].Crop != "1.5" || cues[1].Crop != "2.7" {
		t.Fatalf("%+v, want a cue for each crop", cues)
	}
	for _, c := range cues {
		if c.Network != "fr_liveness" || !(c.Logit > 0) {
			t.Errorf("a real face is judged %+v, want a positive logit", c)
		}
	}
}
