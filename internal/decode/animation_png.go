package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
)

const (
	pngSignature   = "\x89PNG\r\n\x1a\n"
	pngHeaderSize  = 13
	apngFrameSize  = 26
	apngDataPrefix = 4 // the sequence number before a frame's data
)

var errDamagedChunk = errors.New("a chunk is damaged: its checksum is wrong")

// pngFrames finds the frames of an animated PNG. One without the chunk acTL is not animated.
func pngFrames(data []byte, found *frameList) error {
	a := apng{found: found}
	for at := len(pngSignature); ; {
		if len(data)-at < 12 {
			return errTruncated
		}
		size, name := int64(binary.BigEndian.Uint32(data[at:])), string(data[at+4:at+8])
		if size > int64(len(data)-at-12) {
			return errTruncated
		}
		end := at + 8 + int(size)
		if crc32.ChecksumIEEE(data[at+4:end]) != binary.BigEndian.Uint32(data[end:]) {
			return errDamagedChunk
		}
		done, err := a.chunk(name, data[at+8:end])
		if done || err != nil {
			return err
		}
		at = end + 4
	}
}

// apng collects the frames while its chunks pass.
type apng struct {
	found    *frameList
	header   []byte
	shared   []byte // the chunks that every frame needs: palette and transparency
	animated bool
	frame    *apngFrame
	sequence uint32
}

// apngFrame is a frame that is being collected.
type apngFrame struct {
	control []byte
	data    [][]byte
}

// chunk takes one chunk; done says that nothing more is to be found.
func (a *apng) chunk(name string, content []byte) (done bool, err error) {
	switch name {
	case "IHDR":
		return false, a.takeHeader(content)
	case "PLTE", "tRNS":
		a.shared = appendChunk(a.shared, name, content)
	case "acTL":
		a.animated = true
	case "IDAT":
		if !a.animated {
			return true, nil
		}
		if a.frame != nil { // otherwise the default image is no frame
			a.frame.data = append(a.frame.data, content)
		}
	case "fcTL":
		if err := a.next(content, apngFrameSize); err != nil {
			return false, err
		}
		if err := a.finish(); err != nil {
			return false, err
		}
		a.frame = &apngFrame{control: content}
	case "fdAT":
		if err := a.next(content, apngDataPrefix); err != nil {
			return false, err
		}
		if a.frame == nil {
			return false, errTruncated
		}
		a.frame.data = append(a.frame.data, content[apngDataPrefix:])
	case "IEND":
		return true, a.finish()
	}
	return false, nil
}

// takeHeader takes the picture's only header, whose size is that of the canvas.
func (a *apng) takeHeader(content []byte) error {
	if a.header != nil {
		return errors.New("a second IHDR, allowed is one")
	}
	if len(content) != pngHeaderSize {
		return errTruncated
	}
	a.header = content
	return checkAnnounced(pngPoint(content), a.found.canvas.Size())
}

// pngPoint reads two numbers, across and down.
func pngPoint(b []byte) image.Point {
	return image.Pt(int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:])))
}

// next checks a chunk's size and its place in the sequence.
func (a *apng) next(content []byte, least int) error {
	if len(content) < least {
		return errTruncated
	}
	if got := binary.BigEndian.Uint32(content); got != a.sequence {
		return fmt.Errorf("the animation's chunk %d stands where %d belongs", got, a.sequence)
	}
	a.sequence++
	return nil
}

// finish adds the frame that was being collected.
func (a *apng) finish() error {
	if a.frame == nil {
		return nil
	}
	const (
		disposeBackground = 1
		disposePrevious   = 2
		blendOver         = 1
	)
	control := a.frame.control
	at := image.Rectangle{Min: pngPoint(control[12:])}
	at.Max = at.Min.Add(pngPoint(control[4:]))
	frame := animationFrame{at: at, over: control[25] == blendOver, pixels: a.still(*a.frame)}
	switch control[24] {
	case disposeBackground:
		frame.after = clearPlace
	case disposePrevious:
		frame.after = restorePlace
	}
	return a.found.add(frame)
}

// still decodes a frame as a PNG of its own.
func (a *apng) still(frame apngFrame) func() (image.Image, error) {
	header, shared := a.header, a.shared
	return func() (image.Image, error) {
		own := bytes.Clone(header)
		copy(own, frame.control[4:12])
		file := appendChunk([]byte(pngSignature), "IHDR", own)
		file = append(file, shared...)
		for _, data := range frame.data {
			file = appendChunk(file, "IDAT", data)
		}
		return png.Decode(bytes.NewReader(appendChunk(file, "IEND", nil)))
	}
}

func appendChunk(file []byte, name string, content []byte) []byte {
	file = binary.BigEndian.AppendUint32(file, uint32(len(content)))
	begin := len(file)
	file = append(append(file, name...), content...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[begin:]))
}
