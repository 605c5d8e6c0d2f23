package decodetest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/draw"
	"image/png"
	"testing"
)

// Frame is one frame of an animation that a test makes: its picture, whose bounds are its place on the canvas, what becomes of that
// place afterwards (0 nothing, 1 cleared, 2 as before) and whether transparent pixels show what was there.
type Frame struct {
	Picture image.Image
	Dispose byte
	Over    bool
}

// APNG makes an animated PNG. The first frame must fill the canvas.
func APNG(t testing.TB, frames ...Frame) []byte {
	t.Helper()
	var out []byte
	sequence := uint32(0)
	number := func() []byte { sequence++; return binary.BigEndian.AppendUint32(nil, sequence-1) }
	for i, f := range frames {
		header, data := pngParts(t, f.Picture)
		if i == 0 {
			out = chunk([]byte("\x89PNG\r\n\x1a\n"), "IHDR", header)
			out = chunk(out, "acTL", binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(len(frames))), 0))
		}
		control := append(number(), header[:8]...)
		at := f.Picture.Bounds().Min
		control = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(control, uint32(at.X)), uint32(at.Y))
		control = append(control, 0, 1, 0, 10, f.Dispose, 0)
		if f.Over {
			control[25] = 1
		}
		out = chunk(out, "fcTL", control)
		for _, d := range data {
			if i == 0 {
				out = chunk(out, "IDAT", d)
			} else {
				out = chunk(out, "fdAT", append(number(), d...))
			}
		}
	}
	return chunk(out, "IEND", nil)
}

// pngParts encodes a picture as a PNG with alpha and returns its header and pixel data.
func pngParts(t testing.TB, img image.Image) (header []byte, data [][]byte) {
	t.Helper()
	size := img.Bounds().Size()
	pixels := image.NewNRGBA(image.Rect(0, 0, size.X, size.Y))
	draw.Draw(pixels, pixels.Rect, img, img.Bounds().Min, draw.Src)
	pixels.Pix[3] &= 0xfe // an opaque picture would be written without alpha, and all frames must be alike
	var file bytes.Buffer
	if err := png.Encode(&file, pixels); err != nil {
		t.Fatal(err)
	}
	for rest := file.Bytes()[8:]; len(rest) > 0; {
		n := binary.BigEndian.Uint32(rest)
		switch content := rest[8 : 8+n]; string(rest[4:8]) {
		case "IHDR":
			header = content
		case "IDAT":
			data = append(data, content)
		}
		rest = rest[12+n:]
	}
	return header, data
}

func chunk(file []byte, name string, content []byte) []byte {
	file = binary.BigEndian.AppendUint32(file, uint32(len(content)))
	begin := len(file)
	file = append(append(file, name...), content...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[begin:]))
}
