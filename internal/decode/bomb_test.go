package decode

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"slices"
	"testing"
)

// Bomb is a small file that first says that it is of a small size, and then that it is of a large one.
type Bomb struct {
	Name string
	Data []byte
	// inDecode and inAnimation stand in the errors of Decode and OpenAnimation; "" where what is large may go unseen.
	inDecode, inAnimation string
}

const bombSide = 9000

// Bombs are files that must not make a decoder take memory for a size that no limit was checked on.
func Bombs(t testing.TB) []Bomb {
	lossless := read(t, "testdata", "lossless.webp")[12:] // the chunk with its pixels, 67×83
	small, large := vp8x(animationFlag, 100, 100), vp8x(animationFlag, bombSide, bombSide)
	frame := anmf(0, 0, 67, 83, lossless)
	png, jpg := read(t, "testdata", "rgb.png"), read(t, "testdata", "baseline.jpg")
	const second, beyond, invalid = "a second VP8X", "does not lie on its canvas", "invalid format"
	return []Bomb{
		{"WebP with a second VP8X", riffFile(small, large, frame), second, second},
		{"WebP with a second VP8X after a frame", riffFile(small, frame, large, anmf(8000, 8000, 67, 83, lossless)), "", second},
		{"WebP with a second VP8X that is still", riffFile(small, vp8x(0, bombSide, bombSide), bombVP8L()), second, second},
		{"WebP with a frame beyond its canvas", riffFile(small, anmf(0, 0, bombSide, bombSide, bombVP8L())), beyond, beyond},
		{"WebP with pixels beyond its frame", riffFile(small, anmf(0, 0, 67, 83, bombVP8L()), frame), invalid, ""},
		{"WebP with a VP8X in its frame", riffFile(small, anmf(0, 0, 67, 83, slices.Concat(large, bombVP8L())), frame), invalid, ""},
		{"WebP with VP8L beyond VP8X", riffFile(vp8x(0, 100, 100), bombVP8L()), invalid, ""},
		{"WebP with VP8 beyond VP8X", riffFile(vp8x(0, 100, 100), bombVP8()), invalid, ""},
		{"WebP with a VP8 longer than the file", bombLongVP8(nil), "cut off", ""},
		{"WebP with a VP8X and a VP8 longer than the file", bombLongVP8(vp8x(0, 100, 100)), "cut off", ""},
		{"APNG with a second IHDR", bombAPNG(pngHeader(bombSide), nil), "out of order", "a second IHDR"},
		{"APNG with a second IHDR after a frame", bombAPNG(nil, pngHeader(bombSide)), "out of order", "a second IHDR"},
		{"APNG with a frame beyond its canvas", bombAPNG(nil, nil), "", beyond},
		{"PNG with a second IHDR", slices.Insert(png, len(pngSignature)+12+pngHeaderSize, pngHeader(bombSide)...), "out of order", ""},
		{"GIF with frames beyond its screen", bombGIF(t), "larger than image bounds", beyond},
		{"JPEG with a second SOF", slices.Insert(jpg, bytes.Index(jpg, []byte{0xff, 0xda}), bombSOF(jpg)...), "SOF markers", ""},
		{"TIFF with a second width", bombTIFF(), "not sorted", "not sorted"},
	}
}

// anmf is a frame of an animated WebP at an even place.
func anmf(x, y, width, height int, chunks []byte) []byte {
	return riffChunk("ANMF", slices.Concat(le24(x/2), le24(y/2), le24(width-1), le24(height-1), le24(0), []byte{0}, chunks))
}

func bombVP8L() []byte {
	const signature, side = 0x2f, uint32(bombSide - 1)
	return riffChunk("VP8L", append(binary.LittleEndian.AppendUint32([]byte{signature}, side|side<<14), make([]byte, 64)...))
}

