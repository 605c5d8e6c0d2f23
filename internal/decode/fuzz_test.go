package decode

import (
	"os"
	"testing"
)

func FuzzDecode(f *testing.F) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			f.Add(read(f, "testdata", e.Name()))
		}
	}
	for _, b := range Bombs(f) {
		f.Add(b.Data)
	}
	for _, s := range signatures {
		f.Add([]byte(s.magic))
	}
	limits := Limits{Bytes: 1 << 20, Pixels: 1 << 20, Side: 4096}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode(data, limits)
		if err != nil {
			checkTyped(t, err)
			return
		}
		w, h := got.Image.Width(), got.Image.Height()
		if err := limits.checkSize(w, h); err != nil {
			t.Errorf("a picture beyond the limits: %v", err)
		}
		got.Image.RGBAt(w-1, h-1)
		got.Release()
	})
}

// FuzzOrientation: EXIF that can't be read costs no picture, so that no panic may come from what reads it.
func FuzzOrientation(f *testing.F) {
	for _, name := range []string{"exif3.tiff", "exif6.png", "exif8.webp"} {
		f.Add(read(f, "testdata", name))
	}
	f.Add(read(f, "../../testdata/astronaut-exif6.jpg")[:1<<10])
	f.Fuzz(func(t *testing.T, data []byte) {
		for format, c := range codecs {
			if o := c.orientation(data); o < 1 || o > 8 {
				t.Errorf("%s: orientation %d", format, o)
			}
		}
	})
}
