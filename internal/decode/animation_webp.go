package decode

import (
	"bytes"
	"errors"
	"image"
	"io"

	"golang.org/x/image/webp"
)

// What the last byte of a frame's head says.
const (
	webpDisposeFlag = 1
	webpReplaceFlag = 1 << 1
)

// webpFrames finds the frames of an animated WebP.
func webpFrames(data []byte, found *frameList) error {
	walk, err := newWebPWalk(data, found.canvas)
	if err != nil {
		return err
	}
	for {
		frame, err := walk.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errNotAnimated) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := found.add(animatedWebPFrame(frame)); err != nil {
			return err
		}
	}
}

func animatedWebPFrame(frame *webpFrame) animationFrame {
	f := animationFrame{
		at:     frame.at,
		over:   frame.flags&webpReplaceFlag == 0,
		pixels: func() (image.Image, error) { return webpWithAlpha(frame.still) },
	}
	if frame.flags&webpDisposeFlag != 0 {
		f.after = clearPlace
	}
	return f
}

// webpWithAlpha decodes a file without animation and keeps what is transparent.
func webpWithAlpha(data []byte) (image.Image, error) {
	img, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	switch p := img.(type) {
	case *image.YCbCr:
		toFullRange(p)
	case *image.NYCbCrA:
		toFullRange(&p.YCbCr)
	}
	return img, nil
}
