package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/stats"
)

// clip is one capture of pad/videos with the score of each frame that has a face, and that of all fused.
type clip struct {
	name    string
	live    bool
	reports []bonafide.Report
	frames  []float64
	fused   bonafide.FramesAssessment
}

// source is the project that published the clip.
func (c clip) source() string {
	owner, _, _ := strings.Cut(c.name, "/")
	return owner
}

// frames prints whether the fused score of a clip is better than that of one of its frames.
func frames(ctx context.Context, l *lab) error {
	clips, err := l.clips(ctx)
	if err != nil {
		return err
	}
	l.figure("clips of pad/videos", float64(len(clips)), "")
	single, pairs := oneFrameAUC(clips)
	l.figure("AUC by clip, one frame of each", single, "mean over every choice of frames")
	e := stats.NewROC(fusedSamples(clips)).Bootstrap(func(r *stats.ROC) []float64 { return []float64{r.AUC()} })
	l.figure("AUC by clip, all frames fused", e[0].Value, estimate(e[0]), atLeast(math.Round((single-0.5/float64(pairs))*1e4)/1e4)) // it comes in whole pairs
	l.printf("\nat %g, the share of the clips that are decided wrongly:\n", bonafide.DefaultRequirements().Liveness)
	rows := [][]string{{"", "one frame", "all frames fused"}}
	for _, class := range []struct {
		name string
		live bool
	}{{"live clips called an attack", true}, {"attacks called live", false}} {
		one, fused, n := wrong(clips, class.live)
		rows = append(rows, []string{class.name, fmt.Sprintf("%.1f %%", 100*one), fmt.Sprintf("%.1f %%, %.0f of %d", 100*fused, fused*float64(n), n)})
	}
	one, fused, n := wrong(clips, true, false)
	rows = append(rows, []string{"all", fmt.Sprintf("%.1f %%", 100*one), fmt.Sprintf("%.1f %%, %.0f of %d", 100*fused, fused*float64(n), n)})
	if err := l.table(rows); err != nil {
		return err
	}
	l.printf("\n")
	l.figure("clips decided wrongly, all frames fused", fused, fmt.Sprintf("one frame %.4f", one), atMost(math.Round(one*1e4)/1e4))
	changed, n := falselyChanged(clips)
	l.figure("live clips whose face counts as changed", float64(changed), fmt.Sprintf("of %d", n), atMost(0))
	changed, n = splicedChanged(clips)
	l.figure("clips spliced of two people where it does", float64(changed)/float64(n), fmt.Sprintf("%d of %d", changed, n), atLeast(0.75))
	l.printf("\nby clip:\n")
	return l.table(clipTable(clips))
}

// clips analyses the clips of pad/. Every frame with a face counts, by its largest one, so that single frames and fused ones are the same.
func (l *lab) clips(ctx context.Context) ([]clip, error) {
	rows, err := l.manifest("pad")
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return !strings.HasPrefix(r.name, "videos/") })
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.name, b.name) })
	outcomes, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return nil, err
	}
	reports, live := map[string][]bonafide.Report{}, map[string]bool{}
	for i, r := range rows {
		if outcomes[i].err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, outcomes[i].err)
		}
		name := r.column("group")
		reports[name], live[name] = append(reports[name], outcomes[i].report), r.column("label") == "live"
	}
	lenient := bonafide.DefaultRequirements()
	lenient.Faces, lenient.Required = bonafide.LargestFace, nil
	var clips []clip
	for _, name := range slices.Sorted(maps.Keys(reports)) {
		c := clip{name: name, live: live[name], reports: reports[name], fused: bonafide.AssessFrames(bonafide.CompareFrames(reports[name]), lenient)}
		for _, f := range c.fused.Frames {
			if f.Score != nil {
				c.frames = append(c.frames, *f.Score)
			}
		}
		if c.fused.Score == nil {
			return nil, fmt.Errorf("clip %s: no frame has a face", name)
		}
		clips = append(clips, c)
	}
	return clips, nil
}

// oneFrameAUC is the AUC where every clip is one of its frames, on the mean over all choices, and how many pairs of clips it is of.
func oneFrameAUC(clips []clip) (mean float64, pairs int) {
	var sum float64
	for _, l := range clips {
		for _, s := range clips {
			if l.live && !s.live {
				sum += above(l.frames, s.frames)
				pairs++
			}
		}
	}
	return sum / float64(pairs), pairs
}

// above is the probability that a score of a is over one of b, a tie counting half.
func above(a, b []float64) float64 {
	var sum float64
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				sum++
			case x == y:
				sum += 0.5
			}
		}
	}
	return sum / float64(len(a)*len(b))
}

func fusedSamples(clips []clip) []stats.Sample {
	samples := make([]stats.Sample, len(clips))
	for i, c := range clips {
		samples[i] = stats.Sample{Score: *c.fused.Score, Positive: c.live, Group: c.name}
	}
	return samples
}

// wrong is the share of clips of the given classes that are decided wrongly: by one frame, on the mean over the frames, and by all.
func wrong(clips []clip, classes ...bool) (one, fused float64, n int) {
	threshold := bonafide.DefaultRequirements().Liveness
	for _, c := range clips {
		if !slices.Contains(classes, c.live) {
			continue
		}
		n++
		missed := 0
		for _, score := range c.frames {
			if score > threshold != c.live {
				missed++
			}
		}
		one += float64(missed) / float64(len(c.frames))
		if *c.fused.Score > threshold != c.live {
			fused++
		}
	}
	return one / float64(n), fused / float64(n), n
}

// falselyChanged counts the live clips, each of one person, in which the face counts as changed.
func falselyChanged(clips []clip) (changed, of int) {
	for _, c := range clips {
		if c.live {
			of++
			changed += min(1, len(bonafide.CompareFrames(c.reports).Changed))
		}
	}
	return changed, of
}

// splicedChanged counts the same for clips put together of the first half of one source's and the second half of another's.
func splicedChanged(clips []clip) (changed, of int) {
	for _, a := range clips {
		for _, b := range clips {
			if a.source() == b.source() {
				continue
			}
			spliced := slices.Concat(a.reports[:len(a.reports)/2], b.reports[len(b.reports)/2:])
			of++
			changed += min(1, len(bonafide.CompareFrames(spliced).Changed))
		}
	}
	return changed, of
}

func clipTable(clips []clip) [][]string {
	rows := [][]string{{"clip", "frames with a face", "lowest", "highest", "fused", "decision"}}
	for _, c := range clips {
		rows = append(rows, []string{
			c.name, fmt.Sprint(len(c.frames)), fmt.Sprintf("%.3f", slices.Min(c.frames)), fmt.Sprintf("%.3f", slices.Max(c.frames)),
			fmt.Sprintf("%.3f", *c.fused.Score), decisionOf(c.fused),
		})
	}
	return rows
}

// decisionOf is a decision with the reasons of the capture as a whole.
func decisionOf(a bonafide.FramesAssessment) string {
	out := string(a.Decision)
	for _, r := range a.Reasons {
		if r.Code == bonafide.FramesIdentical || r.Code == bonafide.FaceChanged {
			out += ", " + string(r.Code)
		}
	}
	return out
}
