package decode

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"slices"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// checkPixels compares single pixels, each channel within one step.
func checkPixels(t *testing.T, img *raster.Image, want map[image.Point]color.RGBA) {
	t.Helper()
	for p, c := range want {
		r, g, b := img.RGBAt(p.X, p.Y)
		for i, d := range [3]int{int(r) - int(c.R), int(g) - int(c.G), int(b) - int(c.B)} {
			if d < -1 || d > 1 {
				t.Errorf("pixel %v is (%d, %d, %d), want %v: channel %d", p, r, g, b, c, i)
			}
		}
	}
}

var (
	white = color.RGBA{255, 255, 255, 255}
	red   = color.RGBA{200, 10, 20, 255}
)

func TestGIFFrameLiesOnItsCanvas(t *testing.T) {
	frame := image.NewPaletted(image.Rect(2, 3, 5, 6), color.Palette{red, color.RGBA{}})
	frame.SetColorIndex(4, 5, 1)
	var file bytes.Buffer
	err := gif.EncodeAll(&file, &gif.GIF{
		Image: []*image.Paletted{frame}, Delay: []int{0}, Config: image.Config{Width: 10, Height: 8},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(file.Bytes(), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if got.Image.Width() != 10 || got.Image.Height() != 8 {
		t.Fatalf("size %d×%d, want the canvas, 10×8", got.Image.Width(), got.Image.Height())
	}
	checkPixels(t, got.Image, map[image.Point]color.RGBA{{2, 3}: red, {4, 4}: red, {4, 5}: white, {0, 0}: white, {5, 6}: white})
}

// riffFile wraps chunks of a WebP.
func riffFile(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func riffChunk(id string, content []byte) []byte {
	c := append(binary.LittleEndian.AppendUint32([]byte(id), uint32(len(content))), content...)
	return append(c, make([]byte, len(content)%2)...)
}

func vp8x(flags byte, width, height int) []byte {
	return riffChunk("VP8X", slices.Concat([]byte{flags, 0, 0, 0}, le24(width-1), le24(height-1)))
}

func le24(v int) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16)} }

func TestWebPFrameLiesOnItsCanvas(t *testing.T) {
	still := read(t, "testdata", "lossless.webp")
	head := []byte{10, 0, 0, 4, 0, 0, 66, 0, 0, 82, 0, 0, 0, 0, 0, 0} // at (20, 8), 67×83
	animation := func(width, height int) []byte {
		return riffFile(vp8x(animationFlag, width, height), riffChunk("ANIM", make([]byte, 6)),
			riffChunk("ANMF", append(head, still[12:]...)))
	}
	got, err := Decode(animation(100, 120), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Decode(still, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	want := map[image.Point]color.RGBA{{0, 0}: white, {19, 50}: white, {99, 119}: white}
	for _, p := range []image.Point{{0, 0}, {30, 40}, {66, 82}} {
		r, g, b := plain.Image.RGBAt(p.X, p.Y)
		want[p.Add(image.Pt(20, 8))] = color.RGBA{r, g, b, 255}
	}
	checkPixels(t, got.Image, want)

	if _, err := Decode(animation(86, 120), DefaultLimits()); err == nil {
		t.Error("took a frame that reaches beyond its canvas")
	} else {
		checkTyped(t, err)
	}
}

func TestBMPWithEmptyAlphaIsOpaque(t *testing.T) {
	const v4 = 108
	file := append(bmpHeader(v4, 2, 1, 32, 0), 20, 10, 200, 0, 255, 255, 255, 0)
	got, err := Decode(file, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	checkPixels(t, got.Image, map[image.Point]color.RGBA{{0, 0}: red, {1, 0}: white})

	file[len(file)-1] = 255
	if got, err = Decode(file, DefaultLimits()); err != nil {
		t.Fatal(err)
	}
	checkPixels(t, got.Image, map[image.Point]color.RGBA{{0, 0}: white, {1, 0}: white})
}

func TestReleasedMemoryIsOverwritten(t *testing.T) {
	for _, name := range []string{"baseline.jpg", "grey.jpg", "cmyk.jpg", "444.jpg"} {
		data := read(t, "testdata", name)
		t.Run(name, func(t *testing.T) {
			t.Parallel() // so that they pass each other's memory on
			for range 20 {
				got, err := Decode(data, DefaultLimits())
				if err != nil {
					t.Fatal(err)
				}
				compare(t, got.Image, name+".png", lossyColour)
				got.Release()
				got.Release()
			}
		})
	}
	Picture{}.Release()
}
