package stats

import "math"

// Probit is the inverse of the normal distribution's cumulative function: the deviate below which the share p lies. It is
// what the axes of a DET curve are scaled by. p must be in (0, 1).
func Probit(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
