package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/pad"
	"github.com/bonafide-pad/bonafide/internal/stats"
)

// presentation is the largest face of one picture of pad/.
type presentation struct {
	live                   bool
	source, species, group string
	face                   bonafide.Face
}

const celebA = "CelebA-Spoof sample"

// liveness prints how well the liveness score separates bona fide presentations from attacks on pad/: over all, by source and by cue.
func liveness(ctx context.Context, l *lab) error {
	all, faceless, err := presentations(ctx, l)
	if err != nil {
		return err
	}
	l.figure("pictures of pad/ with a face", float64(len(all)), fmt.Sprintf("of %d", len(all)+len(faceless)))
	l.named("no face", faceless)

	celeb, clips := partition(all)
	overall := livenessAUC(all, score)
	l.figure("liveness AUC, all pictures", overall[0].Value, describe(overall))
	e := livenessAUC(celeb, score)
	l.figure("liveness AUC, "+celebA, e[0].Value, describe(e), l.shippedBar(0.99)...)
	e = livenessAUC(clips, score)
	l.figure("liveness AUC, frames of the clips", e[0].Value, describe(e), l.shippedBar(0.84)...)
	e = livenessAUC(free(clips), score)
	l.figure("… faces that are not occluded", e[0].Value, describe(e))
	e = livenessAUC(oneEach(clips), score)
	l.figure("liveness AUC, a clip as one sample", e[0].Value, describe(e))
	if err := l.operation(all); err != nil {
		return err
	}
	l.printf("\nby cue (AUC):\n")
	if err := l.table(cueTable(all)); err != nil {
		return err
	}
	l.printf("\nby source (a source with one class has no AUC; live and spoof are mean liveness; BPCER and APCER at the same threshold, not held out):\n")
	return l.table(sourceTable(all))
}

// shippedBar is a bar for the shipped networks: with a pack, which trades web photographs for cameras, there is none.
func (l *lab) shippedBar(limit float64) []bar {
	networks := 0
	for _, m := range l.analyzer.Models() {
		if m.Purpose == catalog.Liveness {
			networks++
		}
	}
	if networks > 1 {
		return nil
	}
	return []bar{atLeast(limit)}
}

// operation prints the error rates at the default threshold and what the calibration is known to do on sources that it did not see.
func (l *lab) operation(all []presentation) error {
	threshold := bonafide.DefaultPolicy().Liveness
	l.printf("\nat %g, largest face (these pictures fitted the calibration; held-out rates below):\n", threshold)
	rows := errorRates(all, threshold)
	calibration, ok := l.analyzer.Calibration()
	if !ok {
		return l.table(rows)
	}
	held := calibration.HeldOut
	rows = append(rows, []string{"BPCER", "held out by " + held.By, rate(held.BPCER)})
	if held.MeanBPCER != nil {
		rows = append(rows, []string{"BPCER", "held out, mean of sources", fmt.Sprintf("%.1f %%", 100**held.MeanBPCER)})
	}
	for _, name := range slices.Sorted(maps.Keys(held.APCER)) {
		rows = append(rows, []string{"APCER", "held out, " + name, rate(held.APCER[name])})
	}
	return l.table(rows)
}

// errorRates are BPCER and each species' APCER at a threshold.
func errorRates(all []presentation, threshold float64) [][]string {
	var judged []pad.Presentation
	for _, p := range all {
		judged = append(judged, pad.Presentation{Attack: !p.live, Species: p.species, Group: p.group, Answered: true, Score: p.face.Liveness})
	}
	m := pad.Measure(judged, threshold)
	rows := [][]string{{"BPCER", "", rate(m.BPCER)}}
	for _, s := range m.Species {
		rows = append(rows, []string{"APCER", s.Name, rate(s.APCER)})
	}
	return rows
}

func rate(r stats.Rate) string {
	return fmt.Sprintf("%s, %d of %d in %d groups", percent(r.Value, r.Interval), r.Count, r.Of, r.Groups)
}

// presentations analyses pad/. Pictures without a face are named apart.
func presentations(ctx context.Context, l *lab) (all []presentation, faceless []string, err error) {
	rows, err := l.manifest("pad")
	if err != nil {
		return nil, nil, err
	}
	outcomes, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return nil, nil, err
	}
	all, faceless = presentationsOf(rows, outcomes)
	return all, faceless, nil
}

func presentationsOf(rows []row, outcomes []outcome) (all []presentation, faceless []string) {
	for i, r := range rows {
		face, ok := outcomes[i].largest()
		if !ok {
			faceless = append(faceless, r.name)
			continue
		}
		all = append(all, presentation{
			live: r.column("label") == "live", source: r.column("source"), species: r.column("species"), group: r.column("group"), face: face,
		})
	}
	return all, faceless
}

