package quality

import (
	"math"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

const (
	// detailSide bounds the plane that detail is measured on, in pixels.
	detailSide = 160
	// detailLeast is the side under which a plane tells nothing: its sharpness is 0.
	detailLeast = 16
	// blockinessLeast is the side under which too few blocks are seen to tell their grid from chance.
	blockinessLeast = 32
)

// detail is what the fine structure of a face tells.
type detail struct {
	fine, coarse float64 // mean squares of the structure of about 2 and about 8 pixels
	noise        float64 // standard deviation, 0..255
	blockiness   float64 // step between neighbouring blocks, 0..255
}

// plane is the luminance of the inner face.
type plane struct {
	pix           []float32
	width, height int
	// left, top are the place in the picture where a plane of the picture's own resolution begins; native tells if it is one.
	left, top int
	native    bool
}

func (p *plane) at(x, y int) float32 { return p.pix[y*p.width+x] }

func measureDetail(im *raster.Image, points *landmark.Points) (detail, error) {
	p, err := innerFace(im, points)
	if err != nil {
		return detail{}, err
	}
	if min(p.width, p.height) < detailLeast {
		return detail{}, nil
	}
	d := detail{noise: p.noise()}
	d.fine, d.coarse = p.structure()
	if p.native && min(p.width, p.height) >= blockinessLeast {
		d.blockiness = p.blockiness()
	}
	return d, nil
}

// innerFace samples the rectangle round brows, eyes, nose and mouth pixel by pixel, or, where it is larger than detailSide, by
// means of 2×2 samples.
func innerFace(im *raster.Image, points *landmark.Points) (*plane, error) {
	r := raster.BoundingBox(points[17:]).Intersect(im.Bounds())
	r = raster.Rect{X0: math.Floor(r.X0), Y0: math.Floor(r.Y0), X1: math.Ceil(r.X1), Y1: math.Ceil(r.Y1)}
	if r.Area() <= 0 {
		return &plane{}, nil
	}
	scale := max(r.Width(), r.Height()) / detailSide
	if scale <= 1 {
		p := &plane{width: int(r.Width()), height: int(r.Height()), left: int(r.X0), top: int(r.Y0), native: true}
		p.pix = make([]float32, p.width*p.height)
		return p, im.Sample(p.pix, p.width, p.height, raster.Stretch(r, p.width, p.height), raster.Replicate, raster.Format{Order: raster.Grey})
	}
	p := &plane{width: int(r.Width() / scale), height: int(r.Height() / scale)}
	double := make([]float32, 4*p.width*p.height)
	if err := im.Sample(double, 2*p.width, 2*p.height, raster.Stretch(r, 2*p.width, 2*p.height), raster.Replicate, raster.Format{Order: raster.Grey}); err != nil {
		return nil, err
	}
	p.pix = halve(double, 2*p.width, 2*p.height)
	return p, nil
}

// halve takes the means of 2×2 pixels; odd last rows and columns are dropped.
func halve(pix []float32, width, height int) []float32 {
	w, h := width/2, height/2
	out := make([]float32, w*h)
	for y := range h {
		upper, lower := pix[2*y*width:], pix[(2*y+1)*width:]
		for x := range w {
			out[y*w+x] = (upper[2*x] + upper[2*x+1] + lower[2*x] + lower[2*x+1]) / 4
		}
	}
	return out
}

// noise estimates the standard deviation of noise by J. Immerkær's operator ("Fast noise variance estimation", 1996), which is
// blind to planes and straight edges, on the calmest quarter of the 8×8 blocks.
func (p *plane) noise() float64 {
	var blocks []float64
	for top := 1; top+8 < p.height; top += 8 {
		for left := 1; left+8 < p.width; left += 8 {
			blocks = append(blocks, p.blockNoise(left, top))
		}
	}
	if len(blocks) == 0 {
		return 0
	}
	slices.Sort(blocks)
	return blocks[len(blocks)/4]
}

func (p *plane) blockNoise(left, top int) float64 {
	var sum float64
	for y := top; y < top+8; y++ {
		above, row, below := p.pix[(y-1)*p.width:], p.pix[y*p.width:], p.pix[(y+1)*p.width:]
		for x := left; x < left+8; x++ {
			v := above[x-1] - 2*above[x] + above[x+1] - 2*row[x-1] + 4*row[x] - 2*row[x+1] + below[x-1] - 2*below[x] + below[x+1]
			sum += math.Abs(float64(v))
		}
	}
	return math.Sqrt(math.Pi/2) / 6 * sum / 64
}

// structure returns the mean square of the band between one and three binomial smoothings, and that of the gradient of the
// plane reduced to a quarter.
func (p *plane) structure() (fine, coarse float64) {
	once := smooth(p.pix, p.width, p.height)
	thrice := smooth(smooth(once, p.width, p.height), p.width, p.height)
	for i := range once {
		d := float64(once[i] - thrice[i])
		fine += d * d
	}
	fine /= float64(len(once))
	w, h := p.width/4, p.height/4
	quarter := halve(halve(p.pix, p.width, p.height), p.width/2, p.height/2)
	n := 0
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			dx := float64(quarter[y*w+x+1]-quarter[y*w+x-1]) / 2
			dy := float64(quarter[(y+1)*w+x]-quarter[(y-1)*w+x]) / 2
			coarse += dx*dx + dy*dy
			n++
		}
	}
	return fine, coarse / float64(max(1, n))
}

