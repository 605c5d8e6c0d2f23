package landmark

import (
	"math"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Upright maps a side×side patch to the picture so that the face stands upright in it: turned by the line through the eyes,
// centred on the mean of the points, and reach times their spread wide (the root mean square of their distance from their
// mean; the outline of a face is about 3 spreads high). All points count, because each single one is a guess where something hides the face.
func (p *Points) Upright(side int, reach float64) raster.Transform {
	center := mean(p[:])
	var square float64
	for _, q := range p {
		square += math.Pow(raster.Distance(q, center), 2) / Count
	}
	return raster.Turned(raster.SquareAround(center, reach*math.Sqrt(square)), side, p.Roll())
}
