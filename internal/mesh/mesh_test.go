package mesh_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode"
	"github.com/bonafide-pad/bonafide/internal/detect"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/mesh"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// fitter lays the mesh on a face as the product does: the landmarks in a box, then the mesh on them.
type fitter struct {
	landmarks *landmark.Net64
	mesh      *mesh.Net
}

func openFitter(t testing.TB) fitter {
	t.Helper()
	backend := catalogtest.Backend(t)
	l, err := landmark.NewNet64(backend, catalogtest.Network(t, catalog.Landmarks68))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mesh.New(backend, catalogtest.Network(t, catalog.FaceMesh))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(m.Close(), l.Close()); err != nil {
			t.Error(err)
		}
	})
	return fitter{l, m}
}

func (f fitter) fit(t testing.TB, im *raster.Image, box raster.Rect) *mesh.Mesh {
	t.Helper()
	found, err := f.landmarks.Locate(t.Context(), im, box)
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.mesh.FitOn(t.Context(), im, &found.Points)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func detector(t testing.TB) *detect.UltraLight {
	t.Helper()
	d, err := detect.NewUltraLight(catalogtest.Backend(t), catalogtest.Network(t, catalog.UltraLightDetector))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func data(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("BONAFIDE_DATA")
	if dir == "" {
		t.Skip("BONAFIDE_DATA does not name the folder with the evaluation pictures")
	}
	return dir
}

func picture(t testing.TB, path string) *raster.Image {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := decode.Decode(content, decode.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return p.Image
}

// annotated is a face of the landmarks set.
type annotated struct {
	Points [][2]float64 `json:"pts"`
}

// faces calls see with each annotated face of the landmarks set that lies in a JPEG.
func faces(t *testing.T, see func(im *raster.Image, points []raster.Point)) {
	t.Helper()
	dir := filepath.Join(data(t), "landmarks")
	f, err := os.Open(filepath.Join(dir, "manifest.csv"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if filepath.Ext(row[0]) != ".jpg" {
			continue
		}
		var list []annotated
		if err := json.Unmarshal([]byte(row[2]), &list); err != nil {
			t.Fatal(err)
		}
		im := picture(t, filepath.Join(dir, row[0]))
		for _, face := range list {
			var points []raster.Point
			for _, p := range face.Points {
				points = append(points, raster.Point{X: p[0], Y: p[1]})
			}
			see(im, points)
		}
	}
}

// headBox is a box from forehead to chin round iBUG's landmarks, which end at the brows.
func headBox(points []raster.Point) raster.Rect {
	box := raster.BoundingBox(points)
	box.Y0 -= 0.3 * box.Height()
	return box
}

func center(points []raster.Point) raster.Point { return raster.BoundingBox(points).Center() }

// parts are eyes and mouth: iBUG's landmarks from first to before end, and the points of the mesh nearest to them.
var parts = []struct {
	first, end int
	nearest    []int
}{
	{36, 42, []int{33, 160, 158, 133, 153, 144}},
	{42, 48, []int{362, 385, 387, 263, 373, 380}},
	{48, 68, []int{61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87}},
}

func TestPointsLieOnEyesAndMouth(t *testing.T) {
	f := openFitter(t)
	var count, found int
	var sum float64
	faces(t, func(im *raster.Image, want []raster.Point) {
		m := f.fit(t, im, headBox(want))
		unit := raster.Distance(center(want[36:42]), center(want[42:48]))
		for _, part := range parts {
			var got []raster.Point
			for _, i := range part.nearest {
				got = append(got, raster.Point{X: m.Points[i].X, Y: m.Points[i].Y})
			}
			sum += raster.Distance(center(got), center(want[part.first:part.end])) / unit / float64(len(parts))
		}
		count++
		if m.Flag > 0 {
			found++
		}
	})
	mean := sum / float64(count)
	t.Logf("%d faces, eyes and mouth off by %.3f, the flag finds %d", count, mean, found)
	if count < 30 || mean > 0.06 {
		t.Errorf("%d faces, eyes and mouth off by %.3f of the eyes' distance on average, want at most 0.06", count, mean)
	}
	if found < count-2 {
		t.Errorf("the flag finds %d of %d faces", found, count)
	}
}

func TestPoseTurnsWithThePicture(t *testing.T) {
	const tilt = 15
	f, boxes := openFitter(t), detector(t)
	var count, yawOff, rollOff, tiltOff float64
	for i := range 20 {
		name := fmt.Sprintf("%03d.jpg", i+1)
		im := picture(t, filepath.Join(data(t), "faces", name))
		pose := func(v *raster.Image) (yaw, roll float64) {
			found, err := boxes.Detect(t.Context(), v, detect.Padded(v.Bounds()), detect.UltraLightScore)
			if err != nil || len(found) == 0 {
				t.Fatalf("%s: %d faces, error %v", name, len(found), err)
			}
			yaw, _, roll = f.fit(t, v, found[0].Box).Pose()
			return yaw, roll
		}
		w, h := im.Width(), im.Height()
		straight := raster.Stretch(im.Bounds(), w, h)
		yaw, roll := pose(im)
		mirroredYaw, mirroredRoll := pose(view(t, im, straight.Mirrored(w)))
		_, turnedRoll := pose(view(t, im, raster.Turned(im.Bounds().Square(1), w, -tilt*math.Pi/180)))
		count++
		yawOff += math.Abs(yaw + mirroredYaw)
		rollOff += math.Abs(roll + mirroredRoll)
		tiltOff += math.Abs(turnedRoll - roll - tilt)
	}
	t.Logf("mirrored: yaw off by %.1f°, roll by %.1f°; turned: roll off by %.1f°", yawOff/count, rollOff/count, tiltOff/count)
	if yawOff/count > 3 || rollOff/count > 3 {
		t.Errorf("mirrored: yaw off by %.1f° and roll by %.1f° on average, want at most 3°", yawOff/count, rollOff/count)
	}
	if tiltOff/count > 3 {
		t.Errorf("turned by %d°: roll off by %.1f° on average, want at most 3°", tilt, tiltOff/count)
	}
}

// view renders a picture as seen through t, in its own size.
func view(t *testing.T, im *raster.Image, through raster.Transform) *raster.Image {
	t.Helper()
	w, h := im.Width(), im.Height()
	planes := make([]float32, 3*w*h)
	if err := im.Sample(planes, w, h, through, raster.Replicate, raster.Format{Order: raster.RGB}); err != nil {
		t.Fatal(err)
	}
	pix := make([]byte, 3*w*h)
	for i := range w * h {
		for c := range 3 {
			pix[3*i+c] = byte(planes[c*w*h+i] + 0.5)
		}
	}
	out, err := raster.FromRGB(pix, w, h, 3*w, raster.Upright)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func BenchmarkFitOn(b *testing.B) {
	f := openFitter(b)
	im := picture(b, filepath.Join(data(b), "faces", "001.jpg"))
	found, err := f.landmarks.Locate(b.Context(), im, im.Bounds().Square(0.5))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := f.mesh.FitOn(b.Context(), im, &found.Points); err != nil {
			b.Fatal(err)
		}
	}
}
