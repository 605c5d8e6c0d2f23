package main

import (
	"context"

	"github.com/bonafide-pad/bonafide"
)

// mouth prints how well open mouths are told from closed ones on mouth/, and how many mouths of portraits, closed or smiling, are
// called open.
func mouth(ctx context.Context, l *lab) error {
	opened := func(f bonafide.Face) float64 { return f.MouthOpened }
	threshold := bonafide.DefaultPolicy().MouthOpened
	all, err := judgedFolder(ctx, l, "mouth", "open", opened)
	if err != nil {
		return err
	}
	l.halfAUC("mouth AUC", all, atLeast(0.95))
	rate, _ := over(all, true, threshold)
	l.figure("open mouths called open", rate.Value, percent(rate.Value, rate.Interval))
	rate, names := over(all, false, threshold)
	l.figure("closed mouths called open", rate.Value, percent(rate.Value, rate.Interval))
	l.named("called open", names)
	return falseAlarms(ctx, l, "mouths of faces/ called open", opened, threshold)
}

// judgedFolder analyses a folder and scores the largest face of each picture; pictures without a face are named.
func judgedFolder(ctx context.Context, l *lab, folder, positive string, score func(bonafide.Face) float64) ([]judged, error) {
	rows, err := l.manifest(folder)
	if err != nil {
		return nil, err
	}
	outcomes, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return nil, err
	}
	all, faceless := judgedFaces(rows, outcomes, positive, score)
	l.named("no face", faceless)
	return all, nil
}

// falseAlarms prints how many portraits of faces/ score over the threshold, all and the half kept apart, and names them.
func falseAlarms(ctx context.Context, l *lab, name string, score func(bonafide.Face) float64, threshold float64) error {
	all, err := judgedFolder(ctx, l, "faces", "", score)
	if err != nil {
		return err
	}
	rate, names := over(all, false, threshold)
	l.figure(name, rate.Value, percent(rate.Value, rate.Interval))
	l.named("over the threshold", names)
	rate, _ = over(apart(all), false, threshold)
	l.figure(name+", half kept apart", rate.Value, percent(rate.Value, rate.Interval))
	return nil
}
