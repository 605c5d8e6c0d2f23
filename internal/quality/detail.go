package quality

import (
	"math"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/quality/texture"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/scratch"
)

const (
	// detailSide bounds the plane that sharpness and noise are measured on, in pixels.
	detailSide = 160
	// detailLeast is the side under which a plane tells nothing: its sharpness is 0.
	detailLeast = 16
	// reducedLeast is the side under which a reduced plane does: it is halved twice more. Only a face that was stretched is so thin.
	reducedLeast = 4
	// blockSide bounds the plane that compression is measured on; blockLeast is the side under which too few blocks are seen to tell
	// their grid from chance.
	blockSide, blockLeast = 128, 32
)

// detail is what the fine structure of a face tells.
type detail struct {
	fine, coarse float64 // mean squares of the structure of about 2 and about 8 pixels
	side         float64 // longer side of the plane, in pixels
	noise        float64 // standard deviation, 0..255
	blockiness   float64 // step between neighbouring blocks, 0..255
}

// plane is a piece of a picture's luminance, in memory that release gives back.
type plane struct {
	pix           []float32
	width, height int
	lent          *scratch.Floats
}

func newPlane(width, height int) *plane {
	lent := scratch.Borrow(width * height)
	return &plane{pix: lent.Values, width: width, height: height, lent: lent}
}

func (p *plane) release() { p.lent.Return() }

func (p *plane) at(x, y int) float32 { return p.pix[y*p.width+x] }

func measureDetail(im *raster.Image, points *landmark.Points) (detail, error) {
	inner := wholePixels(raster.BoundingBox(points[17:]).Intersect(im.Bounds()))
	width, height := reducedSize(inner)
	if min(inner.Width(), inner.Height()) < detailLeast || min(width, height) < reducedLeast {
		return detail{}, nil
	}
	p, err := reduced(im, inner, width, height)
	if err != nil {
		return detail{}, err
	}
	defer p.release()
	d := detail{side: float64(max(p.width, p.height)), noise: p.noise()}
	d.fine, d.coarse = p.structure()
	if min(inner.Width(), inner.Height()) >= blockLeast {
		d.blockiness, err = measureBlockiness(im, inner)
	}
	return d, err
}

func wholePixels(r raster.Rect) raster.Rect {
	return raster.Rect{X0: math.Floor(r.X0), Y0: math.Floor(r.Y0), X1: math.Ceil(r.X1), Y1: math.Ceil(r.Y1)}
}

// reducedSize is the size of r in pixels, with a longer side of detailSide at most.
func reducedSize(r raster.Rect) (width, height int) {
	scale := max(1, max(r.Width(), r.Height())/detailSide)
	return int(r.Width() / scale), int(r.Height() / scale)
}

