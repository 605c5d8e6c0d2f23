package main

import (
	"bytes"
	"context"
	"fmt"
	"image/png"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/quality/spoil"
)

// chain is one way of spoiling a picture, from mild to severe.
type chain struct {
	name  string
	steps []float64
	spoil func(p spoil.Picture, step float64) (spoil.Picture, error)
}

var chains = []chain{
	{"blurred, pixels", []float64{1, 2, 4}, func(p spoil.Picture, s float64) (spoil.Picture, error) { return p.Blurred(s), nil }},
	{"darkened, times", []float64{0.6, 0.35, 0.2}, func(p spoil.Picture, s float64) (spoil.Picture, error) { return p.Multiplied(s), nil }},
	{"over-exposed, times", []float64{1.5, 2, 3}, func(p spoil.Picture, s float64) (spoil.Picture, error) { return p.Multiplied(s), nil }},
	{"noised, levels", []float64{8, 16, 32}, func(p spoil.Picture, s float64) (spoil.Picture, error) { return p.Noised(s), nil }},
	{"compressed, JPEG quality", []float64{50, 20, 8}, func(p spoil.Picture, s float64) (spoil.Picture, error) { return p.Compressed(int(s)) }},
	{"shrunk, times", []float64{0.6, 0.35, 0.2}, func(p spoil.Picture, s float64) (spoil.Picture, error) { return p.Scaled(s), nil }},
}

const (
	// chainPictures is how many of the portraits are spoilt.
	chainPictures = 20
	// chainSteadiness is how much a score may rise from one step to the next without counting as a rise.
	chainSteadiness = 0.01
)

// quality prints how portraits of faces/ grade, and whether the score falls as portraits of the half kept apart are spoilt.
func quality(ctx context.Context, l *lab) error {
	rows, err := l.manifest("faces")
	if err != nil {
		return err
	}
	outcomes, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return err
	}
	grades, n := map[bonafide.QualityLevel]int{}, 0
	for _, o := range outcomes {
		v := bonafide.Judge(o.report, bonafide.DefaultPolicy())
		if v.State != nil {
			grades[v.State.Quality]++
			n++
		}
	}
	l.figure("portraits of high or medium quality", float64(n-grades[bonafide.QualityLow])/float64(n),
		fmt.Sprintf("high %d, medium %d, low %d", grades[bonafide.QualityHigh], grades[bonafide.QualityMedium], grades[bonafide.QualityLow]), atLeast(0.9))
	table, err := qualityChains(ctx, l, rows, outcomes)
	if err != nil {
		return err
	}
	l.printf("\nmean score of %d portraits as they are spoilt, and the steps at which the score of one rose:\n", chainPictures)
	return l.table(table)
}

// qualityChains walks down every chain with the first portraits of the half kept apart in which one face is found.
func qualityChains(ctx context.Context, l *lab, rows []row, outcomes []outcome) ([][]string, error) {
	var pictures []spoil.Picture
	var whole []bonafide.Face
	for i, r := range rows {
		face, ok := outcomes[i].largest()
		if !ok || !keptApart(r) || len(pictures) == chainPictures {
			continue
		}
		p, err := readPicture(r.path)
		if err != nil {
			return nil, err
		}
		pictures, whole = append(pictures, p), append(whole, face)
	}
	table := [][]string{{"chain", "as it is", "mild", "worse", "severe", "rises"}}
	for _, c := range chains {
		scores, err := l.walk(ctx, c, pictures)
		if err != nil {
			return nil, err
		}
		table = append(table, chainRow(c.name, whole, scores))
	}
	return table, nil
}

func readPicture(path string) (spoil.Picture, error) {
	img, err := readImage(path)
	if err != nil {
		return spoil.Picture{}, err
	}
	return spoil.FromImage(img), nil
}

// walk returns the score at every step of each picture, 0 where no face is found any more.
func (l *lab) walk(ctx context.Context, c chain, pictures []spoil.Picture) ([][]float64, error) {
	scores := make([][]float64, len(pictures))
	errs := make([]error, len(pictures))
	err := parallel(ctx, len(pictures), func(i int) {
		for _, step := range c.steps {
			var score float64
			score, errs[i] = l.spoiltScore(ctx, c, pictures[i], step)
			if errs[i] != nil {
				return
			}
			scores[i] = append(scores[i], score)
		}
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	return scores, err
}

func (l *lab) spoiltScore(ctx context.Context, c chain, p spoil.Picture, step float64) (float64, error) {
	spoilt, err := c.spoil(p, step)
	if err != nil {
		return 0, err
	}
	var file bytes.Buffer
	if err := png.Encode(&file, spoilt.Image()); err != nil {
		return 0, err
	}
	report, err := l.analyzer.Analyze(ctx, file.Bytes())
	if err != nil || len(report.Faces) == 0 {
		return 0, err
	}
	return report.Faces[0].Quality.Score, nil
}

func chainRow(name string, whole []bonafide.Face, scores [][]float64) []string {
	n, rises := float64(len(whole)), 0
	means := make([]float64, 1+len(scores[0]))
	for i, face := range whole {
		last := face.Quality.Score
		means[0] += last / n
		for s, score := range scores[i] {
			means[s+1] += score / n
			if score > last+chainSteadiness {
				rises++
			}
			last = score
		}
	}
	line := []string{name}
	for _, m := range means {
		line = append(line, fmt.Sprintf("%.3f", m))
	}
	return append(line, fmt.Sprintf("%d of %d", rises, len(whole)*len(scores[0])))
}
