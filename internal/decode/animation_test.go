package decode_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"

	"github.com/bonafide-pad/bonafide/internal/decode"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// colours are those of the tests' pictures by letter; '.' is transparent.
var colours = map[rune]color.NRGBA{
	'R': {255, 0, 0, 255}, 'G': {0, 255, 0, 255}, 'B': {0, 0, 255, 255}, 'W': {255, 255, 255, 255}, '.': {},
}

// strip is a picture of one row at x, painted by letters.
func strip(x int, letters string) *image.Paletted {
	palette := color.Palette{colours['R'], colours['G'], colours['B'], colours['W'], colours['.']}
	p := image.NewPaletted(image.Rect(x, 0, x+len(letters), 1), palette)
	for i, l := range letters {
		p.SetColorIndex(x+i, 0, uint8(strings.IndexRune("RGBW.", l)))
	}
	return p
}

// letters reads a BMP of one row back; a colour that is nearly one of the letters' counts as that.
func letters(t *testing.T, file []byte) string {
	t.Helper()
	img, err := bmp.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var row strings.Builder
	for x := range img.Bounds().Dx() {
		r, g, b, _ := img.At(x, 0).RGBA()
		found := '?'
		for l, c := range colours {
			if near(r, c.R) && near(g, c.G) && near(b, c.B) && c.A != 0 {
				found = l
			}
		}
		row.WriteRune(found)
	}
	return row.String()
}

func near(got uint32, want uint8) bool {
	return max(got>>8, uint32(want))-min(got>>8, uint32(want)) <= 1
}

func frames(t *testing.T, file []byte) (*decode.Animation, []string) {
	t.Helper()
	a, err := decode.OpenAnimation(file, decode.DefaultLimits(), 10)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for frame, err := range a.Frames() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, letters(t, frame))
	}
	return a, rows
}