// reduced samples r to its reduced size: pixel by pixel, or, where it is larger, by means of 2×2 samples.
func reduced(im *raster.Image, r raster.Rect, width, height int) (*plane, error) {
	if max(r.Width(), r.Height()) <= detailSide {
		return sampled(im, r, width, height)
	}
	p := newPlane(width, height)
	if err := im.Means(p.pix, r, width, height); err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

func sampled(im *raster.Image, r raster.Rect, width, height int) (*plane, error) {
	p := newPlane(width, height)
	if err := im.Sample(p.pix, width, height, raster.Stretch(r, width, height), raster.Replicate, raster.Format{Order: raster.Grey}); err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

// measureBlockiness looks for a grid of blocks in the middle of the whole-pixel rectangle r, in the picture's own pixels.
func measureBlockiness(im *raster.Image, r raster.Rect) (float64, error) {
	trim := func(low, high float64) (float64, float64) {
		spare := math.Floor(max(0, high-low-blockSide) / 2)
		return low + spare, min(high, low+spare+blockSide)
	}
	r.X0, r.X1 = trim(r.X0, r.X1)
	r.Y0, r.Y1 = trim(r.Y0, r.Y1)
	p, err := sampled(im, r, int(r.Width()), int(r.Height()))
	if err != nil {
		return 0, err
	}
	defer p.release()
	return p.blockiness(), nil
}

// halved takes the means of 2×2 pixels; odd last rows and columns are dropped.
func (p *plane) halved() *plane {
	half := newPlane(p.width/2, p.height/2)
	texture.Halve(half.pix, p.pix, p.width, p.height)
	return half
}

// noise estimates the standard deviation of noise by J. Immerkær's operator on the calmest quarter of the blocks.
func (p *plane) noise() float64 {
	blocks := texture.Noise(p.pix, p.width, p.height)
	if len(blocks) == 0 {
		return 0
	}
	slices.Sort(blocks)
	return math.Sqrt(math.Pi/2) / 6 * float64(blocks[len(blocks)/4]) / (texture.Block * texture.Block)
}

// structure returns the mean square of the band between one and three binomial smoothings, and that of the gradient of the
// plane reduced to a quarter.
func (p *plane) structure() (fine, coarse float64) { return p.fine(), p.coarse() }

func (p *plane) fine() float64 {
	once, thrice, spare := newPlane(p.width, p.height), newPlane(p.width, p.height), newPlane(p.width, p.height)
	defer once.release()
	defer thrice.release()
	defer spare.release()
	p.smooth(once, spare)
	once.smooth(thrice, spare)
	thrice.smooth(thrice, spare)
	return texture.SquaredDifference(once.pix, thrice.pix) / float64(len(once.pix))
}

func (p *plane) coarse() float64 {
	half := p.halved()
	defer half.release()
	quarter := half.halved()
	defer quarter.release()
	var sum float64
	n := 0
	for y := 1; y < quarter.height-1; y++ {
		for x := 1; x < quarter.width-1; x++ {
			dx := float64(quarter.at(x+1, y)-quarter.at(x-1, y)) / 2
			dy := float64(quarter.at(x, y+1)-quarter.at(x, y-1)) / 2
			sum += dx*dx + dy*dy
			n++
		}
	}
	return sum / float64(max(1, n))
}

// smooth smooths into out, which may be p itself. across is a plane to work in.
func (p *plane) smooth(out, across *plane) {
	texture.Smooth(out.pix, p.pix, across.pix, p.width, p.height)
}

// blockiness is how much the steps between pixels are larger on one of the eight possible 8×8 grids than between its lines,
// the mean of both directions.
func (p *plane) blockiness() float64 {
	across, down := texture.Steps(p.pix, p.width, p.height)
	return (prominence(across, p.height-3) + prominence(down, p.width-3)) / 2
}

// prominence takes sums of n steps each, less the mean of those beside them, to the means of the eight phases, and is how far the largest
// lies over the second largest, not below 0.
func prominence(steps []float32, n int) float64 {
	var sums, counts [8]float64
	for i := 1; i < len(steps)-2; i++ {
		sums[i&7] += float64(steps[i] - (steps[i-1]+steps[i+1])/2)
		counts[i&7] += float64(n)
	}
	for i := range sums {
		sums[i] /= max(1, counts[i])
	}
	slices.Sort(sums[:])
	return max(0, sums[7]-max(0, sums[6]))
}

// noiseInFine is the share of a white noise's variance that stays in the fine band.
const noiseInFine = 0.042

const (
	// halfSharp is the ratio of fine to coarse structure at which a face is half sharp, sharpSide pixels large: crisp portraits
	// have 0.13 to 0.25, blurred with a standard deviation of 2 pixels less than 0.08.
	halfSharp = 0.085
	// sharpSide is the longer side of an inner face whose eyes are 50 pixels apart.
	sharpSide = 100
	// usualNoise is what the skin of a clean picture itself shows, in levels of 255.
	usualNoise = 2
)

// sharpness compares fine with coarse structure, which makes it blind to contrast. The ratio is that of the picture's own pixels; it
// goes as one over the width of a blur, so that the same face in fewer pixels has it higher by as much. The side makes up for that.
func (d detail) sharpness() float64 {
	if d.coarse == 0 {
		return 0
	}
	ratio := math.Sqrt(max(0, d.fine-noiseInFine*d.noise*d.noise)/d.coarse) * d.side / sharpSide
	return 1 / (1 + math.Pow(halfSharp/ratio, 4))
}

// noiselessness is 1 up to the usual noise.
func (d detail) noiselessness() float64 {
	return 1 / (1 + math.Pow(max(0, d.noise-usualNoise)/7, 2))
}

// compression is 1 without steps between blocks.
func (d detail) compression() float64 { return 1 / (1 + math.Pow(d.blockiness/3, 2)) }
