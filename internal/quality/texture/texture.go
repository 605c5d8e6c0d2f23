// Package texture has the sums over every pixel that the measures of quality need, in C for the sake of the processor's wide registers.
//
// A plane is width×height luminances, row by row.
package texture

// #cgo CFLAGS: -O3 -std=c11
// #cgo noescape bf_smooth
// #cgo nocallback bf_smooth
// #cgo noescape bf_noise
// #cgo nocallback bf_noise
// #cgo noescape bf_steps
// #cgo nocallback bf_steps
// #cgo noescape bf_halve
// #cgo nocallback bf_halve
// #cgo noescape bf_squares
// #cgo nocallback bf_squares
// #include "texture.h"
import "C"

// Block is the side of the blocks of Noise, in pixels.
const Block = C.BF_BLOCK

// Smooth convolves in with the binomial 1 2 1 / 4 in both directions into out, which may be in itself; the borders repeat. across is as
// large, to work in.
func Smooth(out, in, across []float32, width, height int) {
	check(in, width, height)
	check(out, width, height)
	check(across, width, height)
	C.bf_smooth((*C.float)(&out[0]), (*C.float)(&in[0]), (*C.float)(&across[0]), C.int32_t(width), C.int32_t(height))
}

// Noise returns, of every block of the plane inside its border, row by row, the sum of the absolute values of J. Immerkær's operator ("Fast
// noise variance estimation", 1996), which is blind to planes and straight edges.
func Noise(in []float32, width, height int) []float32 {
	check(in, width, height)
	blocks := make([]float32, inside(width)*inside(height))
	if len(blocks) == 0 {
		return nil
	}
	columns := make([]float32, width)
	C.bf_noise((*C.float)(&blocks[0]), (*C.float)(&columns[0]), (*C.float)(&in[0]), C.int32_t(width), C.int32_t(height))
	return blocks
}

// inside is how many blocks fit into a side inside of its border.
func inside(side int) int { return max(0, (side-2)/Block) }

// Steps returns the sums of the absolute differences of each column to the next over the rows but the first and the last two, and of each row to
// the next over the columns but the first and the last two; the last of either is 0.
func Steps(in []float32, width, height int) (across, down []float32) {
	check(in, width, height)
	across, down = make([]float32, width), make([]float32, height)
	C.bf_steps((*C.float)(&across[0]), (*C.float)(&down[0]), (*C.float)(&in[0]), C.int32_t(width), C.int32_t(height))
	return across, down
}

// Halve writes the means of 2×2 pixels of in into out, which has half the width and height; odd last rows and columns are dropped.
func Halve(out, in []float32, width, height int) {
	check(in, width, height)
	if width < 2 || height < 2 {
		return
	}
	check(out, width/2, height/2)
	C.bf_halve((*C.float)(&out[0]), (*C.float)(&in[0]), C.int32_t(width), C.int32_t(height))
}

// SquaredDifference is the sum of the squares of a − b, which are planes of the same size.
func SquaredDifference(a, b []float32) float64 {
	if len(a) != len(b) {
		panic("texture: planes of different sizes")
	}
	if len(a) == 0 {
		return 0
	}
	return float64(C.bf_squares((*C.float)(&a[0]), (*C.float)(&b[0]), C.int32_t(len(a))))
}

// check panics where C would read beyond a plane.
func check(plane []float32, width, height int) {
	if width < 1 || height < 1 || len(plane) < width*height {
		panic("texture: the plane is smaller than it is said to be")
	}
}
