package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"github.com/bonafide-pad/bonafide"
)

// pose prints what must hold for the pose of any face, with no true angles at hand: in a mirror yaw and roll change their
// sign and pitch stays, and turning a picture turns the roll as far and leaves yaw and pitch. Differences are means over faces/.
func pose(ctx context.Context, l *lab) error {
	rows, err := l.manifest("faces")
	if err != nil {
		return err
	}
	original, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return err
	}
	for _, change := range []struct {
		name     string
		turn     float64 // degrees, clockwise as seen
		mirrored bool
		bars     []bar
	}{
		{name: "in a mirror", mirrored: true, bars: []bar{atMost(3)}},
		{name: "turned by -15°", turn: -15},
		{name: "turned by 15°", turn: 15},
	} {
		changed := make([]outcome, len(rows))
		err := parallel(ctx, len(rows), func(i int) {
			key := fmt.Sprintf("%s:%s", change.name, rows[i].path)
			changed[i] = l.analyzeBytes(ctx, key, func() ([]byte, error) { return turned(rows[i].path, change.turn, change.mirrored) })
		})
		if err != nil {
			return err
		}
		d := comparePoses(original, changed, change.turn, change.mirrored)
		l.figure("yaw "+change.name+", mean difference", d.yaw, d.remark(len(rows)), change.bars...)
		l.figure("pitch "+change.name+", mean difference", d.pitch, "")
		l.figure("roll "+change.name+", mean difference", d.roll, "", atMost(3))
	}
	return nil
}

// poseDifference is the mean absolute difference, in degrees, from what the pose should have become.
type poseDifference struct {
	yaw, pitch, roll float64
	n                int
}

func (d poseDifference) remark(all int) string {
	return fmt.Sprintf("degrees; %d of %d pictures, a face found in both", d.n, all)
}

func comparePoses(original, changed []outcome, turn float64, mirrored bool) poseDifference {
	var d poseDifference
	for i := range original {
		before, ok := original[i].largest()
		after, okAfter := changed[i].largest()
		if !ok || !okAfter {
			continue
		}
		want := bonafide.Pose{Yaw: before.Pose.Yaw, Pitch: before.Pose.Pitch, Roll: before.Pose.Roll + turn}
		if mirrored {
			want.Yaw, want.Roll = -want.Yaw, -want.Roll
		}
		d.yaw += math.Abs(after.Pose.Yaw - want.Yaw)
		d.pitch += math.Abs(after.Pose.Pitch - want.Pitch)
		d.roll += math.Abs(after.Pose.Roll - want.Roll)
		d.n++
	}
	n := float64(d.n)
	d.yaw, d.pitch, d.roll = d.yaw/n, d.pitch/n, d.roll/n
	return d
}

// turned is the picture in a file, mirrored where asked, then turned clockwise round its middle on a grey canvas that holds all of it.
func turned(path string, degrees float64, mirrored bool) ([]byte, error) {
	img, err := readImage(path)
	if err != nil {
		return nil, err
	}
	b := img.Bounds()
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	w := math.Ceil(float64(b.Dx())*math.Abs(cos) + float64(b.Dy())*math.Abs(sin))
	h := math.Ceil(float64(b.Dx())*math.Abs(sin) + float64(b.Dy())*math.Abs(cos))
	canvas := image.NewRGBA(image.Rect(0, 0, int(w), int(h)))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(color.Gray{Y: 128}), image.Point{}, draw.Src)
	flip := 1.0
	if mirrored {
		flip = -1
	}
	cx, cy := float64(b.Min.X+b.Max.X)/2, float64(b.Min.Y+b.Max.Y)/2
	toCanvas := f64.Aff3{
		flip * cos, -sin, w/2 - flip*cos*cx + sin*cy,
		flip * sin, cos, h/2 - flip*sin*cx - cos*cy,
	}
	xdraw.BiLinear.Transform(canvas, toCanvas, img, b, xdraw.Src, nil)
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, canvas)
	return out.Bytes(), err
}
