package detect

import (
	"context"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// UltraLight is the RFB-320 "ultra light" face detector with batch norm folded, fr_detect.onnx of npm
// faceplugin-face-recognition-js 0.0.1 (MIT).
//
// Input: 1×3×240×320, planes RGB, (v − 127) / 128; the whole picture is stretched to it. Outputs: scores 1×4420×2 (column
// 1 = face, 0..1) and boxes 1×4420×4, already decoded to corners in 0..1 of the picture.
type UltraLight struct{ session infer.Session }

const (
	ultraLightWidth  = 320
	ultraLightHeight = 240
	// ultraLightScore is the detector's published threshold.
	ultraLightScore = 0.6
	// ultraLightIoU is the overlap over which two boxes are one face, as published.
	ultraLightIoU = 0.4
)

// NewUltraLight loads the detector.
func NewUltraLight(b infer.Backend, model []byte) (*UltraLight, error) {
	s, err := b.Load(infer.Network{Name: "fr_detect", Model: model, Input: "input", Outputs: []string{"scores", "boxes"}})
	if err != nil {
		return nil, err
	}
	return &UltraLight{session: s}, nil
}

// Close releases the network.
func (d *UltraLight) Close() error { return d.session.Close() }

// Detect returns the candidates, best first.
func (d *UltraLight) Detect(ctx context.Context, im *raster.Image) ([]Candidate, error) {
	input, err := d.pre(im)
	if err != nil {
		return nil, err
	}
	out, err := d.session.Run(ctx, input)
	if err != nil {
		return nil, err
	}
	return d.post(out[0], out[1], im.Bounds())
}

func (d *UltraLight) pre(im *raster.Image) (infer.Tensor, error) {
	data := make([]float32, 3*ultraLightHeight*ultraLightWidth)
	t := raster.Stretch(im.Bounds(), ultraLightWidth, ultraLightHeight)
	format := raster.Format{Order: raster.RGB, Mean: [3]float32{127, 127, 127}, Deviation: [3]float32{128, 128, 128}}
	err := im.Sample(data, ultraLightWidth, ultraLightHeight, t, raster.Replicate, format)
	return infer.Tensor{Shape: []int{1, 3, ultraLightHeight, ultraLightWidth}, Data: data}, err
}

func (d *UltraLight) post(scores, boxes infer.Tensor, picture raster.Rect) ([]Candidate, error) {
	if err := scores.Expect(1, -1, 2); err != nil {
		return nil, fmt.Errorf("fr_detect scores: %w", err)
	}
	n := scores.Shape[1]
	if err := boxes.Expect(1, n, 4); err != nil {
		return nil, fmt.Errorf("fr_detect boxes: %w", err)
	}
	w, h := picture.Width(), picture.Height()
	var found []Candidate
	for i := range n {
		score := float64(scores.Data[2*i+1])
		if score < ultraLightScore {
			continue
		}
		b := boxes.Data[4*i : 4*i+4]
		box := raster.Rect{X0: float64(b[0]) * w, Y0: float64(b[1]) * h, X1: float64(b[2]) * w, Y1: float64(b[3]) * h}
		found = append(found, Candidate{Box: box.Intersect(picture), Score: score})
	}
	return suppress(found, ultraLightIoU), nil
}
