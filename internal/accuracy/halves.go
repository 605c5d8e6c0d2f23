package main

import (
	"hash/fnv"

	"github.com/bonafide-pad/bonafide/internal/stats"
)

// keptApart tells whether a picture is in the half that is only ever reported on. Thresholds and other choices were made on the
// rest. The hash of the name decides.
func keptApart(r row) bool {
	h := fnv.New32a()
	h.Write([]byte(r.name)) // never fails
	return h.Sum32()&1 == 1
}

// judged is one picture, or one eye of it, with the score that is judged.
type judged struct {
	row      row
	score    float64
	positive bool
}

// halfAUC prints the AUC over all pictures against its bars, and that of the half kept apart.
func (l *lab) halfAUC(name string, all []judged, bars ...bar) {
	auc := func(r *stats.ROC) []float64 { return []float64{r.AUC()} }
	e := stats.NewROC(rocSamples(all)).Bootstrap(auc)
	l.figure(name, e[0].Value, estimate(e[0]), bars...)
	e = stats.NewROC(rocSamples(apart(all))).Bootstrap(auc)
	l.figure(name+", half kept apart", e[0].Value, estimate(e[0]), bars...)
}

// apart is the half kept apart.
func apart(all []judged) (half []judged) {
	for _, j := range all {
		if keptApart(j.row) {
			half = append(half, j)
		}
	}
	return half
}

func rocSamples(all []judged) []stats.Sample {
	samples := make([]stats.Sample, len(all))
	for i, j := range all {
		samples[i] = stats.Sample{Score: j.score, Positive: j.positive}
	}
	return samples
}

// over counts the pictures of one class whose score is over the threshold, and names them.
func over(all []judged, positive bool, threshold float64) (share stats.Rate, names []string) {
	var trials []stats.Trial
	for _, j := range all {
		if j.positive != positive {
			continue
		}
		trials = append(trials, stats.Trial{Yes: j.score > threshold, Group: j.row.name}) // the eyes of a face are not independent
		if j.score > threshold {
			names = append(names, j.row.name)
		}
	}
	return stats.NewRate(trials), names
}
