package web_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// Clips for the browser's fake camera. They are longer than a capture, because a clip that begins anew shows frames twice.
const (
	clipWidth  = 640
	clipHeight = 480
	clipFrames = 120 // of which 30 a second are shown
)

// liveClip is a portrait before a shaking camera with noise.
func liveClip(t *testing.T) string {
	portrait := readPortrait(t)
	return writeClip(t, "live.mjpeg", func(frame *image.RGBA, i int) {
		drawPortrait(frame, portrait, frame.Bounds(), i, 2)
	})
}

// screenClip is the portrait on a phone's screen: a bezel round it, the pixels' grid beating with the camera's, a bluish white and less contrast.
func screenClip(t *testing.T) string {
	portrait := readPortrait(t)
	return writeClip(t, "screen.mjpeg", func(frame *image.RGBA, i int) {
		draw.Draw(frame, frame.Bounds(), image.NewUniform(color.RGBA{R: 96, G: 92, B: 84, A: 255}), image.Point{}, draw.Src)
		screen := image.Rect(220, 60, 420, 420).Add(image.Pt(int(3*math.Sin(float64(i)/9)), int(2*math.Cos(float64(i)/13))))
		draw.Draw(frame, screen.Inset(-10), image.NewUniform(color.RGBA{R: 12, G: 12, B: 14, A: 255}), image.Point{}, draw.Src)
		drawPortrait(frame, portrait, screen, 0, 1.5)
		for y := screen.Min.Y; y < screen.Max.Y; y++ {
			for x := screen.Min.X; x < screen.Max.X; x++ {
				frame.SetRGBA(x, y, moire(frame.RGBAAt(x, y), float64(x), float64(y), float64(i)))
			}
		}
	})
}

// moire is a pixel as a camera sees it on a screen.
func moire(c color.RGBA, x, y, i float64) color.RGBA {
	beat := math.Sin(x*2.2+y*0.35+i/5) + math.Sin(y*2.4-x*0.25)
	level := func(v uint8, gain, phase float64) uint8 {
		return clamp(30 + 0.75*gain*float64(v) + 4*beat + 3*math.Sin(x*1.9+phase))
	}
	return color.RGBA{R: level(c.R, 0.75, 0), G: level(c.G, 0.98, 2.1), B: level(c.B, 1.2, 4.2), A: 255}
}

func readPortrait(t *testing.T) image.Image {
	t.Helper()
	content, err := os.ReadFile(testPicture(t, "astronaut.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	portrait, err := jpeg.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return portrait
}

// drawPortrait draws the head of the portrait into a rectangle, enlarged by scale and moved a little from frame to frame.
func drawPortrait(frame *image.RGBA, portrait image.Image, into image.Rectangle, i int, scale float64) {
	const headX, headY = 226, 123 // in the portrait
	phase := float64(i)
	scale *= 1 + 0.02*math.Sin(phase/17)
	dx := float64(into.Min.X+into.Max.X)/2 - scale*headX + 5*math.Sin(phase/7)
	dy := float64(into.Min.Y+into.Max.Y)/2 - scale*headY + 3*math.Cos(phase/11)
	canvas := frame.SubImage(into).(*image.RGBA)
	draw.ApproxBiLinear.Transform(canvas, f64.Aff3{scale, 0, dx, 0, scale, dy}, portrait, portrait.Bounds(), draw.Src, nil)
}

// writeClip writes the frames that paint makes, with a camera's noise, as motion JPEG.
func writeClip(t *testing.T, name string, paint func(frame *image.RGBA, i int)) string {
	t.Helper()
	noise := rand.New(rand.NewPCG(1, 2))
	frame := image.NewRGBA(image.Rect(0, 0, clipWidth, clipHeight))
	var clip bytes.Buffer
	for i := range clipFrames {
		paint(frame, i)
		addNoise(frame, noise)
		if err := jpeg.Encode(&clip, frame, &jpeg.Options{Quality: 90}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, clip.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// addNoise adds the same noise to the three colours of each pixel, as most of a camera's is.
func addNoise(frame *image.RGBA, random *rand.Rand) {
	for p := 0; p < len(frame.Pix); p += 4 {
		n := random.NormFloat64() * 2
		for c := range 3 {
			frame.Pix[p+c] = clamp(float64(frame.Pix[p+c]) + n)
		}
	}
}

func clamp(v float64) uint8 { return uint8(min(max(v, 0), 255)) }
