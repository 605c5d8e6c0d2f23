package main

import (
	"context"

	"github.com/bonafide-pad/bonafide"
)

// occlusion prints how well masked faces are told from bare ones on masks/, of the faces found, and which portraits of faces/
// are called occluded: those with dark glasses or a hand should be.
func occlusion(ctx context.Context, l *lab) error {
	hidden := func(f bonafide.Face) float64 { return f.Occlusion }
	threshold := bonafide.DefaultPolicy().Occlusion
	all, err := judgedFolder(ctx, l, "masks", "mask", hidden)
	if err != nil {
		return err
	}
	l.halfAUC("occlusion AUC, masks", all, atLeast(0.95))
	rate, _ := over(all, true, threshold)
	l.figure("masked faces called occluded", rate.Value, percent(rate.Value, rate.Interval))
	rate, names := over(all, false, threshold)
	l.figure("bare faces called occluded", rate.Value, percent(rate.Value, rate.Interval))
	l.named("called occluded", names)
	return falseAlarms(ctx, l, "portraits of faces/ called occluded", hidden, threshold)
}