// partition parts single photographs of the CelebA-Spoof sample from frames of clips; the three other samples are in neither.
func partition(all []presentation) (celeb, clips []presentation) {
	size := map[string]int{}
	for _, p := range all {
		size[p.group]++
	}
	for _, p := range all {
		switch {
		case p.source == celebA:
			celeb = append(celeb, p)
		case size[p.group] > 1:
			clips = append(clips, p)
		}
	}
	return celeb, clips
}

// free are the faces that the policy does not call occluded. A mask over a live face is unsolved; its clip is half of what the clips lose.
func free(all []presentation) []presentation {
	most := bonafide.DefaultPolicy().Occlusion
	return slices.DeleteFunc(slices.Clone(all), func(p presentation) bool { return p.face.Occlusion > most })
}

func score(p presentation) float64 { return p.face.Liveness }

func livenessSamples(all []presentation, score func(presentation) float64) []stats.Sample {
	samples := make([]stats.Sample, len(all))
	for i, p := range all {
		samples[i] = stats.Sample{Score: score(p), Positive: p.live, Group: p.group}
	}
	return samples
}

// livenessAUC estimates AUC and EER, groups drawn whole.
func livenessAUC(all []presentation, score func(presentation) float64) []stats.Estimate {
	return stats.NewROC(livenessSamples(all, score)).Bootstrap(func(r *stats.ROC) []float64 { return []float64{r.AUC(), r.EER()} })
}

func describe(e []stats.Estimate) string {
	return fmt.Sprintf("(%.3f–%.3f)  EER %s", e[0].Interval.Low, e[0].Interval.High, percent(e[1].Value, e[1].Interval))
}

// oneEach makes one presentation of each group, with the mean liveness of its pictures.
func oneEach(all []presentation) []presentation {
	groups := map[string][]presentation{}
	for _, p := range all {
		groups[p.group] = append(groups[p.group], p)
	}
	var out []presentation
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		members := groups[name]
		one := members[0]
		one.face.Liveness = 0
		for _, p := range members {
			one.face.Liveness += p.face.Liveness / float64(len(members))
		}
		out = append(out, one)
	}
	return out
}

// cueTable shows what each network makes of each crop alone.
func cueTable(all []presentation) [][]string {
	rows := [][]string{{"network", "crop", "all", celebA, "clips"}}
	celeb, clips := partition(all)
	for i, c := range all[0].face.Cues {
		logit := func(p presentation) float64 { return p.face.Cues[i].Logit }
		line := []string{c.Network, c.Crop}
		for _, set := range [][]presentation{all, celeb, clips} {
			line = append(line, fmt.Sprintf("%.4f", stats.NewROC(livenessSamples(set, logit)).AUC()))
		}
		rows = append(rows, line)
	}
	return rows
}

func sourceTable(all []presentation) [][]string {
	bySource := map[string][]presentation{}
	for _, p := range all {
		bySource[p.source] = append(bySource[p.source], p)
	}
	rows := [][]string{{"source", "species", "live", "spoof", "BPCER", "APCER", "AUC", "EER"}}
	for _, name := range slices.Sorted(maps.Keys(bySource)) {
		set := bySource[name]
		line := []string{name, speciesOf(set), meanScore(set, true), meanScore(set, false), wrongShare(set, true), wrongShare(set, false), "–", "–"}
		if r := stats.NewROC(livenessSamples(set, score)); r.Complete() {
			e := livenessAUC(set, score)
			line[6], line[7] = estimate(e[0]), percent(e[1].Value, e[1].Interval)
		}
		rows = append(rows, line)
	}
	return rows
}

func speciesOf(set []presentation) string {
	species := map[string]bool{}
	for _, p := range set {
		if !p.live {
			species[p.species] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(species)), "; ")
}

// meanScore is the mean liveness of one class with the number of its pictures.
func meanScore(set []presentation, live bool) string {
	var sum float64
	var n int
	for _, p := range set {
		if p.live == live {
			sum += p.face.Liveness
			n++
		}
	}
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f (%d)", sum/float64(n), n)
}

// wrongShare is the share of one class that the default threshold decides wrongly.
func wrongShare(set []presentation, live bool) string {
	threshold := bonafide.DefaultPolicy().Liveness
	wrong, n := 0, 0
	for _, p := range set {
		if p.live == live {
			n++
			if (p.face.Liveness > threshold) != live {
				wrong++
			}
		}
	}
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(wrong)/float64(n))
}
