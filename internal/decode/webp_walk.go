package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"

	"golang.org/x/image/riff"
)

const (
	vp8xSize       = 10
	frameHeadSize  = 16
	animationFlag  = 1 << 1
	alphaFlag      = 1 << 4
	riffHeaderSize = 8
)

var (
	errNoFrame     = errors.New("neither a picture nor a frame of an animation")
	errNotAnimated = errors.New("not an animation")
)

// webpWalk walks through the chunks of a WebP file from frame to frame.
type webpWalk struct {
	file     *bytes.Reader
	chunks   *riff.Reader
	canvas   image.Rectangle // of the size that the limits were checked on
	extended bool            // the header VP8X has been seen
	animated bool            // and announces frames
}

func newWebPWalk(data []byte, canvas image.Rectangle) (*webpWalk, error) {
	file := bytes.NewReader(data)
	_, chunks, err := riff.NewReader(file)
	return &webpWalk{file: file, chunks: chunks, canvas: canvas}, err
}

// next finds the next frame of an animation. Its error is errNotAnimated at a still picture and io.EOF at the end.
func (w *webpWalk) next() (*webpFrame, error) {
	for {
		id, size, content, err := w.chunks.Next()
		if err != nil {
			return nil, err
		}
		switch string(id[:]) {
		case "VP8 ":
			if int64(size) > int64(w.file.Len()) { // for which the decoder would take memory, up to 128 MiB
				return nil, errTruncated
			}
			return nil, errNotAnimated
		case "VP8L":
			return nil, errNotAnimated
		case "VP8X":
			if err := w.header(content); err != nil {
				return nil, err
			}
		case "ANMF":
			if !w.animated {
				continue // as viewers do
			}
			frame, err := io.ReadAll(content)
			if err != nil {
				return nil, err
			}
			return newWebPFrame(frame, w.canvas)
		}
	}
}

// header reads the chunk VP8X, the only one that tells the canvas's size.
func (w *webpWalk) header(content io.Reader) error {
	if w.extended {
		return errors.New("a second VP8X, allowed is one")
	}
	w.extended = true
	head := make([]byte, vp8xSize)
	if _, err := io.ReadFull(content, head); err != nil {
		return err
	}
	w.animated = head[0]&animationFlag != 0
	return checkAnnounced(webpSizeOf(head[4:]), w.canvas.Size())
}

// webpFrame is one frame of an animation.
type webpFrame struct {
	still []byte // a WebP file of its own
	at    image.Rectangle
	flags byte
}

// firstWebPFrame fails with errNotAnimated when the file is no animation.
func firstWebPFrame(data []byte, canvas image.Rectangle) (*webpFrame, error) {
	walk, err := newWebPWalk(data, canvas)
	if err != nil {
		return nil, err
	}
	frame, err := walk.next()
	if errors.Is(err, io.EOF) {
		return nil, errNoFrame
	}
	return frame, err
}

// newWebPFrame reads an ANMF chunk: its place and size, then the chunks of a still picture.
func newWebPFrame(frame []byte, canvas image.Rectangle) (*webpFrame, error) {
	if len(frame) < frameHeadSize+4 {
		return nil, errTruncated
	}
	head, chunks := frame[:frameHeadSize], frame[frameHeadSize:]
	at := image.Rectangle{Min: image.Pt(2*uint24(head), 2*uint24(head[3:]))}
	at.Max = at.Min.Add(webpSizeOf(head[6:]))
	if err := inside(at, canvas); err != nil {
		return nil, err
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
	return &webpFrame{still: still, at: at, flags: head[frameHeadSize-1]}, nil
}

// webpSizeOf reads width and height, of which one less is stored.
func webpSizeOf(b []byte) image.Point { return image.Pt(1+uint24(b), 1+uint24(b[3:])) }

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
