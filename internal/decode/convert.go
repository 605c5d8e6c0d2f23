package decode

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// fromImage makes a raster of a decoder's picture, which must fill canvas, laid over white. It takes the pixels over
// and packs them where they are: img must not be used afterwards.
func fromImage(img image.Image, canvas image.Rectangle, o raster.Orientation) (*raster.Image, error) {
	if err := checkAnnounced(img.Bounds().Size(), canvas.Size()); err != nil {
		return nil, err
	}
	switch p := img.(type) {
	case *image.YCbCr:
		return raster.FromYCbCr(p, o), nil
	case *image.Gray:
		return raster.FromGray(p, o), nil
	case *image.Gray16:
		return raster.FromGray(packGray16(p), o), nil
	case *image.Paletted:
		return packPaletted(p, o)
	case *image.RGBA:
		return packFour(p.Pix, p.Stride, p.Rect, 1, overWhitePremultiplied, o)
	case *image.NRGBA:
		return packFour(p.Pix, p.Stride, p.Rect, 1, overWhite, o)
	case *image.RGBA64:
		return packFour(p.Pix, p.Stride, p.Rect, 2, overWhitePremultiplied, o)
	case *image.NRGBA64:
		return packFour(p.Pix, p.Stride, p.Rect, 2, overWhite, o)
	default:
		return nil, fmt.Errorf("pixels of type %T", img)
	}
}

// onCanvas puts a frame on a white canvas; a frame that fills its canvas is returned as it is.
func onCanvas(frame image.Image, canvas image.Rectangle, at image.Point) image.Image {
	if frame.Bounds() == canvas {
		return frame
	}
	out := image.NewRGBA(canvas)
	draw.Draw(out, canvas, image.White, image.Point{}, draw.Src)
	size := frame.Bounds().Size()
	draw.Draw(out, image.Rectangle{Min: at, Max: at.Add(size)}, frame, frame.Bounds().Min, draw.Over)
	return out
}

// blend lays a colour channel over white.
type blend func(channel, alpha uint32) uint8

// overWhite lays a channel with straight alpha over white.
func overWhite(c, alpha uint32) uint8 { return uint8((c*alpha + 255*(255-alpha) + 127) / 255) }

// overWhitePremultiplied lays a channel that carries its alpha over white.
func overWhitePremultiplied(c, alpha uint32) uint8 { return uint8(min(255, c+255-alpha)) }

// packFour packs pixels of red, green, blue and alpha, with width bytes each of which the first is the most significant,
// into RGB over white, in place: a packed pixel never overtakes the one that is read.
func packFour(pix []byte, stride int, r image.Rectangle, width int, over blend, o raster.Orientation) (*raster.Image, error) {
	w, h := r.Dx(), r.Dy()
	out := pix[:3*w*h]
	at := 0
	for y := range h {
		row := pix[y*stride : y*stride+4*width*w]
		for ; len(row) >= 4*width; row = row[4*width:] {
			r, g, b, alpha := row[0], row[width], row[2*width], row[3*width]
			if alpha != 255 {
				a := uint32(alpha)
				r, g, b = over(uint32(r), a), over(uint32(g), a), over(uint32(b), a)
			}
			out[at], out[at+1], out[at+2] = r, g, b
			at += 3
		}
	}
	return raster.FromRGB(out, w, h, 3*w, o)
}

// packGray16 keeps the upper byte of each pixel, in place.
func packGray16(p *image.Gray16) *image.Gray {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	out := p.Pix[:0]
	for y := range h {
		row := p.Pix[y*p.Stride:]
		for x := range w {
			out = append(out, row[2*x])
		}
	}
	return &image.Gray{Pix: out, Stride: w, Rect: image.Rect(0, 0, w, h)}
}

// packPaletted looks the colours up; a palette of greys stays grey. An index beyond the palette is black.
func packPaletted(p *image.Paletted, o raster.Orientation) (*raster.Image, error) {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	colours, isGrey := paletteOverWhite(p.Palette)
	if isGrey {
		for i, index := range p.Pix {
			p.Pix[i] = colours[index][0]
		}
		return raster.FromGray(&image.Gray{Pix: p.Pix, Stride: p.Stride, Rect: p.Rect}, o), nil
	}
	out := make([]byte, 0, 3*w*h)
	for y := range h {
		for _, index := range p.Pix[y*p.Stride : y*p.Stride+w] {
			c := &colours[index]
			out = append(out, c[0], c[1], c[2])
		}
	}
	return raster.FromRGB(out, w, h, 3*w, o)
}

func paletteOverWhite(palette color.Palette) (colours [256][3]uint8, isGrey bool) {
	isGrey = true
	for i, c := range palette[:min(len(palette), len(colours))] {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		a := uint32(n.A)
		colours[i] = [3]uint8{overWhite(uint32(n.R), a), overWhite(uint32(n.G), a), overWhite(uint32(n.B), a)}
		isGrey = isGrey && colours[i][0] == colours[i][1] && colours[i][1] == colours[i][2]
	}
	return colours, isGrey
}