func TestAnimationFrames(t *testing.T) {
	for name, c := range map[string]struct {
		dispose byte
		over    bool
		want    string
	}{
		"over, kept":         {0, true, "RRRR RRGR RRGB"},
		"over, cleared":      {1, true, "RRRR RRGR RWWB"},
		"over, as before":    {2, true, "RRRR RRGR RRRB"},
		"replaced, kept":     {0, false, "RRRR RWGR RWGB"},
		"replaced, cleared":  {1, false, "RRRR RWGR RWWB"},
		"replaced as before": {2, false, "RRRR RWGR RRRB"},
	} {
		t.Run(name, func(t *testing.T) {
			first, second, third := strip(0, "RRRR"), strip(1, ".G"), strip(3, "B")
			file := decodetest.APNG(t, decodetest.Frame{Picture: first}, decodetest.Frame{Picture: second, Dispose: c.dispose, Over: c.over}, decodetest.Frame{Picture: third})
			a, got := frames(t, file)
			if strings.Join(got, " ") != c.want || a.Count != 3 || a.Format != decode.PNG {
				t.Errorf("PNG: got %v, wanted is %s", got, c.want)
			}
			if !c.over {
				return // a GIF's transparent pixels always show what was there
			}
			var out bytes.Buffer
			disposal := []byte{gif.DisposalNone, []byte{gif.DisposalNone, gif.DisposalBackground, gif.DisposalPrevious}[c.dispose], gif.DisposalNone}
			if err := gif.EncodeAll(&out, &gif.GIF{Image: []*image.Paletted{first, second, third}, Delay: []int{1, 1, 1}, Disposal: disposal}); err != nil {
				t.Fatal(err)
			}
			if a, got := frames(t, out.Bytes()); strings.Join(got, " ") != c.want || a.Count != 3 || a.Format != decode.GIF {
				t.Errorf("GIF: got %v, wanted is %s", got, c.want)
			}
		})
	}
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// animatedWebP makes an animation of still WebP files that end with their pixels, all of the canvas's size, with each one's flags.
func animatedWebP(t testing.TB, width, height int, stills [][]byte, flags []byte) []byte {
	t.Helper()
	uint24 := func(b []byte, v int) []byte { return append(b, byte(v), byte(v>>8), byte(v>>16)) }
	body := append([]byte("WEBPVP8X"), 10, 0, 0, 0, 1<<1|1<<4, 0, 0, 0)
	body = uint24(uint24(body, width-1), height-1)
	for i, still := range stills {
		at := regexp.MustCompile("ALPH|VP8[L ]").FindIndex(still)[0]
		head := uint24(uint24(make([]byte, 6), width-1), height-1)
		head = append(uint24(head, 100), flags[i])
		body = append(body, "ANMF"...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(head)+len(still)-at))
		body = append(append(body, head...), still[at:]...)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func TestAnimatedWebP(t *testing.T) {
	below, above := file(t, "lossless.webp"), file(t, "alpha.webp")
	opaque, err := webp.Decode(bytes.NewReader(below))
	if err != nil {
		t.Fatal(err)
	}
	transparent, err := webp.Decode(bytes.NewReader(above))
	if err != nil {
		t.Fatal(err)
	}
	size := opaque.Bounds().Size()
	const replace, dispose = 2, 1
	animation := animatedWebP(t, size.X, size.Y, [][]byte{below, above, above, above}, []byte{0, 0, replace | dispose, 0})
	a, err := decode.OpenAnimation(animation, decode.DefaultLimits(), 10)
	if err != nil || a.Count != 4 {
		t.Fatalf("%+v, %v", a, err)
	}
	var shown []image.Image
	for f, err := range a.Frames() {
		if err != nil {
			t.Fatal(err)
		}
		img, err := bmp.Decode(bytes.NewReader(f))
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, img)
	}
	through := 0
	for y := range size.Y {
		for x := range size.X {
			top := color.NRGBAModel.Convert(transparent.At(x, y)).(color.NRGBA)
			if top.A == 255 {
				continue
			}
			through++
			white := color.NRGBA{255, 255, 255, 255}
			bottom := color.NRGBAModel.Convert(opaque.At(x, y)).(color.NRGBA)
			for i, want := range []color.NRGBA{bottom, overlaid(top, bottom), overlaid(top, white), overlaid(top, white)} {
				r, g, b, _ := shown[i].At(x, y).RGBA()
				if !near(r, want.R) || !near(g, want.G) || !near(b, want.B) {
					t.Fatalf("frame %d at %d,%d is %v, wanted is %v", i, x, y, shown[i].At(x, y), want)
				}
			}
		}
	}
	if through == 0 {
		t.Error("the picture above has no transparent pixels to test with")
	}
}

// Frames that are lossy, the second of which keeps its alpha channel in a chunk before, look like the still pictures.
func TestAnimatedWebPOfLossyFrames(t *testing.T) {
	for _, name := range []string{"lossy.webp", "alpha-lossy.webp"} {
		still, err := decode.Decode(file(t, name), decode.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		animation := animatedWebP(t, still.Image.Width(), still.Image.Height(), [][]byte{file(t, name)}, []byte{0})
		framed, err := decode.Decode(animation, decode.DefaultLimits())
		if err != nil {
			t.Fatalf("%s as a frame: %v", name, err)
		}
		if d := difference(framed.Image, still.Image); d != "" {
			t.Errorf("%s looks different as a frame: %s", name, d)
		}
	}
}

// difference tells of the first pixel in which two pictures differ; it is empty where none does.
func difference(got, want *raster.Image) string {
	if got.Width() != want.Width() || got.Height() != want.Height() {
		return fmt.Sprintf("%d×%d, wanted is %d×%d", got.Width(), got.Height(), want.Width(), want.Height())
	}
	for y := range want.Height() {
		for x := range want.Width() {
			r, g, b := got.RGBAt(x, y)
			wr, wg, wb := want.RGBAt(x, y)
			if [3]uint8{r, g, b} != [3]uint8{wr, wg, wb} {
				return fmt.Sprintf("at %d,%d: %d %d %d, wanted is %d %d %d", x, y, r, g, b, wr, wg, wb)
			}
		}
	}
	return ""
}

// overlaid is the colour on top seen over an opaque one.
func overlaid(top, bottom color.NRGBA) color.NRGBA {
	mix := func(t, b uint8) uint8 { return uint8((int(t)*int(top.A) + int(b)*(255-int(top.A)) + 127) / 255) }
	return color.NRGBA{mix(top.R, bottom.R), mix(top.G, bottom.G), mix(top.B, bottom.B), 255}
}

// Every committed animation begins with what Decode makes of it.
func TestAnimationsBeginWithTheirPicture(t *testing.T) {
	for _, name := range []string{"animated.gif", "animated.png", "animated.webp"} {
		a, err := decode.OpenAnimation(file(t, name), decode.DefaultLimits(), 10)
		if err != nil || a.Count < 2 {
			t.Fatalf("%s: %+v, %v", name, a, err)
		}
		still, err := decode.Decode(file(t, name), decode.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for f, err := range a.Frames() {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n > 1 {
				continue
			}
			first, err := decode.Decode(f, decode.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if d := difference(first.Image, still.Image); d != "" && name != "animated.png" { // whose default image need not be a frame
				t.Errorf("%s begins with another picture: %s", name, d)
			}
		}
		if n != a.Count {
			t.Errorf("%s: %d frames, %d were announced", name, n, a.Count)
		}
	}
}

func TestStillPicturesHaveOneFrame(t *testing.T) {
	for _, name := range []string{"rgb.jpg", "rgb.png", "lossy.webp", "alpha.webp", "plain.gif", "rgb.bmp", "rgb-raw.tiff"} {
		a, err := decode.OpenAnimation(file(t, name), decode.DefaultLimits(), 10)
		if err != nil || a.Count != 1 {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

func TestAnimationsThatAreNotTaken(t *testing.T) {
	animation := file(t, "animated.gif")
	many, err := decode.OpenAnimation(animation, decode.DefaultLimits(), 1)
	if err != nil || many.Count < 2 {
		t.Errorf("%+v, %v", many, err)
	}
	for range many.Frames() {
		t.Error("a frame of a file with too many")
	}
	damaged := bytes.Clone(file(t, "animated.png"))
	damaged[bytes.Index(damaged, []byte("fcTL"))+8] ^= 1
	var bad *decode.BadImageError
	var large *decode.TooLargeError
	for name, data := range map[string][]byte{
		"text": []byte("hello"), "nothing": nil, "cut off": animation[:len(animation)/2], "checksum": damaged, "cut off APNG": damaged[:len(damaged)-6],
	} {
		if a, err := decode.OpenAnimation(data, decode.DefaultLimits(), 10); !errors.As(err, &bad) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	limits := decode.DefaultLimits()
	limits.Bytes = int64(len(animation))
	if _, err := decode.OpenAnimation(animation, limits, 10); !errors.As(err, &large) && int64(len(animation)) < 3*67*83 {
		t.Errorf("a canvas over the limit: %v", err)
	}
}

func FuzzAnimation(f *testing.F) {
	for _, name := range []string{"animated.gif", "animated.png", "animated.webp", "plain.gif", "alpha.webp"} {
		f.Add(file(f, name))
	}
	f.Add(animatedWebP(f, 67, 83, [][]byte{file(f, "alpha.webp"), file(f, "alpha.webp")}, []byte{3, 0}))
	for _, b := range decode.Bombs(f) {
		f.Add(b.Data)
	}
	limits := decode.Limits{Bytes: 1 << 18, Pixels: 1 << 16, Side: 4096}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := decode.OpenAnimation(data, limits, 5)
		var bad *decode.BadImageError
		var large *decode.TooLargeError
		if err != nil {
			if !errors.As(err, &bad) && !errors.As(err, &large) {
				t.Errorf("error %v of type %T", err, err)
			}
			return
		}
		n := 0
		for frame, err := range a.Frames() {
			if err != nil {
				if !errors.As(err, &bad) {
					t.Errorf("error %v of type %T", err, err)
				}
				return
			}
			n++
			if _, err := decode.Decode(frame, limits); err != nil {
				t.Errorf("a frame that is not taken: %v", err)
			}
		}
		if a.Count <= 5 && a.Count > 1 && n != a.Count {
			t.Errorf("%d of %d frames", n, a.Count)
		}
	})
}
