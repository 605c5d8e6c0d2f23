package main

import (
	"bytes"
	"context"
	"image"
	"image/draw"
	"image/jpeg"

	"github.com/bonafide-pad/bonafide"
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
	threshold := bonafide.DefaultPolicy().Liveness
	l.printf("\nat %g, largest face:\n", threshold)
	return l.table(errorRates(all, threshold))
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
