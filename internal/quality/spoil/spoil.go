// Package spoil makes good pictures worse in the ways in which a quality score must fall: blurred, darker, over-exposed, noised,
// compressed, shrunk. It serves tests and the program that prints the accuracy figures, not the data path.
package spoil

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// Picture is an RGB picture in floating point, three values a pixel, 0..255.
type Picture struct {
	Width, Height int
	Pix           []float64
}

// FromImage copies a picture.
func FromImage(img image.Image) Picture {
	b := img.Bounds()
	p := Picture{Width: b.Dx(), Height: b.Dy(), Pix: make([]float64, 0, 3*b.Dx()*b.Dy())}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
			p.Pix = append(p.Pix, float64(c.R), float64(c.G), float64(c.B))
		}
	}
	return p
}

// Image rounds to whole levels.
func (p Picture) Image() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		for c := range 3 {
			img.Pix[4*i+c] = uint8(min(255, max(0, p.Pix[3*i+c]+0.5)))
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// Each maps every value and cuts the result to whole levels.
func (p Picture) Each(f func(float64) float64) Picture {
	out := Picture{Width: p.Width, Height: p.Height, Pix: make([]float64, len(p.Pix))}
	for i, v := range p.Pix {
		out.Pix[i] = math.Round(min(255, max(0, f(v))))
	}
	return out
}

// Multiplied is the picture with gain times the light.
func (p Picture) Multiplied(gain float64) Picture {
	return p.Each(func(v float64) float64 { return v * gain })
}

// Noised adds normal noise of the given deviation to every value; the noise is the same each time.
func (p Picture) Noised(deviation float64) Picture {
	random := rand.New(rand.NewPCG(1, 2))
	return p.Each(func(v float64) float64 { return v + deviation*random.NormFloat64() })
}

// Blurred smooths with a Gauss kernel of the given deviation in pixels; 0 leaves the picture as it is.
func (p Picture) Blurred(deviation float64) Picture {
	if deviation == 0 {
		return p
	}
	reach := int(3*deviation) + 1
	kernel, sum := make([]float64, 2*reach+1), 0.0
	for i := range kernel {
		kernel[i] = math.Exp(-math.Pow(float64(i-reach)/deviation, 2) / 2)
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	across := p.convolved(kernel, 1, 0)
	return across.convolved(kernel, 0, 1)
}

// convolved applies the kernel along (dx, dy); the border repeats.
func (p Picture) convolved(kernel []float64, dx, dy int) Picture {
	out := Picture{Width: p.Width, Height: p.Height, Pix: make([]float64, len(p.Pix))}
	reach := len(kernel) / 2
	for y := range p.Height {
		for x := range p.Width {
			to := out.Pix[3*(y*p.Width+x):][:3]
			for k, weight := range kernel {
				u := min(p.Width-1, max(0, x+dx*(k-reach)))
				v := min(p.Height-1, max(0, y+dy*(k-reach)))
				from := p.Pix[3*(v*p.Width+u):][:3]
				to[0] += weight * from[0]
				to[1] += weight * from[1]
				to[2] += weight * from[2]
			}
		}
	}
	return out
}

// Scaled is the picture at scale times its size, smoothed before it is made smaller, sampled bilinearly.
func (p Picture) Scaled(scale float64) Picture {
	if scale == 1 {
		return p
	}
	if scale < 1 {
		p = p.Blurred(0.4 / scale)
	}
	out := Picture{Width: int(float64(p.Width) * scale), Height: int(float64(p.Height) * scale)}
	stepX, stepY := float64(p.Width)/float64(out.Width), float64(p.Height)/float64(out.Height)
	for y := range out.Height {
		y0, y1, fy := p.tap((float64(y)+0.5)*stepY-0.5, p.Height)
		for x := range out.Width {
			x0, x1, fx := p.tap((float64(x)+0.5)*stepX-0.5, p.Width)
			for c := range 3 {
				at := func(x, y int) float64 { return p.Pix[3*(y*p.Width+x)+c] }
				top := at(x0, y0) + fx*(at(x1, y0)-at(x0, y0))
				bottom := at(x0, y1) + fx*(at(x1, y1)-at(x0, y1))
				out.Pix = append(out.Pix, top+fy*(bottom-top))
			}
		}
	}
	return out
}

// tap returns the two pixels round a place and the weight of the second.
func (p Picture) tap(at float64, size int) (i0, i1 int, f float64) {
	at = min(float64(size-1), max(0, at))
	i0 = int(at)
	return i0, min(i0+1, size-1), at - float64(i0)
}

// Compressed is the picture after a JPEG of the given quality, 1..100.
func (p Picture) Compressed(quality int) (Picture, error) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, p.Image(), &jpeg.Options{Quality: quality}); err != nil {
		return Picture{}, err
	}
	img, err := jpeg.Decode(&file)
	if err != nil {
		return Picture{}, err
	}
	return FromImage(img), nil
}
