package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"iter"

	"golang.org/x/image/bmp"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Animation is a file whose frames can be taken one after the other: a GIF, a WebP or a PNG (APNG), animated or not.
//
// Its frames are what a viewer shows: each on its canvas, over what the frames before left there, over white. Of how long each is
// shown nothing is kept. They are given as BMP files, so that they can be sent where pictures are taken, and a frame may thus have no
// more pixels than fit into Limits.Bytes at three bytes each.
type Animation struct {
	Format Format
	// Width and Height are the canvas's, in pixels.
	Width, Height int
	// Count is how many frames there are; 1 for a picture that is not animated, of whichever format.
	Count  int
	frames []animationFrame
}

// animationFrame is one frame as its file has it.
type animationFrame struct {
	pixels func() (image.Image, error)
	// at is where the frame lies on the canvas.
	at image.Rectangle
	// over: transparent pixels show what was there before; otherwise they clear it.
	over  bool
	after disposal
}

// disposal is what becomes of a frame's place before the next one is drawn.
type disposal int

const (
	keepPlace disposal = iota
	clearPlace
	restorePlace
)

var errTurned = errors.New("an animation that is turned by EXIF is not taken")

// OpenAnimation finds the frames of a file without decoding them. Of a file with more than most frames none can be taken: it has only
// their Count. Its errors are those of Decode.
func OpenAnimation(data []byte, limits Limits, most int) (*Animation, error) {
	if err := limits.checkBytes(len(data)); err != nil {
		return nil, err
	}
	format, found := sniff(data)
	c, taken := codecs[format]
	if !taken {
		return nil, &BadImageError{Found: found, Err: errNotTaken}
	}
	a := &Animation{Format: format, Count: 1}
	err := a.open(c, data, limits, most)
	var large *TooLargeError
	switch {
	case errors.As(err, &large):
		return nil, large
	case err != nil:
		return nil, &BadImageError{Found: found, Err: err}
	default:
		return a, nil
	}
}

// open turns a panic of a decoder into an error.
func (a *Animation) open(c codec, data []byte, limits Limits, most int) (err error) {
	defer contain(&err)
	header, err := c.size(data)
	if err != nil {
		return fmt.Errorf("reading the header: %w", err)
	}
	if err := limits.checkSize(header.Width, header.Height); err != nil {
		return err
	}
	a.Width, a.Height = header.Width, header.Height
	found := frameList{most: most, canvas: image.Rect(0, 0, a.Width, a.Height)}
	switch a.Format {
	case GIF:
		err = gifFrames(data, &found)
	case PNG:
		err = pngFrames(data, &found)
	case WebP:
		err = webpFrames(data, &found)
	}
	if err != nil {
		return fmt.Errorf("looking for frames: %w", err)
	}
	if found.count < 2 {
		return nil
	}
	if c.orientation(data) != raster.Upright {
		return errTurned
	}
	if size := int64(a.Width) * int64(a.Height); size > limits.Bytes/3 {
		return &TooLargeError{What: "pixels in an animation", Got: size, Limit: limits.Bytes / 3}
	}
	a.Count, a.frames = found.count, found.frames
	return nil
}

// contain is deferred: it turns a panic into an error.
func contain(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the decoder failed: %v", r)
	}
}

// frameList collects frames, at most most, and counts all.
type frameList struct {
	frames      []animationFrame
	count, most int
	canvas      image.Rectangle // of the size that the limits were checked on
}

// add takes a frame that lies on the canvas: one that reaches beyond it would need memory that no limit was checked on.
func (l *frameList) add(f animationFrame) error {
	if err := inside(f.at, l.canvas); err != nil {
		return err
	}
	if l.count++; l.count <= l.most {
		l.frames = append(l.frames, f)
	} else {
		l.frames = nil
	}
	return nil
}

// Frames yields every frame as a BMP file. It ends with the first error, a [*BadImageError] that names the frame.
func (a *Animation) Frames() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		canvas := image.NewRGBA(image.Rect(0, 0, a.Width, a.Height))
		draw.Draw(canvas, canvas.Rect, image.White, image.Point{}, draw.Src)
		for i, f := range a.frames {
			file, err := f.show(canvas)
			if err != nil {
				yield(nil, &BadImageError{Found: string(a.Format), Err: fmt.Errorf("frame %d of the animation: %w", i+1, err)})
				return
			}
			if !yield(file, nil) {
				return
			}
		}
	}
}

// show draws the frame onto the canvas, makes a file of that, and leaves the canvas as the next frame finds it.
func (f animationFrame) show(canvas *image.RGBA) (file []byte, err error) {
	defer contain(&err)
	img, err := f.pixels()
	if err != nil {
		return nil, err
	}
	if err := checkAnnounced(img.Bounds().Size(), f.at.Size()); err != nil {
		return nil, err
	}
	var before *image.RGBA
	if f.after == restorePlace {
		before = image.NewRGBA(f.at)
		draw.Draw(before, f.at, canvas, f.at.Min, draw.Src)
	}
	if !f.over {
		draw.Draw(canvas, f.at, image.White, image.Point{}, draw.Src)
	}
	draw.Draw(canvas, f.at, img, img.Bounds().Min, draw.Over)
	var out bytes.Buffer
	if err := bmp.Encode(&out, canvas); err != nil {
		return nil, err
	}
	switch f.after {
	case clearPlace:
		draw.Draw(canvas, f.at, image.White, image.Point{}, draw.Src)
	case restorePlace:
		draw.Draw(canvas, f.at, before, f.at.Min, draw.Src)
	}
	return out.Bytes(), nil
}

// inside checks that a frame lies on its canvas.
func inside(at, canvas image.Rectangle) error {
	if at.Empty() || !at.In(canvas) {
		return fmt.Errorf("a frame at %v does not lie on its canvas of %d×%d", at, canvas.Dx(), canvas.Dy())
	}
	return nil
}
