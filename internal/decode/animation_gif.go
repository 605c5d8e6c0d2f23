package decode

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"slices"
)

const (
	gifHeadSize       = 13 // with the logical screen
	gifImageSize      = 10
	gifExtension      = 0x21
	gifImage          = 0x2c
	gifTrailer        = 0x3b
	gifGraphicControl = 0xf9
	gifTableFlag      = 0x80
)

// gifFrames finds the images of a GIF. Each is given to image/gif as a file of its own, because for all at once it would need
// memory for each.
func gifFrames(data []byte, found *frameList) error {
	r := gifReader{data: data}
	head, err := r.take(gifHeadSize)
	if err != nil {
		return err
	}
	if err := r.skipTable(head[10]); err != nil {
		return err
	}
	start, control := slices.Clip(data[:r.at]), []byte(nil)
	for {
		begin := r.at
		kind, err := r.take(1)
		if err != nil {
			return err
		}
		switch kind[0] {
		case gifTrailer:
			return nil
		case gifExtension:
			label, err := r.take(1)
			if err != nil {
				return err
			}
			if err := r.skipBlocks(); err != nil {
				return err
			}
			if label[0] == gifGraphicControl {
				control = data[begin:r.at]
			}
		case gifImage:
			r.at = begin
			at, err := r.skipImage()
			if err != nil {
				return err
			}
			if err := found.add(gifFrame(start, control, data[begin:r.at], at)); err != nil {
				return err
			}
			control = nil
		default:
			return errTruncated
		}
	}
}

// gifFrame is a frame of its image and the control block before it, if there is one.
func gifFrame(start, control, img []byte, at image.Rectangle) animationFrame {
	f := animationFrame{at: at, over: true, pixels: func() (image.Image, error) {
		file := append(append(append(append([]byte{}, start...), control...), img...), gifTrailer)
		return gif.Decode(bytes.NewReader(file))
	}}
	if len(control) > 3 {
		switch control[3] >> 2 & 7 {
		case gif.DisposalBackground:
			f.after = clearPlace
		case gif.DisposalPrevious:
			f.after = restorePlace
		}
	}
	return f
}

// gifReader walks through a GIF's blocks.
type gifReader struct {
	data []byte
	at   int
}

func (r *gifReader) take(n int) ([]byte, error) {
	if n > len(r.data)-r.at {
		return nil, errTruncated
	}
	r.at += n
	return r.data[r.at-n : r.at], nil
}

// skipTable passes over the colour table that the flags announce.
func (r *gifReader) skipTable(flags byte) error {
	if flags&gifTableFlag == 0 {
		return nil
	}
	_, err := r.take(3 << (1 + flags&7))
	return err
}

// skipBlocks passes over blocks up to the empty one.
func (r *gifReader) skipBlocks() error {
	for {
		size, err := r.take(1)
		if err != nil {
			return err
		}
		if size[0] == 0 {
			return nil
		}
		if _, err := r.take(int(size[0])); err != nil {
			return err
		}
	}
}

// skipImage passes over an image and returns its place.
func (r *gifReader) skipImage() (image.Rectangle, error) {
	head, err := r.take(gifImageSize)
	if err != nil {
		return image.Rectangle{}, err
	}
	field := func(i int) int { return int(binary.LittleEndian.Uint16(head[i:])) }
	if err := r.skipTable(head[9]); err != nil {
		return image.Rectangle{}, err
	}
	if _, err := r.take(1); err != nil { // the size of LZW's codes
		return image.Rectangle{}, err
	}
	return image.Rect(field(1), field(3), field(1)+field(5), field(3)+field(7)), r.skipBlocks()
}
