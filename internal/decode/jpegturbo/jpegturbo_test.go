//go:build cgo && !nojpegturbo

package jpegturbo

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const manyScans = 100

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(data []byte, maxScans int) (Header, Pixels, error) {
	h, err := ReadHeader(data)
	if err != nil {
		return h, Pixels{}, err
	}
	p, err := Decode(data, h, make([]byte, h.Memory()), maxScans)
	return h, p, err
}

func TestDecodeKeepsWhatTheFileStores(t *testing.T) {
	for _, test := range []struct {
		file string
		want string
	}{
		{"baseline.jpg", "YCbCrSubsampleRatio420"},
		{"progressive.jpg", "YCbCrSubsampleRatio420"},
		{"444.jpg", "YCbCrSubsampleRatio444"},
		{"422.jpg", "YCbCrSubsampleRatio422"},
		{"440.jpg", "YCbCrSubsampleRatio440"},
		{"411.jpg", "YCbCrSubsampleRatio411"},
		{"410.jpg", "YCbCrSubsampleRatio410"},
		{"grey.jpg", "grey"},
		{"rgb.jpg", "RGB"},
		{"cmyk.jpg", "RGB"},
		{"ycck.jpg", "RGB"},
	} {
		t.Run(test.file, func(t *testing.T) {
			h, p, err := decode(read(t, test.file), manyScans)
			if err != nil {
				t.Fatal(err)
			}
			if got := kind(t, h, p); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// kind names what is set in p and checks that it has the size that the header says.
func kind(t *testing.T, h Header, p Pixels) string {
	t.Helper()
	size := image.Rect(0, 0, h.Width, h.Height)
	switch {
	case p.YCC != nil:
		// The standard library's way to the last sample of chroma, of which there are two bytes here.
		samples := image.YCbCr{CStride: p.YCC.ChromaStride / 2, SubsampleRatio: p.YCC.Ratio, Rect: size}
		last := size.Max.Sub(image.Pt(1, 1))
		if p.YCC.Width != h.Width || p.YCC.Height != h.Height || last.Y*p.YCC.LumaStride+last.X >= len(p.YCC.Luma) ||
			2*samples.COffset(last.X, last.Y)+1 >= len(p.YCC.Chroma) {
			t.Errorf("the planes of %d×%d do not hold %v", p.YCC.Width, p.YCC.Height, size)
		}
		return p.YCC.Ratio.String()
	case p.Gray != nil:
		if last := size.Max.Sub(image.Pt(1, 1)); p.Gray.Rect != size || p.Gray.PixOffset(last.X, last.Y) >= len(p.Gray.Pix) {
			t.Errorf("the plane of %v does not hold %v", p.Gray.Rect, size)
		}
		return "grey"
	default:
		if len(p.RGB) != 3*h.Width*h.Height {
			t.Errorf("%d bytes for %v", len(p.RGB), size)
		}
		return "RGB"
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	whole := read(t, "baseline.jpg")
	// Ones without an end are no Huffman code.
	noCode := append([]byte(nil), whole...)
	copy(noCode[len(whole)/2:], "\xff\x00\xff\x00\xff\x00\xff\x00")
	lostRestart := append([]byte(nil), read(t, "restart.jpg")...)
	lostRestart[strings.Index(string(lostRestart), "\xff\xd3")+1] = 0xd6
	for name, data := range map[string][]byte{
		"half":                whole[:len(whole)/2],
		"last byte of pixels": whole[:len(whole)-3],
		"no code":             noCode,
		"restart":             lostRestart,
		"progressive, no end": read(t, "progressive.jpg")[:len(read(t, "progressive.jpg"))-2],
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := decode(data, manyScans); !errors.Is(err, ErrDamaged) {
				t.Errorf("error %v, want ErrDamaged", err)
			}
		})
	}
}

func TestDecodeForgives(t *testing.T) {
	whole := read(t, "baseline.jpg")
	for name, data := range map[string][]byte{
		"no end-of-image marker":   whole[:len(whole)-2],
		"half of it":               whole[:len(whole)-1],
		"something after the end":  append(append([]byte(nil), whole...), "more"...),
		"fill before the last one": append(append([]byte(nil), whole[:len(whole)-2]...), 0xff, 0xff, 0xff, 0xd9),
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := decode(data, manyScans); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDecodeStopsAtTooManyScans(t *testing.T) {
	if _, _, err := decode(read(t, "progressive.jpg"), 9); !errors.Is(err, ErrScans) {
		t.Errorf("error %v, want ErrScans", err)
	}
	if _, _, err := decode(read(t, "progressive.jpg"), 10); err != nil {
		t.Error(err)
	}
}

func TestDecodeChecksItsArguments(t *testing.T) {
	data := read(t, "baseline.jpg")
	h, err := ReadHeader(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(data, h, make([]byte, h.Memory()-1), manyScans); err == nil {
		t.Error("decoded into too little memory")
	}
	other, err := ReadHeader(read(t, "444.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(data, other, make([]byte, other.Memory()), manyScans); err == nil {
		t.Error("decoded with the header of another file")
	}
	if _, err := ReadHeader(nil); err == nil {
		t.Error("read a header of nothing")
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("../testdata/*.jpg")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(read(f, filepath.Base(file)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(data)
		if err != nil || h.Width*h.Height > 1<<20 {
			return
		}
		const guard, mark = 64, 0xa5
		memory := make([]byte, h.Memory()+guard)
		for i := range guard {
			memory[h.Memory()+i] = mark
		}
		p, err := Decode(data, h, memory[:h.Memory()], manyScans)
		for _, b := range memory[h.Memory():] {
			if b != mark {
				t.Fatal("wrote beyond the memory")
			}
		}
		if err == nil {
			kind(t, h, p)
		}
	})
}
