package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// faces prints how many faces are found where there are some, and how many where there are none.
func faces(ctx context.Context, l *lab) error {
	if err := facesFound(ctx, l, "faces", "", atLeast(97)); err != nil {
		return err
	}
	if err := facesFound(ctx, l, "masks", "mask", atLeast(45)); err != nil {
		return err
	}
	if err := facesFound(ctx, l, "masks", "none"); err != nil {
		return err
	}
	if err := facesFound(ctx, l, "eyes", ""); err != nil {
		return err
	}
	if err := facesFound(ctx, l, "pad", ""); err != nil {
		return err
	}
	if err := boxesFound(ctx, l); err != nil {
		return err
	}
	return falseFaces(ctx, l)
}

// facesFound counts the pictures of a folder with a face and those with exactly one; label "" means all pictures.
func facesFound(ctx context.Context, l *lab, folder, label string, bars ...bar) error {
	all, err := l.manifest(folder)
	if err != nil {
		return err
	}
	var rows []row
	for _, r := range all {
		if label == "" || r.column("label") == label {
			rows = append(rows, r)
		}
	}
	outcomes, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return err
	}
	var without, several []string
	for i, o := range outcomes {
		switch n := len(o.report.Faces); {
		case n == 0:
			without = append(without, rows[i].name)
		case n > 1:
			several = append(several, rows[i].name)
		}
	}
	found := len(rows) - len(without)
	name := fmt.Sprintf("pictures of %s/%s with a face", folder, label)
	remark := fmt.Sprintf("of %d, %d with exactly one", len(rows), found-len(several))
	l.figure(name, float64(found), remark, bars...)
	l.named("no face", without)
	if len(several) <= maxNamed {
		l.named("several faces", several)
	}
	return nil
}

// maxNamed is how many pictures with several faces are named: of folders where that is usual, none.
const maxNamed = 12

const (
	// foundIoU is the overlap from which a face is the one that was marked.
	foundIoU = 0.3
	// markedSide is the longer side of the smallest marked box that counts, as a share of the picture's.
	markedSide = 0.1
)

// boxesFound prints the share of the marked boxes of boxes/ that are found; small faces in the background are often unmarked, so
// that a face without a mark says nothing.
func boxesFound(ctx context.Context, l *lab) error {
	rows, err := l.manifest("boxes")
	if err != nil {
		return err
	}
	outcomes, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return err
	}
	marked, found := 0, 0
	var missed []string
	for i, o := range outcomes {
		if o.err != nil {
			return fmt.Errorf("%s: %w", rows[i].name, o.err)
		}
		boxes, err := markedBoxes(rows[i], o.report)
		if err != nil {
			return err
		}
		marked += len(boxes)
		n := 0
		for _, b := range boxes {
			if overlapsFace(b, o.report.Faces) {
				n++
			}
		}
		found += n
		if n < len(boxes) {
			missed = append(missed, fmt.Sprintf("%s (%d of %d)", rows[i].name, len(boxes)-n, len(boxes)))
		}
	}
	share := float64(found) / float64(marked)
	l.figure("boxes of boxes/ found", share, fmt.Sprintf("%d of %d with a side over %g, at IoU %g", found, marked, markedSide, foundIoU), atLeast(0.88))
	l.named("missed", missed)
	return nil
}

// markedBoxes are the boxes of a row that are large enough to count, in pixels.
func markedBoxes(r row, picture bonafide.Report) ([]raster.Rect, error) {
	var marks [][4]float64 // centre, width and height in fractions
	if err := json.Unmarshal([]byte(r.column("faces_json")), &marks); err != nil {
		return nil, fmt.Errorf("faces of %s: %w", r.name, err)
	}
	w, h := float64(picture.Width), float64(picture.Height)
	var boxes []raster.Rect
	for _, m := range marks {
		if max(m[2], m[3]) > markedSide {
			boxes = append(boxes, raster.Rect{X0: (m[0] - m[2]/2) * w, Y0: (m[1] - m[3]/2) * h, X1: (m[0] + m[2]/2) * w, Y1: (m[1] + m[3]/2) * h})
		}
	}
	return boxes, nil
}

func overlapsFace(b raster.Rect, found []bonafide.Face) bool {
	for _, f := range found {
		if b.IoU(raster.Rect{X0: float64(f.Box.X1), Y0: float64(f.Box.Y1), X1: float64(f.Box.X2), Y1: float64(f.Box.Y2)}) >= foundIoU {
			return true
		}
	}
	return false
}

// falseFaces counts the faces found on the scenes of noface/.
func falseFaces(ctx context.Context, l *lab) error {
	rows, err := l.manifest("noface")
	if err != nil {
		return err
	}
	outcomes, err := l.analyzeRows(ctx, rows)
	if err != nil {
		return err
	}
	n := 0
	var names []string
	for i, o := range outcomes {
		if o.err != nil {
			return fmt.Errorf("%s: %w", rows[i].name, o.err)
		}
		if len(o.report.Faces) > 0 {
			n += len(o.report.Faces)
			names = append(names, rows[i].name)
		}
	}
	l.figure("false faces on noface/", float64(n), fmt.Sprintf("on %d scenes", len(rows)), atMost(1))
	l.named("false faces", names)
	return nil
}
