package detect

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/scratch"
)

// UltraLight is the RFB-320 "ultra light" face detector with batch norm folded, fr_detect.onnx of npm
// faceplugin-face-recognition-js 0.0.1 (MIT).
//
// Input: 1×3×240×320, or 1×3×162×216 for a glance, planes RGB, (v − 127) / 128; the view is stretched to it, and what lies outside the
// picture is 0, the network's grey: continued by its last pixels instead, 16 of 60 masked faces that fill the picture are lost. As published
// it gives a score and a box for each of 4420 anchors (fewer for a glance); computing those takes an eighth of its time. So it is read where it
// has logits, 1×4420×2 (column 1 = face), and corrections of the anchors, 1×4420×4, and only the boxes that count are worked out.
type UltraLight struct{ whole, small *reader }

// ultraLightLogits and ultraLightCorrections are tensors inside the published network.
const ultraLightLogits, ultraLightCorrections = "461", "462"

// UltraLightScore is the detector's published threshold.
const UltraLightScore = 0.6

// The sizes of what the detector reads, in pixels: that published, and a smaller one for a glance, at which it takes about half the time and on
// the evaluation pictures finds the same faces, but for a few small ones behind a large one. Under it more of these are missed.
const (
	ultraLightWidth, ultraLightHeight = 320, 240
	glanceWidth, glanceHeight         = 216, 162
)

// NewUltraLight loads the detector.
func NewUltraLight(b infer.Backend, model []byte) (*UltraLight, error) {
	whole, err := newReader(b, "fr_detect", model, ultraLightWidth, ultraLightHeight)
	if err != nil {
		return nil, err
	}
	small, err := newReader(b, "fr_detect_small", model, glanceWidth, glanceHeight)
	if err != nil {
		return nil, errors.Join(err, whole.session.Close())
	}
	return &UltraLight{whole, small}, nil
}

// Close releases the detector.
func (d *UltraLight) Close() error {
	return errors.Join(d.whole.session.Close(), d.small.session.Close())
}

// Detect returns the candidates of a view with at least the given score, best first, one a face.
func (d *UltraLight) Detect(ctx context.Context, im *raster.Image, view raster.Rect, score float64) ([]Candidate, error) {
	return d.whole.detect(ctx, im, view, score)
}

// Glance is Detect in about half the time, for faces from a sixth of the view's height.
func (d *UltraLight) Glance(ctx context.Context, im *raster.Image, view raster.Rect, score float64) ([]Candidate, error) {
	return d.small.detect(ctx, im, view, score)
}

// reader is the detector with an input of one size.
type reader struct {
	session       infer.Session
	width, height int
	anchors       []anchor
}

func newReader(b infer.Backend, name string, model []byte, width, height int) (*reader, error) {
	s, err := b.Load(infer.Network{
		Name: name, Model: model, Input: "input", InputShape: []int{1, 3, height, width},
		Outputs: []string{ultraLightLogits, ultraLightCorrections},
	})
	if err != nil {
		return nil, err
	}
	return &reader{session: s, width: width, height: height, anchors: anchorsOf(width, height)}, nil
}

func (r *reader) detect(ctx context.Context, im *raster.Image, view raster.Rect, score float64) ([]Candidate, error) {
	input := scratch.Borrow(3 * r.width * r.height)
	defer input.Return()
	canvas := raster.Canvas{Values: input.Values, Width: r.width, Height: r.height}
	if err := ultraLightInput(canvas, im, view); err != nil {
		return nil, err
	}
	out, err := r.session.Run(ctx, infer.Tensor{Shape: []int{1, 3, r.height, r.width}, Data: input.Values})
	if err != nil {
		return nil, err
	}
	return r.post(out[0], out[1], view, score)
}

// ultraLightInput samples the part of the view that lies in the picture and makes the rest 0.
func ultraLightInput(c raster.Canvas, im *raster.Image, view raster.Rect) error {
	t := raster.Stretch(view, c.Width, c.Height)
	left, right := covered(t.XX, t.X0, float64(im.Width()), c.Width)
	top, bottom := covered(t.YY, t.Y0, float64(im.Height()), c.Height)
	width, height := right-left, bottom-top
	if width < c.Width || height < c.Height {
		clear(c.Values)
	}
	if width <= 0 || height <= 0 {
		return nil
	}
	t.X0 += t.XX * float64(left)
	t.Y0 += t.YY * float64(top)
	format := raster.Format{Order: raster.RGB, Mean: [3]float32{127, 127, 127}, Deviation: [3]float32{128, 128, 128}}
	return im.SampleInto(c, left, top, width, height, t, raster.Replicate, format)
}

// covered is the range of samples, out of n whose centres lie at scale·(i+½)+offset, that falls in 0..size.
func covered(scale, offset, size float64, n int) (first, end int) {
	first = int(math.Ceil(max(0, -offset/scale-0.5)))
	end = int(math.Ceil(min(float64(n), (size-offset)/scale-0.5)))
	return first, end
}

func (r *reader) post(logits, corrections infer.Tensor, view raster.Rect, least float64) ([]Candidate, error) {
	if err := logits.Expect(1, len(r.anchors), 2); err != nil {
		return nil, fmt.Errorf("fr_detect logits: %w", err)
	}
	if err := corrections.Expect(1, len(r.anchors), 4); err != nil {
		return nil, fmt.Errorf("fr_detect corrections: %w", err)
	}
	leastLogit := float32(math.Log(least / (1 - least)))
	var found []Candidate
	for i, a := range r.anchors {
		logit := logits.Data[2*i+1] - logits.Data[2*i]
		if logit < leastLogit {
			continue
		}
		score := 1 / (1 + math.Exp(-float64(logit)))
		found = append(found, Candidate{Score: score, View: view, Box: a.corrected(corrections.Data[4*i:4*i+4], view)})
	}
	return Suppress(found), nil
}
