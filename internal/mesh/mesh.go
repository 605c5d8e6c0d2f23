// Package mesh lays MediaPipe's mesh of 468 points on a face and reads from it what the points tell: whether a face is
// there at all, and the head's pose.
//
// Network: face_landmark of npm @mediapipe/face_mesh 0.4.1657299874 (Apache-2.0), converted by package tflite. Input:
// "input_1" 1×3×192×192, planes RGB, 0..1. Crop: a square round the face's 68 landmarks, turned so that the eyes lie level;
// the outermost pixels continue outside the picture. Outputs: "conv2d_21", 468 × (x, y, z) in pixels of the crop, z smaller
// towards the camera; "conv2d_31", the logit of a face being there.
//
// The box of a detector knows no roll, and its upright square is not enough: in one, the points follow a roll of 15° with 10.6°.
package mesh

import (
	"context"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/scratch"
)

// Count is the number of points.
const Count = 468

const (
	side = 192
	// landmarksScale and landmarksUp make the crop, see [landmark.Points.UprightSquare]. MediaPipe's is 1.5 × the longer side of a box from
	// forehead to chin; iBUG's landmarks end at the brows.
	landmarksScale = 1.7
	landmarksUp    = 0.1
)

// Point is a place in pixels of the upright picture; Z is the depth on the same scale, smaller towards the camera.
type Point struct{ X, Y, Z float64 }

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

// FitOn runs the network once on the face that has the given landmarks, which tell its place and roll.
func (n *Net) FitOn(ctx context.Context, im *raster.Image, points *landmark.Points) (*Mesh, error) {
	square, roll := points.UprightSquare(landmarksScale, landmarksUp)
	toPicture := raster.Turned(square, side, roll)
	input := scratch.Borrow(3 * side * side)
	defer input.Return()
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