func bombVP8() []byte {
	head := []byte{1 << 4, 0, 0, 0x9d, 0x01, 0x2a} // a key frame that is shown
	head = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(head, bombSide), bombSide)
	return riffChunk("VP8 ", append(head, make([]byte, 64)...))
}

// bombLongVP8 announces eight partitions of 16 MB each, for which the decoder takes memory before it reads them.
func bombLongVP8(before []byte) []byte {
	const partition, side = 1<<24 - 1, 100
	// A key frame that is shown, its first partition of 4 bytes: 14 bits that are off, then ones for the number of partitions.
	head := []byte{1<<4 | 4<<5, 0, 0, 0x9d, 0x01, 0x2a, side, 0, side, 0, 0, 0x03, 0xff, 0xff}
	file := riffFile(before, riffChunk("VP8 ", append(head, bytes.Repeat([]byte{0xff}, 7*3)...)))
	binary.LittleEndian.PutUint32(file[4:], 8*partition+1000)
	binary.LittleEndian.PutUint32(file[bytes.Index(file, []byte("VP8 "))+4:], 8*partition)
	return file
}

// pngHeader is that of a square with one bit a pixel.
func pngHeader(side uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, side), side)
	return appendChunk(nil, "IHDR", append(head, 1, 0, 0, 0, 0))
}

// bombAPNG has a header of 100×100, chunks after it and between its frames, and a second frame of 9000×9000.
func bombAPNG(afterHeader, afterFrame []byte) []byte {
	control := func(sequence, side uint32) []byte {
		c := make([]byte, apngFrameSize)
		for i, v := range []uint32{sequence, side, side} {
			binary.BigEndian.PutUint32(c[4*i:], v)
		}
		return c
	}
	file := slices.Concat([]byte(pngSignature), pngHeader(100), afterHeader)
	file = appendChunk(file, "acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0})
	file = appendChunk(file, "fcTL", control(0, 100))
	// Deflate's stored block: 100 rows of a filter and 13 bytes, whose Adler-32 has 1 in its lower and 1400 in its upper half.
	const rows = 100 * 14
	stored := []byte{0x78, 0x01, 1, rows & 255, rows >> 8, ^byte(rows & 255), ^byte(rows >> 8)}
	file = appendChunk(file, "IDAT", slices.Concat(stored, make([]byte, rows), []byte{rows >> 8, rows & 255, 0, 1}))
	file = append(file, afterFrame...)
	file = appendChunk(file, "fcTL", control(1, bombSide))
	file = appendChunk(file, "fdAT", append([]byte{0, 0, 0, 2}, stored...))
	return appendChunk(file, "IEND", nil)
}

// bombGIF has two frames of 100×100 on a screen of 50×50.
func bombGIF(t testing.TB) []byte {
	t.Helper()
	frame := image.NewPaletted(image.Rect(0, 0, 100, 100), color.Palette{color.Black, color.White})
	var file bytes.Buffer
	if err := gif.EncodeAll(&file, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	copy(file.Bytes()[6:], []byte{50, 0, 50, 0})
	return file.Bytes()
}

// bombSOF is a JPEG's start of frame with a larger size.
func bombSOF(jpg []byte) []byte {
	at := bytes.Index(jpg, []byte{0xff, 0xc0})
	sof := bytes.Clone(jpg[at : at+2+int(binary.BigEndian.Uint16(jpg[at+2:]))])
	binary.BigEndian.PutUint16(sof[5:], bombSide)
	binary.BigEndian.PutUint16(sof[7:], bombSide)
	return sof
}

func bombTIFF() []byte {
	const long = 4
	file := append([]byte("II*\x00"), 8, 0, 0, 0, 4, 0)
	for _, entry := range [][2]uint32{{256, 100}, {256, bombSide}, {257, 100}, {262, 1}} {
		file = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(file, uint16(entry[0])), long)
		file = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(file, 1), entry[1])
	}
	return append(file, 0, 0, 0, 0)
}
