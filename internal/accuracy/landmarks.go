package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// failedNME is the error over which a face's landmarks are a failure.
const failedNME = 0.1

// landmarks prints the normalised mean error on landmarks/: the mean distance of the points to those marked, over the distance of
// the eyes' outer corners (points 36 and 45), for every marked face, found by the whole analysis.
func landmarks(ctx context.Context, l *lab) error {
	rows, err := l.manifest("landmarks")
	if err != nil {
		return err
	}
	outcomes, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return err
	}
	var all []float64
	var failures, unread []string
	for i, o := range outcomes {
		if o.err != nil {
			unread = append(unread, fmt.Sprintf("%s (%v)", rows[i].name, o.err))
			continue
		}
		faces, err := markedLandmarks(rows[i])
		if err != nil {
			return err
		}
		for j, marked := range faces {
			e, found := nearestNME(&marked, o.report.Faces)
			if found {
				all = append(all, e)
			}
			if !found || e > failedNME {
				failures = append(failures, fmt.Sprintf("%s, face %d", rows[i].name, j+1))
			}
		}
	}
	l.named("not a picture that is taken", unread)
	if len(all) == 0 {
		return fmt.Errorf("none of the marked faces of landmarks/ was found")
	}
	var mean float64
	for _, e := range all {
		mean += e / float64(len(all))
	}
	slices.Sort(all)
	l.figure("landmarks, mean NME", mean, fmt.Sprintf("%d faces, median %.4f, worst %.4f", len(all), all[len(all)/2], all[len(all)-1]), atMost(0.045))
	l.figure(fmt.Sprintf("faces not found or with an NME over %g", failedNME), float64(len(failures)), "")
	l.named("failed", failures)
	return nil
}

// markedLandmarks are the faces of a row that have all points.
func markedLandmarks(r row) ([]landmark.Points, error) {
	var marks []struct {
		Pts [][2]float64 `json:"pts"`
	}
	if err := json.Unmarshal([]byte(r.column("landmarks_json")), &marks); err != nil {
		return nil, fmt.Errorf("landmarks of %s: %w", r.name, err)
	}
	var faces []landmark.Points
	for _, m := range marks {
		if len(m.Pts) != landmark.Count {
			continue
		}
		var p landmark.Points
		for i, at := range m.Pts {
			p[i] = raster.Point{X: at[0], Y: at[1]}
		}
		faces = append(faces, p)
	}
	return faces, nil
}

// nearestNME is the error of the face whose landmarks' bounds overlap most with those marked; false when none does.
func nearestNME(marked *landmark.Points, found []bonafide.Face) (float64, bool) {
	var most, nme float64
	for _, f := range found {
		var p landmark.Points
		for i, at := range f.Landmarks {
			p[i] = raster.Point(at)
		}
		if overlap := p.Bounds().IoU(marked.Bounds()); overlap > most {
			most, nme = overlap, normalisedError(&p, marked)
		}
	}
	return nme, most > 0
}

func normalisedError(p, marked *landmark.Points) float64 {
	var sum float64
	for i := range p {
		sum += raster.Distance(p[i], marked[i])
	}
	return sum / landmark.Count / raster.Distance(marked[36], marked[45])
}
