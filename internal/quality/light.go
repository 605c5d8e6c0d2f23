package quality

import (
	"math"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

const (
	lightSide = 64
	// lightReach is the width of the patch in spreads of the landmarks: all of the face's outline lies inside.
	lightReach = 3.4
)

// light holds the pixels inside the outline of a face.
type light struct {
	histogram   [256]float64    // shares of luminance levels
	half        [2][256]float64 // the same of the left and the right half of the face
	red, gr, bl float64         // mean colour, 0..255
}

// measureLight samples the upright face and keeps what is inside jaw and brows.
func measureLight(im *raster.Image, points *landmark.Points) (*light, error) {
	const n = lightSide * lightSide
	var patch [3 * n]float32
	toPicture := points.Upright(lightSide, lightReach)
	if err := im.Sample(patch[:], lightSide, lightSide, toPicture, raster.Replicate, raster.Format{Order: raster.RGB}); err != nil {
		return nil, err
	}
	l, counts := &light{}, [2]float64{}
	axis := symmetryAxis(points, toPicture)
	for y, span := range outline(points, toPicture) {
		for x := span.from; x < span.to; x++ {
			i := y*lightSide + x
			r, g, b := float64(patch[i]), float64(patch[n+i]), float64(patch[2*n+i])
			level := int(0.299*r + 0.587*g + 0.114*b + 0.5)
			side := 0
			if float64(x)+0.5 > axis {
				side = 1
			}
			l.half[side][level]++
			counts[side]++
			l.red, l.gr, l.bl = l.red+r, l.gr+g, l.bl+b
		}
	}
	total := max(1, counts[0]+counts[1])
	l.red, l.gr, l.bl = l.red/total, l.gr/total, l.bl/total
	for v := range l.histogram {
		l.histogram[v] = (l.half[0][v] + l.half[1][v]) / total
		l.half[0][v] /= max(1, counts[0])
		l.half[1][v] /= max(1, counts[1])
	}
	return l, nil
}

// symmetryAxis is the column of the patch in which the bridge of the nose and the chin lie.
func symmetryAxis(points *landmark.Points, toPicture raster.Transform) float64 {
	return (toPatch(points[27], toPicture).X + toPatch(points.Chin(), toPicture).X) / 2
}

// toPatch inverts a turned square's map.
func toPatch(p raster.Point, t raster.Transform) raster.Point {
	d := t.XX*t.YY - t.XY*t.YX
	if d == 0 {
		return raster.Point{}
	}
	x, y := p.X-t.X0, p.Y-t.Y0
	return raster.Point{X: (x*t.YY - y*t.XY) / d, Y: (y*t.XX - x*t.YX) / d}
}

type span struct{ from, to int }

// outline returns for each row of the patch the columns inside of jaw and brows.
func outline(points *landmark.Points, toPicture raster.Transform) [lightSide]span {
	var polygon [27]raster.Point // jaw from left to right, then the brows from right to left
	for i := range 17 {
		polygon[i] = toPatch(points[i], toPicture)
	}
	for i := range 10 {
		polygon[17+i] = toPatch(points[26-i], toPicture)
	}
	var rows [lightSide]span
	for y := range rows {
		at, low, high := float64(y)+0.5, math.Inf(1), math.Inf(-1)
		for i, a := range polygon {
			b := polygon[(i+1)%len(polygon)]
			if (a.Y > at) == (b.Y > at) {
				continue
			}
			x := a.X + (at-a.Y)/(b.Y-a.Y)*(b.X-a.X)
			low, high = min(low, x), max(high, x)
		}
		if low < high {
			rows[y] = span{clampColumn(low), clampColumn(high)}
		}
	}
	return rows
}

func clampColumn(x float64) int { return int(math.Round(min(max(x, 0), lightSide))) }

// mean is the mean luminance, 0..255.
func (l *light) mean() float64 {
	var m float64
	for v, share := range l.histogram {
		m += float64(v) * share
	}
	return m
}

// brightness is the luminance measure of ISO/IEC 29794-5, σ(m; 0.2, 0.05)·(1 − σ(m; 0.8, 0.05)), with the edges at 0.12
// and 0.86 and narrower, because the standard's own mark down dark and light skin in good light.
func (l *light) brightness() float64 {
	m := l.mean() / 255
	return logistic(m, 0.12, 0.025) * (1 - logistic(m, 0.86, 0.04))
}

func logistic(x, center, width float64) float64 { return 1 / (1 + math.Exp((center-x)/width)) }

// exposure uses the limits of ISO/IEC 29794-5 for under- and over-exposure.
func (l *light) exposure() float64 {
	share := 1.0
	for v := range 26 {
		share -= l.histogram[v]
	}
	for v := 247; v < 256; v++ {
		share -= l.histogram[v]
	}
	return max(0, share)
}

// entropy is that of the luminance levels, in bits, 0..8.
func (l *light) entropy() float64 {
	var bits float64
	for _, share := range l.histogram {
		if share > 0 {
			bits -= share * math.Log2(share)
		}
	}
	return bits
}

// uniformity is (Σ min(left, right))^0.3 over the two halves' histograms, as in ISO/IEC 29794-5, with levels taken eight at
// a time, because a half of the patch has too few pixels for 256 of them.
func (l *light) uniformity() float64 {
	var shared float64
	for bin := 0; bin < 256; bin += 8 {
		var left, right float64
		for v := bin; v < bin+8; v++ {
			left, right = left+l.half[0][v], right+l.half[1][v]
		}
		shared += min(left, right)
	}
	return math.Pow(shared, 0.3)
}

// naturalColour falls with the distance of the mean CIELAB colour from that of skin, a in 5..25 and b in 5..35 (ISO/IEC
// 29794-5). A picture without colour has nothing unnatural.
func (l *light) naturalColour() float64 {
	if max(l.red, l.gr, l.bl)-min(l.red, l.gr, l.bl) < 3 {
		return 1
	}
	a, b := labAB(l.red, l.gr, l.bl)
	distance := math.Hypot(outside(a, 5, 25), outside(b, 5, 35))
	return math.Exp(-math.Pow(distance/20, 2))
}

func outside(v, low, high float64) float64 { return max(0, low-v, v-high) }

// labAB converts sRGB, 0..255, to the colour axes of CIELAB under D65.
func labAB(r, g, b float64) (a, bb float64) {
	linear := func(v float64) float64 {
		v /= 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	lr, lg, lb := linear(r), linear(g), linear(b)
	x := f((0.4124*lr + 0.3576*lg + 0.1805*lb) / 0.95047)
	y := f(0.2126*lr + 0.7152*lg + 0.0722*lb)
	z := f((0.0193*lr + 0.1192*lg + 0.9505*lb) / 1.08883)
	return 500 * (x - y), 200 * (y - z)
}
