// Package annotate draws what was measured onto a picture: each face's box, its 68 landmarks, its score, and the verdict.
package annotate

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/decode"
	"github.com/bonafide-pad/bonafide/internal/whole"
)

var (
	green = color.RGBA{0x1b, 0xc4, 0x5b, 0xff}
	red   = color.RGBA{0xe5, 0x3e, 0x3e, 0xff}
	grey  = color.RGBA{0x80, 0x88, 0x90, 0xff}
	white = color.RGBA{0xff, 0xff, 0xff, 0xff}
)

// Targets names a file of its own in dir for each picture's path: NAME.png, with a number where a name was given before. None may be one of the
// pictures: it would be drawn over.
func Targets(dir string, paths []string) ([]string, error) {
	pictures := statAll(paths)
	targets, used := make([]string, len(paths)), map[string]bool{}
	for i, path := range paths {
		targets[i] = filepath.Join(dir, unused(used, path)+".png")
		there, err := os.Stat(targets[i])
		if err == nil && slices.ContainsFunc(pictures, func(p fs.FileInfo) bool { return os.SameFile(p, there) }) {
			return nil, fmt.Errorf("annotating: %s is one of the pictures and would be drawn over: name another folder than %s", targets[i], dir)
		}
	}
	return targets, nil
}

// statAll is of every file that is there.
func statAll(paths []string) []fs.FileInfo {
	var all []fs.FileInfo
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			all = append(all, info)
		}
	}
	return all
}

// unused is the name of a picture, with a number where it is used, and uses it.
func unused(used map[string]bool, path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if path == "-" {
		name = "stdin"
	}
	unique := name
	for times := 2; used[unique]; times++ {
		unique = fmt.Sprintf("%s-%d", name, times)
	}
	used[unique] = true
	return unique
}

// Write draws onto the picture, upright, and writes it to path as PNG.
func Write(path string, picture []byte, limits decode.Limits, r bonafide.Report, v bonafide.Verdict) error {
	decoded, err := decode.Decode(picture, limits)
	if err != nil {
		return fmt.Errorf("annotating: %w", err)
	}
	canvas := decoded.Image.ToRGBA()
	if err := Draw(canvas, r, v); err != nil {
		return fmt.Errorf("annotating: %w", err)
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	// It shows a face: it is for its owner alone.
	if err := whole.Write(path, 0o600, func(w io.Writer) error { return encoder.Encode(w, canvas) }); err != nil {
		return fmt.Errorf("annotating %s: %w", path, err)
	}
	return nil
}

// Draw draws a report and its verdict onto the upright picture that they are of.
func Draw(canvas *image.RGBA, r bonafide.Report, v bonafide.Verdict) error {
	size := max(12, min(canvas.Rect.Dx(), canvas.Rect.Dy())/32)
	stroke := max(2, size/7)
	face, err := typeface(size)
	if err != nil {
		return err
	}
	defer face.Close()
	hue := verdictColor(v.Result)
	for _, f := range r.Faces {
		outline(canvas, image.Rect(f.Box.X1, f.Box.Y1, f.Box.X2, f.Box.Y2), stroke, hue)
		for _, p := range f.Landmarks {
			dot(canvas, int(p.X), int(p.Y), max(1, (f.Box.X2-f.Box.X1)/120), hue)
		}
		label(canvas, face, image.Pt(f.Box.X1, f.Box.Y2+stroke), fmt.Sprintf("%.3f", f.Liveness), hue)
	}
	label(canvas, face, image.Pt(0, 0), string(v.Result), hue)
	return nil
}

func verdictColor(r bonafide.Result) color.RGBA {
	switch r {
	case bonafide.Real:
		return green
	case bonafide.Spoof:
		return red
	default:
		return grey
	}
}

func typeface(size int) (font.Face, error) {
	parsed, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(parsed, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingFull})
}

// outline draws the four sides of r, stroke pixels wide.
func outline(canvas *image.RGBA, r image.Rectangle, stroke int, hue color.RGBA) {
	fill(canvas, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+stroke), hue)
	fill(canvas, image.Rect(r.Min.X, r.Max.Y-stroke, r.Max.X, r.Max.Y), hue)
	fill(canvas, image.Rect(r.Min.X, r.Min.Y, r.Min.X+stroke, r.Max.Y), hue)
	fill(canvas, image.Rect(r.Max.X-stroke, r.Min.Y, r.Max.X, r.Max.Y), hue)
}

func fill(canvas *image.RGBA, r image.Rectangle, hue color.RGBA) {
	draw.Draw(canvas, r, image.NewUniform(hue), image.Point{}, draw.Src)
}

func dot(canvas *image.RGBA, x, y, radius int, hue color.RGBA) {
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			if at := image.Pt(x+dx, y+dy); dx*dx+dy*dy <= radius*radius && at.In(canvas.Rect) {
				canvas.SetRGBA(at.X, at.Y, hue)
			}
		}
	}
}

// label writes text in white on a filled tab whose upper left corner is at, moved inside the picture.
func label(canvas *image.RGBA, face font.Face, at image.Point, text string, hue color.RGBA) {
	metrics := face.Metrics()
	pad := metrics.Height.Ceil() / 4
	width := font.MeasureString(face, text).Ceil() + 2*pad
	height := metrics.Height.Ceil() + pad
	at.X = max(0, min(at.X, canvas.Rect.Dx()-width))
	at.Y = max(0, min(at.Y, canvas.Rect.Dy()-height))
	fill(canvas, image.Rect(at.X, at.Y, at.X+width, at.Y+height), hue)
	drawer := font.Drawer{
		Dst: canvas, Src: image.NewUniform(white), Face: face,
		Dot: fixed.P(at.X+pad, at.Y+pad/2+metrics.Ascent.Ceil()),
	}
	drawer.DrawString(text)
}
