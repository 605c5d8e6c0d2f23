package decode

import (
	"bytes"
	"errors"
	"image"
	"io"

	"golang.org/x/image/riff"
	"golang.org/x/image/webp"
)

// What the last byte of a frame's head says.
const (
	webpDisposeFlag = 1
	webpReplaceFlag = 1 << 1
)

// webpFrames finds the frames of an animated WebP.
func webpFrames(data []byte, found *frameList) error {
	_, chunks, err := riff.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	var canvas image.Rectangle
	for {
		id, _, content, err := chunks.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch string(id[:]) {
		case "VP8 ", "VP8L":
			return nil
		case "VP8X":
			head := make([]byte, vp8xSize)
			if _, err := io.ReadFull(content, head); err != nil {
				return err
			}
			if head[0]&animationFlag == 0 {
				return nil
			}
			canvas = image.Rect(0, 0, 1+uint24(head[4:]), 1+uint24(head[7:]))
		case "ANMF":
			chunk, err := io.ReadAll(content)
			if err != nil {
				return err
			}
			frame, err := newWebPFrame(chunk, canvas)
			if err != nil {
				return err
			}
			found.add(animatedWebPFrame(chunk, frame))
		}
	}
}

func animatedWebPFrame(chunk []byte, frame *webpFrame) animationFrame {
	size := image.Pt(1+uint24(chunk[6:]), 1+uint24(chunk[9:]))
	f := animationFrame{
		at:     image.Rectangle{Min: frame.at, Max: frame.at.Add(size)},
		over:   chunk[frameHeadSize-1]&webpReplaceFlag == 0,
		pixels: func() (image.Image, error) { return webpWithAlpha(frame.still) },
	}
	if chunk[frameHeadSize-1]&webpDisposeFlag != 0 {
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
