package main

import (
	"bytes"
	"context"
	"image"
	"image/draw"
	"image/jpeg"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/pad"
)

// colour prints what the liveness score makes of the pictures of pad/ once they are grey, as those of infrared cameras are.
func colour(ctx context.Context, l *lab) error {
	rows, err := l.manifest("pad")
	if err != nil {
		return err
	}
	outcomes := make([]outcome, len(rows))
	err = parallel(ctx, len(rows), func(i int) {
		outcomes[i] = l.analyzeBytes(ctx, "grey "+rows[i].path, func() ([]byte, error) { return grey(rows[i].path) })
	})
	if err != nil {
		return err
	}
	all, faceless := presentationsOf(rows, outcomes)
	l.figure("pictures of pad/ with a face when grey", float64(len(all)), "")
	l.named("no face", faceless)
	e := livenessAUC(all, score)
	l.figure("liveness AUC of grey pictures", e[0].Value, describe(e))
	var judged []pad.Presentation
	for _, p := range all {
		judged = append(judged, pad.Presentation{Attack: !p.live, Group: p.group, Answered: true, Score: p.face.Liveness})
	}
	m := pad.Measure(judged, bonafide.DefaultPolicy().Liveness)
	return l.table([][]string{{"BPCER of grey pictures", rate(m.BPCER)}, {"APCER of grey pictures", rate(m.Species[0].APCER)}})
}

// grey is a picture without its colour, as a JPEG.
func grey(path string) ([]byte, error) {
	img, err := readImage(path)
	if err != nil {
		return nil, err
	}
	luminance := image.NewGray(img.Bounds())
	draw.Draw(luminance, luminance.Bounds(), img, img.Bounds().Min, draw.Src)
	var file bytes.Buffer
	err = jpeg.Encode(&file, luminance, &jpeg.Options{Quality: 95})
	return file.Bytes(), err
}
