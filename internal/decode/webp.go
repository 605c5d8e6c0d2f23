package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/riff"
	"golang.org/x/image/webp"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func webpSize(data []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(data)) }

// webpPixels decodes the picture, or an animation's first frame on a white canvas.
func webpPixels(data []byte, o raster.Orientation, _ *loan) (*raster.Image, error) {
	animation, err := firstWebPFrame(data)
	if err != nil {
		return nil, err
	}
	if animation == nil {
		img, err := webpStill(data)
		if err != nil {
			return nil, err
		}
		return fromImage(img, o)
	}
	img, err := webpStill(animation.still)
	if err != nil {
		return nil, fmt.Errorf("the first frame: %w", err)
	}
	return fromImage(onCanvas(img, animation.canvas, animation.at), o)
}

// webpStill decodes a file without animation into a form that fromImage takes.
func webpStill(data []byte) (image.Image, error) {
	img, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	switch p := img.(type) {
	case *image.YCbCr:
		toFullRange(p)
		return p, nil
	case *image.NYCbCrA:
		toFullRange(&p.YCbCr)
		return alphaOverWhite(p), nil
	default:
		return img, nil
	}
}

// toFullRange stretches the planes of VP8, which go from 16 to 235 (luma) and 240 (chroma), to JPEG's 0 to 255.
// The decoder leaves that to its caller.
func toFullRange(p *image.YCbCr) {
	var luma, chroma [256]uint8
	for v := range 256 {
		luma[v] = uint8(min(255, max(0, ((v-16)*255+109)/219)))
		chroma[v] = uint8(min(255, max(0, 128+((v-128)*255)/224)))
	}
	for i, v := range p.Y {
		p.Y[i] = luma[v]
	}
	for _, plane := range [][]uint8{p.Cb, p.Cr} {
		for i, v := range plane {
			plane[i] = chroma[v]
		}
	}
}

// alphaOverWhite lays the planes over white, in place; chroma follows the mean alpha of the pixels that it covers.
func alphaOverWhite(p *image.NYCbCrA) *image.YCbCr {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	for y := range h {
		row, alpha := p.Y[y*p.YStride:], p.A[y*p.AStride:]
		for x := range w {
			row[x] = overWhite(uint32(row[x]), uint32(alpha[x]))
		}
	}
	for y := 0; y < h; y += 2 {
		above, below := p.A[y*p.AStride:], p.A[min(y+1, h-1)*p.AStride:]
		for x := 0; x < w; x += 2 {
			right := min(x+1, w-1)
			sum := int(above[x]) + int(above[right]) + int(below[x]) + int(below[right])
			c := y/2*p.CStride + x/2
			p.Cb[c] = uint8(128 + (int(p.Cb[c])-128)*sum/(4*255))
			p.Cr[c] = uint8(128 + (int(p.Cr[c])-128)*sum/(4*255))
		}
	}
	return &p.YCbCr
}

// webpFrame is the first frame of an animation.
type webpFrame struct {
	still  []byte // a WebP file of its own
	canvas image.Rectangle
	at     image.Point
}

const (
	vp8xSize       = 10
	frameHeadSize  = 16
	animationFlag  = 1 << 1
	alphaFlag      = 1 << 4
	riffHeaderSize = 8
)

var errNoFrame = errors.New("an animation without a frame")

// firstWebPFrame returns nil when the file is no animation.
func firstWebPFrame(data []byte) (*webpFrame, error) {
	_, chunks, err := riff.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var canvas image.Rectangle
	for {
		id, size, content, err := chunks.Next()
		if errors.Is(err, io.EOF) {
			return nil, errNoFrame
		}
		if err != nil {
			return nil, err
		}
		switch string(id[:]) {
		case "VP8 ", "VP8L":
			return nil, nil
		case "VP8X":
			head := make([]byte, vp8xSize)
			if _, err := io.ReadFull(content, head); err != nil {
				return nil, err
			}
			if head[0]&animationFlag == 0 {
				return nil, nil
			}
			canvas = image.Rect(0, 0, 1+uint24(head[4:]), 1+uint24(head[7:]))
		case "ANMF":
			frame, err := io.ReadAll(io.LimitReader(content, int64(size)))
			if err != nil {
				return nil, err
			}
			return newWebPFrame(frame, canvas)
		}
	}
}

// newWebPFrame reads an ANMF chunk: its place and size, then the chunks of a still picture.
func newWebPFrame(frame []byte, canvas image.Rectangle) (*webpFrame, error) {
	if len(frame) < frameHeadSize+4 {
		return nil, errTruncated
	}
	head, chunks := frame[:frameHeadSize], frame[frameHeadSize:]
	at := image.Pt(2*uint24(head), 2*uint24(head[3:]))
	size := image.Pt(1+uint24(head[6:]), 1+uint24(head[9:]))
	if !(image.Rectangle{Min: at, Max: at.Add(size)}).In(canvas) {
		return nil, fmt.Errorf("a frame of %v pixels at %v reaches beyond its canvas of %v", size, at, canvas.Max)
	}
	extended := make([]byte, vp8xSize)
	if string(chunks[:4]) == "ALPH" {
		extended[0] = alphaFlag
	}
	copy(extended[4:], head[6:12])

	still := make([]byte, 0, 4+2*riffHeaderSize+vp8xSize+len(chunks))
	still = append(still, "RIFF"...)
	still = binary.LittleEndian.AppendUint32(still, uint32(4+riffHeaderSize+vp8xSize+len(chunks)))
	still = append(still, "WEBPVP8X"...)
	still = binary.LittleEndian.AppendUint32(still, vp8xSize)
	still = append(append(still, extended...), chunks...)
	return &webpFrame{still: still, canvas: canvas, at: at}, nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
