package main

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"github.com/bonafide-pad/bonafide"
)

// eyes prints how well closed eyes are told from open ones: the AUC on the tight face squares of eyes/, and how many eyes of the
// portraits of faces/ are called closed, though nearly all of them are open.
func eyes(ctx context.Context, l *lab) error {
	rows, err := l.manifest("eyes")
	if err != nil {
		return err
	}
	outcomes := make([]outcome, len(rows))
	if err := parallel(ctx, len(rows), func(i int) { outcomes[i] = l.analyzePadded(ctx, rows[i].path) }); err != nil {
		return err
	}
	either := func(f bonafide.Face) float64 { return max(f.LeftEyeClosed, f.RightEyeClosed) }
	all, faceless := judgedFaces(rows, outcomes, "closed", either)
	l.named("no face", faceless)
	l.halfAUC("eyes AUC, the more closed eye", all, atLeast(0.97))
	mean, _ := judgedFaces(rows, outcomes, "closed", func(f bonafide.Face) float64 { return (f.LeftEyeClosed + f.RightEyeClosed) / 2 })
	l.halfAUC("eyes AUC, mean of both eyes", mean, atLeast(0.97))
	threshold := bonafide.DefaultPolicy().EyeClosed
	rate, _ := over(all, true, threshold)
	l.figure("closed eyes called closed", rate.Value, percent(rate.Value, rate.Interval))
	rate, names := over(all, false, threshold)
	l.figure("open eyes called closed", rate.Value, percent(rate.Value, rate.Interval))
	l.named("called closed", names)
	return openEyes(ctx, l, threshold)
}

// openEyes counts eye by eye on faces/.
func openEyes(ctx context.Context, l *lab, threshold float64) error {
	rows, err := l.manifest("faces")
	if err != nil {
		return err
	}
	outcomes, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return err
	}
	var both []judged
	for _, eye := range []func(bonafide.Face) float64{
		func(f bonafide.Face) float64 { return f.LeftEyeClosed },
		func(f bonafide.Face) float64 { return f.RightEyeClosed },
	} {
		one, _ := judgedFaces(rows, outcomes, "closed", eye)
		both = append(both, one...)
	}
	rate, names := over(both, false, threshold)
	l.figure("eyes of faces/ called closed", rate.Value, percent(rate.Value, rate.Interval), atMost(0.05))
	l.named("called closed", names)
	return nil
}

// judgedFaces scores the largest face of each picture; its label says whether it is a positive. Pictures without a face are named apart.
func judgedFaces(rows []row, outcomes []outcome, positive string, score func(bonafide.Face) float64) (all []judged, faceless []string) {
	for i, r := range rows {
		face, ok := outcomes[i].largest()
		if !ok {
			faceless = append(faceless, r.name)
			continue
		}
		all = append(all, judged{row: r, score: score(face), positive: r.column("label") == positive})
	}
	return all, faceless
}

// analyzePadded analyses a picture that a face fills, with a grey margin of half its longer side all round: detectors know
// faces with something round them.
func (l *lab) analyzePadded(ctx context.Context, path string) outcome {
	return l.analyzeBytes(ctx, "padded:"+path, func() ([]byte, error) { return padded(path) })
}

func padded(path string) ([]byte, error) {
	img, err := readImage(path)
	if err != nil {
		return nil, err
	}
	b := img.Bounds()
	margin := max(b.Dx(), b.Dy()) / 2
	canvas := image.NewNRGBA(image.Rect(0, 0, b.Dx()+2*margin, b.Dy()+2*margin))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(color.Gray{Y: 128}), image.Point{}, draw.Src)
	draw.Draw(canvas, b.Sub(b.Min).Add(image.Pt(margin, margin)), img, b.Min, draw.Src)
	var out bytes.Buffer
	err = png.Encode(&out, canvas)
	return out.Bytes(), err
}
