package raster

import (
	"math"

	"github.com/bonafide-pad/bonafide/internal/raster/bilinear"
)

// tap is a place on one axis: the pixels before and after it, and the weight of the second.
type tap struct {
	i0, i1 int
	f      float32
}

// axis finds the taps of places on one stored axis.
type axis struct {
	size   int
	border Border
}

// tap returns the tap of a place, pixel centres at halves.
func (a axis) tap(at float64) tap {
	at -= 0.5
	floor := math.Floor(at)
	// A place absurdly far outside would overflow int; the border rule makes any such place equivalent to a near one.
	if limit := float64(1 << 30); floor > limit || floor < -limit {
		floor, at = math.Copysign(limit, floor), math.Copysign(limit, floor)
	}
	i := int(floor)
	return tap{a.inside(i), a.inside(i + 1), float32(at - floor)}
}

// place is a tap as package bilinear has it, whose second pixel follows the first.
func (a axis) place(at float64) bilinear.Place {
	t := a.tap(at)
	switch {
	case t.i1 > t.i0:
		return bilinear.Place{At: int32(t.i0), Part: t.f}
	case t.i1 < t.i0: // reflected
		return bilinear.Place{At: int32(t.i1), Part: 1 - t.f}
	case t.i0 > 0: // the last pixel
		return bilinear.Place{At: int32(t.i0 - 1), Part: 1}
	default:
		return bilinear.Place{}
	}
}

func (a axis) inside(i int) int {
	if i >= 0 && i < a.size {
		return i
	}
	if a.border == Replicate || a.size == 1 {
		return min(max(i, 0), a.size-1)
	}
	period := 2 * (a.size - 1)
	i %= period
	if i < 0 {
		i += period
	}
	if i >= a.size {
		i = period - i
	}
	return i
}

// chroma maps the tap of a luma place to that of the chroma plane, whose n samples cover 1/scale luma pixels each.
func (t tap) chroma(scale float32, n int) tap {
	at := float32(t.i0) + t.f*float32(t.i1-t.i0)
	c := (at+0.5)*scale - 0.5
	if c <= 0 {
		return tap{}
	}
	i0 := int(c)
	if i0 >= n-1 {
		return tap{n - 1, n - 1, 0}
	}
	return tap{i0, i0 + 1, c - float32(i0)}
}