// smooth convolves with the binomial 1 2 1 / 4 in both directions; the borders repeat.
func smooth(pix []float32, width, height int) []float32 {
	across := make([]float32, len(pix))
	for y := range height {
		row, out := pix[y*width:(y+1)*width], across[y*width:(y+1)*width]
		for x := range row {
			out[x] = (row[max(x-1, 0)] + 2*row[x] + row[min(x+1, width-1)]) / 4
		}
	}
	out := make([]float32, len(pix))
	for y := range height {
		above, row, below := across[max(y-1, 0)*width:], across[y*width:], across[min(y+1, height-1)*width:]
		for x := range width {
			out[y*width+x] = (above[x] + 2*row[x] + below[x]) / 4
		}
	}
	return out
}

// blockiness is how much the steps between pixels are larger on one of the eight possible 8×8 grids than between its lines,
// the mean of both directions.
func (p *plane) blockiness() float64 {
	var columns, rows, nColumns, nRows [8]float64
	for y := 1; y < p.height-2; y++ {
		for x := 1; x < p.width-2; x++ {
			v := p.at(x, y)
			columns[(p.left+x)&7] += stepOver(p.at(x-1, y), v, p.at(x+1, y), p.at(x+2, y))
			nColumns[(p.left+x)&7]++
			rows[(p.top+y)&7] += stepOver(p.at(x, y-1), v, p.at(x, y+1), p.at(x, y+2))
			nRows[(p.top+y)&7]++
		}
	}
	return (prominence(columns, nColumns) + prominence(rows, nRows)) / 2
}

// stepOver is the step between b and c less the mean of the steps beside it.
func stepOver(a, b, c, d float32) float64 {
	return math.Abs(float64(b-c)) - (math.Abs(float64(a-b))+math.Abs(float64(c-d)))/2
}

// prominence is how far the largest phase's mean lies over the second largest, not below 0.
func prominence(sums, counts [8]float64) float64 {
	for i := range sums {
		sums[i] /= max(1, counts[i])
	}
	slices.Sort(sums[:])
	return max(0, sums[7]-max(0, sums[6]))
}

// noiseInFine is the share of a white noise's variance that stays in the fine band.
const noiseInFine = 0.042

// halfSharp is the ratio of fine to coarse structure at which a face is half sharp. Crisp portraits have 0.13 to 0.25; blurred
// with a standard deviation of 2 pixels they have less than 0.08.
const halfSharp = 0.085

// sharpness compares fine with coarse structure, which makes it blind to contrast.
func (d detail) sharpness() float64 {
	if d.coarse == 0 {
		return 0
	}
	ratio := math.Sqrt(max(0, d.fine-noiseInFine*d.noise*d.noise) / d.coarse)
	return 1 / (1 + math.Pow(halfSharp/ratio, 4))
}
