package detect

import "github.com/bonafide-pad/bonafide/internal/raster"

// aspect is width over height of what the detector reads; a view of another aspect is stretched.
const aspect = 4.0 / 3

const (
	// padding is the side of the padded view over the picture's. On faces/, masks/ and eyes/ of the evaluation pictures
	// 1.5 found more faces that fill the picture than 1, 1.25 and 2.
	padding = 1.5
	// overlap is what neighbouring tiles share, as a share of a tile's side: a face smaller than that is whole in one of them.
	overlap = 1.0 / 3
	// cutShare is how near, as a share of the view's side, a box comes to an edge when it is cut there.
	cutShare = 0.01
)

// Padded is the whole picture with its proportions kept and room round it.
func Padded(picture raster.Rect) raster.Rect {
	height := padding * max(picture.Height(), picture.Width()/aspect)
	c, width := picture.Center(), height*aspect
	return raster.Rect{X0: c.X - width/2, Y0: c.Y - height/2, X1: c.X + width/2, Y1: c.Y + height/2}
}

// Tiles are overlapping parts that together cover the picture, two by two; a picture much higher or wider than the
// detector's input is parted along its longer side alone.
func Tiles(picture raster.Rect) []raster.Rect {
	columns, rows := 2, 2
	switch ratio := picture.Width() / picture.Height(); {
	case ratio < 0.8:
		columns = 1
	case ratio > 2.2:
		rows = 1
	}
	width, stepX := part(picture.Width(), columns)
	height, stepY := part(picture.Height(), rows)
	var tiles []raster.Rect
	for r := range rows {
		for c := range columns {
			x, y := picture.X0+float64(c)*stepX, picture.Y0+float64(r)*stepY
			tiles = append(tiles, raster.Rect{X0: x, Y0: y, X1: x + width, Y1: y + height})
		}
	}
	return tiles
}

// part parts a length into 1 or 2 overlapping sides: their length and the step from one to the next.
func part(length float64, n int) (side, step float64) {
	if n == 1 {
		return length, 0
	}
	side = length / (2 - overlap)
	return side, length - side
}

// Closeup is a view of the surroundings of a candidate, zoom times as high as the candidate is. It is stretched like the view in
// which the candidate was found: what looked like a face there must look like one from near.
func Closeup(c Candidate, zoom float64) raster.Rect {
	share := zoom * max(c.Box.Width()/c.View.Width()*aspect, c.Box.Height()/c.View.Height())
	w, h := share*c.View.Width(), share*c.View.Height()
	at := c.Box.Center()
	return raster.Rect{X0: at.X - w/2, Y0: at.Y - h/2, X1: at.X + w/2, Y1: at.Y + h/2}
}

// CutOff tells whether a view's edge inside the picture cuts the box: what it shows may be part of a face.
func CutOff(box, view, picture raster.Rect) bool {
	dx, dy := cutShare*view.Width(), cutShare*view.Height()
	return view.X0 > picture.X0 && box.X0 < view.X0+dx || view.X1 < picture.X1 && box.X1 > view.X1-dx ||
		view.Y0 > picture.Y0 && box.Y0 < view.Y0+dy || view.Y1 < picture.Y1 && box.Y1 > view.Y1-dy
}
