package raster

// A transform that turns by quarters at most (nearly every crop) lets each stored axis depend on one axis of the patch. Its
// taps are then found once for each column and each row, and what remains for a pixel is to blend four bytes of each plane.

// grid samples such a patch.
type grid struct {
	model         colourModel
	planes        [3]gridPlane
	width, height int // of the patch
}

// colourModel says what the planes of a source hold.
type colourModel uint8

const (
	greyModel colourModel = iota // one plane
	rgbModel
	yccModel // full-range BT.601
)

// gridPlane is one plane with its taps: those along a line of the patch and, one for each line, those across.
type gridPlane struct {
	pix           []uint8
	along, across []tap // i0, i1 as offsets into pix
}

// newGridPlane turns the taps' pixels into offsets. x and y are taps on the stored axes; when swapped, a line of the patch
// runs along stored y.
func newGridPlane(pix []uint8, x, y []tap, stepX, stepY int, swapped bool) gridPlane {
	p := gridPlane{pix: pix, along: offsets(x, stepX), across: offsets(y, stepY)}
	if swapped {
		p.along, p.across = p.across, p.along
	}
	return p
}

func offsets(taps []tap, step int) []tap {
	out := make([]tap, len(taps))
	for i, t := range taps {
		out[i] = tap{t.i0 * step, t.i1 * step, t.f}
	}
	return out
}

// line writes line v of the patch, values 0..255.
func (p *gridPlane) line(dst []float32, v int) {
	c := p.across[v]
	first, second := p.pix[c.i0:], p.pix[c.i1:]
	for u, a := range p.along {
		dst[u] = lerp(first[a.i0], first[a.i1], second[a.i0], second[a.i1], a.f, c.f)
	}
}

// grid returns the grid of a transform from patch to stored pixels; ok is false when it turns by other than quarters.
func (im *Image) grid(m Transform, width, height int, border Border) (g grid, ok bool) {
	w, h := im.stored.size()
	xs, ys := axis{size: w, border: border}, axis{size: h, border: border}
	var x, y []tap
	swapped := m.XX == 0 && m.YY == 0
	switch {
	case m.XY == 0 && m.YX == 0:
		swapped = false
		x, y = xs.taps(width, m.XX, m.X0), ys.taps(height, m.YY, m.Y0)
	case swapped:
		x, y = xs.taps(height, m.XY, m.X0), ys.taps(width, m.YX, m.Y0)
	default:
		return grid{}, false
	}
	g = im.stored.grid(x, y, swapped)
	g.width, g.height = width, height
	return g, true
}

// sample fills the planes of dst.
func (g *grid) sample(dst []float32, f Format) {
	n := g.width * g.height
	scale, offset := f.linear()
	if f.Order == Grey {
		spare := make([]float32, 2*g.width)
		for v := range g.height {
			line := dst[v*g.width : (v+1)*g.width]
			g.luma(line, spare[:g.width], spare[g.width:], v)
			linear(line, scale[0], offset[0])
		}
		return
	}
	red, blue := 0, 2
	if f.Order == BGR {
		red, blue = 2, 0
	}
	for v := range g.height {
		var lines [3][]float32
		for plane := range lines {
			start := plane*n + v*g.width
			lines[plane] = dst[start : start+g.width]
		}
		g.colour(lines[red], lines[1], lines[blue], v)
		for plane, line := range lines {
			linear(line, scale[plane], offset[plane])
		}
	}
}

func linear(line []float32, scale, offset float32) {
	for i, v := range line {
		line[i] = v*scale + offset
	}
}

// luma writes the luminance of line v; spare1 and spare2 are lines to work in.
func (g *grid) luma(dst, spare1, spare2 []float32, v int) {
	g.planes[0].line(dst, v)
	if g.model != rgbModel {
		return
	}
	g.planes[1].line(spare1, v)
	g.planes[2].line(spare2, v)
	for i, r := range dst {
		dst[i] = bt601(r, spare1[i], spare2[i])
	}
}

// colour writes the red, green and blue of line v.
func (g *grid) colour(red, green, blue []float32, v int) {
	g.planes[0].line(red, v)
	if g.model == greyModel {
		copy(green, red)
		copy(blue, red)
		return
	}
	g.planes[1].line(green, v)
	g.planes[2].line(blue, v)
	if g.model == yccModel {
		for i, l := range red {
			red[i], green[i], blue[i] = yccToRGB(l, green[i], blue[i])
		}
	}
}
