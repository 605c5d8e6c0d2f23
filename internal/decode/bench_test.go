//go:build linux && cgo && !nojpegturbo

package decode

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"math"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bonafide-pad/bonafide/internal/decode/jpegturbo/bare"
)

// twelveMegapixels is the portrait tiled to 4096×3072, a JPEG in 4:2:0 of quality 90.
func twelveMegapixels(b *testing.B) []byte {
	b.Helper()
	tile, err := jpeg.Decode(bytes.NewReader(read(b, "../../testdata/astronaut.jpg")))
	if err != nil {
		b.Fatal(err)
	}
	wall := image.NewYCbCr(image.Rect(0, 0, 4096, 3072), image.YCbCrSubsampleRatio420)
	picture := image.NewRGBA(wall.Rect)
	for y := 0; y < 3072; y += 512 {
		for x := 0; x < 4096; x += 512 {
			draw.Draw(picture, image.Rect(x, y, x+512, y+512), tile, image.Point{}, draw.Src)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkJPEG12MP decodes and lets libjpeg-turbo alone decode, turn by turn, and reports the ratio of the least CPU time
// that each took: on a busy machine the rest is noise.
func BenchmarkJPEG12MP(b *testing.B) {
	data := twelveMegapixels(b)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ours, bares := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	b.ReportAllocs()
	for b.Loop() {
		start := threadTime(b)
		p, err := Decode(data, DefaultLimits())
		if err != nil {
			b.Fatal(err)
		}
		p.Release()
		between := threadTime(b)
		if err := bare.Decode(data); err != nil {
			b.Fatal(err)
		}
		ours, bares = min(ours, between-start), min(bares, threadTime(b)-between)
	}
	b.ReportMetric(ours.Seconds()*1e3, "CPU-ms/decode")
	b.ReportMetric(bares.Seconds()*1e3, "CPU-ms/bare")
	b.ReportMetric(float64(ours)/float64(bares), "ratio")
}

// threadTime is the CPU time of the calling thread.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}
