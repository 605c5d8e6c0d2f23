// Package mesh lays MediaPipe's mesh of 468 points on a face and reads from it what the points tell: whether a face is
// there at all, the head's pose, how far the mouth is open, and where iBUG's 68 landmarks would be.
//
// Network: face_landmark of npm @mediapipe/face_mesh 0.4.1657299874 (Apache-2.0), converted by package tflite. Input:
// "input_1" 1×3×192×192, planes RGB, 0..1. Crop: a square of 1.5 × the longer side of the face box, turned so that the
// eyes lie level; the outermost pixels continue outside the picture. Outputs: "conv2d_21", 468 × (x, y, z) in pixels of
// the crop, z smaller towards the camera; "conv2d_31", the logit of a face being there.
//
// The box of a detector knows no roll: the network runs twice, on the upright box and then on the turned box of the
// points it found. One run alone follows a roll of 15° with 10.6°, two with 13.8°. Where the 68 landmarks are known, one run on
// their turned square is enough ([Net.FitOn]).
package mesh

import (
	"context"
	"fmt"
	"math"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/scratch"
)

// Count is the number of points.
const Count = 468

const (
	side  = 192
	scale = 1.5
	// landmarksScale and landmarksUp make a like crop of iBUG's landmarks, which end at the brows.
	landmarksScale = 1.7
	landmarksUp    = 0.1
)

// Point is a place in pixels of the upright picture; Z is the depth on the same scale, smaller towards the camera.
type Point struct{ X, Y, Z float64 }

// At is the place in the picture.
func (p Point) At() raster.Point { return raster.Point{X: p.X, Y: p.Y} }

// Mesh is what the network sees in one crop.
type Mesh struct {
	Points [Count]Point
	// Flag is the logit of a face being there. Above 0 it nearly always is one; profiles, faces below
	// some 60 pixels and masked faces reach −4 to −9, as things that are no faces do.
	Flag float64
}

// Net is the network.
type Net struct{ session infer.Session }

// New loads the network.
func New(b infer.Backend, model []byte) (*Net, error) {
	s, err := b.Load(infer.Network{Name: "face_mesh", Model: model, Input: "input_1", Outputs: []string{"conv2d_21", "conv2d_31"}})
	if err != nil {
		return nil, err
	}
	return &Net{session: s}, nil
}

// Close releases the network.
func (n *Net) Close() error { return n.session.Close() }

// Glance runs the network once on the face in box, a box from forehead to chin. Its flag serves to judge a candidate;
// its points lag behind the roll of the head.
func (n *Net) Glance(ctx context.Context, im *raster.Image, box raster.Rect) (*Mesh, error) {
	return n.look(ctx, im, box.Square(scale), 0)
}

// Fit runs the network twice, see the package comment, and returns the second mesh.
func (n *Net) Fit(ctx context.Context, im *raster.Image, box raster.Rect) (*Mesh, error) {
	first, err := n.Glance(ctx, im, box)
	if err != nil {
		return nil, err
	}
	return n.Refit(ctx, im, first)
}

// Refit runs the network on the turned box of a mesh found before.
func (n *Net) Refit(ctx context.Context, im *raster.Image, before *Mesh) (*Mesh, error) {
	square, roll := before.crop()
	return n.look(ctx, im, square, roll)
}

// look runs the network on a square turned by roll radians.
func (n *Net) look(ctx context.Context, im *raster.Image, square raster.Rect, roll float64) (*Mesh, error) {
	input := scratch.Borrow(3 * side * side)
	defer input.Return()
	toPicture := raster.Turned(square, side, roll)
	format := raster.Format{Order: raster.RGB, Deviation: [3]float32{255, 255, 255}}
	if err := im.Sample(input.Values, side, side, toPicture, raster.Replicate, format); err != nil {
		return nil, err
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, 3, side, side}, Data: input.Values})
	if err != nil {
		return nil, err
	}
	if err := out[0].Expect(1, 3*Count, 1, 1); err != nil {
		return nil, fmt.Errorf("face_mesh points: %w", err)
	}
	if err := out[1].Expect(1, 1, 1, 1); err != nil {
		return nil, fmt.Errorf("face_mesh flag: %w", err)
	}
	m := &Mesh{Flag: float64(out[1].Data[0])}
	for i := range m.Points {
		v := out[0].Data[3*i : 3*i+3]
		at := toPicture.Apply(raster.Point{X: float64(v[0]), Y: float64(v[1])})
		m.Points[i] = Point{X: at.X, Y: at.Y, Z: float64(v[2]) * square.Width() / side}
	}
	return m, nil
}

// crop is the square round the points in the frame of the eyes, and that frame's roll in radians.
func (m *Mesh) crop() (square raster.Rect, roll float64) {
	left, right := m.Points[leftEyeOuter], m.Points[rightEyeOuter]
	roll = math.Atan2(right.Y-left.Y, right.X-left.X)
	level := make([]raster.Point, Count)
	for i, p := range m.Points {
		level[i] = rotate(p.At(), -roll)
	}
	box := raster.BoundingBox(level)
	return raster.SquareAround(rotate(box.Center(), roll), scale*max(box.Width(), box.Height())), roll
}

// rotate turns a point round the origin by angle radians, clockwise as seen.
func rotate(p raster.Point, angle float64) raster.Point {
	sin, cos := math.Sincos(angle)
	return raster.Point{X: cos*p.X - sin*p.Y, Y: sin*p.X + cos*p.Y}
}

// FitOn runs the network once on the face that has the given landmarks, which tell its place and roll.
func (n *Net) FitOn(ctx context.Context, im *raster.Image, points *landmark.Points) (*Mesh, error) {
	square, roll := points.UprightSquare(landmarksScale, landmarksUp)
	return n.look(ctx, im, square, roll)
}
