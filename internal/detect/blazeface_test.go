package detect

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

func TestBlazeAnchors(t *testing.T) {
	tests := map[int]raster.Point{
		0: {X: 4, Y: 4}, 1: {X: 4, Y: 4}, 2: {X: 12, Y: 4}, 32: {X: 4, Y: 12}, 511: {X: 124, Y: 124},
		512: {X: 8, Y: 8}, 517: {X: 8, Y: 8}, 518: {X: 24, Y: 8}, 560: {X: 8, Y: 24}, 895: {X: 120, Y: 120},
	}
	for i, want := range tests {
		if got := blazeAnchor(i); got != want {
			t.Errorf("anchor %d at %v, want %v", i, got, want)
		}
	}
}

func TestBlazeDecode(t *testing.T) {
	logits, values := make([]float32, blazeAnchors), make([]float32, blazeAnchors*blazeValues)
	for i := range logits {
		logits[i] = -10
	}
	// Two anchors of one cell see the same face, 3 and 1 to be weighted: one box of theirs must come out.
	for i, score := range map[int]float64{0: 0.75, 1: 0.375} {
		logits[i] = float32(math.Log(score / (1 - score)))
		copy(values[blazeValues*i:], []float32{6, 6, 10, 20})
	}
	values[blazeValues] = 9 // the second is 3 pixels further right
	toPicture := raster.Transform{XX: 2, X0: 100, YY: 2, Y0: 0}
	got := blazeDecode(logits, values, toPicture)
	// Centre (10, 10) and (13, 10), weights 2 to 1: (11, 10); 10×20 in the input is 20×40 in the picture.
	want := raster.Rect{X0: 112, Y0: 0, X1: 132, Y1: 40}
	if len(got) != 1 || math.Abs(got[0].Score-0.75) > 1e-6 || math.Abs(got[0].Box.X0-want.X0) > 1e-4 || math.Abs(got[0].Box.Y1-want.Y1) > 1e-4 {
		t.Errorf("got %v, want one of %v", got, want)
	}
}

// TestBlazeFaceFindsMaskedFaces holds the detector to what it is there for.
func TestBlazeFaceFindsMaskedFaces(t *testing.T) {
	root := os.Getenv("BONAFIDE_DATA")
	if root == "" {
		t.Skip("BONAFIDE_DATA does not name the folder with the evaluation pictures")
	}
	d, err := NewBlazeFace(catalogtest.Backend(t), catalogtest.Network(t, catalog.BlazeFace))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	found := 0
	for _, path := range maskedFaces(t, filepath.Join(root, "masks")) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := decode.Decode(content, decode.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		candidates, err := d.Detect(t.Context(), p.Image)
		if err != nil {
			t.Fatal(err)
		}
		if len(candidates) > 0 && candidates[0].Score >= 0.5 {
			found++
		}
	}
	if found < 50 {
		t.Errorf("%d of 60 masked faces found with a score of at least 0.5, want 50", found)
	}
}

func maskedFaces(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "manifest.csv"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, row := range rows[1:] {
		if row[1] == "mask" {
			paths = append(paths, filepath.Join(dir, row[0]))
		}
	}
	return paths
}
