package detect

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// BlazeFace is MediaPipe's short-range face detector, face_detection_short_range of npm @mediapipe/face_mesh
// 0.4.1657299874 (Apache-2.0), converted by package tflite. It finds faces that fill a good part of the picture, masked
// ones among them: 54 of the 60 of the masks set against 36 of [UltraLight], but half of those in groups.
//
// Input: "input" 1×3×128×128, planes RGB, (v − 127.5) / 127.5; the picture lies in the middle of a square, black round
// it. Outputs: "classificators" 1×896×1, logits of a face, and "regressors" 1×896×16, for each anchor cx, cy, w, h and
// six points (x, y) in pixels of the input, cx, cy and the points from the anchor's centre. Anchors: the centres of
// 16×16 cells, two each, then of 8×8 cells, six each. Its boxes reach from the brows to the chin.
type BlazeFace struct{ session infer.Session }

const (
	blazeSide    = 128
	blazeAnchors = 2*16*16 + 6*8*8
	blazeValues  = 16
	// blazeScore is low, for a candidate needs a second sign anyway: on 50 scenes without a face 19 boxes reach 0.3 and 5
	// reach 0.5, none of them with a mesh flag above −1.1.
	blazeScore = 0.3
)

// NewBlazeFace loads the detector.
func NewBlazeFace(b infer.Backend, model []byte) (*BlazeFace, error) {
	s, err := b.Load(infer.Network{Name: "blazeface", Model: model, Input: "input", Outputs: []string{"classificators", "regressors"}})
	if err != nil {
		return nil, err
	}
	return &BlazeFace{session: s}, nil
}

// Close releases the network.
func (d *BlazeFace) Close() error { return d.session.Close() }

// Detect returns the candidates of the whole picture, best first, with boxes from forehead to chin.
func (d *BlazeFace) Detect(ctx context.Context, im *raster.Image) ([]Candidate, error) {
	square := im.Bounds().Square(1)
	input, err := blazeInput(im, square)
	if err != nil {
		return nil, err
	}
	out, err := d.session.Run(ctx, input)
	if err != nil {
		return nil, err
	}
	if err := out[0].Expect(1, blazeAnchors, 1); err != nil {
		return nil, fmt.Errorf("blazeface scores: %w", err)
	}
	if err := out[1].Expect(1, blazeAnchors, blazeValues); err != nil {
		return nil, fmt.Errorf("blazeface boxes: %w", err)
	}
	found := blazeDecode(out[0].Data, out[1].Data, raster.Stretch(square, blazeSide, blazeSide))
	for i, c := range found {
		found[i].Box = foreheadToChin(c.Box)
	}
	return found, nil
}

// blazeInput samples the square and blackens what lies outside the picture.
func blazeInput(im *raster.Image, square raster.Rect) (infer.Tensor, error) {
	const plane = blazeSide * blazeSide
	data := make([]float32, 3*plane)
	t := raster.Stretch(square, blazeSide, blazeSide)
	format := raster.Format{Order: raster.RGB, Mean: [3]float32{127.5, 127.5, 127.5}, Deviation: [3]float32{127.5, 127.5, 127.5}}
	if err := im.Sample(data, blazeSide, blazeSide, t, raster.Replicate, format); err != nil {
		return infer.Tensor{}, err
	}
	picture := im.Bounds()
	for v := range blazeSide {
		for u := range blazeSide {
			at := t.Apply(raster.Point{X: float64(u) + 0.5, Y: float64(v) + 0.5})
			if at.X >= 0 && at.X <= picture.X1 && at.Y >= 0 && at.Y <= picture.Y1 {
				continue
			}
			for c := range 3 {
				data[c*plane+v*blazeSide+u] = -1
			}
		}
	}
	return infer.Tensor{Shape: []int{1, 3, blazeSide, blazeSide}, Data: data}, nil
}

// blazeDecode turns the network's outputs into boxes in the picture, one a face.
func blazeDecode(logits, values []float32, toPicture raster.Transform) []Candidate {
	var found []Candidate
	for i := range blazeAnchors {
		score := 1 / (1 + math.Exp(-float64(logits[i])))
		if score < blazeScore {
			continue
		}
		v := values[blazeValues*i:]
		anchor := blazeAnchor(i)
		x, y := anchor.X+float64(v[0]), anchor.Y+float64(v[1])
		w, h := float64(v[2]), float64(v[3])
		low := toPicture.Apply(raster.Point{X: x - w/2, Y: y - h/2})
		high := toPicture.Apply(raster.Point{X: x + w/2, Y: y + h/2})
		found = append(found, Candidate{Box: raster.Rect{X0: low.X, Y0: low.Y, X1: high.X, Y1: high.Y}, Score: score})
	}
	return blend(found)
}

// blazeAnchor is the centre of anchor i in pixels of the input.
func blazeAnchor(i int) raster.Point {
	cells, each := 16, 2
	if first := cells * cells * each; i >= first {
		i, cells, each = i-first, 8, 6
	}
	i /= each
	size := float64(blazeSide) / float64(cells)
	return raster.Point{X: (float64(i%cells) + 0.5) * size, Y: (float64(i/cells) + 0.5) * size}
}

// blend joins the candidates of one face into their mean box, weighted by score, which is what the detector was made
// for; the score of the best one stays.
func blend(candidates []Candidate) []Candidate {
	kept := Suppress(slices.Clone(candidates))
	for i, best := range kept {
		var sum raster.Rect
		var weight float64
		for _, c := range candidates {
			if !Same(c.Box, best.Box) {
				continue
			}
			sum.X0, sum.Y0 = sum.X0+c.Score*c.Box.X0, sum.Y0+c.Score*c.Box.Y0
			sum.X1, sum.Y1 = sum.X1+c.Score*c.Box.X1, sum.Y1+c.Score*c.Box.Y1
			weight += c.Score
		}
		kept[i].Box = raster.Rect{X0: sum.X0 / weight, Y0: sum.Y0 / weight, X1: sum.X1 / weight, Y1: sum.Y1 / weight}
	}
	return kept
}

// foreheadToChin turns a box from the brows to the chin into the kind that [UltraLight] gives.
func foreheadToChin(b raster.Rect) raster.Rect {
	w, h := b.Width(), b.Height()
	return raster.Rect{X0: b.X0 + 0.02*w, Y0: b.Y0 - 0.2*h, X1: b.X1 - 0.02*w, Y1: b.Y1 + 0.05*h}
}
