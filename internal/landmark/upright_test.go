package landmark

import (
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func TestUprightFollowsTheFace(t *testing.T) {
	upright := face()
	tests := []struct {
		name         string
		turn, zoom   float64
		moveX, moveY float64
	}{
		{"as it is", 0, 1, 0, 0},
		{"turned clockwise", 0.4, 1, 0, 0},
		{"turned far", -2, 1, 0, 0},
		{"larger and elsewhere", 0.1, 3, 200, -50},
	}
	want := placeIn(upright.Upright(64, 3), upright[8])
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			moved := upright
			sin, cos := math.Sincos(tt.turn)
			for i, p := range upright {
				moved[i] = raster.Point{X: tt.zoom*(cos*p.X-sin*p.Y) + tt.moveX, Y: tt.zoom*(sin*p.X+cos*p.Y) + tt.moveY}
			}
			if got := moved.Roll(); !(math.Abs(got-tt.turn) <= 1e-9) {
				t.Errorf("Roll is %v, want %v", got, tt.turn)
			}
			if got := placeIn(moved.Upright(64, 3), moved[8]); raster.Distance(got, want) > 1e-6 {
				t.Errorf("the chin lies at %v of the patch, want %v", got, want)
			}
		})
	}
}

// face is two eyes over a round jaw, the eyes level.
func face() Points {
	var p Points
	for i := range p {
		sin, cos := math.Sincos(math.Pi * float64(i) / 16)
		p[i] = raster.Point{X: 100 - 50*cos, Y: 100 + 60*sin}
	}
	for i := range 6 {
		p[36+i], p[42+i] = raster.Point{X: 80 + float64(i), Y: 90}, raster.Point{X: 120 - float64(i), Y: 90}
	}
	return p
}

// placeIn finds where the picture's point lies in a patch, by inverting the map.
func placeIn(t raster.Transform, p raster.Point) raster.Point {
	d := t.XX*t.YY - t.XY*t.YX
	x, y := p.X-t.X0, p.Y-t.Y0
	return raster.Point{X: (x*t.YY - y*t.XY) / d, Y: (y*t.XX - x*t.YX) / d}
}
